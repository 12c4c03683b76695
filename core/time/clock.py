"""The mission clock: what time it is for the spacecraft.

With a real spacecraft it is the system clock. With the built-in simulator it may run faster; every part of the
service asks the same clock, so a plan, its passes and its commands agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from core.errors import InputError
from core.time.scales import tai_s_from_utc, utc_from_tai_s

__all__ = ["MAXIMUM_RATE", "Clock", "ClockAnchor", "MissionClock", "SystemClock"]

MAXIMUM_RATE = 3600.0


class Clock(Protocol):
    """Anything that tells the mission's time."""

    def now_utc(self) -> datetime: ...
    def now_tai_s(self) -> float: ...
    def real_s(self, mission_s: float) -> float:
        """Wall-clock seconds that pass while the mission advances so many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_utc(self) -> datetime:
        """The present UTC instant."""
        return datetime.now(UTC)

    def now_tai_s(self) -> float:
        """The present instant in TAI seconds since J2000."""
        return tai_s_from_utc(self.now_utc())

    def real_s(self, mission_s: float) -> float:
        """The same number of seconds: this clock runs in real time."""
        return mission_s


@dataclass(frozen=True)
class ClockAnchor:
    """At wall time ``wall_s`` (Unix) the mission was at ``t_tai_s`` and has run at ``rate`` since."""

    wall_s: float
    t_tai_s: float
    rate: float

    def __post_init__(self) -> None:
        if not 0.0 < self.rate <= MAXIMUM_RATE:
            raise InputError("rate", f"{self.rate} is outside the allowed range (0, {MAXIMUM_RATE:.0f}]")


class MissionClock:
    """A clock that runs at a chosen rate from an anchor; two processes with one anchor agree.

    Args:
        anchor: Where and how fast mission time runs.
        wall: Source of Unix wall time in s, replaceable in tests.
    """

    def __init__(self, anchor: ClockAnchor, wall: Callable[[], float] = time.time) -> None:
        self._anchor = anchor
        self._wall = wall

    @property
    def anchor(self) -> ClockAnchor:
        """The anchor in force."""
        return self._anchor

    def re_anchor(self, anchor: ClockAnchor) -> None:
        """Take over another anchor, such as one that the service has just set."""
        self._anchor = anchor

    def set_rate(self, rate: float) -> ClockAnchor:
        """Change the rate from now on, without a jump, and return the new anchor."""
        self._anchor = ClockAnchor(self._wall(), self.now_tai_s(), rate)
        return self._anchor

    def now_tai_s(self) -> float:
        """The mission's present instant in TAI seconds since J2000."""
        anchor = self._anchor
        return anchor.t_tai_s + (self._wall() - anchor.wall_s) * anchor.rate

    def now_utc(self) -> datetime:
        """The mission's present UTC instant."""
        return utc_from_tai_s(self.now_tai_s())

    def real_s(self, mission_s: float) -> float:
        """Wall-clock seconds for so many mission seconds."""
        return mission_s / self._anchor.rate
