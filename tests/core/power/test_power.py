"""Array, loads and battery against closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mission import reference_mission
from core.mission.model import Mode
from core.power import array_power_w, charge, incidence_cosine, load_power_w

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


def test_a_battery_discharges_by_its_energy_over_its_efficiency() -> None:
    # 168 W for a 35 min eclipse from a 28 V 30 A h battery at 97 %: 168 * 2100 / 0.97 / (28 * 30 * 3600)
    assert charge(BUS.battery, 0.9, -168.0, 2100.0) == pytest.approx(0.9 - 0.120_275, abs=1e-6)
    assert charge(BUS.battery, 0.5, 100.0, 3600.0) == pytest.approx(0.5 + 100.0 * 0.97 / 840.0, abs=1e-12)


@given(st.floats(0.0, 1.0), st.floats(-2000.0, 2000.0), st.floats(0.0, 1.0e5))
def test_charge_stays_between_empty_and_full(soc: float, power_w: float, seconds: float) -> None:
    after = charge(BUS.battery, soc, power_w, seconds)
    assert 0.0 <= after <= 1.0
    assert (after - soc) * power_w >= 0.0


@given(st.floats(0.3, 0.6), st.floats(1.0, 100.0), st.floats(1.0, 1000.0))
def test_a_cycle_loses_energy_and_never_makes_any(soc: float, power_w: float, seconds: float) -> None:
    assert charge(BUS.battery, charge(BUS.battery, soc, power_w, seconds), -power_w, seconds) < soc


OFF: dict[str, Any] = {"imaging": False, "x_band": False, "s_band": False, "heater_duty": 0.0}


@pytest.mark.parametrize(
    ("mode", "switched", "expected_w"),
    [
        (Mode.NOMINAL, {}, 120.0),
        (Mode.SAFE, {}, 95.0),
        (Mode.PAYLOAD, {}, 300.0),
        (Mode.PAYLOAD, {"imaging": True}, 300.0),
        (Mode.NOMINAL, {"imaging": True}, 300.0),
        (Mode.NOMINAL, {"x_band": True, "s_band": True}, 235.0),
        (Mode.SAFE, {"s_band": True, "heater_duty": 0.5}, 140.0),
    ],
)
def test_loads_add_up(mode: Mode, switched: dict[str, Any], expected_w: float) -> None:
    assert load_power_w(BUS.loads, mode, **(OFF | switched)) == pytest.approx(expected_w)
