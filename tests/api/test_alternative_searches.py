"""Searches for alternatives: what a crash cut is taken up again, what breaks is told and counted, and none is not failed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.service.alternatives import AlternativeFinder, SearchState
from core.events import EventLog
from core.mission import reference_mission
from core.mission.present import FixedMission
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.model import Intent, MissionPlan
from core.plan.repository import PlanRepository
from core.store import Database, open_database
from evals.proposals import FixedClock, propose
from tools.initial import MissionFileReader

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MISSION = reference_mission()
READER = MissionFileReader(MISSION)
Check = Callable[[MissionPlan], MissionPlan]


def flown(plan: MissionPlan) -> MissionPlan:
    return check_plan(plan, MISSION, NOW)


class Crash(BaseException):
    """The process ends here: nothing that runs in it sees this."""


def crashes(_plan: MissionPlan) -> MissionPlan:
    raise Crash


def breaks(_plan: MissionPlan) -> MissionPlan:
    raise ZeroDivisionError("a defect")


@pytest.fixture(scope="module")
def drafted() -> MissionPlan:
    asked = {"satellite": "LSAT-1", "pointing": "sun", "duration_min": 20}
    activities = propose(MISSION, NOW, [("point_attitude", asked)])
    intent = Intent(text="a test", author="operator", channel="cli", received_at=NOW)
    initial = [READER.initial_resources("LSAT-1", NOW)]
    return flown(draft_plan("plan-search", intent, activities, initial, MISSION, NOW))


class Site:
    """A store with one plan under review, and finders over it."""

    def __init__(self, database: Database, plan: MissionPlan) -> None:
        self.database, self.events, self.plan = database, EventLog(database), plan
        self.plans = PlanRepository(database, self.events)
        self.plans.save(plan, actor="agent", at_utc=NOW)
        self.counted: list[str] = []

    def finder(self) -> AlternativeFinder:
        clock, missions = FixedClock(NOW), FixedMission(MISSION)
        return AlternativeFinder(self.database, self.plans, self.events, missions, clock, 1, READER.initial_resources)

    def run(self, check: Check, until: SearchState) -> AlternativeFinder:
        """A finder started on the store, until the search has come so far."""
        finder = self.finder()
        finder.start(check, lambda _plan: None, self.counted.append)
        deadline = time.monotonic() + 90.0
        while finder.search_of(self.plan).state is not until:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        finder.stop()
        return finder

    def crash(self) -> None:
        """A search that the end of the process cuts."""
        with pytest.raises(Crash):
            self.finder().fill(self.plan.plan_id, crashes)


@pytest.fixture
def site(tmp_path: Path, drafted: MissionPlan) -> Site:
    return Site(open_database(tmp_path / "service.db"), drafted)


def test_a_search_that_a_crash_cut_is_taken_up_by_the_next_start(site: Site) -> None:
    assert site.finder().search_of(site.plan).state is SearchState.NOT_SOUGHT
    site.crash()
    assert site.finder().search_of(site.plan).state is SearchState.SEARCHING
    site.run(flown, SearchState.FOUND)
    assert len(site.plans.get(site.plan.plan_id).alternatives) == 1 and site.counted == ["found"]
    assert site.plans.get(site.plan.plan_id).revision_hash() == site.plan.revision_hash()


def test_a_search_that_ended_the_service_twice_has_failed(site: Site) -> None:
    site.crash()
    site.crash()
    finder = site.run(flown, SearchState.FAILED)
    assert finder.search_of(site.plan).reason == "the service ended in 2 searches for this plan"
    assert site.counted == ["failed"]


def test_a_defect_is_told_and_counted_and_the_thread_goes_on(site: Site) -> None:
    finder = site.finder()
    finder.start(breaks, lambda _plan: None, site.counted.append)
    deadline = time.monotonic() + 90.0
    again = site.plan.model_copy(update={"revision": 2, "parent_revision": 1})
    while finder.search_of(site.plan).state is not SearchState.FAILED:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert finder.search_of(site.plan).reason == "ZeroDivisionError: a defect"
    site.plans.save(again, actor="agent", at_utc=NOW)
    while finder.search_of(again).state is not SearchState.FAILED:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    finder.stop()
    assert site.counted == ["failed", "failed"]


def test_what_has_an_outcome_is_not_sought_again(site: Site) -> None:
    site.run(breaks, SearchState.FAILED)
    before = len(site.events.read(kinds=("alternatives.",)))
    finder = site.finder()
    finder.start(flown, lambda _plan: None, site.counted.append)
    time.sleep(1.2)  # two looks
    finder.stop()
    assert len(site.events.read(kinds=("alternatives.",))) == before
