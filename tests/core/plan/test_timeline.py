"""What a satellite does along a plan: cuts at every edge, modes, and where it points."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from core.attitude import PointingLaw
from core.mission.model import Mission, Mode
from core.orbit import find_eclipses
from core.plan.activity import (
    BurnActivity,
    DownlinkActivity,
    ModeActivity,
    PointingActivity,
    PointingMode,
    Proposer,
    Provenance,
    Window,
)
from core.plan.commanding import expand
from core.plan.model import MissionPlan
from core.plan.orbit import planned_orbit
from core.plan.timeline import Timeline, make_timeline
from core.time import tai_s_from_utc

WHY = Provenance(proposed_by=Proposer.OPERATOR, reason="a test")


def timeline(mission: Mission, now: datetime, *activities: object, mode: Mode = Mode.NOMINAL) -> Timeline:
    start = tai_s_from_utc(now)
    chosen = [one.model_copy(update={"commands": expand(one)}) for one in activities]  # type: ignore[attr-defined]
    orbit = planned_orbit(mission, "LSAT-1", ())
    return make_timeline(chosen, mission.bus_of("LSAT-1"), mode, orbit, start, start + 12_000.0, 60.0)


def pointing(now: datetime, minute: float, minutes: float, mode: PointingMode) -> PointingActivity:
    start = now + timedelta(minutes=minute)
    window = Window(start=start, end=start + timedelta(minutes=minutes))
    return PointingActivity(
        activity_id=f"p-{minute:.0f}", satellite="LSAT-1", window=window, pointing=mode, provenance=WHY
    )


def burn(now: datetime, minute: float, delta_v_m_s: float) -> BurnActivity:
    start = now + timedelta(minutes=minute)
    return BurnActivity(
        activity_id="burn",
        satellite="LSAT-1",
        window=Window(start=start, end=start + timedelta(seconds=50)),
        delta_v_m_s=delta_v_m_s,
        propellant_kg=0.1,
        purpose="station_keeping",
        provenance=WHY,
    )


def laws(made: Timeline) -> list[PointingLaw]:
    return [one.law for one in made.segments]


def test_every_edge_of_an_activity_and_of_a_shadow_is_a_cut(mission: Mission, story: MissionPlan) -> None:
    mine = [one for one in story.activities if one.satellite == "LSAT-1"]
    start, end = tai_s_from_utc(story.horizon.start), tai_s_from_utc(story.horizon.end)
    orbit = planned_orbit(mission, "LSAT-1", mine)
    made = make_timeline(mine, mission.bus_of("LSAT-1"), Mode.NOMINAL, orbit, start, end, 60.0)
    wanted = [tai_s_from_utc(edge) for one in mine for edge in (one.window.start, one.window.end)]
    wanted += [edge for one in find_eclipses(orbit, start, end) for edge in (one.start_tai_s, one.end_tai_s)]
    for edge in wanted:
        if start <= edge <= end:
            assert np.abs(made.edges_tai_s - edge).min() < 1e-4
    lengths = np.diff(made.edges_tai_s)
    assert lengths.min() > 0.0 and lengths.max() <= 60.0 + 1e-9
    downlink = next(one for one in mine if isinstance(one, DownlinkActivity))
    sent = lengths[made.x_band].sum() * mission.bus_of("LSAT-1").antenna.x_band_downlink_bit_s / 8.0
    assert sent == pytest.approx(downlink.volume_bytes, abs=1000.0)


def test_between_activities_it_rests_at_nadir_and_in_safe_mode_at_the_sun(mission: Mission, now: datetime) -> None:
    made = timeline(mission, now, pointing(now, 10, 20, PointingMode.SUN))
    assert laws(made) == [PointingLaw.NADIR, PointingLaw.SUN, PointingLaw.NADIR]
    assert laws(timeline(mission, now, mode=Mode.SAFE)) == [PointingLaw.SUN]


def test_a_mode_change_into_safe_mode_turns_it_to_the_sun(mission: Mission, now: datetime) -> None:
    start = now + timedelta(minutes=30)
    safe = ModeActivity(
        activity_id="safe",
        satellite="LSAT-1",
        window=Window(start=start, end=start + timedelta(minutes=1)),
        mode=Mode.SAFE,
        provenance=WHY,
    )
    made = timeline(mission, now, safe)
    assert laws(made) == [PointingLaw.NADIR, PointingLaw.SUN]
    assert set(made.modes) == {Mode.NOMINAL, Mode.SAFE}


def test_a_burn_turns_before_it_starts_and_against_the_flight_for_a_negative_one(
    mission: Mission, now: datetime
) -> None:
    forward = timeline(mission, now, burn(now, 40, 1.0))
    assert laws(forward) == [PointingLaw.NADIR, PointingLaw.VELOCITY, PointingLaw.NADIR]
    lead_s = tai_s_from_utc(now + timedelta(minutes=40)) - forward.segments[1].start_tai_s
    assert lead_s == pytest.approx(300.0)
    backward = timeline(mission, now, burn(now, 40, -1.0))
    assert backward.segments[1].law is PointingLaw.THRUST
    assert np.diff(forward.edges_tai_s)[forward.burning].sum() == pytest.approx(50.0, abs=1e-3)


def test_a_later_command_to_turn_ends_the_earlier_one(mission: Mission, now: datetime) -> None:
    made = timeline(mission, now, pointing(now, 10, 40, PointingMode.SUN), pointing(now, 20, 10, PointingMode.INERTIAL))
    assert laws(made) == [
        PointingLaw.NADIR,
        PointingLaw.SUN,
        PointingLaw.INERTIAL,
        PointingLaw.NADIR,
    ]
