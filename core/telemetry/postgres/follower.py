"""Keeps the copy in PostgreSQL up to date beside the service: a thread that goes on after any failure of the database."""

from __future__ import annotations

import logging
import threading
from typing import Final

from core.errors import LlamaSpaceError
from core.telemetry.packet_feed import PacketFeed
from core.telemetry.postgres.archive import PostgresArchive

__all__ = ["PostgresFollower"]

_LOG: Final = logging.getLogger(__name__)


class PostgresFollower:
    """Follows from ``start`` to ``close``.

    Args:
        uri: Of the database.
        feed: The archive.
        period_s: From one look for new packets to the next.
        retry_s: After a failure.
    """

    def __init__(self, uri: str, feed: PacketFeed, period_s: float = 1.0, retry_s: float = 10.0) -> None:
        self._uri = uri
        self._feed = feed
        self._period_s = period_s
        self._retry_s = retry_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telemetry-postgres", daemon=True)
        self.copied = 0  # packets since the start
        self.failure = ""  # of the newest try; empty where it went well

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the packets that are being copied."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with PostgresArchive(self._uri) as archive:
                    self._follow(archive)
            except LlamaSpaceError as error:  # what was not copied waits in the archive
                if self.failure != error.message:
                    _LOG.warning("telemetry is not copied to PostgreSQL: %s", error.message)
                self.failure = error.message
                self._stop.wait(self._retry_s)

    def _follow(self, archive: PostgresArchive) -> None:
        while not self._stop.is_set():
            copied = archive.follow(self._feed)
            self.copied += copied
            self.failure = ""
            if not copied:
                self._stop.wait(self._period_s)
