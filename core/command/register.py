"""The register of commands: every change of state and its event in one transaction.

The database is the truth. Commands to which something can still happen are also kept in memory, changed only once the
transaction that changed them is durable, so that nobody has to read thousands to find the few that are due.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, insert, or_, select, update

from core.command.model import FINAL_STATES, Command, CommandState, can_follow
from core.command.tables import COMMAND_TABLES, commands
from core.errors import Conflict, NotFound
from core.events import EventLog, Fact
from core.store import Database
from core.time import tai_s_from_utc

__all__ = ["CommandRegister", "Step"]

_Effect = tuple[str, str, str, datetime]

# Made once: building a statement costs more than executing it.
_INSERT: Final = insert(commands)
_UPDATE: Final = update(commands).where(
    commands.c.command_id == bindparam("of_command"), commands.c.state == bindparam("of_state")
)
_OF_COUNT: Final[BindParameter[int]] = bindparam("of_count")
_OF_SATELLITE: Final[BindParameter[str]] = bindparam("of_satellite")
_BY_COUNT: Final = (
    select(commands.c.content, commands.c.carrier_count)
    .where(
        # Said twice for SQLite: it then looks into both indices, and does not go through all that a satellite ever got.
        or_(
            and_(commands.c.satellite == _OF_SATELLITE, commands.c.request_count == _OF_COUNT),
            and_(commands.c.satellite == _OF_SATELLITE, commands.c.carrier_count == _OF_COUNT),
        )
    )
    .order_by(commands.c.execute_tai_s.desc())
    .limit(1)
)
_IN_ORDER: Final = (commands.c.execute_tai_s, commands.c.command_id)
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Step:
    """A state that a new command has gone through, who brought it there, and why."""

    state: CommandState
    actor: str = "service"
    reason: str = ""


class CommandRegister:
    """Commands in the database.

    Args:
        database: Where they are.
        events: The log that tells every change.
    """

    def __init__(self, database: Database, events: EventLog) -> None:
        self.database = database
        self._events = events
        self._lock = threading.RLock()
        self._changed: list[Command] = []
        self._afterwards: list[Callable[[], None]] = []
        self._listeners: list[Callable[[Sequence[Command]], None]] = []
        database.create(COMMAND_TABLES)
        self._open: dict[str, Command] = {}
        self._open_by_plan: dict[str, set[str]] = {}
        self._open_by_count: dict[tuple[str, int], str] = {}
        self._open_by_effect: dict[_Effect, str] = {}
        for one in self._load_open():
            self._keep(one)

    def on_change(self, listener: Callable[[Sequence[Command]], None]) -> None:
        """Have every durable change told, in order, by the thread that made it; the listener must not write."""
        self._listeners.append(listener)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction in which commands change; what is kept in memory follows once it is durable.

        Raises:
            StoreError: Nothing has changed.
        """
        with self._lock:
            self._changed, self._afterwards = [], []
            try:
                with self.database.write() as connection:
                    yield connection
                changed, afterwards = self._changed, self._afterwards
            finally:
                self._changed, self._afterwards = [], []
            for one in changed:
                self._keep(one)
            if changed:
                for listener in self._listeners:
                    listener(changed)
            for follow in afterwards:
                follow()

    def after_commit(self, follow: Callable[[], None]) -> None:
        """Have something else that is kept in memory follow, once the present transaction is durable."""
        self._afterwards.append(follow)

    def enter(
        self, connection: Connection, drafted: Sequence[Command], way: Sequence[Step], at_utc: datetime
    ) -> list[Command]:
        """Enter new commands that have already gone through some states; each step is recorded."""
        entered, facts = [], []
        for command in drafted:
            facts.append(_fact(command, "service"))
            for step in way:
                changes = {"state": step.state, "reason": step.reason, "updated_at": at_utc}
                command = command.model_copy(update=changes)
                facts.append(_fact(command, step.actor))
            entered.append(command)
        connection.execute(_INSERT, [{"command_id": one.command_id, **_row(one)} for one in entered])
        self._events.append_all(connection, facts)
        self._changed += entered
        return entered

    def move(
        self,
        connection: Connection,
        command: Command,
        state: CommandState,
        at_utc: datetime,
        *,
        actor: str = "service",
        reason: str = "",
        **changes: Any,
    ) -> Command:
        """Change a command's state and record the event.

        Raises:
            Conflict: The state does not follow the present one; nothing is changed.
        """
        if not can_follow(command.state, state):
            raise Conflict(f"command {command.command_id} is {command.state} and cannot become {state}")
        moved = command.model_copy(update={"state": state, "reason": reason, "updated_at": at_utc, **changes})
        if not _store(connection, command, moved):
            raise Conflict(f"command {command.command_id} has changed meanwhile")
        self._events.append_all(connection, [_fact(moved, actor)])
        self._changed.append(moved)
        return moved

    def amend(
        self,
        connection: Connection,
        command: Command,
        kind: str,
        at_utc: datetime,
        payload: dict[str, Any],
        *,
        actor: str = "service",
        **changes: Any,
    ) -> Command:
        """Change what is known of a command but not its state, and record the event ``command.<kind>``.

        Raises:
            Conflict: Its state has changed meanwhile; nothing is changed.
        """
        amended = command.model_copy(update={"updated_at": at_utc, **changes})
        if not _store(connection, command, amended):
            raise Conflict(f"command {command.command_id} has changed meanwhile")
        self._events.append(
            connection, f"command.{kind}", command.command_id, actor=actor, at_utc=at_utc, payload=payload
        )
        self._changed.append(amended)
        return amended

    def note(
        self, connection: Connection, command: Command, kind: str, at_utc: datetime, payload: dict[str, Any]
    ) -> None:
        """Record a fact about a command that changes no state."""
        self._events.append(
            connection, f"command.{kind}", command.command_id, actor="service", at_utc=at_utc, payload=payload
        )

    def get(self, command_id: str) -> Command:
        """A command by id; NotFound where there is none."""
        with self.database.read() as connection:
            text = connection.execute(select(commands.c.content).where(commands.c.command_id == command_id)).scalar()
        if text is None:
            raise NotFound(f"there is no command {command_id!r}", code="unknown-command-id")
        return Command.model_validate_json(text)

    def find(
        self,
        *,
        plan_id: str | None = None,
        satellite: str | None = None,
        states: Sequence[CommandState] = (),
    ) -> list[Command]:
        """Commands in the order of execution, all that there are."""
        with self.database.read() as connection:
            return self.find_in(connection, plan_id=plan_id, satellite=satellite, states=states)

    def find_in(
        self,
        connection: Connection,
        *,
        plan_id: str | None = None,
        satellite: str | None = None,
        states: Sequence[CommandState] = (),
    ) -> list[Command]:
        """The same within a transaction."""
        query = _chosen(plan_id, satellite, states).order_by(*_IN_ORDER)
        return [Command.model_validate_json(text) for text in connection.execute(query).scalars()]

    def scan(
        self,
        *,
        plan_id: str | None = None,
        satellite: str | None = None,
        states: Sequence[CommandState] = (),
        start_tai_s: float = -math.inf,
        end_tai_s: float = math.inf,
        newest_first: bool = False,
        offset: int = 0,
    ) -> Iterator[Command]:
        """Commands that execute in an interval, one after the other in the order of execution or the other way round.

        Args:
            plan_id: Of this plan or stack.
            satellite: To this spacecraft.
            states: In one of these; all without.
            start_tai_s: The first instant.
            end_tai_s: No more at this one.
            newest_first: Begin with the last.
            offset: Leave out so many.
        """
        query = _chosen(plan_id, satellite, states).offset(offset)
        if start_tai_s > -math.inf:
            query = query.where(commands.c.execute_tai_s >= start_tai_s)
        if end_tai_s < math.inf:
            query = query.where(commands.c.execute_tai_s < end_tai_s)
        query = query.order_by(*(one.desc() if newest_first else one for one in _IN_ORDER))
        with self.database.read() as connection:
            for text in connection.execution_options(yield_per=_AT_ONCE).execute(query).scalars():
                yield Command.model_validate_json(text)

    def open(self) -> list[Command]:
        """Commands to which something can still happen, in no order."""
        with self._lock:
            return list(self._open.values())

    def open_command(self, command_id: str) -> Command | None:
        """A command to which something can still happen; None where there is none of this id."""
        return self._open.get(command_id)

    def open_of(self, plan_id: str) -> list[Command]:
        """A plan's commands to which something can still happen, in no order."""
        with self._lock:
            return [self._open[one] for one in self._open_by_plan.get(plan_id, ())]

    def open_twin(self, command: Command) -> Command | None:
        """The open command that would do the very same at the same time; None where there is none."""
        return self._open.get(self._open_by_effect.get(_effect(command), ""))

    def _keep(self, command: Command) -> None:
        if not command.final:
            self._open[command.command_id] = command
            self._open_by_plan.setdefault(command.plan_id, set()).add(command.command_id)
            self._open_by_effect[_effect(command)] = command.command_id
            for count in (command.request_count, command.carrier_count):
                if count is not None:
                    self._open_by_count[command.satellite, count] = command.command_id
        elif self._open.pop(command.command_id, None) is not None:
            if self._open_by_effect.get(_effect(command)) == command.command_id:
                del self._open_by_effect[_effect(command)]
            of_plan = self._open_by_plan[command.plan_id]
            of_plan.discard(command.command_id)
            if not of_plan:
                del self._open_by_plan[command.plan_id]

    def _load_open(self) -> list[Command]:
        return self.find(states=[state for state in CommandState if state not in FINAL_STATES])

    def by_packet_count(self, connection: Connection, satellite: str, count: int) -> tuple[Command, bool] | None:
        """The newest command that a request id means, and whether it means its insertion into the schedule."""
        command_id = self._open_by_count.get((satellite, count), "")
        changed = (one for one in reversed(self._changed) if one.command_id == command_id)
        known = next(changed, None) or self._open.get(command_id)
        if known is not None and count in (known.request_count, known.carrier_count):
            return known, known.carrier_count == count
        row = connection.execute(_BY_COUNT, {"of_satellite": satellite, "of_count": count}).first()
        return (Command.model_validate_json(row.content), row.carrier_count == count) if row else None


