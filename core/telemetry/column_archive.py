"""The column archive: packets are durable when ``append`` returns, and move from its log into Parquet files later."""

from __future__ import annotations

import fcntl
import os
import threading
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import InputError, NotFound, StoreError
from core.mdb.batch import BatchDecoder, DecodedBatch
from core.telemetry.archive_files import ArchiveFile, ArchiveFiles
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
    without_duplicates,
)
from core.telemetry.receiver import ChannelState
from core.telemetry.segment_log import SegmentLog

__all__ = ["DUPLICATE", "UNDECODABLE", "ColumnArchive", "Downsampled", "ParameterValues", "StoredPart", "WaitingPart"]

DUPLICATE: Final = "packet-duplicate"
UNDECODABLE: Final = "packet-undecodable"
_TAKEN_OVER: Final = "taken_over"
_MEMORY: Final = "memory"
_BATCH_BITS: Final = 24  # of an arrival number: the place in its batch
_MOST_BUCKETS: Final = 100_000


@dataclass(frozen=True)
class ParameterValues:
    """Values by generation time; null where a packet had none that means something.

    Args:
        generated_tai_s: TAI s since J2000.
        values: Numbers, texts or octets.
        levels: Alarm levels, 0 normal to 5 severe; all 0 where there are no limits.
    """

    generated_tai_s: NDArray[np.float64]
    values: pa.ChunkedArray
    levels: NDArray[np.uint8]


@dataclass(frozen=True)
class Downsampled:
    """Numbers in buckets of equal length; empty buckets are left out."""

    start_tai_s: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    mean: NDArray[np.float64]
    count: NDArray[np.int64]


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


class ColumnArchive:
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
        self._let_go = weakref.finalize(self, os.close, _locked(folder))
        self._decoder = decoder
        self._times = times
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
            stored = [self._new(rows) for rows in parts]
            change = self._memory.change(_counted(progress or Progress(), stored))
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
            if last == int(self._files.state(_TAKEN_OVER) or 0):
                return 0
            grouped: dict[tuple[str, str], list[pa.Table]] = defaultdict(list)
            for one in waiting:
                for container, table in one.tables.items():
                    grouped[one.satellite, container].append(table)
            tables = [(*key, joined(group)) for key, group in grouped.items()]
            prepared = self._files.write(tables)
            # Those who read files wait while they are exchanged against batches, so that they see each packet once.
            with self._reading:
                self._files.commit(prepared, {_TAKEN_OVER: str(last), _MEMORY: memory})
                with self._lock:
                    self._waiting = [one for one in self._waiting if one.number > last]
                    self._waiting_packets = sum(one.packets for one in self._waiting)
                    self._log.drop(last)
            return sum(one.packets for one in waiting)

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

    def values(self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float) -> ParameterValues:
        """Values generated in an interval, both ends included, each packet once.

        Raises:
            NotFound: No packet of the satellite ever had the parameter.
        """
        made = self._query(
            satellite, parameter, start_tai_s, end_tai_s, "SELECT * FROM found ORDER BY generated_tai_s, sequence"
        )
        levels = made["level"].to_numpy().astype(np.uint8)
        return ParameterValues(made["generated_tai_s"].to_numpy(), made["value"], levels)

    def downsampled(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, bucket_s: float
    ) -> Downsampled:
        """Least, greatest and mean value and how many there are, for each bucket that has one.

        Raises:
            InputError: The buckets are too many.
            NotFound: No packet of the satellite ever had the parameter.
        """
        if not bucket_s > 0 or (end_tai_s - start_tai_s) / bucket_s > _MOST_BUCKETS:
            raise InputError("bucket_s", f"{bucket_s} s makes no 1 to {_MOST_BUCKETS} buckets of the interval")
        statement = f"""
            SELECT floor((generated_tai_s - {start_tai_s!r}) / {bucket_s!r}) AS bucket, min(value) AS low,
                   max(value) AS high, avg(value) AS mean, count(value) AS number
            FROM (SELECT generated_tai_s, value::DOUBLE AS value FROM found) WHERE value IS NOT NULL
            GROUP BY bucket ORDER BY bucket"""
        made = self._query(satellite, parameter, start_tai_s, end_tai_s, statement)
        columns = [made[name].to_numpy() for name in ("bucket", "low", "high", "mean", "number")]
        return Downsampled(start_tai_s + columns[0] * bucket_s, *columns[1:])

    def values_at(self, satellite: str, parameter: str, instants_tai_s: NDArray[np.float64]) -> ParameterValues:
        """The newest value up to each instant; the generation time is NaN and the value null where there was none yet.

        Raises:
            NotFound: No packet of the satellite ever had the parameter.
        """
        asked = pa.table(
            {"position": np.arange(len(instants_tai_s)), "instant": np.asarray(instants_tai_s, dtype=float)}
        )
        made = self._query(
            satellite,
            parameter,
            -np.inf,
            float(np.max(instants_tai_s, initial=-np.inf)),
            "SELECT generated_tai_s, value, level FROM asked ASOF LEFT JOIN found ON instant >= generated_tai_s ORDER BY position",
            asked,
        )
        times = made["generated_tai_s"].to_numpy()
        return ParameterValues(times, made["value"], made["level"].fill_null(0).to_numpy().astype(np.uint8))

    def packets(self, satellite: str, start_tai_s: float, end_tai_s: float) -> pa.Table:
        """Packets generated in an interval, by generation time: identity, time of reception and octets, each once."""
        columns = [*IDENTITY, RECEIVED, OCTETS]
        with self._reading:
            with self._lock:
                waiting = list(self._waiting)
            files = self._files.find(satellite, OCTETS, start_tai_s, end_tai_s)
            parts = [pq.read_table(one.path, columns=columns, partitioning=None) for one in files]
            parts += [
                table.select(columns) for one in waiting if one.satellite == satellite for table in one.tables.values()
            ]
        if not parts:
            return pa.table({name: [] for name in columns})
        whole = without_duplicates(pa.concat_tables(parts))
        times = whole[GENERATED].to_numpy()
        first, end = np.searchsorted(times, start_tai_s), np.searchsorted(times, end_tai_s, side="right")
        return whole.slice(int(first), int(end - first))

    def close(self) -> None:
        """Close files; what is in the log stays there until the archive is opened again."""
        with self._compacting, self._lock:
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
                    files = self._files.find(rows.satellite, OCTETS, first, last)
                    there |= self._known.in_files(rows, generated, files)
        if not there.any():
            return self._decoded(rows)
        return replace(self._decoded(rows.only(~there)), duplicates=int(there.sum()))

    def _decoded(self, rows: PacketRows) -> StoredPart:
        return StoredPart(rows, self._generated(rows), self._decoder.decode(rows.data, rows.offsets))

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

    def _query(
        self,
        satellite: str,
        parameter: str,
        start_tai_s: float,
        end_tai_s: float,
        statement: str,
        asked: pa.Table | None = None,
    ) -> pa.Table:
        """Run a statement over ``found``: generated_tai_s, apid, sequence, value and level of a parameter."""
        with self._reading, duckdb.connect(config={"threads": 1}) as connection:
            with self._lock:
                parts = list(self._waiting)
            files = self._files.find(satellite, parameter, start_tai_s, end_tai_s)
            waiting = [
                _selected(table, parameter)
                for one in parts
                if one.satellite == satellite
                for table in one.tables.values()
                if parameter in table.column_names
            ]
            if not files and not waiting and parameter not in self._files.columns(satellite):
                raise NotFound(f"no packet of {satellite} ever had a parameter {parameter!r}")
            identity = ", ".join(f"{_quoted(name)} AS {plain}" for name, plain in zip(IDENTITY, _PLAIN, strict=True))
            # SQL does not tell names apart that differ in case only; such files are read by their exact names.
            exact = [one for one in files if _ambiguous(parameter, one.columns)]
            waiting += [_read(one, parameter) for one in exact]
            files = [one for one in files if one not in exact]
            sources = []
            for with_limit in (True, False):
                paths = [str(one.path) for one in files if (f"{parameter}.limit" in one.columns) is with_limit]
                if paths:
                    level = f"{_quoted(parameter + '.limit')}" if with_limit else "0"
                    sources.append(
                        f"SELECT {identity}, {_quoted(parameter)} AS value, {level}::UTINYINT AS level "
                        f"FROM read_parquet([{', '.join(map(_text, paths))}], hive_partitioning=false)"
                    )
            if waiting:
                connection.register("waiting", pa.concat_tables(waiting, promote_options="permissive"))
                sources.append("SELECT * FROM waiting")
            if not sources:
                connection.register("waiting", _NOTHING)
                sources.append("SELECT * FROM waiting")
            union = " UNION ALL ".join(sources)
            within = " AND ".join(
                [f"generated_tai_s >= {start_tai_s!r}"] * bool(np.isfinite(start_tai_s))
                + [f"generated_tai_s <= {end_tai_s!r}"] * bool(np.isfinite(end_tai_s))
            )
            if asked is not None:
                connection.register("asked", asked)
            found = f"SELECT * FROM ({union}) WHERE {within or 'true'}"
            return connection.sql(f"WITH found AS ({found}) {statement}").to_arrow_table()


