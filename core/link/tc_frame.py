"""Telecommand transfer frames (CCSDS 232.0-B-4) with segment header and frame error control."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from core.link.checksum import CRC_LENGTH, append_crc, strip_crc
from core.link.errors import FrameMalformed

__all__ = [
    "SET_VR",
    "TC_HEADER_LENGTH",
    "TC_MAXIMUM_LENGTH",
    "UNLOCK",
    "FrameService",
    "TcFrame",
    "decode_tc_frame",
    "encode_tc_frame",
    "set_vr_directive",
    "tc_frame_length",
    "tc_header",
    "unsegmented",
]

TC_HEADER_LENGTH: Final = 5  # §4.1.2
TC_MAXIMUM_LENGTH: Final = 1024  # §4.1.1
UNLOCK: Final = b"\x00"  # §4.1.3.3.2
SET_VR: Final = b"\x82\x00"  # §4.1.3.3.3, followed by V(R)
_UNSEGMENTED: Final = 0b11 << 6  # §4.1.3.2.2.2


class FrameService(Enum):
    """Type of a frame: (bypass flag, control command flag), §4.1.2.3."""

    AD = (0, 0)
    BD = (1, 0)
    BC = (1, 1)


@dataclass(frozen=True)
class TcFrame:
    """A telecommand frame; ``data`` is all between the primary header and the error control."""

    service: FrameService
    scid: int
    vcid: int
    sequence_number: int
    data: bytes


def unsegmented(map_id: int) -> bytes:
    """Segment header of a data unit that is not segmented."""
    return bytes((_UNSEGMENTED | map_id,))


def set_vr_directive(value: int) -> bytes:
    """Data of the control command that sets V(R)."""
    return SET_VR + bytes((value & 0xFF,))


def tc_header(frame: TcFrame, total_length: int) -> bytes:
    """The primary header of a frame that is so many bytes long in all."""
    if not TC_HEADER_LENGTH + CRC_LENGTH < total_length <= TC_MAXIMUM_LENGTH:
        raise FrameMalformed(f"a TC frame of {total_length} bytes is outside 8 to {TC_MAXIMUM_LENGTH}")
    if not (0 <= frame.scid < 1 << 10 and 0 <= frame.vcid < 1 << 6):
        raise FrameMalformed(f"spacecraft {frame.scid} or virtual channel {frame.vcid} does not fit its field")
    bypass, control = frame.service.value
    first = bypass << 13 | control << 12 | frame.scid
    second = frame.vcid << 10 | (total_length - 1)
    return first.to_bytes(2, "big") + second.to_bytes(2, "big") + bytes((frame.sequence_number & 0xFF,))


def encode_tc_frame(frame: TcFrame) -> bytes:
    """The frame's bytes with its error control."""
    header = tc_header(frame, TC_HEADER_LENGTH + len(frame.data) + CRC_LENGTH)
    return append_crc(header + frame.data)


def tc_frame_length(raw: bytes) -> int:
    """Length in bytes that a frame's header announces; what follows is fill."""
    if len(raw) < TC_HEADER_LENGTH:
        raise FrameMalformed(f"{len(raw)} bytes hold no TC frame header of {TC_HEADER_LENGTH}")
    return (int.from_bytes(raw[2:4], "big") & 0x3FF) + 1


def decode_tc_frame(raw: bytes) -> TcFrame:
    """The frame at the start of these bytes; fill behind it is dropped.

    Raises:
        ChecksumMismatch: The frame error control does not match.
        FrameMalformed: Cut off, or fields that the standard forbids (§4.1.2).
    """
    length = tc_frame_length(raw)
    if not TC_HEADER_LENGTH + CRC_LENGTH < length <= len(raw):
        raise FrameMalformed(f"the header announces {length} bytes, there are {len(raw)}")
    content = strip_crc(raw[:length])
    first, second = int.from_bytes(content[0:2], "big"), int.from_bytes(content[2:4], "big")
    if first >> 14 or first >> 10 & 0b11:
        raise FrameMalformed(f"version {first >> 14} and spare bits {first >> 10 & 0b11} must be 0")
    flags = (first >> 13 & 1, first >> 12 & 1)
    if flags == (0, 1):
        raise FrameMalformed("a control command in sequence-controlled service is reserved")
    return TcFrame(FrameService(flags), first & 0x3FF, second >> 10, content[4], content[TC_HEADER_LENGTH:])
