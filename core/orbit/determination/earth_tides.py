"""How the Moon and the Sun move the ground: solid Earth tides of a station.

Source: IERS Conventions 2010, section 7.1.1, step 1 (eq. 7.5 and 7.6): degrees 2 and 3 with the Love numbers' change with
latitude. Step 2, frequency-dependent terms below 2 cm, is left out. Coordinates are conventional tide-free, as in ITRF.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.frames import dcm_itrf_from_gcrf, moon_position_gcrf_m, rotate, sun_position_gcrf_m

__all__ = ["displacement_by", "solid_tide_displacement_m"]

FloatArray = NDArray[np.float64]

_EARTH_RADIUS_M: Final = 6_378_136.6  # IERS Conventions 2010, table 1.1
_SUN_MASS_RATIO: Final = 332_946.0487  # to the Earth's; IERS Conventions 2010, table 1.1, GM of both
_MOON_MASS_RATIO: Final = 0.0123000371  # IERS Conventions 2010, table 1.1
_H3, _L3 = 0.292, 0.015  # IERS Conventions 2010, section 7.1.1.1


def solid_tide_displacement_m(t_tai_s: FloatArray, r_itrf_m: FloatArray) -> FloatArray:
    """Displacement in ITRF, m, shape (n, 3), of a place (3,) at TAI seconds since J2000 (n,); to about 2 cm."""
    dcm = dcm_itrf_from_gcrf(t_tai_s)
    moon_m, sun_m = rotate(dcm, moon_position_gcrf_m(t_tai_s)), rotate(dcm, sun_position_gcrf_m(t_tai_s))
    return displacement_by(moon_m, _MOON_MASS_RATIO, r_itrf_m) + displacement_by(sun_m, _SUN_MASS_RATIO, r_itrf_m)


def displacement_by(body_itrf_m: FloatArray, mass_ratio: float, r_itrf_m: FloatArray) -> FloatArray:
    """Displacement in ITRF, m, shape (n, 3), of a place (3,) by a body (n, 3) of so many Earth masses."""
    up = r_itrf_m / np.linalg.norm(r_itrf_m)
    latitude_term = (3.0 * up[2] ** 2 - 1.0) / 2.0
    h2, l2 = 0.6078 - 0.0006 * latitude_term, 0.0847 + 0.0002 * latitude_term
    distance_m = np.linalg.norm(body_itrf_m, axis=1, keepdims=True)
    towards = body_itrf_m / distance_m
    c = (towards @ up)[:, np.newaxis]
    across = towards - c * up
    second = mass_ratio * _EARTH_RADIUS_M**4 / distance_m**3
    third = second * _EARTH_RADIUS_M / distance_m
    of_second: FloatArray = second * (h2 * up * (1.5 * c**2 - 0.5) + 3.0 * l2 * c * across)
    of_third: FloatArray = third * (_H3 * up * (2.5 * c**3 - 1.5 * c) + _L3 * (7.5 * c**2 - 1.5) * across)
    return of_second + of_third
