"""Live telemetry to many readers: a slow reader gets the newest value of each parameter, never a growing queue."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.telemetry.archive import ArchivedSample

if TYPE_CHECKING:  # it brings DuckDB and Arrow, which those who only name a stream need not load
    from core.telemetry.column_archive import StoredPart

__all__ = ["StreamItem", "Subscription", "TelemetryStream"]


@dataclass(frozen=True)
class StreamItem:
    """A sample, and how many of its parameter that came before it has replaced unread."""

    sample: ArchivedSample
    replaced: int = 0


class Subscription:
    """One reader's bounded, conflating queue.

    Args:
        capacity: Distinct parameters that may wait; beyond it the one waiting longest is dropped and counted.
        satellite: Only this satellite's telemetry; None for all.
        on_close: Called once when the reader is done.
    """

    def __init__(self, capacity: int, satellite: str | None, on_close: Callable[[Subscription], None]) -> None:
        self._capacity = capacity
        self._satellite = satellite
        self._on_close = on_close
        self._waiting: OrderedDict[tuple[str, str], StreamItem] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False
        self.dropped = 0

    def put(self, items: Iterable[StreamItem]) -> None:
        """Offer samples; never blocks."""
        with self._changed:
            for item in items:
                if self._satellite in (None, item.sample.satellite):
                    self._put(item)
            self._changed.notify_all()

    def get(self, timeout_s: float | None = None) -> list[StreamItem]:
        """All that waits, oldest parameter first; empty after the timeout or when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            items = list(self._waiting.values())
            self._waiting.clear()
            return items

    def close(self) -> None:
        """End the subscription and wake its reader."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._on_close(self)

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._closed

    def _put(self, item: StreamItem) -> None:
        key = (item.sample.satellite, item.sample.parameter)
        older = self._waiting.get(key)
        self._waiting[key] = item if older is None else StreamItem(item.sample, older.replaced + 1 + item.replaced)
        if len(self._waiting) > self._capacity:
            self._waiting.popitem(last=False)
            self.dropped += 1


class TelemetryStream:
    """Hands each published sample to every subscription."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._listeners: list[Callable[[], None]] = []
        self._part_listeners: list[Callable[[StoredPart], None]] = []
        self._lock = threading.Lock()

    def subscribe(self, *, satellite: str | None = None, capacity: int = 512) -> Subscription:
        """A new reader."""
        subscription = Subscription(capacity, satellite, self._remove)
        with self._lock:
            self._subscriptions.add(subscription)
        return subscription

    def publish(self, items: Iterable[StreamItem]) -> None:
        """Hand samples to all readers."""
        batch = list(items)
        with self._lock:
            readers = list(self._subscriptions)
        for reader in readers:
            reader.put(batch)

    def on_batch(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have somebody told, in the thread that stores, when a batch is durable; gives what ends that."""
        with self._lock:
            self._listeners.append(listener)

        def forget() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return forget

    def batch_stored(self) -> None:
        """Tell those who listen: all of a batch is durable, and its samples have been published."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def on_part(self, listener: Callable[[StoredPart], None]) -> None:
        """Have somebody handed, in the thread that stores, each satellite's new packets of a batch that is durable.

        What the listener does telemetry waits for, and what it raises stops the batch from being told to others: it only
        puts the part aside.
        """
        with self._lock:
            self._part_listeners.append(listener)

    def part_stored(self, part: StoredPart) -> None:
        """Hand over packets that are durable."""
        with self._lock:
            listeners = list(self._part_listeners)
        for listener in listeners:
            listener(part)

    def close(self) -> None:
        """End every subscription."""
        with self._lock:
            readers = list(self._subscriptions)
        for reader in readers:
            reader.close()

    def _remove(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions.discard(subscription)
