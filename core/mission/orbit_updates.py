"""Orbits determined while a mission is flown: kept durably, and the mission with the newest of each satellite."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from threading import Lock
from typing import Any, Final

from pydantic import AwareDatetime
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, func, insert, select

from core.errors import Conflict
from core.events import Event, EventLog
from core.mission.model import MeanElements, Mission, OrbitDoubt
from core.mission.parts import MissionModel
from core.store import Database
from core.time import format_utc, parse_utc

__all__ = ["CONFIRMING_S", "ORBIT_TABLES", "OrbitRepository", "OrbitUpdate"]

ORBIT_TABLES: Final = MetaData()
CONFIRMING_S: Final = 2700.0  # of fixes: 1 m/s along the track shows as 2 km only half an hour later
# Kinds of event, from which a service that starts again knows what is in doubt.
_ACCEPTED: Final = "orbit.accepted"
_REFUSED: Final = "orbit.refused"
_DOUBTED: Final = "orbit.doubted"
_CONFIRMED: Final = "orbit.confirmed"

_orbits = Table(
    "orbit_updates",
    ORBIT_TABLES,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("satellite", String(64), nullable=False, index=True),
    Column("accepted_at_utc", String(32), nullable=False),
    Column("content", Text, nullable=False),
)


class OrbitUpdate(MissionModel):
    """An orbit determined from fixes, with what it rests on.

    ``first_fix_utc`` and ``last_fix_utc`` enclose the fixes, of which ``fixes`` were used and ``rejected`` lay too far
    from the rest. ``rms_m`` and ``greatest_m`` are the distances of those used from the orbit; ``previous_miss_m`` is how
    far the orbit before was from them, in the median.
    """

    satellite: str
    elements: MeanElements
    source: str
    first_fix_utc: AwareDatetime
    last_fix_utc: AwareDatetime
    fixes: int
    rejected: int
    rms_m: float
    greatest_m: float
    previous_miss_m: float


class OrbitRepository:
    """Accepted orbits in the database; create it once and pass it around.

    Args:
        database: Where they are kept.
        events: The log that each is recorded in.
        mission: The mission file's mission, whose elements hold until there are others.
    """

    def __init__(self, database: Database, events: EventLog, mission: Mission) -> None:
        self._database = database
        self._events = events
        self._lock = Lock()
        database.create(ORBIT_TABLES)
        self._newest: dict[str, OrbitUpdate] = {}
        known = {craft.id for craft in mission.spacecraft}
        for one in self._stored():
            if one.satellite in known:
                self._newest[one.satellite] = one
        self._doubts: dict[str, OrbitDoubt] = {}
        self._checked: dict[str, datetime] = {}
        for satellite in sorted(known):
            for event in _history(events, satellite):
                self._recall(event)
        self._file = mission
        self._mission = self._present()

    def current(self) -> Mission:
        """The mission with the newest accepted orbit of each satellite."""
        return self._mission

    def newest(self, satellite: str) -> OrbitUpdate | None:
        """The orbit that is flown with; None while it is the mission file's."""
        return self._newest.get(satellite)

    def doubt(self, satellite: str) -> OrbitDoubt | None:
        """Why the orbit that is flown with may not hold; None where nothing speaks against it."""
        return self._doubts.get(satellite)

    def checked_until(self, satellite: str) -> datetime | None:
        """The newest fix that agreed with the orbit that is flown with, as far as the log has it."""
        return self._checked.get(satellite)

    def accept(self, update: OrbitUpdate, *, actor: str, at_utc: datetime) -> None:
        """Fly with an orbit from now on; plans computed with the one before become stale.

        Raises:
            NotFound: The mission has no such satellite.
            Conflict: An orbit from newer fixes has been accepted.
        """
        self._file.craft(update.satellite)
        with self._lock:
            before = self._newest.get(update.satellite)
            if before is not None and before.last_fix_utc >= update.last_fix_utc:
                raise Conflict(
                    f"an orbit of {update.satellite} from fixes up to {format_utc(before.last_fix_utc)} has been accepted",
                    code="older-orbit",
                )
            with self._database.write() as connection:
                number = int(connection.execute(select(func.max(_orbits.c.number))).scalar() or 0) + 1
                connection.execute(
                    insert(_orbits).values(
                        number=number,
                        satellite=update.satellite,
                        accepted_at_utc=format_utc(at_utc),
                        content=update.model_dump_json(),
                    )
                )
                self._events.append(
                    connection,
                    _ACCEPTED,
                    update.satellite,
                    actor=actor,
                    at_utc=at_utc,
                    payload=update.model_dump(mode="json"),
                )
            self._newest[update.satellite] = update
            self._doubts.pop(update.satellite, None)
            self._checked[update.satellite] = update.last_fix_utc
            self._mission = self._present()

    def refuse(self, satellite: str, doubt: OrbitDoubt, *, actor: str, at_utc: datetime) -> None:
        """Record that an orbit is needed and could not be determined; the one before is in doubt from now on."""
        self._set_doubt(_REFUSED, satellite, doubt, actor, at_utc)

    def question(self, satellite: str, doubt: OrbitDoubt, *, actor: str, at_utc: datetime) -> None:
        """Record that something happened after which the orbit may not hold."""
        self._set_doubt(_DOUBTED, satellite, doubt, actor, at_utc)

    def confirm(self, satellite: str, until_utc: datetime, miss_m: float, *, actor: str, at_utc: datetime) -> None:
        """Record that fixes up to an instant agree with the orbit that is flown with; a doubt ends."""
        payload = {"until_utc": format_utc(until_utc), "miss_m": miss_m}
        with self._lock:
            self._record(_CONFIRMED, satellite, payload, actor, at_utc)
            self._doubts.pop(satellite, None)
            self._checked[satellite] = until_utc
            self._mission = self._present()

    def _set_doubt(self, kind: str, satellite: str, doubt: OrbitDoubt, actor: str, at_utc: datetime) -> None:
        with self._lock:
            self._record(kind, satellite, doubt.model_dump(mode="json"), actor, at_utc)
            self._doubts[satellite] = doubt
            self._mission = self._present()

    def _record(self, kind: str, satellite: str, payload: dict[str, Any], actor: str, at_utc: datetime) -> None:
        with self._database.write() as connection:
            self._events.append(connection, kind, satellite, actor=actor, at_utc=at_utc, payload=payload)

    def _recall(self, event: Event) -> None:
        """What an event of the log says of the orbit at present; called for one after another."""
        if event.kind in (_REFUSED, _DOUBTED):
            self._doubts[event.subject] = OrbitDoubt(
                code=event.payload["code"],
                reason=event.payload["reason"],
                since_utc=event.payload.get("since_utc", event.at_utc),
                miss_m=event.payload.get("miss_m"),
            )
            return
        until = event.payload["last_fix_utc" if event.kind == _ACCEPTED else "until_utc"]
        self._doubts.pop(event.subject, None)
        self._checked[event.subject] = parse_utc(until)

    def _present(self) -> Mission:
        def known(satellite: str) -> dict[str, Any]:
            update = self._newest.get(satellite)
            flown = {"elements": update.elements, "burns_flown_until": update.first_fix_utc} if update else {}
            learnt = {"orbit_doubt": self._doubts.get(satellite), "orbit_checked_until": self._checked.get(satellite)}
            return {**flown, **{name: value for name, value in learnt.items() if value is not None}}

        spacecraft = tuple(craft.model_copy(update=known(craft.id)) for craft in self._file.spacecraft)
        return self._file.model_copy(update={"spacecraft": spacecraft})

    def _stored(self) -> list[OrbitUpdate]:
        with self._database.read() as connection:
            rows = connection.execute(select(_orbits.c.content).order_by(_orbits.c.number)).scalars().all()
        return [OrbitUpdate.model_validate_json(one) for one in rows]


def _history(events: EventLog, satellite: str) -> Iterator[Event]:
    """What the log has of a satellite's orbit, oldest first."""
    after = 0
    while page := events.read(after=after, subject=satellite, kinds=(_ACCEPTED, _REFUSED, _DOUBTED, _CONFIRMED)):
        yield from page
        after = page[-1].sequence
