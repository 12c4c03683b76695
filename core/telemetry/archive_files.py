"""The files of the column archive and the catalogue that says which of them count: changed in one transaction."""

from __future__ import annotations

import json
import math
import os
import uuid
from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, String, Table, Text, delete, insert, select, update

from core.errors import StoreError
from core.store import open_database
from core.telemetry.packet_table import ARRIVAL, GENERATED, IDENTITY, SERVICE, joined, without_duplicates

__all__ = ["ArchiveFile", "ArchiveFiles", "PreparedFiles"]

_HOUR_S: Final = 3600.0
_SMALL_ROWS: Final = 100_000  # a file with fewer is written anew with what comes after it
_ROW_GROUP: Final = 250_000
_TABLES: Final = MetaData()
_FILES: Final = Table(
    "archive_files",
    _TABLES,
    Column("path", String(512), primary_key=True),
    Column("satellite", String(64), nullable=False),
    Column("container", String(128), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("first_tai_s", Float, nullable=False),
    Column("last_tai_s", Float, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("columns", Text, nullable=False),
    Column("first_arrival", BigInteger, nullable=False),
    Column("last_arrival", BigInteger, nullable=False),
    Column("services", Text, nullable=False),
    Column("apids", Text, nullable=False),
)
_STATE: Final = Table(
    "archive_state", _TABLES, Column("key", String(128), primary_key=True), Column("value", Text, nullable=False)
)


@dataclass(frozen=True)
class ArchiveFile:
    """A Parquet file of one satellite, hour (of generation, TAI) and container.

    Args:
        first_arrival, last_arrival: Between them are the arrival numbers of its packets.
        services, apids: All that it has packets of; service 0 for those that are no PUS reports.
    """

    path: Path
    satellite: str
    container: str
    hour: int
    first_tai_s: float
    last_tai_s: float
    rows: int
    columns: frozenset[str]
    first_arrival: int
    last_arrival: int
    services: frozenset[int]
    apids: frozenset[int]


@dataclass(frozen=True)
class PreparedFiles:
    """Files that are written but do not count yet, and those that they replace."""

    made: list[ArchiveFile]
    replaced: list[ArchiveFile]

    def discard(self) -> None:
        """Delete the new ones."""
        for one in self.made:
            one.path.unlink(missing_ok=True)


class ArchiveFiles:
    """The files in a folder; what the catalogue does not name is left over from a crash and is deleted.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = open_database(folder / "catalogue.sqlite")
        self._database.create(_TABLES)
        with self._database.read() as connection:
            rows = list(connection.execute(select(_FILES)))
        self._files = {
            folder / row.path: ArchiveFile(
                folder / row.path,
                row.satellite,
                row.container,
                row.hour,
                row.first_tai_s,
                row.last_tai_s,
                row.rows,
                frozenset(json.loads(row.columns)),
                row.first_arrival,
                row.last_arrival,
                frozenset(json.loads(row.services)),
                frozenset(json.loads(row.apids)),
            )
            for row in rows
        }
        self._series: dict[str, dict[str, list[ArchiveFile]]] = {}
        self._newest_tai_s: dict[str, float] = {}
        self.last_arrival = 0
        self._enter(self._files.values())
        for path in folder.glob("satellite=*/hour=*/*"):
            if path not in self._files:
                path.unlink()

    def state(self, key: str) -> str | None:
        """A remembered text."""
        with self._database.read() as connection:
            return connection.execute(select(_STATE.c.value).where(_STATE.c.key == key)).scalar()

    def find(self, satellite: str, column: str, start_tai_s: float, end_tai_s: float) -> list[ArchiveFile]:
        """Files with a column that may have rows in an interval, by time."""
        found = [
            one
            for one in self._files.values()
            if one.satellite == satellite
            and column in one.columns
            and one.last_tai_s >= start_tai_s
            and one.first_tai_s <= end_tai_s
        ]
        return sorted(found, key=lambda one: one.first_tai_s)

    def all(self) -> list[ArchiveFile]:
        """Every file."""
        return list(self._files.values())

    def series(self, satellite: str) -> dict[str, list[ArchiveFile]]:
        """A satellite's files by container, by time; their times do not overlap."""
        return self._series.get(satellite, {})

    def newest_tai_s(self, satellite: str) -> float:
        """When the newest packet of a satellite was generated; minus infinity where there is none."""
        return self._newest_tai_s.get(satellite, -math.inf)

    def columns(self, satellite: str) -> frozenset[str]:
        """Every column of a satellite's files."""
        return frozenset().union(*(one.columns for one in self._files.values() if one.satellite == satellite))

    def write(self, tables: Iterable[tuple[str, str, pa.Table]]) -> PreparedFiles:
        """Write rows into new files, which do not count yet.

        Rows whose time lies between those of a file are written with that file's, where a packet that is there already is
        left out.

        Args:
            tables: Satellite, container and rows, one table for each pair.
        Raises:
            StoreError: Nothing is left of them.
        """
        prepared = PreparedFiles([], [])
        try:
            for satellite, container, table in tables:
                for hour, rows in _by_hour(table):
                    old = self._to_merge(satellite, container, hour, rows)
                    prepared.made.append(self._write(satellite, container, hour, rows, old))
                    prepared.replaced.extend(old)
        except (OSError, pa.ArrowException) as error:
            prepared.discard()
            raise StoreError(f"telemetry could not be archived: {error}") from error
        return prepared

    def commit(self, prepared: PreparedFiles, state: dict[str, str]) -> None:
        """Let new files count in place of those that they replace, which are deleted, and remember a state: all or nothing.

        Raises:
            StoreError: Nothing changed.
        """
        try:
            self._commit(prepared.made, prepared.replaced, state)
        except StoreError:
            prepared.discard()
            raise
        for one in prepared.replaced:
            del self._files[one.path]
            self._series[one.satellite][one.container].remove(one)
            one.path.unlink(missing_ok=True)
        self._files |= {one.path: one for one in prepared.made}
        self._enter(prepared.made)

    def close(self) -> None:
        """Close the catalogue."""
        self._database.close()

    def _enter(self, files: Iterable[ArchiveFile]) -> None:
        for one in sorted(files, key=_first_tai_s):
            series = self._series.setdefault(one.satellite, {}).setdefault(one.container, [])
            insort(series, one, key=_first_tai_s)
            self._newest_tai_s[one.satellite] = max(one.last_tai_s, self.newest_tai_s(one.satellite))
            self.last_arrival = max(one.last_arrival, self.last_arrival)

    def _to_merge(self, satellite: str, container: str, hour: int, rows: pa.Table) -> list[ArchiveFile]:
        first, last = _span(rows)
        known = [
            one
            for one in self._files.values()
            if (one.satellite, one.container, one.hour) == (satellite, container, hour)
        ]
        overlapping = [one for one in known if one.last_tai_s >= first and one.first_tai_s <= last]
        if overlapping:
            return overlapping
        small = [one for one in known if one.rows < _SMALL_ROWS]
        # Merging a neighbour must not make a span that covers another file's.
        before = max((one for one in known if one.last_tai_s < first), key=lambda one: one.last_tai_s, default=None)
        return [before] if before in small and before is not None else []

    def _write(
        self, satellite: str, container: str, hour: int, rows: pa.Table, old: Sequence[ArchiveFile]
    ) -> ArchiveFile:
        tables = [*(_read(one.path) for one in old), rows]
        merged = without_duplicates(joined(tables))
        folder = self._folder / f"satellite={_plain(satellite)}" / f"hour={hour}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{_plain(container)}-{uuid.uuid4().hex}.parquet"
        unfinished = path.with_suffix(".unfinished")
        try:
            pq.write_table(
                merged,
                unfinished,
                compression="zstd",
                compression_level=1,
                row_group_size=_ROW_GROUP,
                use_dictionary=False,
            )
            _sync(unfinished)
            unfinished.rename(path)
            _sync(folder)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        columns = frozenset(merged.column_names)
        arrivals = merged[ARRIVAL].to_numpy()
        return ArchiveFile(
            path,
            satellite,
            container,
            hour,
            *_span(merged),
            merged.num_rows,
            columns,
            int(arrivals.min()),
            int(arrivals.max()),
            frozenset(merged[SERVICE].unique().to_pylist()),
            frozenset(merged[IDENTITY[1]].unique().to_pylist()),
        )

    def _commit(self, made: list[ArchiveFile], replaced: list[ArchiveFile], state: dict[str, str]) -> None:
        with self._database.write() as connection:
            for old in replaced:
                connection.execute(delete(_FILES).where(_FILES.c.path == str(old.path.relative_to(self._folder))))
            for one in made:
                connection.execute(
                    insert(_FILES).values(
                        path=str(one.path.relative_to(self._folder)),
                        satellite=one.satellite,
                        container=one.container,
                        hour=one.hour,
                        first_tai_s=one.first_tai_s,
                        last_tai_s=one.last_tai_s,
                        rows=one.rows,
                        columns=json.dumps(sorted(one.columns)),
                        first_arrival=one.first_arrival,
                        last_arrival=one.last_arrival,
                        services=json.dumps(sorted(one.services)),
                        apids=json.dumps(sorted(one.apids)),
                    )
                )
            for key, value in state.items():
                if not connection.execute(update(_STATE).where(_STATE.c.key == key).values(value=value)).rowcount:
                    connection.execute(insert(_STATE).values(key=key, value=value))


def _first_tai_s(one: ArchiveFile) -> float:
    return one.first_tai_s


def _by_hour(table: pa.Table) -> list[tuple[int, pa.Table]]:
    """Rows of each hour, by generation time."""
    table = without_duplicates(table)
    hours = (table[GENERATED].to_numpy() // _HOUR_S).astype(int)
    cuts = [0, *((hours[1:] != hours[:-1]).nonzero()[0] + 1).tolist(), len(hours)]
    return [(int(hours[a]), table.slice(a, b - a)) for a, b in pairwise(cuts)]


def _span(table: pa.Table) -> tuple[float, float]:
    times = table[GENERATED].to_numpy()
    return float(times[0]), float(times[-1])


def _read(path: Path) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return file.read()


def _plain(name: str) -> str:
    """As part of a file name; two names that read alike differ in their files' random part."""
    return "".join(one if one.isalnum() or one in "_." else "_" for one in name) or "_"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
