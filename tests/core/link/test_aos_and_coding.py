"""AOS frames, header code, randomisers and segmentation against the standards' printed sequences and by properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.link import AuthenticationFailed, ChecksumMismatch, FrameMalformed, SecurityAssociation
from core.link.aos_frame import AosFrame, AosLayout, decode_aos_frame, encode_aos_frame
from core.link.errors import LinkError
from core.link.header_code import header_parity
from core.link.randomise import randomise_tc, randomise_tm
from core.link.segment import Reassembly, split_segments

KEYS = SecurityAssociation(9, bytes(range(32)), sequence_length=0)
LAYOUT = AosLayout(frame_length=128, insert_length=4, has_header_code=True)
CODES = st.tuples(st.binary(min_size=2, max_size=2), st.integers(0, 255))


def _product(a: int, b: int) -> int:
    """Multiplication in GF(2^4) by the schoolbook: carry-less product, then division by x^4 + x + 1."""
    product = 0
    for bit in range(4):
        if b >> bit & 1:
            product ^= a << bit
    for bit in range(7, 3, -1):
        if product >> bit & 1:
            product ^= 0b10011 << (bit - 4)
    return product


def _power(exponent: int) -> int:
    value = 1
    for _ in range(exponent):
        value = _product(value, 2)
    return value


def _syndromes(word: bytes) -> list[int]:
    """The word's polynomial at the generator's roots, a^6 to a^9 (CCSDS 732.0-B-4 §4.1.2.6.4)."""
    results = []
    for root in range(6, 10):
        total = 0
        for octet in word:
            for symbol in (octet >> 4, octet & 0xF):
                total = _product(total, _power(root)) ^ symbol
        results.append(total)
    return results


@given(CODES)
def test_every_root_of_the_generator_is_a_root_of_a_coded_header(code: tuple[bytes, int]) -> None:
    master, signalling = code
    word = master + bytes((signalling,)) + header_parity(master, signalling)
    assert _syndromes(word) == [0, 0, 0, 0]


@given(CODES, st.integers(0, 9), st.integers(1, 15))
def test_an_altered_symbol_is_no_coded_header(code: tuple[bytes, int], place: int, change: int) -> None:
    master, signalling = code
    word = bytearray(master + bytes((signalling,)) + header_parity(master, signalling))
    word[place // 2] ^= change << (4 if place % 2 == 0 else 0)
    assert header_parity(bytes(word[:2]), word[2]) != bytes(word[3:])


@given(
    st.integers(0, 255),
    st.integers(0, 63),
    st.integers(0, 2**24 - 1),
    st.booleans(),
    st.none() | st.integers(0, 15),
    st.data(),
)
def test_an_aos_frame_comes_back(
    scid: int, vcid: int, count: int, replay: bool, cycle: int | None, data: st.DataObject
) -> None:
    content = data.draw(st.binary(min_size=LAYOUT.capacity(KEYS), max_size=LAYOUT.capacity(KEYS)))
    frame = AosFrame(scid, vcid, count, content, replay, cycle, b"zone", b"clcw")
    raw = encode_aos_frame(frame, KEYS, LAYOUT, iv=count.to_bytes(12, "big"), sequence=count)
    assert len(raw) == LAYOUT.frame_length
    assert decode_aos_frame(raw, KEYS, LAYOUT) == frame


@given(st.integers(0, 127), st.integers(1, 255))
def test_an_altered_aos_frame_is_refused(place: int, change: int) -> None:
    frame = AosFrame(3, 1, 77, bytes(LAYOUT.capacity(KEYS)), insert=b"zone", ocf=b"clcw")
    raw = bytearray(encode_aos_frame(frame, KEYS, LAYOUT, iv=bytes(12), sequence=1))
    raw[place] ^= change
    with pytest.raises(ChecksumMismatch):
        decode_aos_frame(bytes(raw), KEYS, LAYOUT)


def test_aos_frames_that_do_not_fit_the_channel_are_refused() -> None:
    with pytest.raises(FrameMalformed, match="carries 80 octets, not 3"):
        encode_aos_frame(AosFrame(3, 1, 0, b"abc", insert=b"zone", ocf=b"clcw"), KEYS, LAYOUT, iv=bytes(12), sequence=1)
    with pytest.raises(FrameMalformed, match="channel of 128"):
        decode_aos_frame(bytes(22), KEYS, LAYOUT)
    frame = AosFrame(3, 1, 77, bytes(LAYOUT.capacity(KEYS)), insert=b"zone", ocf=b"clcw")
    raw = encode_aos_frame(frame, KEYS, LAYOUT, iv=bytes(12), sequence=1)
    with pytest.raises(AuthenticationFailed):
        decode_aos_frame(raw, SecurityAssociation(9, bytes(32), sequence_length=0), LAYOUT)


def test_the_randomisers_start_as_the_standards_print_them() -> None:
    # CCSDS 231.0-B-4 §6.3.4 and CCSDS 131.0-B-5 §10.5.4 give the first 40 bits.
    assert randomise_tc(bytes(5)).hex() == "ff399e5a68"
    assert randomise_tm(bytes(5)).hex() == "ff480ec09a"


@given(st.binary(max_size=600))
def test_randomising_twice_gives_the_data(data: bytes) -> None:
    assert randomise_tc(randomise_tc(data)) == data
    assert randomise_tm(randomise_tm(data)) == data
    assert randomise_tm(bytes(510))[255:] == randomise_tm(bytes(255))


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=80), st.integers(0, 3)), max_size=12), st.integers(1, 30))
def test_units_come_back_in_order_from_their_segments(units: list[tuple[bytes, int]], capacity: int) -> None:
    receiver, received = Reassembly(), []
    for unit, map_id in units:
        for segment in split_segments(unit, map_id, capacity):
            assert len(segment) <= capacity + 1
            taken = receiver.take(segment)
            if taken is not None:
                received.append((taken[1], taken[0]))
    assert (received, receiver.discarded, receiver.parts) == (units, 0, {})


@given(st.binary(min_size=10, max_size=40), st.booleans())
def test_a_lost_end_gives_no_unit_but_a_count(unit: bytes, first_is_lost: bool) -> None:
    receiver = Reassembly()
    segments = split_segments(unit, 5, 2)
    del segments[0 if first_is_lost else -1]
    assert [receiver.take(one) for one in segments] == [None] * len(segments)
    assert receiver.take(split_segments(b"next", 5, 10)[0]) == (5, b"next")
    assert (receiver.discarded, receiver.parts) == (len(segments) if first_is_lost else 1, {})


def test_what_cannot_be_segmented_is_refused() -> None:
    for unit, map_id, capacity in ((b"x", 64, 5), (b"", 0, 5), (b"x", 0, 0)):
        with pytest.raises(LinkError):
            split_segments(unit, map_id, capacity)
    with pytest.raises(FrameMalformed, match="no segment header"):
        Reassembly().take(b"\xc0")
