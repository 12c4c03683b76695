"""Fills the alternatives of plans under review, after the answer: nobody waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import structlog

from core.errors import LlamaSpaceError
from core.events import EventLog
from core.mission.present import MissionReader
from core.plan.alternatives import find_alternatives
from core.plan.model import MissionPlan, PlanState
from core.plan.repository import PlanRepository
from core.time import Clock

__all__ = ["AlternativeFinder"]

_PERIOD_S: Final = 0.5
_STOP_TIMEOUT_S: Final = 5.0
_REVIEWED: Final = (PlanState.DRAFT, PlanState.VALIDATED)
_log = structlog.get_logger("alternatives")


class AlternativeFinder:
    """One thread that follows the log for new revisions of plans.

    Args:
        plans: Stored plans.
        events: The log.
        missions: The mission as it is known at present.
        clock: Mission time.
        most: How many alternatives a plan gets; 0 looks for none.
    """

    def __init__(
        self, plans: PlanRepository, events: EventLog, missions: MissionReader, clock: Clock, most: int
    ) -> None:
        self._plans = plans
        self._events = events
        self._missions = missions
        self._clock = clock
        self._most = most
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, check: Callable[[MissionPlan], MissionPlan], announce: Callable[[MissionPlan], None]) -> None:
        """Follow the log from now on.

        Args:
            check: Flies and judges a plan.
            announce: Told of a plan that has got its alternatives.
        """
        if self._most > 0:
            self._thread = threading.Thread(target=self._run, args=(check, announce), name="alternatives", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; what it was looking for is not found."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_STOP_TIMEOUT_S)

    def fill(self, plan_id: str, check: Callable[[MissionPlan], MissionPlan]) -> MissionPlan | None:
        """Find the alternatives of a plan's newest revision; None where it is not under review, or has none."""
        plan = self._plans.get(plan_id)
        if plan.state not in _REVIEWED or plan.validation is None or plan.alternatives:
            return None
        now_utc = self._clock.now_utc()
        found = find_alternatives(plan, self._missions.current(), now_utc, check, self._most)
        if not found or not self._plans.set_alternatives(plan_id, plan.revision_hash(), found, at_utc=now_utc):
            return None
        return self._plans.get(plan_id)

    def _run(self, check: Callable[[MissionPlan], MissionPlan], announce: Callable[[MissionPlan], None]) -> None:
        after = self._events.last_sequence()
        while not self._stop.wait(_PERIOD_S):
            for event in self._events.read(after=after, kinds=("plan.drafted",), limit=100):
                after = event.sequence
                if self._stop.is_set():
                    return
                try:
                    filled = self.fill(event.subject, check)
                    if filled is not None:
                        announce(filled)
                except LlamaSpaceError as error:
                    _log.warning("no alternatives", plan_id=event.subject, error=error.message, code=error.code)
