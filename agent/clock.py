"""A clock that stands still, for requests that bring their own time."""

from __future__ import annotations

from datetime import datetime

from core.time import tai_s_from_utc

__all__ = ["FixedClock"]


class FixedClock:
    """Always the same instant; evaluations use it."""

    def __init__(self, now_utc: datetime) -> None:
        self._now_utc = now_utc

    def now_utc(self) -> datetime:
        """The instant, UTC."""
        return self._now_utc

    def now_tai_s(self) -> float:
        """The instant in TAI seconds since J2000."""
        return tai_s_from_utc(self._now_utc)

    def real_s(self, mission_s: float) -> float:
        """The same number of seconds: nobody waits on this clock."""
        return mission_s
