"""Limits that people change while the spacecraft flies: in the database, in force at once, and put back by taking them away.

A change stands in place of the mission database's limits of one parameter of one spacecraft. Levels of packets that were
stored before stay as they were judged.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Column, ColumnElement, MetaData, String, Table, Text, delete, insert, select

from core.errors import InputError, NotFound
from core.events import EventLog
from core.mdb.batch import Column as BatchColumn
from core.mdb.batch import ContainerBatch, DecodedBatch
from core.mdb.model import MissionDatabase
from core.mdb.telemetry import DecodedPacket, Sample
from core.mdb.types import AlarmLevel, AlarmRange, Alarms, Range, ValueKind
from core.store import Database

__all__ = ["LimitBand", "LimitChange", "LimitOverrides", "WantedLimits"]

_TABLES: Final = MetaData()
_changes = Table(
    "limit_changes",
    _TABLES,
    Column("satellite", String(64), primary_key=True),
    Column("parameter", String(128), primary_key=True),
    Column("content", Text, nullable=False),
)
_NUMBERS: Final = frozenset({ValueKind.INTEGER, ValueKind.FLOAT, ValueKind.RELATIVE_TIME, ValueKind.ABSOLUTE_TIME})
_LEVELS: Final = {one: number for number, one in enumerate(AlarmLevel)}

_Number = Annotated[float, Field(allow_inf_nan=False)]


class LimitBand(BaseModel):
    """Below ``low`` or above ``high`` a value is at this level; an end that is None is open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Literal["watch", "warning", "distress", "critical", "severe"]
    low: _Number | None = None
    high: _Number | None = None

    @model_validator(mode="after")
    def _check(self) -> LimitBand:
        if self.low is None and self.high is None:
            raise ValueError(f"{self.level}: neither low nor high is given")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"{self.level}: low {self.low:g} is above high {self.high:g}")
        return self


class WantedLimits(BaseModel):
    """Limits of one parameter of one spacecraft in place of the mission database's, and why; without bands, none at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    satellite: Annotated[str, Field(min_length=1, max_length=64)]
    parameter: Annotated[str, Field(min_length=1, max_length=128)]
    bands: Annotated[tuple[LimitBand, ...], Field(max_length=5)]
    minimum_violations: Annotated[int, Field(ge=1, le=10_000)] = 1
    minimum_conformance: Annotated[int, Field(ge=1, le=10_000)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=2000)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        levels = [one.level for one in self.bands]
        if len(set(levels)) < len(levels):
            raise ValueError("bands: a level is given twice")
        return self


class LimitChange(WantedLimits):
    """Limits in force, who wants them so, and since when."""

    by: Annotated[str, Field(min_length=1, max_length=64)]
    at: AwareDatetime

    def alarms(self) -> Alarms:
        """As the limit checker takes them."""
        ranges = tuple(AlarmRange(AlarmLevel(one.level), Range(one.low, one.high)) for one in self.bands)
        return Alarms(
            ranges=ranges, minimum_violations=self.minimum_violations, minimum_conformance=self.minimum_conformance
        )


class LimitOverrides:
    """Changed limits, in the database and in memory.

    Args:
        database: Where they are.
        events: The log that tells who changed what.
        mdb: The limits that they stand in place of.
    """

    def __init__(self, database: Database, events: EventLog, mdb: MissionDatabase) -> None:
        database.create(_TABLES)
        self._database = database
        self._events = events
        self._mdb = mdb
        self._lock = threading.Lock()
        with database.read() as connection:
            stored = [LimitChange.model_validate_json(row.content) for row in connection.execute(select(_changes))]
        self._known = {(one.satellite, one.parameter): (one, one.alarms()) for one in stored}

    def all(self) -> list[LimitChange]:
        """Every change that is in force, by spacecraft and parameter."""
        with self._lock:
            return [change for _, (change, _) in sorted(self._known.items(), key=lambda one: one[0])]

    def alarms_of(self, satellite: str, parameter: str) -> Alarms | None:
        """The limits in place of the mission database's; None where they are unchanged."""
        known = self._known.get((satellite, parameter))
        return None if known is None else known[1]

    def change(self, change: LimitChange) -> None:
        """Put limits in force.

        Raises:
            InputError: There is no such parameter, or its values are no numbers.
        """
        known = self._mdb.parameters.get(change.parameter)
        if known is None:
            raise InputError("parameter", f"the mission database has no parameter {change.parameter!r}")
        if known.type.kind not in _NUMBERS:
            raise InputError("parameter", f"{change.parameter} is {known.type.kind.value}: only numbers have bands")
        with self._lock:
            with self._database.write() as connection:
                connection.execute(delete(_changes).where(*_of(change.satellite, change.parameter)))
                row = {"satellite": change.satellite, "parameter": change.parameter}
                connection.execute(insert(_changes).values(**row, content=change.model_dump_json()))
                self._events.append(
                    connection,
                    "limits.changed",
                    _subject(change.satellite, change.parameter),
                    actor=f"user:{change.by}",
                    at_utc=change.at,
                    payload=change.model_dump(mode="json"),
                )
            self._known = {**self._known, (change.satellite, change.parameter): (change, change.alarms())}

    def restore(self, satellite: str, parameter: str, *, by: str, reason: str, at_utc: datetime) -> None:
        """Have the mission database's limits hold again.

        Raises:
            NotFound: They are not changed.
        """
        with self._lock:
            if (satellite, parameter) not in self._known:
                raise NotFound(f"the limits of {satellite} {parameter} are those of the mission database")
            with self._database.write() as connection:
                connection.execute(delete(_changes).where(*_of(satellite, parameter)))
                told = {"satellite": satellite, "parameter": parameter, "reason": reason}
                subject = _subject(satellite, parameter)
                self._events.append(
                    connection, "limits.restored", subject, actor=f"user:{by}", at_utc=at_utc, payload=told
                )
            self._known = {key: one for key, one in self._known.items() if key != (satellite, parameter)}

    def apply(self, satellite: str, decoded: DecodedBatch) -> DecodedBatch:
        """The batch with levels by the limits in force; the archive has every packet judged so before it is stored."""
        wanted = {parameter: alarms for (craft, parameter), (_, alarms) in self._known.items() if craft == satellite}
        if not wanted:
            return decoded
        containers = tuple(_applied(one, wanted) for one in decoded.containers)
        interpreted = tuple((row, _judged(packet, wanted)) for row, packet in decoded.interpreted)
        return replace(decoded, containers=containers, interpreted=interpreted)


