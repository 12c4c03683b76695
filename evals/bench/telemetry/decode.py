"""Packets of the benchmark to calibrated values with alarm levels, on one core, in memory."""

from __future__ import annotations

import statistics
import time
from typing import Final

from core.mdb.batch import BatchDecoder, packet_offsets
from core.mdb.telemetry import decode_packet
from evals.bench.model import BenchResult, Goal
from evals.bench.telemetry.load import PACKET_OCTETS, benchmark_mdb, benchmark_packets

__all__ = ["run"]

_PACKETS: Final = 100_000
_REPEATS: Final = 9
_GOAL_PER_S: Final = 3e6


def run() -> list[BenchResult]:
    """One row: packets a CPU second, and whether the values are those of the readable reference."""
    mdb = benchmark_mdb()
    packets = list(benchmark_packets(_PACKETS))
    data, offsets = b"".join(packets), packet_offsets([len(one) for one in packets])
    decoder = BatchDecoder(mdb)
    columns = decoder.decode(data, offsets).containers[0].columns
    worst = 0.0
    for row in range(0, _PACKETS, 997):
        for name, sample in decode_packet(mdb, packets[row]).parameters.items():
            assert isinstance(sample.value, (int, float))
            worst = max(worst, abs(float(columns[name].engineering[row]) - sample.value))
    rates = []
    for _ in range(_REPEATS):
        began = time.process_time()
        decoder.decode(data, offsets)
        rates.append(_PACKETS / (time.process_time() - began))
    note = (
        f"Packets of {PACKET_OCTETS} octets, 24 parameters, 16 polynomials, warning and critical limits on all; batches of "
        f"{_PACKETS}, CPU seconds, median of {_REPEATS}; error against our own packet-by-packet reference"
    )
    return [
        BenchResult.compare(
            "telemetry_decode",
            ours=statistics.median(rates),
            peer=_GOAL_PER_S,
            peer_name="required (no peer)",
            unit="packets/CPU s",
            goal=1.0,
            goal_kind=Goal.AT_LEAST,
            error=worst,
            error_unit="(value)",
            error_goal=1e-9,
            note=note,
        )
    ]
