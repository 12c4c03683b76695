"""Accepted orbits: durable, in the log, the newest wins, and the burns that they contain are not flown twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import Conflict, NotFound
from core.events import EventLog
from core.mission import reference_mission
from core.mission.model import OrbitDoubt
from core.mission.orbit_updates import OrbitRepository, OrbitUpdate
from core.plan.activity import BurnActivity, Proposer, Provenance, Window
from core.plan.inputs import input_hashes
from core.plan.orbit import planned_orbit
from core.store import Database, open_database

MISSION = reference_mission()
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def update(hours: float, satellite: str = "LSAT-1") -> OrbitUpdate:
    elements = MISSION.craft(satellite).elements.model_copy(update={"mean_motion_rev_day": 15.2 + 0.001 * hours})
    return OrbitUpdate(
        satellite=satellite,
        elements=elements,
        source="GNSS",
        first_fix_utc=NOON,
        last_fix_utc=NOON + timedelta(hours=hours),
        fixes=60,
        rejected=0,
        rms_m=8.0,
        greatest_m=20.0,
        previous_miss_m=9000.0,
    )


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path / "service.db")


def test_the_newest_orbit_is_flown_with_also_after_a_restart(database: Database) -> None:
    events = EventLog(database)
    orbits = OrbitRepository(database, events, MISSION)
    assert orbits.current() == MISSION
    orbits.accept(update(1.0), actor="service", at_utc=NOON)
    orbits.accept(update(2.0), actor="service", at_utc=NOON)
    for one in (orbits, OrbitRepository(database, events, MISSION)):
        assert one.current().craft("LSAT-1").elements.mean_motion_rev_day == pytest.approx(15.202)
        assert one.current().craft("LSAT-2") == MISSION.craft("LSAT-2")
    told = events.read(subject="LSAT-1")
    assert [one.kind for one in told] == ["orbit.accepted"] * 2 and told[-1].payload["rms_m"] == 8.0
    assert events.verify() == []


def test_older_fixes_and_unknown_satellites_are_refused(database: Database) -> None:
    orbits = OrbitRepository(database, EventLog(database), MISSION)
    orbits.accept(update(2.0), actor="service", at_utc=NOON)
    with pytest.raises(Conflict, match="2026-11-22T14:00:00Z"):
        orbits.accept(update(1.0), actor="service", at_utc=NOON)
    with pytest.raises(NotFound, match="LSAT-9"):
        orbits.accept(update(3.0).model_copy(update={"satellite": "LSAT-9"}), actor="service", at_utc=NOON)


def test_only_plans_of_that_satellite_rest_on_its_orbit(database: Database) -> None:
    orbits = OrbitRepository(database, EventLog(database), MISSION)
    orbits.accept(update(2.0), actor="service", at_utc=NOON)
    assert input_hashes(orbits.current(), ["LSAT-2"]) == input_hashes(MISSION, ["LSAT-2"])
    before, after = input_hashes(MISSION, ["LSAT-1"]), input_hashes(orbits.current(), ["LSAT-1"])
    assert {name for name in before if before[name] != after[name]} == {"orbit of LSAT-1"}


def doubt(code: str = "short-arc") -> OrbitDoubt:
    return OrbitDoubt(code=code, reason="the fixes span 20 minutes", since_utc=NOON, miss_m=4000.0)


def test_a_doubt_outlives_a_restart_and_ends_with_the_next_orbit(database: Database) -> None:
    events = EventLog(database)
    orbits = OrbitRepository(database, events, MISSION)
    orbits.question("LSAT-1", doubt("burnt-since"), actor="service", at_utc=NOON)
    orbits.refuse("LSAT-1", doubt(), actor="service", at_utc=NOON)
    for one in (orbits, OrbitRepository(database, events, MISSION)):
        assert one.doubt("LSAT-1") == one.current().craft("LSAT-1").orbit_doubt == doubt()
        assert one.current().craft("LSAT-2").orbit_doubt is None
    orbits.accept(update(1.0), actor="service", at_utc=NOON)
    for one in (orbits, OrbitRepository(database, events, MISSION)):
        assert one.doubt("LSAT-1") is None
        assert one.current().craft("LSAT-1").orbit_checked_until == NOON + timedelta(hours=1)


def test_a_doubt_makes_plans_of_its_satellite_stale_and_a_confirmation_makes_none(database: Database) -> None:
    orbits = OrbitRepository(database, EventLog(database), MISSION)
    sound = input_hashes(orbits.current(), ["LSAT-1", "LSAT-2"])
    orbits.refuse("LSAT-1", doubt(), actor="service", at_utc=NOON)
    doubted = input_hashes(orbits.current(), ["LSAT-1", "LSAT-2"])
    assert {name for name in sound if sound[name] != doubted[name]} == {"orbit of LSAT-1"}
    orbits.confirm("LSAT-1", NOON + timedelta(hours=2), 300.0, actor="service", at_utc=NOON)
    assert input_hashes(orbits.current(), ["LSAT-1", "LSAT-2"]) == sound
    assert OrbitRepository(database, EventLog(database), MISSION).checked_until("LSAT-1") == NOON + timedelta(hours=2)


def test_a_burn_that_the_orbit_contains_is_not_flown_again(database: Database) -> None:
    orbits = OrbitRepository(database, EventLog(database), MISSION)
    orbits.accept(update(2.0), actor="service", at_utc=NOON)

    def burn(start: datetime) -> BurnActivity:
        return BurnActivity(
            activity_id=f"burn-{start:%H}",
            satellite="LSAT-1",
            window=Window(start=start, end=start + timedelta(seconds=30)),
            delta_v_m_s=0.5,
            propellant_kg=0.04,
            purpose="orbit_raise",
            provenance=Provenance(proposed_by=Proposer.OPERATOR, reason="test"),
        )

    flown, waiting = burn(NOON - timedelta(hours=1)), burn(NOON + timedelta(hours=5))
    assert len(planned_orbit(MISSION, "LSAT-1", [flown, waiting]).legs) == 3
    assert len(planned_orbit(orbits.current(), "LSAT-1", [flown, waiting]).legs) == 2
