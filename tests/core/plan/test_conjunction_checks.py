"""A plan against received messages: COL-001 to COL-003, with the plan's own burns counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.mission import parse_cdm
from core.mission.conjunctions import ConjunctionMessage
from core.mission.model import Mission
from core.orbit import assess_collision, hard_body_radius_m
from core.plan.activity import BurnActivity
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.model import Finding, Intent, MissionPlan, Severity
from evals.encounters import CDM_ID, cdm_text, folder_of
from evals.proposals import context_at
from tools.catalog import CATALOG
from tools.initial import MissionFileReader


@pytest.fixture
def avoidance(mission: Mission, now: datetime, tmp_path: Path) -> tuple[MissionPlan, ConjunctionMessage]:
    """A plan with the burn that the tool found, and the message that it is for."""
    folder = folder_of(tmp_path, cdm_text(now + timedelta(hours=4), now - timedelta(hours=2), sigma_m=2500.0))
    context = replace(context_at(mission, now), conjunctions=folder)
    result = CATALOG.tool("plan_collision_avoidance").call({"satellite": "LSAT-1", "conjunction_id": CDM_ID}, context)
    assert result.ok, result.error
    initial = [MissionFileReader(mission).initial_resources("LSAT-1", now)]
    intent = Intent(text="avoid", author="operator", channel="cli", received_at=now)
    return draft_plan("plan-avoid00", intent, result.activities, initial, mission, now), folder.message(CDM_ID)


def collisions(plan: MissionPlan, mission: Mission, now: datetime, *messages: ConjunctionMessage) -> list[Finding]:
    checked = check_plan(plan, mission, now, messages)
    assert checked.validation
    return [one for one in checked.validation.findings if one.code.startswith("COL")]


def scaled(plan: MissionPlan, factor: float) -> MissionPlan:
    """The plan with its burn made larger or smaller."""
    activities = tuple(
        one.model_copy(update={"delta_v_m_s": one.delta_v_m_s * factor}) if isinstance(one, BurnActivity) else one
        for one in plan.activities
    )
    return plan.model_copy(update={"activities": activities})


def test_the_burn_that_the_tool_found_keeps_the_limit(
    avoidance: tuple[MissionPlan, ConjunctionMessage], mission: Mission, now: datetime
) -> None:
    plan, message = avoidance
    assert [one.code for one in collisions(plan, mission, now, message)] == ["COL-004"]


@pytest.mark.parametrize("factor", [0.9, -0.1, 0.0])
def test_a_burn_that_is_not_enough_blocks_with_value_limit_and_margin(
    avoidance: tuple[MissionPlan, ConjunctionMessage], mission: Mission, now: datetime, factor: float
) -> None:
    plan, message = avoidance
    first = collisions(scaled(plan, factor), mission, now, message)[0]
    assert (first.code, first.severity, first.limit) == ("COL-001", Severity.BLOCK, 1e-5)
    assert first.value is not None and first.margin is not None and first.value > 1e-5
    assert first.margin == pytest.approx(1e-5 - first.value)
    assert any(one.startswith("avoid-") for one in first.activities)


def test_a_plan_without_burns_is_warned_of_a_conjunction_within_its_horizon(
    story: MissionPlan, mission: Mission, now: datetime, tmp_path: Path
) -> None:
    inside = story.horizon.end - timedelta(minutes=5)
    (message,) = folder_of(tmp_path, cdm_text(inside, now - timedelta(hours=1))).messages()
    assert [(one.code, one.severity) for one in collisions(story, mission, now, message)] == [
        ("COL-001", Severity.WARN)
    ]
    elsewhere = replace(message, satellite="LSAT-2")
    later = replace(message, cdm=replace(message.cdm, tca_utc=story.horizon.end + timedelta(minutes=1)))
    harmless = folder_of(tmp_path, cdm_text(inside, now, miss_rtn_m=(5000.0, 0.0, 0.0))).message(CDM_ID)
    assert collisions(story, mission, now, elsewhere, later, harmless) == []


def test_an_old_message_is_unknown_and_never_a_pass(
    avoidance: tuple[MissionPlan, ConjunctionMessage], mission: Mission, now: datetime
) -> None:
    plan, message = avoidance
    old = replace(message, cdm=replace(message.cdm, created_utc=now - timedelta(hours=50)))
    finding = next(one for one in collisions(plan, mission, now, old) if one.code == "COL-002")
    assert finding.severity is Severity.UNKNOWN and finding.value == 50 * 3600.0 and finding.limit == 48 * 3600.0


def test_only_the_newest_message_about_an_encounter_counts(
    avoidance: tuple[MissionPlan, ConjunctionMessage], mission: Mission, now: datetime
) -> None:
    plan, message = avoidance
    old = replace(
        message,
        conjunction_id="CDM-20261120-0001",
        cdm=replace(
            message.cdm, created_utc=now - timedelta(hours=60), tca_utc=message.cdm.tca_utc + timedelta(minutes=1)
        ),
    )
    assert [one.code for one in collisions(plan, mission, now, old, message)] == ["COL-004"]
    apart = replace(old, cdm=replace(old.cdm, tca_utc=message.cdm.tca_utc + timedelta(minutes=47)))
    assert [one.code for one in collisions(plan, mission, now, apart, message)] == ["COL-004", "COL-002"]


def test_a_message_that_cannot_be_judged_is_unknown(
    avoidance: tuple[MissionPlan, ConjunctionMessage], mission: Mission, now: datetime, tmp_path: Path
) -> None:
    plan, message = avoidance
    assert "COL-003" in [one.code for one in collisions(scaled(plan, 500.0), mission, now, message)]
    slow = folder_of(tmp_path, cdm_text(message.cdm.tca_utc, now, crossing_deg=0.01)).message(CDM_ID)
    assert "COL-003" in [one.code for one in collisions(plan, mission, now, slow)]


def test_a_real_encounter_that_the_plane_does_not_describe_is_judged_along_curved_orbits(
    story: MissionPlan, mission: Mission, now: datetime, tmp_path: Path, reference_data: Path
) -> None:
    """NASA CARA's public messages: where the plane misjudges, the finding has the value that Monte Carlo confirms."""
    inside = story.horizon.end - timedelta(minutes=5)
    (message,) = folder_of(tmp_path, cdm_text(inside, now - timedelta(hours=1))).messages()
    judged = 0
    for path in sorted((reference_data / "planning/cdm_pc").glob("*.cdm"))[:12]:
        cdm = parse_cdm(path.read_text())
        radius_m, _ = hard_body_radius_m(cdm)
        assessed = assess_collision(cdm, radius_m, 0)
        if assessed.plane_holds or assessed.rate is None:
            continue
        real = replace(message, cdm=replace(cdm, tca_utc=inside, created_utc=now), own=0)
        found = {one.code: one for one in collisions(story, mission, now, real)}
        judged += 1
        if assessed.probability > 1.01e-5:
            assert found["COL-001"].value == pytest.approx(assessed.probability)
        else:
            assert found == {}
    assert judged > 0


def test_the_report_says_which_messages_it_was_judged_with(
    avoidance: tuple[MissionPlan, ConjunctionMessage], mission: Mission, now: datetime
) -> None:
    plan, message = avoidance
    reports = [check_plan(plan, mission, now, known).validation for known in ((), (message,), (message,))]
    hashes = [one.input_hashes["conjunctions"] for one in reports if one]
    assert hashes[0] != hashes[1] == hashes[2]
