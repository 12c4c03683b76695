"""Numbers with a unit, in any unit that operators use."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["Dimension", "Quantity", "find_quantities"]


class Dimension(StrEnum):
    """What a unit measures; the base unit is that of the tools' arguments."""

    LENGTH_KM = "km"
    DATA_MB = "MB"
    DURATION_MIN = "min"
    SPEED_M_S = "m/s"
    ANGLE_DEG = "deg"


@dataclass(frozen=True)
class Quantity:
    """A value in its dimension's base unit, and where it stands in the text."""

    value: float
    dimension: Dimension
    start: int
    end: int


_SPEEDS: Final[Mapping[str, float]] = {
    r"(?:mm/s|millimet(?:er|re)s? per second)": 0.001,
    r"(?:cm/s|cmps|centimet(?:er|re)s? per second|cm per second|cm/sec)": 0.01,
    r"(?:km/s|kilomet(?:er|re)s? per second)": 1000.0,
    r"(?:m/s|mps|m/sec|ms-1|m s-1|met(?:er|re)s? per second|met(?:er|re)s?/s(?:ec(?:ond)?)?|m per second)": 1.0,
    r"(?:ft/s|fps|feet per second|ft per second|foot per second)": 0.3048,  # international foot
    r"(?:km/h|kph|kilomet(?:er|re)s? per hour)": 1 / 3.6,
}
_DATA: Final[Mapping[str, float]] = {
    # Bytes and bits, decimal and binary prefixes (IEC 80000-13), in 10^6 bytes.
    r"(?:kb|kbytes?|kilobytes?)": 1e-3,
    r"(?:mb|mbytes?|megabytes?|megs?)": 1.0,
    r"(?:gb|gbytes?|gigabytes?|gigs?)": 1e3,
    r"(?:tb|tbytes?|terabytes?)": 1e6,
    r"(?:kib|kibibytes?)": 1024 / 1e6,
    r"(?:mib|mebibytes?)": 1024**2 / 1e6,
    r"(?:gib|gibibytes?)": 1024**3 / 1e6,
    r"(?:tib|tebibytes?)": 1024**4 / 1e6,
    r"(?:kbits?|kilobits?)": 1e3 / 8e6,
    r"(?:mbits?|megabits?)": 1e6 / 8e6,
    r"(?:gbits?|gigabits?)": 1e9 / 8e6,
    r"(?:tbits?|terabits?)": 1e12 / 8e6,
    r"(?:gibits?|gibibits?)": 1024**3 / 8e6,
    r"(?:mibits?|mebibits?)": 1024**2 / 8e6,
}
_LENGTHS: Final[Mapping[str, float]] = {
    r"(?:nm|nmi|nautical miles?)": 1.852,  # international nautical mile
    r"(?:mi|miles?|statute miles?)": 1.609344,  # international mile
    r"(?:km|kms|kilomet(?:er|re)s?|klicks?)": 1.0,
    r"(?:ft|feet|foot)": 0.0003048,
    r"(?:m|met(?:er|re)s?)": 0.001,
}
_DURATIONS: Final[Mapping[str, float]] = {
    r"(?:days?|d)": 1440.0,
    r"(?:hours?|hrs?|h)": 60.0,
    r"(?:minutes?|mins?|min)": 1.0,
    r"(?:seconds?|secs?|sec|s)": 1 / 60,
    r"(?:weeks?)": 10080.0,
}
_ANGLES: Final[Mapping[str, float]] = {
    r"(?:degrees?|deg|°)": 1.0,
    r"(?:mrad|milliradians?)": math.degrees(1e-3),
    r"(?:rad|radians?)": math.degrees(1.0),
}
_TABLES: Final = (
    (Dimension.SPEED_M_S, _SPEEDS),
    (Dimension.DATA_MB, _DATA),
    (Dimension.LENGTH_KM, _LENGTHS),
    (Dimension.DURATION_MIN, _DURATIONS),
    (Dimension.ANGLE_DEG, _ANGLES),
)
_NUMBER: Final = r"(?<![\w.])(-?\d+(?:\.\d+)?|\.\d+)"
_PATTERNS: Final = tuple(
    (dimension, factor, re.compile(rf"{_NUMBER}(?: ?- ?| ?)(?:full |whole |more )?{unit}(?![\w/])"))
    for dimension, table in _TABLES
    for unit, factor in table.items()
)
_COMPOUND: Final = re.compile(
    r"(?<![\w.])(\d+) ?(?:hours?|hrs?|h)(?: and)? ?(?:(\d+) ?(?:minutes?|mins?|min|m)?\b|(a half|1 half|half))"
)
_PHRASES: Final[Sequence[tuple[re.Pattern[str], float]]] = (
    (re.compile(r"\b(?:half an?|half 1|1 half|half) hour\b"), 30.0),
    (re.compile(r"\b(?:1|a|3) (?:quarters?|quarter) of an? hour\b"), 15.0),
    (re.compile(r"\bquarter (?:of )?(?:an|1) hour\b"), 15.0),
    (re.compile(r"\b(?:a )?couple (?:of )?hours\b"), 120.0),
    (re.compile(r"\b(?:an|1|the) hour and (?:a|1) half\b"), 90.0),
    (re.compile(r"\b1 and (?:a|1) half hours\b"), 90.0),
    (re.compile(r"\b2 and (?:a|1) half hours\b"), 150.0),
    (re.compile(r"(?<!next )(?<!the )(?<!per )\ban hour\b"), 60.0),
)


def find_quantities(norm: str) -> list[Quantity]:
    """All quantities of a normalised text, in the order of the text; none overlaps another."""
    found: list[Quantity] = []
    for pattern, minutes in _PHRASES:
        found += [Quantity(minutes, Dimension.DURATION_MIN, *one.span()) for one in pattern.finditer(norm)]
    for match in _COMPOUND.finditer(norm):
        minutes = 60.0 * float(match.group(1)) + (float(match.group(2)) if match.group(2) else 30.0)
        _add(found, Quantity(minutes, Dimension.DURATION_MIN, *match.span()))
    for dimension, factor, pattern in _PATTERNS:
        for match in pattern.finditer(norm):
            _add(found, Quantity(_tidy(float(match.group(1)) * factor), dimension, *match.span()))
    return sorted(found, key=lambda one: one.start)


def _add(found: list[Quantity], one: Quantity) -> None:
    if not any(one.start < other.end and other.start < one.end for other in found):
        found.append(one)


def _tidy(value: float) -> float:
    """Without the noise of the multiplication: 12 significant digits are more than anyone says."""
    return float(f"{value:.12g}")
