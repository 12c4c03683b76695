"""Telecommand and telemetry packets of the packet utilisation standard (ECSS-E-ST-70-41C, PUS-C)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from core.link.checksum import append_crc, strip_crc
from core.link.errors import FrameMalformed
from core.link.space_packet import PacketType, SpacePacket, decode_packet, encode_packet
from core.link.time_code import CUC_LENGTH, decode_cuc, encode_cuc

__all__ = [
    "TM_SECONDARY_HEADER_LENGTH",
    "Acknowledge",
    "RequestId",
    "Telecommand",
    "Telemetry",
    "decode_telecommand",
    "decode_telemetry",
    "encode_telecommand",
    "encode_telemetry",
]

_PUS_VERSION: Final = 2  # §7.4.3.1, §7.4.4.1
_TC_SECONDARY_HEADER_LENGTH: Final = 5
TM_SECONDARY_HEADER_LENGTH: Final = 7 + CUC_LENGTH


class Acknowledge(IntFlag):
    """Reports asked for (§7.4.4.1)."""

    NONE = 0
    COMPLETION = 0b0001
    PROGRESS = 0b0010
    START = 0b0100
    ACCEPTANCE = 0b1000
    ALL = 0b1111


@dataclass(frozen=True)
class RequestId:
    """What a verification report says it is about (§8.1.2.1): APID and sequence count of the telecommand."""

    apid: int
    sequence_count: int

    def encode(self) -> bytes:
        """Four octets as in the telecommand's primary header."""
        identification = PacketType.TELECOMMAND << 12 | 1 << 11 | self.apid
        return identification.to_bytes(2, "big") + (0b11 << 14 | self.sequence_count).to_bytes(2, "big")


@dataclass(frozen=True)
class Telecommand:
    """A telecommand packet."""

    apid: int
    sequence_count: int
    service: int
    subtype: int
    data: bytes
    source_id: int = 0
    acknowledge: Acknowledge = Acknowledge.ALL

    @property
    def request_id(self) -> RequestId:
        """How reports name this telecommand."""
        return RequestId(self.apid, self.sequence_count)


@dataclass(frozen=True)
class Telemetry:
    """A telemetry packet; ``t_tai_s`` is its generation time, TAI seconds since J2000."""

    apid: int
    sequence_count: int
    service: int
    subtype: int
    message_count: int
    t_tai_s: float
    data: bytes
    destination_id: int = 0


def encode_telecommand(command: Telecommand) -> bytes:
    """The telecommand's packet with its error control."""
    header = bytes((_PUS_VERSION << 4 | command.acknowledge, command.service, command.subtype))
    content = header + command.source_id.to_bytes(2, "big") + command.data
    return _with_crc(SpacePacket(PacketType.TELECOMMAND, command.apid, command.sequence_count, content))


def decode_telecommand(raw: bytes) -> Telecommand:
    """The telecommand in a packet.

    Raises:
        ChecksumMismatch: The packet error control does not match.
        FrameMalformed: No PUS-C telecommand.
    """
    packet = _without_crc(raw, PacketType.TELECOMMAND, _TC_SECONDARY_HEADER_LENGTH)
    header = packet.data[:_TC_SECONDARY_HEADER_LENGTH]
    return Telecommand(
        apid=packet.apid,
        sequence_count=packet.sequence_count,
        acknowledge=Acknowledge(header[0] & 0x0F),
        service=header[1],
        subtype=header[2],
        source_id=int.from_bytes(header[3:5], "big"),
        data=packet.data[_TC_SECONDARY_HEADER_LENGTH:],
    )


def encode_telemetry(report: Telemetry) -> bytes:
    """The report's packet with its error control; time status 0 (not synchronised to a reference, §7.4.3.1)."""
    header = b"".join(
        (
            bytes((_PUS_VERSION << 4, report.service, report.subtype)),
            (report.message_count & 0xFFFF).to_bytes(2, "big"),
            report.destination_id.to_bytes(2, "big"),
            encode_cuc(report.t_tai_s),
        )
    )
    return _with_crc(SpacePacket(PacketType.TELEMETRY, report.apid, report.sequence_count, header + report.data))


def decode_telemetry(raw: bytes) -> Telemetry:
    """The report in a packet.

    Raises:
        ChecksumMismatch: The packet error control does not match.
        FrameMalformed: No PUS-C telemetry.
    """
    packet = _without_crc(raw, PacketType.TELEMETRY, TM_SECONDARY_HEADER_LENGTH)
    header = packet.data
    return Telemetry(
        apid=packet.apid,
        sequence_count=packet.sequence_count,
        service=header[1],
        subtype=header[2],
        message_count=int.from_bytes(header[3:5], "big"),
        destination_id=int.from_bytes(header[5:7], "big"),
        t_tai_s=decode_cuc(header[7:TM_SECONDARY_HEADER_LENGTH]),
        data=header[TM_SECONDARY_HEADER_LENGTH:],
    )


def _with_crc(packet: SpacePacket) -> bytes:
    # The length field counts the error control, so it is encoded with room for it.
    room = encode_packet(SpacePacket(packet.packet_type, packet.apid, packet.sequence_count, packet.data + b"\0\0"))
    return append_crc(room[:-2])


def _without_crc(raw: bytes, expected: PacketType, header_length: int) -> SpacePacket:
    packet = decode_packet(raw)
    strip_crc(raw)
    content = packet.data[:-2]
    if packet.packet_type is not expected or not packet.has_secondary_header:
        raise FrameMalformed(f"the packet of APID {packet.apid} is no {expected.name.lower()} with a secondary header")
    if len(content) < header_length:
        raise FrameMalformed(f"{len(content)} bytes hold no secondary header of {header_length}")
    if content[0] >> 4 != _PUS_VERSION:
        raise FrameMalformed(f"PUS version {content[0] >> 4} is not {_PUS_VERSION}")
    return SpacePacket(packet.packet_type, packet.apid, packet.sequence_count, content)
