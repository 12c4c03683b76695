"""The anomaly detector on one core: windows of the encoder a second, and CPU time of a packet in live scoring."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

from core.mdb import reference_mdb
from core.mdb.batch import BatchDecoder
from core.mission import reference_mission
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.packet_rows import pus_times
from core.time import parse_utc, tai_s_from_utc
from evals.anomaly.flights import fly
from evals.bench.model import BenchResult, Goal
from ml.anomaly.live import open_detectors
from ml.anomaly.spacecraft_inputs import CONTEXT_SIZE, SENSORS
from ml.anomaly.spacecraft_model import shipped_model
from ml.anomaly.spacecraft_windows import WINDOW_INPUTS

__all__ = ["run"]

_BATCH: Final = 32
_RUNS: Final = 200
_WINDOWS_PER_S: Final = 10_000.0
_PART: Final = 1_000  # packets that are stored together
_CPU_US: Final = 100.0  # of a packet: at 10,000 packets a second they fill one core
_FLOWN_S: Final = 4 * 3600.0


def run() -> list[BenchResult]:
    """Two rows."""
    return [_encoder(), _live()]


def _encoder() -> BenchResult:
    session = shipped_model().session()
    chance = np.random.default_rng(1)
    windows = chance.standard_normal((_BATCH, len(SENSORS), WINDOW_INPUTS)).astype(np.float32)
    context = chance.standard_normal((_BATCH, CONTEXT_SIZE)).astype(np.float32)
    session.run(None, {"windows": windows, "context": context})
    seconds = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        session.run(None, {"windows": windows, "context": context})
        seconds.append(time.perf_counter() - began)
    return BenchResult.compare(
        "anomaly_encoder",
        ours=_BATCH / float(np.median(seconds)),
        peer=_WINDOWS_PER_S,
        peer_name="goal",
        unit="windows/s",
        goal=1.0,
        goal_kind=Goal.AT_LEAST,
        note=f"ONNX Runtime, one thread, batches of {_BATCH}; median of {_RUNS} runs",
    )


def _live() -> BenchResult:
    mdb, start_tai_s = reference_mdb(), tai_s_from_utc(parse_utc("2026-12-20T00:00:00Z"))
    flown = fly(reference_mission(), "LSAT-1", mdb, start_tai_s, _FLOWN_S, 1)
    numbers = np.arange(len(flown.rows))
    with tempfile.TemporaryDirectory() as folder:
        archive = ColumnArchive(Path(folder), BatchDecoder(mdb), pus_times)
        detector = open_detectors(mdb, ["LSAT-1"], archive, start_tai_s)[0]["LSAT-1"]
        spent_s = longest_s = 0.0
        for first in range(0, len(numbers), _PART):
            (part,) = archive.append(flown.rows.only((numbers >= first) & (numbers < first + _PART)))
            began, cpu_began = time.perf_counter(), time.thread_time()
            detector.take(part)
            detector.advance(start_tai_s + _FLOWN_S)
            spent_s += time.thread_time() - cpu_began
            longest_s = max(longest_s, time.perf_counter() - began)
        archive.close()
    return BenchResult.compare(
        "anomaly_live",
        ours=1e6 * spent_s / len(numbers),
        peer=_CPU_US,
        peer_name="one core at 10,000 packets/s",
        unit="CPU us a packet",
        goal=1.0,
        goal_kind=Goal.AT_MOST,
        note=(
            f"{len(numbers)} packets of {_FLOWN_S / 3600.0:g} h, {_PART} at a time, every minute of them judged; "
            f"the slowest part took {longest_s:.2f} s"
        ),
    )
