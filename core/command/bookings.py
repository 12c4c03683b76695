"""Station booking: a station serves one spacecraft at a time, and a pass that is lost serves nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select, update

from core.command.model import Command, Contact
from core.command.tables import COMMAND_TABLES, station_bookings
from core.errors import CommandRefused, NotFound
from core.events import EventLog
from core.store import Database
from core.time import format_utc, tai_s_from_utc, utc_from_tai_s

__all__ = ["Booking", "StationBookings"]

_STAGE: Final = "schedule"


@dataclass(frozen=True)
class Booking:
    """A contact that a spacecraft holds for a plan; ``lost_reason`` is empty while it stands."""

    station: str
    satellite: str
    start_utc: datetime
    end_utc: datetime
    plan_id: str
    lost_reason: str = ""


class StationBookings:
    """Contacts that are held, in the database; lost ones are kept in memory too, as every release asks for them.

    Args:
        database: Where they are.
        events: The log that tells of lost contacts.
    """

    def __init__(self, database: Database, events: EventLog) -> None:
        database.create(COMMAND_TABLES)
        self._database = database
        self._events = events
        with database.read() as connection:
            query = select(station_bookings).where(station_bookings.c.lost_reason != "")
            self._lost: dict[tuple[str, str, float], str] = {
                (row.satellite, row.station, row.start_tai_s): row.lost_reason for row in connection.execute(query)
            }

    def book(self, connection: Connection, commands: Iterable[Command], holds: Callable[[str], bool]) -> None:
        """Hold the contacts of a plan's commands, in the transaction that enters them.

        Args:
            connection: The transaction.
            commands: All of one plan.
            holds: Whether a plan still has open commands; one that has none no longer holds its contacts.
        Raises:
            CommandRefused: A station serves another spacecraft meanwhile; names it and when.
        """
        wanted = {(one.satellite, contact, one.plan_id) for one in commands for contact in one.contacts}
        for satellite, contact, plan_id in sorted(wanted, key=lambda one: (one[1].start, one[0])):
            start_tai_s, end_tai_s = tai_s_from_utc(contact.start), tai_s_from_utc(contact.end)
            overlapping = (
                select(station_bookings)
                .where(station_bookings.c.station == contact.station, station_bookings.c.satellite != satellite)
                .where(station_bookings.c.start_tai_s < end_tai_s, station_bookings.c.end_tai_s > start_tai_s)
                .where(station_bookings.c.lost_reason == "")
            )
            other = next((row for row in connection.execute(overlapping).all() if holds(row.plan_id)), None)
            if other is not None:
                raise CommandRefused(
                    f"{contact.station} serves {other.satellite} from {format_utc(utc_from_tai_s(other.start_tai_s))} to "
                    f"{format_utc(utc_from_tai_s(other.end_tai_s))} for {other.plan_id}; {satellite} cannot have it from "
                    f"{format_utc(contact.start)} to {format_utc(contact.end)}",
                    code="GND-002",
                    stage=_STAGE,
                    station=contact.station,
                    held_by=other.satellite,
                    plan_id=other.plan_id,
                )
            own = {
                "station": contact.station,
                "satellite": satellite,
                "start_tai_s": start_tai_s,
                "plan_id": plan_id,
            }
            same = select(station_bookings.c.plan_id).where(
                *(station_bookings.c[name] == value for name, value in own.items())
            )
            if connection.execute(same).first() is None:
                connection.execute(insert(station_bookings).values(**own, end_tai_s=end_tai_s, lost_reason=""))

    def unavailable(
        self, connection: Connection, station: str, satellite: str, at_tai_s: float, holds: Callable[[str], bool]
    ) -> str:
        """Why a satellite cannot have a station without a booking at an instant; empty where it can.

        ``holds`` says whether a plan still has open commands; one that has none no longer holds its contacts.
        """
        query = select(station_bookings).where(
            station_bookings.c.station == station,
            station_bookings.c.start_tai_s <= at_tai_s,
            station_bookings.c.end_tai_s >= at_tai_s,
        )
        for row in connection.execute(query).all():
            if row.satellite == satellite and row.lost_reason:
                return f"the contact of {satellite} with {station} was lost: {row.lost_reason}"
            if row.satellite != satellite and not row.lost_reason and holds(row.plan_id):
                return f"{station} serves {row.satellite}"
        return ""

    def give_back(self, connection: Connection, plan_id: str) -> None:
        """Free the contacts that nobody but this plan held."""
        connection.execute(station_bookings.delete().where(station_bookings.c.plan_id == plan_id))

    def lose(
        self, satellite: str, station: str, at_utc: datetime, *, actor: str, reason: str, now_utc: datetime
    ) -> Booking:
        """Give up a satellite's contact with a station that lasts at an instant: nothing more leaves through it.

        Raises:
            NotFound: No such contact is booked.
        """
        at_tai_s = tai_s_from_utc(at_utc)
        where = (
            station_bookings.c.satellite == satellite,
            station_bookings.c.station == station,
            station_bookings.c.start_tai_s <= at_tai_s,
            station_bookings.c.end_tai_s >= at_tai_s,
        )
        with self._database.write() as connection:
            rows = connection.execute(select(station_bookings).where(*where)).all()
            if not rows:
                raise NotFound(f"{satellite} has no contact with {station} booked at {format_utc(at_utc)}")
            connection.execute(update(station_bookings).where(*where).values(lost_reason=reason))
            first = rows[0]
            self._events.append(
                connection,
                "contact.lost",
                satellite,
                actor=actor,
                at_utc=now_utc,
                payload={
                    "station": station,
                    "start": format_utc(utc_from_tai_s(first.start_tai_s)),
                    "end": format_utc(utc_from_tai_s(first.end_tai_s)),
                    "reason": reason,
                    "plans": sorted({row.plan_id for row in rows}),
                },
            )
        for row in rows:
            self._lost[row.satellite, row.station, row.start_tai_s] = reason
        return Booking(
            station,
            satellite,
            utc_from_tai_s(first.start_tai_s),
            utc_from_tai_s(first.end_tai_s),
            first.plan_id,
            reason,
        )

    def lost(self, satellite: str, contact: Contact) -> str:
        """Why a contact was lost; empty where it stands."""
        if not self._lost:
            return ""
        return self._lost.get((satellite, contact.station, tai_s_from_utc(contact.start)), "")

    def standing(self, command: Command) -> Command:
        """The command with only those contacts that stand."""
        if not self._lost:
            return command
        kept = tuple(one for one in command.contacts if not self.lost(command.satellite, one))
        return command if len(kept) == len(command.contacts) else command.model_copy(update={"contacts": kept})

    def all(self, satellite: str | None = None, after_utc: datetime | None = None) -> list[Booking]:
        """Booked contacts by their start, lost ones too."""
        query = select(station_bookings).order_by(station_bookings.c.start_tai_s, station_bookings.c.station)
        if satellite is not None:
            query = query.where(station_bookings.c.satellite == satellite)
        if after_utc is not None:
            query = query.where(station_bookings.c.end_tai_s >= tai_s_from_utc(after_utc))
        with self._database.read() as connection:
            return [
                Booking(
                    row.station,
                    row.satellite,
                    utc_from_tai_s(row.start_tai_s),
                    utc_from_tai_s(row.end_tai_s),
                    row.plan_id,
                    row.lost_reason,
                )
                for row in connection.execute(query)
            ]
