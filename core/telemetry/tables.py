"""Tables of the embedded telemetry archive."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["TELEMETRY_TABLES", "channels", "counters", "cursors", "packets", "samples"]

TELEMETRY_TABLES: Final = MetaData()
_ROW_ID: Final = BigInteger().with_variant(Integer, "sqlite")

channels = Table(
    "telemetry_channels",
    TELEMETRY_TABLES,
    Column("satellite", String(64), primary_key=True),
    Column("vcid", Integer, primary_key=True),
    Column("extended_count", BigInteger, nullable=False),
    Column("remainder", LargeBinary, nullable=False),
)

cursors = Table(
    "telemetry_cursors",
    TELEMETRY_TABLES,
    Column("source", String(64), primary_key=True),
    Column("frame_index", BigInteger, nullable=False),
)

counters = Table(
    "telemetry_counters",
    TELEMETRY_TABLES,
    Column("satellite", String(64), primary_key=True),
    Column("reason", String(32), primary_key=True),
    Column("count", BigInteger, nullable=False),
)

packets = Table(
    "telemetry_packets",
    TELEMETRY_TABLES,
    Column("packet_id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("satellite", String(64), nullable=False),
    Column("vcid", Integer, nullable=False),
    Column("extended_count", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("station", String(64), nullable=False),
    Column("received_tai_s", Float, nullable=False),
    Column("generated_tai_s", Float, nullable=False),
    Column("service", Integer, nullable=False),
    Column("subtype", Integer, nullable=False),
    Column("name", String(128), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    UniqueConstraint("satellite", "vcid", "extended_count", "position"),
    Index("telemetry_packets_by_service", "service", "packet_id"),
)

samples = Table(
    "telemetry_samples",
    TELEMETRY_TABLES,
    Column("sample_id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("packet_id", _ROW_ID, ForeignKey("telemetry_packets.packet_id"), nullable=False),
    Column("satellite", String(64), nullable=False),
    Column("parameter", String(128), nullable=False),
    Column("generated_tai_s", Float, nullable=False),
    Column("number", Float),
    Column("text", Text),
    Column("unit", String(32), nullable=False),
    Column("limit_state", String(16), nullable=False),
    Index("telemetry_samples_by_parameter", "satellite", "parameter", "generated_tai_s"),
)
