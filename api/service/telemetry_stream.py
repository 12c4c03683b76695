"""Live telemetry between the thread that stores it and the event loop that sends it: many readers, one writing of each value."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import orjson

from api.service.beat import Beat, Beats
from api.service.recent_pieces import RecentPieces
from api.service.step_feed import StepFeed, StepsOf, StepSource
from api.service.telemetry_packets import WrittenPiece, written_value
from core.errors import Conflict
from core.telemetry import ArchivedSample, LatestValues, TelemetryStream
from core.telemetry.packet_feed import FeedPiece, PacketFeed
from core.telemetry.packet_selection import PacketSelection
from core.telemetry.parameter_units import ParameterUnits
from core.telemetry.stream import Subscription
from core.time import format_utc, utc_from_tai_s

__all__ = ["LiveTelemetry", "Seen"]

_LISTS_KEPT: Final = 256  # of newest values that several readers share
_MOST_PARAMETERS: Final = 1_000_000
_READERS_AT_ONCE: Final = 2  # of the archive: those who resume all at once must not take every thread

Key = tuple[str, str]


@dataclass(frozen=True)
class Seen:
    """What a reader of newest values has been told, and how many samples of each parameter there were up to that value."""

    version: int = -1
    told: dict[Key, _Current] = field(default_factory=dict)


@dataclass(frozen=True)
class _Current:
    value: ArchivedSample
    number: int


class _Newest:
    """Newest values, and how many samples of each have come; a reader's memory does not grow while it is away."""

    def __init__(self, latest: LatestValues, subscription: Subscription) -> None:
        self._latest = latest
        self._subscription = subscription
        self._counts: dict[Key, int] = {}
        self._matching: dict[PacketSelection, tuple[int, list[Key]]] = {}
        self._written: dict[Key, tuple[ArchivedSample, bytes]] = {}
        self._told: OrderedDict[tuple[PacketSelection, int, int], tuple[bytes, Seen]] = OrderedDict()
        self._current = {(one.satellite, one.parameter): _Current(one, 0) for one in latest.all()}
        self._version = 0

    def look(self) -> None:
        """Take what has come."""
        items = self._subscription.get(0.0)
        for item in items:
            key = (item.sample.satellite, item.sample.parameter)
            self._counts[key] = self._counts.get(key, 0) + item.replaced + 1
            # What arrives late, such as a dump of stored telemetry, does not stand for the present.
            value = self._latest.newest(*key) or item.sample
            known = self._current.get(key)
            if known is None or known.value is not value:
                self._current[key] = _Current(value, self._counts[key])
        self._version += bool(items)

    def read(self, wanted: PacketSelection, seen: Seen) -> tuple[bytes, Seen]:
        """The values that are new to a reader as JSON, commas between them; and what it has seen with them."""
        key = (wanted, seen.version, self._version)
        known = self._told.get(key) if seen.version >= 0 else None
        if known is None:
            known = self._changes(wanted, seen)
            if seen.version >= 0:
                self._told[key] = known
                if len(self._told) > _LISTS_KEPT:
                    self._told.popitem(last=False)
        return known

    def _changes(self, wanted: PacketSelection, seen: Seen) -> tuple[bytes, Seen]:
        told = dict(seen.told)
        found = []
        for key in self._keys(wanted):
            current, before = self._current[key], told.get(key)
            if current is not before:
                replaced = 0 if before is None else max(current.number - before.number - 1, 0)
                found.append(b'%b,"replaced":%d}' % (self._value(key, current.value), replaced))
                told[key] = current
        return b",".join(found), Seen(self._version, told)

    def _keys(self, wanted: PacketSelection) -> list[Key]:
        known = self._matching.get(wanted)
        if known is None or known[0] != len(self._current):
            keys = [
                one
                for one in self._current
                if (not wanted.satellites or one[0] in wanted.satellites) and wanted.wants_parameter(one[1])
            ]
            if len(self._matching) > 1000:
                self._matching.clear()
            known = self._matching[wanted] = (len(self._current), keys)
        return known[1]

    def _value(self, key: Key, sample: ArchivedSample) -> bytes:
        known = self._written.get(key)
        if known is None or known[0] is not sample:
            told = {
                "satellite": sample.satellite,
                "parameter": sample.parameter,
                "value": written_value(sample.value),
                "unit": sample.unit,
                "limit_state": sample.limit_state,
                "at": format_utc(utc_from_tai_s(sample.generated_tai_s)),
                "generated_tai_s": sample.generated_tai_s,
            }
            known = self._written[key] = (sample, orjson.dumps(told)[:-1])
        return known[1]


