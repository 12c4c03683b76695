"""The files of the column archive and the catalogue that says which of them count: changed in one transaction."""

from __future__ import annotations

import json
import math
import uuid
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import StoreError
from core.store import open_database
from core.store.durable_file import plain_name, write_durably
from core.telemetry.archive_catalogue import HOUR_S, ArchiveFile, Catalogue, Kept
from core.telemetry.archive_summaries import FINE_S, Summary, SummaryFile, summarise_table
from core.telemetry.archive_tables import (
    CATALOGUE,
    TABLES,
    read_catalogue,
    read_state,
    read_states,
    write_change,
    write_state,
)
from core.telemetry.column_encoding import parquet_options
from core.telemetry.deferred_deletion import DeferredDeletion
from core.telemetry.packet_table import ARRIVAL, GENERATED, IDENTITY, OCTETS, SERVICE, joined, without_duplicates
from core.telemetry.summary_files import SUMMARIES, PreparedSummaries, coarse_summaries, fine_summaries

__all__ = ["ArchiveFile", "ArchiveFiles", "PreparedFiles"]

_SMALL_ROWS: Final = 100_000  # a file with fewer is written anew with what comes after it
_ROW_GROUP: Final = 250_000
_DEFINITIONS: Final = b"llamaspace:definitions"  # key in the metadata of a Parquet file
_VERSION: Final = b"llamaspace:version"


@dataclass(frozen=True)
class PreparedFiles:
    """Files that are written but do not count yet, and what changes when they do.

    Args:
        made, replaced: Files of rows, and those that go for them.
        superseded: Files of older versions, which stay, but no longer say what the newest values are.
        summaries: Files of summaries, and those that go for them.
        kept: What is kept of satellites for which that changes.
    """

    made: list[ArchiveFile] = field(default_factory=list)
    replaced: list[ArchiveFile] = field(default_factory=list)
    superseded: list[ArchiveFile] = field(default_factory=list)
    summaries: PreparedSummaries = field(default_factory=PreparedSummaries)
    kept: dict[str, Kept] = field(default_factory=dict)
    contents: list[tuple[ArchiveFile, Mapping[str, Summary]]] = field(default_factory=list)

    def discard(self) -> None:
        """Delete the new ones."""
        for path in [*(one.path for one in self.made), *(one.path for one in self.summaries.made)]:
            path.unlink(missing_ok=True)


