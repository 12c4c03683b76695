"""Stage 5, frame: the TC transfer frame, stored whole before its first octet is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from core.command.protect import LinkCounters, protect_data
from core.command.tables import uplink_frames
from core.errors import StoreError
from core.link import FrameService, TcFrame
from core.link.checksum import CRC_LENGTH, append_crc
from core.link.sdls import SecurityAssociation
from core.link.tc_frame import TC_HEADER_LENGTH, tc_header, unsegmented

__all__ = [
    "ACKNOWLEDGED",
    "VCID",
    "WITHDRAWN",
    "StoredFrame",
    "build_frame",
    "drop_frames",
    "mark_frames",
    "outstanding_frames",
    "store_frame",
    "unit_owner",
]

VCID: Final = 0
_MAP_ID: Final = 0
_INSERT: Final = insert(uplink_frames)  # made once: building a statement costs more than executing it
_OUTSTANDING: Final = "outstanding"
ACKNOWLEDGED: Final = "acknowledged"
WITHDRAWN: Final = "withdrawn"


_OF_FILES: Final = "cfdp:"  # no command's id begins so
_OF_END: Final = "cfdp-end:"


@dataclass(frozen=True)
class StoredFrame:
    """A frame that awaits acknowledgement by the spacecraft's FARM-1; ``command_id`` names a file transfer's unit too."""

    frame_id: int
    command_id: str
    number: int
    raw: bytes

    @property
    def carries_unit(self) -> bool:
        """Whether it holds a unit of file delivery and no telecommand."""
        return self.command_id.startswith((_OF_FILES, _OF_END))

    @property
    def transfer_id(self) -> str:
        """The transfer whose unit it holds, if that is part of what people approved; else empty."""
        return self.command_id.removeprefix(_OF_FILES) if self.command_id.startswith(_OF_FILES) else ""


def unit_owner(transfer_id: str, *, approved: bool) -> str:
    """What a frame with a unit is stored under: part of an approved file, or an answer of the protocol."""
    return (_OF_FILES if approved else _OF_END) + transfer_id


def build_frame(scid: int, sa: SecurityAssociation, packet: bytes, counters: LinkCounters) -> bytes:
    """The complete AD frame of a packet."""
    segment = unsegmented(_MAP_ID)
    length = TC_HEADER_LENGTH + len(segment) + sa.overhead + len(packet) + CRC_LENGTH
    header = tc_header(TcFrame(FrameService.AD, scid, VCID, counters.frame_number, b""), length)
    return append_crc(protect_data(sa, header + segment, packet, counters.sequence_number))


def store_frame(
    connection: Connection, satellite: str, command_id: str, counters: LinkCounters, raw: bytes
) -> StoredFrame:
    """Keep a frame for sending, and for sending again."""
    result = connection.execute(
        _INSERT,
        {
            "satellite": satellite,
            "command_id": command_id,
            "frame_number": counters.frame_number,
            "sequence_number": counters.sequence_number,
            "state": _OUTSTANDING,
            "raw": raw,
        },
    )
    key = result.inserted_primary_key
    if key is None:
        raise StoreError("the database gave a stored frame no number")
    return StoredFrame(int(key[0]), command_id, counters.frame_number, raw)


def outstanding_frames(connection: Connection, satellite: str) -> list[StoredFrame]:
    """Frames that are neither acknowledged nor withdrawn, oldest first."""
    query = (
        select(uplink_frames)
        .where(uplink_frames.c.satellite == satellite, uplink_frames.c.state == _OUTSTANDING)
        .order_by(uplink_frames.c.frame_id)
    )
    return [StoredFrame(row.frame_id, row.command_id, row.frame_number, row.raw) for row in connection.execute(query)]


def drop_frames(connection: Connection, frame_ids: Sequence[int]) -> None:
    """Forget frames with units, once nothing more can become of them: what they carried is told by its transfer."""
    if not frame_ids:
        return
    connection.execute(delete(uplink_frames).where(uplink_frames.c.frame_id.in_(frame_ids)))


def mark_frames(connection: Connection, frame_ids: Sequence[int], state: str) -> None:
    """Set what became of frames."""
    if not frame_ids:
        return
    connection.execute(update(uplink_frames).where(uplink_frames.c.frame_id.in_(frame_ids)).values(state=state))
