"""Telemetry transfer frames of fixed length with SDLS, control word and error control (CCSDS 132.0-B-3)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.link.checksum import CRC_LENGTH, append_crc, strip_crc
from core.link.clcw import CLCW_LENGTH
from core.link.errors import FrameMalformed
from core.link.sdls import SecurityAssociation, protect, unprotect
from core.link.space_packet import IDLE_APID, PRIMARY_HEADER_LENGTH, idle_packet, packet_length

__all__ = [
    "NO_PACKET_START",
    "TM_FRAME_LENGTH",
    "TM_HEADER_LENGTH",
    "ExtractedPackets",
    "TmFrame",
    "TmFrameHeader",
    "decode_tm_frame",
    "encode_tm_frame",
    "extract_packets",
    "fill_frames",
    "tm_capacity",
    "tm_header_of",
]

TM_HEADER_LENGTH: Final = 6  # §4.1.2
TM_FRAME_LENGTH: Final = 1115  # a Reed-Solomon code block of interleaving depth 5, CCSDS 131.0-B
NO_PACKET_START: Final = 0x7FF  # §4.1.2.7.6.4
ONLY_IDLE_DATA: Final = 0x7FE  # §4.1.2.7.6.5
_MINIMUM_PACKET_LENGTH: Final = PRIMARY_HEADER_LENGTH + 1
_STATUS: Final = 0b11 << 11  # no secondary header, packets, in order, segment length id 3 (§4.1.2.7)


@dataclass(frozen=True)
class TmFrameHeader:
    """The primary header."""

    scid: int
    vcid: int
    has_ocf: bool
    master_count: int
    virtual_count: int
    first_header_pointer: int


@dataclass(frozen=True)
class TmFrame:
    """A telemetry frame; ``extended_count`` is the virtual channel frame count that never wraps (from the IV)."""

    header: TmFrameHeader
    extended_count: int
    data: bytes
    ocf: bytes


@dataclass(frozen=True)
class ExtractedPackets:
    """Whole packets from a frame, and the head of the one that the next frame continues."""

    packets: tuple[bytes, ...]
    remainder: bytes


def tm_capacity(sa: SecurityAssociation, frame_length: int = TM_FRAME_LENGTH) -> int:
    """Octets of packets that one protected frame carries."""
    return frame_length - TM_HEADER_LENGTH - sa.overhead - CLCW_LENGTH - CRC_LENGTH


def tm_header_of(raw: bytes) -> TmFrameHeader:
    """The primary header at the start of a frame; nothing is verified yet."""
    if len(raw) < TM_HEADER_LENGTH:
        raise FrameMalformed(f"{len(raw)} octets hold no TM frame header of {TM_HEADER_LENGTH}")
    first, status = int.from_bytes(raw[0:2], "big"), int.from_bytes(raw[4:6], "big")
    if first >> 14:
        raise FrameMalformed(f"TM frame version {first >> 14} is not 0")
    return TmFrameHeader(
        scid=first >> 4 & 0x3FF,
        vcid=first >> 1 & 0b111,
        has_ocf=bool(first & 1),
        master_count=raw[2],
        virtual_count=raw[3],
        first_header_pointer=status & 0x7FF,
    )


def encode_tm_frame(frame: TmFrame, sa: SecurityAssociation) -> bytes:
    """The protected frame; IV and sequence number are the extended count, so neither repeats under a key."""
    header = frame.header
    first = header.scid << 4 | header.vcid << 1 | header.has_ocf
    raw_header = b"".join(
        (
            first.to_bytes(2, "big"),
            bytes((header.master_count & 0xFF, header.virtual_count & 0xFF)),
            (_STATUS | header.first_header_pointer).to_bytes(2, "big"),
        )
    )
    iv = frame.extended_count.to_bytes(sa.iv_length, "big")
    protected = protect(sa, raw_header, frame.data, iv=iv, sequence_number=frame.extended_count)
    return append_crc(protected + frame.ocf)


def decode_tm_frame(raw: bytes, sa: SecurityAssociation) -> TmFrame:
    """The verified content of a protected frame.

    Raises:
        ChecksumMismatch, AuthenticationFailed, SecurityUnknown, FrameMalformed: Nothing of it may be used.
    """
    content = strip_crc(raw)
    header = tm_header_of(content)
    ocf = content[-CLCW_LENGTH:] if header.has_ocf else b""
    body = content[: len(content) - len(ocf)]
    opened = unprotect(sa, body, TM_HEADER_LENGTH)
    count = int.from_bytes(opened.iv, "big")
    if count & 0xFF != header.virtual_count:
        raise FrameMalformed(f"the frame count {header.virtual_count} contradicts the IV's {count}")
    return TmFrame(header, count, opened.data, ocf)


def fill_frames(packets: list[bytes], capacity: int) -> Iterator[tuple[int, bytes]]:
    """(first header pointer, data field) of the frames that carry these packets; idle packets fill the last one.

    Packets may span frames; the last frame ends with a whole packet, so nothing waits for a later frame.
    """
    starts, stream = _concatenate(packets, capacity)
    for begin in range(0, len(stream), capacity):
        place = bisect_left(starts, begin)
        first = starts[place] - begin if place < len(starts) else capacity
        yield (first if first < capacity else NO_PACKET_START), stream[begin : begin + capacity]


def _concatenate(packets: list[bytes], capacity: int) -> tuple[list[int], bytes]:
    starts, length = [], 0
    for packet in packets:
        starts.append(length)
        length += len(packet)
    gap = -length % capacity
    if not gap and packets:
        return starts, b"".join(packets)
    if not packets:
        gap = capacity
    elif gap < _MINIMUM_PACKET_LENGTH:
        gap += capacity  # too small for an idle packet: it spills into one more frame
    return [*starts, length], b"".join(packets) + idle_packet(gap)


def extract_packets(data: bytes, first_header_pointer: int, remainder: bytes) -> ExtractedPackets:
    """Take whole packets out of a frame's data field; idle packets are dropped.

    Args:
        data: The data field.
        first_header_pointer: Offset of the first packet that starts in it.
        remainder: Head of a packet from the frame before, empty when that frame was missed.
    """
    if first_header_pointer == ONLY_IDLE_DATA:
        return ExtractedPackets((), b"")
    if first_header_pointer == NO_PACKET_START:
        buffer = remainder + data if remainder else b""
    elif first_header_pointer > len(data):
        raise FrameMalformed(f"first header pointer {first_header_pointer} lies beyond {len(data)} octets")
    else:
        buffer = remainder + data if remainder else data[first_header_pointer:]
    return _take_packets(buffer)


def _take_packets(buffer: bytes) -> ExtractedPackets:
    packets, position = [], 0
    while len(buffer) - position >= PRIMARY_HEADER_LENGTH:
        header = buffer[position : position + PRIMARY_HEADER_LENGTH]
        length = packet_length(header)
        if position + length > len(buffer):
            break
        if int.from_bytes(header[0:2], "big") & IDLE_APID != IDLE_APID:
            packets.append(buffer[position : position + length])
        position += length
    return ExtractedPackets(tuple(packets), buffer[position:])
