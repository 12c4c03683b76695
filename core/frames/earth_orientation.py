"""UT1, the angle of the Earth's rotation as time, from the IERS table that ships with the package.

Between the table's ten-day entries UT1 is interpolated to 3.5 ms (1.6 m at the equator). Beyond the table its last
value is held, which drifts by about 1 ms a day; :func:`earth_orientation` says which case holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["EarthOrientation", "Ut1Source", "earth_orientation", "ut1_minus_tai_s"]

FloatArray = NDArray[np.float64]

_MJD_OF_J2000: Final = 51_544.5  # 2000-01-01T12:00
_DAY_S: Final = 86_400.0
_MEASURED_UNTIL_MJD: Final = 61_272.0  # IERS finals.all, flag I
_INTERPOLATION_S: Final = 0.0035  # test_ut1_follows_the_daily_iers_values
_PREDICTION_S: Final = 0.05  # IERS Rapid Service: predictions a year ahead
_DRIFT_S_DAY: Final = 0.001  # excess length of day, largest of the past decades


class Ut1Source(StrEnum):
    """Where a UT1 value comes from."""

    MEASURED = "measured"
    PREDICTED = "predicted"
    HELD = "held"  # outside the table


@dataclass(frozen=True)
class EarthOrientation:
    """UT1 minus TAI at one instant, how it is known, and how far it may be off, s."""

    ut1_minus_tai_s: float
    source: Ut1Source
    ut1_uncertainty_s: float


@cache
def _table() -> tuple[FloatArray, FloatArray]:
    text = files("core.frames").joinpath("ut1_minus_tai.csv").read_text(encoding="ascii")
    rows = np.array([line.split(",") for line in text.splitlines() if not line.startswith("#")], dtype=np.float64)
    t_tai_s = (rows[:, 0] - _MJD_OF_J2000) * _DAY_S
    return t_tai_s, rows[:, 1]


def ut1_minus_tai_s(t_tai_s: FloatArray) -> FloatArray:
    """UT1 minus TAI, s, shape (n,), at TAI seconds since J2000 (n,)."""
    # The table is in UTC days; half a minute of difference from TAI moves UT1 by less than a microsecond.
    table_t_s, table_value_s = _table()
    return np.interp(t_tai_s, table_t_s, table_value_s)


def earth_orientation(t_tai_s: float) -> EarthOrientation:
    """UT1 at one instant with its source and uncertainty."""
    table_t_s, _ = _table()
    value_s = float(ut1_minus_tai_s(np.array([t_tai_s]))[0])
    outside_day = max(table_t_s[0] - t_tai_s, t_tai_s - table_t_s[-1]) / _DAY_S
    if outside_day > 0.0:
        return EarthOrientation(value_s, Ut1Source.HELD, _PREDICTION_S + _DRIFT_S_DAY * float(outside_day))
    if t_tai_s / _DAY_S + _MJD_OF_J2000 > _MEASURED_UNTIL_MJD:
        return EarthOrientation(value_s, Ut1Source.PREDICTED, _PREDICTION_S)
    return EarthOrientation(value_s, Ut1Source.MEASURED, _INTERPOLATION_S)
