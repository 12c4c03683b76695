"""Several requests placed together: what is served, why the rest is not, and what the validator says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from core.mission import reference_mission
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.model import Intent, Severity
from evals.proposals import context_at
from tools.catalog import CATALOG
from tools.contract import ToolResult
from tools.initial import MissionFileReader

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MISSION = reference_mission()
END = "2026-11-23T12:00:00Z"
WISHES: dict[str, Any] = {
    "images": [
        {"target": "Port of Rotterdam", "priority": 3.0},
        {"latitude_deg": -12.05, "longitude_deg": -77.15},
        {"latitude_deg": 85.0, "longitude_deg": 10.0},
    ],
    "downlinks": [{"satellite": "LSAT-1", "data_volume_mb": 300.0, "stations": ["svalbard", "kiruna"]}],
    "end": END,
    "time_budget_s": 0.0,
}


def optimize(arguments: dict[str, Any], **more: Any) -> ToolResult:
    return CATALOG.tool("optimize_plan").call(arguments, context_at(MISSION, NOW, **more))


@pytest.fixture(scope="module")
def optimized() -> ToolResult:
    return optimize(WISHES)


def test_every_request_is_placed_or_explained(optimized: ToolResult) -> None:
    assert optimized.output is not None
    assert optimized.output["requests"] == 4
    assert len(optimized.output["placed"]) == 3
    (dark,) = optimized.output["unplaced"]
    assert (dark["request"], dark["code"]) == ("85.0000, 10.0000", "GEO-003")
    assert "GEO-003" in optimized.output["summary"]


def test_what_is_placed_makes_a_plan_that_nothing_blocks(optimized: ToolResult) -> None:
    reader = MissionFileReader(MISSION)
    initial = [reader.initial_resources(craft.id, NOW) for craft in MISSION.spacecraft]
    intent = Intent(text="the day", author="operator", channel="cli", received_at=NOW)
    plan = check_plan(draft_plan("plan-wishes", intent, optimized.activities, initial, MISSION, NOW), MISSION, NOW)
    assert plan.validation is not None
    assert [one for one in plan.validation.findings if one.severity is Severity.BLOCK] == []


def test_every_activity_names_the_call_that_computed_it(optimized: ToolResult) -> None:
    assert optimized.activities
    for one in optimized.activities:
        assert [call.tool for call in one.provenance.tool_calls] == ["optimize_plan"]


def test_a_named_place_keeps_its_name(optimized: ToolResult) -> None:
    assert "Port of Rotterdam" in {one.target for one in optimized.activities if one.type == "imaging"}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"end": END}, "no-requests"),
        ({"images": [{"target": "Atlantis"}], "end": END}, "unknown-target"),
        ({"images": [{}], "end": END}, "missing-target"),
        ({"downlinks": [{"satellite": "LSAT-9", "data_volume_mb": 1.0}], "end": END}, "unknown-satellite"),
        (
            {"downlinks": [{"satellite": "LSAT-1", "data_volume_mb": 1.0, "stations": ["atlantis"]}], "end": END},
            "unknown-station",
        ),
        ({**WISHES, "time_budget_s": 61.0}, "tool-input"),
    ],
)
def test_a_mistake_that_the_model_can_mend_is_told(wrong: dict[str, Any], code: str) -> None:
    result = optimize(wrong)
    assert result.error_code == code
    assert result.valid
