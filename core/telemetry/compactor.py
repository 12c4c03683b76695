"""Moves durable telemetry into files in the background, keeps summaries up to date, and removes what is kept no longer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from core.errors import StoreError
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.retention import Removed, RetentionPolicies

__all__ = ["Compactor"]

_LOG: Final = logging.getLogger(__name__)
_UPKEEP_PERIOD_S: Final = 60.0


class Compactor:
    """A thread that compacts an archive again and again; packets are taken in and read meanwhile. ``start`` starts it.

    Args:
        archive: What to compact; close this one before it.
        period_s: From the end of one round to the beginning of the next.
        retention: How long telemetry is kept; for ever by default.
        now_tai_s: Present mission time, TAI s since J2000; needed with a retention.
        upkeep_period_s: Rounds in which summaries and retention are looked after are so far apart.
    """

    def __init__(
        self,
        archive: ColumnArchive,
        period_s: float,
        *,
        retention: RetentionPolicies | None = None,
        now_tai_s: Callable[[], float] | None = None,
        upkeep_period_s: float = _UPKEEP_PERIOD_S,
    ) -> None:
        self._archive = archive
        self._period_s = period_s
        self._retention = retention
        self._now_tai_s = now_tai_s
        self._upkeep_period_s = upkeep_period_s
        self._upkeep_at_s = time.monotonic()
        self._stop = threading.Event()
        self.filed_packets = 0
        self.removed = Removed()
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
                if time.monotonic() >= self._upkeep_at_s:
                    self._look_after()
                    self._upkeep_at_s = time.monotonic() + self._upkeep_period_s
                self.failure = ""
            except StoreError as error:  # the packets stay in the log, and the next round tries again
                self.failure = error.message

    def _look_after(self) -> None:
        self._archive.tidy()
        if self._retention is None or self._now_tai_s is None:
            return
        removed = self._archive.retain(self._retention, self._now_tai_s())
        if removed != Removed():
            self.removed += removed
            _LOG.info(
                "retention removed the octets of %d packets, the values of %d, and %d files of summaries",
                removed.packets,
                removed.values,
                removed.summaries,
            )
