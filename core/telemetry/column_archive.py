"""The column archive: packets are durable when ``append`` returns, and move from its log into Parquet files later."""

from __future__ import annotations

import fcntl
import os
import threading
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import StoreError
from core.mdb.batch import BatchDecoder, DecodedBatch
from core.telemetry.archive_files import ArchiveFiles
from core.telemetry.archive_queries import ArchiveQueries, Downsampled, ParameterValues
from core.telemetry.archive_rows import Snapshot, WaitingTable
from core.telemetry.batch_record import BatchRecord
from core.telemetry.intake_memory import IntakeMemory, Progress
from core.telemetry.known_packets import KnownPackets
from core.telemetry.packet_rows import PacketRows, PacketTimes
from core.telemetry.packet_table import (
    GENERATED,
    IDENTITY,
    OCTETS,
    RECEIVED,
    container_tables,
    joined,
    load_arrow,
    without_duplicates,
)
from core.telemetry.receiver import ChannelState
from core.telemetry.reprocessing import Reprocessing, known_reprocessings, reprocessing_steps
from core.telemetry.retention import Removed, RetentionPolicies, retention_steps
from core.telemetry.segment_log import SegmentLog

__all__ = [
    "DUPLICATE",
    "OPEN_ELSEWHERE",
    "UNDECODABLE",
    "ColumnArchive",
    "Downsampled",
    "Judge",
    "ParameterValues",
    "StoredPart",
    "WaitingPart",
]

DUPLICATE: Final = "packet-duplicate"
UNDECODABLE: Final = "packet-undecodable"
OPEN_ELSEWHERE: Final = "archive-open-elsewhere"
_TAKEN_OVER: Final = "taken_over"
_MEMORY: Final = "memory"
Judge = Callable[[str, DecodedBatch], DecodedBatch]
_BATCH_BITS: Final = 24  # of an arrival number: the place in its batch


@dataclass(frozen=True)
class StoredPart:
    """What was stored of one satellite's packets.

    Args:
        rows: Those that are new.
        generated_tai_s: When each was generated; the time of its reception where it does not say.
        decoded: What they mean.
        duplicates: How many were there already.
    """

    rows: PacketRows
    generated_tai_s: NDArray[np.float64]
    decoded: DecodedBatch
    duplicates: int = 0


@dataclass(frozen=True)
class WaitingPart:
    """One satellite's packets of a durable batch that is not in files yet.

    Args:
        number: Of the batch.
        tables: By container.
        last_arrival: The greatest arrival number of the batch.
        services: PUS service types, 0 for packets that are no reports.
    """

    number: int
    satellite: str
    packets: int
    tables: dict[str, pa.Table]
    first_tai_s: float
    last_tai_s: float
    last_arrival: int
    services: frozenset[int]


