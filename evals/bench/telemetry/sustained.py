"""Telemetry for minutes without a pause: whether anything is lost, and whether memory and disk stay where they are.

``python -m evals.bench.telemetry.sustained --minutes 10`` prints one row. Frames are made in a process of their own; the service's ingest,
compactor and retention run in this one. It is no part of ``llamaspace bench``, which is quick.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import numpy as np

from core.link import new_link_keys
from core.link.checksum import CRC_LENGTH, append_crc
from core.link.sdls import SecurityAssociation
from core.link.tm_frame import TM_FRAME_LENGTH
from core.telemetry import LatestValues, LimitChecker, TelemetryIngest, TelemetryStream, TmChannel
from core.telemetry.alarm_book import AlarmBook
from core.telemetry.archive_extent import ArchiveExtent
from core.telemetry.compactor import Compactor
from core.telemetry.retention import RetentionPolicies, RetentionPolicy
from core.telemetry.telemetry_archive import TelemetryArchive
from evals.bench.model import BenchResult, Goal
from evals.bench.telemetry.load import (
    PACKET_OCTETS,
    SCID,
    START_TAI_S,
    benchmark_mdb,
    benchmark_packets,
    frames_of,
    packets_at,
)

__all__ = ["sustained"]

_SATELLITE: Final = "BENCH-1"
_MINUTES: Final = 10.0
_PACKETS_PER_S: Final = 100_000.0
_BATCH_S: Final = 0.2  # of telemetry are made durable together
_STEP_S: Final = 0.1  # between packets, by their own time
_DRAWN: Final = 20_000  # packets that differ
_KEPT_DAYS: Final = 2.0  # by the packets' own time: ten minutes are many days of theirs
_COMPACTION_S: Final = 5.0
_UPKEEP_S: Final = 30.0
_MEGA: Final = 1e6


@dataclass
class _Watch:
    """What the run took, minute by minute."""

    memory_mb: list[float] = field(default_factory=list)
    disk_mb: list[float] = field(default_factory=list)
    latest_s: float = 0.0

    def look(self, folder: Path) -> None:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        self.memory_mb.append(pages * resource.getpagesize() / _MEGA)
        self.disk_mb.append(sum(_size(one) for one in folder.rglob("*")) / _MEGA)


def sustained(minutes: float, packets_per_s: float) -> BenchResult:
    """One row: packets a second that were taken in for so long, and what became of each.

    Raises:
        RuntimeError: A packet was lost or doubled.
    """
    sa = new_link_keys(SCID).tm_association()
    at_once = round(packets_per_s * _BATCH_S)
    batches = round(minutes * 60.0 / _BATCH_S)
    ours, theirs = multiprocessing.get_context("spawn").Pipe(duplex=False)
    source = multiprocessing.get_context("spawn").Process(
        target=_send, args=(theirs, sa, batches, at_once), daemon=True
    )
    source.start()
    theirs.close()
    watch = _Watch()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = TelemetryArchive(folder, benchmark_mdb())
        limits = LimitChecker(AlarmBook(lambda _: None))
        channels = {_SATELLITE: TmChannel(SCID, sa)}
        ingest = TelemetryIngest(archive, channels, LatestValues(archive, [_SATELLITE]), TelemetryStream(), limits)
        compactor = Compactor(
            archive.columns,
            _COMPACTION_S,
            retention=RetentionPolicies(RetentionPolicy(_KEPT_DAYS, _KEPT_DAYS, _KEPT_DAYS)),
            now_tai_s=lambda: START_TAI_S + stored * _STEP_S,
            upkeep_period_s=_UPKEEP_S,
        )
        stored = 0
        compactor.start()
        ours.recv()  # the source is ready
        began_s, cpu_s = time.monotonic(), time.process_time()
        for number, raw in enumerate(_received(ours, batches), 1):
            due_s = began_s + number * _BATCH_S
            time.sleep(max(due_s - time.monotonic(), 0.0))
            received = np.full(len(raw) // TM_FRAME_LENGTH, START_TAI_S + number * at_once * _STEP_S)
            stored += ingest.ingest_array("bench", _SATELLITE, raw, received, number).packets
            watch.latest_s = max(watch.latest_s, time.monotonic() - due_s)
            if number % round(60.0 / _BATCH_S) == 0:
                watch.look(folder)
                sys.stderr.write(
                    f"minute {len(watch.memory_mb)}: {watch.memory_mb[-1]:.0f} MB, {watch.disk_mb[-1]:.0f} MB\n"
                )
        wall_s, cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
        compactor.close()
        extent = ArchiveExtent(archive.columns).of(_SATELLITE)
        held, removed = extent.filed_packets + extent.waiting_packets, extent.octets_removed
        receiver = ingest.receiver("bench", _SATELLITE)
        losses = [(one.lost, one.repeated, one.backward) for one in receiver.losses().values()]
        missed, failure = receiver.counts.missed, compactor.failure
        archive.close()
    source.join()
    sent = batches * at_once
    if stored != sent or held + removed != sent or missed or any(map(any, losses)) or failure:
        raise RuntimeError(
            f"of {sent} packets {stored} were stored, {held} are held, {removed} removed; {missed} frames missed, {losses} by sequence; {failure}"
        )
    note = (
        f"{sent} packets in {wall_s:.0f} s, none lost, repeated or out of order by the counts of frames and packets; retention removed "
        f"{removed}; a batch was stored {watch.latest_s:.2f} s after it was due at worst; memory by the minute "
        f"{_listed(watch.memory_mb)} MB; archive {_listed(watch.disk_mb)} MB; {sent / cpu_s:.0f} packets per CPU second with files"
    )
    return BenchResult.compare(
        "telemetry_sustained",
        ours=sent / wall_s,
        peer=packets_per_s,
        peer_name="as fast as they came",
        unit="packets/s",
        goal=0.99,
        goal_kind=Goal.AT_LEAST,
        note=note,
    )


def _received(source: Connection, batches: int) -> Iterator[bytes]:
    for _ in range(batches):
        yield source.recv_bytes()


def _send(to: Connection, sa: SecurityAssociation, batches: int, at_once: int) -> None:
    """Make frames, as far ahead as fits into the pipe."""
    drawn = np.frombuffer(b"".join(benchmark_packets(_DRAWN)), dtype=np.uint8).reshape(-1, PACKET_OCTETS)
    to.send(None)
    frames = 1
    for number in range(batches):
        count = number * at_once + np.arange(at_once)
        octets = packets_at(drawn[count % _DRAWN], count, START_TAI_S + _STEP_S * count.astype(np.float64)).tobytes()
        packets = [
            append_crc(octets[begin : begin + PACKET_OCTETS - CRC_LENGTH])
            for begin in range(0, len(octets), PACKET_OCTETS)
        ]
        raw = frames_of(packets, sa, frames)
        frames += len(raw) // TM_FRAME_LENGTH
        to.send_bytes(raw)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # retention has just removed it
        return 0


def _listed(numbers: list[float]) -> str:
    return ", ".join(f"{one:.0f}" for one in numbers)


def main() -> int:
    """One run with other figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=_MINUTES)
    parser.add_argument("--packets-per-s", type=float, default=_PACKETS_PER_S)
    chosen = parser.parse_args()
    sys.stdout.write(sustained(chosen.minutes, chosen.packets_per_s).model_dump_json(indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
