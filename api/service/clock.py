"""The mission clock of a service: real time with a real spacecraft, a chosen rate with the simulator, kept across restarts."""

from __future__ import annotations

import time
from typing import Any, Final

from sqlalchemy import Column, Float, Integer, MetaData, Table, delete, insert, select

from core.errors import Conflict
from core.store import Database
from core.time import format_utc, tai_s_from_utc
from core.time.clock import MAXIMUM_RATE, ClockAnchor, MissionClock, SystemClock
from core.time.scales import parse_utc

__all__ = ["CLOCK_TABLES", "ClockService", "open_clock"]

CLOCK_TABLES: Final = MetaData()
_anchor = Table(
    "clock_anchor",
    CLOCK_TABLES,
    Column("id", Integer, primary_key=True),
    Column("wall_s", Float, nullable=False),
    Column("t_tai_s", Float, nullable=False),
    Column("rate", Float, nullable=False),
)


class ClockService:
    """The clock and its rate."""

    def __init__(self, database: Database, clock: MissionClock, *, simulated: bool) -> None:
        self._database = database
        self.clock = clock
        self.simulated = simulated

    def view(self) -> dict[str, Any]:
        """What the console shows."""
        now = self.clock.now_utc()
        return {
            "now": format_utc(now.replace(microsecond=now.microsecond // 1000 * 1000)),
            "rate": self.clock.anchor.rate,
            "simulated": self.simulated,
            "maximum_rate": MAXIMUM_RATE if self.simulated else 1.0,
        }

    def set_rate(self, rate: float) -> ClockAnchor:
        """Run faster or slower from now on.

        Raises:
            Conflict: The spacecraft are real: their time cannot be scaled.
            InputError: The rate is out of range.
        """
        if not self.simulated:
            raise Conflict("the mission clock follows real spacecraft and cannot be scaled", code="real-time")
        anchor = self.clock.set_rate(rate)
        _store(self._database, anchor)
        return anchor


def open_clock(database: Database, rate: float, start: str | None, *, simulated: bool) -> ClockService:
    """The clock as it was left, or a new one.

    Mission time goes on while the service is down: spacecraft do not stop.

    Args:
        database: Where the anchor is kept.
        rate: Rate of a new clock.
        start: ISO 8601 mission time of a new clock; None begins now.
        simulated: Whether the spacecraft are simulated.
    """
    database.create(CLOCK_TABLES)
    if not simulated:
        wall_s = time.time()
        return ClockService(
            database, MissionClock(ClockAnchor(wall_s, SystemClock().now_tai_s(), 1.0)), simulated=False
        )
    with database.read() as connection:
        row = connection.execute(select(_anchor)).first()
    if row is not None:
        return ClockService(database, MissionClock(ClockAnchor(row.wall_s, row.t_tai_s, row.rate)), simulated=True)
    begin = tai_s_from_utc(parse_utc(start, "clock_start")) if start else SystemClock().now_tai_s()
    anchor = ClockAnchor(time.time(), begin, rate)
    _store(database, anchor)
    return ClockService(database, MissionClock(anchor), simulated=True)


def _store(database: Database, anchor: ClockAnchor) -> None:
    with database.write() as connection:
        connection.execute(delete(_anchor))
        connection.execute(insert(_anchor).values(id=1, wall_s=anchor.wall_s, t_tai_s=anchor.t_tai_s, rate=anchor.rate))
