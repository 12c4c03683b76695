"""Space data link security against the known answers of NASA CryptoLib (numbers only; provenance in the reference data).

What the cases leave open (association, key, mask, which fields a frame has) is written out here. Keys are that project's
published test keys: zeros where its key ring was left empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.link import AntiReplay, ReplayRefused, SecurityAssociation, protect, unprotect
from core.link.aos_frame import AosLayout, decode_aos_frame
from core.link.checksum import append_crc
from core.link.cipher_suite import (
    AES_256_CBC,
    AES_256_CMAC,
    AES_256_GCM,
    AES_256_GCM_SIV,
    AES_256_GCM_UNAUTHENTICATED,
    CLEAR,
    HMAC_SHA_256,
    HMAC_SHA_512,
    CipherSuite,
)
from core.link.errors import LinkError
from core.link.segment import SEGMENT_HEADER_LENGTH
from core.link.tc_frame import decode_tc_frame
from core.link.tm_frame import decode_tm_frame

ZEROS = bytes(32)
KEY_1 = bytes(range(16, 32)) * 2
KEY_130 = bytes.fromhex("fedcba9876543210" * 4)
KEY_136 = bytes.fromhex("ff9f9284cf599eac3b119905a7d18851e7e374cf63aea04358586b0f757670f9")
NIST_KEY = bytes.fromhex("ef9f9284cf599eac3b119905a7d18851e7e374cf63aea04358586b0f757670f8")
NOTHING = bytes(2000)  # a mask that leaves everything out
TM, AOS, TC = 6, 6, 6  # header octets before the security header; TC with its segment header
FECF, OCF_AND_FECF, NO_TRAILER = 2, 6, 0


@dataclass(frozen=True)
class Case:
    """One known answer: which fields it has, where the security header starts, what follows the MAC, and the association."""

    source: str
    test: str
    header: int
    trailer: int
    spi: int
    suite: CipherSuite
    key: bytes = b""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def association(self) -> SecurityAssociation:
        return SecurityAssociation(
            self.spi, self.key, self.suite, **{"iv_length": 0, "sequence_length": 0, **self.options}
        )


def _iv(length: int, **more: Any) -> dict[str, Any]:
    return {"iv_length": length, **more}


MASKED = {"authentication_mask": NOTHING}
APPLIED = [
    Case("tm_apply", "HAPPY_PATH_CLEAR_FECF_LEFT_BLANK", TM, FECF, 5, CLEAR),
    Case("tm_apply", "SECONDARY_HDR_PRESENT_PLAINTEXT", TM + 7, FECF, 5, CLEAR),
    Case("tm_apply", "AES_CMAC_256_TEST_0", TM, FECF, 5, AES_256_CMAC, KEY_136, MASKED),
    Case("tm_apply", "AES_CMAC_256_TEST_1", TM, FECF, 5, AES_256_CMAC, KEY_136),
    Case("tm_apply", "AES_HMAC_SHA_256_TEST_1", TM, FECF, 5, HMAC_SHA_256, KEY_136),
    Case("tm_apply", "AES_HMAC_SHA_512_TEST_0", TM, FECF, 5, HMAC_SHA_512, KEY_136, MASKED),
    Case("tm_apply", "AES_GCM_BITMASK_1", TM, FECF, 5, CLEAR, b"", _iv(16, sequence_length=2)),
    Case("tm_apply", "AEAD_AES_GCM_BITMASK_1", TM, FECF, 5, CLEAR, b"", _iv(16, sequence_length=2)),
    Case("aos_apply", "HAPPY_PATH_CLEAR_FECF", AOS, FECF, 9, CLEAR, b"", _iv(12)),
    Case("aos_apply", "HAPPY_PATH_CLEAR_FHEC_FECF", AOS + 2, OCF_AND_FECF, 10, HMAC_SHA_512, ZEROS, MASKED),
    Case("aos_apply", "HAPPY_PATH_CLEAR_FHEC_OID_FECF", AOS + 8, OCF_AND_FECF, 10, HMAC_SHA_512, ZEROS, MASKED),
    Case("aos_apply", "AES_CMAC_256_TEST_BITMASK_0", AOS, FECF, 10, AES_256_CMAC, ZEROS, MASKED),
    Case("aos_apply", "AES_GCM", AOS, FECF, 10, AES_256_GCM, ZEROS, _iv(16, **MASKED)),
    Case("tc_apply", "PLAINTEXT_W_ARSN", TC - 1, FECF, 1, CLEAR, b"", _iv(12, sequence_length=2)),
    Case("tc_apply", "ENC_CBC_16BP", TC, FECF, 4, AES_256_CBC, KEY_130, _iv(16, iv_transmitted=12, pad_field_length=1)),
]
OPENED = [
    Case("tm_process", "HAPPY_PATH_CLEAR_FECF", TM, FECF, 5, CLEAR, b"", _iv(12)),
    Case("tm_process", "SECONDARY_HDR_PRESENT_PLAINTEXT", TM + 7, FECF, 5, CLEAR, b"", _iv(16)),
    Case("tm_process", "AES_CMAC_256_TEST_0", TM, FECF, 12, AES_256_CMAC, KEY_136, MASKED),
    Case("tm_process", "AES_CMAC_256_TEST_1", TM, FECF, 12, AES_256_CMAC, KEY_136),
    Case("tm_process", "AES_HMAC_SHA_256_TEST_1", TM, FECF, 12, HMAC_SHA_256, KEY_136),
    Case("tm_process", "AES_HMAC_SHA_512_TEST_0", TM, FECF, 12, HMAC_SHA_512, KEY_136, MASKED),
    Case(
        "tm_process", "AES_GCM_BITMASK_1", TM, FECF, 6, AES_256_GCM_UNAUTHENTICATED, ZEROS, _iv(16, pad_field_length=1)
    ),
    Case("tm_process", "AEAD_AES_GCM_BITMASK_1", TM, FECF, 5, AES_256_GCM, ZEROS, _iv(16)),
    Case("aos_process", "HAPPY_PATH_CLEAR_FECF", AOS, FECF, 9, CLEAR, b"", _iv(12)),
    Case("aos_process", "INSERT_ZONE_PRESENT_PLAINTEXT", AOS + 10, FECF, 9, CLEAR, b"", _iv(12)),
    Case("aos_process", "AES_CMAC_256_TEST_0", AOS, FECF, 10, AES_256_CMAC, ZEROS, MASKED),
    Case("aos_process", "AES_HMAC_256_TEST_0", AOS, FECF, 11, HMAC_SHA_256, KEY_130, MASKED),
    Case("aos_process", "AES_GCM_DEC_ONLY", AOS, FECF, 10, AES_256_GCM, ZEROS, _iv(16, **MASKED)),
]


def _cases(folder: Path, source: str, test: str) -> dict[str, bytes]:
    path = folder / "mcs" / "sdls_known_answers.json"
    found = [one for one in json.loads(path.read_text()) if (one["file"], one["test"]) == (f"ut_{source}.c", test)]
    return {name.removesuffix("_h"): bytes.fromhex(value) for name, value in found[0]["hex"].items()}


def _of(values: dict[str, bytes], *prefixes: str) -> bytes:
    return next(value for name, value in values.items() if name.startswith(prefixes))


@pytest.mark.parametrize("case", APPLIED, ids=lambda one: f"{one.source}-{one.test}")
def test_protecting_gives_the_known_bytes(reference_data: Path, case: Case) -> None:
    values, sa = _cases(reference_data, case.source, case.test), case.association
    clear, truth = _of(values, "framed", "test", "raw"), _of(values, "truth")
    security = truth[case.header + 2 : case.header + sa.header_length]
    iv = bytes(sa.iv_length - sa.iv_in_frame) + security[: sa.iv_in_frame]
    number = int.from_bytes(security[sa.iv_in_frame : sa.iv_in_frame + sa.sequence_in_frame], "big")
    if case.source == "tc_apply":  # a clear TC frame has no room for security yet
        data = clear[case.header : -case.trailer]
        expected = truth[: -case.trailer]
        assert protect(sa, truth[: case.header], data, iv=iv, sequence_number=number) == expected
        return
    data = clear[case.header + sa.header_length : len(clear) - case.trailer - sa.mac_in_frame]
    protected = protect(sa, truth[: case.header], data, iv=iv, sequence_number=number)
    assert len(protected) == len(clear) - case.trailer
    assert protected[: len(truth) - case.trailer] == truth[: len(protected)][: len(truth) - case.trailer]


@pytest.mark.parametrize("case", OPENED, ids=lambda one: f"{one.source}-{one.test}")
def test_a_known_frame_opens_to_its_truth(reference_data: Path, case: Case) -> None:
    values, sa = _cases(reference_data, case.source, case.test), case.association
    framed, truth = _of(values, "framed"), _of(values, "truth")
    opened = unprotect(sa, framed[: len(framed) - case.trailer], case.header)
    start = case.header + sa.header_length
    assert len(opened.data) > 1700
    assert opened.data == truth[start : start + len(opened.data)]


@pytest.mark.parametrize("test", ["HAPPY_PATH_DECRYPT_CBC", "DECRYPT_CBC_16B"])
def test_a_cbc_frame_opens_to_its_data(reference_data: Path, test: str) -> None:
    values = _cases(reference_data, "tc_process", test)
    sa = SecurityAssociation(11, KEY_130, AES_256_CBC, iv_length=16, sequence_length=0, pad_field_length=1)
    assert unprotect(sa, values["test_frame_pt"][:-FECF], TC).data == values["truth_data"]


@pytest.mark.parametrize(
    "test",
    [f"AES_GCM_SIV_256_KEY_32_PT_{rest}" for rest in ("8_ENC_TEST_1", "8_ENC_TEST_2", "20_WITH_AAD_ENC_TEST_1")],
)
def test_gcm_siv_gives_the_known_bytes(reference_data: Path, test: str) -> None:
    values = _cases(reference_data, "aes_gcm_siv", test)
    sa = SecurityAssociation(1, values["buffer_rfc_key"], AES_256_GCM_SIV, sequence_length=0, **MASKED)
    frame, header = values["buffer_rfc_pt"], TC - 1
    protected = protect(sa, frame[:header], frame[header:], iv=values["buffer_rfc_nonce"])
    assert protected[header + sa.header_length :] == values["buffer_rfc_ct"]


def _verdicts(sa: SecurityAssociation, frames: Iterator[bytes], trailer: int, replay: list[AntiReplay]) -> list[bool]:
    """Whether each frame is accepted by a receiver that keeps one memory per counter (IV first)."""
    accepted = []
    for frame in frames:
        try:
            opened = unprotect(sa, frame[: len(frame) - trailer], TC)
            numbers = [int.from_bytes(opened.iv, "big")] if sa.iv_length else []
            numbers += [opened.sequence_number] if sa.sequence_length else []
            for memory, number in zip(replay, numbers, strict=True):
                memory.check(number)
            for memory, number in zip(replay, numbers, strict=True):
                memory.accept(number)
        except LinkError:
            accepted.append(False)
        else:
            accepted.append(True)
    return accepted


IV_BEFORE = int.from_bytes(bytes.fromhex("b6ac8e4963f49207ffd6374b"), "big")
ARSN_BEFORE = 0x0123
ORDER = {
    "EXERCISE_IV": ["replay", "outside_window", "good_iv", "good_iv_with_gap"],
    "EXERCISE_ARSN": ["replay", "outside_window", "good_arsn", "good_arsn_with_gap"],
    "GCM_IV_AND_ARSN": [
        "replay",
        "outside_window",
        "bad_iv_bad_arsn",
        "bad_iv_good_arsn",
        "high_iv_good_arsn",
        "good_iv_high_arsn",
        "good_iv_good_arsn",
        "good_iv_bad_arsn",
        "good_iv_gap_good_arsn_gap",
    ],
}
COUNTED = [
    ("EXERCISE_IV", AES_256_GCM_UNAUTHENTICATED, _iv(12), FECF, [IV_BEFORE], [0, 0, 1, 1]),
    ("EXERCISE_ARSN", AES_256_CMAC, {"sequence_length": 2, **MASKED}, FECF, [ARSN_BEFORE], [0, 0, 1, 1]),
    (
        "GCM_IV_AND_ARSN",
        AES_256_GCM,
        _iv(12, sequence_length=2, **MASKED),
        NO_TRAILER,
        [IV_BEFORE, ARSN_BEFORE],
        [0, 0, 0, 0, 0, 0, 1, 0, 1],
    ),
]


@pytest.mark.parametrize(("test", "suite", "options", "trailer", "before", "expected"), COUNTED, ids=list(ORDER))
def test_replayed_frames_and_those_outside_the_window_are_refused(
    reference_data: Path,
    test: str,
    suite: CipherSuite,
    options: dict[str, Any],
    trailer: int,
    before: list[int],
    expected: list[int],
) -> None:
    values = _cases(reference_data, "tc_process", test)
    sa = SecurityAssociation(9, NIST_KEY, suite, **{"iv_length": 0, "sequence_length": 0, **options})
    frames = (values[f"buffer_{name}"] for name in ORDER[test])
    memories = [AntiReplay(last, window=5) for last in before]
    assert _verdicts(sa, frames, trailer, memories) == [bool(one) for one in expected]


ROLLOVERS = [
    ("IV", AES_256_GCM, _iv(12, iv_transmitted=6, **MASKED), "last_iv"),
    ("ARSN", AES_256_CMAC, {"sequence_length": 3, "sequence_transmitted": 2, **MASKED}, "last_sequence_number"),
]


@pytest.mark.parametrize(("counter", "suite", "options", "memory"), ROLLOVERS, ids=["IV", "ARSN"])
def test_a_counter_goes_on_behind_the_octets_that_are_sent(
    reference_data: Path, counter: str, suite: CipherSuite, options: dict[str, Any], memory: str
) -> None:
    values = _cases(reference_data, "tc_process", f"HAPPY_PATH_PROCESS_NONTRANSMITTED_INCREMENTING_{counter}_ROLLOVER")
    sa = SecurityAssociation(4, KEY_130, suite, **{"iv_length": 0, "sequence_length": 0, **options})
    bits = 8 * (sa.iv_in_frame or sa.sequence_in_frame)
    last = (1 << bits) - 3
    for name, number in (("fe", last + 1), ("ff", last + 2), ("00", last + 3)):
        opened = unprotect(sa, values[f"dec_test_{name}"][:-FECF], TC, **{memory: last})
        last = opened.sequence_number
        assert (last, opened.data.hex()) == (number, "80d2c70008197f0b00310000b1fe")
    assert last == 1 << bits
    with pytest.raises(ReplayRefused):
        AntiReplay(last).check(last)


MALFORMED = [
    ("aos_process", "AOS_SA_SEGFAULT_TEST"),
    ("aos_process", "AOS_PROCESS_HEAP_UNDERFLOW_TEST"),
    ("aos_process", "AOS_6BYTE_TEST"),
    ("aos_process", "AOS_8BYTE_TEST"),
    ("aos_process", "AOS_KEY_STATE_TEST"),
    ("tc_process", "ERROR_TC_INPUT_FRAME_TOO_SHORT_FOR_SPECIFIED_FRAME_LENGTH_HEADER"),
    ("tc_process", "TC_PROCESS_PREP_AAD_UNDERFLOW_TEST"),
    ("tc_process", "TC_HEAP_BUFFER_OVERFLOW_TEST_2"),
    ("tc_process", "TC_SA_NOT_OPERATIONAL"),
    ("tm_process", "TM_PROCESS_HEAP_UNDERFLOW_TEST"),
    ("tm_process", "TM_PROCESS_Secondary_Hdr_OVERFLOW_TEST"),
    ("tm_process", "TM_PROCESS_Secondary_Hdr_One_Too_Big"),
    ("crypto", "BAD_CC_FLAG"),
]


@pytest.mark.parametrize(("source", "test"), MALFORMED)
def test_malformed_frames_are_refused(reference_data: Path, source: str, test: str) -> None:
    raw = next(iter(_cases(reference_data, source, test).values()))
    sa = SecurityAssociation(5, ZEROS)
    with pytest.raises(LinkError):
        if source == "aos_process":
            decode_aos_frame(raw, sa, AosLayout())
        elif source == "tm_process":
            decode_tm_frame(raw, sa)
        else:
            content = decode_tc_frame(raw)
            unprotect(sa, content.data, SEGMENT_HEADER_LENGTH)


def test_an_opened_truth_seals_to_the_same_frame_again(reference_data: Path) -> None:
    """The error control of the benchmark frames, where they have a true one, is ours too."""
    framed = _of(_cases(reference_data, "aos_process", "AES_CMAC_256_TEST_0"), "framed")
    assert append_crc(framed[:-FECF]) == framed
