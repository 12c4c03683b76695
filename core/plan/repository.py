"""Stored plans: every revision, its state and approvals; each change is one transaction with its event."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, insert, select, update

from core.errors import Conflict, NotFound
from core.events import EventLog
from core.plan.activity import ActivityStatus, BurnActivity
from core.plan.booking import Bookings
from core.plan.commitments import Commitments
from core.plan.model import Alternative, Approval, MissionPlan, PlanState
from core.store import Database
from core.time import format_utc

__all__ = ["PLAN_TABLES", "PlanRepository"]

PLAN_TABLES: Final = MetaData()

_plans = Table(
    "plans",
    PLAN_TABLES,
    Column("plan_id", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("revision_hash", String(64), nullable=False),
    Column("saved_at_utc", String(32), nullable=False),
    Column("content", Text, nullable=False),
)

_ALLOWED: Final[Mapping[PlanState, frozenset[PlanState]]] = {
    PlanState.DRAFT: frozenset({PlanState.VALIDATED, PlanState.APPROVED, PlanState.REJECTED, PlanState.SUPERSEDED}),
    PlanState.VALIDATED: frozenset({PlanState.DRAFT, PlanState.APPROVED, PlanState.REJECTED, PlanState.SUPERSEDED}),
    PlanState.APPROVED: frozenset({PlanState.RELEASED, PlanState.REJECTED, PlanState.SUPERSEDED}),
    PlanState.RELEASED: frozenset({PlanState.EXECUTING, PlanState.COMPLETED, PlanState.REJECTED}),
    PlanState.EXECUTING: frozenset({PlanState.COMPLETED, PlanState.REJECTED}),
    PlanState.COMPLETED: frozenset(),
    PlanState.REJECTED: frozenset(),
    PlanState.SUPERSEDED: frozenset(),
}
_OPEN: Final = frozenset({PlanState.DRAFT, PlanState.VALIDATED, PlanState.APPROVED})
_UNDER_WAY: Final = frozenset({PlanState.APPROVED, PlanState.RELEASED, PlanState.EXECUTING})


class PlanRepository:
    """Plans in the database; create it once and pass it around."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events
        database.create(PLAN_TABLES)

    def save(self, plan: MissionPlan, *, actor: str, at_utc: datetime) -> MissionPlan:
        """Store a revision; storing the same content again changes nothing.

        Open older revisions become superseded.

        Raises:
            Conflict: The revision number is taken by other content, or is not the next one.
        """
        with self._database.write() as connection:
            stored = self._row(connection, plan.plan_id, plan.revision)
            if stored is not None:
                if stored["revision_hash"] != plan.revision_hash():
                    raise Conflict(
                        f"revision {plan.revision} of {plan.plan_id} exists with other content", code="revision-taken"
                    )
                if PlanState(stored["state"]) in (PlanState.DRAFT, PlanState.VALIDATED):
                    kept = _plan(stored)
                    fresh = plan.model_copy(update={"approvals": kept.approvals})
                    self._update(connection, fresh, at_utc)
                    return fresh
                return _plan(stored)
            newest = connection.execute(
                select(_plans.c.revision).where(_plans.c.plan_id == plan.plan_id).order_by(_plans.c.revision.desc())
            ).scalar()
            if newest is not None and plan.revision <= newest:
                raise Conflict(
                    f"revision {plan.revision} of {plan.plan_id} is older than revision {newest}", code="stale-revision"
                )
            connection.execute(insert(_plans).values(**_values(plan, at_utc)))
            self._supersede(connection, plan, actor, at_utc)
            self._record(connection, "plan.drafted", plan, actor, at_utc)
            if plan.state is PlanState.VALIDATED:
                self._record(connection, "plan.validated", plan, actor, at_utc)
        return plan

    def get(self, plan_id: str, revision: int | None = None) -> MissionPlan:
        """A revision, by default the newest; NotFound when there is none."""
        query = select(_plans).where(_plans.c.plan_id == plan_id).order_by(_plans.c.revision.desc()).limit(1)
        if revision is not None:
            query = query.where(_plans.c.revision == revision)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(
                f"there is no plan {plan_id}" + (f" revision {revision}" if revision else ""), code="unknown-plan"
            )
        return _plan(row)

    def revisions(self, plan_id: str) -> list[MissionPlan]:
        """All revisions, oldest first; NotFound when there is none."""
        query = select(_plans).where(_plans.c.plan_id == plan_id).order_by(_plans.c.revision)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        if not rows:
            raise NotFound(f"there is no plan {plan_id}", code="unknown-plan")
        return [_plan(row) for row in rows]

    def list_plans(self, limit: int = 50, state: PlanState | None = None) -> list[MissionPlan]:
        """The newest revision of each plan, most recently saved first."""
        query = select(_plans).order_by(_plans.c.saved_at_utc.desc(), _plans.c.revision.desc())
        newest: dict[str, MissionPlan] = {}
        with self._database.read() as connection:
            for row in connection.execute(query).mappings():
                if row["plan_id"] not in newest:
                    newest[row["plan_id"]] = _plan(row)
        return [plan for plan in newest.values() if state in (None, plan.state)][:limit]

    def commitments(self, satellites: Collection[str], beside: str) -> Commitments:
        """What approved plans have promised, but for one of them: burns of some satellites, and every contact."""
        query = select(_plans).where(_plans.c.state.in_([one.value for one in _UNDER_WAY]), _plans.c.plan_id != beside)
        with self._database.read() as connection:
            plans = [_plan(row) for row in connection.execute(query).mappings()]
        burns = [
            one
            for plan in plans
            for one in plan.activities
            if isinstance(one, BurnActivity) and one.satellite in satellites
        ]
        return Commitments(
            burns=tuple(sorted(burns, key=lambda one: (one.window.start, one.activity_id))),
            bookings=Bookings.of(one for plan in plans for one in plan.activities),
        )

    def approve(self, plan_id: str, approval: Approval, *, complete: bool, at_utc: datetime) -> MissionPlan:
        """Record one person's approval of the newest revision; ``complete`` makes the plan approved.

        Raises:
            Conflict: The approval is for other content, or the plan is not open.
        """
        with self._database.write() as connection:
            return self.approve_in(connection, plan_id, approval, complete=complete, at_utc=at_utc)

    def approve_in(
        self, connection: Connection, plan_id: str, approval: Approval, *, complete: bool, at_utc: datetime
    ) -> MissionPlan:
        """The same inside the caller's transaction."""
        plan = self._newest(connection, plan_id)
        if plan.revision_hash() != approval.revision_hash:
            raise Conflict(
                f"{plan_id} has changed since you saw it: review revision {plan.revision}", code="revision-changed"
            )
        if plan.state not in _OPEN:
            raise Conflict(f"{plan_id} is {plan.state} and cannot be approved", code="plan-state")
        if any(one.by == approval.by for one in plan.approvals):
            return plan
        state = PlanState.APPROVED if complete else plan.state
        approved = plan.model_copy(update={"approvals": (*plan.approvals, approval), "state": state})
        self._update(connection, approved, at_utc)
        payload = {"by": approval.by, "role": approval.role, "comment": approval.comment, "complete": complete}
        self._record(connection, "plan.approved", approved, f"user:{approval.by}", at_utc, payload)
        return approved

    def disapprove_in(
        self, connection: Connection, plan_id: str, kept: Sequence[str], *, actor: str, at_utc: datetime, reason: str
    ) -> MissionPlan:
        """Keep only some people's approvals of the newest revision; one that was approved is open again.

        Raises:
            Conflict: The plan is released or past that.
        """
        plan = self._newest(connection, plan_id)
        if plan.state not in _OPEN:
            raise Conflict(f"{plan_id} is {plan.state} and keeps its approvals", code="plan-state")
        approvals = tuple(one for one in plan.approvals if one.by in kept)
        if approvals == plan.approvals:
            return plan
        state = PlanState.VALIDATED if plan.state is PlanState.APPROVED else plan.state
        opened = plan.model_copy(update={"approvals": approvals, "state": state})
        self._update(connection, opened, at_utc)
        withdrawn = sorted({one.by for one in plan.approvals} - set(kept))
        self._record(connection, "plan.disapproved", opened, actor, at_utc, {"withdrawn": withdrawn, "reason": reason})
        return opened

    def set_state(
        self, plan_id: str, state: PlanState, *, actor: str, at_utc: datetime, reason: str = ""
    ) -> MissionPlan:
        """Move the newest revision to another state of its life; setting the present state changes nothing.

        Raises:
            Conflict: That change is not allowed.
        """
        with self._database.write() as connection:
            return self.move(connection, plan_id, state, actor=actor, at_utc=at_utc, reason=reason)

    def move(
        self, connection: Connection, plan_id: str, state: PlanState, *, actor: str, at_utc: datetime, reason: str = ""
    ) -> MissionPlan:
        """The same inside the caller's transaction."""
        plan = self._newest(connection, plan_id)
        if plan.state is state:
            return plan
        if state not in _ALLOWED[plan.state]:
            raise Conflict(f"{plan_id} is {plan.state} and cannot become {state}", code="plan-state")
        moved = plan.model_copy(update={"state": state})
        self._update(connection, moved, at_utc)
        self._record(connection, f"plan.{state}", moved, actor, at_utc, {"reason": reason} if reason else {})
        return moved

    def set_activity_status(
        self, plan_id: str, statuses: Mapping[str, ActivityStatus], *, at_utc: datetime
    ) -> MissionPlan:
        """Record how far activities of the newest revision have come."""
        with self._database.write() as connection:
            plan = self._newest(connection, plan_id)
            activities = tuple(
                one.model_copy(update={"status": statuses.get(one.activity_id, one.status)}) for one in plan.activities
            )
            if activities == plan.activities:
                return plan
            changed = plan.model_copy(update={"activities": activities})
            self._update(connection, changed, at_utc)
        return changed

    def set_alternatives(
        self, plan_id: str, revision_hash: str, alternatives: Sequence[Alternative], *, at_utc: datetime
    ) -> bool:
        """Name other ways beside the newest revision while it is reviewed; False where it is another one by now."""
        with self._database.write() as connection:
            plan = self._newest(connection, plan_id)
            if plan.revision_hash() != revision_hash or plan.state not in _OPEN:
                return False
            self._update(connection, plan.model_copy(update={"alternatives": tuple(alternatives)}), at_utc)
        return True

    def _newest(self, connection: Connection, plan_id: str) -> MissionPlan:
        query = select(_plans).where(_plans.c.plan_id == plan_id).order_by(_plans.c.revision.desc()).limit(1)
        row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(f"there is no plan {plan_id}", code="unknown-plan")
        return _plan(row)

    def _row(self, connection: Connection, plan_id: str, revision: int) -> Mapping[Any, Any] | None:
        query = select(_plans).where(_plans.c.plan_id == plan_id, _plans.c.revision == revision)
        return connection.execute(query).mappings().first()

    def _update(self, connection: Connection, plan: MissionPlan, at_utc: datetime) -> None:
        where = (_plans.c.plan_id == plan.plan_id) & (_plans.c.revision == plan.revision)
        connection.execute(update(_plans).where(where).values(**_values(plan, at_utc)))

    def _supersede(self, connection: Connection, plan: MissionPlan, actor: str, at_utc: datetime) -> None:
        query = select(_plans).where(_plans.c.plan_id == plan.plan_id, _plans.c.revision < plan.revision)
        for row in connection.execute(query).mappings().all():
            if PlanState(row["state"]) in _OPEN:
                older = _plan(row).model_copy(update={"state": PlanState.SUPERSEDED})
                self._update(connection, older, at_utc)
                self._record(connection, "plan.superseded", older, actor, at_utc, {"by_revision": plan.revision})

    def _record(
        self,
        connection: Connection,
        kind: str,
        plan: MissionPlan,
        actor: str,
        at_utc: datetime,
        payload: Mapping[str, Any] | None = None,
    ) -> None:
        facts = {"revision": plan.revision, "revision_hash": plan.revision_hash(), "state": plan.state.value}
        self._events.append(
            connection, kind, plan.plan_id, actor=actor, at_utc=at_utc, payload={**facts, **(payload or {})}
        )


def _values(plan: MissionPlan, at_utc: datetime) -> dict[str, Any]:
    return {
        "plan_id": plan.plan_id,
        "revision": plan.revision,
        "state": plan.state.value,
        "revision_hash": plan.revision_hash(),
        "saved_at_utc": format_utc(at_utc),
        "content": plan.model_dump_json(),
    }


def _plan(row: Mapping[Any, Any]) -> MissionPlan:
    return MissionPlan.model_validate_json(row["content"])
