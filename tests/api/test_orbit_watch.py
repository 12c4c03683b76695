"""What the watch makes of fixes after a burn: in doubt at once, not confirmed before they can tell, then a new orbit."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from api.service.orbit_update import OrbitWatch
from core.events import EventLog
from core.frames import itrf_from_gcrf
from core.mission import reference_mission
from core.mission.orbit_updates import OrbitRepository
from core.orbit import Boost, FlownOrbit, Sgp4Orbit, fly_boosts
from core.store import open_database
from core.telemetry.archive import ArchivedPacket, ArchivedSample
from core.time import tai_s_from_utc, utc_from_tai_s

SATELLITE = "LSAT-1"
MISSION = reference_mission()
CRAFT = MISSION.craft(SATELLITE)
BURN_TAI_S = tai_s_from_utc(CRAFT.elements.epoch_utc) + 40_000.0
STEP_S = 60.0
FIELDS = ("gnss_x_itrf_m", "gnss_y_itrf_m", "gnss_z_itrf_m", "gnss_vx_itrf_m_s", "gnss_vy_itrf_m_s", "gnss_vz_itrf_m_s")


class Heard:
    """An archive of fixes every minute and of the events that a spacecraft told, as they are heard at once."""

    def __init__(self, orbit: FlownOrbit, start_tai_s: float, burn_end_tai_s: float | None) -> None:
        t = start_tai_s + np.arange(0.0, 10_000.0, STEP_S)
        states = orbit.propagate(t)
        table = np.hstack(itrf_from_gcrf(t, states.r_gcrf_m, states.v_gcrf_m_s))
        self._stored = {
            name: [self._sample(name, *row) for row in zip(t, table[:, k], strict=True)]
            for k, name in enumerate(FIELDS)
        }
        self._stored["gnss_valid"] = [self._sample("gnss_valid", when, 1.0) for when in t]
        self._stored["gnss_fix_age_s"] = [self._sample("gnss_fix_age_s", when, 0.0) for when in t]
        ended = [] if burn_end_tai_s is None else [self._sample("event_id", burn_end_tai_s, None, "burn_completed")]
        self._stored["event_id"] = ended

    @staticmethod
    def _sample(name: str, when: float, number: float | None, text: str | None = None) -> ArchivedSample:
        return ArchivedSample(SATELLITE, name, float(when), number, text, "", "normal")

    def samples(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, limit: int = 10_000
    ) -> list[ArchivedSample]:
        mine = self._stored[parameter] if satellite == SATELLITE else []
        return [one for one in mine if start_tai_s <= one.generated_tai_s <= end_tai_s]

    def newest(self, satellite: str, parameter: str, not_after_tai_s: float) -> ArchivedSample | None:
        known = self.samples(satellite, parameter, -np.inf, not_after_tai_s)
        return max(known, key=lambda one: one.generated_tai_s, default=None)

    def latest(self, satellite: str) -> list[ArchivedSample]:
        return []

    def counters(self) -> dict[str, dict[str, int]]:
        return {}

    def packets(self, *, after: int = 0, service: int | None = None, limit: int = 1000) -> list[ArchivedPacket]:
        return []


class At:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.t_tai_s = BURN_TAI_S

    def now_tai_s(self) -> float:
        return self.t_tai_s

    def now_utc(self) -> datetime:
        return utc_from_tai_s(self.t_tai_s)

    def real_s(self, mission_s: float) -> float:
        return mission_s


def flown(delta_v_m_s: float) -> FlownOrbit:
    orbit = Sgp4Orbit.from_elements(CRAFT.elements)
    return fly_boosts(orbit, (Boost(BURN_TAI_S - 30.0, BURN_TAI_S, delta_v_m_s, 150.0, 220.0),))


def watched(tmp_path: Path, heard: Heard) -> tuple[OrbitWatch, OrbitRepository, EventLog, At]:
    database, clock = open_database(tmp_path / "service.db"), At()
    events = EventLog(database)
    orbits = OrbitRepository(database, events, MISSION)
    return OrbitWatch(orbits, heard, clock), orbits, events, clock


def kinds(events: EventLog) -> list[str]:
    return [one.kind for one in events.read(subject=SATELLITE, kinds=["orbit."])]


def test_an_orbit_is_in_doubt_from_the_burn_until_a_new_one_is_accepted(tmp_path: Path) -> None:
    watch, orbits, events, clock = watched(tmp_path, Heard(flown(1.0), BURN_TAI_S + STEP_S, BURN_TAI_S))
    doubts = []
    while orbits.newest(SATELLITE) is None:
        clock.t_tai_s += 660.0
        watch.look()
        doubts.append(orbits.doubt(SATELLITE))
        assert clock.t_tai_s < BURN_TAI_S + 6000.0
    # A raise of 1 m/s is 2 km off only after some twenty minutes: that the old orbit still fits before says nothing.
    assert len(doubts) > 3 and all(one is not None for one in doubts[:-1]) and doubts[-1] is None
    first = doubts[0]
    assert first is not None and first.code == "burnt-since" and first.since_utc <= utc_from_tai_s(BURN_TAI_S)
    assert kinds(events)[0] == "orbit.doubted" and kinds(events)[-1] == "orbit.accepted"


def test_a_burn_too_small_to_matter_is_confirmed_after_three_quarters_of_an_hour(tmp_path: Path) -> None:
    watch, orbits, events, clock = watched(tmp_path, Heard(flown(0.01), BURN_TAI_S + STEP_S, BURN_TAI_S))
    clock.t_tai_s += 2400.0
    watch.look()
    assert orbits.doubt(SATELLITE) is not None
    clock.t_tai_s += 660.0
    watch.look()
    assert orbits.doubt(SATELLITE) is None and orbits.newest(SATELLITE) is None
    assert kinds(events) == ["orbit.doubted", "orbit.confirmed"]
    clock.t_tai_s += 660.0
    watch.look()
    assert kinds(events) == ["orbit.doubted", "orbit.confirmed"]  # told once


def test_an_orbit_that_holds_is_told_to_the_log_once_a_day(tmp_path: Path) -> None:
    start_tai_s = tai_s_from_utc(CRAFT.elements.epoch_utc) + 86_400.0
    watch, orbits, events, clock = watched(tmp_path, Heard(flown(0.0), start_tai_s, None))
    for _ in range(3):
        clock.t_tai_s = start_tai_s + 3000.0 + 700.0 * len(kinds(events))
        watch.look()
    assert kinds(events) == ["orbit.confirmed"]
    checked = orbits.current().craft(SATELLITE).orbit_checked_until
    assert checked is not None and start_tai_s + 2900.0 < tai_s_from_utc(checked) <= start_tai_s + 3000.0
