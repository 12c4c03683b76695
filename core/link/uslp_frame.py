"""Unified space data link protocol (USLP) transfer frames with SDLS, control word and error control (CCSDS 732.1-B-3).

A frame is: primary header | insert zone | security header | data field (its header first) | MAC | control word | error control.
Protection covers the whole data field with its header (355.0-B-2 §2.3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from core.link.checksum import CRC_LENGTH, append_crc, strip_crc
from core.link.clcw import CLCW_LENGTH
from core.link.errors import FrameMalformed
from core.link.sdls import SecurityAssociation, protect, unprotect

__all__ = [
    "USLP_MAXIMUM_LENGTH",
    "DataRule",
    "Protocol",
    "UslpFrame",
    "UslpLayout",
    "decode_uslp_frame",
    "encode_uslp_frame",
    "uslp_frame_length",
]

USLP_MAXIMUM_LENGTH: Final = 65_536  # §4.1.2.7
_VERSION: Final = 0b1100  # §4.1.2.2.2
_FIXED_LENGTH: Final = 7  # octets of the primary header before the frame count, §4.1.2
_LENGTH_AT: Final = 4
_LARGEST_COUNT_LENGTH: Final = 7
_NO_POINTER: Final = 0xFFFF  # no packet or service data unit begins here, §4.1.4.2.4.4


class DataRule(IntEnum):
    """How the data zone is made (§4.1.4.2.2); the first three have a pointer."""

    PACKETS_SPAN_FRAMES = 0
    START_OF_MAPA_UNIT = 1
    CONTINUING_MAPA_UNIT = 2
    OCTET_STREAM = 3
    FIRST_SEGMENT = 4
    CONTINUING_SEGMENT = 5
    LAST_SEGMENT = 6
    NO_SEGMENTATION = 7

    @property
    def has_pointer(self) -> bool:
        """Whether the data field's header has a first header or last valid octet pointer."""
        return self <= DataRule.CONTINUING_MAPA_UNIT


class Protocol(IntEnum):
    """What the data zone holds (§4.1.4.2.3; SANA registry of USLP protocol identifiers)."""

    PACKETS = 0
    COP_1_DIRECTIVE = 1
    COP_P_DIRECTIVE = 2
    SDLS_COMMAND = 3
    OCTET_STREAM = 4
    MISSION_SPECIFIC = 5
    IDLE = 31


@dataclass(frozen=True)
class UslpLayout:
    """What is fixed for a physical channel: all frames of it look so.

    Args:
        insert_length: Octets of the insert zone; 0 for none.
        count_length: Octets of the virtual channel frame count, 0 to 7.
        has_error_control: Whether frames end with the 16-bit error control.
    """

    insert_length: int = 0
    count_length: int = 4
    has_error_control: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.count_length <= _LARGEST_COUNT_LENGTH:
            raise FrameMalformed(f"a frame count of {self.count_length} octets is outside 0 to {_LARGEST_COUNT_LENGTH}")

    @property
    def header_length(self) -> int:
        """Octets before the security header."""
        return _FIXED_LENGTH + self.count_length + self.insert_length


@dataclass(frozen=True)
class UslpFrame:
    """A USLP frame.

    Args:
        scid, vcid, map_id: Spacecraft (16 bits), virtual channel (6), multiplexer access point (4).
        count: Virtual channel frame count, of as many octets as the channel has.
        data: The data zone.
        rule, protocol: How the zone is made, and what it holds.
        pointer: First header or last valid octet pointer, where the rule has one; None for none in this frame.
        is_destination: Whether the spacecraft is the receiver, or the sender.
        expedited: Whether the frame bypasses sequence control (BD).
        is_directive: Whether it carries a protocol control command (BC).
        insert, ocf: Insert zone and control word, where there are.
    """

    scid: int
    vcid: int
    map_id: int
    count: int
    data: bytes
    rule: DataRule = DataRule.NO_SEGMENTATION
    protocol: Protocol = Protocol.PACKETS
    pointer: int | None = None
    is_destination: bool = False
    expedited: bool = False
    is_directive: bool = False
    insert: bytes = b""
    ocf: bytes = b""


def encode_uslp_frame(
    frame: UslpFrame, sa: SecurityAssociation | None, layout: UslpLayout, *, iv: bytes = b"", sequence: int = 0
) -> bytes:
    """The frame, protected where there is a security association.

    Raises:
        FrameMalformed: A field does not fit, or its parts do not fit the channel's layout.
    """
    if len(frame.insert) != layout.insert_length or len(frame.ocf) not in (0, CLCW_LENGTH):
        raise FrameMalformed(
            f"insert zone of {len(frame.insert)} and control field of {len(frame.ocf)} octets do not fit the channel's layout"
        )
    field = _data_header(frame) + frame.data
    fill = sa.suite.fill(len(field)) if sa is not None else 0
    trailer = len(frame.ocf) + CRC_LENGTH * layout.has_error_control
    overhead = sa.overhead if sa is not None else 0
    header = _header(frame, layout, layout.header_length + overhead + len(field) + fill + trailer)
    content = header + frame.insert
    content = content + field if sa is None else protect(sa, content, field, iv=iv, sequence_number=sequence)
    content += frame.ocf
    return append_crc(content) if layout.has_error_control else content


