"""Rotation matrices between GCRF, TEME and ITRF.

Precession IAU 2006, nutation IAU 2000B (1 mas), sidereal time IAU 2006 (TEME: IAU 1982), UT1 from
:mod:`core.frames.earth_orientation`. Polar motion is zero, so ITRF is off by up to 0.6 arcsec (19 m on the ground,
0.03 s of an antenna's pass edge); :func:`core.frames.earth_orientation` says how good UT1 is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.frames.earth_orientation import ut1_minus_tai_s
from native import _core

__all__ = [
    "EARTH_RATE_RAD_S",
    "dcm_gcrf_from_teme",
    "dcm_itrf_from_gcrf",
    "dcm_itrf_from_teme",
    "itrf_from_gcrf",
    "rotate",
]

FloatArray = NDArray[np.float64]

EARTH_RATE_RAD_S = 7.292115e-5  # IERS Conventions 2010, table 1.1


def dcm_gcrf_from_teme(t_tai_s: FloatArray) -> FloatArray:
    """Matrices that turn TEME into GCRF, shape (n, 3, 3), at TAI seconds since J2000 (n,)."""
    return _core.dcm_gcrf_from_teme(t_tai_s, ut1_minus_tai_s(t_tai_s))


def dcm_itrf_from_gcrf(t_tai_s: FloatArray) -> FloatArray:
    """Matrices that turn GCRF into ITRF, shape (n, 3, 3), at TAI seconds since J2000 (n,)."""
    return _core.dcm_itrf_from_gcrf(t_tai_s, ut1_minus_tai_s(t_tai_s))


def dcm_itrf_from_teme(t_tai_s: FloatArray) -> FloatArray:
    """Matrices that turn TEME into ITRF, shape (n, 3, 3), at TAI seconds since J2000 (n,)."""
    return _core.dcm_itrf_from_teme(t_tai_s, ut1_minus_tai_s(t_tai_s))


def rotate(dcm: FloatArray, vectors: FloatArray) -> FloatArray:
    """Each matrix of (n, 3, 3) applied to its vector of (n, 3)."""
    rotated: FloatArray = np.einsum("nij,nj->ni", dcm, vectors)
    return rotated


def itrf_from_gcrf(t_tai_s: FloatArray, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Position (m) and velocity relative to the turning Earth (m/s) in ITRF, shapes (n, 3)."""
    dcm = dcm_itrf_from_gcrf(t_tai_s)
    r_itrf_m = rotate(dcm, r_gcrf_m)
    omega_rad_s = np.array([0.0, 0.0, EARTH_RATE_RAD_S])
    return r_itrf_m, rotate(dcm, v_gcrf_m_s) - np.cross(omega_rad_s, r_itrf_m)
