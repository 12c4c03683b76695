"""Rotations against ERFA (IAU SOFA) and skyfield."""

from __future__ import annotations

import erfa
import numpy as np
from numpy.typing import NDArray

from core.frames import dcm_gcrf_from_teme, dcm_itrf_from_gcrf, dcm_itrf_from_teme, ut1_minus_tai_s
from core.time import jd_tt

ARCSEC = np.pi / 648_000.0
# IAU 2000B keeps to 1 mas of 2000A from 1995 to 2050; 2 mas are 7 cm in a low orbit.
NUTATION_TOLERANCE_RAD = 2e-3 * ARCSEC
EPOCHS_TAI_S = np.linspace(-1.5e8, 1.5e9, 60)  # 1995 to 2047


def angle_rad(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation angle between two sets of matrices."""
    relative = a @ np.swapaxes(b, 1, 2)
    skew = relative - np.swapaxes(relative, 1, 2)
    return 0.5 * np.sqrt(skew[:, 2, 1] ** 2 + skew[:, 0, 2] ** 2 + skew[:, 1, 0] ** 2)


def julian_dates() -> tuple[NDArray[np.float64], ...]:
    tt = np.array([jd_tt(t) for t in EPOCHS_TAI_S]).T
    ut1 = (EPOCHS_TAI_S + ut1_minus_tai_s(EPOCHS_TAI_S)) / 86_400.0
    return tt[0], tt[1], np.full_like(ut1, 2_451_545.0), ut1


def test_gcrf_to_itrf_matches_erfa_without_polar_motion() -> None:
    tt1, tt2, ut1a, ut1b = julian_dates()
    authority = erfa.c2t06a(tt1, tt2, ut1a, ut1b, 0.0, 0.0)
    assert angle_rad(dcm_itrf_from_gcrf(EPOCHS_TAI_S), authority).max() < NUTATION_TOLERANCE_RAD


def test_teme_to_itrf_is_the_sidereal_time_of_1982() -> None:
    _, _, ut1a, ut1b = julian_dates()
    gmst = erfa.gmst82(ut1a, ut1b)
    expected = np.stack([np.array([[np.cos(g), np.sin(g), 0], [-np.sin(g), np.cos(g), 0], [0, 0, 1]]) for g in gmst])
    assert angle_rad(dcm_itrf_from_teme(EPOCHS_TAI_S), expected).max() < 1e-9  # rounding of 1e4 turns


def test_teme_to_gcrf_to_itrf_is_teme_to_itrf() -> None:
    chained = dcm_itrf_from_gcrf(EPOCHS_TAI_S) @ dcm_gcrf_from_teme(EPOCHS_TAI_S)
    assert angle_rad(chained, dcm_itrf_from_teme(EPOCHS_TAI_S)).max() < 1e-9


def test_every_matrix_is_a_rotation() -> None:
    for dcm in (dcm_gcrf_from_teme(EPOCHS_TAI_S), dcm_itrf_from_gcrf(EPOCHS_TAI_S), dcm_itrf_from_teme(EPOCHS_TAI_S)):
        assert np.abs(dcm @ np.swapaxes(dcm, 1, 2) - np.eye(3)).max() < 1e-14
        assert np.abs(np.linalg.det(dcm) - 1.0).max() < 1e-14
