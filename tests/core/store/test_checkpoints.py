"""The write-ahead log: copied into the database file beside the writers, begun anew when long, never in a reader's way."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table, create_engine, insert

from core.store.checkpoints import WalCheckpoints

TABLES = MetaData()
PAGES = Table("pages", TABLES, Column("number", Integer, primary_key=True), Column("content", LargeBinary))
_WITHIN_S = 60.0  # the thread may be starved on a busy machine


class _Writer:
    """A file in which only the checkpoints under test copy the log."""

    def __init__(self, path: Path, longest_pages: int) -> None:
        self.path = path
        self.engine: Engine = create_engine(f"sqlite:///{path}")
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        TABLES.create_all(self.engine)
        self.count = 0
        self.checkpoints = WalCheckpoints(self.engine, commits=5, longest_pages=longest_pages)

    def write(self) -> None:
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_autocheckpoint=0")
            self.count += 1
            connection.execute(insert(PAGES).values(number=self.count, content=bytes(9000)))
            connection.commit()
        self.checkpoints.committed()

    def in_file_alone(self) -> int:
        """Rows that the database file holds without its log."""
        alone = self.path.with_name("alone.db")
        shutil.copyfile(self.path, alone)
        connection = sqlite3.connect(alone)
        try:
            return int(connection.execute("select count(*) from pages").fetchone()[0])
        except sqlite3.DatabaseError:
            return 0  # copied while a page was being written
        finally:
            connection.close()

    def log_salt(self) -> bytes:
        """The number in the log's header that changes each time it begins anew (SQLite file format, section 4.1)."""
        return self.path.with_name(f"{self.path.name}-wal").read_bytes()[16:24]

    def close(self) -> None:
        self.checkpoints.close()
        self.engine.dispose()


def _await(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + _WITHIN_S
    while not condition() and time.monotonic() < end_s:
        time.sleep(0.02)
    return condition()


def test_what_was_committed_reaches_the_database_file_without_a_commit_that_copies_it(tmp_path: Path) -> None:
    writer = _Writer(tmp_path / "one.db", longest_pages=10_000)
    for _ in range(4):
        writer.write()
    assert writer.in_file_alone() == 0
    writer.write()
    assert _await(lambda: writer.in_file_alone() == 5)
    writer.close()


def test_a_long_log_begins_anew_and_a_reader_neither_loses_its_view_nor_stops_the_writers(tmp_path: Path) -> None:
    writer = _Writer(tmp_path / "one.db", longest_pages=60)
    for _ in range(10):
        writer.write()
    with writer.engine.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        assert reader.exec_driver_sql("select count(*) from pages").scalar() == 10
        for _ in range(60):
            writer.write()  # none of them waits for the reader: SQLite would refuse it after five seconds
        assert reader.exec_driver_sql("select count(*) from pages").scalar() == 10
    before = writer.log_salt()

    def begun_anew() -> bool:
        writer.write()
        return writer.log_salt() != before

    assert _await(begun_anew)
    with writer.engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from pages").scalar() == writer.count
    writer.close()