def uslp_frame_length(raw: bytes) -> int:
    """Octets that a frame's header announces; what follows is another frame or fill."""
    if len(raw) < _FIXED_LENGTH:
        raise FrameMalformed(f"{len(raw)} octets hold no USLP header of {_FIXED_LENGTH}")
    return int.from_bytes(raw[_LENGTH_AT : _LENGTH_AT + 2], "big") + 1


def decode_uslp_frame(raw: bytes, sa: SecurityAssociation | None, layout: UslpLayout) -> UslpFrame:
    """The verified content of a whole frame.

    Raises:
        ChecksumMismatch, AuthenticationFailed, SecurityUnknown, FrameMalformed: Nothing of it may be used.
    """
    if uslp_frame_length(raw) != len(raw):
        raise FrameMalformed(f"the header announces {uslp_frame_length(raw)} octets, there are {len(raw)}")
    content = strip_crc(raw) if layout.has_error_control else raw
    first, flags = int.from_bytes(content[:4], "big"), content[_FIXED_LENGTH - 1]
    if first >> 28 != _VERSION or first & 1:
        raise FrameMalformed(f"version {first >> 28} is not {_VERSION}, or the header is a truncated one")
    if flags & 0b0011_0000:
        raise FrameMalformed("spare bits of the header must be 0")
    if flags & 0b111 != layout.count_length:
        raise FrameMalformed(f"a frame count of {flags & 0b111} octets came on a channel of {layout.count_length}")
    has_ocf = bool(flags & 0b1000)
    end = len(content) - CLCW_LENGTH * has_ocf
    if end < layout.header_length:
        raise FrameMalformed(f"{len(content)} octets hold no frame of this channel")
    if sa is None:
        header, field = content[: layout.header_length], content[layout.header_length : end]
    else:
        opened = unprotect(sa, content[:end], layout.header_length)
        header, field = opened.header, opened.data
    rule, protocol, pointer, data = _open_data_field(field)
    return UslpFrame(
        scid=first >> 12 & 0xFFFF,
        vcid=first >> 5 & 0x3F,
        map_id=first >> 1 & 0x0F,
        count=int.from_bytes(header[_FIXED_LENGTH : _FIXED_LENGTH + layout.count_length], "big"),
        data=data,
        rule=rule,
        protocol=protocol,
        pointer=pointer,
        is_destination=bool(first >> 11 & 1),
        expedited=bool(flags >> 7),
        is_directive=bool(flags >> 6 & 1),
        insert=header[_FIXED_LENGTH + layout.count_length :],
        ocf=content[end:],
    )


def _header(frame: UslpFrame, layout: UslpLayout, length: int) -> bytes:
    fits = 0 <= frame.scid < 1 << 16 and 0 <= frame.vcid < 1 << 6 and 0 <= frame.map_id < 1 << 4
    if not fits:
        raise FrameMalformed(
            f"spacecraft {frame.scid}, virtual channel {frame.vcid} or MAP {frame.map_id} does not fit its field"
        )
    if length > USLP_MAXIMUM_LENGTH:
        raise FrameMalformed(f"a USLP frame of {length} octets exceeds {USLP_MAXIMUM_LENGTH}")
    first = _VERSION << 28 | frame.scid << 12 | frame.is_destination << 11 | frame.vcid << 5 | frame.map_id << 1
    flags = frame.expedited << 7 | frame.is_directive << 6 | bool(frame.ocf) << 3 | layout.count_length
    count = frame.count % (1 << 8 * layout.count_length)
    return b"".join(
        (
            first.to_bytes(4, "big"),
            (length - 1).to_bytes(2, "big"),
            bytes((flags,)),
            count.to_bytes(layout.count_length, "big"),
        )
    )


def _data_header(frame: UslpFrame) -> bytes:
    header = bytes((frame.rule << 5 | frame.protocol,))
    if not frame.rule.has_pointer:
        if frame.pointer is not None:
            raise FrameMalformed(f"construction rule {frame.rule} has no pointer")
        return header
    pointer = _NO_POINTER if frame.pointer is None else frame.pointer
    if not 0 <= pointer <= _NO_POINTER:
        raise FrameMalformed(f"pointer {pointer} does not fit its 16 bits")
    return header + pointer.to_bytes(2, "big")


def _open_data_field(field: bytes) -> tuple[DataRule, Protocol, int | None, bytes]:
    if not field:
        raise FrameMalformed("the frame has no data field")
    rule, number = DataRule(field[0] >> 5), field[0] & 0x1F
    if number not in set(Protocol):
        raise FrameMalformed(f"protocol identifier {number} is none that is known here")
    if not rule.has_pointer:
        return rule, Protocol(number), None, field[1:]
    if len(field) < 3:
        raise FrameMalformed("the data field ends within its header")
    pointer = int.from_bytes(field[1:3], "big")
    return rule, Protocol(number), None if pointer == _NO_POINTER else pointer, field[3:]
