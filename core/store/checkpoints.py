"""Checkpoints of SQLite's write-ahead log beside the writers, so that no commit has to wait while one is made.

SQLite by itself has the commit that fills a thousand pages copy them into the database file: one command in twenty would
leave late for it. Here a thread copies them while others write. The log starts anew when it has become long; that takes the
write lock for what was written during the copy only.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

__all__ = ["LONGEST_PAGES", "WalCheckpoints"]

LONGEST_PAGES: Final = 16_384  # 64 MiB: a log that is read in a fraction of a second after a crash
_COMMITS: Final = 200
_LOG = logging.getLogger(__name__)


class WalCheckpoints:
    """Copies the log into the database file every so many commits; the thread begins with the first of them.

    Args:
        engine: Of a SQLite file in WAL mode.
        commits: From one checkpoint to the next.
        longest_pages: From this length on, the log is begun anew.
    """

    def __init__(self, engine: Engine, commits: int = _COMMITS, longest_pages: int = LONGEST_PAGES) -> None:
        self._engine = engine
        self._commits = commits
        self._longest_pages = longest_pages
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._closed = False
        self._count = 0
        self._thread: threading.Thread | None = None

    def committed(self) -> None:
        """Count a transaction."""
        with self._lock:
            self._count += 1
            if self._count < self._commits or self._closed:
                return
            self._count = 0
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="wal-checkpoints", daemon=True)
                self._thread.start()
        self._due.set()

    def close(self) -> None:
        """Make none any more."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        self._due.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            if self._closed:
                return
            try:
                with self._engine.connect() as connection:
                    if _checkpoint(connection, "PASSIVE") >= self._longest_pages:
                        _begin_anew(connection)
            except DBAPIError as error:
                _LOG.warning("the write-ahead log was not copied, it grows: %s", error.orig)


def _begin_anew(connection: Connection) -> None:
    """Let the next writer write from the log's beginning, if nobody reads or writes just now; else the next time."""
    before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    connection.exec_driver_sql("PRAGMA busy_timeout=0")  # while it waited for a reader, no writer could write
    try:
        _checkpoint(connection, "RESTART")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(before)}")


def _checkpoint(connection: Connection, mode: str) -> int:
    """Copy what no reader holds back; gives the length of the log in pages."""
    _busy, pages, _copied = connection.exec_driver_sql(f"PRAGMA wal_checkpoint({mode})").one()
    return int(pages)
