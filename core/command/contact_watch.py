"""Contacts in which nothing is heard: told while they last, and recorded as missed when they are over.

What heard a spacecraft is a station that sees it, or telemetry of it. Only contacts that were watched from their beginning
are judged: of the others it is not known whether something was heard. Commands that did not leave in a missed contact go by
the next one that they have, or expire; the record says which.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.command.bookings import Booking, StationBookings
from core.command.model import BEFORE_RELEASE, Command
from core.command.register import CommandRegister
from core.events import EventLog
from core.time import add_s, duration_s, format_utc

__all__ = ["ContactWatch"]

_SILENT_S: Final = 60.0  # from the beginning of a contact, mission time
_LOOKED_BACK_S: Final = 3600.0  # a contact that ended earlier was judged by an earlier look, or was not watched


@dataclass(frozen=True)
class _Watched:
    satellite: str
    station: str
    start_utc: datetime


class ContactWatch:
    """Follows booked contacts.

    Args:
        bookings: The contacts.
        register: Commands that wait for them, and the database.
        events: Where silence is recorded.
        now_utc: Mission time at which watching begins.
    """

    def __init__(
        self, bookings: StationBookings, register: CommandRegister, events: EventLog, now_utc: datetime
    ) -> None:
        self._bookings = bookings
        self._register = register
        self._events = events
        self._begun_utc = now_utc
        self._heard: set[_Watched] = set()
        self._told: set[_Watched] = set()
        self._over: set[_Watched] = set()

    def look(
        self, seen: Collection[tuple[str, str]], heard: Iterable[str], now_utc: datetime, slack_s: float = 0.0
    ) -> None:
        """Judge the contacts that last or have just ended.

        Args:
            seen: Spacecraft and stations that have seen them since the last look.
            heard: Spacecraft of which telemetry has come since the last look.
            now_utc: Mission time.
            slack_s: How long, in mission time, what was heard may be on its way.
        Raises:
            StoreError: A silence could not be recorded; the next look does it.
        """
        telemetered, since_utc = set(heard), max(self._begun_utc, add_s(now_utc, -_LOOKED_BACK_S))
        contacts: dict[_Watched, list[Booking]] = {}
        for one in self._bookings.all(after_utc=since_utc):
            if self._begun_utc <= one.start_utc <= now_utc and not one.lost_reason:
                contacts.setdefault(_Watched(one.satellite, one.station, one.start_utc), []).append(one)
        for watched, booked in contacts.items():
            end_utc = max(one.end_utc for one in booked)
            if (watched.satellite, watched.station) in seen or watched.satellite in telemetered:
                self._heard.add(watched)
            if watched in self._heard or watched in self._over:
                continue
            if duration_s(end_utc, now_utc) > slack_s:
                self._tell("contact.missed", watched, booked, end_utc, now_utc)
                self._over.add(watched)
            elif duration_s(watched.start_utc, now_utc) > _SILENT_S + slack_s and watched not in self._told:
                self._tell("contact.silent", watched, booked, end_utc, now_utc)
                self._told.add(watched)
        for known in (self._heard, self._told, self._over):
            known.intersection_update(contacts)

    def _tell(self, kind: str, watched: _Watched, booked: list[Booking], end_utc: datetime, now_utc: datetime) -> None:
        waiting = [one for one in self._register.open() if _waited(one, watched)]
        after = {one.command_id: _next(one, now_utc) for one in sorted(waiting, key=lambda one: one.execute_at)}
        payload = {
            "station": watched.station,
            "start": format_utc(watched.start_utc),
            "end": format_utc(end_utc),
            "reason": "nothing was heard of the spacecraft",
            "plans": sorted({one.plan_id for one in booked}),
            "commands": after,
        }
        with self._register.database.write() as connection:
            self._events.append(connection, kind, watched.satellite, actor="service", at_utc=now_utc, payload=payload)


def _waited(command: Command, watched: _Watched) -> bool:
    return (
        command.state in BEFORE_RELEASE
        and command.satellite == watched.satellite
        and any(one.station == watched.station and one.start == watched.start_utc for one in command.contacts)
    )


def _next(command: Command, now_utc: datetime) -> str:
    """Through which contact the command may still leave; empty where there is none."""
    later = [one for one in command.contacts if one.start > now_utc]
    first = min(later, key=lambda one: one.start, default=None)
    return "" if first is None else f"{first.station} at {format_utc(first.start)}"
