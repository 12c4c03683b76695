"""The whole path: protected frames to decoded, calibrated, judged and durably stored parameters, on one core."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.link import new_link_keys
from core.link.tm_frame import TM_FRAME_LENGTH
from core.telemetry import LatestValues, LimitChecker, TelemetryIngest, TelemetryStream, TmChannel
from core.telemetry.alarm_book import AlarmBook, AlarmEntry
from core.telemetry.telemetry_archive import TelemetryArchive
from evals.bench.model import BenchResult, Goal
from evals.bench.telemetry.load import PACKET_OCTETS, SCID, benchmark_mdb, benchmark_packets, frames_of

__all__ = ["run"]

_SATELLITE: Final = "BENCH-1"
_PACKETS: Final = 200_000
_FRAMES_AT_ONCE: Final = 2000  # some 27,000 packets are made durable together
_REPEATS: Final = 5
_GOAL_PER_S: Final = 500_000.0
_YAMCS_PER_S: Final = 1800.0  # UDP frames with SDLS, both archives, warm: earlier measurements, not of this run


@dataclass(frozen=True)
class _Run:
    durable_cpu_s: float
    durable_wall_s: float
    filed_cpu_s: float
    filed_octets: int
    alarms: int


def run() -> list[BenchResult]:
    """Two rows: until packets are durable and judged, and until they are in Parquet files as well."""
    sa = new_link_keys(SCID).tm_association()
    raw = frames_of(list(benchmark_packets(_PACKETS)), sa)
    runs = [_measure(raw, TmChannel(SCID, sa)) for _ in range(_REPEATS)]
    wall_per_s = _PACKETS / statistics.median(one.durable_wall_s for one in runs)
    note = (
        f"{_PACKETS} packets in frames of {TM_FRAME_LENGTH} octets: FECF, AES-256-GCM, packet CRC-16, values, limits, "
        f"{runs[0].alarms} alarm steps, flush to disk every {_FRAMES_AT_ONCE} frames; CPU seconds of the process, median of "
        f"{_REPEATS}; by the clock {wall_per_s:.0f} packets/s. Yamcs does about {_YAMCS_PER_S:.0f} on its like (read, not "
        "measured in this run)"
    )
    filed = f"Parquet, {runs[0].filed_octets / _PACKETS:.0f} octets for a packet of {PACKET_OCTETS} and its values"
    return [
        _row("telemetry_ingest_durable", [one.durable_cpu_s for one in runs], note),
        _row("telemetry_ingest_filed", [one.durable_cpu_s + one.filed_cpu_s for one in runs], f"{note}; with {filed}"),
    ]


def _measure(raw: bytes, channel: TmChannel) -> _Run:
    entries: list[AlarmEntry] = []
    with tempfile.TemporaryDirectory() as folder:
        archive = TelemetryArchive(Path(folder), benchmark_mdb())
        limits = LimitChecker(AlarmBook(entries.append))
        latest = LatestValues(archive, [_SATELLITE])
        ingest = TelemetryIngest(archive, {_SATELLITE: channel}, latest, TelemetryStream(), limits)
        step = _FRAMES_AT_ONCE * TM_FRAME_LENGTH
        stored = 0
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        for cursor, begin in enumerate(range(0, len(raw), step), 1):
            batch = memoryview(raw)[begin : begin + step]
            received = np.full(len(batch) // TM_FRAME_LENGTH, 8.6e8)
            stored += ingest.ingest_array("bench", _SATELLITE, batch, received, cursor).packets
        durable_cpu_s, durable_wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
        filed = archive.columns.compact()
        filed_cpu_s = time.process_time() - cpu_s - durable_cpu_s
        archive.close()
        filed_octets = sum(one.stat().st_size for one in Path(folder).rglob("*.parquet"))
    if stored != _PACKETS or filed != _PACKETS:
        raise RuntimeError(f"{stored} packets were stored and {filed} filed of {_PACKETS}")
    return _Run(durable_cpu_s, durable_wall_s, filed_cpu_s, filed_octets, len(entries))


def _row(name: str, seconds: list[float], note: str) -> BenchResult:
    return BenchResult.compare(
        name,
        ours=_PACKETS / statistics.median(seconds),
        peer=_GOAL_PER_S,
        peer_name="required (no peer)",
        unit="packets/CPU s",
        goal=1.0,
        goal_kind=Goal.AT_LEAST,
        note=note,
    )
