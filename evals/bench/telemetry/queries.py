"""Questions to a month of one container: an hour of one parameter, and a plot of the whole month.

``python -m evals.bench.telemetry.queries --packets 100000000 --folder DIR`` runs the full size, in an archive that is kept.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from core.mdb.batch import BatchDecoder, packet_offsets
from core.telemetry.archive_queries import Downsampled
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.intake_memory import Progress
from core.telemetry.packet_rows import PacketRows, pus_times
from core.telemetry.packet_table import GENERATED
from evals.bench.model import BenchResult, Goal
from evals.bench.telemetry.load import PACKET_OCTETS, benchmark_mdb, benchmark_packets, packets_at

__all__ = ["run", "run_at"]

_PACKETS: Final = 1_000_000
_SATELLITE: Final = "BENCH-1"
_PARAMETER: Final = "calibrated_3"
_START_TAI_S: Final = 8.4672e8  # midnight
_HOURS: Final = 720
_HOUR_S: Final = 3600.0
_MONTH_S: Final = _HOURS * _HOUR_S
_BUCKETS: Final = 1000
_REPEATS: Final = 7
_DRAWN: Final = 20_000  # packets that differ; each hour repeats them with its own times
_HOUR_GOAL_S: Final = 0.05
_MONTH_GOAL_S: Final = 0.15


@dataclass(frozen=True)
class _Timing:
    first_s: float
    median_s: float


def run() -> list[BenchResult]:
    """Four rows at a size that is quick to make: both questions against what is required, and against DuckDB."""
    with tempfile.TemporaryDirectory() as folder:
        return run_at(Path(folder), _PACKETS)


def run_at(folder: Path, packets: int) -> list[BenchResult]:
    """The rows for an archive of a size, which is filled if it is empty."""
    archive = ColumnArchive(folder, BatchDecoder(benchmark_mdb()), pus_times)
    began = time.perf_counter()
    filled = _fill(archive, packets)
    fill_s = time.perf_counter() - began
    note = f"{packets} packets of 24 parameters over {_HOURS} hours, an hour at a time"
    if filled:
        note += f", stored in {fill_s:.0f} s"
    begin_s = _START_TAI_S + 300 * _HOUR_S + 600
    end_s = _START_TAI_S + _MONTH_S
    hour = _timed(lambda: archive.values(_SATELLITE, _PARAMETER, begin_s, begin_s + _HOUR_S))
    values = archive.values(_SATELLITE, _PARAMETER, begin_s, begin_s + _HOUR_S)
    month = _timed(lambda: archive.downsampled(_SATELLITE, _PARAMETER, _START_TAI_S, end_s, _MONTH_S / _BUCKETS))
    plot = archive.downsampled(_SATELLITE, _PARAMETER, _START_TAI_S, end_s, _MONTH_S / _BUCKETS)
    archive.close()
    with duckdb.connect() as connection:
        rows = f"read_parquet('{folder}/satellite=*/hour=*/*.parquet', hive_partitioning=false)"
        one_hour = f"""SELECT "{GENERATED}", "{_PARAMETER}", "{_PARAMETER}.limit" FROM {rows}
            WHERE "{GENERATED}" BETWEEN {begin_s!r} AND {begin_s + _HOUR_S!r} ORDER BY "{GENERATED}" """
        in_buckets = f"""SELECT floor("{GENERATED}" / {plot.bucket_s}) AS bucket, min(value), max(value), avg(value), count(value)
            FROM (SELECT "{GENERATED}", "{_PARAMETER}" AS value FROM {rows}) GROUP BY bucket ORDER BY bucket"""
        peer_hour = _timed(lambda: connection.sql(one_hour).to_arrow_table())
        peer_month = _timed(lambda: connection.sql(in_buckets).fetchnumpy(), 3)
        same = connection.sql(one_hour).fetchnumpy()
        error = _error(plot, list(connection.sql(in_buckets).fetchnumpy().values()))
    if not np.array_equal(same[_PARAMETER], values.values.to_numpy()):
        raise RuntimeError("an hour of values is not what DuckDB reads from the same files")
    length = f"{len(plot.count)} buckets of {plot.bucket_s} s"
    return [
        *_rows("telemetry_query_hour", hour, peer_hour, _HOUR_GOAL_S, f"{len(values.values)} values; {note}"),
        *_rows("telemetry_query_month", month, peer_month, _MONTH_GOAL_S, f"{length}; {note}", error),
    ]


def _fill(archive: ColumnArchive, packets: int) -> bool:
    """Store the month unless it is stored; whether that was done."""
    if archive.cursor("bench") >= _HOURS:
        return False
    per_hour = packets // _HOURS
    drawn = np.frombuffer(b"".join(benchmark_packets(min(_DRAWN, per_hour))), dtype=np.uint8).reshape(-1, PACKET_OCTETS)
    offsets = packet_offsets([PACKET_OCTETS] * per_hour)
    for hour in range(archive.cursor("bench"), _HOURS):
        count = per_hour * hour + np.arange(per_hour)
        times = _START_TAI_S + hour * _HOUR_S + np.arange(per_hour, dtype=np.float64) * (_HOUR_S / per_hour)
        data = packets_at(drawn[count % len(drawn)], count, times)
        rows = PacketRows(_SATELLITE, data.reshape(-1), offsets, times + 1.0)
        archive.append(rows, progress=Progress("bench", hour + 1))
        archive.compact()
    archive.tidy()
    return True


def _timed(work: Callable[[], object], repeats: int = _REPEATS) -> _Timing:
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return _Timing(seconds[0], statistics.median(seconds))


def _error(plot: Downsampled, theirs: list[NDArray[np.float64]]) -> float:
    """The largest difference of any figure of any bucket."""
    ours = [plot.start_tai_s / plot.bucket_s, plot.minimum, plot.maximum, plot.mean, plot.count]
    if any(len(one) != len(other) for one, other in zip(ours, theirs, strict=True)):
        raise RuntimeError("the month has other buckets than DuckDB finds in the same files")
    return max(float(np.max(np.abs(one - other))) for one, other in zip(ours, theirs, strict=True))


def _rows(
    name: str, ours: _Timing, peer: _Timing, goal_s: float, note: str, error: float | None = None
) -> list[BenchResult]:
    note += f"; the first time {ours.first_s * 1e3:.1f} ms, DuckDB {peer.first_s * 1e3:.1f} ms; by the clock, median"
    checked = {} if error is None else {"error": error, "error_unit": "(value)", "error_goal": 1e-9}
    against = ((name, goal_s, "required (no peer)"), (f"{name}_duckdb", peer.median_s, "DuckDB on the same files"))
    return [
        BenchResult.compare(
            row,
            ours=ours.median_s * 1e3,
            peer=peer_s * 1e3,
            peer_name=peer_name,
            unit="ms",
            goal=1.0,
            goal_kind=Goal.AT_MOST,
            note=note,
            **checked,  # type: ignore[arg-type]
        )
        for row, peer_s, peer_name in against
    ]


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=_PACKETS, help=f"how many (default: {_PACKETS})")
    parser.add_argument("--folder", type=Path, help="where the archive is, and stays (default: one that goes again)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        for one in run_at(options.folder or Path(spare), options.packets):
            print(one.model_dump_json(indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(_main())
