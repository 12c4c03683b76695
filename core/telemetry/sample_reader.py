"""Values of single parameters in the column archive: without a query engine, because those who command wait for them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.mdb.references import Value
from core.mdb.types import AlarmLevel
from core.telemetry.archive import ArchivedSample
from core.telemetry.archive_files import ArchiveFile
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.packet_table import ARRIVAL, GENERATED, joined
from core.telemetry.parameter_units import ParameterUnits

__all__ = ["SampleReader"]

_RAW: Final = ".raw"
_LIMIT: Final = ".limit"
_LEVELS: Final = tuple(str(one) for one in AlarmLevel)


@dataclass(frozen=True)
class _Found:
    """A value, and what tells it from others of its time."""

    generated_tai_s: float
    arrival: int
    value: Value
    level: int

    def __lt__(self, other: _Found) -> bool:
        return (self.generated_tai_s, self.arrival) < (other.generated_tai_s, other.arrival)


@dataclass(frozen=True)
class _Taken:
    """Values out of one table."""

    told: ClassVar = ("times", "values", "levels")
    times: list[float]
    arrivals: list[int]
    values: list[Value | None]
    levels: list[int | None]


class SampleReader:
    """Reads samples of an archive.

    Args:
        archive: Where they are.
        units: Of parameters.
    """

    def __init__(self, archive: ColumnArchive, units: ParameterUnits) -> None:
        self._archive = archive
        self._units = units

    def samples(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, limit: int
    ) -> list[ArchivedSample]:
        """Values generated in an interval, both ends included, oldest first, so many at most."""
        with self._archive.reading():
            waiting = self._archive.waiting()
            filed = [
                _read(one, parameter) for one in self._archive.files.find(satellite, parameter, start_tai_s, end_tai_s)
            ]
        tables = filed + [
            table
            for one in waiting
            if one.satellite == satellite and one.first_tai_s <= end_tai_s and one.last_tai_s >= start_tai_s
            for table in one.tables.values()
            if parameter in table.column_names
        ]
        taken = [one for one in (_between(table, parameter, start_tai_s, end_tai_s) for table in tables) if one.times]
        order = np.lexsort((_joined(taken, "arrivals"), _joined(taken, "times")))
        times, values, levels = (list(chain(*(getattr(one, name) for one in taken))) for name in _Taken.told)
        unit = self._units[parameter]
        known = islice((row for row in order.tolist() if values[row] is not None), limit)
        return [
            ArchivedSample.of(
                satellite,
                parameter,
                times[row],
                self._units.whole(parameter, values[row]),
                unit,
                _LEVELS[levels[row] or 0],
            )
            for row in known
        ]

    def newest(self, satellite: str, parameter: str, not_after_tai_s: float) -> ArchivedSample | None:
        """The value that was generated last, up to an instant; of several of one time the one that arrived last."""
        found = self._newest_waiting(satellite, parameter, not_after_tai_s)
        # Whoever asks for the present does not wait for those who read files.
        if found is None or found.generated_tai_s < min(self._archive.files.newest_tai_s(satellite), not_after_tai_s):
            with self._archive.reading():
                found = self._newest_waiting(satellite, parameter, not_after_tai_s)
                found = self._newest_filed(satellite, parameter, not_after_tai_s, found)
        return self._sample(satellite, parameter, found) if found is not None else None

    def latest(self, satellite: str) -> list[ArchivedSample]:
        """The newest value of every parameter but those of packet headers: from each container's newest file and what waits."""
        best: dict[str, _Found] = {}
        with self._archive.reading():
            for series in self._archive.files.series(satellite).values():
                for name, found in _last_of(series[-1:], self._units.header).items():
                    best[name] = _later(best.get(name), found) or found
                for name in set().union(*(_parameters(one.columns, self._units.header) for one in series)) - set(best):
                    older = self._newest_filed(satellite, name, np.inf)
                    if older is not None:
                        best[name] = older
            waiting: dict[str, list[pa.Table]] = defaultdict(list)
            for part in self._archive.waiting():
                for container, table in part.tables.items() if part.satellite == satellite else ():
                    waiting[container].append(table)
        for tables in waiting.values():
            whole = joined(tables)
            for name in _parameters(whole.column_names, self._units.header):
                newer = _newest_in(whole, name, np.inf)
                if newer is not None:
                    best[name] = _later(best.get(name), newer) or newer
        return [self._sample(satellite, name, one) for name, one in sorted(best.items())]

    def _newest_waiting(self, satellite: str, parameter: str, not_after_tai_s: float) -> _Found | None:
        best: _Found | None = None
        for one in reversed(self._archive.waiting()):
            if one.satellite != satellite or one.first_tai_s > not_after_tai_s:
                continue
            if best is not None and one.last_tai_s <= best.generated_tai_s:
                continue  # what arrived earlier does not go before what is as new
            for table in one.tables.values():
                if table.schema.get_field_index(parameter) >= 0:
                    best = _later(best, _newest_in(table, parameter, not_after_tai_s))
        return best

    def _newest_filed(
        self, satellite: str, parameter: str, not_after_tai_s: float, best: _Found | None = None
    ) -> _Found | None:
        """Of what is filed and something that is known already."""
        for series in self._archive.files.series(satellite).values():
            end = bisect_right(series, not_after_tai_s, key=lambda one: one.first_tai_s)
            for one in reversed(series[:end]):
                if best is not None and one.last_tai_s < best.generated_tai_s:
                    break
                if parameter in one.columns:
                    found = _newest_of_file(one, parameter, not_after_tai_s)
                    if found is not None:
                        best = _later(best, found)
                        break
        return best

    def _sample(self, satellite: str, parameter: str, found: _Found) -> ArchivedSample:
        value = self._units.whole(parameter, found.value)
        return ArchivedSample.of(
            satellite, parameter, found.generated_tai_s, value, self._units[parameter], _LEVELS[found.level]
        )


