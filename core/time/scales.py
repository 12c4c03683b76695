"""UTC, TAI, TT and Julian dates.

The core computes in TAI seconds since J2000 (2000-01-01T12:00:00 TAI), named ``*_tai_s``: one float64 resolves
0.1 microseconds in this century. UTC appears as an aware ``datetime`` at the edges only.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import Final

from core.errors import InputError
from core.time.leap_seconds import LEAP_SECONDS

__all__ = [
    "J2000_JD",
    "TAI_MINUS_GPS_S",
    "TT_MINUS_TAI_S",
    "add_s",
    "as_utc",
    "duration_s",
    "format_utc",
    "jd_tt",
    "jd_ut1",
    "jd_utc",
    "parse_utc",
    "tai_s_from_utc",
    "tai_utc_offset_s",
    "utc_from_tai_s",
]

J2000_JD: Final = 2_451_545.0
TT_MINUS_TAI_S: Final = 32.184  # IAU 1991 Resolution A4
TAI_MINUS_GPS_S: Final = 19.0  # IS-GPS-200, section 3.3.4
_DAY_S: Final = 86_400.0
_J2000_AS_UTC_LABEL: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)
_STARTS_UTC: Final = [start for start, _ in LEAP_SECONDS]
_CALENDAR_END_UTC: Final = datetime(9999, 1, 1, tzinfo=UTC)  # a year short, so that a window after it still has an end
_CALENDAR_END_TAI_S: Final = (_CALENDAR_END_UTC - _J2000_AS_UTC_LABEL).total_seconds()
_STARTS_TAI_S: Final = [(start - _J2000_AS_UTC_LABEL).total_seconds() + offset for start, offset in LEAP_SECONDS]


def parse_utc(text: str, field: str = "time") -> datetime:
    """An aware UTC datetime from ISO 8601 text; a missing zone means UTC.

    Raises:
        InputError: The text is no ISO 8601 instant, or lies before 1972, when leap seconds begin, or after 9998.
    """
    try:
        parsed = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError as error:
        raise InputError(field, f"{text!r} is not an ISO 8601 time such as 2026-11-22T12:00:00Z") from error
    return as_utc(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC), field)


def as_utc(instant: datetime, field: str = "time") -> datetime:
    """The same instant in UTC; refuses a naive datetime, one before 1972 and one after 9998."""
    if instant.tzinfo is None:
        raise InputError(field, f"{instant.isoformat()} has no time zone; give UTC, such as 2026-11-22T12:00:00Z")
    try:
        utc = instant.astimezone(UTC)
    except OverflowError as error:
        raise InputError(field, f"{instant.isoformat()} lies outside the years 1 to 9999 in UTC") from error
    if utc < _STARTS_UTC[0]:
        raise InputError(field, f"{utc.isoformat()} is before 1972-01-01, where UTC with leap seconds begins")
    if utc >= _CALENDAR_END_UTC:
        raise InputError(field, f"{utc.isoformat()} is not before 9999-01-01, where the calendar ends")
    return utc


def format_utc(instant: datetime) -> str:
    """ISO 8601 with a trailing Z; milliseconds only where there are any."""
    utc = as_utc(instant)
    spec = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=spec).replace("+00:00", "Z")


def tai_utc_offset_s(instant_utc: datetime) -> int:
    """TAI minus UTC at an instant, s."""
    return LEAP_SECONDS[bisect_right(_STARTS_UTC, as_utc(instant_utc)) - 1][1]


def tai_s_from_utc(instant_utc: datetime) -> float:
    """TAI seconds since J2000 (2000-01-01T12:00:00 TAI) of a UTC instant."""
    utc = as_utc(instant_utc)
    return (utc - _J2000_AS_UTC_LABEL).total_seconds() + tai_utc_offset_s(utc)


def utc_from_tai_s(t_tai_s: float) -> datetime:
    """The UTC instant of TAI seconds since J2000, to the microsecond.

    Within an inserted leap second the last microsecond before it is repeated, as ``datetime`` has no second 60.
    """
    if not t_tai_s < _CALENDAR_END_TAI_S:
        raise InputError("t_tai_s", f"{t_tai_s} is not before the year 9999, where the calendar ends")
    index = bisect_right(_STARTS_TAI_S, t_tai_s) - 1
    if index < 0:
        raise InputError("t_tai_s", f"{t_tai_s} is before 1972-01-01, where UTC with leap seconds begins")
    utc = _J2000_AS_UTC_LABEL + timedelta(seconds=t_tai_s - LEAP_SECONDS[index][1])
    if index + 1 < len(LEAP_SECONDS) and utc >= _STARTS_UTC[index + 1]:
        return _STARTS_UTC[index + 1] - timedelta(microseconds=1)
    return utc


def duration_s(start_utc: datetime, end_utc: datetime) -> float:
    """Elapsed SI seconds between two UTC instants, leap seconds counted."""
    return tai_s_from_utc(end_utc) - tai_s_from_utc(start_utc)


def add_s(instant_utc: datetime, seconds: float) -> datetime:
    """The UTC instant that many SI seconds later."""
    return utc_from_tai_s(tai_s_from_utc(instant_utc) + seconds)


def jd_tt(t_tai_s: float) -> tuple[float, float]:
    """Julian date in TT of TAI seconds since J2000: whole half-day part and fraction."""
    days, seconds = divmod(t_tai_s + TT_MINUS_TAI_S, _DAY_S)
    return J2000_JD + days, seconds / _DAY_S


def jd_utc(t_tai_s: float) -> tuple[float, float]:
    """Julian date in UTC of TAI seconds since J2000: whole half-day part and fraction."""
    index = max(bisect_right(_STARTS_TAI_S, t_tai_s) - 1, 0)
    days, seconds = divmod(t_tai_s - LEAP_SECONDS[index][1], _DAY_S)
    return J2000_JD + days, seconds / _DAY_S


def jd_ut1(t_tai_s: float, ut1_utc_s: float = 0.0) -> tuple[float, float]:
    """Julian date in UT1 of TAI seconds since J2000, given UT1 minus UTC in s."""
    whole, fraction = jd_utc(t_tai_s)
    return whole, fraction + ut1_utc_s / _DAY_S
