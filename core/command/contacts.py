"""Through which contact each spacecraft is worked at present: the earliest that lasts and that a command still needs.

Where no command needs one, a spare one is used, through which files may go.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from core.command.bookings import StationBookings
from core.command.model import Command, CommandState, Contact, Route
from core.time import tai_s_from_utc

__all__ = ["ContactPlan"]

_ON_BOARD: Final = frozenset({CommandState.ACCEPTED, CommandState.STARTED})  # an inserted one needs no uplink any more
_JUST_AFTER_S: Final = 2e-6


class ContactPlan:
    """Contacts that open commands need, by spacecraft; recomputed only when one begins, ends, or a command changes.

    Args:
        bookings: Which contacts were lost.
    """

    def __init__(self, bookings: StationBookings) -> None:
        self._bookings = bookings
        self._needed: dict[str, Counter[Contact]] = {}
        self._spare: dict[str, tuple[Contact, ...]] = {}
        self._of_command: dict[str, tuple[str, tuple[Contact, ...]]] = {}
        self._present: dict[str, Contact | None] = {}
        self._valid: dict[str, tuple[float, float]] = {}  # when what is present holds, TAI s

    def take(self, command: Command) -> None:
        """Follow a command's change."""
        before = self._of_command.pop(command.command_id, None)
        on_board = command.state in _ON_BOARD and command.route is Route.ON_BOARD_SCHEDULE
        needed = () if command.final or on_board else command.contacts
        if before is not None and before[1] == needed:
            self._of_command[command.command_id] = before
            return
        if before is not None:
            self._count(*before, -1)
        if needed:
            self._of_command[command.command_id] = (command.satellite, needed)
            self._count(command.satellite, needed, 1)

    def offer(self, satellite: str, contacts: tuple[Contact, ...]) -> None:
        """Contacts that a spacecraft may be worked through while no command needs one; they take the place of earlier ones."""
        if self._spare.get(satellite, ()) != contacts:
            self._spare[satellite] = contacts
            self._needed.setdefault(satellite, Counter())
            self.forget(satellite)

    def forget(self, satellite: str) -> None:
        """Have a spacecraft's contacts computed again, such as when one was lost."""
        self._valid.pop(satellite, None)

    def due(self, now_utc: datetime) -> Iterator[tuple[str, Contact | None]]:
        """Spacecraft whose contact has changed, with the new one; None where there is none."""
        now_tai_s = tai_s_from_utc(now_utc)
        for satellite in self._needed:
            begin_tai_s, end_tai_s = self._valid.get(satellite, (math.inf, -math.inf))
            if begin_tai_s <= now_tai_s <= end_tai_s:
                continue
            contact = self._compute(satellite, now_utc, now_tai_s)
            if contact != self._present.get(satellite):
                self._present[satellite] = contact
                yield satellite, contact

    def present(self) -> Iterator[tuple[str, Contact | None]]:
        """Every spacecraft that has ever needed a contact, with its present one."""
        yield from self._present.items()

    def next_tai_s(self) -> float:
        """When the next contact begins or ends."""
        return min((end_tai_s for _, end_tai_s in self._valid.values()), default=math.inf) + _JUST_AFTER_S

    def _compute(self, satellite: str, now_utc: datetime, now_tai_s: float) -> Contact | None:
        needed, spare = self._needed[satellite], self._spare.get(satellite, ())
        standing = [one for one in (*needed, *spare) if not self._bookings.lost(satellite, one)]
        lasting = [one for one in standing if one.start <= now_utc <= one.end]
        edges = [one.start for one in standing if one.start > now_utc] + [one.end for one in lasting]
        # It is true up to the next edge; an end still belongs to its contact, a beginning already to the next.
        until_tai_s = min((tai_s_from_utc(one) for one in edges), default=math.inf)
        self._valid[satellite] = (now_tai_s, until_tai_s)
        return min(lasting, key=lambda one: (one not in needed, one.start), default=None)

    def _count(self, satellite: str, contacts: tuple[Contact, ...], by: int) -> None:
        counted = self._needed.setdefault(satellite, Counter())
        for one in contacts:
            before = counted[one]
            counted[one] = before + by
            if counted[one] <= 0:
                del counted[one]
            if not before or one not in counted:
                self._valid.pop(satellite, None)
