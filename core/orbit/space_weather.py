"""Solar flux and geomagnetic activity by date, from the table that ships with the package or from a newer file.

A table says of every instant whether its values are measured, predicted, or held from its first or last day.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.time.leap_seconds import LEAP_SECONDS
from core.time.scales import tai_s_from_utc
from native import _core

__all__ = [
    "SolarActivity",
    "SpaceWeather",
    "SpaceWeatherSource",
    "shipped_space_weather",
    "tai_minus_utc_s",
]

FloatArray = NDArray[np.float64]

_MJD_OF_J2000: Final = 51_544.5  # 2000-01-01T12:00
_DAY_S: Final = 86_400.0
_COLUMNS: Final = 10  # F10.7, its 81-day mean, eight 3-hour Ap
_STARTS_TAI_S: Final = [tai_s_from_utc(start) for start, _ in LEAP_SECONDS]


class SpaceWeatherSource(StrEnum):
    """Where the values of an instant come from, the best first."""

    MEASURED = "measured"
    PREDICTED = "predicted"
    HELD = "held"  # outside the table: its first or last day


@dataclass(frozen=True)
class SolarActivity:
    """What NRLMSISE-00 needs at an instant.

    ``f107`` is the observed 10.7 cm flux of the day before and ``f107a`` its 81-day centred mean, 1e-22 W/m2/Hz;
    ``ap`` (7,) holds the day's mean, the values of the present 3 hours and of those 3, 6 and 9 hours before, and the
    means from 12 to 33 and from 36 to 57 hours before.
    """

    f107: float
    f107a: float
    ap: FloatArray
    source: SpaceWeatherSource


@dataclass(frozen=True, eq=False)
class SpaceWeather:
    """Daily space weather.

    Args:
        first_mjd: Modified Julian date (UTC) of the first day.
        days: One row a day, shape (n, 10): observed F10.7, its 81-day centred mean, eight 3-hour Ap values.
        measured_days: How many of them, from the first, are measured; the others are predicted.
        origin: Where they come from, for reports.
    Raises:
        InputError: The rows have another shape, or a value is not finite or negative.
    """

    first_mjd: int
    days: FloatArray = field(repr=False)
    measured_days: int
    origin: str

    def __post_init__(self) -> None:
        if self.days.ndim != 2 or self.days.shape[1] != _COLUMNS or not len(self.days):
            raise InputError("days", f"shape {self.days.shape} is not (n, {_COLUMNS}) with n above 0")
        if not (np.isfinite(self.days).all() and (self.days[:, :2] > 0.0).all() and (self.days >= 0.0).all()):
            raise InputError("days", "a flux is not above 0, or an Ap is below 0")
        if not 0 <= self.measured_days <= len(self.days):
            raise InputError("measured_days", f"{self.measured_days} is not within 0 to {len(self.days)}")

    @cached_property
    def native(self) -> _core.SpaceWeather:
        """The same table in C++."""
        return _core.SpaceWeather(self.first_mjd, self.days)

    def source_at(self, t_tai_s: float) -> SpaceWeatherSource:
        """Where the values at TAI seconds since J2000 come from."""
        day = math.floor(_mjd_utc(t_tai_s)) - self.first_mjd
        if not 1 <= day < len(self.days):  # the day before gives the flux
            return SpaceWeatherSource.HELD
        return SpaceWeatherSource.MEASURED if day < self.measured_days else SpaceWeatherSource.PREDICTED

    def worst_source(self, t_tai_s: FloatArray) -> SpaceWeatherSource:
        """The least certain source of any of the instants (n,)."""
        order = list(SpaceWeatherSource)
        ends = (self.source_at(float(t_tai_s.min())), self.source_at(float(t_tai_s.max())))
        return max(ends, key=order.index)

    def at(self, t_tai_s: float) -> SolarActivity:
        """The conditions at TAI seconds since J2000."""
        values = self.native.activity(math.floor(8.0 * _mjd_utc(t_tai_s)))
        return SolarActivity(float(values[0]), float(values[1]), values[2:], self.source_at(t_tai_s))


def tai_minus_utc_s(t_tai_s: FloatArray) -> FloatArray:
    """TAI minus UTC, s, shape (n,), at TAI seconds since J2000 (n,)."""
    offsets_s = np.array([offset_s for _, offset_s in LEAP_SECONDS], dtype=np.float64)
    found: FloatArray = offsets_s[np.maximum(np.searchsorted(_STARTS_TAI_S, t_tai_s, side="right") - 1, 0)]
    return found


def _mjd_utc(t_tai_s: float) -> float:
    offset_s = LEAP_SECONDS[max(bisect_right(_STARTS_TAI_S, t_tai_s) - 1, 0)][1]
    return _MJD_OF_J2000 + (t_tai_s - offset_s) / _DAY_S


@cache
def shipped_space_weather() -> SpaceWeather:
    """The table of this release: measured from 2000 to August 2026, predicted to 2041.

    Source: CelesTrak's compilation of F10.7 (DRAO, Canada) and Ap (GFZ Potsdam, CC BY 4.0) with NOAA's predictions;
    the header of ``space_weather.csv`` says which issue.
    """
    text = files("core.orbit").joinpath("space_weather.csv").read_text(encoding="ascii")
    header = dict(line[2:].split("=", 1) for line in text.splitlines() if line.startswith("# ") and "=" in line)
    rows = [line.split(",") for line in text.splitlines() if not line.startswith("#")]
    return SpaceWeather(
        int(header["first_mjd"]),
        np.array(rows, dtype=np.float64),
        int(header["measured_days"]),
        header["origin"],
    )