class ArchiveFiles:
    """The files in a folder; what the catalogue does not name is left over from a crash and is deleted.

    One thread at a time writes and commits; any may read.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = open_database(folder / CATALOGUE)
        self._database.create(TABLES)
        with self._database.read() as connection:
            self._catalogue = read_catalogue(connection, folder)
        self._deletion = DeferredDeletion()
        self._series: dict[str, dict[str, list[ArchiveFile]]] = {}
        self._newest_tai_s: dict[str, float] = {}
        self.last_arrival = 0
        self._enter(self._catalogue.every_file())
        self._delete_leftovers()

    @property
    def catalogue(self) -> Catalogue:
        """The files that count now."""
        return self._catalogue

    def reading(self) -> AbstractContextManager[None]:
        """Files that count at the beginning of the block stay there until its end."""
        return self._deletion.reading()

    def state(self, key: str) -> str | None:
        """A remembered text."""
        with self._database.read() as connection:
            return read_state(connection, key)

    def states(self, prefix: str) -> list[str]:
        """Remembered texts whose keys begin alike, by key."""
        with self._database.read() as connection:
            return read_states(connection, prefix)

    def find(self, satellite: str, column: str, start_tai_s: float, end_tai_s: float) -> list[ArchiveFile]:
        """Files of the newest version with a column that may have rows in an interval, by time."""
        return self._catalogue.find(satellite, column, start_tai_s, end_tai_s)

    def with_packets(self) -> list[ArchiveFile]:
        """Every file of the newest version that has the octets of its packets."""
        known = self._catalogue
        return [
            one
            for one in known.every_file()
            if OCTETS in one.columns and one.version == known.version_of(one.satellite, one.hour)
        ]

    def series(self, satellite: str) -> dict[str, list[ArchiveFile]]:
        """A satellite's files of the newest version by container, by time; their times do not overlap."""
        return self._series.get(satellite, {})

    def newest_tai_s(self, satellite: str) -> float:
        """When the newest packet of a satellite was generated; minus infinity where there is none."""
        return self._newest_tai_s.get(satellite, -math.inf)

    def write(self, tables: Iterable[tuple[str, str, pa.Table]], definitions: str = "") -> PreparedFiles:
        """Write rows into new files, which do not count yet.

        Rows whose time lies between those of a file are written with that file's, where a packet that is there already is
        left out. They join the newest version of their hour. Those of a time of which nothing is kept any more are counted.

        Args:
            tables: Satellite, container and rows, one table for each pair.
            definitions: What they were decoded with.
        Raises:
            StoreError: Nothing is left of them.
        """
        prepared = PreparedFiles()
        with _Whole(prepared):
            for satellite, container, table in tables:
                for hour, rows in _by_hour(table):
                    kept = prepared.kept.get(satellite, self._catalogue.kept_of(satellite))
                    if hour * HOUR_S < kept.rows_tai_s:
                        prepared.kept[satellite] = replace(kept, too_late=kept.too_late + rows.num_rows)
                        continue
                    rows = _still_kept(rows, hour, kept)
                    old = self._to_merge(satellite, container, hour, rows)
                    version = self._catalogue.version_of(satellite, hour)
                    self._write(prepared, (satellite, container, hour, version), rows, old, (definitions,))
                    prepared.replaced.extend(old)
            self._write_summaries(prepared)
        return prepared

    def write_version(
        self, satellite: str, hour: int, tables: Mapping[str, pa.Table], version: int, definitions: str
    ) -> PreparedFiles:
        """Write a newer version of all packets of an hour, by container; the older ones stay.

        Raises:
            StoreError: Nothing is left of it.
        """
        prepared = PreparedFiles(superseded=self._catalogue.in_hour(satellite, hour))
        with _Whole(prepared):
            for container, table in tables.items():
                rows = without_duplicates(table)
                self._write(prepared, (satellite, container, hour, version), rows, (), (definitions,))
            self._write_summaries(prepared)
        return prepared

    def write_retained(
        self,
        satellite: str,
        changed: Iterable[tuple[ArchiveFile, frozenset[str]]],
        removed: Iterable[ArchiveFile],
        kept: Kept,
    ) -> PreparedFiles:
        """Write files anew with fewer columns, and let others go, as a retention policy says.

        Args:
            satellite: Whose.
            changed: Files with the columns that stay.
            removed: Files of which nothing stays.
            kept: What is kept from now on.
        Raises:
            StoreError: Nothing changed.
        """
        prepared = PreparedFiles(kept={satellite: kept})
        prepared.replaced.extend(removed)
        with _Whole(prepared):
            for one, columns in changed:
                rows = _read(one.path, [name for name in pq.read_schema(one.path).names if name in columns])
                key = (satellite, one.container, one.hour, one.version)
                self._write(prepared, key, rows, (), one.definitions)
                prepared.replaced.append(one)
            self._write_summaries(prepared)
        return prepared

    def write_coarse_summaries(self) -> PreparedFiles:
        """Write summaries of longer lengths where those of shorter ones have changed.

        Raises:
            StoreError: Nothing is left of them.
        """
        prepared = PreparedFiles()
        with _Whole(prepared):
            coarse_summaries(self._folder, self._catalogue, prepared.summaries)
        return prepared

    def commit(self, prepared: PreparedFiles, state: Mapping[str, str], *, through: int | None = None) -> None:
        """Let new files count in place of those that they replace, which are deleted, and remember a state: all or nothing.

        Args:
            prepared: What was written.
            state: What to remember with it.
            through: Number of the newest batch of the log that it holds; None where it holds none.
        Raises:
            StoreError: Nothing changed.
        """
        made: list[ArchiveFile | SummaryFile] = [*prepared.made, *prepared.summaries.made]
        removed: list[ArchiveFile | SummaryFile] = [*prepared.replaced, *prepared.summaries.replaced]
        try:
            with self._database.write() as connection:
                write_change(connection, self._folder, made, removed, prepared.kept)
                write_state(connection, state)
        except StoreError:
            prepared.discard()
            raise
        self._catalogue = self._catalogue.changed(made, removed, prepared.kept, through)
        for old in (*prepared.replaced, *prepared.superseded):
            series = self._series.get(old.satellite, {}).get(old.container, [])
            if old in series:
                series.remove(old)
        self._enter(prepared.made)
        self._deletion.delete(one.path for one in removed)

    def close(self) -> None:
        """Close the catalogue."""
        self._database.close()

    def _enter(self, files: Iterable[ArchiveFile]) -> None:
        for one in sorted(files, key=_first_tai_s):
            self.last_arrival = max(one.last_arrival, self.last_arrival)
            self._newest_tai_s[one.satellite] = max(one.last_tai_s, self.newest_tai_s(one.satellite))
            if one.version == self._catalogue.version_of(one.satellite, one.hour):
                insort(self._series.setdefault(one.satellite, {}).setdefault(one.container, []), one, key=_first_tai_s)

    def _delete_leftovers(self) -> None:
        named = {one.path for one in self._catalogue.every_file()}
        named |= {one.path for files in self._catalogue.summaries.values() for one in files.values()}
        for pattern in ("satellite=*/hour=*/*", f"{SUMMARIES}/satellite=*/*"):
            for path in self._folder.glob(pattern):
                if path not in named:
                    path.unlink()

    def _to_merge(self, satellite: str, container: str, hour: int, rows: pa.Table) -> list[ArchiveFile]:
        first, last = _span(rows)
        known = [one for one in self._catalogue.in_hour(satellite, hour) if one.container == container]
        overlapping = [one for one in known if one.last_tai_s >= first and one.first_tai_s <= last]
        if overlapping:
            return overlapping
        small = [one for one in known if one.rows < _SMALL_ROWS]
        # Merging a neighbour must not make a span that covers another file's.
        before = max((one for one in known if one.last_tai_s < first), key=lambda one: one.last_tai_s, default=None)
        return [before] if before in small and before is not None else []

    def _write(
        self,
        prepared: PreparedFiles,
        key: tuple[str, str, int, int],
        rows: pa.Table,
        old: Sequence[ArchiveFile],
        definitions: tuple[str, ...],
    ) -> None:
        satellite, container, hour, version = key
        tables = [*(_read(one.path) for one in old), rows]
        merged = without_duplicates(joined(tables))
        every = tuple(dict.fromkeys([*(name for one in old for name in one.definitions), *definitions]))
        folder = self._folder / f"satellite={plain_name(satellite)}" / f"hour={hour}"
        path = folder / f"{plain_name(container)}-{uuid.uuid4().hex}.parquet"
        about = {_DEFINITIONS: json.dumps(every).encode(), _VERSION: str(version).encode()}
        write_durably(path, lambda unfinished: _write_table(merged.replace_schema_metadata(about), unfinished))
        columns = frozenset(merged.column_names)
        arrivals = merged[ARRIVAL].to_numpy()
        made = ArchiveFile(
            path,
            satellite,
            container,
            hour,
            *_span(merged),
            merged.num_rows,
            columns,
            version,
            every,
            int(arrivals.min()),
            int(arrivals.max()),
            frozenset(merged[SERVICE].unique().to_pylist()),
            frozenset(merged[IDENTITY[1]].unique().to_pylist()),
        )
        prepared.made.append(made)
        prepared.contents.append((made, summarise_table(merged, FINE_S, made.number)))

    def _write_summaries(self, prepared: PreparedFiles) -> None:
        gone = [
            one
            for one in (*prepared.replaced, *prepared.superseded)
            if one.version == self._catalogue.version_of(one.satellite, one.hour)
        ]
        newest = [
            (one, content)
            for one, content in prepared.contents
            if one.version >= self._catalogue.version_of(one.satellite, one.hour)
        ]
        kept = {**self._catalogue.kept, **prepared.kept}
        fine_summaries(self._folder, self._catalogue, kept, newest, gone, prepared.summaries)


