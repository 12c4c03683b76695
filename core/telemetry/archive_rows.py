"""Rows of one parameter out of files and log together: by time, each packet once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.telemetry.archive_catalogue import HOUR_S, ArchiveFile, Catalogue
from core.telemetry.packet_table import GENERATED, joined

__all__ = ["Snapshot", "WaitingTable", "file_rows", "merged_rows", "newest_before", "nothing", "type_of"]

_VALUE: Final = "value"
_LEVEL: Final = "level"


@dataclass(frozen=True)
class WaitingTable:
    """Rows of one container that are durable and in no file yet."""

    container: str
    table: pa.Table


@dataclass(frozen=True)
class Snapshot:
    """What of a satellite can be read, as it was at one moment.

    Args:
        satellite: Whose.
        catalogue: The files that count.
        waiting: What is in the log only, in its order.
        version: Which version is asked for; None for the newest.
    """

    satellite: str
    catalogue: Catalogue
    waiting: tuple[WaitingTable, ...]
    version: int | None = None

    def find(self, parameter: str, start_tai_s: float, end_tai_s: float) -> list[ArchiveFile]:
        """Files with a parameter that may have rows in an interval, by time."""
        return self.catalogue.find(self.satellite, parameter, start_tai_s, end_tai_s, self.version)

    def waiting_rows(
        self, parameter: str, start_tai_s: float, end_tai_s: float, more: Sequence[str] = ()
    ) -> list[pa.Table]:
        """Rows of the log in an interval: generation time, value and level; each table by time. None is in a file as well.

        Args:
            more: Columns of the packets themselves that are wanted too.
        """
        found = []
        for one in self.waiting:
            if parameter in one.table.column_names:
                times = one.table[GENERATED].to_numpy()
                inside = (times >= start_tai_s) & (times <= end_tai_s) & self.of_version(times)
                if inside.any():
                    rows = _selected(one.table, parameter, more)
                    found.append(_by_time(rows if inside.all() else rows.filter(pa.array(inside))))
        return found

    def of_version(self, times_tai_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which rows of the log are of the version: what is still in the log will join the newest version of its hour."""
        newest = self.catalogue.newest.get(self.satellite, {})
        later = [hour for hour, number in newest.items() if self.version is not None and number > self.version]
        return ~np.isin(times_tai_s // HOUR_S, later)


def nothing() -> pa.Table:
    """No rows."""
    kinds = {GENERATED: pa.float64(), _VALUE: pa.float64(), _LEVEL: pa.uint8()}
    return pa.table({name: pa.array([], kind) for name, kind in kinds.items()})


def type_of(snapshot: Snapshot, parameter: str, start_tai_s: float, end_tai_s: float) -> pa.DataType:
    """The type that all values of an interval fit; text where there is no other."""
    kinds = {pq.read_schema(one.path).field(parameter).type for one in snapshot.find(parameter, start_tai_s, end_tai_s)}
    kinds |= {one.table[parameter].type for one in snapshot.waiting if parameter in one.table.column_names}
    empty = [pa.table({_VALUE: pa.array([], kind)}) for kind in sorted(kinds, key=str)]
    return joined(empty).schema.field(_VALUE).type if empty else pa.null()


def file_rows(
    one: ArchiveFile, parameter: str, start_tai_s: float, end_tai_s: float, more: Sequence[str] = ()
) -> pa.Table:
    """A file's rows in an interval: generation time, value and level, and more columns of the packets."""
    with pq.ParquetFile(one.path, memory_map=True) as file:
        groups = row_groups(file.metadata, start_tai_s, end_tai_s)
        limit = f"{parameter}.limit"
        wanted = [GENERATED, parameter, *more, *([limit] if limit in one.columns else [])]
        table = file.read_row_groups(groups, wanted, use_threads=False)
    return _inside(_selected(table, parameter, more), start_tai_s, end_tai_s)


def merged_rows(
    snapshot: Snapshot, parameter: str, start_tai_s: float, end_tai_s: float, more: Sequence[str] = ()
) -> pa.Table:
    """All rows in an interval, both ends included: generation time, value and level, and more columns of the packets."""
    parts = [
        file_rows(one, parameter, start_tai_s, end_tai_s, more)
        for one in snapshot.find(parameter, start_tai_s, end_tai_s)
    ]
    parts += snapshot.waiting_rows(parameter, start_tai_s, end_tai_s, more)
    return _by_time(joined(parts)) if parts else nothing()


def newest_before(snapshot: Snapshot, parameter: str, before_tai_s: float, not_before_tai_s: float) -> pa.Table:
    """The last row up to an instant, if there is one: newest files first, and no more than can hold it."""
    waiting = snapshot.waiting_rows(parameter, not_before_tai_s, before_tai_s)
    newest = _last(_by_time(joined(waiting))) if waiting else nothing()
    files = snapshot.find(parameter, not_before_tai_s, before_tai_s)
    for one in sorted(files, key=lambda one: min(one.last_tai_s, before_tai_s), reverse=True):
        if newest.num_rows and min(one.last_tai_s, before_tai_s) <= newest[GENERATED][0].as_py():
            break
        found = _last(file_rows(one, parameter, not_before_tai_s, before_tai_s))
        if found.num_rows and (not newest.num_rows or found[GENERATED][0].as_py() > newest[GENERATED][0].as_py()):
            newest = found
    return newest


def _last(rows: pa.Table) -> pa.Table:
    return rows.slice(max(rows.num_rows - 1, 0))


def _by_time(rows: pa.Table) -> pa.Table:
    times = rows[GENERATED].to_numpy()
    if (times[1:] >= times[:-1]).all():
        return rows
    return rows.take(pa.array(np.argsort(times, kind="stable")))


def _inside(rows: pa.Table, start_tai_s: float, end_tai_s: float) -> pa.Table:
    times = rows[GENERATED].to_numpy()
    first, end = np.searchsorted(times, start_tai_s), np.searchsorted(times, end_tai_s, side="right")
    return rows.slice(int(first), max(int(end - first), 0))


def row_groups(metadata: pq.FileMetaData, start_tai_s: float, end_tai_s: float) -> list[int]:
    """Row groups that may have rows in an interval; all where the file does not say."""
    place = metadata.schema.names.index(GENERATED)
    chosen = []
    for number in range(metadata.num_row_groups):
        known = metadata.row_group(number).column(place).statistics
        if known is None or not known.has_min_max or (known.max >= start_tai_s and known.min <= end_tai_s):
            chosen.append(number)
    return chosen


def _selected(table: pa.Table, parameter: str, more: Sequence[str] = ()) -> pa.Table:
    limit = f"{parameter}.limit"
    level = table[limit] if limit in table.column_names else pa.array(np.zeros(table.num_rows, dtype=np.uint8))
    return pa.Table.from_arrays(
        [table[GENERATED], table[parameter], level, *(table[name] for name in more)],
        names=[GENERATED, _VALUE, _LEVEL, *more],
    )
