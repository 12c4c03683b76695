"""The battery's thermal node against the Stefan-Boltzmann balance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.thermal import BATTERY_NODE, heater_duty, warm

STEFAN_BOLTZMANN_W_M2_K4 = 5.670_374_419e-8  # CODATA 2018


@given(st.floats(0.0, 1.0), st.floats(0.0, 400.0), st.floats(0.0, 40.0))
def test_a_node_settles_where_it_radiates_what_it_takes_in(illumination: float, load_w: float, heater_w: float) -> None:
    taken_in_w = 8.0 + 10.0 * illumination + 0.06 * load_w + heater_w
    expected_k = (taken_in_w / (0.85 * STEFAN_BOLTZMANN_W_M2_K4 * 0.09)) ** 0.25
    temp_k = 290.0
    for _ in range(400):
        temp_k = warm(
            BATTERY_NODE, temp_k, illumination=illumination, load_w=load_w, heater_w=heater_w, duration_s=5000.0
        )
    assert temp_k == pytest.approx(expected_k, abs=1e-6)


def test_a_black_square_metre_at_300_kelvin_radiates_459_watts() -> None:
    """Incropera et al., Fundamentals of Heat and Mass Transfer, table of blackbody functions: sigma T^4 = 459.3 W/m2."""
    plate = replace(BATTERY_NODE, radiator_area_m2=1.0, emissivity=1.0, earth_infrared_w=0.0, heat_capacity_j_k=1.0e9)
    lost_k = 300.0 - warm(plate, 300.0, illumination=0.0, load_w=0.0, heater_w=0.0, duration_s=1.0)
    assert lost_k * 1.0e9 == pytest.approx(459.3, abs=0.1)


@given(st.floats(260.0, 330.0), st.floats(1.0, 1.0e6))
def test_any_step_from_a_temperature_that_batteries_have_is_stable(temp_k: float, seconds: float) -> None:
    after = warm(BATTERY_NODE, temp_k, illumination=1.0, load_w=200.0, heater_w=0.0, duration_s=seconds)
    assert 255.0 < after < 335.0


def test_the_heater_is_full_below_its_band_and_off_above_it() -> None:
    assert heater_duty(BATTERY_NODE, 281.15) == 1.0
    assert heater_duty(BATTERY_NODE, 200.0) == 1.0
    assert heater_duty(BATTERY_NODE, 283.15) == pytest.approx(0.5)
    assert heater_duty(BATTERY_NODE, 285.15) == 0.0
    assert heater_duty(BATTERY_NODE, 310.0) == 0.0
