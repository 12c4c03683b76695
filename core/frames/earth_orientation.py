"""The Earth's rotation (UT1) and pole, from the daily IERS values that ship with the package or a user's file.

Between the daily values a cubic keeps UT1 to 5 microseconds and the pole to 0.1 mas; the tides within a day, up to
0.1 ms of UT1 and 1 mas of the pole (5 cm on the ground), are left out. Beyond the table its last value is held;
:func:`earth_orientation` says which case holds and how far off it may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.frames.iers import EarthOrientationSeries, read_finals, read_table
from native import _core

__all__ = [
    "EarthOrientation",
    "EarthOrientationData",
    "Ut1Source",
    "earth_orientation",
    "load_earth_orientation",
    "shipped_earth_orientation",
    "ut1_minus_tai_s",
]

FloatArray = NDArray[np.float64]

_MJD_OF_J2000: Final = 51_544.5  # 2000-01-01T12:00
_DAY_S: Final = 86_400.0
_ARCSECOND_RAD: Final = np.pi / 648_000.0
_TIDES_S: Final = 1.0e-4  # IERS Conventions 2010, section 8.2: diurnal and semidiurnal tides
_TIDES_RAD: Final = 1.0e-3 * _ARCSECOND_RAD  # the same
_PREDICTION_S: Final = 0.05  # IERS Rapid Service: predictions a year ahead
_PREDICTION_RAD: Final = 0.03 * _ARCSECOND_RAD  # IERS Rapid Service: predictions three months ahead
_DRIFT_S_DAY: Final = 0.001  # excess length of day, largest of the past decades
_POLE_CIRCLE_RAD: Final = 0.6 * _ARCSECOND_RAD  # the pole wanders within this


class Ut1Source(StrEnum):
    """Where a value of Earth orientation comes from."""

    MEASURED = "measured"
    PREDICTED = "predicted"
    HELD = "held"  # outside the table


@dataclass(frozen=True)
class EarthOrientation:
    """Earth orientation at one instant, how it is known, and how far it may be off.

    ``pole_x_rad`` and ``pole_y_rad`` place the pole in ITRF; ``dx_rad`` and ``dy_rad`` are the observed offsets of the
    celestial pole from IAU 2006/2000A; ``lod_s`` is the excess of the day over 86400 s.
    """

    ut1_minus_tai_s: float
    source: Ut1Source
    ut1_uncertainty_s: float
    pole_x_rad: float
    pole_y_rad: float
    pole_uncertainty_rad: float
    dx_rad: float
    dy_rad: float
    lod_s: float


@dataclass(frozen=True)
class EarthOrientationData:
    """A table of Earth orientation for the native models, and until when it was measured."""

    table: _core.EarthOrientationTable
    measured_until_tai_s: float

    @classmethod
    def of(cls, series: EarthOrientationSeries) -> EarthOrientationData:
        """The table of a series of days."""
        measured_until_tai_s = (series.measured_until_mjd_utc - _MJD_OF_J2000) * _DAY_S + 37.0
        return cls(_core.EarthOrientationTable(series.first_mjd_utc, series.days), measured_until_tai_s)


@cache
def shipped_earth_orientation() -> EarthOrientationData:
    """The table that ships with the package: IERS finals.all, 1973 to 2027, read once."""
    with files("core.frames").joinpath("earth_orientation.npz").open("rb") as file:
        return EarthOrientationData.of(read_table(file))


def load_earth_orientation(path: Path) -> EarthOrientationData:
    """A newer table from a file ``finals.all`` or ``finals2000A`` of the IERS; hand it to the functions that take one.

    Raises:
        InputError: The file cannot be read or is no such table.
    """
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("earth_orientation", f"{path} cannot be read: {error}") from error
    return EarthOrientationData.of(read_finals(text))


def ut1_minus_tai_s(t_tai_s: FloatArray, earth: EarthOrientationData | None = None) -> FloatArray:
    """UT1 minus TAI, s, shape (n,), at TAI seconds since J2000 (n,); the shipped table where none is given."""
    return (earth or shipped_earth_orientation()).table.at(np.atleast_1d(np.asarray(t_tai_s, dtype=np.float64)))[:, 0]


def earth_orientation(t_tai_s: float, earth: EarthOrientationData | None = None) -> EarthOrientation:
    """Earth orientation at one instant with its source and uncertainties; the shipped table where none is given."""
    data = earth or shipped_earth_orientation()
    ut1_s, pole_x, pole_y, dx, dy, lod_s = (float(x) for x in data.table.at(np.array([t_tai_s]))[0])
    source, ut1_uncertainty_s, pole_uncertainty_rad = _quality(t_tai_s, data)
    return EarthOrientation(
        ut1_minus_tai_s=ut1_s,
        source=source,
        ut1_uncertainty_s=ut1_uncertainty_s,
        pole_x_rad=pole_x,
        pole_y_rad=pole_y,
        pole_uncertainty_rad=pole_uncertainty_rad,
        dx_rad=dx,
        dy_rad=dy,
        lod_s=lod_s,
    )


def _quality(t_tai_s: float, data: EarthOrientationData) -> tuple[Ut1Source, float, float]:
    outside_day = max(data.table.first_tai_s - t_tai_s, t_tai_s - data.table.last_tai_s) / _DAY_S
    if outside_day > 0.0:
        return Ut1Source.HELD, _PREDICTION_S + _DRIFT_S_DAY * outside_day, _POLE_CIRCLE_RAD
    if t_tai_s > data.measured_until_tai_s:
        return Ut1Source.PREDICTED, _PREDICTION_S, _PREDICTION_RAD
    return Ut1Source.MEASURED, _TIDES_S, _TIDES_RAD
