"""Live messages from the service's threads to the sockets of the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

__all__ = ["Broadcaster", "Message", "Subscription"]

Message = dict[str, Any]
_CAPACITY: Final = 4096


class Subscription:
    """One listener's queue.

    A listener that does not keep up loses telemetry first (newer values replace older ones of the same satellite); if
    that is not enough, it is told to reconnect, and catches up from what is stored.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ready = asyncio.Event()
        self._lock = threading.Lock()
        self._messages: deque[Message] = deque()
        self._closed = False

    def put(self, message: Message) -> None:
        """Add a message from any thread."""
        with self._lock:
            if self._closed:
                return
            if message.get("type") == "telemetry":
                self._replace(message)
            else:
                self._messages.append(message)
            if len(self._messages) > _CAPACITY:
                self._messages.clear()
                self._messages.append({"type": "overflow"})
                self._closed = True
        with suppress(RuntimeError):  # the loop has closed while the service stops
            self._loop.call_soon_threadsafe(self._ready.set)

    def close(self) -> None:
        """Take no more messages."""
        with self._lock:
            self._closed = True

    async def messages(self) -> AsyncIterator[Message]:
        """Messages in order, until an overflow ends the subscription."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            while True:
                with self._lock:
                    if not self._messages:
                        break
                    message = self._messages.popleft()
                yield message
                if message["type"] == "overflow":
                    return

    def _replace(self, message: Message) -> None:
        for index, waiting in enumerate(self._messages):
            if waiting.get("type") == "telemetry" and waiting.get("satellite") == message.get("satellite"):
                self._messages[index] = message
                return
        self._messages.append(message)


class Broadcaster:
    """Hands every message to every subscription."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()

    def subscribe(self) -> Subscription:
        """A subscription in the running event loop."""
        subscription = Subscription(asyncio.get_running_loop())
        with self._lock:
            self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription."""
        subscription.close()
        with self._lock:
            self._subscriptions.discard(subscription)

    def publish(self, message: Message) -> None:
        """Give a message to everyone, from any thread."""
        with self._lock:
            listeners = list(self._subscriptions)
        for subscription in listeners:
            subscription.put(message)
