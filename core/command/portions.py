"""Work between releases, in portions: which may begin, and how large, so that no release that comes due has to wait for it.

How long a portion takes is measured, not guessed: its mean and its mean deviation, averaged as TCP does with the time of an
answer (RFC 6298). Under a stream of releases without such gaps each kind of work gets its turn all the same: control words
that nobody takes in would close COP-1's window, and no release would leave at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

__all__ = ["Portions"]

_FIRST_S: Final = 0.01  # before anything has been measured
_OF_MEAN: Final = 1.0 / 8.0  # weights of RFC 6298, section 2
_OF_DEVIATION: Final = 1.0 / 4.0
_DEVIATIONS: Final = 1.0  # one in a few overlaps a little; more would have gaps pass unused
_PATIENCE_S: Final = 0.1
_BETWEEN_TURNS_S: Final = 0.05  # of all kinds together
_LONG_QUIET_S: Final = 0.25


@dataclass
class _Length:
    """How long portions of one kind take, s."""

    mean_s: float = _FIRST_S
    deviation_s: float = 0.0
    measured: bool = False

    @property
    def bound_s(self) -> float:
        return self.mean_s + _DEVIATIONS * self.deviation_s

    def take(self, length_s: float) -> None:
        if not self.measured:
            self.mean_s, self.deviation_s, self.measured = length_s, length_s / 2.0, True
            return
        self.deviation_s += _OF_DEVIATION * (abs(length_s - self.mean_s) - self.deviation_s)
        self.mean_s += _OF_MEAN * (length_s - self.mean_s)


class Portions:
    """Lets portions of work begin in the gaps between releases; used by one thread.

    Args:
        quiet_s: Real time until the next release is due; none where one has just come due.
        now_s: A clock of real time that never goes back.
    """

    def __init__(self, quiet_s: Callable[[], float], now_s: Callable[[], float] = time.monotonic) -> None:
        self._quiet_s = quiet_s
        self._now_s = now_s
        self._lengths: dict[str, _Length] = {}
        self._waiting_since_s: dict[str, float] = {}
        self._insisted_s = now_s()

    @property
    def patience_s(self) -> float:
        """Real time after which work gets its turn although a release is near."""
        return _PATIENCE_S

    def may_begin(self, kind: str) -> bool:
        """Whether a portion ends before the next release, or has waited too long for that."""
        now_s = self._now_s()
        if self._quiet_s() >= self._lengths.setdefault(kind, _Length()).bound_s:
            return True
        waiting_s = now_s - self._waiting_since_s.setdefault(kind, now_s)
        if waiting_s < _PATIENCE_S or now_s - self._insisted_s < _BETWEEN_TURNS_S:
            return False
        self._insisted_s = now_s
        return True

    def size(self, few: int, most: int) -> int:
        """How many things to take at once: many only where no release is near."""
        return most if self._quiet_s() >= _LONG_QUIET_S else few

    @contextmanager
    def measured(self, kind: str) -> Iterator[None]:
        """Measure a portion; one that was begun far from any release is as large as it likes, and tells nothing."""
        began_s, counts = self._now_s(), self._quiet_s() < _LONG_QUIET_S
        self._waiting_since_s.pop(kind, None)
        yield
        if counts:
            self._lengths.setdefault(kind, _Length()).take(self._now_s() - began_s)
