"""What has to be looked at when: open commands by the instant of their next event, and those that are ready to leave.

Looking at one of ten thousand waiting commands costs as much as at one of ten: a heap by time, a heap of ready ones for
each spacecraft, and sets of those that wait for something to change.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

__all__ = ["Agenda", "WaitingFor"]


@dataclass(frozen=True)
class WaitingFor:
    """Why a command that could leave by its time does not; ``key`` is what has to change for another look."""

    key: str
    reason: str


@dataclass
class Agenda:
    """Open commands by id; each is in at most one place beside its next instant."""

    _heap: list[tuple[float, int, str]] = field(default_factory=list)
    _due: dict[str, float] = field(default_factory=dict)
    _ready: dict[str, list[tuple[int, float, int, str]]] = field(default_factory=dict)
    _is_ready: dict[str, tuple[str, int]] = field(default_factory=dict)
    _ready_count: Counter[str] = field(default_factory=Counter)
    _waiting: dict[str, WaitingFor] = field(default_factory=dict)
    _by_key: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _numbers: Iterator[int] = field(default_factory=count)

    def look_at(self, command_id: str, t_tai_s: float) -> None:
        """Have a command looked at from an instant on; it is ready no longer and waits for nothing else."""
        self._leave(command_id)
        self._set_due(command_id, t_tai_s)

    def wait_for(self, command_id: str, what: WaitingFor, until_tai_s: float) -> None:
        """Have a command looked at once a key changes, or from an instant on."""
        self._leave(command_id)
        self._waiting[command_id] = what
        self._by_key[what.key].add(command_id)
        self._set_due(command_id, until_tai_s)

    def make_ready(
        self, command_id: str, satellite: str, priority: int, order_tai_s: float, until_tai_s: float
    ) -> None:
        """Put a command among those that leave as soon as the uplink takes them: by priority, then by time."""
        self._leave(command_id)
        number = next(self._numbers)
        self._is_ready[command_id] = (satellite, number)
        self._ready_count[satellite] += 1
        heapq.heappush(self._ready.setdefault(satellite, []), (-priority, order_tai_s, number, command_id))
        self._set_due(command_id, until_tai_s)

    def remove(self, command_id: str) -> None:
        """Forget a command."""
        self._leave(command_id)
        self._due.pop(command_id, None)

    def take_due(self, now_tai_s: float, most: int = 1000) -> list[str]:
        """Commands whose instant has come, in its order; the caller says what is next about each."""
        taken: list[str] = []
        while self._heap and self._heap[0][0] <= now_tai_s and len(taken) < most:
            t_tai_s, _, command_id = heapq.heappop(self._heap)
            if self._due.get(command_id) == t_tai_s:
                del self._due[command_id]
                taken.append(command_id)
        return taken

    def take_ready(self, satellite: str) -> str | None:
        """The ready command of a spacecraft that leaves next; None where there is none."""
        ready = self._ready.get(satellite, [])
        while ready:
            *_, number, command_id = heapq.heappop(ready)
            if self._is_ready.get(command_id) == (satellite, number):
                self._leave(command_id)
                return command_id
        return None

    def ready_satellites(self) -> list[str]:
        """Spacecraft that have ready commands."""
        return [satellite for satellite, ready in self._ready_count.items() if ready]

    def changed(self, key: str) -> list[str]:
        """Take out the commands that waited for a key."""
        taken = sorted(self._by_key.pop(key, ()))
        for command_id in taken:
            self._waiting.pop(command_id, None)
        return taken

    def keys(self) -> Iterable[str]:
        """Everything that a command waits for."""
        return list(self._by_key)

    def waiting_for(self, command_id: str) -> WaitingFor | None:
        """Why a command waits although its time has come."""
        return self._waiting.get(command_id)

    def next_tai_s(self) -> float:
        """The earliest instant at which something is due; infinite where nothing is."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else math.inf

    def __contains__(self, command_id: str) -> bool:
        return command_id in self._due or command_id in self._is_ready or command_id in self._waiting

    def _set_due(self, command_id: str, t_tai_s: float) -> None:
        self._due[command_id] = t_tai_s
        heapq.heappush(self._heap, (t_tai_s, next(self._numbers), command_id))

    def _leave(self, command_id: str) -> None:
        ready = self._is_ready.pop(command_id, None)
        if ready is not None:
            self._ready_count[ready[0]] -= 1
        waited = self._waiting.pop(command_id, None)
        if waited is not None:
            self._by_key[waited.key].discard(command_id)
