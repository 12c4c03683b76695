"""The service's part of the audit trail: checkpoints by number and by time, and one when it stops."""

from __future__ import annotations

import time
from typing import Final

import structlog

from api.service.periodic import Periodic
from core.errors import LlamaSpaceError
from core.events import AuditTrail, EventLog
from core.time import SystemClock

__all__ = ["AuditKeeper"]

_PERIOD_S: Final = 1.0
_log = structlog.get_logger("audit")


class AuditKeeper:
    """Signs the log while the service runs.

    Args:
        trail: The trail.
        events: The log.
        every_events: A checkpoint after so many events at the latest.
        every_s: And after so many seconds of the computer's clock, where anything is new.
    """

    def __init__(self, trail: AuditTrail, events: EventLog, every_events: int, every_s: float) -> None:
        self.trail = trail
        self._events = events
        self._every_events = every_events
        self._every_s = every_s
        self._signed: int | None = None  # the newest event that a checkpoint covers; read at the first round
        self._since_s = time.monotonic()
        self._rounds = Periodic("audit", _PERIOD_S, self._sign_if_due)

    def start(self) -> None:
        """Begin to watch the log."""
        self._rounds.start()

    def stop(self) -> None:
        """Stop, and sign what has come until now."""
        self._rounds.stop()
        try:
            self.trail.checkpoint(SystemClock().now_utc())
        except LlamaSpaceError as error:
            _log.error("no checkpoint of the audit log was signed", error=error.message, code=error.code)

    def due(self, signed: int, waited_s: float) -> bool:
        """Whether the events since the last signed one, or the time, ask for a checkpoint."""
        fresh = self._events.last_sequence() - signed
        return fresh >= self._every_events or (fresh > 0 and waited_s >= self._every_s)

    def _sign_if_due(self) -> None:
        """One round; what could not be signed stays due."""
        if self._signed is None:
            last = self.trail.checkpoints.last()
            self._signed = last.sequence if last else 0
        if self.due(self._signed, time.monotonic() - self._since_s):
            made = self.trail.checkpoint(SystemClock().now_utc())
            self._signed = made.sequence if made else None  # another process has signed
            self._since_s = time.monotonic()
