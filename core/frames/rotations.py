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
    "gcrf_from_eme2000",
    "gcrf_from_itrf",
    "itrf_from_gcrf",
    "rotate",
]

FloatArray = NDArray[np.float64]

EARTH_RATE_RAD_S = 7.292115e-5  # IERS Conventions 2010, table 1.1
_ARCSECOND_RAD = np.pi / 648_000.0
# IERS Conventions 2010, section 5.4.4: offsets of the mean pole and equinox of J2000.0 in the GCRS.
_POLE_XI_RAD = -0.016_617 * _ARCSECOND_RAD
_POLE_ETA_RAD = -0.006_819_2 * _ARCSECOND_RAD
_EQUINOX_RAD = -0.014_6 * _ARCSECOND_RAD


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


def gcrf_from_itrf(t_tai_s: FloatArray, r_itrf_m: FloatArray, v_itrf_m_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The inverse of :func:`itrf_from_gcrf`: position (m) and inertial velocity (m/s) in GCRF, shapes (n, 3)."""
    dcm_gcrf_from_itrf = np.transpose(dcm_itrf_from_gcrf(t_tai_s), (0, 2, 1))
    omega_rad_s = np.array([0.0, 0.0, EARTH_RATE_RAD_S])
    v_inertial_itrf_m_s = v_itrf_m_s + np.cross(omega_rad_s, r_itrf_m)
    return rotate(dcm_gcrf_from_itrf, r_itrf_m), rotate(dcm_gcrf_from_itrf, v_inertial_itrf_m_s)


def gcrf_from_eme2000(vector_eme2000: FloatArray) -> FloatArray:
    """A vector (3,) of the mean equator and equinox of J2000.0 in GCRF: the constant frame bias, 23 mas.

    Source: IERS Conventions 2010, section 5.4.4, to first order in the offsets (1e-14 of the length is left out).
    """
    xi, eta, equinox = _POLE_XI_RAD, _POLE_ETA_RAD, _EQUINOX_RAD
    dcm_eme2000_from_gcrf = np.array([[1.0, equinox, -xi], [-equinox, 1.0, -eta], [xi, eta, 1.0]])
    rotated: FloatArray = dcm_eme2000_from_gcrf.T @ vector_eme2000
    return rotated
