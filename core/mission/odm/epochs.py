"""Epochs of orbit data messages: CCSDS ASCII time codes A and B (301.0-B-4, section 3.5) in a time system."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mission.odm.errors import OdmError
from core.mission.odm.references import TimeSystem
from core.time import tai_utc_offset_s, utc_from_tai_s
from core.time.scales import TT_MINUS_TAI_S

__all__ = ["Epoch", "epoch_text", "parse_epoch", "tai_of"]

TAI_MINUS_GPS_S: Final = 19.0  # IS-GPS-200, section 3.3.4
_J2000_DAY: Final = date(2000, 1, 1).toordinal()
_HALF_DAY_S: Final = 43_200.0
_DAY_S: Final = 86_400.0
_ASCII: Final = re.compile(
    r"(?P<year>\d{4})-(?:(?P<month>\d{2})-(?P<day>\d{2})|(?P<doy>\d{3}))"
    r"T(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d*)?))?Z?"
)
# What has to be added to seconds of a uniform system to give TAI.
_OFFSET_S: Final = {TimeSystem.TAI: 0.0, TimeSystem.TT: -TT_MINUS_TAI_S, TimeSystem.GPS: TAI_MINUS_GPS_S}


class Epoch(str):
    """An epoch as it is written, in the message's time system."""


def parse_epoch(text: str, system: TimeSystem, keyword: str, line: int | None = None) -> tuple[Epoch, float | None]:
    """An epoch, and its TAI seconds since J2000 where the time system can be converted without further data.

    GMST, MET, MRT and SCLK count from something that the message does not hold; UT1, TDB, TCB and TCG are left as they
    are written rather than taken for a neighbouring scale.

    Raises:
        OdmError: The text is no calendar or day-of-year time, or no such day or time exists.
    """
    found = _ASCII.fullmatch(text.strip())
    if found is None:
        raise OdmError(
            keyword, f"{text.strip()[:60]!r} is no time such as 2026-11-22T12:00:00.000 or 2026-326T12:00:00", line
        )
    try:
        day = _day(found)
    except ValueError as error:
        raise OdmError(keyword, f"{text.strip()[:60]!r}: there is no such day", line) from error
    hour, minute, second = int(found["hour"]), int(found["minute"]), float(found["second"] or 0.0)
    leap = system is TimeSystem.UTC and second >= 60.0
    if hour > 23 or minute > 59 or second >= (61.0 if leap else 60.0):
        raise OdmError(keyword, f"{text.strip()[:60]!r}: there is no such time of day", line)
    label_s = (day.toordinal() - _J2000_DAY) * _DAY_S - _HALF_DAY_S + hour * 3600.0 + minute * 60.0 + second
    return Epoch(text.strip()), _tai(label_s, day, leap, system, keyword, line)


def _day(found: re.Match[str]) -> date:
    year = int(found["year"])
    if found["doy"] is None:
        return date(year, int(found["month"]), int(found["day"]))
    day = date(year, 1, 1) + timedelta(days=int(found["doy"]) - 1)
    if day.year != year:
        raise ValueError("day of year")
    return day


def _tai(label_s: float, day: date, leap: bool, system: TimeSystem, keyword: str, line: int | None) -> float | None:
    if system is not TimeSystem.UTC:
        return label_s + _OFFSET_S[system] if system in _OFFSET_S else None
    try:
        # A leap second belongs to the day that it ends: it counts with that day's offset.
        offset_s = tai_utc_offset_s(datetime(day.year, day.month, day.day, 23 if leap else 0, tzinfo=UTC))
    except InputError as error:
        raise OdmError(keyword, error.message, line) from error
    return label_s + offset_s


def epoch_text(t_tai_s: float, system: TimeSystem) -> Epoch:
    """An instant, to the microsecond, as a time system writes it.

    Raises:
        OdmError: The time system cannot be written from TAI alone.
    """
    if system is TimeSystem.UTC:
        return Epoch(utc_from_tai_s(t_tai_s).strftime("%Y-%m-%dT%H:%M:%S.%f"))
    if system not in _OFFSET_S:
        raise OdmError("TIME_SYSTEM", f"{system} cannot be written from TAI; use UTC, TAI, TT or GPS")
    moment = datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(seconds=t_tai_s - _OFFSET_S[system])
    return Epoch(moment.strftime("%Y-%m-%dT%H:%M:%S.%f"))


def tai_of(values: list[float | None]) -> NDArray[np.float64] | None:
    """TAI seconds of many epochs, shape (n,), or None when their time system cannot be converted."""
    known = [one for one in values if one is not None]
    return np.array(known, dtype=np.float64) if len(known) == len(values) else None
