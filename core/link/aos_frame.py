"""AOS transfer frames with SDLS, insert zone, control word and error control (CCSDS 732.0-B-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.link.checksum import CRC_LENGTH, append_crc, strip_crc
from core.link.clcw import CLCW_LENGTH
from core.link.errors import ChecksumMismatch, FrameMalformed
from core.link.header_code import header_parity
from core.link.sdls import SecurityAssociation, protect, unprotect

__all__ = ["AOS_HEADER_LENGTH", "AosFrame", "AosLayout", "decode_aos_frame", "encode_aos_frame"]

AOS_HEADER_LENGTH: Final = 6  # §4.1.2
_VERSION: Final = 0b01  # §4.1.2.2.2
_HEADER_CODE_LENGTH: Final = 2
_COUNT_MODULO: Final = 1 << 24


@dataclass(frozen=True)
class AosLayout:
    """What is fixed for a physical channel (§5.2): all frames of it look so.

    Args:
        frame_length: Octets of every frame.
        insert_length: Octets of the insert zone; 0 for none.
        has_header_code: Whether the header has its own error control.
        has_ocf: Whether frames carry an operational control field.
    """

    frame_length: int = 1115
    insert_length: int = 0
    has_header_code: bool = False
    has_ocf: bool = True

    @property
    def header_length(self) -> int:
        """Octets before the security header."""
        return AOS_HEADER_LENGTH + _HEADER_CODE_LENGTH * self.has_header_code + self.insert_length

    def capacity(self, sa: SecurityAssociation) -> int:
        """Octets of data that one protected frame carries."""
        trailer = CLCW_LENGTH * self.has_ocf + CRC_LENGTH
        return self.frame_length - self.header_length - sa.overhead - trailer


@dataclass(frozen=True)
class AosFrame:
    """An AOS frame; ``count`` is the 24-bit virtual channel frame count, ``cycle`` its four more bits where used."""

    scid: int
    vcid: int
    count: int
    data: bytes
    replay: bool = False
    cycle: int | None = None
    insert: bytes = b""
    ocf: bytes = b""


def encode_aos_frame(frame: AosFrame, sa: SecurityAssociation, layout: AosLayout, *, iv: bytes, sequence: int) -> bytes:
    """The protected frame.

    Raises:
        FrameMalformed: Its parts do not fit the channel's layout.
    """
    if len(frame.data) != layout.capacity(sa):
        raise FrameMalformed(
            f"an AOS frame of this channel carries {layout.capacity(sa)} octets, not {len(frame.data)}"
        )
    if len(frame.insert) != layout.insert_length or len(frame.ocf) != CLCW_LENGTH * layout.has_ocf:
        raise FrameMalformed(
            f"insert zone of {len(frame.insert)} and control field of {len(frame.ocf)} octets do not fit the channel's layout"
        )
    protected = protect(sa, _header(frame, layout) + frame.insert, frame.data, iv=iv, sequence_number=sequence)
    return append_crc(protected + frame.ocf)


def decode_aos_frame(raw: bytes, sa: SecurityAssociation, layout: AosLayout) -> AosFrame:
    """The verified content of a protected frame.

    Raises:
        ChecksumMismatch, AuthenticationFailed, SecurityUnknown, FrameMalformed: Nothing of it may be used.
    """
    if len(raw) != layout.frame_length:
        raise FrameMalformed(f"a frame of {len(raw)} octets came on a channel of {layout.frame_length}")
    content = strip_crc(raw)
    first = int.from_bytes(content[:2], "big")
    if first >> 14 != _VERSION:
        raise FrameMalformed(f"AOS frame version {first >> 14} is not {_VERSION}")
    signalling = content[5]
    if layout.has_header_code and header_parity(content[:2], signalling) != content[6:8]:
        raise ChecksumMismatch("the frame header error control does not match")
    ocf = content[len(content) - CLCW_LENGTH :] if layout.has_ocf else b""
    opened = unprotect(sa, content[: len(content) - len(ocf)], layout.header_length)
    return AosFrame(
        scid=first >> 6 & 0xFF,
        vcid=first & 0x3F,
        count=int.from_bytes(content[2:5], "big"),
        data=opened.data,
        replay=bool(signalling >> 7),
        cycle=signalling & 0x0F if signalling >> 6 & 1 else None,
        insert=opened.header[layout.header_length - layout.insert_length :],
        ocf=ocf,
    )


def _header(frame: AosFrame, layout: AosLayout) -> bytes:
    if not (0 <= frame.scid < 1 << 8 and 0 <= frame.vcid < 1 << 6):
        raise FrameMalformed(f"spacecraft {frame.scid} or virtual channel {frame.vcid} does not fit its field")
    master = (_VERSION << 14 | frame.scid << 6 | frame.vcid).to_bytes(2, "big")
    cycle = 0 if frame.cycle is None else 1 << 6 | frame.cycle & 0x0F
    signalling = frame.replay << 7 | cycle
    code = header_parity(master, signalling) if layout.has_header_code else b""
    return master + (frame.count % _COUNT_MODULO).to_bytes(3, "big") + bytes((signalling,)) + code
