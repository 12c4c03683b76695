"""Slews by integration, wheel capacity by brute force, torques by their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from core.attitude import (
    boresight_gcrf,
    disturbance_torque_n_m,
    magnetorquer_torque_n_m,
    slew_angle_rad,
    slew_duration_s,
    wheel_capacity_n_m_s,
)
from core.mission import reference_mission

BUS = reference_mission().bus_of("LSAT-1")
RADIUS_M = 6_903_137.0


def _angle_after(duration_s: float, acceleration_rad_s2: float, rate_rad_s: float) -> float:
    """Angle of a rest-to-rest turn of that length, by its own closed form: accelerate, coast, brake."""
    ramp_s = min(rate_rad_s / acceleration_rad_s2, duration_s / 2.0)
    reached_rad_s = acceleration_rad_s2 * ramp_s
    return reached_rad_s * (duration_s - ramp_s)


@given(st.floats(1.0e-3, math.pi))
def test_a_slew_takes_the_time_in_which_the_turn_is_made(angle_rad: float) -> None:
    acceleration_rad_s2 = 0.1 / 29.0
    turning_s = slew_duration_s(BUS, angle_rad) - 15.0
    assert _angle_after(turning_s, acceleration_rad_s2, math.radians(1.0)) == pytest.approx(angle_rad, rel=1e-9)


def test_a_half_turn_of_the_reference_bus_takes_200_seconds() -> None:
    # 180 s at 1 deg/s, one ramp of 0.01745 / (0.1 / 29) = 5.06 s, 15 s to settle.
    assert slew_duration_s(BUS, math.pi) == pytest.approx(200.06, abs=0.01)
    assert slew_duration_s(BUS, 0.0) == 0.0


vectors = st.tuples(*[st.floats(-1.0, 1.0)] * 3).map(np.array).filter(lambda one: float(np.linalg.norm(one)) > 0.1)


@given(vectors, vectors)
def test_the_angle_between_directions_is_that_of_the_scalar_product(a: np.ndarray, b: np.ndarray) -> None:
    first, second = a / np.linalg.norm(a), b / np.linalg.norm(b)
    expected = math.atan2(float(np.linalg.norm(np.cross(first, second))), float(first @ second))
    assert slew_angle_rad(first, second) == pytest.approx(expected, abs=1e-9)


def test_directions_are_what_they_are_called() -> None:
    r, v, sun = np.array([7.0e6, 0.0, 0.0]), np.array([0.0, 7500.0, 0.0]), np.array([0.0, 0.0, 1.5e11])
    assert boresight_gcrf("nadir", r, v, sun) == pytest.approx([-1.0, 0.0, 0.0])
    assert boresight_gcrf("velocity", r, v, sun) == pytest.approx([0.0, 1.0, 0.0])
    assert boresight_gcrf("sun", r, v, sun) == pytest.approx([0.0, 0.0, 1.0], abs=1e-4)


def _envelope_n_m_s(direction: np.ndarray) -> float:
    """Most momentum along a direction that four wheels, each within its own limit, can hold (a linear programme)."""
    cant = math.radians(BUS.wheels.cant_deg)
    around = [math.pi / 4.0 + number * math.pi / 2.0 for number in range(4)]
    axes = np.array([[math.cos(cant) * math.cos(a), math.cos(cant) * math.sin(a), math.sin(cant)] for a in around]).T
    equality = np.hstack([axes, -direction.reshape(3, 1)])
    bounds = [(-4.0, 4.0)] * 4 + [(0.0, None)]
    return -float(linprog([0, 0, 0, 0, -1], A_eq=equality, b_eq=np.zeros(3), bounds=bounds).fun)


def test_the_wheels_hold_the_claimed_momentum_along_every_body_axis() -> None:
    claimed_n_m_s = wheel_capacity_n_m_s(BUS)
    along = [_envelope_n_m_s(np.array(axis)) for axis in ([1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0])]
    assert claimed_n_m_s <= min(along) + 1e-9


def test_the_wheels_hold_the_claimed_momentum_in_every_direction() -> None:
    """The envelope is a rhombic dodecahedron: its least radius is what any manoeuvre can count on."""
    generator = np.random.default_rng(20261123)
    directions = generator.normal(size=(300, 3))
    least = min(_envelope_n_m_s(one / np.linalg.norm(one)) for one in directions)
    # 1e-4: the cant of the mission file, 35.26 degrees, is a rounded arctan(1 / sqrt 2).
    assert wheel_capacity_n_m_s(BUS) == pytest.approx(least, rel=0.02)
    assert wheel_capacity_n_m_s(BUS) <= least * (1.0 + 1e-4)


def test_torques_are_those_of_their_formulas() -> None:
    # Wertz 17.2: 1.5 mu / r^3 (Imax - Imin) sin 2 theta at 45 degrees; 6903 km: 1.45e-5 N m of gradient.
    gradient_n_m = 1.5 * 3.986_004_418e14 / RADIUS_M**3 * 8.0
    worst, facing = (disturbance_torque_n_m(BUS, RADIUS_M, earth_facing=one) for one in (False, True))
    pressure_n_m = worst - gradient_n_m
    assert 0.0 < pressure_n_m < 2.0e-6
    assert facing == pytest.approx(gradient_n_m * math.sin(math.radians(2.0)) + pressure_n_m, rel=1e-9)
    # Half of 15 A m2 in an equatorial field of 29.98 uT (R / r)^3.
    field_t = 29.98e-6 * (6_371_200.0 / RADIUS_M) ** 3
    assert magnetorquer_torque_n_m(BUS, RADIUS_M) == pytest.approx(0.5 * 15.0 * field_t, rel=1e-3)
