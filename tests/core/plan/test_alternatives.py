"""Other ways to the end of a plan: real, judged like it, and asking for no more than it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pytest

from core.errors import PhysicsError
from core.mission.model import Mission
from core.orbit import state_at
from core.plan.activity import Activity, BurnActivity, ImagingActivity
from core.plan.alternatives import find_alternatives
from core.plan.check import check_plan
from core.plan.model import Alternative, MissionPlan, Severity
from core.plan.orbit import planned_orbit
from core.plan.other_ways import InitialReader, by_another_satellite, split_burns
from core.time import tai_s_from_utc
from evals.proposals import propose
from tools.initial import MissionFileReader

Maker = Callable[[Sequence[Activity]], MissionPlan]


def found(
    plan: MissionPlan, mission: Mission, now: datetime, most: int = 3, initial_of: InitialReader | None = None
) -> dict[str, Alternative]:
    check = partial(check_plan, mission=mission, now_utc=now)
    return {one.description: one for one in find_alternatives(plan, mission, now, check, most, initial_of)}


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


def test_an_image_may_be_taken_by_another_satellite(mission: Mission, make_plan: Maker, now: datetime) -> None:
    asked = {"satellite": "LSAT-1", "target": "Port of Rotterdam", "end": "2026-11-25T12:00:00Z"}
    plan = make_plan(propose(mission, now, [("schedule_imaging", asked)]))
    initial_of = MissionFileReader(mission).initial_resources
    way = next(one for name, one in found(plan, mission, now, initial_of=initial_of).items() if " by LSAT-" in name)
    assert way.differences["activities"] == 0.0  # the image and the contact that loads it, of the other satellite
    image = next(one for one in plan.activities if isinstance(one, ImagingActivity))
    name, made = by_another_satellite(plan, image, mission, now, initial_of)
    checked = check_plan(made, mission, now)
    assert checked.satellites == (name,) and name != "LSAT-1" and [one.satellite for one in made.initial] == [name]
    assert checked.validation is not None
    assert {one.code for one in checked.validation.findings} <= {"TMP-003"}  # but for the deadline it holds
    with pytest.raises(PhysicsError, match="no other satellite"):
        by_another_satellite(
            plan, image, mission.model_copy(update={"spacecraft": mission.spacecraft[:1]}), now, initial_of
        )


def test_burns_in_two_halves_bring_the_same_orbit(mission: Mission, make_plan: Maker, now: datetime) -> None:
    """Vis-viva asks for the same sum of delta-v at the same place; the halves reach the altitude within the plan's own check."""
    plan = make_plan(propose(mission, now, [("plan_orbit_raise", {"satellite": "LSAT-1", "target_altitude_km": 520})]))
    split = split_burns(plan, "LSAT-1", mission, now)
    whole, halves = ([one for one in made.activities if isinstance(one, BurnActivity)] for made in (plan, split))
    assert len(halves) == 2 * len(whole)
    assert max(one.window.duration_s for one in halves) < 0.52 * max(one.window.duration_s for one in whole)
    assert sum(one.delta_v_m_s for one in halves) == pytest.approx(sum(one.delta_v_m_s for one in whole))
    assert sum(one.propellant_kg for one in halves) == pytest.approx(sum(one.propellant_kg for one in whole), rel=1e-3)
    end = tai_s_from_utc(split.horizon.end)
    altitudes_m = [
        float(
            np.mean(
                [
                    state_at(planned_orbit(mission, "LSAT-1", made.activities), end + k * 600.0).mean_altitude_m
                    for k in range(10)
                ]
            )
        )
        for made in (plan, split)
    ]
    assert altitudes_m[1] == pytest.approx(altitudes_m[0], abs=60.0)
    checked = check_plan(split, mission, now).validation
    assert checked is not None
    assert {one.code for one in checked.findings if one.severity is Severity.BLOCK} <= {"AUT-001"}


def test_burns_may_wait_a_revolution(mission: Mission, make_plan: Maker, now: datetime) -> None:
    plan = make_plan(propose(mission, now, [("plan_orbit_raise", {"satellite": "LSAT-1", "target_altitude_km": 500})]))
    later = found(plan, mission, now)["the burns of LSAT-1 one revolution later"]
    assert later.differences["delta_v_m_s"] == 0.0
    assert timedelta(minutes=90).total_seconds() < later.differences["completion_s"] < 5_800.0
