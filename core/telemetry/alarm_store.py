"""The lives of alarms in the database: each step is a row that nothing changes, and the newest row of an alarm is how it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    func,
    insert,
    select,
)

from core.store import Database
from core.telemetry.alarm_book import Alarm, AlarmEntry, AlarmStep

__all__ = ["AlarmStore", "StoredEntry"]

_TABLES: Final = MetaData()
_entries = Table(
    "alarm_entries",
    _TABLES,
    Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("satellite", String(64), nullable=False),
    Column("parameter", String(128), nullable=False),
    Column("raised_tai_s", Float, nullable=False),
    Column("step", String(16), nullable=False),
    Column("at_tai_s", Float, nullable=False),
    Column("level", Integer, nullable=False),
    Column("worst", Integer, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    Column("shelved_until_tai_s", Float),
    Column("assigned_to", String(64), nullable=False),
    Column("tags", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Index("alarm_entries_by_parameter", "satellite", "parameter", "entry_id"),
)


@dataclass(frozen=True)
class StoredEntry:
    """A step with its number; numbers rise in the order of writing."""

    entry_id: int
    entry: AlarmEntry


class AlarmStore:
    """Steps of alarms.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        database.create(_TABLES)
        self._database = database

    def write(self, connection: Connection, entries: Iterable[AlarmEntry]) -> None:
        """Add steps in their order, in the caller's transaction."""
        rows = [_row(one) for one in entries]
        if rows:
            connection.execute(insert(_entries), rows)

    def open(self) -> list[AlarmEntry]:
        """The newest step of each alarm that is not cleared, in the order in which the alarms were raised."""
        newest = select(func.max(_entries.c.entry_id)).group_by(_entries.c.satellite, _entries.c.parameter)
        query = (
            select(_entries)
            .where(_entries.c.entry_id.in_(newest), _entries.c.step != str(AlarmStep.CLEARED))
            .order_by(_entries.c.raised_tai_s, _entries.c.entry_id)
        )
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def history(
        self,
        *,
        satellite: str | None = None,
        parameter: str | None = None,
        raised_tai_s: float | None = None,
        before: int | None = None,
        limit: int = 200,
    ) -> list[StoredEntry]:
        """Steps, the newest first.

        Args:
            satellite: Of this spacecraft's alarms.
            parameter: Of this parameter's.
            raised_tai_s: Of the alarm that was raised then.
            before: Only steps with lower numbers.
            limit: At most so many.
        """
        query = select(_entries).order_by(_entries.c.entry_id.desc()).limit(limit)
        chosen = {"satellite": satellite, "parameter": parameter, "raised_tai_s": raised_tai_s}
        for name, value in chosen.items():
            if value is not None:
                query = query.where(_entries.c[name] == value)
        if before is not None:
            query = query.where(_entries.c.entry_id < before)
        with self._database.read() as connection:
            return [StoredEntry(row.entry_id, _entry(row)) for row in connection.execute(query)]

    def after(self, entry_id: int, limit: int) -> list[StoredEntry]:
        """Steps with greater numbers, the oldest first, so many at most."""
        query = select(_entries).where(_entries.c.entry_id > entry_id).order_by(_entries.c.entry_id).limit(limit)
        with self._database.read() as connection:
            return [StoredEntry(row.entry_id, _entry(row)) for row in connection.execute(query)]

    def last(self) -> int:
        """The number of the newest step; 0 before the first."""
        with self._database.read() as connection:
            return connection.execute(select(func.max(_entries.c.entry_id))).scalar() or 0


def _row(entry: AlarmEntry) -> dict[str, Any]:
    alarm = entry.alarm
    return {
        "satellite": alarm.satellite,
        "parameter": alarm.parameter,
        "raised_tai_s": alarm.raised_tai_s,
        "step": str(entry.step),
        "at_tai_s": entry.at_tai_s,
        "level": alarm.level,
        "worst": alarm.worst,
        "acknowledged": alarm.acknowledged,
        "shelved_until_tai_s": alarm.shelved_until_tai_s,
        "assigned_to": alarm.assigned_to,
        "tags": json.dumps(alarm.tags),
        "by": entry.by,
        "reason": entry.reason,
    }


def _entry(row: Row[Any]) -> AlarmEntry:
    alarm = Alarm(
        row.satellite,
        row.parameter,
        row.raised_tai_s,
        row.level,
        row.worst,
        row.acknowledged,
        row.shelved_until_tai_s,
        row.assigned_to,
        tuple(json.loads(row.tags)),
    )
    return AlarmEntry(AlarmStep(row.step), row.at_tai_s, alarm, row.by, row.reason)
