"""The service's part of the audit trail: checkpoints by number and by time, and one when it stops."""

from __future__ import annotations

import threading
import time
from typing import Final

import structlog

from core.errors import LlamaSpaceError
from core.events import AuditTrail, EventLog
from core.time import SystemClock

__all__ = ["AuditKeeper"]

_PERIOD_S: Final = 1.0
_STOP_TIMEOUT_S: Final = 5.0
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
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)

    def start(self) -> None:
        """Begin to watch the log."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and sign what has come until now."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT_S)
        self._sign()

    def due(self, signed: int, waited_s: float) -> bool:
        """Whether the events since the last signed one, or the time, ask for a checkpoint."""
        fresh = self._events.last_sequence() - signed
        return fresh >= self._every_events or (fresh > 0 and waited_s >= self._every_s)

    def _run(self) -> None:
        last = self.trail.checkpoints.last()
        signed = last.sequence if last else 0
        since_s = time.monotonic()
        while not self._stop.wait(_PERIOD_S):
            try:
                if self.due(signed, time.monotonic() - since_s):
                    self._sign()
                    signed, since_s = self._events.last_sequence(), time.monotonic()
            except LlamaSpaceError as error:
                _log.error("the audit log could not be looked at", error=error.message, code=error.code)

    def _sign(self) -> None:
        try:
            self.trail.checkpoint(SystemClock().now_utc())
        except LlamaSpaceError as error:
            _log.error("no checkpoint of the audit log was signed", error=error.message, code=error.code)
