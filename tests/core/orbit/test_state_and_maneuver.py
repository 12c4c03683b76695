"""Osculating elements, failures of SGP4, and impulsive transfers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyfield.api import wgs84
from skyfield.elementslib import osculating_elements_of

from core.errors import InputError, PhysicsError
from core.orbit import PropagationError, Sgp4Orbit, altitude_change_delta_v_m_s, circular_transfer, state_at
from core.orbit.propagation import Sgp4Code

DAY_S = 86_400.0


def test_osculating_elements_agree_with_skyfield(twins: Any) -> None:
    t = twins.orbit.epoch_tai_s + 12_345.0
    ours = state_at(twins.orbit, t)
    position = twins.peer.at(twins.time(np.array([t])))[0]
    theirs = osculating_elements_of(position)
    # The gravitational constants of the two differ in the ninth digit.
    assert ours.semi_major_axis_m == pytest.approx(theirs.semi_major_axis.m, rel=1e-7)
    assert ours.eccentricity == pytest.approx(theirs.eccentricity, abs=1e-7)
    assert ours.inclination_rad == pytest.approx(theirs.inclination.radians, abs=1e-7)
    assert ours.raan_rad == pytest.approx(theirs.longitude_of_ascending_node.radians, abs=1e-7)
    along = ours.argument_of_perigee_rad + ours.true_anomaly_rad
    theirs_along = theirs.argument_of_periapsis.radians + theirs.true_anomaly.radians
    assert math.remainder(along - theirs_along, 2 * math.pi) == pytest.approx(0.0, abs=1e-6)
    ground = wgs84.geographic_position_of(position)
    assert ours.latitude_rad == pytest.approx(ground.latitude.radians, abs=2e-6)
    assert math.remainder(ours.longitude_rad - ground.longitude.radians, 2 * math.pi) == pytest.approx(0, abs=2e-6)
    assert ours.height_m == pytest.approx(ground.elevation.m, abs=3.0)


def test_altitudes_bracket_the_mean(twins: Any) -> None:
    state = state_at(twins.orbit, twins.orbit.epoch_tai_s)
    assert state.perigee_altitude_m < state.mean_altitude_m < state.apogee_altitude_m


def test_a_decayed_orbit_names_the_first_failing_epoch(low: Any) -> None:
    falling = low.orbit.elements.model_copy(update={"mean_motion_rev_day": 16.4, "bstar_per_earth_radius": 0.05})
    orbit = Sgp4Orbit.from_elements(falling)
    t = orbit.epoch_tai_s + np.linspace(0.0, 30 * DAY_S, 400)
    with pytest.raises(PropagationError, match="SGP4 error") as raised:
        orbit.propagate(t)
    assert isinstance(raised.value, PhysicsError)
    failed_at = raised.value.facts["t_tai_s"]
    assert isinstance(failed_at, float) and isinstance(raised.value.facts["sgp4_code"], Sgp4Code)
    orbit.propagate(t[t < failed_at - 1.0])


def test_states_do_not_depend_on_the_order_of_epochs(twins: Any) -> None:
    t = twins.orbit.epoch_tai_s + np.array([5 * DAY_S, -DAY_S, 0.0, 3 * DAY_S, -2 * DAY_S])
    order = np.argsort(t)
    assert np.array_equal(twins.orbit.propagate(t).r_gcrf_m[order], twins.orbit.propagate(t[order]).r_gcrf_m)


def test_a_transfer_from_191_to_35781_km_costs_what_vallado_computes() -> None:
    # Vallado, Fundamentals of Astrodynamics and Applications, example 6-1: 3.935224 km/s and 5.256713 h.
    transfer = circular_transfer(191_344.11, 35_781_348.57)
    assert transfer.total_delta_v_m_s == pytest.approx(3935.224, abs=0.01)
    assert transfer.transfer_time_s == pytest.approx(5.256713 * 3600.0, abs=1.0)


@given(st.floats(150e3, 2e6), st.floats(150e3, 2e6))
def test_going_back_costs_what_going_up_did(a_m: float, b_m: float) -> None:
    up, down = circular_transfer(a_m, b_m), circular_transfer(b_m, a_m)
    assert up.total_delta_v_m_s == pytest.approx(down.total_delta_v_m_s, abs=1e-9)
    assert up.first_delta_v_m_s == pytest.approx(-down.second_delta_v_m_s, abs=1e-9)
    assert altitude_change_delta_v_m_s(a_m, b_m) == up.total_delta_v_m_s


@pytest.mark.parametrize("altitude_m", [0.0, -5.0, math.nan, math.inf])
def test_an_impossible_altitude_is_refused(altitude_m: float) -> None:
    with pytest.raises(InputError, match="to_altitude_m"):
        circular_transfer(500e3, altitude_m)
