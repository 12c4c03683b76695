"""A run of the simulated spacecraft through the service's ingest: every value of every packet is the reference decoder's."""

from __future__ import annotations

import math
import random
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from core.link import LinkKeys, decode_telemetry
from core.mdb import decode_packet, reference_mdb
from core.telemetry import ReceivedFrame
from core.telemetry.archive import ArchivedSample
from tests.core.telemetry.intake import Bench

sys.path.insert(0, str(Path(__file__).parents[1] / "ground"))

from flight import KEYS, START_TAI_S, Flight
from story import SATELLITE

MDB = reference_mdb()
HEADER = {one.name for root in MDB.roots() for one in MDB.parameters_in(root.name)}


DOINGS: dict[int, tuple[str, dict[str, object]]] = {
    2: ("PING", {}),
    3: ("DUMP_MEMORY", {"memory_id": 1, "block_count": 1, "address": 0, "length": 9}),
    4: ("SET_MODE", {"mode": "payload"}),
    5: ("CHECK_MEMORY", {"memory_id": 1, "block_count": 1, "address": 0, "length": 4}),
    6: ("REPORT_SCHEDULE", {}),
    9: ("SET_MODE", {"mode": "safe"}),
}


@dataclass(frozen=True)
class Run:
    """What a spacecraft made, and the frames that carried it."""

    packets: list[bytes]
    frames: list[ReceivedFrame]


@pytest.fixture(scope="module")
def run() -> Run:
    """A quarter of an hour in contact with commands of many kinds, one of which is damaged on its way."""
    flight, packets, frames = Flight(), list[bytes](), list[ReceivedFrame]()
    flight.craft.announce_start()
    for step in range(90):
        flight.craft.advance(START_TAI_S + 10.0 * step)
        if step in DOINGS:
            mnemonic, arguments = DOINGS[step]
            flight.craft.receive_cltu(flight.cltu(mnemonic, **arguments))  # type: ignore[arg-type]
        if step == 20:
            damaged = bytearray(flight.cltu("PING"))
            damaged[12] ^= 0xFF
            flight.craft.receive_cltu(bytes(damaged))
        made = [raw for raw, _ in flight.craft.take_outbox()]
        packets += made
        for raw in flight.craft.frames(made):
            frames.append(ReceivedFrame(len(frames) + 1, "svalbard", START_TAI_S + 10.0 * step, raw))
    return Run(packets, frames)


def expected(packets: list[bytes]) -> dict[str, list[ArchivedSample]]:
    """Samples of each parameter by time, as the readable decoder tells them."""
    made: dict[str, list[ArchivedSample]] = defaultdict(list)
    for raw in packets:
        t_tai_s = decode_telemetry(raw).t_tai_s
        for name, one in decode_packet(MDB, raw).parameters.items():
            if name not in HEADER:
                made[name].append(
                    ArchivedSample.of(SATELLITE, name, t_tai_s, one.value, one.unit, str(one.limit_state))
                )
    return {name: sorted(many, key=lambda one: one.generated_tai_s) for name, many in made.items()}


def told(sample: ArchivedSample | None) -> tuple[object, ...] | None:
    """All of it, and what kind of value it is: 1 is not 1.0."""
    return None if sample is None else (sample, type(sample.value))


def test_every_value_of_a_recorded_run_is_that_of_the_reference_decoder(run: Run, tmp_path: Path) -> None:
    samples = expected(run.packets)
    names = {decode_packet(MDB, raw).name for raw in run.packets}
    assert {"MemoryDump", "MemoryCheck", "Housekeeping", "EventLowSeverity", "ConnectionTestReport"} <= names
    kinds = {type(one[0].value) for one in samples.values()}
    assert kinds == {int, float, str, bytes}
    bench = Bench.open(tmp_path, LinkKeys(spacecraft={SATELLITE: KEYS}))
    for begin in range(0, len(run.frames), 7):
        bench.ingest.ingest("ground", run.frames[begin : begin + 7])
    draw = random.Random(5)
    instants = [START_TAI_S + draw.uniform(-20.0, 950.0) for _ in range(12)]
    for step in ("waiting", "in files", "reopened"):
        for name, wanted in samples.items():
            found = bench.archive.samples(SATELLITE, name, -math.inf, math.inf)
            assert [told(one) for one in found] == [told(one) for one in wanted], (step, name)
            assert bench.archive.samples(SATELLITE, name, instants[0], instants[0] - 1.0) == []
            for instant in instants:
                before = [one for one in wanted if one.generated_tai_s <= instant]
                newest = bench.archive.newest(SATELLITE, name, instant)
                assert told(newest) == told(before[-1] if before else None), (step, name)
        latest = {one.parameter: told(one) for one in bench.archive.latest(SATELLITE)}
        assert latest == {name: told(wanted[-1]) for name, wanted in samples.items()}, step
        live = bench.latest.of(SATELLITE, START_TAI_S)
        assert {name: told(one.sample) for name, one in live.items()} == latest
        packets = bench.archive.packets(limit=10_000)
        assert [one.raw for one in packets] == run.packets
        for one in packets:
            report = decode_telemetry(one.raw)
            assert (one.service, one.subtype, one.generated_tai_s) == (report.service, report.subtype, report.t_tai_s)
            assert one.name == decode_packet(MDB, one.raw).name
        bench.archive.columns.compact()
        bench = bench.reopened() if step == "in files" else bench
    assert bench.archive.samples(SATELLITE, "no_such_parameter", -math.inf, math.inf) == []
    assert bench.archive.newest(SATELLITE, "no_such_parameter", math.inf) is None
    bench.archive.close()


def test_what_commanding_asks_for_needs_no_query_engine(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise AssertionError("a query engine was started while commands wait")

    monkeypatch.setattr(duckdb, "connect", refuse)
    bench = Bench.open(tmp_path, LinkKeys(spacecraft={SATELLITE: KEYS}))
    seen, after = list[bytes](), 0
    for number, frame in enumerate(run.frames):
        bench.ingest.ingest("ground", [frame])
        if number % 10 == 0:
            bench.archive.columns.compact()
        for packet in bench.archive.packets(after=after, service=1):
            after = packet.packet_id
            seen.append(packet.raw)
        bench.archive.newest(SATELLITE, "mode", frame.received_tai_s - 30.0)
        bench.archive.samples(SATELLITE, "mode", frame.received_tai_s - 60.0, frame.received_tai_s)
    assert seen == [raw for raw in run.packets if decode_telemetry(raw).service == 1]
    bench.archive.close()
