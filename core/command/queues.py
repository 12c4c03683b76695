"""Command queues: one for each spacecraft and command class, that people may hold, disable and let go again.

Enabled, commands leave by their time; held, they wait and expire should they wait too long; disabled, nothing is taken
in and what comes up for release is refused.
"""

from __future__ import annotations

import threading
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, insert, select, update

from core.command.model import Command
from core.command.tables import COMMAND_TABLES, command_queues
from core.errors import CommandRefused, InputError
from core.events import EventLog
from core.mdb import CommandClass
from core.mission.model import Mission
from core.store import Database

__all__ = ["CommandQueue", "CommandQueues", "QueueState", "queue_key"]

_LONGEST_GAP_S = 86_400.0


class QueueState(StrEnum):
    """What happens to commands of a queue."""

    ENABLED = "enabled"
    HELD = "held"
    DISABLED = "disabled"


class CommandQueue(BaseModel):
    """A queue's setting; ``minimum_gap_s`` is mission time between two releases from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    satellite: str
    command_class: CommandClass
    state: QueueState = QueueState.ENABLED
    minimum_gap_s: float = 0.0
    changed_by: str = ""
    reason: str = ""


def queue_key(satellite: str, command_class: CommandClass) -> str:
    """The name of a queue, in events and wherever something waits for it."""
    return f"{satellite}/{command_class}"


class CommandQueues:
    """Settings of every queue, kept in the database.

    Args:
        database: Where they are.
        events: The log that tells every change.
        mission: Whose spacecraft have queues.
    """

    def __init__(self, database: Database, events: EventLog, mission: Mission) -> None:
        database.create(COMMAND_TABLES)
        self._database = database
        self._events = events
        self._lock = threading.Lock()
        self._queues = {
            (craft.id, command_class): CommandQueue(satellite=craft.id, command_class=command_class)
            for craft in mission.spacecraft
            for command_class in CommandClass
        }
        with database.read() as connection:
            for row in connection.execute(select(command_queues)).mappings():
                one = CommandQueue.model_validate(dict(row))
                self._queues[one.satellite, one.command_class] = one

    def of(self, satellite: str, command_class: CommandClass) -> CommandQueue:
        """A queue.

        Raises:
            InputError: There is no such spacecraft.
        """
        try:
            return self._queues[satellite, command_class]
        except KeyError:
            known = sorted({name for name, _ in self._queues})
            raise InputError("satellite", f"{satellite!r} is not one of {known}") from None

    def all(self) -> list[CommandQueue]:
        """Every queue, by spacecraft and class."""
        return list(self._queues.values())

    def require_open(self, command: Command) -> None:
        """Refuse a command whose queue takes nothing.

        Raises:
            CommandRefused: The queue is disabled; says by whom and why.
        """
        queue = self.of(command.satellite, command.command_class)
        if queue.state is QueueState.DISABLED:
            raise CommandRefused(
                f"the queue {queue_key(queue.satellite, queue.command_class)} was disabled by {queue.changed_by}: "
                f"{queue.reason}",
                code="QUE-001",
                stage="queue",
                command_id=command.command_id,
            )

    def change(
        self,
        satellite: str,
        command_class: CommandClass,
        state: QueueState,
        minimum_gap_s: float,
        *,
        by: str,
        reason: str,
        at_utc: datetime,
    ) -> CommandQueue:
        """Change a queue's setting, with an event.

        Raises:
            InputError: No such spacecraft, or a gap outside 0 to a day.
        """
        if not 0.0 <= minimum_gap_s <= _LONGEST_GAP_S:
            raise InputError("minimum_gap_s", f"{minimum_gap_s} is outside 0 to {_LONGEST_GAP_S:.0f} s")
        self.of(satellite, command_class)
        changed = CommandQueue(
            satellite=satellite,
            command_class=command_class,
            state=state,
            minimum_gap_s=minimum_gap_s,
            changed_by=by,
            reason=reason,
        )
        with self._lock:
            with self._database.write() as connection:
                self._store(connection, changed)
                self._events.append(
                    connection,
                    f"queue.{state}",
                    queue_key(satellite, command_class),
                    actor=f"user:{by}",
                    at_utc=at_utc,
                    payload={"reason": reason, "minimum_gap_s": minimum_gap_s},
                )
            self._queues[satellite, command_class] = changed
        return changed

    def _store(self, connection: Connection, queue: CommandQueue) -> None:
        values = queue.model_dump(mode="json")
        where = (
            command_queues.c.satellite == queue.satellite,
            command_queues.c.command_class == str(queue.command_class),
        )
        if not connection.execute(update(command_queues).where(*where).values(**values)).rowcount:
            connection.execute(insert(command_queues).values(**values))
