"""A replay: telemetry of the archive as if it came now, on a clock of its own."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Final

from api.service.telemetry_messages import ReplayAction, ReplayControl, ReplayPlace, ReplayState
from api.service.telemetry_requests import WantedReplay
from core.errors import InputError
from core.telemetry.packet_feed import FeedPiece, PacketFeed
from core.telemetry.packet_selection import PacketSelection
from core.time import format_utc, parse_utc, tai_s_from_utc, utc_from_tai_s

__all__ = ["TelemetryReplay"]

_AHEAD_S: Final = 2.0  # of wall time: what is read at once
_LEAST_AHEAD_S: Final = 10.0  # of the replay's time
_ROWS_AHEAD: Final = 20_000


class TelemetryReplay:
    """Pieces of the archive in the order of generation, as the replay's clock reaches them.

    Nothing is left out: where reader or archive do not keep up with the speed, the clock waits for them.

    Args:
        feed: The archive.
        satellites: Whose telemetry there is.
        wanted: What is wanted of it.
        interval: From when to when, and how fast.
        period_s: Wall time between pieces, at least.
        limit: Packets in a piece, about.
    """

    def __init__(
        self,
        feed: PacketFeed,
        satellites: frozenset[str],
        wanted: PacketSelection,
        interval: WantedReplay,
        period_s: float,
        limit: int,
    ) -> None:
        self._feed = feed
        self._satellites = satellites
        self._wanted = wanted
        self._interval = interval
        self._period_s = period_s
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._speed = interval.speed
        self._playing = not interval.paused
        self._reached_tai_s = math.nextafter(interval.start_tai_s, -math.inf)  # what is at the start belongs to it
        self._began = (self._loop.time(), interval.start_tai_s)  # wall and replay time of the clock
        self._ahead: FeedPiece | None = None
        self._controls: asyncio.Queue[ReplayControl] = asyncio.Queue()

    def control(self, order: ReplayControl) -> None:
        """Change the replay, when its turn comes.

        Raises:
            InputError: The order lacks what it needs, or leads out of the interval.
        """
        if order.action is ReplayAction.SEEK:
            self._target_tai_s(order)
        if order.action is ReplayAction.SPEED and order.speed is None:
            raise InputError("speed", "is needed: 0.1 to 10000 seconds in a second")
        self._controls.put_nowait(order)

    def place(self) -> ReplayPlace:
        """Up to where it is, and what it does."""
        reached_tai_s = max(self._reached_tai_s, self._interval.start_tai_s)
        ended = self._reached_tai_s >= self._interval.end_tai_s
        state = ReplayState.ENDED if ended else ReplayState.PLAYING if self._playing else ReplayState.PAUSED
        return ReplayPlace(
            at=format_utc(utc_from_tai_s(reached_tai_s)), at_tai_s=reached_tai_s, speed=self._speed, state=state
        )

    async def pieces(self) -> AsyncIterator[FeedPiece | None]:
        """Packets as they come; None where the replay's state has changed."""
        end_tai_s = self._interval.end_tai_s
        yield None
        while True:
            idle = not self._playing or self._reached_tai_s >= end_tai_s
            order = await self._order(None if idle else self._period_s)
            if order is not None:
                async for piece in self._obey(order):
                    yield piece
                yield None
                continue
            async for piece in self._until(min(self._clock_tai_s(), end_tai_s)):
                yield piece
            if self._reached_tai_s >= end_tai_s:
                yield None

    def _clock_tai_s(self) -> float:
        wall_s, replay_tai_s = self._began
        return replay_tai_s + (self._loop.time() - wall_s) * self._speed

    def _set_clock(self) -> None:
        self._began = (self._loop.time(), max(self._reached_tai_s, self._interval.start_tai_s))

    async def _order(self, timeout_s: float | None) -> ReplayControl | None:
        try:
            return await asyncio.wait_for(self._controls.get(), timeout_s)
        except TimeoutError:
            return None

    async def _until(self, target_tai_s: float) -> AsyncIterator[FeedPiece]:
        """All packets up to an instant; one piece for a reader who keeps up, and orders come between pieces."""
        while self._reached_tai_s < target_tai_s and self._controls.empty():
            ahead = await self._read(target_tai_s)
            piece = ahead.generated_until(self._reached_tai_s, target_tai_s, self._limit)
            self._reached_tai_s = piece.through
            if piece.parts:
                yield piece
        if self._reached_tai_s < target_tai_s or self._clock_tai_s() - self._reached_tai_s > self._speed * _AHEAD_S:
            self._set_clock()  # it has waited for the reader

    async def _read(self, target_tai_s: float) -> FeedPiece:
        ahead = self._ahead
        if ahead is None or not ahead.after <= self._reached_tai_s < ahead.through:
            span_s = max(self._speed * _AHEAD_S, _LEAST_AHEAD_S)
            end_tai_s = min(self._interval.end_tai_s, max(target_tai_s, self._reached_tai_s + span_s))
            ahead = self._ahead = await asyncio.to_thread(
                self._feed.generated,
                self._reached_tai_s,
                end_tai_s,
                self._satellites,
                self._wanted,
                _ROWS_AHEAD,
                version=self._interval.version,
            )
        return ahead

    async def _obey(self, order: ReplayControl) -> AsyncIterator[FeedPiece]:
        if order.action is ReplayAction.PLAY:
            self._playing = True
        elif order.action is ReplayAction.PAUSE:
            self._playing = False
        elif order.action is ReplayAction.SPEED and order.speed is not None:
            self._speed = order.speed
        elif order.action is ReplayAction.SEEK:
            self._reached_tai_s = math.nextafter(self._target_tai_s(order), -math.inf)
        else:
            self._playing = False
            async for piece in self._step():
                yield piece
        self._set_clock()

    async def _step(self) -> AsyncIterator[FeedPiece]:
        """To the next packet, and those that were generated with it."""
        interval = self._interval
        found_tai_s = await asyncio.to_thread(
            self._feed.next_generated_tai_s,
            self._reached_tai_s,
            interval.end_tai_s,
            self._satellites,
            self._wanted,
            version=interval.version,
        )
        if found_tai_s is None:
            self._reached_tai_s = interval.end_tai_s
            return
        async for piece in self._until(found_tai_s):
            yield piece

    def _target_tai_s(self, order: ReplayControl) -> float:
        if order.to is None:
            raise InputError("to", "is needed: the instant to go to")
        wanted_tai_s = tai_s_from_utc(parse_utc(order.to, "to"))
        interval = self._interval
        if not interval.start_tai_s <= wanted_tai_s <= interval.end_tai_s:
            raise InputError("to", f"{order.to} is not within the interval of the replay")
        return wanted_tai_s
