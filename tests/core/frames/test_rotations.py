"""Rotations against ERFA (IAU SOFA) and skyfield."""

from __future__ import annotations

from collections.abc import Callable

import erfa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skyfield.api import load
from skyfield.framelib import itrs

from core.errors import InputError
from core.frames import (
    EarthOrientationData,
    dcm_cirs_from_gcrf,
    dcm_eme2000_from_gcrf,
    dcm_gcrf_from_teme,
    dcm_itrf_from_gcrf,
    dcm_itrf_from_teme,
    dcm_lvlh_from_gcrf,
    dcm_mod_from_gcrf,
    dcm_pef_from_gcrf,
    dcm_pef_from_teme,
    dcm_rtn_from_gcrf,
    dcm_tnw_from_gcrf,
    dcm_tod_from_gcrf,
    gcrf_from_eme2000,
    gcrf_from_itrf,
    itrf_from_gcrf,
    rotate,
    shipped_earth_orientation,
)
from core.frames.iers import EarthOrientationSeries
from native import _core

FloatArray = NDArray[np.float64]

J2000_JD = 2_451_545.0
TOLERANCE_RAD = 2e-12  # 0.4 microarcseconds: rounding of angles of a few radians, and of the sums of 1431 terms
TURN_TOLERANCE_RAD = 2e-11  # a date of one float64 holds 0.1 microseconds, in which the Earth turns so far
# Whole and half seconds, which both float64 dates hold exactly, in the years of the table.
EPOCHS_TAI_S = np.rint(np.linspace(-8.5e8, 8.7e8, 60))
SERIES_TAI_S = np.arange(7.2e8, 7.2e8 + 9.3 * 86_400.0, 600.5)  # enough instants for the interpolated pole


def angle_rad(a: FloatArray, b: FloatArray) -> FloatArray:
    """Rotation angle between two sets of matrices."""
    relative = a @ np.swapaxes(b, 1, 2)
    skew = relative - np.swapaxes(relative, 1, 2)
    return 0.5 * np.sqrt(skew[:, 2, 1] ** 2 + skew[:, 0, 2] ** 2 + skew[:, 1, 0] ** 2)


def days_tt(t_tai_s: FloatArray) -> FloatArray:
    return (t_tai_s + 32.184) / 86_400.0


def about_z(angle: FloatArray) -> FloatArray:
    c, s, zero = np.cos(angle), np.sin(angle), np.zeros_like(angle)
    rows = [np.stack([c, s, zero], 1), np.stack([-s, c, zero], 1), np.stack([zero, zero, zero + 1.0], 1)]
    return np.stack(rows, 1)


def erfa_itrf_from_gcrf(t_tai_s: FloatArray) -> FloatArray:
    """The CIO-based chain of the IERS Conventions with ERFA's functions and the same Earth orientation."""
    ut1, xp, yp, dx, dy, _ = shipped_earth_orientation().table.at(t_tai_s).T
    x, y, s = erfa.xys06a(J2000_JD, days_tt(t_tai_s))
    era = erfa.era00(J2000_JD, (t_tai_s + ut1) / 86_400.0)
    return erfa.c2tcio(erfa.c2ixys(x + dx, y + dy, s), era, erfa.pom00(xp, yp, erfa.sp00(J2000_JD, days_tt(t_tai_s))))


@pytest.mark.parametrize("t_tai_s", [EPOCHS_TAI_S, SERIES_TAI_S], ids=["series", "interpolated"])
def test_gcrf_to_itrf_is_erfas_with_polar_motion_and_pole_offsets(t_tai_s: FloatArray) -> None:
    assert angle_rad(dcm_itrf_from_gcrf(t_tai_s), erfa_itrf_from_gcrf(t_tai_s)).max() < TURN_TOLERANCE_RAD


def test_gcrf_to_itrf_is_erfas_c2t06a_where_no_offset_is_observed() -> None:
    t = np.rint(np.linspace(7.0e8, 7.8e8, 40))
    earth = EarthOrientationData.of(
        EarthOrientationSeries(59_000.0, 61_000.0, np.tile([-37.1, 8e-7, 1.6e-6, 0.0, 0.0, 0.0], (2000, 1)))
    )
    authority = erfa.c2t06a(J2000_JD, days_tt(t), J2000_JD, (t - 37.1) / 86_400.0, 8e-7, 1.6e-6)
    assert angle_rad(dcm_itrf_from_gcrf(t, earth), authority).max() < TURN_TOLERANCE_RAD


