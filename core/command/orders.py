"""What people order about queues, commands that wait, and contacts; none of it can make a command leave unsigned.

An order can hold a command, let go what an order held, reorder, and add dependencies or a condition. It cannot take away
what the approved plan or stack asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from core.command.bookings import Booking, StationBookings
from core.command.model import BEFORE_RELEASE, Command, Dependency
from core.command.queues import CommandQueue, CommandQueues, QueueState, queue_key
from core.command.register import CommandRegister
from core.errors import Conflict, InputError
from core.mdb import CommandClass, Condition
from core.time import Clock

__all__ = ["BOOKINGS_KEY", "CommandOrders"]

BOOKINGS_KEY: Final = "bookings:"


class CommandOrders:
    """Orders of people, each with its event.

    Args:
        register: Commands.
        queues: Queues.
        bookings: Contacts.
        clock: Mission time.
        changed: Called with the key of what commands may wait for, once an order has changed it.
        look_again: Called with commands that an order concerns and that may wait for something else.
    """

    def __init__(
        self,
        register: CommandRegister,
        queues: CommandQueues,
        bookings: StationBookings,
        clock: Clock,
        changed: Callable[[str], None],
        look_again: Callable[[Sequence[Command]], None],
    ) -> None:
        self._register = register
        self._queues = queues
        self._bookings = bookings
        self._clock = clock
        self._changed = changed
        self._look_again = look_again

    def set_queue(
        self,
        satellite: str,
        command_class: CommandClass,
        state: QueueState,
        *,
        by: str,
        reason: str,
        minimum_gap_s: float | None = None,
    ) -> CommandQueue:
        """Enable, hold or disable a queue, and set its gap; without one, it keeps what it has.

        Raises:
            InputError: No such spacecraft, or a gap outside 0 to a day.
        """
        gap_s = self._queues.of(satellite, command_class).minimum_gap_s if minimum_gap_s is None else minimum_gap_s
        now_utc = self._clock.now_utc()
        queue = self._queues.change(satellite, command_class, state, gap_s, by=by, reason=reason, at_utc=now_utc)
        self._changed(f"queue:{queue_key(satellite, command_class)}")
        self._changed(f"gap:{queue_key(satellite, command_class)}")
        self._look_again([one for one in self._scheduled(satellite) if one.command_class is command_class])
        return queue

    def hold(self, command_id: str, *, by: str, reason: str) -> Command:
        """Keep a command back.

        Raises:
            Conflict: It has left already, or has ended.
        """
        return self._restrain(command_id, "held", by, {"reason": reason}, held_by=by, held_reason=reason)

    def let_go(self, command_id: str, *, by: str, reason: str) -> Command:
        """End a hold; the command leaves once everything else allows it.

        Raises:
            Conflict: Nobody holds it, or it has ended.
        """
        if not self._waiting(command_id).restraint.held_by:
            raise Conflict(f"nobody holds {command_id}", code="not-held")
        return self._restrain(command_id, "unheld", by, {"reason": reason}, held_by="", held_reason="")

    def set_priority(self, command_id: str, priority: int, *, by: str) -> Command:
        """Have a command leave before or after others whose time has come too."""
        if not -100 <= priority <= 100:
            raise InputError("priority", f"{priority} is outside -100 to 100")
        return self._restrain(command_id, "reordered", by, {"priority": priority}, priority=priority)

    def add_restraint(
        self, command_id: str, *, by: str, after: Sequence[Dependency] = (), condition: Condition | None = None
    ) -> Command:
        """Have a command wait for others, or for telemetry, too.

        Raises:
            Conflict: It has a condition already, which no order replaces.
            NotFound: There is no such command to wait for.
            InputError: It would wait for itself, or for a command that waits for it.
        """
        command = self._waiting(command_id)
        for one in after:
            self._register.get(one.command_id)
            if self._waits_for(one.command_id, command_id):
                raise InputError("after", f"{one.command_id} is {command_id}, or waits for it already")
        if condition is not None and command.restraint.condition is not None:
            raise Conflict(f"{command_id} waits for {command.restraint.condition} already", code="has-condition")
        changes: dict[str, object] = {"after": tuple(dict.fromkeys((*command.restraint.after, *after)))}
        if condition is not None:
            changes["condition"] = condition
        payload: dict[str, object] = {
            "after": [one.model_dump(mode="json") for one in after],
            "condition": str(condition) if condition is not None else "",
        }
        return self._restrain(command_id, "restrained", by, payload, **changes)

    def lose_contact(self, satellite: str, station: str, at_utc: datetime, *, by: str, reason: str) -> Booking:
        """Give up a contact: its commands go to the next one that still serves them, or expire and say why.

        Raises:
            NotFound: No such contact is booked.
        """
        now_utc = self._clock.now_utc()
        booking = self._bookings.lose(satellite, station, at_utc, actor=by, reason=reason, now_utc=now_utc)
        self._changed(f"{BOOKINGS_KEY}{satellite}")
        self._look_again(self._scheduled(satellite))
        return booking

    def _scheduled(self, satellite: str) -> list[Command]:
        return [one for one in self._register.open() if one.satellite == satellite and one.state in BEFORE_RELEASE]

    def _waiting(self, command_id: str) -> Command:
        command = self._register.open_command(command_id) or self._register.get(command_id)
        if command.state not in BEFORE_RELEASE:
            raise Conflict(f"{command_id} is {command.state}: it no longer waits", code="command-state")
        return command

    def _waits_for(self, command_id: str, other_id: str) -> bool:
        """Whether a command is another one, or waits for it by any number of steps."""
        seen: set[str] = set()
        open_ends = [command_id]
        while open_ends:
            one = open_ends.pop()
            if one == other_id:
                return True
            if one not in seen:
                seen.add(one)
                command = self._register.open_command(one)
                open_ends += [dependency.command_id for dependency in command.restraint.after] if command else []
        return False

    def _restrain(self, command_id: str, kind: str, by: str, payload: dict[str, object], **changes: object) -> Command:
        with self._register.write() as connection:
            command = self._waiting(command_id)
            restraint = command.restraint.model_copy(update=changes)
            told = {"satellite": command.satellite, "command": command.mnemonic, **payload}
            return self._register.amend(
                connection,
                command,
                kind,
                self._clock.now_utc(),
                told,
                actor=f"user:{by}",
                restraint=restraint,
            )
