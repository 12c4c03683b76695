"""Rotation matrices between GCRF, ITRF and the frames between and beside them.

Precession IAU 2006 and nutation IAU 2000A with the observed pole offsets, Earth rotation angle of IAU 2000 (TEME:
sidereal time of IAU 1982), UT1 and polar motion of :mod:`core.frames.earth_orientation`, which also says how good they
are. Against ERFA every matrix agrees to 1e-11 rad (test_rotations): for more than some dozen instants the celestial
pole is interpolated, to 1e-13 rad. Every function takes the Earth orientation to use, the shipped table by default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.frames.earth_orientation import EarthOrientationData, shipped_earth_orientation
from core.time import TT_MINUS_TAI_S
from native import _core

__all__ = [
    "dcm_cirs_from_gcrf",
    "dcm_eme2000_from_gcrf",
    "dcm_gcrf_from_teme",
    "dcm_itrf_from_gcrf",
    "dcm_itrf_from_teme",
    "dcm_mod_from_gcrf",
    "dcm_pef_from_gcrf",
    "dcm_pef_from_teme",
    "dcm_tod_from_gcrf",
    "gcrf_from_eme2000",
    "gcrf_from_itrf",
    "itrf_from_gcrf",
    "rotate",
]

FloatArray = NDArray[np.float64]

_EARTH_RATE_RAD_S: Final = 7.292_115_146_706_979e-5  # IERS Conventions 2010, eq. 5.15: rate of the rotation angle
_DAY_S: Final = 86_400.0


def dcm_cirs_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationData | None = None) -> FloatArray:
    """GCRF to the celestial intermediate frame (CIRS), shape (n, 3, 3), at TAI seconds since J2000 (n,)."""
    return _matrices(_core.dcm_cirs_from_gcrf, t_tai_s, earth)


def dcm_tod_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationData | None = None) -> FloatArray:
    """GCRF to the true equator and equinox of date (TOD), shape (n, 3, 3), at TAI seconds since J2000 (n,)."""
    return _matrices(_core.dcm_tod_from_gcrf, t_tai_s, earth)


def dcm_mod_from_gcrf(t_tai_s: FloatArray) -> FloatArray:
    """GCRF to the mean equator and equinox of date (MOD), shape (n, 3, 3), at TAI seconds since J2000 (n,)."""
    return _core.dcm_mod_from_gcrf(_instants(t_tai_s) + TT_MINUS_TAI_S)


def dcm_eme2000_from_gcrf() -> FloatArray:
    """GCRF to the mean equator and equinox of J2000.0: the constant frame bias of IAU 2006, 23 mas, shape (3, 3)."""
    return _core.dcm_eme2000_from_gcrf()


def dcm_pef_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationData | None = None) -> FloatArray:
    """GCRF to the Earth-fixed frame of the pole (PEF, the terrestrial intermediate frame), shape (n, 3, 3)."""
    return _matrices(_core.dcm_pef_from_gcrf, t_tai_s, earth)


def dcm_itrf_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationData | None = None) -> FloatArray:
    """GCRF to ITRF, shape (n, 3, 3), at TAI seconds since J2000 (n,)."""
    return _matrices(_core.dcm_itrf_from_gcrf, t_tai_s, earth)


def dcm_gcrf_from_teme(t_tai_s: FloatArray, earth: EarthOrientationData | None = None) -> FloatArray:
    """TEME to GCRF, shape (n, 3, 3), at TAI seconds since J2000 (n,); UT1 cancels but for the length of a day."""
    return _matrices(_core.dcm_gcrf_from_teme, t_tai_s, earth)


def dcm_pef_from_teme(t_tai_s: FloatArray, earth: EarthOrientationData | None = None) -> FloatArray:
    """TEME to PEF: the sidereal time of 1982, shape (n, 3, 3), at TAI seconds since J2000 (n,)."""
    return _matrices(_core.dcm_pef_from_teme, t_tai_s, earth)


def dcm_itrf_from_teme(t_tai_s: FloatArray, earth: EarthOrientationData | None = None) -> FloatArray:
    """TEME to ITRF: the sidereal time of 1982 and polar motion, shape (n, 3, 3), at TAI seconds since J2000 (n,)."""
    return _matrices(_core.dcm_itrf_from_teme, t_tai_s, earth)


def rotate(dcm: FloatArray, vectors: FloatArray) -> FloatArray:
    """Each matrix of (n, 3, 3) applied to its vector of (n, 3)."""
    rotated: FloatArray = np.einsum("nij,nj->ni", dcm, vectors)
    return rotated


def itrf_from_gcrf(
    t_tai_s: FloatArray, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray, earth: EarthOrientationData | None = None
) -> tuple[FloatArray, FloatArray]:
    """Position (m) and velocity relative to the turning Earth (m/s) in ITRF, shapes (n, 3)."""
    dcm = dcm_itrf_from_gcrf(t_tai_s, earth)
    r_itrf_m = rotate(dcm, r_gcrf_m)
    return r_itrf_m, rotate(dcm, v_gcrf_m_s) - np.cross(_omega_itrf_rad_s(t_tai_s, earth), r_itrf_m)


def gcrf_from_itrf(
    t_tai_s: FloatArray, r_itrf_m: FloatArray, v_itrf_m_s: FloatArray, earth: EarthOrientationData | None = None
) -> tuple[FloatArray, FloatArray]:
    """The inverse of :func:`itrf_from_gcrf`: position (m) and inertial velocity (m/s) in GCRF, shapes (n, 3)."""
    dcm_gcrf_from_itrf = np.transpose(dcm_itrf_from_gcrf(t_tai_s, earth), (0, 2, 1))
    v_inertial_itrf_m_s = v_itrf_m_s + np.cross(_omega_itrf_rad_s(t_tai_s, earth), r_itrf_m)
    return rotate(dcm_gcrf_from_itrf, r_itrf_m), rotate(dcm_gcrf_from_itrf, v_inertial_itrf_m_s)


def gcrf_from_eme2000(vector_eme2000: FloatArray) -> FloatArray:
    """A vector (3,) or vectors (n, 3) of the mean equator and equinox of J2000.0 in GCRF."""
    rotated: FloatArray = vector_eme2000 @ dcm_eme2000_from_gcrf()
    return rotated


def _omega_itrf_rad_s(t_tai_s: FloatArray, earth: EarthOrientationData | None) -> FloatArray:
    """Rate of ITRF relative to GCRF in ITRF axes (n, 3): about the pole where it is, slower where days are longer."""
    rows = (earth or shipped_earth_orientation()).table.at(_instants(t_tai_s))
    pole_x, pole_y, lod_s = rows[:, 1], rows[:, 2], rows[:, 5]
    pole = np.stack([np.sin(pole_x), -np.sin(pole_y) * np.cos(pole_x), np.cos(pole_y) * np.cos(pole_x)], axis=1)
    rate: FloatArray = (_EARTH_RATE_RAD_S * (1.0 - lod_s / _DAY_S))[:, np.newaxis] * pole
    return rate


def _matrices(
    of: Callable[[FloatArray, _core.EarthOrientationTable], FloatArray],
    t_tai_s: FloatArray,
    earth: EarthOrientationData | None,
) -> FloatArray:
    try:
        return of(_instants(t_tai_s), (earth or shipped_earth_orientation()).table)
    except _core.NativeError as error:
        raise InputError("t_tai_s", str(error)) from error


def _instants(t_tai_s: FloatArray) -> FloatArray:
    return np.atleast_1d(np.asarray(t_tai_s, dtype=np.float64))
