"""Packets with their values, as they arrived or as they were generated, piece by piece: what live readers and replays are fed with."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.telemetry.archive_catalogue import ArchiveFile, Catalogue
from core.telemetry.archive_rows import row_groups
from core.telemetry.column_archive import ColumnArchive, WaitingPart
from core.telemetry.packet_selection import PacketSelection
from core.telemetry.packet_table import ARRIVAL, GENERATED

__all__ = ["FeedPart", "FeedPiece", "PacketFeed", "merged"]

_SHORTEST_S: Final = 1.0  # of a span of generation times that is looked at together


@dataclass(frozen=True)
class FeedPart:
    """Packets of one container of one spacecraft; columns as in ``packet_table``."""

    satellite: str
    container: str
    table: pa.Table

    def where(self, mask: NDArray[np.bool_]) -> FeedPart:
        """Only some of them."""
        return self if mask.all() else FeedPart(self.satellite, self.container, self.table.filter(pa.array(mask)))


@dataclass(frozen=True)
class FeedPiece:
    """All packets that were wanted after one place, through another.

    Args:
        after, through: Arrival numbers, or times of generation (TAI s since J2000); the first is not included.
        parts: Of the same container in the order of the places.
    """

    after: float
    through: float
    parts: tuple[FeedPart, ...]

    @cached_property
    def rows(self) -> int:
        """How many packets."""
        return sum(one.table.num_rows for one in self.parts)

    def cut(self, after: float, limit: int) -> FeedPiece:
        """By arrival numbers: what comes after one of them, so many packets at most; itself where that is all of it."""
        if after <= self.after and self.rows <= limit:
            return self
        return _cut(self.parts, ARRIVAL, max(after, self.after), self.through, limit)

    def generated_until(self, after_tai_s: float, end_tai_s: float, limit: int) -> FeedPiece:
        """By times of generation: what comes after one of them, up to another, about so many packets at most."""
        return _cut(self.parts, GENERATED, max(after_tai_s, self.after), min(end_tai_s, self.through), limit)


class PacketFeed:
    """Feeds readers from an archive; a piece is complete: what is between its ends and is not in it is not in the archive.

    Args:
        archive: Where packets are.
    """

    def __init__(self, archive: ColumnArchive) -> None:
        self._archive = archive

    def head(self) -> int:
        """The greatest arrival number; 0 before the first packet."""
        waiting = self._archive.waiting()
        return max(self._archive.files.last_arrival, waiting[-1].last_arrival if waiting else 0)

    def newest(self, after: int) -> list[FeedPiece] | None:
        """Whole batches that arrived after a number, one by one; None where some have moved into files already."""
        waiting = self._archive.waiting()
        if after < self._archive.files.last_arrival:
            return None
        return list(_batches(waiting, after))

    def arrived(self, after: int, wanted: PacketSelection, limit: int) -> FeedPiece:
        """What arrived after a number, in this order, about so many packets."""
        with self._archive.files.reading():
            waiting, catalogue = self._state()
            newer = [one for one in catalogue.every_file() if one.last_arrival > after and _newest(catalogue, one)]
            through = max([after, *(one.last_arrival for one in newer)])
            concerned = sorted(_with_wanted(newer, wanted), key=lambda one: one.first_arrival)
            chosen: list[ArchiveFile] = []
            rows = 0
            for one in concerned:
                if rows >= limit and one.first_arrival > after + 1:
                    through = min(through, one.first_arrival - 1)
                    break
                chosen.append(one)
                rows += one.rows
            parts = [
                part
                for one in chosen
                if (part := _read(one, wanted, ARRIVAL, after, through, limit, every_group=True)) is not None
            ]
            from_files = _cut(parts, ARRIVAL, after, through, limit)
            if len(chosen) < len(concerned) or from_files.through < through:
                return from_files
        found, end = list(from_files.parts), through
        for batch in _batches(waiting, after):
            left = limit - sum(one.table.num_rows for one in found)
            if left <= 0:
                break
            only = _cut(_selected(batch.parts, wanted), ARRIVAL, after, batch.through, left)
            found += only.parts
            end = max(end, int(only.through))
            if only.through < batch.through:
                break
        return FeedPiece(after, end, tuple(found))

    def generated(
        self,
        after_tai_s: float,
        end_tai_s: float,
        satellites: Iterable[str],
        wanted: PacketSelection,
        limit: int,
        *,
        version: int | None = None,
    ) -> FeedPiece:
        """What was generated after an instant, up to another one, in this order, about so many packets.

        Args:
            satellites: Whose.
            version: The newest version of reprocessed telemetry up to this one; None for the newest.
        """
        with ExitStack() as stack:
            snapshots = [
                stack.enter_context(self._archive.snapshot(one, version))
                for one in sorted(set(satellites))
                if not wanted.satellites or one in wanted.satellites
            ]
            files = [
                file for one in snapshots for file in _with_wanted(one.find(GENERATED, after_tai_s, end_tai_s), wanted)
            ]
            end_tai_s = _sparse_end(files, after_tai_s, end_tai_s, limit)
            parts = [
                part
                for one in files
                if one.first_tai_s <= end_tai_s
                and (part := _read(one, wanted, GENERATED, after_tai_s, end_tai_s, limit)) is not None
            ]
            for one in snapshots:
                tables = (FeedPart(one.satellite, waits.container, waits.table) for waits in one.waiting)
                for part in _selected(tables, wanted):
                    times = part.table[GENERATED].to_numpy()
                    mask = (times > after_tai_s) & (times <= end_tai_s) & one.of_version(times)
                    if mask.any():
                        parts.append(part.where(mask))
        return _cut(parts, GENERATED, after_tai_s, end_tai_s, limit)

    def next_generated_tai_s(
        self,
        after_tai_s: float,
        end_tai_s: float,
        satellites: Iterable[str],
        wanted: PacketSelection,
        *,
        version: int | None = None,
    ) -> float | None:
        """When the next packet was generated; None where there is none up to the end."""
        satellites = list(satellites)
        while after_tai_s < end_tai_s:
            found = self.generated(after_tai_s, end_tai_s, satellites, wanted, 1, version=version)
            if found.parts:
                return min(float(one.table[GENERATED].to_numpy().min()) for one in found.parts)
            after_tai_s = found.through
        return None

    def kept_from_tai_s(self, satellite: str) -> float:
        """Values generated before were removed by the retention policy; -inf where none were."""
        return self._archive.files.catalogue.kept_of(satellite).values_tai_s

    def versions(self) -> list[int]:
        """Numbers of the versions that reprocessing made."""
        return [one.version for one in self._archive.reprocessings()]

    def _state(self) -> tuple[list[WaitingPart], Catalogue]:
        # What waits first: what has moved into files until the catalogue is looked at is then left out.
        waiting = self._archive.waiting()
        catalogue = self._archive.files.catalogue
        return waiting[bisect_right(waiting, catalogue.through, key=_number) :], catalogue


def merged(parts: Iterable[FeedPart]) -> list[FeedPart]:
    """With fewer and longer parts: those of a container whose columns are alike become one."""
    grouped: dict[tuple[str, str, tuple[tuple[str, pa.DataType], ...]], list[pa.Table]] = defaultdict(list)
    for one in parts:
        schema = tuple((field.name, field.type) for field in one.table.schema)
        grouped[one.satellite, one.container, schema].append(one.table)
    return [
        FeedPart(satellite, container, tables[0] if len(tables) == 1 else pa.concat_tables(tables))
        for (satellite, container, _), tables in grouped.items()
    ]


def _number(part: WaitingPart) -> int:
    return part.number


def _last_arrival(part: WaitingPart) -> int:
    return part.last_arrival


def _newest(catalogue: Catalogue, one: ArchiveFile) -> bool:
    return one.version == catalogue.version_of(one.satellite, one.hour)


def _with_wanted(files: Iterable[ArchiveFile], wanted: PacketSelection) -> list[ArchiveFile]:
    return [
        one for one in files if wanted.wants_packet(one.satellite, one.container) and wanted.columns_of(one.columns)
    ]


def _batches(waiting: Sequence[WaitingPart], after: int) -> Iterator[FeedPiece]:
    begin = bisect_right(waiting, after, key=_last_arrival)
    for _, parts in groupby(waiting[begin:], key=_number):
        batch = list(parts)
        made = tuple(
            FeedPart(one.satellite, container, table) for one in batch for container, table in one.tables.items()
        )
        yield FeedPiece(after, batch[-1].last_arrival, made)
        after = batch[-1].last_arrival


def _selected(parts: Iterable[FeedPart], wanted: PacketSelection) -> list[FeedPart]:
    found = []
    for one in parts:
        columns = wanted.columns_of(one.table.column_names) if wanted.wants_packet(one.satellite, one.container) else []
        if columns:
            found.append(FeedPart(one.satellite, one.container, one.table.select(columns)))
    return found


def _cut(parts: Iterable[FeedPart], place: str, after: float, through: float, limit: int) -> FeedPiece:
    """Rows after a place, through another, in this order; fewer where they are more than the limit."""
    known = [(one, one.table[place].to_numpy()) for one in parts]
    places = np.concatenate([np.empty(0), *(at[(at > after) & (at <= through)] for _, at in known)])
    if len(places) > limit:
        through = float(np.partition(places, limit - 1)[limit - 1])
        through = int(through) if place == ARRIVAL else through
    found = []
    for one, at in known:
        rows = np.flatnonzero((at > after) & (at <= through))
        if not rows.size:
            continue
        order = np.lexsort((one.table[ARRIVAL].to_numpy()[rows], at[rows]))
        if rows.size == len(at) and (np.diff(order) == 1).all():
            found.append(one)
        else:
            found.append(FeedPart(one.satellite, one.container, one.table.take(pa.array(rows[order]))))
    return FeedPiece(after, through, tuple(found))


def _read(
    one: ArchiveFile,
    wanted: PacketSelection,
    place: str,
    after: float,
    through: float,
    limit: int,
    *,
    every_group: bool = False,
) -> FeedPart | None:
    """The wanted columns of a file's first rows between two places: one more than the limit, so that it shows."""
    columns = sorted(wanted.columns_of(one.columns))
    with pq.ParquetFile(one.path, memory_map=True) as file:
        groups = list(range(file.num_row_groups)) if every_group else row_groups(file.metadata, after, through)
        at = [file.read_row_group(group, [place], use_threads=False)[place].to_numpy() for group in groups]
        masks = [(places > after) & (places <= through) for places in at]
        inside = np.concatenate([np.empty(0), *(places[mask] for places, mask in zip(at, masks, strict=True))])
        if len(inside) > limit + 1:
            last = np.partition(inside, limit)[limit]
            masks = [mask & (places <= last) for places, mask in zip(at, masks, strict=True)]
        tables = [
            file.read_row_group(group, columns, use_threads=False).filter(pa.array(mask))
            for group, mask in zip(groups, masks, strict=True)
            if mask.any()
        ]
    return FeedPart(one.satellite, one.container, pa.concat_tables(tables)) if tables else None


def _sparse_end(files: Sequence[ArchiveFile], after_tai_s: float, end_tai_s: float, limit: int) -> float:
    """An end that is near enough for the files up to it to have not many times the limit of rows, as far as one can tell."""
    while math.isfinite(end_tai_s) and end_tai_s - after_tai_s > _SHORTEST_S:
        rows = sum(one.rows * _share(one, after_tai_s, end_tai_s) for one in files)
        if rows <= 4 * max(limit, 1000):
            break
        end_tai_s = after_tai_s + (end_tai_s - after_tai_s) / 2
    return end_tai_s


def _share(one: ArchiveFile, after_tai_s: float, end_tai_s: float) -> float:
    span_s = max(one.last_tai_s - one.first_tai_s, 1e-6)
    inside_s = min(one.last_tai_s, end_tai_s) - max(one.first_tai_s, after_tai_s)
    return min(max(inside_s, 0.0) / span_s, 1.0)
