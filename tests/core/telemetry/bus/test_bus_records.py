"""Records of a topic: their form, what of them is stored, and what is counted instead."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, LinkError, StoreError
from core.mdb import reference_mdb
from core.telemetry import IngestResult, tm_channels
from core.telemetry.bus import BusRecord, PartitionStore, RecordKind, StorePlace
from core.telemetry.bus.envelope import UnknownVersion
from core.telemetry.bus.partition import OffsetRecord
from tests.core.telemetry.intake import FLEET, T0_TAI_S, frames, housekeeping

RECORD = BusRecord(RecordKind.FRAME, "network", 7, "svalbard", 1.5, b"\x01\x02")
names = st.text(max_size=60)
records = st.builds(
    BusRecord,
    kind=st.sampled_from(RecordKind),
    source=names,
    index=st.integers(0, (1 << 64) - 1),
    station=names,
    received_tai_s=st.floats(allow_nan=False, allow_infinity=False),
    raw=st.binary(min_size=1, max_size=100),
)


@given(records)
def test_a_record_reads_as_it_was_written(record: BusRecord) -> None:
    assert BusRecord.unpack(record.pack()) == record


@given(st.one_of(st.binary(max_size=80), records.map(lambda one: one.pack()[:-1]), st.binary().map(b"LT\x01".__add__)))
def test_what_is_no_record_is_refused_and_nothing_else_happens(value: bytes) -> None:
    try:
        BusRecord.unpack(value).pack()
    except LinkError as error:
        assert error.code in ("link", "bus-record-version")


def test_the_form_of_version_1_stays_as_it_is() -> None:
    head = b"LT\x01\x00" + struct.pack(">Qd", 7, 1.5)
    assert RECORD.pack() == head + b"\x08svalbard\x07network\x01\x02"


@pytest.mark.parametrize(
    ("field", "value"),
    [("station", "s" * 256), ("source", "é" * 128), ("index", -1), ("received_tai_s", float("nan")), ("raw", b"")],
)
def test_what_has_no_place_in_a_record_is_refused(field: str, value: object) -> None:
    with pytest.raises(InputError, match=field):
        replace(RECORD, **{field: value}).pack()  # type: ignore[arg-type]


@pytest.fixture
def place(tmp_path: Path) -> StorePlace:
    return StorePlace(tmp_path, reference_mdb(), tm_channels(FLEET))


@pytest.fixture
def store(place: StorePlace) -> Iterator[PartitionStore]:
    one = PartitionStore("telemetry", 0, place)
    yield one
    one.close()


def framed(count: int, satellite: str = "LSAT-1") -> list[bytes]:
    some = frames([housekeeping(one) for one in range(count)], keys=FLEET, satellite=satellite)
    return [BusRecord(RecordKind.FRAME, "network", one.index, "svalbard", T0_TAI_S, one.raw).pack() for one in some]


def bare(number: int, raw: bytes | None = None) -> bytes:
    return BusRecord(RecordKind.PACKET, "recorder", number, "svalbard", T0_TAI_S, raw or housekeeping(number)).pack()


def take(store: PartitionStore, values: list[bytes], key: str = "LSAT-1", first: int = 0) -> list[IngestResult]:
    return list(store.take([OffsetRecord(offset, key.encode(), one) for offset, one in enumerate(values, first)]))


def test_frames_and_bare_packets_of_one_partition_are_stored_in_order(store: PartitionStore) -> None:
    values = [bare(100), *framed(30), bare(101), bare(102)]
    take(store, values)
    assert store.next_offset == len(values)
    times = [round(one.generated_tai_s - T0_TAI_S) for one in store.archive.packets()]
    assert times == [100, *range(30), 101, 102]


def test_records_that_are_offered_again_are_left_out(store: PartitionStore) -> None:
    values = [*framed(30), bare(100)]
    take(store, values)
    before = store.archive.counters()
    assert take(store, values) == []
    take(store, [*values, bare(101)])
    assert len(store.archive.packets()) == 32
    assert store.archive.counters() == before


def test_a_packet_that_was_sent_twice_is_stored_once(store: PartitionStore) -> None:
    take(store, [bare(1), bare(2), bare(1)])
    take(store, [bare(2)], first=3)
    assert len(store.archive.packets()) == 2
    assert store.archive.counters()["LSAT-1"]["packet-duplicate"] == 2


def test_a_restart_goes_on_in_the_middle_of_a_packet(place: StorePlace) -> None:
    values = framed(60)
    for offset, value in enumerate(values):
        store = PartitionStore("telemetry", 0, place)
        assert store.next_offset == offset
        take(store, [value], first=offset)
        found = len(store.archive.packets())
        store.close()
    assert found == 60


def test_what_cannot_be_taken_is_counted_and_the_rest_kept(store: PartitionStore) -> None:
    idle = b"\x07\xff" + housekeeping(1)[2:]
    values = [
        b"nonsense",
        bare(1),
        *framed(10, "LSAT-2")[:1],
        bare(2, b"short"),
        bare(3, idle),
        bare(4) + b"!",
        bare(5),
    ]
    take(store, values)
    take(store, [bare(6)], key="ROSETTA", first=len(values))
    assert store.next_offset == len(values) + 1
    assert len(store.archive.packets()) == 2
    counters = store.archive.counters()
    assert counters["-"] == {"bus-record-malformed": 1, "bus-record-wrong-key": 1, "unknown-spacecraft": 1}
    assert counters["LSAT-1"] == {"packet-wrong-length": 2}


def test_a_record_of_a_newer_release_stops_the_partition_before_it(store: PartitionStore) -> None:
    newer = bytearray(bare(2))
    newer[2] = 2
    with pytest.raises(UnknownVersion, match="version 2"):
        take(store, [bare(1), bytes(newer), bare(3)])
    assert store.next_offset == 1
    assert len(store.archive.packets()) == 1


def test_records_that_the_broker_deleted_are_counted(store: PartitionStore) -> None:
    take(store, [bare(1)])
    store.pass_over_expired(11)
    store.pass_over_expired(11)
    assert store.next_offset == 11
    assert store.archive.counters()["-"] == {"bus-record-expired": 10}


def test_one_partition_has_one_writer(place: StorePlace, store: PartitionStore) -> None:
    with pytest.raises(StoreError, match="open in another process") as refused:
        PartitionStore("telemetry", 0, place)
    assert refused.value.code == "archive-open-elsewhere"
