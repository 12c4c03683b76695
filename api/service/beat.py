"""Beats that wake readers in an event loop: all of one rate together, and not more often than the rate."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

__all__ = ["Beat", "Beats"]


class Beat:
    """Wakes readers of one rate together when there is something new, and not more often than the rate.

    Args:
        maximum_hz: The rate.
        fired: Called before readers wake.
    """

    def __init__(self, maximum_hz: float, fired: Callable[[], None] | None = None) -> None:
        self._period_s = 1.0 / maximum_hz
        self._fired = fired
        self._loop = asyncio.get_running_loop()
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._newest = 0
        self._waiting: set[asyncio.Future[None]] = set()
        self._turns: list[int] = []
        self.head = 0
        self.readers = 0

    def changed(self, head: int) -> None:
        """There is something new, up to this number."""
        self._newest = head
        if self._timer is None:
            wait_s = self._due_s - self._loop.time()
            if wait_s > 0:
                self._timer = self._loop.call_later(wait_s, self._fire)
            else:
                self._fire()

    async def after(self, place: int) -> int:
        """Wait until the newest number is greater than one; gives the newest."""
        while self.head <= place:
            waiter = self._loop.create_future()
            self._waiting.add(waiter)
            try:
                await waiter
            finally:
                self._waiting.discard(waiter)
        return self.head

    def turns(self, first: float) -> Sequence[int]:
        """Heads that it had when it woke readers, rising; those up to the first one wanted are forgotten."""
        del self._turns[: bisect_right(self._turns, first)]
        return self._turns

    def close(self) -> None:
        """Wake nobody any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _fire(self) -> None:
        self._timer = None
        self._due_s = self._loop.time() + self._period_s
        if self._newest > self.head:
            self._turns.append(self._newest)
        self.head = self._newest
        if self._fired is not None:
            self._fired()
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()


class Beats:
    """Beats by rate, of which each lives as long as it has readers."""

    def __init__(self) -> None:
        self._by_rate: dict[float, Beat] = {}

    def changed(self, head: int) -> None:
        """There is something new, up to this number."""
        for beat in tuple(self._by_rate.values()):
            beat.changed(head)

    @contextmanager
    def of(self, maximum_hz: float, head: int, fired: Callable[[], None] | None = None) -> Iterator[Beat]:
        """The beat of a rate; a new one begins with its head at a number.

        Args:
            fired: Called before readers wake.
        """
        beat = self._by_rate.get(maximum_hz)
        if beat is None:
            beat = self._by_rate[maximum_hz] = Beat(maximum_hz, fired)
            beat.changed(head)
        beat.readers += 1
        try:
            yield beat
        finally:
            beat.readers -= 1
            if not beat.readers:
                beat.close()
                del self._by_rate[maximum_hz]

    def close(self) -> None:
        """Wake nobody any more."""
        for beat in self._by_rate.values():
            beat.close()
