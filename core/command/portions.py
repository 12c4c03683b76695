"""Work between releases, in portions: which may begin, and how large, so that no release that comes due has to wait for it.

How long a portion takes is measured, not guessed: its mean and four times its mean deviation, as TCP reckons the time of an
answer (RFC 6298). So a slow disk or a larger archive makes the gaps longer in which a portion begins, never a release late.
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
_DEVIATIONS: Final = 4.0
_PATIENCE_S: Final = 0.1
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
        self._began_s = now_s()

    @property
    def patience_s(self) -> float:
        """Real time after which a portion gets its turn although a release is near."""
        return _PATIENCE_S

    def may_begin(self, kind: str) -> bool:
        """Whether a portion ends before the next release; under a dense stream of releases one begins all the same at times."""
        length = self._lengths.setdefault(kind, _Length())
        return self._quiet_s() >= length.bound_s or self._now_s() - self._began_s >= _PATIENCE_S

    def size(self, few: int, most: int) -> int:
        """How many things to take at once: many only where no release is near."""
        return most if self._quiet_s() >= _LONG_QUIET_S else few

    @contextmanager
    def measured(self, kind: str) -> Iterator[None]:
        """Measure a portion; one that was begun far from any release is as large as it likes, and tells nothing."""
        self._began_s, counts = self._now_s(), self._quiet_s() < _LONG_QUIET_S
        yield
        if counts:
            self._lengths.setdefault(kind, _Length()).take(self._now_s() - self._began_s)
