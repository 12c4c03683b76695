"""Tables of the command pipeline."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

__all__ = [
    "COMMAND_TABLES",
    "command_queues",
    "command_sets",
    "commands",
    "key_counters",
    "link_counters",
    "plan_expectations",
    "progress",
    "stacks",
    "station_bookings",
    "uplink_frames",
]

COMMAND_TABLES: Final = MetaData()
_ROW_ID: Final = BigInteger().with_variant(Integer, "sqlite")

commands = Table(
    "commands",
    COMMAND_TABLES,
    Column("command_id", String(128), primary_key=True),
    Column("plan_id", String(64), nullable=False),
    Column("satellite", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("request_count", Integer),
    Column("carrier_count", Integer),
    Column("execute_tai_s", Float, nullable=False),
    Column("content", Text, nullable=False),
    Index("commands_by_plan", "plan_id"),
    Index("commands_by_state", "state", "execute_tai_s"),
    Index("commands_by_request", "satellite", "request_count"),
    Index("commands_by_carrier", "satellite", "carrier_count"),
)

command_sets = Table(
    "command_sets",
    COMMAND_TABLES,
    Column("set_id", String(128), primary_key=True),
    Column("plan_id", String(64), nullable=False),
    Column("content", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("withdrawn", Integer, nullable=False),
)

uplink_frames = Table(
    "uplink_frames",
    COMMAND_TABLES,
    Column("frame_id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("satellite", String(64), nullable=False),
    Column("command_id", String(128), nullable=False),
    Column("frame_number", Integer, nullable=False),  # N(S)
    Column("sequence_number", BigInteger, nullable=False),  # SDLS
    Column("state", String(16), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index("uplink_frames_by_satellite", "satellite", "state", "frame_id"),
)

link_counters = Table(
    "link_counters",
    COMMAND_TABLES,
    Column("satellite", String(64), primary_key=True),
    Column("next_frame_number", Integer, nullable=False),
    Column("next_sequence_number", BigInteger, nullable=False),
    Column("next_packet_count", Integer, nullable=False),
)

# Anti-replay numbers of every telecommand key but the first, whose number stands with the other counters.
key_counters = Table(
    "key_counters",
    COMMAND_TABLES,
    Column("satellite", String(64), primary_key=True),
    Column("key_id", Integer, primary_key=True),
    Column("next_sequence_number", BigInteger, nullable=False),
)

command_queues = Table(
    "command_queues",
    COMMAND_TABLES,
    Column("satellite", String(64), primary_key=True),
    Column("command_class", String(16), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("minimum_gap_s", Float, nullable=False),
    Column("changed_by", String(128), nullable=False),
    Column("reason", Text, nullable=False),
)

station_bookings = Table(
    "station_bookings",
    COMMAND_TABLES,
    Column("station", String(64), primary_key=True),
    Column("satellite", String(64), primary_key=True),
    Column("start_tai_s", Float, primary_key=True),
    Column("end_tai_s", Float, nullable=False),
    Column("plan_id", String(64), primary_key=True),
    Column("lost_reason", Text, nullable=False),  # empty while the contact stands
)

plan_expectations = Table(
    "plan_expectations",
    COMMAND_TABLES,
    Column("set_id", String(128), primary_key=True),
    Column("profiles", Text, nullable=False),
    Column("plan", Text, nullable=False),
)

stacks = Table(
    "stacks",
    COMMAND_TABLES,
    Column("stack_id", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("content", Text, nullable=False),
)

progress = Table(
    "command_progress",
    COMMAND_TABLES,
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
