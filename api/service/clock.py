"""The mission clock of a service: real time with a real spacecraft, a chosen rate with the simulator.

At rate 1 mission time goes on while the service is down, as spacecraft do. A simulated clock that runs faster stands
still meanwhile: the simulator holds too, and a service that starts again takes up the last remembered instant.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Float, Integer, MetaData, Table, insert, select, update

from core.errors import Conflict, StoreError
from core.mission.model import Mission
from core.store import Database
from core.time import SystemClock, format_utc, parse_utc, tai_s_from_utc, utc_from_tai_s
from core.time.clock import MAXIMUM_RATE, ClockAnchor, MissionClock

__all__ = ["CLOCK_TABLES", "ClockService", "open_clock"]

CLOCK_TABLES: Final = MetaData()
_clock = Table(
    "mission_clock",
    CLOCK_TABLES,
    Column("id", Integer, primary_key=True),
    Column("wall_s", Float, nullable=False),
    Column("t_tai_s", Float, nullable=False),
    Column("rate", Float, nullable=False),
    Column("begun_tai_s", Float, nullable=False),
)
_ID: Final = 1
# A simulated mission whose elements are older than this starts at their epoch instead of today.
_ELEMENTS_FRESH: Final = timedelta(days=5)


class ClockService:
    """The clock and its rate.

    Args:
        database: Where the rate is kept.
        memory: File that remembers simulated time between two changes of rate.
        clock: The clock itself.
        begun_tai_s: When the mission began to be flown here.
        simulated: Whether time can be scaled.
    """

    def __init__(
        self, database: Database, memory: Path, clock: MissionClock, begun_tai_s: float, *, simulated: bool
    ) -> None:
        self._database = database
        self._memory = memory
        self.clock = clock
        self.begun_utc: datetime = utc_from_tai_s(begun_tai_s)
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
        with self._database.write() as connection:
            values = {"wall_s": anchor.wall_s, "t_tai_s": anchor.t_tai_s, "rate": anchor.rate}
            connection.execute(update(_clock).where(_clock.c.id == _ID).values(**values))
        return anchor

    def remember(self) -> None:
        """Note the present instant; a few times a second is enough, and a lost note costs a moment of simulated time.

        Raises:
            StoreError: It cannot be written now.
        """
        if self.simulated and self.clock.anchor.rate != 1.0:
            fresh = self._memory.with_suffix(".new")
            try:
                fresh.write_text(json.dumps({"t_tai_s": self.clock.now_tai_s()}))
                fresh.replace(self._memory)
            except OSError as error:
                raise StoreError(f"the mission time cannot be noted at {self._memory}: {error.strerror}") from error


def open_clock(
    database: Database, memory: Path, mission: Mission, rate: float, start: str | None, *, simulated: bool
) -> ClockService:
    """The clock as it was left, or a new one.

    Args:
        database: Where the clock is kept.
        memory: File for the last instant of simulated time.
        mission: Its elements tell whether a simulation can begin today.
        rate: Rate of a new clock.
        start: ISO 8601 mission time of a new clock; None begins today, or at the elements' epoch when they are old.
        simulated: Whether the spacecraft are simulated.
    """
    database.create(CLOCK_TABLES)
    wall_s = time.time()
    if not simulated:
        now = SystemClock().now_tai_s()
        return ClockService(database, memory, MissionClock(ClockAnchor(wall_s, now, 1.0)), now, simulated=False)
    with database.write() as connection:
        row = connection.execute(select(_clock)).first()
        if row is None:
            begin = tai_s_from_utc(parse_utc(start, "clock_start") if start else _first_instant(mission))
            values = {"id": _ID, "wall_s": wall_s, "t_tai_s": begin, "rate": rate, "begun_tai_s": begin}
            connection.execute(insert(_clock).values(**values))
            return ClockService(database, memory, MissionClock(ClockAnchor(wall_s, begin, rate)), begin, simulated=True)
    anchor = ClockAnchor(row.wall_s, row.t_tai_s, row.rate)
    if row.rate != 1.0:
        anchor = ClockAnchor(wall_s, max(row.t_tai_s, _remembered(memory)), row.rate)
    return ClockService(database, memory, MissionClock(anchor), row.begun_tai_s, simulated=True)


def _first_instant(mission: Mission) -> datetime:
    now = SystemClock().now_utc()
    newest = max(craft.elements.epoch_utc for craft in mission.spacecraft)
    return now if abs(now - newest) < _ELEMENTS_FRESH else newest


def _remembered(memory: Path) -> float:
    try:
        return float(json.loads(memory.read_text())["t_tai_s"])
    except (FileNotFoundError, ValueError, KeyError):
        return float("-inf")  # never written, or cut while it was: the rate's own anchor stands
