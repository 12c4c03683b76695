"""Space packets (CCSDS 133.0-B-2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from core.link.errors import FrameMalformed

__all__ = [
    "IDLE_APID",
    "PRIMARY_HEADER_LENGTH",
    "SEQUENCE_COUNT_MODULO",
    "PacketType",
    "SpacePacket",
    "decode_packet",
    "encode_packet",
    "idle_packet",
    "packet_length",
    "split_packets",
]

PRIMARY_HEADER_LENGTH: Final = 6  # §4.1.3
IDLE_APID: Final = 0x7FF  # §4.1.3.3.4.4
SEQUENCE_COUNT_MODULO: Final = 1 << 14
_MAXIMUM_DATA_LENGTH: Final = 65_536  # §4.1.3.5


class PacketType(IntEnum):
    """Direction (§4.1.3.3.2)."""

    TELEMETRY = 0
    TELECOMMAND = 1


@dataclass(frozen=True)
class SpacePacket:
    """One packet; ``data`` is the whole packet data field, secondary header included."""

    packet_type: PacketType
    apid: int
    sequence_count: int
    data: bytes
    has_secondary_header: bool = True
    sequence_flags: int = 0b11  # unsegmented, §4.1.3.4.2


def encode_packet(packet: SpacePacket) -> bytes:
    """The packet's bytes."""
    if not 0 <= packet.apid <= IDLE_APID:
        raise FrameMalformed(f"APID {packet.apid} is outside 0 to {IDLE_APID}")
    if not 1 <= len(packet.data) <= _MAXIMUM_DATA_LENGTH:
        raise FrameMalformed(f"packet data of {len(packet.data)} bytes is outside 1 to {_MAXIMUM_DATA_LENGTH}")
    if not 0 <= packet.sequence_count < SEQUENCE_COUNT_MODULO:
        raise FrameMalformed(f"sequence count {packet.sequence_count} is outside 0 to {SEQUENCE_COUNT_MODULO - 1}")
    identification = packet.packet_type << 12 | packet.has_secondary_header << 11 | packet.apid
    sequence = packet.sequence_flags << 14 | packet.sequence_count
    return b"".join(
        (
            identification.to_bytes(2, "big"),
            sequence.to_bytes(2, "big"),
            (len(packet.data) - 1).to_bytes(2, "big"),
            packet.data,
        )
    )


def packet_length(header: bytes) -> int:
    """Length in bytes of the packet that starts with this primary header."""
    return PRIMARY_HEADER_LENGTH + int.from_bytes(header[4:6], "big") + 1


def decode_packet(raw: bytes) -> SpacePacket:
    """The packet in exactly these bytes.

    Raises:
        FrameMalformed: Wrong version, or a length other than the header says.
    """
    if len(raw) <= PRIMARY_HEADER_LENGTH:
        raise FrameMalformed(f"a packet of {len(raw)} bytes is shorter than {PRIMARY_HEADER_LENGTH + 1}")
    if packet_length(raw) != len(raw):
        raise FrameMalformed(f"the header says {packet_length(raw)} bytes, there are {len(raw)}")
    identification = int.from_bytes(raw[0:2], "big")
    if identification >> 13:
        raise FrameMalformed(f"packet version {identification >> 13} is not 0")
    sequence = int.from_bytes(raw[2:4], "big")
    return SpacePacket(
        packet_type=PacketType(identification >> 12 & 1),
        has_secondary_header=bool(identification >> 11 & 1),
        apid=identification & 0x7FF,
        sequence_flags=sequence >> 14,
        sequence_count=sequence & 0x3FFF,
        data=raw[PRIMARY_HEADER_LENGTH:],
    )


def idle_packet(length: int) -> bytes:
    """An idle packet of that total length, at least 7 bytes (§4.1.4.2)."""
    filler = bytes(length - PRIMARY_HEADER_LENGTH)
    return encode_packet(SpacePacket(PacketType.TELEMETRY, IDLE_APID, 0, filler, has_secondary_header=False))


def split_packets(stream: bytes) -> Iterator[bytes]:
    """The packets that lie back to back in a file or buffer.

    Raises:
        FrameMalformed: The last packet is cut off.
    """
    position = 0
    while position < len(stream):
        if len(stream) - position < PRIMARY_HEADER_LENGTH:
            raise FrameMalformed(f"{len(stream) - position} bytes at offset {position} are no packet header")
        length = packet_length(stream[position : position + PRIMARY_HEADER_LENGTH])
        if position + length > len(stream):
            raise FrameMalformed(
                f"the packet at offset {position} needs {length} bytes, {len(stream) - position} remain"
            )
        yield stream[position : position + length]
        position += length
