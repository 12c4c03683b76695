"""Stage 4, protect: PUS packet, and SDLS protection with numbers that are never used twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from core.command.model import Command, Route
from core.command.tables import key_counters, link_counters
from core.link import Telecommand, encode_cuc, encode_telecommand
from core.link.keys import TC_KEY_ID
from core.link.sdls import SecurityAssociation, protect
from core.link.space_packet import SEQUENCE_COUNT_MODULO
from core.mdb import MissionDatabase, encode_command
from core.time import tai_s_from_utc

__all__ = ["LinkCounters", "PacketPair", "make_packets", "protect_data", "take_counters"]

# Made once: building a statement costs more than executing it.
_OWN: Final = link_counters.c.satellite == bindparam("of_satellite")
_PRESENT: Final = select(link_counters).where(_OWN)
_ADVANCE: Final = update(link_counters).where(_OWN)


@dataclass(frozen=True)
class LinkCounters:
    """Numbers taken for one frame."""

    frame_number: int  # N(S)
    sequence_number: int  # SDLS anti-replay, and the IV
    first_packet_count: int


@dataclass(frozen=True)
class PacketPair:
    """The packet to send, the request id count of the command itself, and that of its insertion where there is one."""

    packet: bytes
    request_count: int
    carrier_count: int | None


def take_counters(connection: Connection, satellite: str, packets: int, key_id: int = TC_KEY_ID) -> LinkCounters:
    """Take the next numbers for a frame, in the transaction that also stores the frame.

    The sequence number counts by key: it is the IV too, and a new key begins at 1, as on board.
    """
    row = connection.execute(_PRESENT, {"of_satellite": satellite}).first()
    if row is None:
        connection.execute(
            insert(link_counters).values(
                satellite=satellite, next_frame_number=0, next_sequence_number=1, next_packet_count=0
            )
        )
        row = connection.execute(_PRESENT, {"of_satellite": satellite}).one()
    first_key = key_id == TC_KEY_ID
    sequence_number = row.next_sequence_number if first_key else _take_of_key(connection, satellite, key_id)
    connection.execute(
        _ADVANCE,
        {
            "of_satellite": satellite,
            "next_frame_number": (row.next_frame_number + 1) % 256,
            "next_sequence_number": row.next_sequence_number + 1 if first_key else row.next_sequence_number,
            "next_packet_count": (row.next_packet_count + packets) % SEQUENCE_COUNT_MODULO,
        },
    )
    return LinkCounters(row.next_frame_number, sequence_number, row.next_packet_count)


def _take_of_key(connection: Connection, satellite: str, key_id: int) -> int:
    where = (key_counters.c.satellite == satellite, key_counters.c.key_id == key_id)
    number = connection.execute(select(key_counters.c.next_sequence_number).where(*where)).scalar()
    if number is None:
        connection.execute(insert(key_counters).values(satellite=satellite, key_id=key_id, next_sequence_number=2))
        return 1
    connection.execute(update(key_counters).where(*where).values(next_sequence_number=number + 1))
    return int(number)


def make_packets(mdb: MissionDatabase, command: Command, apid: int, route: Route, first_count: int) -> PacketPair:
    """The telecommand packet, wrapped into an insertion where it goes to the on-board schedule (service 11)."""
    own = Telecommand(apid, first_count, command.service, command.subtype, bytes.fromhex(command.application_data_hex))
    packet = encode_telecommand(own)
    if route is Route.DIRECT:
        return PacketPair(packet, first_count, None)
    carrier_count = (first_count + 1) % SEQUENCE_COUNT_MODULO
    release = encode_cuc(tai_s_from_utc(command.execute_at))
    arguments = {
        "count": 1,
        "release_coarse_s": int.from_bytes(release[:4], "big"),
        "release_fine": int.from_bytes(release[4:], "big"),
        "telecommand": packet,
    }
    insertion = encode_command(mdb, "SCHEDULE_INSERT", arguments)
    carrier = Telecommand(apid, carrier_count, insertion.service, insertion.subtype, insertion.application_data)
    return PacketPair(encode_telecommand(carrier), first_count, carrier_count)


def protect_data(sa: SecurityAssociation, header: bytes, packet: bytes, sequence_number: int) -> bytes:
    """Header and protected packet; the IV is the sequence number, which is stored before it is used."""
    iv = sequence_number.to_bytes(sa.iv_length, "big")
    return protect(sa, header, packet, iv=iv, sequence_number=sequence_number)
