"""Everything a satellite does moves behind its next free command contact, and stays what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import PhysicsError
from core.mission.model import Mission
from core.plan.activity import Activity, BurnActivity, DownlinkActivity, UplinkActivity
from core.plan.check import check_plan, unknowns
from core.plan.model import MissionPlan, PlanState
from core.plan.repair import repair_plan
from core.plan.reschedule import reschedule
from core.time import add_s, duration_s, parse_utc
from evals.proposals import propose

ROUNDS = 3  # agent.budget.Limits.repairs


def _repaired(plan: MissionPlan, mission: Mission, now: datetime) -> MissionPlan:
    plan = check_plan(plan, mission, now)
    for _ in range(ROUNDS):
        if plan.state is PlanState.VALIDATED:
            break
        plan = check_plan(repair_plan(plan, mission, now).plan, mission, now)
    return plan


def _asked(plan: MissionPlan) -> list[tuple[str, float, int]]:
    """What the request is about: which activities, how long, how much; not when."""
    return [
        (one.activity_id, round(one.window.duration_s, 3), getattr(one, "volume_bytes", 0))
        for one in sorted(plan.activities, key=lambda one: one.activity_id)
        if not isinstance(one, UplinkActivity)
    ]


@settings(max_examples=12, deadline=None)
@given(late_min=st.integers(1, 16 * 60))
def test_a_late_plan_is_moved_as_a_whole_or_cannot_meet_its_deadline(
    story: MissionPlan, mission: Mission, now: datetime, late_min: int
) -> None:
    later = add_s(now, late_min * 60.0)
    repaired = _repaired(story, mission, later)
    if repaired.state is PlanState.VALIDATED:
        assert _asked(repaired) == _asked(story)
        assert all(one.window.start > later for one in repaired.activities)
        down = next(one for one in repaired.activities if isinstance(one, DownlinkActivity))
        point = next(one for one in repaired.activities if one.type == "pointing")
        assert duration_s(down.window.end, point.window.start) > 0.0
    else:
        # The deadline is noon of the next day: only a plan that is many hours late can miss every pass before it. And
        # after a day nobody knows the initial state any more.
        report = repaired.validation
        assert report is not None
        if not report.blocked:
            assert unknowns(report)
            return
        with pytest.raises(PhysicsError, match="2026-11-23T12:00:00Z"):
            reschedule(story.activities, "LSAT-1", mission, later)


@pytest.mark.parametrize("minute", [0, 17, 301, 640])
def test_four_satellites_that_want_one_station_get_it_one_after_another(
    mission: Mission, make_plan: Callable[[Sequence[Activity]], MissionPlan], now: datetime, minute: int
) -> None:
    at = add_s(now, minute * 60.0)
    satellites = [craft.id for craft in mission.spacecraft]
    activities: list[Activity] = []
    for satellite in satellites:
        pointing = {"satellite": satellite, "pointing": "sun", "duration_min": 30}
        downlink = {"satellite": satellite, "station": "svalbard", "data_volume_mb": 300}
        activities += propose(mission, at, [("point_attitude", pointing), ("schedule_downlink", downlink)])
    repaired = _repaired(make_plan(activities), mission, at)
    assert repaired.validation is not None
    assert repaired.state is PlanState.VALIDATED, repaired.validation.findings[:3]
    held = [(one.satellite, one.contact) for one in repaired.activities if one.contact]
    for (satellite, first), (other, second) in combinations(held, 2):
        if satellite != other and first.station == second.station:
            setup_s = mission.station(first.station).setup_s
            apart = max(
                duration_s(first.window.end, second.window.start), duration_s(second.window.end, first.window.start)
            )
            assert apart >= setup_s, (satellite, other)
    assert sum(isinstance(one, DownlinkActivity) for one in repaired.activities) == len(satellites)


def test_what_can_stay_stays(story: MissionPlan, mission: Mission, now: datetime) -> None:
    moved = reschedule(story.activities, "LSAT-1", mission, now)
    assert {one.activity_id: one.window for one in moved} == {one.activity_id: one.window for one in story.activities}


def test_other_satellites_are_left_alone(busy: MissionPlan, mission: Mission, now: datetime) -> None:
    moved = reschedule(busy.activities, "LSAT-1", mission, add_s(now, 7200.0))
    assert [one for one in moved if one.satellite == "LSAT-3"] == [
        one for one in busy.activities if one.satellite == "LSAT-3"
    ]


def test_an_image_moves_to_a_later_daylight_access(busy: MissionPlan, mission: Mission, now: datetime) -> None:
    image = next(one for one in busy.activities if one.type == "imaging")
    free = tuple(one.model_copy(update={"latest_end": None}) for one in busy.activities)
    late = add_s(image.window.start, 600.0)
    repaired = _repaired(busy.model_copy(update={"activities": free}), mission, late)
    again = next(one for one in repaired.activities if one.activity_id == image.activity_id)
    assert again.window.start > late
    assert not [
        one for one in repaired.validation.findings if one.code.startswith("GEO") and one.severity == "block"
    ]  # seen, by daylight, within the off-nadir limit


def test_a_burn_that_avoids_a_collision_does_not_simply_move(
    story: MissionPlan, mission: Mission, now: datetime
) -> None:
    point = next(one for one in story.activities if one.type == "pointing")
    burn = BurnActivity(
        activity_id="avoid",
        satellite="LSAT-1",
        window=point.window,
        delta_v_m_s=0.02,
        propellant_kg=0.002,
        purpose="collision_avoidance",
        provenance=point.provenance,
    )
    with pytest.raises(PhysicsError, match="plan the avoidance again"):
        reschedule((burn,), "LSAT-1", mission, parse_utc("2026-11-23T12:00:00Z"))
