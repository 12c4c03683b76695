"""The planner that the agent is given: drafts, checks and repairs with the core, and stores in the repository."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from core.authority import Policies
from core.mission.catalogue_file import CatalogueReader, NoCatalogue
from core.mission.present import MissionReader
from core.plan.activity import Activity
from core.plan.check import check_plan
from core.plan.commitments import Commitments
from core.plan.draft import draft_plan
from core.plan.model import Intent, MissionPlan
from core.plan.repair import RepairOutcome, repair_plan
from core.plan.repository import PlanRepository
from core.time import Clock
from tools.contract import ConjunctionReader, NoConjunctions, TelemetryReader

__all__ = ["CorePlanner"]

_UNNAMED: Final = "plan-unnamed"  # the draft step gives a first revision its id


class CorePlanner:
    """Plans over the core.

    Args:
        missions: The mission as it is known at present.
        clock: The mission's time: drafts begin now, checks judge now.
        telemetry: Where initial resources come from.
        repository: Where plans are stored; None keeps nothing (``llamaspace ask``).
        conjunctions: Received conjunction messages.
        catalogue: Other objects that maneuvers are screened against.
        policies: Those in force; None for the package's alone.
    """

    def __init__(
        self,
        missions: MissionReader,
        clock: Clock,
        telemetry: TelemetryReader,
        repository: PlanRepository | None = None,
        conjunctions: ConjunctionReader | None = None,
        catalogue: CatalogueReader | None = None,
        policies: Policies | None = None,
    ) -> None:
        self._missions = missions
        self._clock = clock
        self._telemetry = telemetry
        self._repository = repository
        self._conjunctions = conjunctions or NoConjunctions()
        self._catalogue = catalogue or NoCatalogue()
        self._policies = policies

    def draft(self, intent: Intent, activities: Sequence[Activity], previous: MissionPlan | None) -> MissionPlan:
        """A draft revision that carries the proposed activities."""
        now = self._clock.now_utc()
        concerned = dict.fromkeys(one.satellite for one in activities)
        initial = [self._telemetry.initial_resources(satellite, now) for satellite in concerned]
        plan_id = previous.plan_id if previous else _UNNAMED
        held = self._promised(tuple(concerned), plan_id).bookings
        return draft_plan(plan_id, intent, activities, initial, self._missions.current(), now, previous, held)

    def _promised(self, satellites: Collection[str], beside: str) -> Commitments:
        return self._repository.commitments(satellites, beside) if self._repository else Commitments()

    def check(self, plan: MissionPlan) -> MissionPlan:
        """The plan with its simulation and findings."""
        known = [message for one in plan.satellites for message in self._conjunctions.messages(one)]
        others = self._promised(plan.satellites, plan.plan_id)
        now_utc, objects = self._clock.now_utc(), self._catalogue.current()
        return check_plan(plan, self._missions.current(), now_utc, known, objects, others, self._policies)

    def repair(self, plan: MissionPlan) -> RepairOutcome:
        """One round of automatic repairs."""
        return repair_plan(
            plan,
            self._missions.current(),
            self._clock.now_utc(),
            self._promised(plan.satellites, plan.plan_id).bookings,
        )

    def save(self, plan: MissionPlan, actor: str) -> None:
        """Store the revision; once stored, storing it again changes nothing."""
        if self._repository is not None:
            self._repository.save(plan, actor=actor, at_utc=self._clock.now_utc())
