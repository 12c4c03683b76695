"""CLTU, TC and TM frames against published bytes and by properties."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LinkError
from core.link import (
    ChecksumMismatch,
    CodeBlockCorrupt,
    FrameService,
    SecurityAssociation,
    TcFrame,
    TmFrame,
    TmFrameHeader,
    decode_cltu,
    decode_tc_frame,
    decode_tm_frame,
    encode_cltu,
    encode_tc_frame,
    encode_tm_frame,
    extract_packets,
    fill_frames,
)
from core.link.cltu import START_SEQUENCE, TAIL_SEQUENCE, bch_parity
from core.link.space_packet import PacketType, SpacePacket, encode_packet
from core.link.tm_frame import TM_FRAME_LENGTH, tm_capacity

REFERENCE = Path(os.environ.get("LLAMASPACE_REFERENCE_DATA", "../shared/data")) / "mcs"
TM_KEYS = SecurityAssociation(2, bytes(range(32)), sequence_length=0)


@pytest.fixture(scope="module")
def published() -> dict[str, list]:
    path = REFERENCE / "cltu_known_answers.json"
    if not path.exists():
        pytest.skip(f"reference data {path} is absent")
    return json.loads(path.read_text())


def test_cltu_of_the_published_frame_is_the_published_cltu(published: dict[str, list]) -> None:
    for pair in published["pairs"]:
        frame, cltu = bytes.fromhex(pair["tc_frame"]), bytes.fromhex(pair["cltu"])
        assert encode_cltu(frame) == cltu
        assert decode_cltu(cltu)[: len(frame)] == frame
        assert encode_tc_frame(decode_tc_frame(frame)) == frame


@given(st.binary(min_size=1, max_size=300))
def test_the_compiled_encoder_is_the_readable_one(frame: bytes) -> None:
    filled = frame + b"\x55" * (-len(frame) % 7)
    parts = [filled[at : at + 7] for at in range(0, len(filled), 7)]
    blocks = b"".join(part + bytes((bch_parity(part),)) for part in parts)
    assert encode_cltu(frame) == START_SEQUENCE + blocks + TAIL_SEQUENCE


def test_parity_of_published_code_blocks(published: dict[str, list]) -> None:
    for block in map(bytes.fromhex, published["bch_code_blocks"]):
        assert bch_parity(block[:7]) == block[7]


@given(st.binary(min_size=1, max_size=300))
def test_a_cltu_gives_back_its_octets_and_fill(frame: bytes) -> None:
    carried = decode_cltu(encode_cltu(frame))
    assert carried[: len(frame)] == frame
    assert set(carried[len(frame) :]) <= {0x55}


@given(st.binary(min_size=1, max_size=70), st.data())
def test_up_to_three_altered_bits_in_a_code_block_are_refused_and_one_is_mended(
    frame: bytes, data: st.DataObject
) -> None:
    cltu = bytearray(encode_cltu(frame))
    block = data.draw(st.integers(0, (len(cltu) - 10) // 8 - 1))
    bits = data.draw(
        st.sets(st.integers(0, 62), min_size=1, max_size=3)
    )  # the 63 code bits; the filler carries nothing
    for bit in bits:
        cltu[2 + block * 8 + bit // 8] ^= 0x80 >> bit % 8
    with pytest.raises(CodeBlockCorrupt):
        decode_cltu(bytes(cltu))
    if len(bits) == 1:
        assert decode_cltu(bytes(cltu), correct=True)[: len(frame)] == frame


@given(
    st.sampled_from(FrameService),
    st.integers(0, 1023),
    st.integers(0, 63),
    st.integers(0, 255),
    st.binary(min_size=1, max_size=900),
)
def test_a_tc_frame_comes_back(service: FrameService, scid: int, vcid: int, number: int, data: bytes) -> None:
    frame = TcFrame(service, scid, vcid, number, data)
    assert decode_tc_frame(encode_tc_frame(frame) + b"\x55" * 6) == frame


@given(st.binary(min_size=1, max_size=60), st.data())
def test_an_altered_byte_of_a_tc_frame_is_refused(content: bytes, data: st.DataObject) -> None:
    raw = bytearray(encode_tc_frame(TcFrame(FrameService.AD, 42, 1, 7, content)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(LinkError):
        decode_tc_frame(bytes(raw))


def _tm(count: int, pointer: int, data: bytes) -> bytes:
    header = TmFrameHeader(101, 0, True, count & 0xFF, count & 0xFF, pointer)
    return encode_tm_frame(TmFrame(header, count, data, b"\x01\x00\x00\x00"), TM_KEYS)


packets = st.lists(
    st.integers(1, 2500).map(
        lambda n: encode_packet(SpacePacket(PacketType.TELEMETRY, 5, n, bytes((n + k) % 251 for k in range(n))))
    ),
    max_size=12,
)


@given(packets, st.integers(0, 100_000))
def test_packets_that_span_frames_come_back_whole_and_in_order(sent: list[bytes], first: int) -> None:
    received, remainder = [], b""
    for offset, (pointer, data) in enumerate(fill_frames(sent, tm_capacity(TM_KEYS))):
        raw = _tm(first + offset, pointer, data)
        assert len(raw) == TM_FRAME_LENGTH
        frame = decode_tm_frame(raw, TM_KEYS)
        assert frame.extended_count == first + offset
        taken = extract_packets(frame.data, frame.header.first_header_pointer, remainder)
        received += taken.packets
        remainder = taken.remainder
    assert received == sent
    assert remainder == b""


@given(packets.filter(lambda some: sum(map(len, some)) > 3000))
def test_a_lost_frame_costs_only_the_packets_in_it(sent: list[bytes]) -> None:
    frames = list(fill_frames(sent, tm_capacity(TM_KEYS)))
    received: list[bytes] = []
    remainder = b""
    for pointer, data in frames[1:]:
        taken = extract_packets(data, pointer, remainder)
        received += taken.packets
        remainder = taken.remainder
    assert received == sent[len(sent) - len(received) :]


@given(st.data())
def test_an_altered_byte_of_a_tm_frame_is_refused(data: st.DataObject) -> None:
    raw = bytearray(_tm(3, 0, bytes(tm_capacity(TM_KEYS))))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ChecksumMismatch):
        decode_tm_frame(bytes(raw), TM_KEYS)
