"""Units of CFDP in space packets: one unit a packet, whole, without a secondary header (CCSDS 133.0-B-2).

Nothing in such a packet can be taken for a telecommand: its APID is that of file delivery, and a PUS packet has a secondary
header.
"""

from __future__ import annotations

from core.link.errors import FrameMalformed
from core.link.space_packet import PacketType, SpacePacket, decode_packet, encode_packet

__all__ = ["is_unit_packet", "unit_in_packet", "unit_packet"]

_UNSEGMENTED = 0b11


def unit_packet(direction: PacketType, apid: int, sequence_count: int, unit: bytes) -> bytes:
    """The packet that carries a unit."""
    return encode_packet(SpacePacket(direction, apid, sequence_count, unit, has_secondary_header=False))


def is_unit_packet(raw: bytes, apid: int) -> bool:
    """Whether octets begin like a packet of file delivery."""
    return len(raw) > 1 and int.from_bytes(raw[:2], "big") & 0xEFFF == apid


def unit_in_packet(raw: bytes, direction: PacketType, apid: int) -> bytes:
    """The unit that a packet carries.

    Raises:
        FrameMalformed: It is no packet of file delivery in this direction.
    """
    packet = decode_packet(raw)
    if packet.packet_type is not direction or packet.apid != apid:
        raise FrameMalformed(
            f"a {packet.packet_type.name.lower()} packet of APID {packet.apid} is not one of APID {apid}"
        )
    if packet.has_secondary_header or packet.sequence_flags != _UNSEGMENTED:
        raise FrameMalformed(f"the packet of APID {apid} is segmented or has a secondary header")
    return packet.data
