"""The way of an approved plan into the pipeline: checked, drafted, authorised, signed and entered, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core.authority import ApprovalRequests
from core.command.authorise import CommandAuthority, SignedSet, sign_set
from core.command.bookings import StationBookings
from core.command.expectations import Expectations
from core.command.keys import CommandKeys
from core.command.model import BEFORE_RELEASE, Command, CommandState
from core.command.policy import CommandPolicy
from core.command.queues import CommandQueues
from core.command.register import CommandRegister, Step
from core.command.seam import Boundary, Seam
from core.command.signed_sets import SignedSets
from core.command.validate import check_duplicates, check_plan, draft_commands
from core.errors import CommandRefused, Conflict
from core.events import EventLog
from core.mdb import MissionDatabase
from core.mission.model import Mission
from core.plan.model import Approval, MissionPlan
from core.time import Clock

__all__ = ["SubmissionDeps", "Submissions", "enter_authorised"]


@dataclass(frozen=True)
class SubmissionDeps:
    """What submissions work with."""

    register: CommandRegister
    events: EventLog
    sets: SignedSets
    authority: CommandAuthority
    queues: CommandQueues
    bookings: StationBookings
    expectations: Expectations
    mission: Mission
    mdb: MissionDatabase
    keys: CommandKeys
    clock: Clock
    policy: CommandPolicy
    seam: Seam
    requests: ApprovalRequests | None  # where people approve; None takes approvals as they are handed over


class Submissions:
    """Takes approved plans, and takes them back."""

    def __init__(self, deps: SubmissionDeps) -> None:
        self._deps = deps

    def submit(self, plan: MissionPlan, approvals: Sequence[Approval]) -> list[Command]:
        """Take an approved plan; the same revision again gives the commands that are already there.

        Raises:
            CommandRefused: A stage said no; the reason is in the event log too.
            Conflict: Another revision of the plan still has open commands.
        """
        deps, now_utc = self._deps, self._deps.clock.now_utc()
        try:
            check_plan(plan, approvals, deps.clock, deps.policy)
            existing = self._existing(plan)
            drafted = existing or draft_commands(plan, deps.mission, deps.mdb, now_utc)
            deps.authority.check(drafted, approvals, author=plan.intent.author, now_utc=now_utc)
            for one in drafted:
                deps.queues.require_open(one)
            deps.seam(Boundary.VALIDATED)
            self._require_standing(plan)
            if existing:
                return existing
            # Outside the transaction: a key store elsewhere takes its time, and releases need the database meanwhile.
            signed = sign_set(drafted, deps.keys.signing)
            with deps.register.write() as connection:
                entered = self._enter(connection, plan, drafted, signed, approvals, now_utc)
            deps.seam(Boundary.SCHEDULED)
            return entered
        except (CommandRefused, Conflict) as refusal:
            with deps.register.database.write() as connection:
                payload = {"reason": refusal.message, "code": refusal.code, "revision_hash": plan.revision_hash()}
                deps.events.append(
                    connection, "command.set_refused", plan.plan_id, actor="service", at_utc=now_utc, payload=payload
                )
            raise

    def withdraw(self, plan_id: str, *, actor: str, reason: str) -> list[Command]:
        """Revoke a plan's authorisation: what has not left will not leave; what is on its way is not called back."""
        deps, now_utc = self._deps, self._deps.clock.now_utc()
        with deps.register.write() as connection:
            deps.sets.withdraw(connection, plan_id)
            deps.bookings.give_back(connection, plan_id)
            waiting = deps.register.find_in(connection, plan_id=plan_id, states=tuple(BEFORE_RELEASE))
            return [
                deps.register.move(connection, one, CommandState.REFUSED, now_utc, actor=actor, reason=reason)
                for one in waiting
            ]

    def _require_standing(self, plan: MissionPlan) -> None:
        """Nothing is signed that is not approved; the transaction that enters it asks again."""
        if self._deps.requests is not None:
            with self._deps.register.database.read() as connection:
                self._deps.requests.check_in(connection, plan.plan_id, plan.revision_hash(), entering=True)

    def _existing(self, plan: MissionPlan) -> list[Command]:
        revision_hash = plan.revision_hash()
        return [one for one in self._deps.register.find(plan_id=plan.plan_id) if one.revision_hash == revision_hash]

    def _enter(
        self,
        connection: Connection,
        plan: MissionPlan,
        drafted: Sequence[Command],
        signed: SignedSet,
        approvals: Sequence[Approval],
        now_utc: datetime,
    ) -> list[Command]:
        deps = self._deps
        if deps.requests is not None:
            deps.requests.check_in(connection, plan.plan_id, plan.revision_hash(), entering=True)
        known = deps.register.find_in(connection, plan_id=plan.plan_id)
        same = [one for one in known if one.revision_hash == drafted[0].revision_hash]
        if same:
            return same
        if any(not one.final for one in known):
            raise Conflict(f"another revision of {plan.plan_id} still has open commands; withdraw it first")
        check_duplicates(drafted, deps.register.open_twin)
        deps.bookings.book(connection, drafted, lambda plan_id: bool(deps.register.open_of(plan_id)))
        deps.sets.enter(connection, plan.plan_id, plan.revision, signed)
        deps.expectations.enter(connection, plan)
        deps.seam(Boundary.SIGNED)
        by = ", ".join(sorted({one.by for one in approvals}))
        return enter_authorised(connection, deps.register, drafted, by, now_utc)


def enter_authorised(
    connection: Connection, register: CommandRegister, drafted: Sequence[Command], by: str, now_utc: datetime
) -> list[Command]:
    """Commands that were validated and approved, entered and scheduled in the caller's transaction."""
    way = (
        Step(CommandState.VALIDATED),
        Step(CommandState.AUTHORISED, f"user:{by}", f"approved by {by}"),
        Step(CommandState.SCHEDULED),
    )
    return register.enter(connection, drafted, way, now_utc)
