"""Telemetry packets without a secondary header: no PUS packets, such as those that carry units of file delivery."""

from __future__ import annotations

from typing import Final

from core.mdb import DecodedPacket, MissionDatabase, PacketUndecodable, decode_packet

__all__ = ["BARE_SERVICE", "bare_packet"]

BARE_SERVICE: Final = 0  # under which the archive keeps them: PUS has no service 0
_SECONDARY_HEADER: Final = 0x08


def bare_packet(mdb: MissionDatabase, raw: bytes) -> DecodedPacket | None:
    """The container of a packet without a secondary header; None where it has one, or no container matches it.

    What is in it is for whoever takes it apart by its own rules: it gives no parameters.
    """
    if not raw or raw[0] & _SECONDARY_HEADER:
        return None
    for root in mdb.roots()[1:]:  # PUS packets begin with the first
        try:
            return DecodedPacket(decode_packet(mdb, raw, error_control=False, root=root.name).name, {})
        except PacketUndecodable:
            continue
    return None
