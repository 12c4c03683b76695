"""Stacks in the database: every revision, its approvals, and where its run stands."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import Connection, insert, select, update

from core.command.stack import Stack
from core.command.tables import COMMAND_TABLES, stacks
from core.errors import Conflict, NotFound
from core.events import EventLog
from core.plan.model import Approval
from core.store import Database
from core.time import Clock

__all__ = ["OPEN_STACKS", "StackRecord", "StackState", "StackTable"]


class StackState(StrEnum):
    """The life of a stack's revision."""

    DRAFT = "draft"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"


OPEN_STACKS = (StackState.APPROVED, StackState.RUNNING, StackState.PAUSED)


class StackRecord(BaseModel):
    """A revision, its approvals, and where its run stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack: Stack
    state: StackState = StackState.DRAFT
    approvals: tuple[Approval, ...] = ()
    position: str = ""
    entered_at: AwareDatetime | None = None  # when the present step was reached
    reason: str = ""


class StackTable:
    """The rows of stacks and the events that tell their changes; the caller brings the transaction.

    Args:
        database: Where they are.
        events: The log that tells every change.
        clock: Mission time.
    """

    def __init__(self, database: Database, events: EventLog, clock: Clock) -> None:
        database.create(COMMAND_TABLES)
        self._database = database
        self._events = events
        self._clock = clock

    def running(self) -> list[StackRecord]:
        """Every stack that runs."""
        with self._database.read() as connection:
            query = select(stacks.c.content).where(stacks.c.state == str(StackState.RUNNING))
            return [StackRecord.model_validate_json(text) for text in connection.execute(query).scalars()]

    def get(self, stack_id: str) -> StackRecord:
        """The newest revision; NotFound where there is none."""
        with self._database.read() as connection:
            found = self.newest(connection, stack_id)
        if found is None:
            raise NotFound(f"there is no stack {stack_id!r}", code="unknown-stack")
        return found

    def all(self) -> list[StackRecord]:
        """The newest revision of every stack."""
        with self._database.read() as connection:
            query = select(stacks.c.content).order_by(stacks.c.stack_id, stacks.c.revision)
            found = [StackRecord.model_validate_json(text) for text in connection.execute(query).scalars()]
        return list({one.stack.stack_id: one for one in found}.values())

    def newest(self, connection: Connection, stack_id: str) -> StackRecord | None:
        """The newest revision, None where there is none."""
        query = (
            select(stacks.c.content).where(stacks.c.stack_id == stack_id).order_by(stacks.c.revision.desc()).limit(1)
        )
        text = connection.execute(query).scalar()
        return StackRecord.model_validate_json(text) if text else None

    def require(self, connection: Connection, stack_id: str, *states: StackState) -> StackRecord:
        """The newest revision, if it is in one of some states.

        Raises:
            NotFound: There is none.
            Conflict: It is in another state.
        """
        record = self.newest(connection, stack_id)
        if record is None:
            raise NotFound(f"there is no stack {stack_id!r}", code="unknown-stack")
        if record.state not in states:
            allowed = " or ".join(states)
            raise Conflict(f"{stack_id} is {record.state}; for this it has to be {allowed}", code="stack-state")
        return record

    def draft(self, connection: Connection, stack: Stack) -> StackRecord:
        """Store a new revision as a draft, and tell it.

        Raises:
            Conflict: It is not the next revision, or an earlier one is open.
        """
        record = StackRecord(stack=stack)
        before = self.newest(connection, stack.stack_id)
        wanted = before.stack.revision + 1 if before else 1
        if stack.revision != wanted:
            raise Conflict(f"{stack.stack_id}: the next revision is {wanted}, not {stack.revision}", code="revision")
        if before is not None and before.state in OPEN_STACKS:
            raise Conflict(f"{stack.stack_id} is {before.state}; abort it first", code="stack-state")
        self._add(connection, record)
        self.tell(connection, "drafted", record, f"user:{stack.author}")
        return record

    def _add(self, connection: Connection, record: StackRecord) -> None:
        connection.execute(
            insert(stacks).values(
                stack_id=record.stack.stack_id,
                revision=record.stack.revision,
                state=str(record.state),
                content=record.model_dump_json(),
            )
        )

    def remove(self, connection: Connection, record: StackRecord) -> None:
        """Remove a revision."""
        where = (stacks.c.stack_id == record.stack.stack_id, stacks.c.revision == record.stack.revision)
        connection.execute(stacks.delete().where(*where))

    def store(self, connection: Connection, record: StackRecord) -> None:
        """Write a revision over what it was."""
        where = (stacks.c.stack_id == record.stack.stack_id, stacks.c.revision == record.stack.revision)
        values = {"state": str(record.state), "content": record.model_dump_json()}
        connection.execute(update(stacks).where(*where).values(**values))

    def tell(self, connection: Connection, kind: str, record: StackRecord, actor: str) -> None:
        """Record the event ``stack.<kind>``."""
        payload = {
            "revision": record.stack.revision,
            "stack_hash": record.stack.stack_hash(),
            "satellite": record.stack.satellite,
            "state": str(record.state),
            "position": record.position,
            "reason": record.reason,
        }
        self._events.append(
            connection,
            f"stack.{kind}",
            record.stack.stack_id,
            actor=actor,
            at_utc=self._clock.now_utc(),
            payload=payload,
        )
