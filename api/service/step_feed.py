"""Steps of alarms and the like between those who write them and the event loop that sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Any, Final, Protocol

from api.service.beat import Beat, Beats

__all__ = ["StepFeed", "StepSource", "StepsOf"]

_STEPS: Final = 500  # in a message


class StepsOf(StrEnum):
    """Whose steps; a subscription names one."""

    ALARMS = "alarms"
    ANOMALIES = "anomalies"


class StepSource(Protocol):
    """Numbered steps that stay; numbers rise in the order of writing."""

    def on_change(self, listener: Callable[[Sequence[Any]], None]) -> None:
        """Have somebody told of each step once it is durable."""
        ...

    def last_step(self) -> int:
        """The number of the newest step; 0 before the first."""
        ...

    def steps(self, after: int, limit: int) -> Sequence[Any]:
        """Steps with greater numbers, the oldest first, so many at most."""
        ...


class StepFeed:
    """Wakes the readers of one source, in one event loop at a time.

    Args:
        source: Of the steps.
        hand_over: Has something done in the event loop, from any thread; nothing where there is none.
    """

    def __init__(self, source: StepSource, hand_over: Callable[[Callable[[], None]], None]) -> None:
        self._source = source
        self._changes = 0
        self._beats = Beats()
        self._readings: dict[tuple[int, int], asyncio.Future[Sequence[Any]]] = {}
        source.on_change(lambda _: hand_over(self._changed))

    def begin(self) -> None:
        """Readers come, in the running loop."""
        self._beats, self._readings = Beats(), {}

    def end(self) -> None:
        """The last reader has gone."""
        self._beats.close()

    def beat(self, maximum_hz: float) -> AbstractContextManager[Beat]:
        """The beat of a rate."""
        return self._beats.of(maximum_hz, self._changes)

    async def last(self) -> int:
        """The number of the newest step."""
        return await asyncio.to_thread(self._source.last_step)

    async def after(self, number: int) -> Sequence[Any]:
        """Steps with greater numbers, of which readers who ask at the same time share one reading."""
        key = (number, self._changes)
        known = self._readings.get(key)
        if known is None:
            known = asyncio.ensure_future(asyncio.to_thread(self._source.steps, number, _STEPS))
            self._readings[key] = known
            known.add_done_callback(lambda _: self._readings.pop(key, None))
        return await asyncio.shield(known)

    def _changed(self) -> None:
        self._changes += 1
        self._beats.changed(self._changes)