@pytest.mark.parametrize("t_tt_s", [np.rint(np.linspace(-1.5e9, 3.1e9, 200))])
def test_the_celestial_pole_is_erfas(t_tt_s: FloatArray) -> None:
    ours = _core.celestial_pole_06a(t_tt_s)
    x, y, s = erfa.xys06a(J2000_JD, t_tt_s / 86_400.0)
    eo = erfa.eo06a(J2000_JD, t_tt_s / 86_400.0)
    assert np.abs(ours - np.stack([x, y, s, eo], axis=1)).max() < TOLERANCE_RAD


def test_the_true_and_the_mean_equator_of_date_are_erfas() -> None:
    flat = EarthOrientationData.of(EarthOrientationSeries(41_000.0, 61_000.0, np.zeros((20_000, 6))))
    tt = days_tt(EPOCHS_TAI_S)
    assert angle_rad(dcm_tod_from_gcrf(EPOCHS_TAI_S, flat), erfa.pnm06a(J2000_JD, tt)).max() < TOLERANCE_RAD
    assert angle_rad(dcm_cirs_from_gcrf(EPOCHS_TAI_S, flat), erfa.c2i06a(J2000_JD, tt)).max() < TOLERANCE_RAD
    assert angle_rad(dcm_mod_from_gcrf(EPOCHS_TAI_S), erfa.pmat06(J2000_JD, tt)).max() < TOLERANCE_RAD
    assert np.abs(dcm_eme2000_from_gcrf() - erfa.bp06(J2000_JD, 0.0)[0]).max() < 1e-15


def test_teme_to_pef_is_the_sidereal_time_of_1982() -> None:
    ut1 = shipped_earth_orientation().table.at(EPOCHS_TAI_S)[:, 0]
    gmst = erfa.gmst82(J2000_JD, (EPOCHS_TAI_S + ut1) / 86_400.0)
    assert angle_rad(dcm_pef_from_teme(EPOCHS_TAI_S), about_z(gmst)).max() < TURN_TOLERANCE_RAD


def test_the_ways_round_the_frames_close() -> None:
    for t in (EPOCHS_TAI_S, SERIES_TAI_S):
        chained = dcm_itrf_from_gcrf(t) @ dcm_gcrf_from_teme(t)
        assert angle_rad(chained, dcm_itrf_from_teme(t)).max() < 1e-14
        polar = dcm_itrf_from_gcrf(t) @ np.swapaxes(dcm_pef_from_gcrf(t), 1, 2)
        assert angle_rad(polar @ dcm_pef_from_teme(t), dcm_itrf_from_teme(t)).max() < 1e-14


def test_gcrf_to_itrf_agrees_with_skyfield() -> None:
    timescale = load.timescale(builtin=True)
    t_tai_s = np.rint(np.linspace(4.0e8, 7.6e8, 30))
    time = timescale.tt_jd(J2000_JD + days_tt(t_tai_s))
    # Skyfield's own UT1 is a smooth curve and its pole stays at zero here: 2e-6 rad are 13 m on the ground.
    assert angle_rad(dcm_itrf_from_gcrf(t_tai_s), np.moveaxis(itrs.rotation_at(time), 2, 0)).max() < 4e-6


@pytest.mark.parametrize(
    "dcm_of",
    [
        dcm_cirs_from_gcrf,
        dcm_tod_from_gcrf,
        dcm_mod_from_gcrf,
        dcm_pef_from_gcrf,
        dcm_itrf_from_gcrf,
        dcm_gcrf_from_teme,
        dcm_itrf_from_teme,
    ],
)
def test_every_matrix_is_a_rotation(dcm_of: Callable[[FloatArray], FloatArray]) -> None:
    dcm = dcm_of(EPOCHS_TAI_S)
    assert np.abs(dcm @ np.swapaxes(dcm, 1, 2) - np.eye(3)).max() < 1e-14
    assert np.abs(np.linalg.det(dcm) - 1.0).max() < 1e-14


