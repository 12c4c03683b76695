"""Two-line element sets: reading, with errors that name line and column, and writing.

Format: CelesTrak, "NORAD Two-Line Element Set Format"; Spacetrack Report No. 3, section 3. Alpha-5 catalogue numbers
are read and written. The two derivatives of the mean motion are kept as the lines (and the OMM of the catalogues) hold
them: half of the first and a sixth of the second; SGP4 uses neither.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import ValidationError

from core.errors import InputError
from core.mission.model import MeanElements

__all__ = ["Tle", "TleError", "format_tle", "parse_tle", "tle_checksum"]

_ALPHA5: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # 10 to 33 in the first place; I and O are left out
_LINE_LENGTH: Final = 69
_LAST_TWO_DIGIT_YEAR: Final = 56  # 57 to 99 are 1957 to 1999


class TleError(InputError):
    """A two-line element set is wrong at a known line and column."""

    default_code = "bad-tle"

    def __init__(self, line: int, column: int, name: str, message: str) -> None:
        super().__init__(name, f"{message} (line {line}, column {column})", line=line, column=column)
        self.line = line
        self.column = column


@dataclass(frozen=True)
class Tle:
    """What two lines say."""

    norad_id: int
    classification: str
    international_designator: str
    element_set_number: int
    revolution_at_epoch: int
    elements: MeanElements


@dataclass(frozen=True)
class _Field:
    """Where a field lies: line 1 or 2, first and last column, counted from 1 as the format does."""

    line: int
    first: int
    last: int
    name: str
    pattern: str


_INTEGER = r" *[0-9]+"
_NORAD = _Field(1, 3, 7, "norad_id", r"[A-HJ-NP-Z][0-9]{4}| *[0-9]+")
_NORAD_2 = _Field(2, 3, 7, "norad_id", _NORAD.pattern)
_CLASS = _Field(1, 8, 8, "classification", r"[A-Z ]")
_DESIGNATOR = _Field(1, 10, 17, "international_designator", r".*")
_YEAR = _Field(1, 19, 20, "epoch_year", r"[ 0-9][0-9]")
_DAY = _Field(1, 21, 32, "epoch_day", r" *[0-9]+\.[0-9]* *")
_NDOT = _Field(1, 34, 43, "mean_motion_dot_rev_day2", r" *[ +-]?[0-9]*\.[0-9]+ *")
_NDDOT = _Field(1, 45, 52, "mean_motion_ddot_rev_day3", r"[ +-][ 0-9]{5}[ +-][0-9]")
_BSTAR = _Field(1, 54, 61, "bstar_per_earth_radius", r"[ +-][ 0-9]{5}[ +-][0-9]")
_SET = _Field(1, 65, 68, "element_set_number", rf"{_INTEGER}|\s*")
_INCLINATION = _Field(2, 9, 16, "inclination_deg", r" *[0-9]+\.[0-9]+ *")
_RAAN = _Field(2, 18, 25, "raan_deg", r" *[0-9]+\.[0-9]+ *")
_ECCENTRICITY = _Field(2, 27, 33, "eccentricity", r"[ 0-9]{6}[0-9]")
_ARGUMENT = _Field(2, 35, 42, "argument_of_perigee_deg", r" *[0-9]+\.[0-9]+ *")
_ANOMALY = _Field(2, 44, 51, "mean_anomaly_deg", r" *[0-9]+\.[0-9]+ *")
_MOTION = _Field(2, 53, 63, "mean_motion_rev_day", r" *[0-9]+\.[0-9]+ *")
_REVOLUTION = _Field(2, 64, 68, "revolution_at_epoch", rf"{_INTEGER}|\s*")


def tle_checksum(line: str) -> int:
    """Sum of the digits of the first 68 columns, a minus sign counting one, modulo ten."""
    return sum(int(c) if c.isdigit() else c == "-" for c in line[:68]) % 10


def _take(lines: tuple[str, str], field: _Field) -> str:
    text = lines[field.line - 1][field.first - 1 : field.last]
    if not re.fullmatch(field.pattern, text):
        raise TleError(field.line, field.first, field.name, f"{text!r} does not have the form of this field")
    return text


def _number(lines: tuple[str, str], field: _Field) -> float:
    return float(_take(lines, field))


def _assumed_point(lines: tuple[str, str], field: _Field) -> float:
    """A number such as `` 28098-4``: 0.28098e-4."""
    text = _take(lines, field)
    sign = -1.0 if text[0] == "-" else 1.0
    return sign * float(f"0.{text[1:6].replace(' ', '0')}e{text[6:].replace(' ', '+')}")


def _count(lines: tuple[str, str], field: _Field) -> int:
    return int(_take(lines, field).strip() or 0)


def _norad_id(text: str) -> int:
    stripped = text.strip()
    if stripped[0].isalpha():
        return (10 + _ALPHA5.index(stripped[0])) * 10_000 + int(stripped[1:])
    return int(stripped)


def _check_line(line: str, number: int) -> str:
    if len(line) < _LINE_LENGTH:
        raise TleError(number, len(line) + 1, "line", f"{len(line)} characters; a line has {_LINE_LENGTH}")
    if not line.isascii():
        raise TleError(number, 1, "line", "characters outside ASCII")
    if line[:2] != f"{number} ":
        raise TleError(number, 1, "line", f"starts with {line[:2]!r}, not {f'{number} '!r}")
    stated, computed = line[68], tle_checksum(line)
    if stated != str(computed):
        raise TleError(number, 69, "checksum", f"{stated!r} is stated, {computed} is computed")
    return line[:_LINE_LENGTH]


def _epoch_utc(lines: tuple[str, str]) -> datetime:
    year, day = int(_number(lines, _YEAR)), _number(lines, _DAY)
    if not 1.0 <= day < 367.0:
        raise TleError(1, _DAY.first, _DAY.name, f"day {day} is not in the range [1, 367)")
    full_year = year + (2000 if year <= _LAST_TWO_DIGIT_YEAR else 1900)
    return datetime(full_year, 1, 1, tzinfo=UTC) + timedelta(days=day - 1.0)


def parse_tle(line1: str, line2: str) -> Tle:
    """The content of two lines; text after column 69 is ignored.

    Raises:
        TleError: Length, line number, checksum, form or range of a field; names line and column.
    """
    lines = (_check_line(line1.rstrip("\r\n"), 1), _check_line(line2.rstrip("\r\n"), 2))
    norad_id = _norad_id(_take(lines, _NORAD))
    other = _norad_id(_take(lines, _NORAD_2))
    if other != norad_id:
        raise TleError(2, _NORAD_2.first, "norad_id", f"{other} differs from line 1's {norad_id}")
    values: dict[str, float | datetime] = {
        "epoch_utc": _epoch_utc(lines),
        "mean_motion_dot_rev_day2": _number(lines, _NDOT),
        "mean_motion_ddot_rev_day3": _assumed_point(lines, _NDDOT),
        "bstar_per_earth_radius": _assumed_point(lines, _BSTAR),
        "eccentricity": float(f"0.{_take(lines, _ECCENTRICITY).replace(' ', '0')}"),
    }
    columns = {"epoch_utc": _YEAR, _BSTAR.name: _BSTAR, _ECCENTRICITY.name: _ECCENTRICITY}
    for field in (_INCLINATION, _RAAN, _ARGUMENT, _ANOMALY, _MOTION):
        values[field.name] = _number(lines, field)
        columns[field.name] = field
    try:
        elements = MeanElements.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = columns.get(str(first["loc"][0]), _MOTION)
        raise TleError(field.line, field.first, field.name, f"{first['input']}: {first['msg']}") from error
    return Tle(
        norad_id=norad_id,
        classification=_take(lines, _CLASS),
        international_designator=_take(lines, _DESIGNATOR).strip(),
        element_set_number=_count(lines, _SET),
        revolution_at_epoch=_count(lines, _REVOLUTION),
        elements=elements,
    )


def _format_norad_id(norad_id: int) -> str:
    if norad_id < 100_000:
        return f"{norad_id:05d}"
    if norad_id < 340_000:
        return f"{_ALPHA5[norad_id // 10_000 - 10]}{norad_id % 10_000:04d}"
    raise InputError("norad_id", f"{norad_id} does not fit a two-line element set; the limit is 339999")


def _format_assumed_point(value: float, name: str) -> str:
    """Five digits and a power of ten, such as `` 28098-4``."""
    if value == 0.0:
        return " 00000+0"
    exponent = math.floor(math.log10(abs(value))) + 1
    digits = round(abs(value) / 10.0**exponent * 1e5)
    if digits == 100_000:
        digits, exponent = 10_000, exponent + 1
    if exponent < -9:
        return " 00000+0"
    if exponent > 9:
        raise InputError(name, f"{value} does not fit a two-line element set; the limit is 1e9")
    return f"{'-' if value < 0 else ' '}{digits:05d}{'-' if exponent < 0 else '+'}{abs(exponent)}"


def _format_half_derivative(value: float) -> str:
    text = f"{abs(value):.8f}"
    if not text.startswith("0."):
        raise InputError("mean_motion_dot_rev_day2", f"{value} does not fit a two-line element set; the limit is 1")
    return f"{'-' if value < 0 else ' '}{text[1:]}"


def _angle(value_deg: float) -> str:
    text = f"{value_deg:8.4f}"
    return "  0.0000" if text == "360.0000" else text


def format_tle(tle: Tle) -> tuple[str, str]:
    """The two lines, with checksums; reading them back gives the elements to the format's digits.

    Raises:
        InputError: A value does not fit its columns.
    """
    el = tle.elements
    epoch = el.epoch_utc.astimezone(UTC)
    first_day = datetime(epoch.year, 1, 1, tzinfo=UTC)
    if not 1957 <= epoch.year <= 2056:
        raise InputError("epoch_utc", f"{epoch.year} does not fit two digits of a two-line element set (1957 to 2056)")
    day = (epoch - first_day) / timedelta(days=1) + 1.0
    number = _format_norad_id(tle.norad_id)
    line1 = (
        f"1 {number}{tle.classification} {tle.international_designator:<8.8s} {epoch.year % 100:02d}{day:012.8f} "
        f"{_format_half_derivative(el.mean_motion_dot_rev_day2)} "
        f"{_format_assumed_point(el.mean_motion_ddot_rev_day3, 'mean_motion_ddot_rev_day3')} "
        f"{_format_assumed_point(el.bstar_per_earth_radius, 'bstar_per_earth_radius')} 0 "
        f"{tle.element_set_number % 10_000:4d}"
    )
    eccentricity = min(round(el.eccentricity * 1e7), 9_999_999)
    line2 = (
        f"2 {number} {el.inclination_deg:8.4f} {_angle(el.raan_deg)} {eccentricity:07d} "
        f"{_angle(el.argument_of_perigee_deg)} {_angle(el.mean_anomaly_deg)} {el.mean_motion_rev_day:11.8f}"
        f"{tle.revolution_at_epoch % 100_000:5d}"
    )
    return f"{line1}{tle_checksum(line1)}", f"{line2}{tle_checksum(line2)}"
