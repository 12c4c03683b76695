"""Telemetry that earlier releases kept in the SQL database, carried over into the column archive once.

Packets keep their numbers, so that whoever remembers how far he has read goes on from there. What is interrupted is taken up
again at the next start; the old tables go when everything is durable in the archive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import BigInteger, Column, Float, Integer, LargeBinary, MetaData, Row, String, Table, inspect, select
from sqlalchemy.schema import DropTable

from core.mdb.batch import packet_offsets
from core.store import Database
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.intake_memory import Progress
from core.telemetry.packet_rows import PacketRows
from core.telemetry.receiver import ChannelState

__all__ = ["carry_over"]

_SOURCE: Final = "sql-archive"  # under which the archive remembers how many packets it has taken over
_AT_ONCE: Final = 20_000

_OLD: Final = MetaData()
_PACKETS: Final = Table(
    "telemetry_packets",
    _OLD,
    Column("packet_id", BigInteger, primary_key=True),
    Column("satellite", String(64)),
    Column("received_tai_s", Float),
    Column("raw", LargeBinary),
)
_CHANNELS: Final = Table(
    "telemetry_channels",
    _OLD,
    Column("satellite", String(64), primary_key=True),
    Column("vcid", Integer, primary_key=True),
    Column("extended_count", BigInteger),
    Column("remainder", LargeBinary),
)
_CURSORS: Final = Table(
    "telemetry_cursors", _OLD, Column("source", String(64), primary_key=True), Column("frame_index", BigInteger)
)
_COUNTERS: Final = Table(
    "telemetry_counters",
    _OLD,
    Column("satellite", String(64), primary_key=True),
    Column("reason", String(32), primary_key=True),
    Column("count", BigInteger, key="total"),
)
_SAMPLES: Final = Table("telemetry_samples", _OLD)  # these are decoded again


def carry_over(database: Database, archive: ColumnArchive) -> int:
    """Take over what the database's old tables hold, and drop them; how many packets there were. Without tables, nothing.

    Raises:
        StoreError: It could not be finished; the tables are as they were, and another call goes on.
    """
    if not inspect(database.engine).has_table(_PACKETS.name):
        return 0
    carried = 0
    while rows := _next_packets(database, archive.cursor(_SOURCE)):
        parts = defaultdict(list)
        for row in rows:
            parts[row.satellite].append(row)
        progress = Progress(_SOURCE, rows[-1].packet_id)
        archive.append(*(_packet_rows(satellite, part) for satellite, part in parts.items()), progress=progress)
        carried += len(rows)
    _carry_state(database, archive)
    with database.write() as connection:
        for table in (_SAMPLES, _PACKETS, _CHANNELS, _CURSORS, _COUNTERS):
            connection.execute(DropTable(table, if_exists=True))
    return carried


def _next_packets(database: Database, after: int) -> Sequence[Row[Any]]:
    query = select(_PACKETS).where(_PACKETS.c.packet_id > after).order_by(_PACKETS.c.packet_id).limit(_AT_ONCE)
    with database.read() as connection:
        return connection.execute(query).all()


def _packet_rows(satellite: str, rows: Sequence[Row[Any]]) -> PacketRows:
    return PacketRows(
        satellite,
        np.frombuffer(b"".join(row.raw for row in rows), dtype=np.uint8),
        packet_offsets([len(row.raw) for row in rows]),
        np.array([row.received_tai_s for row in rows]),
        np.array([row.packet_id for row in rows], dtype=np.int64),
    )


def _carry_state(database: Database, archive: ColumnArchive) -> None:
    """Cursors, channels and counters as they were: set, not added, so that twice is as once."""
    with database.read() as connection:
        channels = connection.execute(select(_CHANNELS)).all()
        cursors = connection.execute(select(_CURSORS)).all()
        totals = connection.execute(select(_COUNTERS)).all()
    states: dict[str, dict[int, ChannelState]] = defaultdict(dict)
    for row in channels:
        states[row.satellite][row.vcid] = ChannelState(row.extended_count, row.remainder)
    known = archive.counters()
    missing: dict[str, dict[str, int]] = defaultdict(dict)
    for row in totals:
        missing[row.satellite][row.reason] = row.total - known.get(row.satellite, {}).get(row.reason, 0)
    archive.append(progress=Progress(counts=missing))
    for row in cursors:
        archive.append(progress=Progress(row.source, row.frame_index, states))
