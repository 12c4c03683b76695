"""A group of consumers on a real broker: one is killed, others share its work; nothing is lost and nothing doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest
from confluent_kafka import Producer

from core.errors import Conflict, LinkError, StoreError
from core.mdb import reference_mdb
from core.telemetry import ReceivedFrame, tm_channels
from core.telemetry.bus import BusRecord, PartitionStore, RecordKind, StorePlace
from core.telemetry.bus.consumer import BusConsumer, BusSettings
from core.telemetry.bus.envelope import UnknownVersion
from core.telemetry.bus.producer import BusProducer
from core.telemetry.column_archive import ColumnArchive, StoredPart
from core.telemetry.intake_memory import Progress
from core.telemetry.packet_rows import PacketRows
from tests.core.telemetry.bus.broker import create_topic, running_broker
from tests.core.telemetry.bus.worker import FAST
from tests.core.telemetry.intake import FLEET, Bench, frames, housekeeping

PATIENCE_S = 60.0
PARTITIONS = 4
PACKETS = 400
SATELLITES = tuple(FLEET.spacecraft)
CHANNELS = tm_channels(FLEET)


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_broker(tmp_path_factory.mktemp("broker") / "log") as address:
        yield address


def place(folder: Path) -> StorePlace:
    return StorePlace(folder, reference_mdb(), CHANNELS)


def sent_frames(packets: int = PACKETS) -> dict[str, list[ReceivedFrame]]:
    made = {}
    for number, satellite in enumerate(SATELLITES):
        reports = [housekeeping(one, soc=0.5 + number / 10) for one in range(packets)]
        made[satellite] = frames(reports, keys=FLEET, satellite=satellite)
    return made


def records(some: Sequence[ReceivedFrame]) -> list[BusRecord]:
    return [BusRecord(RecordKind.FRAME, "network", one.index, one.station, one.received_tai_s, one.raw) for one in some]


class Worker:
    """A consumer in a process of its own."""

    def __init__(self, brokers: str, topic: str, folder: Path, *options: str) -> None:
        keys = folder.parent / "keys.json"
        keys.write_text(json.dumps(FLEET.dump()))
        keys.chmod(0o600)
        self.stored: dict[int, int] = {}
        self.opened: set[int] = set()
        module = "tests.core.telemetry.bus.worker"
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, brokers, topic, str(folder), str(keys), *options],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)},
        )
        assert self.process.stdout is not None
        self._reading = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reading.start()

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE_S) == 0

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reading.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self, output: IO[str]) -> None:
        for line in output:
            what, partition, cursor = line.split()
            if what == "stored":
                self.stored[int(partition)] = int(cursor)
            else:
                self.opened.add(int(partition))


def wait_for(condition: Callable[[], bool], *workers: Worker) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until_s, "the consumers did not come so far"
        assert all(one.process.poll() is None for one in workers), "a consumer ended"
        time.sleep(0.02)


def furthest(*workers: Worker) -> int:
    """How many records are stored, as far as consumers have told."""
    offsets: dict[int, int] = {}
    for one in workers:
        for number, offset in list(one.stored.items()):
            offsets[number] = max(offset, offsets.get(number, 0))
    return sum(offsets.values())


@pytest.mark.slow
def test_a_killed_consumer_and_a_rebalance_lose_and_double_nothing(
    brokers: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    create_topic(brokers, "crash", PARTITIONS)
    producer = BusProducer(brokers, "crash")
    sent = sent_frames()
    quarter = min(len(one) for one in sent.values()) // 4
    published = 0

    def publish(first: int, end: int | None) -> None:
        nonlocal published
        for satellite, some in sent.items():
            # The last frame of the part before comes once more, as a station sends it that was cut off.
            again = records(some[max(first - 1, 0) : end])
            producer.send(satellite, again)
            published += len(again)
        producer.flush()

    folder = tmp_path / "archives"
    publish(0, quarter)

    def begun(*options: str) -> Worker:
        made = Worker(brokers, "crash", folder, *options)
        request.addfinalizer(made.close)
        return made

    first = begun("--dies-after", "3")
    assert first.process.wait(PATIENCE_S) == -signal.SIGKILL
    publish(quarter, 2 * quarter)
    second, third = begun(), begun()
    wait_for(lambda: bool(second.opened) and bool(third.opened), second, third)  # they share the partitions
    publish(2 * quarter, 3 * quarter)
    wait_for(lambda: furthest(first, second, third) == published, second, third)
    second.end()  # it leaves the group, and the other one takes its partitions
    publish(3 * quarter, None)
    wait_for(lambda: furthest(first, second, third) == published, third)
    third.end()

    found: dict[str, list[bytes]] = {}
    accepted = 0
    for number in range(PARTITIONS):
        if place(folder).of_partition(number).exists():
            store = PartitionStore("crash", number, place(folder))
            for one in store.archive.packets(limit=100_000):
                found.setdefault(one.satellite, []).append(one.raw)
            counters = store.archive.counters()
            assert not any("missed" in one or "packet-duplicate" in one for one in counters.values())
            accepted += sum(one.get("accepted", 0) for one in counters.values())
            store.close()
    unbroken = Bench.open(tmp_path / "unbroken", FLEET)
    for some in sent.values():
        unbroken.ingest.ingest("network", some)
    for satellite in SATELLITES:
        expected = [one.raw for one in unbroken.archive.packets(limit=100_000) if one.satellite == satellite]
        assert len(expected) == PACKETS
        assert found[satellite] == expected  # each once, in their order
    assert accepted == sum(len(one) for one in sent.values())
    unbroken.archive.close()


def consumer(brokers: str, topic: str, folder: Path) -> BusConsumer:
    return BusConsumer(BusSettings(brokers, topic, "archive", broker_timeout_s=5, options=FAST), place(folder))


def poll_until(one: BusConsumer, condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until_s
        one.poll(0.1)


class NewerRecord(BusRecord):
    """As a later release writes it."""

    def pack(self) -> bytes:
        packed = super().pack()
        return packed[:2] + b"\x02" + packed[3:]


def test_trouble_stops_a_partition_and_loses_nothing(
    brokers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_topic(brokers, "trouble", 1)
    producer = BusProducer(brokers, "trouble")
    sent = records(sent_frames(40)["LSAT-1"])
    producer.send("LSAT-1", sent)
    producer.flush()
    monkeypatch.setattr("core.telemetry.bus.consumer._REST_S", 0.05)

    held = PartitionStore("trouble", 0, place(tmp_path))  # by another process, whatever the group believes
    one = consumer(brokers, "trouble", tmp_path)
    poll_until(one, lambda: bool(one._partitions))
    assert [one.poll(0.1) for _ in range(10)] == [0] * 10
    assert one.partitions() == {}
    held.close()

    append, failures = ColumnArchive.append, iter((1, 2))

    def failing(archive: ColumnArchive, *parts: PacketRows, progress: Progress | None = None) -> list[StoredPart]:
        if next(failures, None):
            raise StoreError("no space is left")
        return append(archive, *parts, progress=progress)

    monkeypatch.setattr(ColumnArchive, "append", failing)
    poll_until(one, lambda: one.counts.records == len(sent))
    assert (one.counts.packets, one.counts.store_failures, one.counts.gaps) == (40, 2, 0)

    newer = NewerRecord(RecordKind.FRAME, "network", 1, "svalbard", 0.0, sent[0].raw)
    producer.send("LSAT-1", [newer, sent[-1]])
    producer.flush()
    for _ in range(2):  # who goes on all the same gets no further
        with pytest.raises(UnknownVersion):
            poll_until(one, lambda: False)
    assert one.partitions()[0].next_offset == len(sent)
    one.close()


@pytest.fixture
def mock_brokers() -> Iterator[str]:
    """The broker that the client library brings, in this process: other than Tansu it says which offsets it does not have,
    and keeps 5 MiB of a partition.
    """
    owner = Producer({"bootstrap.servers": "127.0.0.1:9", "test.mock.num.brokers": 1})
    (broker,) = owner.list_topics(timeout=PATIENCE_S).brokers.values()
    yield f"{broker.host}:{broker.port}"


def test_offsets_that_the_broker_does_not_have(mock_brokers: str, tmp_path: Path) -> None:
    producer = BusProducer(mock_brokers, "old")
    sent = records(sent_frames(40)["LSAT-1"])
    filler = replace(sent[0], raw=bytes(500_000))  # a frame of nobody
    for _ in range(20):
        producer.send("LSAT-1", [filler])
        producer.flush()  # each in a batch of its own, so that the broker can drop it
    producer.send("LSAT-1", sent)
    producer.flush()
    # The oldest are gone: counted, and the rest is stored.
    one = consumer(mock_brokers, "old", tmp_path)
    poll_until(one, lambda: one.counts.packets == 40)
    (number,) = (number for number, store in one.partitions().items() if store.next_offset)
    store = one.partitions()[number]
    counts = store.archive.counters()["-"]
    assert 0 < counts["bus-record-expired"] < 20
    assert sum(counts.values()) == 20
    assert store.next_offset == 20 + len(sent)
    # The topic is made anew, and ends before what is stored: nothing is read rather than something left out.
    store.pass_over_expired(10_000)
    one.close()
    again = consumer(mock_brokers, "old", tmp_path)
    with pytest.raises(Conflict, match="stored up to 10000, which the broker does not have"):
        poll_until(again, lambda: False)
    again.close()


def test_what_cannot_be_read_is_refused_with_a_reason(brokers: str, tmp_path: Path) -> None:
    create_topic(brokers, "first", 2)
    consumer(brokers, "first", tmp_path).close()
    create_topic(brokers, "second", 3)
    with pytest.raises(Conflict, match="'first 2', not 'second 3'"):
        consumer(brokers, "second", tmp_path)
    nobody = BusSettings("127.0.0.1:9", "first", "archive", broker_timeout_s=0.5)
    with pytest.raises(LinkError, match="no broker"):
        BusConsumer(nobody, place(tmp_path))
