"""Follows a telemetry archive and keeps its values in PostgreSQL: one table for each container, each packet exactly once.

What was copied and how far that reaches become durable in one transaction, so that a crash of either side neither loses nor
doubles a packet. Octets of packets stay in the archive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from core.errors import Conflict, InputError, StoreError
from core.telemetry.packet_feed import FeedPart, PacketFeed, merged
from core.telemetry.packet_selection import PacketSelection
from core.telemetry.packet_table import ARRIVAL, GENERATED
from core.telemetry.postgres.columns import SATELLITE, UTC, column_types, fitting_name, suited
from core.telemetry.utc_times import utc_microseconds

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

__all__ = ["SCHEMA", "PostgresArchive"]

SCHEMA: Final = "telemetry"
_PLACE: Final = f"{SCHEMA}.copied"
_EVERYTHING: Final = PacketSelection(containers=("*",))
_AT_ONCE: Final = 50_000


class PostgresArchive:
    """The copy in one database; one process follows, others may read.

    Args:
        uri: Of the database, as libpq takes it.
    Raises:
        InputError: The driver is not installed.
        StoreError: The database cannot be reached, or does not allow the schema.
    """

    def __init__(self, uri: str) -> None:
        try:
            import adbc_driver_postgresql.dbapi as driver
        except ImportError as missing:
            raise InputError("postgres", "the driver is not installed: pip install 'llamaspace[postgres]'") from missing
        self._error: type[Exception] = driver.Error
        with self._told():
            self._connection: Connection = driver.connect(uri)
        with self._told(), self._connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {_PLACE} (only_row boolean PRIMARY KEY CHECK (only_row), through bigint NOT NULL)"
            )
            cursor.execute(f"INSERT INTO {_PLACE} VALUES (true, 0) ON CONFLICT DO NOTHING")
            self._connection.commit()

    def __enter__(self) -> PostgresArchive:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    @property
    def through(self) -> int:
        """The greatest arrival number that was copied; 0 before the first packet."""
        with self._told(), self._connection.cursor() as cursor:
            found = _one(cursor, f"SELECT through FROM {_PLACE}")
            self._connection.rollback()
        return int(found)

    def follow(self, feed: PacketFeed, at_once: int = _AT_ONCE) -> int:
        """Copy what arrived next, about so many packets; how many there were, 0 where nothing was new.

        Raises:
            Conflict: The copy is of another archive, or another process follows.
            StoreError: Nothing was copied; the next call tries again.
        """
        after = self.through
        head = feed.head()
        if after > head:
            raise Conflict(f"the copy reaches packet {after}, the archive {head}: it is the copy of another archive")
        if after == head:
            return 0
        piece = feed.arrived(after, _EVERYTHING, at_once)
        with self._told(), self._connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {_PLACE} SET through = {int(piece.through)} WHERE through = {after} RETURNING through"
            )
            if cursor.fetchone() is None:
                raise Conflict(f"another process has copied what is after packet {after}")
            for part in merged(piece.parts):
                self._append(cursor, part)
            self._connection.commit()
        return piece.rows

    def renew(self, feed: PacketFeed, satellite: str, start_tai_s: float, end_tai_s: float) -> int:
        """Have a satellite's packets of an interval as the archive has them now: after reprocessing; how many were copied.

        Args:
            start_tai_s, end_tai_s: Of generation, both included, TAI s since J2000.
        Raises:
            StoreError: Nothing was changed.
        """
        through, copied = self.through, 0
        with self._told(), self._connection.cursor() as cursor:
            for table in self._tables(cursor):
                cursor.execute(
                    f"DELETE FROM {SCHEMA}.{_quoted(table)} WHERE {_quoted(SATELLITE)} = $1 "
                    f"AND {_quoted(GENERATED)} BETWEEN $2 AND $3 AND {_quoted(ARRIVAL)} <= $4",
                    (satellite, start_tai_s, end_tai_s, through),
                )
            after_s = float(np.nextafter(start_tai_s, -np.inf))
            while after_s < end_tai_s:
                piece = feed.generated(after_s, end_tai_s, [satellite], _EVERYTHING, _AT_ONCE)
                for part in merged(piece.parts):
                    known = part.where(part.table[ARRIVAL].to_numpy() <= through)  # the rest comes as it arrives
                    copied += known.table.num_rows
                    self._append(cursor, known)
                after_s = piece.through
            self._connection.commit()
        return copied

    def _append(self, cursor: Cursor, part: FeedPart) -> None:
        if not part.table.num_rows:
            return
        name = fitting_name(part.container)
        present = _columns(cursor, name)
        times = part.table[GENERATED].to_numpy()
        order = np.argsort(times, kind="stable")
        utc_us = np.empty(len(times), dtype=np.int64)
        utc_us[order] = utc_microseconds(times[order])
        utc = pa.array(utc_us, pa.timestamp("us", tz="UTC"))
        satellite = pa.array([part.satellite]).take(pa.array(np.zeros(len(times), dtype=np.int64)))
        table = suited(part.table.append_column(SATELLITE, satellite).append_column(UTC, utc), present)
        types = column_types(table)
        if not present:
            cursor.execute(f"CREATE TABLE {SCHEMA}.{_quoted(name)} ({_quoted(ARRIVAL)} bigint PRIMARY KEY)")
            present = {ARRIVAL: types[ARRIVAL]}
        new = [f"ADD COLUMN {_quoted(one)} {kind}" for one, kind in types.items() if one not in present]
        if new:
            cursor.execute(f"ALTER TABLE {SCHEMA}.{_quoted(name)} {', '.join(new)}")
        if SATELLITE not in present:
            cursor.execute(f"CREATE INDEX ON {SCHEMA}.{_quoted(name)} ({_quoted(SATELLITE)}, {_quoted(GENERATED)})")
        cursor.adbc_ingest(name, table, mode="append", db_schema_name=SCHEMA)

    def _tables(self, cursor: Cursor) -> list[str]:
        cursor.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = $1 AND column_name = $2",
            (SCHEMA, ARRIVAL),
        )
        return [str(row[0]) for row in cursor.fetchall()]

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The driver's errors as ours, with the transaction undone."""
        try:
            yield
        except self._error as error:
            self._undo()
            raise StoreError(f"the copy of telemetry in PostgreSQL: {error}") from error
        except Conflict:
            self._undo()
            raise

    def _undo(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            try:
                connection.rollback()
            except self._error:
                return  # the connection is gone, and its transaction with it


def _columns(cursor: Cursor, table: str) -> Mapping[str, str]:
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2",
        (SCHEMA, table),
    )
    return {str(name): str(kind) for name, kind in cursor.fetchall()}


def _one(cursor: Cursor, query: str) -> Any:
    cursor.execute(query)
    row = cursor.fetchone()
    assert row is not None  # made with the table
    return row[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
