"""Space packets and PUS packets against the independent spacepackets library."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.ecss import PusTc, PusTm

from core.link import (
    Acknowledge,
    ChecksumMismatch,
    FrameMalformed,
    RequestId,
    Telecommand,
    Telemetry,
    decode_cuc,
    decode_telecommand,
    decode_telemetry,
    encode_cuc,
    encode_telecommand,
    encode_telemetry,
    split_packets,
)
from core.time import tai_s_from_utc

commands = st.builds(
    Telecommand,
    apid=st.integers(0, 2046),
    sequence_count=st.integers(0, 16383),
    service=st.integers(0, 255),
    subtype=st.integers(0, 255),
    data=st.binary(max_size=200),
    source_id=st.integers(0, 65535),
    acknowledge=st.sampled_from([Acknowledge.ALL, Acknowledge.NONE, Acknowledge.ACCEPTANCE | Acknowledge.COMPLETION]),
)


@given(commands)
def test_spacepackets_packs_a_telecommand_to_the_same_bytes(command: Telecommand) -> None:
    peer = PusTc(
        apid=command.apid,
        seq_count=command.sequence_count,
        service=command.service,
        message_subtype=command.subtype,
        source_id=command.source_id,
        app_data=command.data,
        ack_flags=int(command.acknowledge),
    )
    assert encode_telecommand(command) == bytes(peer.pack())
    assert decode_telecommand(bytes(peer.pack())) == command


@given(st.integers(0, 2046), st.integers(0, 16383), st.integers(0, 65535), st.binary(max_size=100))
def test_spacepackets_reads_our_telemetry(apid: int, count: int, messages: int, data: bytes) -> None:
    report = Telemetry(apid, count, 3, 25, messages, 8.5e8, data, 7)
    raw = encode_telemetry(report)
    peer = PusTm.unpack(raw, timestamp_len=7)
    assert (peer.apid, peer.seq_count, peer.service, peer.message_subtype) == (apid, count, 3, 25)
    assert bytes(peer.source_data) == data
    assert decode_telemetry(raw) == report


@given(commands, st.data())
def test_an_altered_byte_of_a_packet_is_refused(command: Telecommand, data: st.DataObject) -> None:
    raw = bytearray(encode_telecommand(command))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises((ChecksumMismatch, FrameMalformed)):
        decode_telecommand(bytes(raw))


@given(st.lists(commands, max_size=6))
def test_packets_back_to_back_are_split_again(sent: list[Telecommand]) -> None:
    stream = b"".join(map(encode_telecommand, sent))
    assert [decode_telecommand(raw) for raw in split_packets(stream)] == sent


def test_a_request_id_is_the_first_four_octets_of_the_telecommand() -> None:
    command = Telecommand(0x123, 0x2ABC, 17, 1, b"")
    assert command.request_id.encode() == encode_telecommand(command)[:4]
    assert command.request_id == RequestId(0x123, 0x2ABC)


def test_time_code_counts_tai_seconds_since_1958() -> None:
    # 1958-01-01 TAI to 2020-01-01T00:00:00 UTC: 22645 days and 37 leap seconds.
    t_tai_s = tai_s_from_utc(datetime(2020, 1, 1, tzinfo=UTC))
    assert int.from_bytes(encode_cuc(t_tai_s)[:4], "big") == 22645 * 86400 + 37


@given(st.floats(0, 2.5e9))
def test_time_code_resolves_60_nanoseconds_and_what_a_float_holds(t_tai_s: float) -> None:
    assert abs(decode_cuc(encode_cuc(t_tai_s)) - t_tai_s) < 6e-8 + 5e-7
