"""The column archive: packets are durable when ``append`` returns, and move from its log into Parquet files later."""

from __future__ import annotations

import fcntl
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import StoreError
from core.mdb.batch import BatchDecoder, DecodedBatch
from core.telemetry.archive_files import ArchiveFiles
from core.telemetry.archive_queries import ArchiveQueries, Downsampled, ParameterValues
from core.telemetry.archive_rows import Snapshot, WaitingTable
from core.telemetry.packet_rows import PacketRows, PacketTimes
from core.telemetry.packet_table import GENERATED, IDENTITY, OCTETS, RECEIVED, container_tables, without_duplicates
from core.telemetry.receiver import ChannelState
from core.telemetry.reprocessing import Reprocessing, known_reprocessings, reprocessing_steps
from core.telemetry.retention import Removed, RetentionPolicies, retention_steps
from core.telemetry.segment_log import SegmentLog

__all__ = ["ColumnArchive", "Downsampled", "ParameterValues"]

_TAKEN_OVER: Final = "taken_over"
_SOURCES: Final = "sources"


@dataclass(frozen=True)
class _Waiting:
    """A durable batch that is not in files yet."""

    number: int
    rows: PacketRows
    tables: dict[str, pa.Table]


@dataclass(frozen=True)
class _Source:
    cursor: int
    channels: dict[int, ChannelState]


