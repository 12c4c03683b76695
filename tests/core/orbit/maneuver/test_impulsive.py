"""Transfers in closed form against Vallado's examples, and flown by two-body motion."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from core.orbit.maneuver import (
    bi_elliptic_transfer,
    hohmann_transfer,
    phasing,
    plane_and_altitude_transfer,
    plane_change_delta_v_m_s,
    turn_angle_rad,
)
from core.orbit.two_body import propagate_kepler

MU = EARTH_MU_M3_S2
EARTH_M = 6_378_137.0


def circular(radius_m: float, angle_rad: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return radius_m * np.array([c, s, 0.0]), math.sqrt(MU / radius_m) * np.array([-s, c, 0.0])


def test_vallado_example_6_1() -> None:
    """4th edition: 191.34411 km to 35,781.34857 km, 3.935224 km/s in 5.256713 h."""
    found = hohmann_transfer(EARTH_M + 191_344.11, EARTH_M + 35_781_348.57)
    assert found.total_delta_v_m_s == pytest.approx(3935.224, abs=2e-3)
    assert found.duration_s / 3600.0 == pytest.approx(5.256713, abs=1e-5)


def test_vallado_example_6_2() -> None:
    """4th edition: by way of 503,873 km to 376,310 km: 3.156233, 0.677358 and -0.070466 km/s in 593.92 h."""
    found = bi_elliptic_transfer(EARTH_M + 191_344.11, EARTH_M + 503_873e3, EARTH_M + 376_310e3)
    assert found.delta_v_m_s == pytest.approx([3156.233, 677.358, -70.466], abs=2e-3)
    assert found.duration_s / 3600.0 == pytest.approx(593.92, abs=0.01)
    assert found.total_delta_v_m_s < hohmann_transfer(EARTH_M + 191_344.11, EARTH_M + 376_310e3).total_delta_v_m_s


def test_vallado_examples_6_4_to_6_6() -> None:
    """4th edition, at 5.892311 km/s: 15 degrees of inclination; 45 degrees of node at 55; both, 55 to 40 degrees."""
    i55, i40, turn = math.radians(55.0), math.radians(40.0), math.radians(45.0)
    assert plane_change_delta_v_m_s(5892.311, math.radians(15.0)) == pytest.approx(1538.202, abs=1e-3)
    assert plane_change_delta_v_m_s(5892.311, turn_angle_rad(i55, i55, turn)) == pytest.approx(3694.195, abs=2e-3)
    assert plane_change_delta_v_m_s(5892.311, turn_angle_rad(i55, i40, turn)) == pytest.approx(3615.925, abs=2e-3)


@given(st.floats(6.6e6, 5e7), st.floats(6.6e6, 5e7), st.floats(0.0, 2.0))
@settings(max_examples=25)
def test_the_shared_turn_is_the_cheapest(a_m: float, b_m: float, turn_rad: float) -> None:
    found = plane_and_altitude_transfer(a_m, b_m, turn_rad)
    v1, v2 = math.sqrt(MU / a_m), math.sqrt(MU / b_m)
    p, q = math.sqrt(2 * MU * b_m / a_m / (a_m + b_m)), math.sqrt(2 * MU * a_m / b_m / (a_m + b_m))

    def total(first: float) -> float:
        one = math.sqrt(max(v1 * v1 + p * p - 2 * v1 * p * math.cos(first), 0.0))
        return one + math.sqrt(max(v2 * v2 + q * q - 2 * v2 * q * math.cos(turn_rad - first), 0.0))

    best = minimize_scalar(total, bounds=(0.0, turn_rad), method="bounded", options={"xatol": 1e-9}).fun
    assert found.total_delta_v_m_s <= min(best, total(0.0), total(turn_rad)) + 1e-3
    assert found.total_delta_v_m_s == pytest.approx(total(found.turn_rad[0]), abs=1e-3)
    assert sum(found.turn_rad) == pytest.approx(turn_rad)


@given(st.floats(6.7e6, 4.3e7), st.floats(-1.5, 1.5), st.integers(1, 6))
@settings(max_examples=40)
def test_phasing_that_is_flown_arrives_ahead_by_the_gain(radius_m: float, gain_rad: float, revolutions: int) -> None:
    found = phasing(radius_m, gain_rad, revolutions)
    r, v = circular(radius_m)
    speed = float(np.linalg.norm(v))
    r_end, v_end = propagate_kepler(r, v * (1.0 + found.delta_v_m_s[0] / speed), found.duration_s)
    v_end = v_end * (1.0 + found.delta_v_m_s[1] / np.linalg.norm(v_end))
    would_be = math.sqrt(MU / radius_m**3) * found.duration_s
    r_wanted, v_wanted = circular(radius_m, would_be + gain_rad)
    assert r_end == pytest.approx(r_wanted, abs=1e-3 * radius_m * 1e-4)
    assert v_end == pytest.approx(v_wanted, abs=1e-3)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="below the outer orbit"):
        bi_elliptic_transfer(7e6, 8e6, 9e6)
    with pytest.raises(InputError, match="radius"):
        hohmann_transfer(-1.0, 7e6)
    with pytest.raises(InputError, match="phasing ellipse"):
        phasing(6.8e6, 1.0, 1, least_perigee_radius_m=6.6e6)
    with pytest.raises(InputError, match="gain_rad"):
        phasing(6.8e6, 7.0, 1)
    with pytest.raises(InputError, match="turn_rad"):
        plane_and_altitude_transfer(7e6, 8e6, 4.0)
