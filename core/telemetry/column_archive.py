"""The column archive: packets are durable when ``append`` returns, and move from its log into Parquet files later."""

from __future__ import annotations

import fcntl
import json
import threading
from collections import defaultdict
from dataclasses import dataclass
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
from core.telemetry.packet_rows import PacketRows, PacketTimes
from core.telemetry.packet_table import GENERATED, IDENTITY, OCTETS, RECEIVED, container_tables, without_duplicates
from core.telemetry.receiver import ChannelState
from core.telemetry.segment_log import SegmentLog

__all__ = ["ColumnArchive", "Downsampled", "ParameterValues"]

_TAKEN_OVER: Final = "taken_over"
_SOURCES: Final = "sources"
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
class _Waiting:
    """A durable batch that is not in files yet."""

    number: int
    rows: PacketRows
    tables: dict[str, pa.Table]


@dataclass(frozen=True)
class _Source:
    cursor: int
    channels: dict[int, ChannelState]


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
            prepared = self._files.write(tables)
            # Others wait only while files are exchanged against batches, so that they see each packet once.
            with self._lock:
                self._files.commit(prepared, {_TAKEN_OVER: str(last), _SOURCES: sources})
                self._waiting = [one for one in self._waiting if one.number > last]
                self._log.drop(last)
            return sum(len(one.rows) for one in waiting)

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
        with self._lock:
            files = self._files.find(satellite, OCTETS, start_tai_s, end_tai_s)
            parts = [pq.read_table(one.path, columns=columns, partitioning=None) for one in files]
            parts += [
                table.select(columns)
                for one in self._waiting
                if one.rows.satellite == satellite
                for table in one.tables.values()
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
        with self._lock, duckdb.connect(config={"threads": 1}) as connection:
            files = self._files.find(satellite, parameter, start_tai_s, end_tai_s)
            waiting = [
                _selected(table, parameter)
                for one in self._waiting
                if one.rows.satellite == satellite
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
            once = "DISTINCT ON (generated_tai_s, apid, sequence) " if waiting else ""  # files have each packet once
            within = " AND ".join(
                [f"generated_tai_s >= {start_tai_s!r}"] * bool(np.isfinite(start_tai_s))
                + [f"generated_tai_s <= {end_tai_s!r}"] * bool(np.isfinite(end_tai_s))
            )
            if asked is not None:
                connection.register("asked", asked)
            found = f"SELECT {once}* FROM ({union}) WHERE {within or 'true'}"
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
