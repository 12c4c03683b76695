"""Slews by integration, angles and directions by their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.attitude import (
    boresight_gcrf,
    slew_angle_rad,
    slew_duration_s,
)
from core.mission import reference_mission

BUS = reference_mission().bus_of("LSAT-1")


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