def test_the_interpolated_pole_is_the_series() -> None:
    alone = np.concatenate([dcm_cirs_from_gcrf(np.array([t])) for t in SERIES_TAI_S[::40]])
    assert angle_rad(dcm_cirs_from_gcrf(SERIES_TAI_S)[::40], alone).max() < 1e-13


def test_velocities_in_itrf_are_the_change_of_positions() -> None:
    t = np.array([7.0e8, 7.3e8])
    r_m, v_m_s = (
        np.array([[7e6, 1e5, -2e6], [1e6, 4.2e7, 3e5]]),
        np.array([[100.0, 7500.0, 20.0], [-3000.0, 10.0, 5.0]]),
    )
    step_s = 4.0
    ends = [itrf_from_gcrf(t + k * step_s, r_m + k * step_s * v_m_s, v_m_s)[0] for k in (-2, -1, 1, 2)]
    slope_m_s = (ends[0] - 8.0 * ends[1] + 8.0 * ends[2] - ends[3]) / (12.0 * step_s)
    r_itrf_m, v_itrf_m_s = itrf_from_gcrf(t, r_m, v_m_s)
    # Precession turns the axes by 1e-11 rad/s, 0.4 mm/s at 42,000 km, which the rate about the pole leaves out.
    assert np.abs(v_itrf_m_s - slope_m_s).max() < 5e-4
    back_r_m, back_v_m_s = gcrf_from_itrf(t, r_itrf_m, v_itrf_m_s)
    assert np.abs(back_r_m - r_m).max() < 1e-7 and np.abs(back_v_m_s - v_m_s).max() < 1e-10


def test_eme2000_differs_from_gcrf_by_the_frame_bias() -> None:
    vectors = np.eye(3) * 4.2e7
    assert np.abs(gcrf_from_eme2000(vectors) - vectors @ erfa.bp06(J2000_JD, 0.0)[0]).max() < 1e-7
    assert np.abs(gcrf_from_eme2000(vectors[0]) - gcrf_from_eme2000(vectors)[0]).max() == 0.0


coordinate = st.floats(-4e7, 4e7)


@settings(max_examples=60, deadline=None)
@given(st.tuples(coordinate, coordinate, coordinate), st.tuples(coordinate, coordinate, coordinate))
def test_orbital_frames_follow_position_and_velocity(r: tuple[float, ...], v: tuple[float, ...]) -> None:
    r_m, v_m_s = np.array([r]), np.array([v]) * 1e-4
    if np.linalg.norm(np.cross(r_m, v_m_s)) < 1e-3 * np.linalg.norm(r_m) * np.linalg.norm(v_m_s) or not np.any(r_m):
        return
    if np.linalg.norm(r_m) < 1.0 or np.linalg.norm(v_m_s) < 1e-3:
        return
    h = np.cross(r_m, v_m_s)
    for of in (dcm_rtn_from_gcrf, dcm_tnw_from_gcrf, dcm_lvlh_from_gcrf):
        assert np.abs(of(r_m, v_m_s)[0] @ of(r_m, v_m_s)[0].T - np.eye(3)).max() < 1e-12
    in_rtn = rotate(dcm_rtn_from_gcrf(r_m, v_m_s), r_m)[0]
    assert in_rtn == pytest.approx([np.linalg.norm(r_m), 0.0, 0.0], abs=1e-6)
    assert rotate(dcm_rtn_from_gcrf(r_m, v_m_s), v_m_s)[0][1] > 0.0
    along = rotate(dcm_tnw_from_gcrf(r_m, v_m_s), v_m_s)[0]
    assert along == pytest.approx([np.linalg.norm(v_m_s), 0.0, 0.0], abs=1e-8)
    lvlh = dcm_lvlh_from_gcrf(r_m, v_m_s)
    assert rotate(lvlh, r_m)[0] == pytest.approx([0.0, 0.0, -np.linalg.norm(r_m)], abs=1e-6)
    assert rotate(lvlh, h)[0][1] == pytest.approx(-np.linalg.norm(h), rel=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_instant_that_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(InputError, match="t_tai_s"):
        dcm_itrf_from_gcrf(np.array([0.0, bad]))
