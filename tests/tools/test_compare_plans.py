"""Two stored plans are told apart by what they cost, achieve and are accused of; what nobody knows is said to be unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import NotFound
from core.mission import reference_mission
from core.plan.activity import BurnActivity
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.model import Intent, MissionPlan
from evals.proposals import context_at, propose
from tools.catalog import CATALOG
from tools.contract import Role, ToolResult
from tools.initial import MissionFileReader

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MISSION = reference_mission()


class Stored:
    def __init__(self, *plans: MissionPlan) -> None:
        self._plans = {one.plan_id: one for one in plans}

    def get(self, plan_id: str) -> MissionPlan:
        if plan_id not in self._plans:
            raise NotFound(f"there is no plan {plan_id}", code="unknown-plan")
        return self._plans[plan_id]

    def list_plans(self, limit: int = 50) -> list[MissionPlan]:
        return list(self._plans.values())[:limit]


def drafted(plan_id: str, *calls: tuple[str, dict[str, Any]]) -> MissionPlan:
    initial = [MissionFileReader(MISSION).initial_resources("LSAT-1", NOW)]
    intent = Intent(text="a test", author="operator", channel="cli", received_at=NOW)
    return draft_plan(plan_id, intent, propose(MISSION, NOW, calls), initial, MISSION, NOW)


DOWNLINK = ("schedule_downlink", {"satellite": "LSAT-1", "station": "svalbard", "data_volume_mb": 800})
RAISE = ("plan_orbit_raise", {"satellite": "LSAT-1", "target_altitude_km": 503.0})


@pytest.fixture(scope="module")
def plans() -> Stored:
    down, raised = drafted("plan-down00", DOWNLINK), drafted("plan-raise0", RAISE)
    return Stored(check_plan(down, MISSION, NOW), check_plan(raised, MISSION, NOW), drafted("plan-raw000", DOWNLINK))


def compare(plans: Stored, first: str, second: str) -> ToolResult:
    context = replace(context_at(MISSION, NOW, role=Role.VIEWER), plans=plans)
    return CATALOG.tool("compare_plans").call({"first_plan_id": first, "second_plan_id": second}, context)


def test_differences_are_second_minus_first(plans: Stored) -> None:
    output = compare(plans, "plan-down00", "plan-raise0").output
    assert output is not None
    burns = [one.delta_v_m_s for one in plans.get("plan-raise0").activities if isinstance(one, BurnActivity)]
    assert output["delta_v_m_s"] == pytest.approx(sum(burns), abs=5e-4) and output["delta_v_m_s"] > 1.0
    assert output["downlinked_mb"] == -800.0 and output["lowest_soc"] is not None
    assert "COL-004" in {one["code"] for one in output["only_second_findings"]}
    assert "COL-004" in output["summary"] and "plan-raise0 has" in output["summary"]
    assert all(one.startswith("burn") or one.startswith("uplink") for one in output["only_second_activities"])
    assert {one["name"] for one in output["objectives"]}


def test_the_other_way_round_changes_every_sign(plans: Stored) -> None:
    there, back = (
        compare(plans, "plan-down00", "plan-raise0").output,
        compare(plans, "plan-raise0", "plan-down00").output,
    )
    assert there is not None and back is not None
    for name in ("delta_v_m_s", "lowest_soc", "contacts", "duration_h", "completion_h", "downlinked_mb"):
        assert back[name] == -there[name]
    assert back["only_first_findings"] == there["only_second_findings"]


def test_a_plan_that_was_not_flown_has_no_charge_to_compare(plans: Stored) -> None:
    output = compare(plans, "plan-down00", "plan-raw000").output
    assert output is not None and output["lowest_soc"] is None and output["unchecked"] == ["plan-raw000"]
    assert "unknown of lowest charge" in output["summary"] and "has not been checked" in output["summary"]


def test_what_cannot_be_compared_names_the_plans_there_are(plans: Stored) -> None:
    for first, second, code in (
        ("plan-down00", "plan-nowhere", "unknown-plan"),
        ("plan-raw000", "plan-raw000", "same-plan"),
    ):
        result = compare(plans, first, second)
        assert result.error_code == code
        assert result.valid == {"plans": ["plan-down00", "plan-raise0", "plan-raw000"]}