class ColumnArchive(ArchiveQueries):
    """The archive in a folder, which one process has open at a time.

    Args:
        folder: Where it is; made where it is not there.
        decoder: What packets mean; packets in the log are decoded again when the archive is opened.
        times: When packets were generated.
        opaque_apids: Of packets whose content others read; that they have no meaning here is no fault of theirs.
        most_waiting: Packets that may wait in memory; with more, ``append`` moves them into files first.
        judge: Gives a satellite's batch the alarm levels that hold for it; those of the decoder without. Packets that are still
            in the log when the archive is opened are judged anew.
    Raises:
        StoreError: Another process has it open, or its log is damaged.
    """

    def __init__(
        self,
        folder: Path,
        decoder: BatchDecoder,
        times: PacketTimes,
        *,
        opaque_apids: Collection[int] = (),
        most_waiting: int = 2_000_000,
        judge: Judge | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._let_go = weakref.finalize(self, os.close, _locked(folder))
        self._decoder = decoder
        self._times = times
        self._opaque_apids = frozenset(opaque_apids)
        self._judge = judge
        self._most_waiting = most_waiting
        self._files = ArchiveFiles(folder)
        taken_over = int(self._files.state(_TAKEN_OVER) or 0)
        self._log = SegmentLog(folder / "log", after=taken_over)
        self._memory = IntakeMemory(self._files.state(_MEMORY))
        self._known = KnownPackets()
        self._writing = threading.Lock()
        self._compacting = threading.Lock()
        # Whoever reads files holds the first one, so that none is deleted meanwhile; who only stores or looks at what waits
        # takes the second one alone, for a moment.
        self._reading = threading.RLock()
        self._lock = threading.RLock()
        self._waiting: list[WaitingPart] = []
        self._waiting_packets = 0
        self._newest_tai_s: dict[str, float] = {}
        load_arrow()
        for record in self._log.records(taken_over):
            batch = BatchRecord.unpack(record.payload)
            self._remember(self._tables(record.number, [self._decoded(rows) for rows in batch.parts]))
            self._memory.apply(batch.change)

    def append(self, *parts: PacketRows, progress: Progress | None = None) -> list[StoredPart]:
        """Make packets durable, all or none; when this returns, a crash does not lose them.

        Packets that are in the archive already are left out. They and those without a meaning are counted.

        Args:
            parts: Packets, each satellite's at most once.
            progress: What becomes true with them.
        Raises:
            StoreError: Nothing was stored, such as on a full disk; offer all of it again.
        """
        if self._waiting_packets > self._most_waiting:
            self.compact()
        with self._writing:
            if not self._let_go.alive:
                raise StoreError("the telemetry archive is closed")
            stored = [self._new(rows) for rows in parts]
            change = self._memory.change(_counted(progress or Progress(), stored, self._opaque_apids))
            record = BatchRecord([one.rows for one in stored if len(one.rows)], change)
            tables = self._tables(self._log.last + 1, stored)
            with self._lock:
                self._log.append(record.pack())
                self._remember(tables)
                self._memory.apply(change)
        return stored

    def compact(self) -> int:
        """Move all durable packets into files; how many there were.

        Raises:
            StoreError: Nothing was moved; the packets stay in the log.
        """
        with self._compacting:
            with self._lock:
                waiting = list(self._waiting)
                last = self._log.last
                memory = self._memory.text()
            if not self._let_go.alive or last == int(self._files.state(_TAKEN_OVER) or 0):
                return 0
            grouped: dict[tuple[str, str], list[pa.Table]] = defaultdict(list)
            for one in waiting:
                for container, table in one.tables.items():
                    grouped[one.satellite, container].append(table)
            tables = [(*key, joined(group)) for key, group in grouped.items()]
            prepared = self._files.write(tables, self._decoder.definitions)
            # Those who read files wait while they are exchanged against batches, so that they see each packet once.
            with self._reading:
                self._files.commit(prepared, {_TAKEN_OVER: str(last), _MEMORY: memory}, through=last)
                with self._lock:
                    self._waiting = [one for one in self._waiting if one.number > last]
                    self._waiting_packets = sum(one.packets for one in self._waiting)
                    self._log.drop(last)
            return sum(one.packets for one in waiting)

    def tidy(self) -> None:
        """Bring summaries of longer lengths up to date, which makes plots of months and years quick.

        Raises:
            StoreError: Nothing changed.
        """
        with self._compacting:
            prepared = self._files.write_coarse_summaries()
            if prepared.summaries.made:
                with self._reading:
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
                with self._reading:
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
                with self._reading:
                    self._files.commit(prepared, made.state())
        assert made is not None  # no hour would have been NotFound
        return made

    def reprocessings(self) -> list[Reprocessing]:
        """All newer versions that were made, by number."""
        return known_reprocessings(self._files)

    def waiting(self) -> list[WaitingPart]:
        """Packets that are not in files yet, in the order of arrival; all of them arrived after those in files."""
        with self._lock:
            return list(self._waiting)

    @property
    def waiting_packets(self) -> int:
        """How many packets are durable, but not in files yet."""
        return self._waiting_packets

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While it lasts no packet moves into a file, and no file goes away; read files only within it."""
        with self._reading:
            yield

    @property
    def refuses(self) -> str:
        """Why nothing more is stored until it is opened again, such as after a failed flush; empty while it is."""
        return self._log.failed

    @property
    def files(self) -> ArchiveFiles:
        """The files that count."""
        return self._files

    def cursor(self, source: str) -> int:
        """How far a source is stored; 0 before the first."""
        return self._memory.cursor(source)

    def channels(self, source: str, satellite: str) -> dict[int, ChannelState]:
        """What is remembered of a satellite's virtual channels, as of the source's cursor."""
        with self._lock:
            return self._memory.channels(source, satellite)

    def counters(self) -> dict[str, dict[str, int]]:
        """What became of frames and packets, by satellite and reason."""
        with self._lock:
            return self._memory.counters()

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
            # What waits first: what has moved into files until the catalogue is looked at is then left out.
            parts = self.waiting()
            catalogue = self._files.catalogue
            waiting = tuple(
                WaitingTable(container, table)
                for one in parts
                if one.satellite == satellite and one.number > catalogue.through
                for container, table in one.tables.items()
            )
            yield Snapshot(satellite, catalogue, waiting, version)

    def close(self) -> None:
        """Close files; what is in the log stays there until the archive is opened again."""
        with self._writing, self._compacting, self._lock:
            self._log.close()
            self._files.close()
            self._let_go()

    def _new(self, rows: PacketRows) -> StoredPart:
        """The packets that are not there yet."""
        generated = self._generated(rows)
        there = self._known.repeated(rows, generated)
        newest = max(self._newest_tai_s.get(rows.satellite, -np.inf), self._files.newest_tai_s(rows.satellite))
        late = generated[generated <= newest]
        if late.size:
            first, last = float(late.min()), float(late.max())
            tables = [
                table
                for one in self._waiting
                if one.satellite == rows.satellite and one.first_tai_s <= last and one.last_tai_s >= first
                for table in one.tables.values()
            ]
            there |= self._known.among(rows, generated, tables)
            if first <= self._files.newest_tai_s(rows.satellite):
                with self._reading:
                    files = self._files.find(rows.satellite, GENERATED, first, last)
                    there |= self._known.in_files(rows, generated, files)
        if not there.any():
            return self._decoded(rows)
        return replace(self._decoded(rows.only(~there)), duplicates=int(there.sum()))

    def _decoded(self, rows: PacketRows) -> StoredPart:
        decoded = self._decoder.decode(rows.data, rows.offsets)
        if self._judge is not None:
            decoded = self._judge(rows.satellite, decoded)
        return StoredPart(rows, self._generated(rows), decoded)

    def _generated(self, rows: PacketRows) -> NDArray[np.float64]:
        times = self._times(rows.data, rows.offsets)
        return np.where(np.isfinite(times), times, rows.received_tai_s)

    def _tables(self, number: int, stored: Sequence[StoredPart]) -> list[WaitingPart]:
        made: list[WaitingPart] = []
        kept = [one for one in stored if len(one.rows)]
        places = np.cumsum([number << _BATCH_BITS, *(len(one.rows) for one in kept)])
        numbered = [
            np.arange(first, first + len(one.rows)) if one.rows.arrivals is None else one.rows.arrivals
            for one, first in zip(kept, places[:-1].tolist(), strict=True)
        ]
        last_arrival = max((int(one.max()) for one in numbered), default=0)
        for one, arrivals in zip(kept, numbered, strict=True):
            rows = one.rows
            made.append(
                WaitingPart(
                    number,
                    rows.satellite,
                    len(rows),
                    container_tables(rows, one.generated_tai_s, arrivals, one.decoded),
                    float(one.generated_tai_s.min()),
                    float(one.generated_tai_s.max()),
                    last_arrival,
                    frozenset(np.flatnonzero(np.bincount(rows.services)).tolist()),
                )
            )
        return made

    def _remember(self, parts: Sequence[WaitingPart]) -> None:
        self._waiting.extend(parts)
        for one in parts:
            self._waiting_packets += one.packets
            self._newest_tai_s[one.satellite] = max(one.last_tai_s, self._newest_tai_s.get(one.satellite, -np.inf))


def _locked(folder: Path) -> int:
    """The folder's lock file, open and locked."""
    descriptor = os.open(folder / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreError(
            f"the telemetry archive in {folder} is open in another process", code=OPEN_ELSEWHERE
        ) from error
    return descriptor


def _counted(progress: Progress, stored: Sequence[StoredPart], opaque_apids: frozenset[int]) -> Progress:
    """With the packets that only the archive tells apart."""
    counts = {satellite: Counter(reasons) for satellite, reasons in progress.counts.items()}
    for one in stored:
        found = counts.setdefault(one.rows.satellite, Counter())
        found[DUPLICATE] += one.duplicates
        apids = one.rows.apids[list(one.decoded.undecodable)].tolist() if one.decoded.undecodable else []
        found[UNDECODABLE] += sum(apid not in opaque_apids for apid in apids)
    return replace(progress, counts=counts)