class _Whole:
    """Deletes what was prepared if the block fails, and gives failures of disk and format one name."""

    def __init__(self, prepared: PreparedFiles) -> None:
        self._prepared = prepared

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None:
            return
        self._prepared.discard()
        if isinstance(error, (OSError, pa.ArrowException)):
            raise StoreError(f"telemetry could not be archived: {error}") from error


def _by_hour(table: pa.Table) -> list[tuple[int, pa.Table]]:
    """Rows of each hour, by generation time."""
    table = without_duplicates(table)
    hours = (table[GENERATED].to_numpy() // HOUR_S).astype(int)
    cuts = [0, *((hours[1:] != hours[:-1]).nonzero()[0] + 1).tolist(), len(hours)]
    return [(int(hours[a]), table.slice(a, b - a)) for a, b in pairwise(cuts)]


def _still_kept(rows: pa.Table, hour: int, kept: Kept) -> pa.Table:
    """Rows without what of their hour is kept no longer."""
    end_s = (hour + 1) * HOUR_S
    gone = {OCTETS} if end_s <= kept.packets_tai_s else set()
    if end_s <= kept.values_tai_s:
        gone |= {name for name in rows.column_names if not name.startswith("packet:")}
    return rows.drop_columns(sorted(gone & set(rows.column_names)))


def _first_tai_s(one: ArchiveFile) -> float:
    return one.first_tai_s


def _span(table: pa.Table) -> tuple[float, float]:
    times = table[GENERATED].to_numpy()
    return float(times[0]), float(times[-1])


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return file.read() if columns is None else file.read(columns).select(columns)


def _write_table(table: pa.Table, path: Path) -> None:
    # Statistics of time are what row groups are chosen by; those of other columns cost a quarter of the time to write.
    pq.write_table(table, path, row_group_size=_ROW_GROUP, write_statistics=[GENERATED], **parquet_options(table))
