"""The array against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mission import reference_mission
from core.power import array_power_w, incidence_cosine

AU_M = 149_597_870_700.0  # IAU 2012 Resolution B2
BUS = reference_mission().bus_of("LSAT-1")
ONE = np.ones(1)


def test_a_sunlit_array_at_one_astronomical_unit_gives_irradiance_times_area_times_efficiency() -> None:
    power_w = array_power_w(BUS.solar_array, ONE, ONE, ONE * AU_M)
    assert power_w[0] == pytest.approx(1361.0 * 2.2 * 0.295, rel=1e-12)  # IAU 2015 Resolution B3


@given(st.floats(0.98, 1.02), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 15.0))
def test_array_power_follows_distance_angle_shadow_and_age(
    distance_au: float, cosine: float, illumination: float, years: float
) -> None:
    full_w = array_power_w(BUS.solar_array, ONE, ONE, ONE * AU_M)[0]
    power_w = array_power_w(BUS.solar_array, ONE * cosine, ONE * illumination, ONE * AU_M * distance_au, years)[0]
    expected_w = full_w * cosine * illumination / distance_au**2 * (1.0 - 0.0275) ** years
    assert power_w == pytest.approx(expected_w, rel=1e-9, abs=1e-12)


def _cosine(beta_rad: float, phase_rad: float, axes: int, *, sun_pointing: bool = False) -> float:
    """Incidence of a circular orbit in the x-y plane with the Sun at an angle above it."""
    r = np.array([[math.cos(phase_rad), math.sin(phase_rad), 0.0]]) * 7.0e6
    v = np.array([[-math.sin(phase_rad), math.cos(phase_rad), 0.0]]) * 7500.0
    sun = np.array([[math.cos(beta_rad), 0.0, math.sin(beta_rad)]]) * AU_M
    return float(incidence_cosine(r, v, sun, axes, sun_pointing=sun_pointing)[0])


@given(st.floats(-1.5, 1.5), st.floats(0.0, 6.28))
def test_an_array_loses_what_its_joints_cannot_follow(beta_rad: float, phase_rad: float) -> None:
    # 1e-4: the Sun's direction from 7000 km is that from the Earth's centre to 5e-5 rad.
    assert _cosine(beta_rad, phase_rad, 2) == 1.0
    assert _cosine(beta_rad, phase_rad, 0, sun_pointing=True) == 1.0
    assert _cosine(beta_rad, phase_rad, 1) == pytest.approx(math.cos(beta_rad), abs=1e-4)
    fixed = max(0.0, math.cos(beta_rad) * math.cos(phase_rad))
    assert _cosine(beta_rad, phase_rad, 0) == pytest.approx(fixed, abs=1e-4)
