"""CCSDS time codes (301.0-B-4): unsegmented (CUC), day segmented (CDS) and ASCII A and B, to and from TAI seconds.

A float64 of TAI seconds since J2000 resolves 0.1 microseconds in this century; finer fields are written and read, and
no finer than that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from core.errors import InputError
from core.time.leap_seconds import LEAP_SECONDS
from core.time.scales import TAI_MINUS_GPS_S, tai_s_from_utc, utc_from_tai_s

__all__ = [
    "CCSDS_EPOCH_TAI_S",
    "AsciiTime",
    "CdsCode",
    "CucCode",
    "format_ascii_a",
    "format_ascii_b",
    "gps_week_and_seconds",
    "parse_ascii",
    "read_ascii",
    "tai_s_from_gps",
]

CCSDS_EPOCH_TAI_S: Final = -15_340.5 * 86_400.0  # 1958-01-01T00:00:00 TAI, CCSDS 301.0-B-4 section 3.2.1
_GPS_EPOCH_TAI_S: Final = -7_300.5 * 86_400.0 + TAI_MINUS_GPS_S  # 1980-01-06T00:00:00 UTC, IS-GPS-200
_WEEK_S: Final = 604_800
_CCSDS_DAY_ONE: Final = datetime(1958, 1, 1, tzinfo=UTC)
_DAY_MS: Final = 86_400_000
_J2000_NOON: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class CucCode:
    """Unsegmented code: whole units of a second and binary fractions since an epoch (section 3.2).

    Args:
        coarse_octets: Octets of seconds, 1 to 7.
        fine_octets: Octets of fractions, 0 to 10.
        epoch_tai_s: The agency's epoch; None is the CCSDS epoch of 1958-01-01 TAI.
        p_field: Whether the code begins with the octets that describe it.
    """

    coarse_octets: int = 4
    fine_octets: int = 2
    epoch_tai_s: float | None = None
    p_field: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.coarse_octets <= 7:
            raise InputError("coarse_octets", f"{self.coarse_octets} is not in 1 to 7")
        if not 0 <= self.fine_octets <= 10:
            raise InputError("fine_octets", f"{self.fine_octets} is not in 0 to 10")

    def encode(self, t_tai_s: float) -> bytes:
        """The code of TAI seconds since J2000, rounded to its resolution.

        Raises:
            InputError: The instant is before the epoch or past the last that the octets hold.
        """
        counts: int = round((Fraction(t_tai_s) - Fraction(self._epoch_tai_s)) * 256**self.fine_octets)
        octets = self.coarse_octets + self.fine_octets
        if not 0 <= counts < 256**octets:
            raise InputError("t_tai_s", f"{t_tai_s} s do not fit {octets} octets from {self._epoch_tai_s} s")
        return (self._preamble() if self.p_field else b"") + counts.to_bytes(octets, "big")

    def decode(self, data: bytes) -> float:
        """TAI seconds since J2000 of a whole code.

        Raises:
            InputError: The length or the P-field is not this code's.
        """
        body = _after_preamble(data, self._preamble() if self.p_field else b"", "CUC")
        octets = self.coarse_octets + self.fine_octets
        if len(body) != octets:
            raise InputError("CUC", f"{len(body)} octets of time; the code has {octets}")
        return float(Fraction(self._epoch_tai_s) + Fraction(int.from_bytes(body, "big"), 256**self.fine_octets))

    @property
    def _epoch_tai_s(self) -> float:
        return CCSDS_EPOCH_TAI_S if self.epoch_tai_s is None else self.epoch_tai_s

    def _preamble(self) -> bytes:
        identity = 0b001 if self.epoch_tai_s is None else 0b010
        coarse, fine = min(self.coarse_octets, 4), min(self.fine_octets, 3)
        first = identity << 4 | (coarse - 1) << 2 | fine
        more_coarse, more_fine = self.coarse_octets - coarse, self.fine_octets - fine
        if more_coarse == more_fine == 0:
            return bytes([first])
        return bytes([0x80 | first, more_coarse << 5 | more_fine << 2])


@dataclass(frozen=True)
class CdsCode:
    """Day segmented code: UTC days, milliseconds of the day and fractions of them (section 3.3).

    Args:
        day_octets: 2 or 3.
        submillisecond_octets: 0 none, 2 microseconds, 4 picoseconds.
        epoch_utc: The agency's first day; None is 1958-01-01.
        p_field: Whether the code begins with the octet that describes it.
    """

    day_octets: int = 2
    submillisecond_octets: int = 2
    epoch_utc: datetime | None = None
    p_field: bool = True

    def __post_init__(self) -> None:
        if self.day_octets not in (2, 3):
            raise InputError("day_octets", f"{self.day_octets} is neither 2 nor 3")
        if self.submillisecond_octets not in (0, 2, 4):
            raise InputError("submillisecond_octets", f"{self.submillisecond_octets} is not 0, 2 or 4")

    def encode(self, t_tai_s: float) -> bytes:
        """The code of TAI seconds since J2000, cut to its resolution; a leap second counts on from 86 400 000 ms.

        Raises:
            InputError: The day does not fit.
        """
        day_start_utc, of_day_s = _day_of(t_tai_s)
        parts: int = 10 ** {0: 0, 2: 3, 4: 9}[self.submillisecond_octets]
        whole_ms, fraction = divmod(int(of_day_s * 1000 * parts), parts)
        day = (day_start_utc - self._epoch_utc).days
        if not 0 <= day < 256**self.day_octets:
            raise InputError("t_tai_s", f"day {day} does not fit {self.day_octets} octets")
        body = day.to_bytes(self.day_octets, "big") + whole_ms.to_bytes(4, "big")
        body += fraction.to_bytes(self.submillisecond_octets, "big")
        return (self._preamble() if self.p_field else b"") + body

    def decode(self, data: bytes) -> float:
        """TAI seconds since J2000 of a whole code.

        Raises:
            InputError: The length or the P-field is not this code's, or a field is past its limit.
        """
        body = _after_preamble(data, self._preamble() if self.p_field else b"", "CDS")
        octets = self.day_octets + 4 + self.submillisecond_octets
        if len(body) != octets:
            raise InputError("CDS", f"{len(body)} octets of time; the code has {octets}")
        day = int.from_bytes(body[: self.day_octets], "big")
        whole_ms = int.from_bytes(body[self.day_octets : self.day_octets + 4], "big")
        fraction = int.from_bytes(body[self.day_octets + 4 :], "big")
        parts: int = 10 ** {0: 0, 2: 3, 4: 9}[self.submillisecond_octets]
        if fraction >= parts and fraction:
            raise InputError("CDS", f"{fraction} parts of a millisecond; there are {parts}")
        try:
            day_start_utc = self._epoch_utc + timedelta(days=day)
        except OverflowError as error:
            raise InputError("CDS", f"day {day} is past the end of the calendar") from error
        limit_ms = _DAY_MS + 1000 * _leap_second_of(day_start_utc)
        if whole_ms >= limit_ms:
            raise InputError("CDS", f"{whole_ms} ms of a day that has {limit_ms}")
        return tai_s_from_utc(day_start_utc) + float(Fraction(whole_ms * parts + fraction, 1000 * parts))

    @property
    def _epoch_utc(self) -> datetime:
        return _CCSDS_DAY_ONE if self.epoch_utc is None else self.epoch_utc

    def _preamble(self) -> bytes:
        agency = self.epoch_utc is not None
        return bytes([0b100 << 4 | agency << 3 | (self.day_octets == 3) << 2 | self.submillisecond_octets // 2])


def _after_preamble(data: bytes, preamble: bytes, name: str) -> bytes:
    if data[: len(preamble)] != preamble:
        raise InputError(name, f"the P-field {data[: len(preamble)].hex()} is not {preamble.hex()}")
    return data[len(preamble) :]


def _leap_second_of(day_start_utc: datetime) -> int:
    """1 where the day ends with an inserted second."""
    return int(any(start - timedelta(days=1) == day_start_utc for start, _ in LEAP_SECONDS[1:]))


def _day_of(t_tai_s: float) -> tuple[datetime, Fraction]:
    """The UTC day, and the seconds since it began, up to 86 401 where one was inserted."""
    utc = utc_from_tai_s(t_tai_s)
    day_start_utc = utc.replace(hour=0, minute=0, second=0, microsecond=0)
    of_day_s = Fraction(t_tai_s) - Fraction(tai_s_from_utc(day_start_utc))
    if of_day_s < 0:  # the datetime was rounded up to midnight
        day_start_utc -= timedelta(days=1)
        of_day_s = Fraction(t_tai_s) - Fraction(tai_s_from_utc(day_start_utc))
    length_s = 86_400 + _leap_second_of(day_start_utc)
    return (
        (day_start_utc, of_day_s) if of_day_s < length_s else (day_start_utc + timedelta(days=1), of_day_s - length_s)
    )


def _clock(t_tai_s: float, digits: int) -> tuple[datetime, str]:
    """The UTC day, and the time of day as text, cut after so many digits; a leap second is second 60."""
    if not 0 <= digits <= 12:
        raise InputError("digits", f"{digits} is not in 0 to 12")
    day_start_utc, of_day_s = _day_of(t_tai_s)
    seconds, fraction = divmod(int(of_day_s * 10**digits), 10**digits)
    minutes = min(seconds // 60, 1439)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds - 60 * minutes:02d}"
    return day_start_utc, f"{text}.{fraction:0{digits}d}Z" if digits else f"{text}Z"


def format_ascii_a(t_tai_s: float, digits: int = 6) -> str:
    """Calendar form, such as 2016-12-31T23:59:60.500000Z (section 3.5.1.1)."""
    day, clock = _clock(t_tai_s, digits)
    return f"{day:%Y-%m-%d}T{clock}"


def format_ascii_b(t_tai_s: float, digits: int = 6) -> str:
    """Day-of-year form, such as 2016-366T23:59:60.500000Z (section 3.5.1.2)."""
    day, clock = _clock(t_tai_s, digits)
    return f"{day:%Y}-{day:%j}T{clock}"


_ASCII: Final = re.compile(
    r"(?P<year>\d{4})-(?:(?P<month>\d\d)-(?P<day>\d\d)|(?P<day_of_year>\d{3}))"
    r"T(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d{1,18}))?Z?",
    re.ASCII,
)


@dataclass(frozen=True)
class AsciiTime:
    """A time in form A or B as written: a day, and the seconds since it began, up to 86 401 with a leap second."""

    day: datetime
    of_day_s: Fraction

    @property
    def uniform_s(self) -> float:
        """Seconds since 2000-01-01T12:00:00 in a scale whose days all have 86 400 s, such as TAI, TT or GPS."""
        return float((self.day - _J2000_NOON).total_seconds() + self.of_day_s)

    @property
    def utc_as_tai_s(self) -> float:
        """TAI seconds since J2000, where the time is UTC."""
        return float(Fraction(tai_s_from_utc(self.day)) + self.of_day_s)


def read_ascii(text: str, field: str = "time") -> AsciiTime:
    """A time in form A or B; second 60 only where UTC had one inserted.

    Raises:
        InputError: The text has neither form, or names a date, time or leap second that does not exist.
    """
    match = _ASCII.fullmatch(text.strip())
    if match is None:
        raise InputError(field, f"{text[:60]!r} is no CCSDS time such as 2026-11-22T12:00:00Z or 2026-326T12:00:00Z")
    part = match.groupdict()
    try:
        if part["day_of_year"] is None:
            day = datetime(int(part["year"]), int(part["month"]), int(part["day"]), tzinfo=UTC)
        else:
            day = datetime(int(part["year"]), 1, 1, tzinfo=UTC) + timedelta(days=int(part["day_of_year"]) - 1)
    except (ValueError, OverflowError) as error:
        raise InputError(field, f"{text[:60]!r} names a day that does not exist") from error
    if day.year != int(part["year"]):
        raise InputError(field, f"{text[:60]!r} names a day that does not exist")
    hour, minute, second = int(part["hour"]), int(part["minute"]), int(part["second"])
    last_second = 59 + (_leap_second_of(day) if (hour, minute) == (23, 59) else 0)
    if hour > 23 or minute > 59 or second > last_second:
        raise InputError(field, f"{text[:60]!r} names a time of day that does not exist")
    fraction = Fraction(f"0.{part['fraction']}") if part["fraction"] else Fraction(0)
    return AsciiTime(day, 3600 * hour + 60 * minute + second + fraction)


def parse_ascii(text: str, field: str = "time") -> float:
    """TAI seconds since J2000 of a UTC time in form A or B.

    Raises:
        InputError: As for :func:`read_ascii`, or the time is before 1972.
    """
    return read_ascii(text, field).utc_as_tai_s


def gps_week_and_seconds(t_tai_s: float) -> tuple[int, float]:
    """GPS week, counted on past its roll-overs, and seconds of the week, of TAI seconds since J2000."""
    week, seconds = divmod(t_tai_s - _GPS_EPOCH_TAI_S, _WEEK_S)
    return int(week), seconds


def tai_s_from_gps(week: int, seconds: float) -> float:
    """TAI seconds since J2000 of a GPS week and its seconds."""
    return _GPS_EPOCH_TAI_S + _WEEK_S * week + seconds