_PLAIN: Final = ("generated_tai_s", "apid", "sequence")
_NOTHING: Final = pa.table(
    {
        "generated_tai_s": pa.array([], pa.float64()),
        "apid": pa.array([], pa.uint16()),
        "sequence": pa.array([], pa.uint16()),
        "value": pa.array([], pa.float64()),
        "level": pa.array([], pa.uint8()),
    }
)


def _selected(table: pa.Table, parameter: str) -> pa.Table:
    limit = f"{parameter}.limit"
    level = table[limit] if limit in table.column_names else pa.array(np.zeros(table.num_rows, dtype=np.uint8))
    columns = [table[name] for name in IDENTITY]
    return pa.Table.from_arrays([*columns, table[parameter], level], names=[*_PLAIN, "value", "level"])


def _ambiguous(name: str, columns: frozenset[str]) -> bool:
    return sum(one.casefold() == name.casefold() for one in columns) > 1


def _read(one: ArchiveFile, parameter: str) -> pa.Table:
    wanted = {*IDENTITY, parameter, f"{parameter}.limit"} & one.columns
    return _selected(pq.read_table(one.path, columns=sorted(wanted), partitioning=None), parameter)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _locked(folder: Path) -> int:
    """The folder's lock file, open and locked."""
    descriptor = os.open(folder / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreError(f"the telemetry archive in {folder} is open in another process") from error
    return descriptor


def _counted(progress: Progress, stored: Sequence[StoredPart]) -> Progress:
    """With the packets that only the archive tells apart."""
    counts = {satellite: Counter(reasons) for satellite, reasons in progress.counts.items()}
    for one in stored:
        found = counts.setdefault(one.rows.satellite, Counter())
        found[DUPLICATE] += one.duplicates
        found[UNDECODABLE] += len(one.decoded.undecodable)
    return replace(progress, counts=counts)
