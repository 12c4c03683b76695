"""Real packets of JPSS-1 with the mission's own XTCE, beside space_packet_parser."""

from __future__ import annotations

import importlib
import io
import statistics
import time
from typing import Any, Final

from core.link import split_packets
from core.mdb import load_mdb
from core.mdb.batch import BatchDecoder, packet_offsets
from evals.bench.model import BenchResult, Goal, PeerMissing
from evals.bench.reference import reference_data

__all__ = ["run"]

_OURS_REPEATS: Final = 15
_PEER_REPEATS: Final = 3
_COPIES: Final = 20  # of the file's packets, for a time that can be measured
_GOAL: Final = 100.0


def run() -> list[BenchResult]:
    """One row: packets a CPU second of both, and the largest difference of any value of the file."""
    try:
        peer: Any = importlib.import_module("space_packet_parser")
    except ImportError as error:
        raise PeerMissing("space_packet_parser") from error
    folder = reference_data() / "mcs" / "jpss"
    xtce = folder / "jpss1_geolocation_xtce_v1.xml"
    raw = (folder / "J01_G011_LZ_2021-04-09T00-00-00Z_V01.DAT1").read_bytes()
    packets = list(split_packets(raw))
    decoder = BatchDecoder(load_mdb(xtce), error_control=False)
    data, offsets = b"".join(packets * _COPIES), packet_offsets([len(one) for one in packets * _COPIES])
    decoder.decode(data, offsets)
    ours, theirs = [], []
    definition = peer.load_xtce(xtce)
    for _ in range(_OURS_REPEATS):
        began = time.process_time()
        decoded = decoder.decode(data, offsets)
        ours.append(len(packets) * _COPIES / (time.process_time() - began))
    for _ in range(_PEER_REPEATS):
        began = time.process_time()
        parsed = [definition.parse_bytes(one) for one in peer.ccsds_generator(io.BytesIO(raw))]
        theirs.append(len(parsed) / (time.process_time() - began))
    worst = 0.0
    for batch in decoded.containers:
        for row, number in enumerate(batch.rows.tolist()):
            if number >= len(packets):
                break
            for name, column in batch.columns.items():
                worst = max(worst, abs(float(column.raw[row]) - float(parsed[number][name].raw_value)))
    return [
        BenchResult.compare(
            "telemetry_jpss",
            ours=statistics.median(ours),
            peer=statistics.median(theirs),
            peer_name="space_packet_parser",
            unit="packets/CPU s",
            goal=_GOAL,
            goal_kind=Goal.AT_LEAST,
            error=worst,
            error_unit="(raw value)",
            error_goal=0.0,
            note=f"{len(packets)} packets of attitude and ephemeris, {len(decoded.undecodable)} without a meaning; "
            "error: largest difference from the peer's raw values",
        )
    ]
