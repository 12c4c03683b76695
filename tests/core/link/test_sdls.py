"""Space data link security against NASA CryptoLib's known answers and by properties."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.link import AntiReplay, AuthenticationFailed, ReplayRefused, SecurityAssociation, protect, unprotect
from core.link.errors import SecurityUnknown

REFERENCE = Path(os.environ.get("LLAMASPACE_REFERENCE_DATA", "../shared/data")) / "mcs"
KEYS = SecurityAssociation(7, bytes(range(32)))


def _known_answer(suite: str, test: str) -> dict[str, bytes]:
    path = REFERENCE / "sdls_known_answers.json"
    if not path.exists():
        pytest.skip(f"reference data {path} is absent")
    cases = [case for case in json.loads(path.read_text()) if (case["suite"], case["test"]) == (suite, test)]
    return {name: bytes.fromhex(value) for name, value in cases[0]["hex"].items()}


# The unit test's key ring holds zeros under the key of this association; its frames end in an error control field
# that the receiver of that test does not check.
TM_GCM = SecurityAssociation(5, bytes(32), iv_length=16, sequence_length=0)


def test_a_gcm_frame_of_cryptolib_opens_to_its_truth() -> None:
    case = _known_answer("TM_PROCESS_ENC_VAL", "AEAD_AES_GCM_BITMASK_1")
    opened = unprotect(TM_GCM, case["framed_tm_h"][:-2], 6)
    start = 6 + TM_GCM.header_length
    assert opened.data == case["truth_tm_h"][start : start + len(opened.data)]


def test_protecting_the_truth_again_gives_the_bytes_of_cryptolib() -> None:
    case = _known_answer("TM_PROCESS_ENC_VAL", "AEAD_AES_GCM_BITMASK_1")
    framed = case["framed_tm_h"]
    opened = unprotect(TM_GCM, framed[:-2], 6)
    assert protect(TM_GCM, opened.header, opened.data, iv=opened.iv) == framed[:-2]


@given(
    st.binary(min_size=5, max_size=6),
    st.binary(max_size=200),
    st.binary(min_size=12, max_size=12),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_what_is_protected_opens(header: bytes, data: bytes, iv: bytes, number: int, encrypts: bool) -> None:
    keys = SecurityAssociation(7, bytes(range(32)), encrypts=encrypts)
    opened = unprotect(keys, protect(keys, header, data, iv=iv, sequence_number=number), len(header))
    assert (opened.header, opened.data, opened.iv, opened.sequence_number) == (header, data, iv, number)


@given(st.binary(max_size=60), st.booleans(), st.data())
def test_an_altered_byte_is_refused(content: bytes, encrypts: bool, data: st.DataObject) -> None:
    keys = SecurityAssociation(7, bytes(range(32)), encrypts=encrypts)
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
