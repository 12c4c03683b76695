"""Moves durable telemetry into files in the background."""

from __future__ import annotations

import threading

from core.errors import StoreError
from core.telemetry.column_archive import ColumnArchive

__all__ = ["Compactor"]


class Compactor:
    """A thread that compacts an archive again and again; packets are taken in and read meanwhile. ``start`` starts it.

    Args:
        archive: What to compact; close this one before it.
        period_s: From the end of one round to the beginning of the next.
    """

    def __init__(self, archive: ColumnArchive, period_s: float) -> None:
        self._archive = archive
        self._period_s = period_s
        self._stop = threading.Event()
        self.filed_packets = 0
        self.failure = ""  # of the newest round; empty where it went well
        self._thread = threading.Thread(target=self._run, name="telemetry-compactor", daemon=True)

    def start(self) -> None:
        """Begin, a period from now."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the round that is going on."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._period_s):
            try:
                self.filed_packets += self._archive.compact()
                self.failure = ""
            except StoreError as error:  # the packets stay in the log, and the next round tries again
                self.failure = error.message
