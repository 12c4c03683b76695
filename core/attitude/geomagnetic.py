"""The Earth's magnetic field: IGRF-14."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, PhysicsError
from core.frames import dcm_itrf_from_gcrf, rotate
from core.time import tai_s_from_utc, utc_from_tai_s
from native import _core

__all__ = ["GeomagneticSpanError", "magnetic_field_gcrf_t", "magnetic_field_itrf_t"]

FloatArray = NDArray[np.float64]

_COMMENT: Final = "#"


class GeomagneticSpanError(PhysicsError):
    """An instant lies outside IGRF-14; ``facts`` hold ``year``, ``first_year`` and ``last_year``."""

    default_code = "geomagnetic-span"


@cache
def geomagnetic_model() -> _core.GeomagneticModel:
    """IGRF-14 with its secular variation, read once (SOURCE.md beside this file)."""
    text = files("core.attitude").joinpath("igrf14.shc").read_text(encoding="ascii")
    _sizes, epochs, *rows = (line.split() for line in text.splitlines() if not line.startswith(_COMMENT))
    table = np.array(rows, dtype=np.float64)
    # A row with a negative order holds h of that order, the row before it g.
    g, h = table[table[:, 1] >= 0], table[table[:, 1] < 0]
    sine = np.zeros((len(g), len(epochs)))
    sine[g[:, 1] > 0] = h[:, 2:]
    return _core.GeomagneticModel(np.array(epochs, dtype=np.float64), g[:, :2], g[:, 2:], sine)


def magnetic_field_itrf_t(t_tai_s: FloatArray, r_itrf_m: FloatArray) -> FloatArray:
    """Magnetic flux density in ITRF, T, shape (n, 3), at TAI seconds since J2000 (n,) and positions in ITRF (n, 3).

    Raises:
        GeomagneticSpanError: An instant after 2029.
        InputError: Shapes differ, or an instant before 1972, where UTC with leap seconds begins.
    Source: IGRF-14 (doi:10.5281/zenodo.14012302); agrees with an independent evaluation to 0.001 nT
        (test_the_field_is_that_of_an_independent_evaluation).
    """
    years = decimal_year(np.atleast_1d(np.asarray(t_tai_s, dtype=np.float64)))
    model = geomagnetic_model()
    outside = (years < model.first_year) | (years > model.last_year)
    if outside.any():
        worst = float(years[np.argmax(outside)])
        raise GeomagneticSpanError(
            f"the year {worst:.2f} is outside IGRF-14, which covers {model.first_year:.0f} to {model.last_year:.0f}",
            year=worst,
            first_year=model.first_year,
            last_year=model.last_year,
        )
    try:
        return model.field_itrf_t(r_itrf_m, years)
    except _core.NativeError as error:
        raise InputError("r_itrf_m", str(error)) from error


def magnetic_field_gcrf_t(t_tai_s: FloatArray, r_gcrf_m: FloatArray) -> FloatArray:
    """Magnetic flux density in GCRF, T, shape (n, 3); arguments and errors as :func:`magnetic_field_itrf_t`."""
    t_tai_s = np.atleast_1d(np.asarray(t_tai_s, dtype=np.float64))
    dcm = dcm_itrf_from_gcrf(t_tai_s)
    field_itrf_t = magnetic_field_itrf_t(t_tai_s, rotate(dcm, r_gcrf_m))
    return rotate(np.transpose(dcm, (0, 2, 1)), field_itrf_t)


def decimal_year(t_tai_s: FloatArray) -> FloatArray:
    """Year and the share of it that has passed, UTC, shape (n,); interpolated between the turns of the years."""
    first, last = (utc_from_tai_s(float(t)).year for t in (t_tai_s.min(), t_tai_s.max()))
    years = np.arange(first, last + 2)
    turns_tai_s = [tai_s_from_utc(datetime(int(year), 1, 1, tzinfo=UTC)) for year in years]
    return np.asarray(np.interp(t_tai_s, turns_tai_s, years), dtype=np.float64)
