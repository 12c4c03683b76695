"""Fills the alternatives of plans under review, after the answer: nobody waits for them.

How each search went is in the log: ``alternatives.begun``, then ``found``, ``none`` or ``failed``. A service that starts again
takes up the searches that a crash has cut; one that was cut twice is not tried a third time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import structlog

from core.errors import LlamaSpaceError
from core.events import Event, EventLog
from core.mission.present import MissionReader
from core.plan.alternatives import find_alternatives
from core.plan.model import MissionPlan, PlanState
from core.plan.other_ways import InitialReader
from core.plan.repository import PlanRepository
from core.store import Database
from core.time import Clock

__all__ = ["AlternativeFinder", "Search", "SearchState"]

_PERIOD_S: Final = 0.5
_STOP_TIMEOUT_S: Final = 5.0
_REVIEWED: Final = (PlanState.DRAFT, PlanState.VALIDATED)
_MOST_ATTEMPTS: Final = 2
_PAGE: Final = 1000
_ACTOR: Final = "service"
_OWNER: Final = "alternatives."
_log = structlog.get_logger("alternatives")


class SearchState(StrEnum):
    """How far the search for a plan's alternatives has come."""

    NOT_SOUGHT = "not_sought"
    SEARCHING = "searching"
    FOUND = "found"
    NONE = "none"
    FAILED = "failed"


@dataclass(frozen=True)
class Search:
    """The newest search for a revision, why it failed where it did, and how often it was begun."""

    state: SearchState
    reason: str = ""
    attempts: int = 0


class AlternativeFinder:
    """One thread that follows the log for new revisions of plans.

    Args:
        database: Where outcomes are recorded.
        plans: Stored plans.
        events: The log.
        missions: The mission as it is known at present.
        clock: Mission time.
        most: How many alternatives a plan gets; 0 looks for none.
        initial_of: What a satellite begins with.
    """

    def __init__(
        self,
        database: Database,
        plans: PlanRepository,
        events: EventLog,
        missions: MissionReader,
        clock: Clock,
        most: int,
        initial_of: InitialReader,
    ) -> None:
        self._database = database
        self._plans = plans
        self._events = events
        self._missions = missions
        self._clock = clock
        self._most = most
        self._initial_of = initial_of
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(
        self,
        check: Callable[[MissionPlan], MissionPlan],
        announce: Callable[[MissionPlan], None],
        count: Callable[[str], None],
    ) -> None:
        """Take up what a crash has cut, and follow the log from now on.

        Args:
            check: Flies and judges a plan.
            announce: Told of a plan that has got its alternatives.
            count: Told how each search went.
        """
        if self._most > 0:
            run = (check, announce, count, self._events.last_sequence())
            self._thread = threading.Thread(target=self._run, args=run, name="alternatives", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; the next start takes up what it was looking for."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_STOP_TIMEOUT_S)

    def search_of(self, plan: MissionPlan) -> Search:
        """How the search for a revision went."""
        state, reason, attempts = SearchState.NOT_SOUGHT, "", 0
        for event in self._history(plan.plan_id):
            if event.payload["revision_hash"] != plan.revision_hash():
                continue
            kind = event.kind.removeprefix(_OWNER)
            attempts += kind == "begun"
            state = SearchState.SEARCHING if kind == "begun" else SearchState(kind)
            reason = event.payload.get("reason", "")
        return Search(state, reason, attempts)

    def fill(self, plan_id: str, check: Callable[[MissionPlan], MissionPlan]) -> MissionPlan | None:
        """Find the alternatives of a plan's newest revision; None where it is not under review, or has none."""
        plan = self._plans.get(plan_id)
        if plan.state not in _REVIEWED or plan.validation is None or plan.alternatives:
            return None
        now_utc = self._clock.now_utc()
        self._record("begun", plan)
        found = find_alternatives(plan, self._missions.current(), now_utc, check, self._most, self._initial_of)
        if not found or not self._plans.set_alternatives(plan_id, plan.revision_hash(), found, at_utc=now_utc):
            self._record(SearchState.NONE, plan)
            return None
        self._record(SearchState.FOUND, plan, {"count": len(found)})
        return self._plans.get(plan_id)

    def _run(
        self,
        check: Callable[[MissionPlan], MissionPlan],
        announce: Callable[[MissionPlan], None],
        count: Callable[[str], None],
        after: int,
    ) -> None:
        waiting: deque[str] | None = None
        while not self._stop.wait(_PERIOD_S):
            try:
                if waiting is None:
                    waiting = deque(self._unfinished(after, count))
                for event in self._events.read(after=after, kinds=("plan.drafted",), limit=100):
                    after = event.sequence
                    waiting.append(event.subject)
                while waiting:
                    self._search(waiting.popleft(), check, announce, count)
            except Exception:  # noqa: BLE001 - the edge of the thread: the log or the store failed, and may be back soon
                _log.exception("the search for alternatives stopped once")

    def _search(
        self,
        plan_id: str,
        check: Callable[[MissionPlan], MissionPlan],
        announce: Callable[[MissionPlan], None],
        count: Callable[[str], None],
    ) -> None:
        """One search; whatever goes wrong with it is told and counted, and the thread goes on."""
        if self._stop.is_set():
            return
        try:
            filled = self.fill(plan_id, check)
            count("none" if filled is None else "found")
            if filled is not None:
                announce(filled)
        except LlamaSpaceError as error:
            self._failed(plan_id, error.message, count)
        except Exception as error:  # noqa: BLE001 - the edge of a worker: a defect must not end all other searches unseen
            _log.exception("the search for alternatives broke", plan_id=plan_id)
            self._failed(plan_id, f"{type(error).__name__}: {error}", count)

    def _failed(self, plan_id: str, reason: str, count: Callable[[str], None]) -> None:
        count("failed")
        _log.warning("search failed", plan_id=plan_id, reason=reason)
        self._record(SearchState.FAILED, self._plans.get(plan_id), {"reason": reason})

    def _unfinished(self, before: int, count: Callable[[str], None]) -> list[str]:
        """Plans drafted before this start whose newest revision has no outcome; one cut too often has failed."""
        drafted = [one.subject for one in self._all(("plan.drafted",)) if one.sequence <= before]
        waiting = []
        for plan_id in dict.fromkeys(drafted):
            plan = self._plans.get(plan_id)
            if plan.state not in _REVIEWED or plan.alternatives:
                continue
            search = self.search_of(plan)
            if search.state is SearchState.SEARCHING and search.attempts >= _MOST_ATTEMPTS:
                self._failed(plan_id, f"the service ended in {search.attempts} searches for this plan", count)
            elif search.state in (SearchState.NOT_SOUGHT, SearchState.SEARCHING):
                waiting.append(plan_id)
        return waiting

    def _history(self, plan_id: str) -> list[Event]:
        return self._all((_OWNER,), plan_id)

    def _all(self, kinds: tuple[str, ...], subject: str | None = None) -> list[Event]:
        found: list[Event] = []
        while page := self._events.read(
            after=found[-1].sequence if found else 0, subject=subject, kinds=kinds, limit=_PAGE
        ):
            found += page
        return found

    def _record(self, kind: str, plan: MissionPlan, facts: Mapping[str, Any] | None = None) -> None:
        payload = {"revision": plan.revision, "revision_hash": plan.revision_hash(), **(facts or {})}
        with self._database.write() as connection:
            self._events.append(
                connection, f"{_OWNER}{kind}", plan.plan_id, actor=_ACTOR, at_utc=self._clock.now_utc(), payload=payload
            )