def _fact(command: Command, actor: str) -> Fact:
    payload = {
        "plan_id": command.plan_id,
        "revision_hash": command.revision_hash,
        "activity_id": command.activity_id,
        "satellite": command.satellite,
        "command": command.mnemonic,
        "reason": command.reason,
    }
    return Fact(f"command.{command.state}", command.command_id, actor, command.updated_at, payload)


def _effect(command: Command) -> _Effect:
    return command.satellite, command.mnemonic, command.application_data_hex, command.execute_at


def _chosen(plan_id: str | None, satellite: str | None, states: Sequence[CommandState]) -> Select[Any]:
    query = select(commands.c.content)
    if plan_id is not None:
        query = query.where(commands.c.plan_id == plan_id)
    if satellite is not None:
        query = query.where(commands.c.satellite == satellite)
    if states:
        query = query.where(commands.c.state.in_([str(state) for state in states]))
    return query


def _store(connection: Connection, before: Command, after: Command) -> bool:
    """Write a command over what it was; False where it is no longer that."""
    where = {"of_command": before.command_id, "of_state": str(before.state)}
    return connection.execute(_UPDATE, {**_row(after), **where}).rowcount == 1


def _row(command: Command) -> dict[str, Any]:
    return {
        "plan_id": command.plan_id,
        "satellite": command.satellite,
        "state": str(command.state),
        "request_count": command.request_count,
        "carrier_count": command.carrier_count,
        "execute_tai_s": tai_s_from_utc(command.execute_at),
        "content": command.model_dump_json(),
    }
