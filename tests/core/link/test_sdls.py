"""Space data link security by properties; test_sdls_known_answers.py holds it against another implementation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.link import AntiReplay, AuthenticationFailed, ReplayRefused, SecurityAssociation, protect, unprotect
from core.link.anti_replay import complete
from core.link.cipher_suite import AES_256_GCM, AES_256_GMAC, SUITES, CipherSuite
from core.link.errors import FrameMalformed, SecurityUnknown

KEYS = SecurityAssociation(7, bytes(range(32)))
AUTHENTICATING = [suite for suite in SUITES.values() if suite.authenticates]


@given(
    st.binary(min_size=5, max_size=6),
    st.binary(max_size=200),
    st.binary(min_size=12, max_size=12),
    st.integers(0, 2**32 - 1),
    st.sampled_from(list(SUITES.values())),
)
def test_what_is_protected_opens(header: bytes, data: bytes, iv: bytes, number: int, suite: CipherSuite) -> None:
    iv = iv.ljust(16, b"i") if suite.block > 1 else iv
    keys = SecurityAssociation(7, bytes(range(32)), suite, iv_length=len(iv), pad_field_length=int(suite.block > 1))
    opened = unprotect(keys, protect(keys, header, data, iv=iv, sequence_number=number), len(header))
    assert (opened.header, opened.data, opened.iv, opened.sequence_number) == (header, data, iv, number)


@given(st.binary(max_size=60), st.sampled_from(AUTHENTICATING), st.data())
def test_an_altered_byte_is_refused(content: bytes, suite: CipherSuite, data: st.DataObject) -> None:
    keys = SecurityAssociation(7, bytes(range(32)), suite)
    raw = bytearray(protect(keys, b"\x20\x03\x00\x30\x00", content, iv=bytes(12), sequence_number=9))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises((AuthenticationFailed, SecurityUnknown)):
        unprotect(keys, bytes(raw), 5)


def test_header_bits_outside_the_authentication_mask_may_change() -> None:
    keys = SecurityAssociation(7, bytes(range(32)), authentication_mask=b"\xff\xff\xff\xff\x00" + b"\xff" * 18)
    raw = bytearray(protect(keys, b"\x20\x03\x00\x30\x00", b"data", iv=bytes(12), sequence_number=9))
    raw[4] = 0x77
    assert unprotect(keys, bytes(raw), 5).data == b"data"
    raw[3] ^= 1
    with pytest.raises(AuthenticationFailed):
        unprotect(keys, bytes(raw), 5)


@given(st.lists(st.integers(0, 60), max_size=60))
def test_no_sequence_number_is_accepted_twice_or_backwards(numbers: list[int]) -> None:
    memory, accepted = AntiReplay(window=8), []
    for number in numbers:
        try:
            memory.accept(number)
        except ReplayRefused:
            continue
        accepted.append(number)
    assert accepted == sorted(set(accepted))
    assert all(b - a <= 8 for a, b in zip([0, *accepted], accepted, strict=False))


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(SecurityUnknown, match="32 bytes, not 16"):
        SecurityAssociation(1, bytes(16))


@given(st.integers(0, 2**24 - 2), st.integers(1, 1000), st.integers(1, 3))
def test_a_counter_of_which_only_the_end_is_sent_is_completed(last: int, step: int, octets: int) -> None:
    step = min(step, 256**octets)
    value = last + step
    if value >> 24:
        with pytest.raises(ReplayRefused, match="used up"):
            complete(value % 256**octets, octets, last, 3)
    else:
        assert complete(value % 256**octets, octets, last, 3) == value


@pytest.mark.parametrize("spi", [0, 65535, -1])
def test_a_reserved_index_is_refused(spi: int) -> None:
    with pytest.raises(SecurityUnknown, match="outside 1 to 65534"):
        SecurityAssociation(spi, bytes(32))


def test_a_block_cipher_without_a_field_for_its_fill_is_refused() -> None:
    with pytest.raises(SecurityUnknown, match="needs a pad length field"):
        SecurityAssociation(7, bytes(32), SUITES["AES-256-CBC"], iv_length=16)


def test_a_mask_leaves_out_data_only_where_it_reaches_the_data() -> None:
    short = SecurityAssociation(7, bytes(32), AES_256_GMAC, authentication_mask=bytes(5))
    raw = bytearray(protect(short, bytes(5), b"data", iv=bytes(12)))
    raw[-17] ^= 1
    with pytest.raises(AuthenticationFailed):
        unprotect(short, bytes(raw), 5)
    long = SecurityAssociation(7, bytes(32), AES_256_GMAC, authentication_mask=bytes(100))
    raw = bytearray(protect(long, bytes(5), b"data", iv=bytes(12)))
    raw[-17] ^= 1
    assert unprotect(long, bytes(raw), 5).data == b"dat" + bytes((ord("a") ^ 1,))


def test_frames_that_are_too_short_or_claim_too_much_fill_are_refused() -> None:
    with pytest.raises(FrameMalformed, match="no protected frame"):
        unprotect(KEYS, bytes(20), 5)
    padded = SecurityAssociation(7, bytes(32), AES_256_GCM, pad_field_length=1)
    raw = bytearray(protect(padded, bytes(5), b"data", iv=bytes(12)))
    raw[5 + 2 + 12 + 4] = 200
    with pytest.raises(FrameMalformed, match="fill of 200"):
        unprotect(padded, bytes(raw), 5)
