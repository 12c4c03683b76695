"""A thread of the service that does one thing again and again until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import structlog

from core.errors import LlamaSpaceError

__all__ = ["Periodic"]

_STOP_TIMEOUT_S: Final = 5.0
_log = structlog.get_logger("periodic")


class Periodic:
    """Does its work in rounds; a round that fails is logged, and the next one tries again.

    Args:
        name: Of the thread, and in the log.
        period_s: From the end of a round to the begin of the next, seconds of the computer's clock.
        work: One round.
    """

    def __init__(self, name: str, period_s: float, work: Callable[[], None]) -> None:
        self._name = name
        self._period_s = period_s
        self._work = work
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin with the rounds."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round that is going on."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT_S)

    def _run(self) -> None:
        while not self._stop.wait(self._period_s):
            try:
                self._work()
            except LlamaSpaceError as error:
                _log.error("a round failed", work=self._name, error=error.message, code=error.code)
