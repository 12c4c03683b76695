"""TAI minus UTC since 1972, from the IERS leap second table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

__all__ = ["LEAP_SECONDS", "TABLE_VALID_UNTIL_UTC"]


def _utc(year: int, month: int) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC)


# (first UTC instant, TAI - UTC in s): IERS Bulletin C 1 to 72
LEAP_SECONDS: Final[tuple[tuple[datetime, int], ...]] = (
    (_utc(1972, 1), 10),
    (_utc(1972, 7), 11),
    (_utc(1973, 1), 12),
    (_utc(1974, 1), 13),
    (_utc(1975, 1), 14),
    (_utc(1976, 1), 15),
    (_utc(1977, 1), 16),
    (_utc(1978, 1), 17),
    (_utc(1979, 1), 18),
    (_utc(1980, 1), 19),
    (_utc(1981, 7), 20),
    (_utc(1982, 7), 21),
    (_utc(1983, 7), 22),
    (_utc(1985, 7), 23),
    (_utc(1988, 1), 24),
    (_utc(1990, 1), 25),
    (_utc(1991, 1), 26),
    (_utc(1992, 7), 27),
    (_utc(1993, 7), 28),
    (_utc(1994, 7), 29),
    (_utc(1996, 1), 30),
    (_utc(1997, 7), 31),
    (_utc(1999, 1), 32),
    (_utc(2006, 1), 33),
    (_utc(2009, 1), 34),
    (_utc(2012, 7), 35),
    (_utc(2015, 7), 36),
    (_utc(2017, 1), 37),
)

TABLE_VALID_UNTIL_UTC: Final = _utc(2027, 6)  # no leap second is announced before this date