class LiveTelemetry:
    """What readers in one event loop share. Nothing is done while there are none.

    Args:
        stream: Tells of each durable batch.
        feed: The archive, by arrival and by generation.
        latest: Newest values.
        steps: Of alarms and the like.
        units: Of parameters.
    """

    def __init__(
        self,
        stream: TelemetryStream,
        feed: PacketFeed,
        latest: LatestValues,
        steps: Mapping[StepsOf, StepSource],
        units: ParameterUnits,
    ) -> None:
        self.feed = feed
        self.units = units
        self._stream = stream
        self._latest = latest
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fetched: int | None = None  # None until the archive has been looked at
        self._users = 0
        self._forget: Callable[[], None] = _nothing
        self.steps = {kind: StepFeed(source, self._hand_over) for kind, source in steps.items()}

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A reader in the running loop; all readers are in one loop.

        Raises:
            Conflict: There are readers in another loop.
        """
        loop = asyncio.get_running_loop()
        if self._loop not in (None, loop):
            raise Conflict("live telemetry is read by another event loop")
        if not self._users:
            self._begin(loop)
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._end()

    async def begin_at(self) -> int:
        """The newest arrival number that readers are woken for: from there on a reader misses nothing.

        A piece that is read from the archive may reach beyond it already.
        """
        await asyncio.shield(self._reached)
        return self._head

    @contextmanager
    def beat(self, maximum_hz: float) -> Iterator[Beat]:
        """The beat of packets of a rate, with its head where the newest batch is."""
        with self._beats.of(maximum_hz, self._head, self._newest.look) as beat:
            yield beat

    async def pieces(self, after: int, beat: Beat, wanted: PacketSelection, limit: int) -> Sequence[WrittenPiece]:
        """What arrived after a number, complete, about so many packets; of those at hand, up to the beat's head at most."""
        at_hand = (
            self._recent.between(after, beat.turns(self._recent.first), limit) if after >= self._recent.first else None
        )
        if at_hand is not None:
            return at_hand
        async with self._archive_readers:
            piece = await asyncio.to_thread(self.feed.arrived, after, wanted, limit)
        return [WrittenPiece(piece, self.units)]

    def newest(self, wanted: PacketSelection, seen: Seen) -> tuple[bytes, Seen]:
        """Values that are new to a reader as JSON, commas between them, and what it has seen with them."""
        return self._newest.read(wanted, seen)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._head = 0
        self._recent = RecentPieces(self.units)
        self._beats = Beats()
        for one in self.steps.values():
            one.begin()
        self._archive_readers = asyncio.Semaphore(_READERS_AT_ONCE)
        subscription = self._stream.subscribe(capacity=_MOST_PARAMETERS)
        self._newest = _Newest(self._latest, subscription)
        forget = self._stream.on_batch(self._stored)

        def end() -> None:
            forget()
            subscription.close()

        self._forget = end
        # The archive may be storing: the loop does not wait for that.
        self._reached = asyncio.ensure_future(asyncio.to_thread(self._catch_up))

    def _end(self) -> None:
        self._forget()
        self._reached.cancel()
        self._beats.close()
        for one in self.steps.values():
            one.end()
        self._loop = None
        self._recent.clear()
        self._fetched = None

    def _catch_up(self) -> None:
        with self._lock:
            head = self._fetched = self.feed.head()
            self._hand_over(lambda: self._take([], head))

    def _stored(self) -> None:
        """A batch is durable; called by the thread that stored it."""
        with self._lock:
            if self._fetched is None:
                return  # the first look at the archive will find it
            batches = self.feed.newest(self._fetched)
            head = self.feed.head() if batches is None else batches[-1].through if batches else self._fetched
            if head == self._fetched:
                return
            self._fetched = int(head)
            self._hand_over(lambda: self._take(batches, int(head)))

    def _hand_over(self, work: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it has closed while the service stops
                loop.call_soon_threadsafe(work)

    def _take(self, batches: list[FeedPiece] | None, head: int) -> None:
        if self._loop is None:
            return
        self._recent.take(batches)
        self._head = head
        self._beats.changed(head)


def _nothing() -> None:
    """Nobody listens."""
