"""USLP frames against another implementation, and everything that a receiver must refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.uslp import (
    BypassSequenceControlFlag,
    PrimaryHeader,
    ProtocolCommandFlag,
    SourceOrDestField,
    TfdzConstructionRules,
    TransferFrame,
    TransferFrameDataField,
    UslpProtocolIdentifier,
)

from core.errors import LinkError
from core.link.cipher_suite import AES_256_CMAC, AES_256_GCM
from core.link.errors import FrameMalformed
from core.link.sdls import SecurityAssociation
from core.link.uslp_frame import (
    DataRule,
    Protocol,
    UslpFrame,
    UslpLayout,
    decode_uslp_frame,
    encode_uslp_frame,
    uslp_frame_length,
)

RULES = list(TfdzConstructionRules)
FRAMES = st.builds(
    UslpFrame,
    scid=st.integers(0, 65_535),
    vcid=st.integers(0, 63),
    map_id=st.integers(0, 15),
    count=st.integers(0, 2**32 - 1),
    data=st.binary(min_size=1, max_size=300),
    rule=st.sampled_from(list(DataRule)),
    protocol=st.sampled_from([Protocol.PACKETS, Protocol.OCTET_STREAM, Protocol.MISSION_SPECIFIC]),
    is_destination=st.booleans(),
    expedited=st.booleans(),
    is_directive=st.booleans(),
    ocf=st.sampled_from([b"", b"\x01\x00\x00\x07"]),
)
LAYOUT = UslpLayout(count_length=4)


@given(FRAMES)
def test_a_clear_frame_is_octet_for_octet_that_of_another_library(frame: UslpFrame) -> None:
    header = PrimaryHeader(
        scid=frame.scid,
        src_dest=SourceOrDestField.DEST if frame.is_destination else SourceOrDestField.SOURCE,
        vcid=frame.vcid,
        map_id=frame.map_id,
        frame_len=0,
        bypass_seq_ctrl_flag=BypassSequenceControlFlag(frame.expedited),
        prot_ctrl_cmd_flag=ProtocolCommandFlag(frame.is_directive),
        op_ctrl_flag=bool(frame.ocf),
        vcf_count_len=4,
        vcf_count=frame.count,
    )
    pointer = 0xFFFF if frame.rule.has_pointer else None
    field = TransferFrameDataField(
        RULES[frame.rule], UslpProtocolIdentifier(frame.protocol.value), frame.data, fhp_or_lvop=pointer
    )
    theirs = TransferFrame(header, field, op_ctrl_field=frame.ocf or None, has_fecf=True)
    theirs.set_frame_len_in_header()
    assert encode_uslp_frame(frame, None, LAYOUT) == bytes(theirs.pack())


@given(FRAMES, st.sampled_from([AES_256_GCM, AES_256_CMAC]), st.integers(1, 2**31))
def test_a_protected_frame_opens_to_itself_and_not_when_it_is_altered(
    frame: UslpFrame, suite: object, number: int
) -> None:
    sa = SecurityAssociation(9, bytes(range(32)), suite, iv_length=12 if suite is AES_256_GCM else 0)  # type: ignore[arg-type]
    iv = number.to_bytes(12, "big") if sa.iv_length else b""
    raw = encode_uslp_frame(frame, sa, LAYOUT, iv=iv, sequence=number)
    assert uslp_frame_length(raw) == len(raw)
    assert decode_uslp_frame(raw, sa, LAYOUT) == frame
    altered = bytearray(raw)
    altered[number % len(raw)] ^= 1 << number % 8
    with pytest.raises(LinkError):
        decode_uslp_frame(bytes(altered), sa, LAYOUT)


@given(st.binary(max_size=80))
def test_any_octets_are_a_frame_or_a_named_error(raw: bytes) -> None:
    try:
        decode_uslp_frame(raw, None, UslpLayout(has_error_control=False))
    except LinkError:
        return


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (UslpFrame(1, 64, 0, 0, b"x"), "virtual channel 64"),
        (UslpFrame(1, 0, 0, 0, b"x", pointer=3), "construction rule 7 has no pointer"),
        (UslpFrame(1, 0, 0, 0, b"x", insert=b"zz"), "do not fit the channel's layout"),
        (UslpFrame(1, 0, 0, 0, bytes(65_536)), "exceeds 65536"),
    ],
)
def test_what_does_not_fit_is_refused(frame: UslpFrame, message: str) -> None:
    with pytest.raises(FrameMalformed, match=message):
        encode_uslp_frame(frame, None, LAYOUT)
