"""Orbits determined while a mission is flown: kept durably, and the mission with the newest of each satellite."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Any, Final

from pydantic import AwareDatetime
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, func, insert, select

from core.errors import Conflict
from core.events import EventLog
from core.mission.model import MeanElements, Mission
from core.mission.parts import MissionModel
from core.store import Database
from core.time import format_utc

__all__ = ["ORBIT_TABLES", "OrbitRepository", "OrbitUpdate"]

ORBIT_TABLES: Final = MetaData()

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
        self._file = mission
        self._mission = _with_orbits(mission, self._newest)

    def current(self) -> Mission:
        """The mission with the newest accepted orbit of each satellite."""
        return self._mission

    def newest(self, satellite: str) -> OrbitUpdate | None:
        """The orbit that is flown with; None while it is the mission file's."""
        return self._newest.get(satellite)

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
                    "orbit.accepted",
                    update.satellite,
                    actor=actor,
                    at_utc=at_utc,
                    payload=update.model_dump(mode="json"),
                )
            self._newest[update.satellite] = update
            self._mission = _with_orbits(self._file, self._newest)

    def refuse(self, satellite: str, reason: str, facts: Mapping[str, Any], *, actor: str, at_utc: datetime) -> None:
        """Record that an orbit is needed and could not be determined."""
        payload = {"reason": reason, **facts}
        with self._database.write() as connection:
            self._events.append(connection, "orbit.refused", satellite, actor=actor, at_utc=at_utc, payload=payload)

    def _stored(self) -> list[OrbitUpdate]:
        with self._database.read() as connection:
            rows = connection.execute(select(_orbits.c.content).order_by(_orbits.c.number)).scalars().all()
        return [OrbitUpdate.model_validate_json(one) for one in rows]


def _with_orbits(mission: Mission, newest: Mapping[str, OrbitUpdate]) -> Mission:
    def flown(satellite: str) -> dict[str, Any]:
        update = newest.get(satellite)
        return {"elements": update.elements, "burns_flown_until": update.first_fix_utc} if update else {}

    spacecraft = tuple(craft.model_copy(update=flown(craft.id)) for craft in mission.spacecraft)
    return mission.model_copy(update={"spacecraft": spacecraft})