def _later(one: _Found | None, other: _Found | None) -> _Found | None:
    if one is None or other is None:
        return other if one is None else one
    return other if one < other else one


def _parameters(columns: Sequence[str] | frozenset[str], header: frozenset[str]) -> set[str]:
    known = set(columns)
    return {
        name
        for name in known
        if ":" not in name
        and name not in header
        and not any(name.endswith(end) and name.removesuffix(end) in known for end in (_RAW, _LIMIT))
    }


def _columns_of(parameter: str, known: frozenset[str] | Sequence[str]) -> list[str]:
    wanted = (GENERATED, ARRIVAL, parameter, parameter + _RAW, parameter + _LIMIT)
    return [name for name in wanted if name in known]


def _read(one: ArchiveFile, parameter: str) -> pa.Table:
    with pq.ParquetFile(one.path) as file:
        return file.read(columns=_columns_of(parameter, one.columns))


def _newest_of_file(one: ArchiveFile, parameter: str, not_after_tai_s: float) -> _Found | None:
    """Rows stand by time: the last group of them that has a value has the newest."""
    columns = _columns_of(parameter, one.columns)
    with pq.ParquetFile(one.path) as file:
        for group in reversed(range(file.num_row_groups)):
            found = _newest_in(file.read_row_group(group, columns=columns), parameter, not_after_tai_s)
            if found is not None:
                return found
    return None


def _last_of(series: Sequence[ArchiveFile], header: frozenset[str]) -> dict[str, _Found]:
    """The newest value of each parameter in a file's last rows."""
    made: dict[str, _Found] = {}
    for one in series:
        names = _parameters(one.columns, header)
        columns = sorted({column for name in names for column in _columns_of(name, one.columns)})
        with pq.ParquetFile(one.path) as file:
            table = file.read_row_group(file.num_row_groups - 1, columns=columns) if columns else None
        for name in names:
            found = _newest_in(table, name, np.inf)
            if found is not None:
                made[name] = found
    return made


def _newest_in(table: pa.Table, parameter: str, not_after_tai_s: float) -> _Found | None:
    times, arrivals = table[GENERATED].to_numpy(), table[ARRIVAL].to_numpy()
    rows = np.flatnonzero(times <= not_after_tai_s)
    while rows.size:
        newest = times[rows].max()
        of_then = rows[times[rows] == newest]
        for row in of_then[np.argsort(arrivals[of_then])][::-1].tolist():
            found = _found(table, parameter, row)
            if found is not None:
                return found
        rows = rows[times[rows] < newest]
    return None


def _found(table: pa.Table, parameter: str, row: int) -> _Found | None:
    value = table[parameter][row].as_py()
    if value is None and parameter + _RAW in table.column_names:
        value = table[parameter + _RAW][row].as_py()
    if value is None:
        return None
    level = table[parameter + _LIMIT][row].as_py() if parameter + _LIMIT in table.column_names else 0
    return _Found(table[GENERATED][row].as_py(), table[ARRIVAL][row].as_py(), value, level or 0)


def _between(table: pa.Table, parameter: str, start_tai_s: float, end_tai_s: float) -> _Taken:
    known = table[GENERATED].to_numpy()
    rows = np.flatnonzero((known >= start_tai_s) & (known <= end_tai_s))
    taken = table.select(_columns_of(parameter, table.column_names)).take(pa.array(rows))
    values = taken[parameter].to_pylist()
    if parameter + _RAW in taken.column_names and taken[parameter].null_count:
        sent = taken[parameter + _RAW].to_pylist()
        values = [raw if one is None else one for one, raw in zip(values, sent, strict=True)]
    levels = taken[parameter + _LIMIT].to_pylist() if parameter + _LIMIT in taken.column_names else [0] * len(rows)
    return _Taken(taken[GENERATED].to_pylist(), taken[ARRIVAL].to_pylist(), values, levels)


def _joined(taken: Sequence[_Taken], name: str) -> NDArray[np.float64]:
    return np.concatenate([np.empty(0), *(getattr(one, name) for one in taken)])
