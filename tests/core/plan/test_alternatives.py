"""Other ways to the end of a plan: real, judged like it, and asking for no more than it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from core.mission.model import Mission
from core.plan.activity import Activity
from core.plan.alternatives import find_alternatives
from core.plan.check import check_plan
from core.plan.model import Alternative, MissionPlan
from evals.proposals import propose

Maker = Callable[[Sequence[Activity]], MissionPlan]


def found(plan: MissionPlan, mission: Mission, now: datetime, most: int = 3) -> dict[str, Alternative]:
    check = partial(check_plan, mission=mission, now_utc=now)
    return {one.description: one for one in find_alternatives(plan, mission, now, check, most)}


def test_a_downlink_has_a_later_pass_another_station_and_the_next_contact(
    mission: Mission, story: MissionPlan, now: datetime
) -> None:
    ways = found(story, mission, now)
    assert list(ways) == [
        "downlink-lsat-1-svalbard at the next pass over svalbard",
        "all of LSAT-1 behind the next command contact",
        "downlink-lsat-1-svalbard over kiruna",
    ]
    for one in ways.values():
        assert one.blocking_codes == ()
        assert one.differences["downlinked_bytes"] == 0.0 and one.differences["delta_v_m_s"] == 0.0
    # A revolution of 94 minutes: the next pass of a station at 78 degrees north.
    assert abs(ways["downlink-lsat-1-svalbard at the next pass over svalbard"].differences["completion_s"] - 5620) < 60
    assert len(found(story, mission, now, most=1)) == 1


def test_what_is_blocked_comes_last_with_the_codes_that_block(
    mission: Mission, make_plan: Maker, now: datetime
) -> None:
    asked = {"satellite": "LSAT-1", "target": "Port of Rotterdam", "end": "2026-11-23T12:00:00Z"}
    plan = make_plan(propose(mission, now, [("schedule_imaging", asked)]))
    ways = list(found(plan, mission, now).values())
    image = ways[-1]
    assert image.description.endswith("at the next daylight access")
    assert "TMP-003" in image.blocking_codes  # the next access comes days after the deadline
    assert [one.blocking_codes for one in ways[:-1]] == [()] * (len(ways) - 1)


def test_burns_may_wait_a_revolution(mission: Mission, make_plan: Maker, now: datetime) -> None:
    plan = make_plan(propose(mission, now, [("plan_orbit_raise", {"satellite": "LSAT-1", "target_altitude_km": 500})]))
    later = found(plan, mission, now)["the burns of LSAT-1 one revolution later"]
    assert later.differences["delta_v_m_s"] == 0.0
    assert timedelta(minutes=90).total_seconds() < later.differences["completion_s"] < 5_800.0