def _of(satellite: str, parameter: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _changes.c.satellite == satellite, _changes.c.parameter == parameter


def _subject(satellite: str, parameter: str) -> str:
    return f"{satellite}:{parameter}"[:128]


def _applied(batch: ContainerBatch, wanted: dict[str, Alarms]) -> ContainerBatch:
    if wanted.keys().isdisjoint(batch.columns):
        return batch
    columns = {
        name: replace(column, levels=_levels(column, wanted[name])) if name in wanted else column
        for name, column in batch.columns.items()
    }
    return replace(batch, columns=columns)


def _judged(packet: DecodedPacket, wanted: dict[str, Alarms]) -> DecodedPacket:
    """A packet that was taken apart on its own, by the limits in force."""
    parameters = {
        name: _one_judged(one, wanted[name]) if name in wanted else one for name, one in packet.parameters.items()
    }
    repeated = {
        name: tuple(_one_judged(one, wanted[name]) for one in several) if name in wanted else several
        for name, several in packet.repeated.items()
    }
    return DecodedPacket(packet.name, parameters, repeated)


def _one_judged(sample: Sample, alarms: Alarms) -> Sample:
    value = sample.value if sample.valid else None
    raised = [one.level for one in alarms.ranges if isinstance(value, (int, float)) and one.raised_by(value)]
    return replace(sample, limit_state=max(raised, key=_LEVELS.__getitem__, default=AlarmLevel.NORMAL))


def _levels(column: BatchColumn, alarms: Alarms) -> NDArray[np.uint8]:
    values: NDArray[np.float64] = column.engineering.astype(np.float64)
    usable = ~np.isnan(values) if column.valid is None else column.valid & ~np.isnan(values)
    levels = np.zeros(len(values), dtype=np.uint8)
    for one in alarms.ranges:
        low = -np.inf if one.range.minimum is None else one.range.minimum
        high = np.inf if one.range.maximum is None else one.range.maximum
        outside = usable & ((values < low) | (values > high))
        levels[outside] = np.maximum(levels[outside], _LEVELS[one.level])
    return levels
