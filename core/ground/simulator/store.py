"""Durable storage of the simulator: spacecraft states, on-board packet stores, and the stations' received frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from core.ground.messages import TmDelivery
from core.ground.simulator.state import OnboardState
from core.store import Database

__all__ = ["SimulatorStore"]

_TABLES: Final = MetaData()
_ROW_ID: Final = BigInteger().with_variant(Integer, "sqlite")

_spacecraft = Table(
    "spacecraft", _TABLES, Column("satellite", String(64), primary_key=True), Column("state", Text, nullable=False)
)
_stored_packets = Table(
    "stored_packets",
    _TABLES,
    Column("packet_id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("satellite", String(64), nullable=False),
    Column("droppable", Integer, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index("stored_packets_by_satellite", "satellite", "packet_id"),
)
_frames = Table(
    "frames",
    _TABLES,
    Column("frame_index", _ROW_ID, primary_key=True, autoincrement=True),
    Column("station", String(64), nullable=False),
    Column("received_tai_s", Float, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    sqlite_autoincrement=True,  # an index is never given out again after its frame is discarded
)


class SimulatorStore:
    """The simulator's own database.

    Args:
        database: Used by the simulator alone.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        database.create(_TABLES)

    def load_state(self, satellite: str) -> OnboardState | None:
        """A spacecraft's stored state; None before its first."""
        with self.database.read() as connection:
            text = connection.execute(select(_spacecraft.c.state).where(_spacecraft.c.satellite == satellite)).scalar()
        return OnboardState.model_validate_json(text) if text else None

    def save_state(self, connection: Connection, satellite: str, state: OnboardState) -> None:
        """Store a spacecraft's state."""
        text = state.model_dump_json()
        where = _spacecraft.c.satellite == satellite
        if not connection.execute(update(_spacecraft).where(where).values(state=text)).rowcount:
            connection.execute(insert(_spacecraft).values(satellite=satellite, state=text))

    def store_packets(self, connection: Connection, satellite: str, packets: Sequence[tuple[bytes, bool]]) -> None:
        """Put packets into the on-board store; the flag says whether a full store may drop them."""
        if packets:
            rows = [{"satellite": satellite, "droppable": int(drop), "raw": raw} for raw, drop in packets]
            connection.execute(insert(_stored_packets), rows)

    def trim_packets(self, connection: Connection, satellite: str, keep: int) -> None:
        """Drop the oldest droppable packets beyond a number."""
        droppable = (_stored_packets.c.satellite == satellite) & (_stored_packets.c.droppable == 1)
        newest = (
            select(_stored_packets.c.packet_id)
            .where(droppable)
            .order_by(_stored_packets.c.packet_id.desc())
            .limit(keep)
        )
        connection.execute(delete(_stored_packets).where(droppable, _stored_packets.c.packet_id.not_in(newest)))

    def take_packets(self, connection: Connection, satellite: str, limit: int) -> list[bytes]:
        """Remove the oldest packets from the on-board store."""
        query = (
            select(_stored_packets.c.packet_id, _stored_packets.c.raw)
            .where(_stored_packets.c.satellite == satellite)
            .order_by(_stored_packets.c.packet_id)
            .limit(limit)
        )
        rows = connection.execute(query).all()
        if rows:
            connection.execute(
                delete(_stored_packets).where(
                    _stored_packets.c.satellite == satellite, _stored_packets.c.packet_id <= rows[-1].packet_id
                )
            )
        return [row.raw for row in rows]

    def add_frame(self, connection: Connection, station: str, received_tai_s: float, raw: bytes) -> TmDelivery:
        """Keep a received frame under a new index."""
        result = connection.execute(insert(_frames).values(station=station, received_tai_s=received_tai_s, raw=raw))
        key = result.inserted_primary_key
        return TmDelivery(int(key[0]) if key is not None else 0, received_tai_s, station, raw)

    def frames_after(self, cursor: int, limit: int) -> list[TmDelivery]:
        """Kept frames after an index, in order."""
        query = select(_frames).where(_frames.c.frame_index > cursor).order_by(_frames.c.frame_index).limit(limit)
        with self.database.read() as connection:
            return [
                TmDelivery(row.frame_index, row.received_tai_s, row.station, row.raw)
                for row in connection.execute(query)
            ]

    def newest_frame(self) -> int:
        """Index of the newest kept frame; 0 when there is none."""
        with self.database.read() as connection:
            return int(connection.execute(select(func.max(_frames.c.frame_index))).scalar() or 0)

    def discard_frames(self, connection: Connection, cursor: int) -> None:
        """Discard frames that the control centre has stored."""
        connection.execute(delete(_frames).where(_frames.c.frame_index <= cursor))