class ColumnArchive(ArchiveQueries):
    """The archive in a folder, which one process has open at a time.

    Args:
        folder: Where it is; made where it is not there.
        decoder: What packets mean; packets in the log are decoded again when the archive is opened.
        times: When packets were generated.
        most_waiting: Packets that may wait in memory; with more, ``append`` moves them into files first.
    Raises:
        StoreError: Another process has it open, or its log is damaged.
    """

    def __init__(
        self, folder: Path, decoder: BatchDecoder, times: PacketTimes, *, most_waiting: int = 2_000_000
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock_file = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock_file.close()
            raise StoreError(f"the telemetry archive in {folder} is open in another process") from error
        self._decoder = decoder
        self._times = times
        self._most_waiting = most_waiting
        self._files = ArchiveFiles(folder)
        taken_over = int(self._files.state(_TAKEN_OVER) or 0)
        self._log = SegmentLog(folder / "log", after=taken_over)
        self._sources = _sources(self._files.state(_SOURCES))
        self._lock = threading.RLock()  # of everything below
        self._compacting = threading.Lock()
        self._waiting: list[_Waiting] = []
        for record in self._log.records(taken_over):
            self._remember(record.number, PacketRows.unpack(record.payload), None)

    def append(self, rows: PacketRows, decoded: DecodedBatch | None = None) -> int:
        """Make packets durable; the number of their batch. When this returns, a crash does not lose them.

        Args:
            rows: The packets.
            decoded: What they mean, where the caller has decoded them with this archive's decoder.
        Raises:
            StoreError: None of them was stored, such as on a full disk; offer them again.
        """
        if sum(len(one.rows) for one in self._waiting) > self._most_waiting:
            self.compact()
        with self._lock:
            number = self._log.append(rows.pack())
            self._remember(number, rows, decoded)
            return number

    def compact(self) -> int:
        """Move all durable packets into files; how many there were.

        Raises:
            StoreError: Nothing was moved; the packets stay in the log.
        """
        with self._compacting:
            with self._lock:
                waiting = list(self._waiting)
                sources = _sources_text(self._sources)
            if not waiting:
                return 0
            grouped: dict[tuple[str, str], list[pa.Table]] = defaultdict(list)
            for one in waiting:
                for container, table in one.tables.items():
                    grouped[one.rows.satellite, container].append(table)
            tables = [(*key, pa.concat_tables(group, promote_options="permissive")) for key, group in grouped.items()]
            last = waiting[-1].number
            prepared = self._files.write(tables, self._decoder.definitions)
            # Others wait only while files are exchanged against batches, so that they see each packet once.
            with self._lock:
                self._files.commit(prepared, {_TAKEN_OVER: str(last), _SOURCES: sources})
                self._waiting = [one for one in self._waiting if one.number > last]
                self._log.drop(last)
            return sum(len(one.rows) for one in waiting)

    def tidy(self) -> None:
        """Bring summaries of longer lengths up to date, which makes plots of months and years quick.

        Raises:
            StoreError: Nothing changed.
        """
        with self._compacting:
            prepared = self._files.write_coarse_summaries()
            if prepared.summaries.made:
                with self._lock:
                    self._files.commit(prepared, {})

    def retain(self, policies: RetentionPolicies, now_tai_s: float) -> Removed:
        """Remove what is older than policies keep; what it was is counted, and known to queries from then on.

        Raises:
            StoreError: A step failed; those before it are done, and the next call goes on.
        """
        removed = Removed()
        self.compact()  # so that what goes is in summaries first
        with self._compacting:
            for prepared, what in retention_steps(self._files, policies, now_tai_s):
                with self._lock:
                    self._files.commit(prepared, {})
                removed += what
        return removed

    def reprocess(self, satellite: str, start_tai_s: float, end_tai_s: float, decoder: BatchDecoder) -> Reprocessing:
        """Decode the packets of all hours that an interval touches again, into a newer version; the older ones stay.

        Queries answer with the newest version of each hour, or with the newest up to the one that they name. Packets that
        come later join the newest version of their hour, decoded as the archive decodes.

        Raises:
            InputError: The interval ends before it begins.
            Conflict: Packets or values of it were removed by the retention policy.
            NotFound: There are no packets in it.
            StoreError: A step failed; the hours before it have the new version.
        """
        self.compact()
        made = None
        with self._compacting:
            for prepared, made in reprocessing_steps(self._files, satellite, start_tai_s, end_tai_s, decoder):
                with self._lock:
                    self._files.commit(prepared, made.state())
        assert made is not None  # no hour would have been NotFound
        return made

    def reprocessings(self) -> list[Reprocessing]:
        """All newer versions that were made, by number."""
        return known_reprocessings(self._files)

    @property
    def files(self) -> ArchiveFiles:
        """The files that count."""
        return self._files

    def cursor(self, source: str) -> int:
        """How far a source is stored; 0 before the first."""
        known = self._sources.get(source)
        return known.cursor if known else 0

    def channels(self, source: str) -> dict[int, ChannelState]:
        """What is remembered of the virtual channels of a source, as of its cursor."""
        known = self._sources.get(source)
        return dict(known.channels) if known else {}

    def packets(self, satellite: str, start_tai_s: float, end_tai_s: float) -> pa.Table:
        """Packets generated in an interval, by generation time: identity, time of reception and octets, each once."""
        columns = [*IDENTITY, RECEIVED, OCTETS]
        with self.snapshot(satellite) as snapshot:
            start_tai_s = max(start_tai_s, snapshot.catalogue.kept_of(satellite).packets_tai_s)
            files = snapshot.find(OCTETS, start_tai_s, end_tai_s)
            parts = [pq.read_table(one.path, columns=columns, partitioning=None) for one in files]
            parts += [one.table.select(columns) for one in snapshot.waiting]
        if not parts:
            return pa.table({name: [] for name in columns})
        whole = without_duplicates(pa.concat_tables(parts))
        times = whole[GENERATED].to_numpy()
        first, end = np.searchsorted(times, start_tai_s), np.searchsorted(times, end_tai_s, side="right")
        return whole.slice(int(first), max(int(end - first), 0))

    @contextmanager
    def snapshot(self, satellite: str, version: int | None = None) -> Iterator[Snapshot]:
        """What of a satellite can be read, at one moment; its files stay as long as the block lasts."""
        with self._files.reading():
            with self._lock:
                catalogue = self._files.catalogue
                waiting = tuple(
                    WaitingTable(container, table)
                    for one in self._waiting
                    if one.rows.satellite == satellite
                    for container, table in one.tables.items()
                )
            yield Snapshot(satellite, catalogue, waiting, version)

    def close(self) -> None:
        """Close files; what is in the log stays there until the archive is opened again."""
        with self._compacting, self._lock:
            self._log.close()
            self._files.close()
            self._lock_file.close()

    def _remember(self, number: int, rows: PacketRows, decoded: DecodedBatch | None) -> None:
        if decoded is None:
            decoded = self._decoder.decode(rows.data, rows.offsets)
        if len(rows):
            tables = container_tables(rows, self._times(rows.data, rows.offsets), decoded)
            self._waiting.append(_Waiting(number, rows, tables))
        else:
            self._waiting.append(_Waiting(number, rows, {}))
        if rows.source:
            self._sources[rows.source] = _Source(rows.cursor, dict(rows.channels))


def _sources(text: str | None) -> dict[str, _Source]:
    return {
        name: _Source(cursor, {int(vcid): ChannelState(n, bytes.fromhex(head)) for vcid, (n, head) in channels.items()})
        for name, (cursor, channels) in json.loads(text or "{}").items()
    }


def _sources_text(sources: dict[str, _Source]) -> str:
    return json.dumps(
        {
            name: [
                one.cursor,
                {str(vcid): [state.extended_count, state.remainder.hex()] for vcid, state in one.channels.items()},
            ]
            for name, one in sources.items()
        }
    )
