"""Every integrator beside closed forms: Kepler's ellipse, conserved quantities, its own reversal, and the others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.orbit.numerical import (
    CartesianState,
    ForceModel,
    GravityField,
    Integration,
    Method,
    SpacecraftProperties,
    acceleration_m_s2,
    propagate,
)

FloatArray = NDArray[np.float64]
MU = GravityField.EGM2008.mu_m3_s2
T0 = 762_523_237.0
CRAFT = SpacecraftProperties(100.0)
METHODS = [Integration.fixed_step(30.0), Integration.dop853(1e-7), Integration.verner98(1e-7)]
each_method = pytest.mark.parametrize("integration", METHODS, ids=["gauss_jackson", "dop853", "verner98"])


def ellipse(axis_m: float, eccentricity: float, since_perigee_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Kepler's equation by Newton's method, in the plane of the orbit tilted by 60 degrees."""
    motion = math.sqrt(MU / axis_m**3)
    mean = motion * since_perigee_s
    e_anomaly = mean.copy()
    for _ in range(50):
        e_anomaly -= (e_anomaly - eccentricity * np.sin(e_anomaly) - mean) / (1.0 - eccentricity * np.cos(e_anomaly))
    c, s, root = np.cos(e_anomaly), np.sin(e_anomaly), math.sqrt(1.0 - eccentricity**2)
    rate = motion / (1.0 - eccentricity * c)
    p, q = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.5, math.sqrt(0.75)])
    r = axis_m * ((c - eccentricity)[:, np.newaxis] * p + (root * s)[:, np.newaxis] * q)
    v = axis_m * rate[:, np.newaxis] * (-s[:, np.newaxis] * p + (root * c)[:, np.newaxis] * q)
    return r, v


def start_of(axis_m: float, eccentricity: float) -> CartesianState:
    r, v = ellipse(axis_m, eccentricity, np.array([0.0]))
    return CartesianState(T0, r[0], v[0])


@each_method
def test_a_round_orbit_is_keplers_to_a_millimetre_in_a_day(integration: Integration) -> None:
    since = np.linspace(0.0, 86_400.0, 200)
    flown = propagate(start_of(7.0e6, 0.001), T0 + since, CRAFT, ForceModel.kepler(), integration=integration)
    r, v = ellipse(7.0e6, 0.001, since)
    assert np.linalg.norm(flown.r_gcrf_m - r, axis=1).max() < 1e-3
    assert np.linalg.norm(flown.v_gcrf_m_s - v, axis=1).max() < 1e-6


@settings(max_examples=8, deadline=None)
@given(st.floats(0.0, 0.8), st.sampled_from([Method.DOP853, Method.VERNER_98]), st.booleans())
def test_an_ellipse_is_keplers_at_every_epoch(eccentricity: float, method: Method, backwards: bool) -> None:
    """Ten revolutions; two millimetres, at 50,000 km, of output by interpolation inside long steps."""
    axis_m = 7.2e6 / (1.0 - eccentricity)
    period = 2.0 * math.pi * math.sqrt(axis_m**3 / MU)
    since = np.linspace(0.0, (-10.0 if backwards else 10.0) * period, 77)
    flown = propagate(
        start_of(axis_m, eccentricity),
        T0 + since,
        CRAFT,
        ForceModel.kepler(),
        integration=Integration(method, None, 1e-8),
    )
    # Epochs are whole multiples of 1e-7 s, which a satellite passes in a millimetre.
    r, _ = ellipse(axis_m, eccentricity, (T0 + since) - T0)
    assert np.linalg.norm(flown.r_gcrf_m - r, axis=1).max() < 2e-3


def test_the_pull_of_a_point_mass_is_central_wherever_the_earth_is_turned() -> None:
    """The field turns with the Earth: a matrix that is no rotation to rounding would feed the orbit's energy."""
    for k, t_tai_s in enumerate(T0 + np.linspace(0.0, 3.0e7, 12)):
        r_m = 7.0e6 * np.array([math.cos(k), math.sin(k) * math.cos(2.0 * k), math.sin(k) * math.sin(2.0 * k)])
        pull = acceleration_m_s2(CartesianState(t_tai_s, r_m, np.array([0.0, 0.0, 7.5e3])), CRAFT, ForceModel.kepler())
        expected = -MU * r_m / np.linalg.norm(r_m) ** 3
        np.testing.assert_allclose(pull, expected, atol=1e-14 * np.linalg.norm(expected), rtol=0.0)


def test_shortening_the_step_of_gauss_jackson_gains_its_order() -> None:
    """Global error of order 8 at least, between steps that are long enough for rounding to be far below."""
    errors = []
    for step_s in (120.0, 80.0):
        flown = propagate(
            start_of(7.0e6, 0.001),
            np.array([T0 + 86_400.0]),
            CRAFT,
            ForceModel.kepler(),
            integration=Integration.fixed_step(step_s),
        )
        r, _ = ellipse(7.0e6, 0.001, np.array([86_400.0]))
        errors.append(float(np.linalg.norm(flown.r_gcrf_m - r)))
    assert errors[0] / errors[1] > 1.5**8


@each_method
def test_energy_is_kept_in_a_field_that_does_not_turn(integration: Integration) -> None:
    """A zonal field is the same at all longitudes; its axis moves by 1e-6 rad in the day, which is the bound."""
    state = start_of(7.0e6, 0.001)
    forces = ForceModel(
        degree=2,
        order=0,
        sun=False,
        moon=False,
        solid_tides=False,
        relativity=False,
        radiation=False,
        atmosphere=ForceModel.kepler().atmosphere,
    )
    flown = propagate(state, T0 + np.linspace(0.0, 86_400.0, 30), CRAFT, forces, integration=integration)
    j2, radius = 1.08262668e-3, 6_378_136.3
    r = np.linalg.norm(flown.r_gcrf_m, axis=1)
    from core.frames import dcm_itrf_from_gcrf

    z = np.einsum("nj,nj->n", dcm_itrf_from_gcrf(flown.t_tai_s)[:, 2], flown.r_gcrf_m)
    potential = MU / r * (1.0 - j2 * (radius / r) ** 2 * 0.5 * (3.0 * (z / r) ** 2 - 1.0))
    energy = 0.5 * np.einsum("nj,nj->n", flown.v_gcrf_m_s, flown.v_gcrf_m_s) - potential
    assert np.ptp(energy) < 1e-8 * abs(energy[0])


def test_the_node_drifts_as_j2_makes_it() -> None:
    """First-order secular rate (Vallado, 4th ed., eq. 9-37) to 0.5 %: the second order is of size J2."""
    state = start_of(7.0e6, 0.001)
    forces = ForceModel.conservative(2)
    flown = propagate(state, np.array([T0, T0 + 10 * 86_400.0]), CRAFT, forces)
    momentum = np.cross(flown.r_gcrf_m, flown.v_gcrf_m_s)
    node = np.unwrap(np.arctan2(momentum[:, 0], -momentum[:, 1]))
    cosine = momentum[0, 2] / np.linalg.norm(momentum[0])
    motion = math.sqrt(MU / 7.0e6**3)
    expected = -1.5 * motion * 1.08262668e-3 * (6_378_136.3 / (7.0e6 * (1.0 - 1e-6))) ** 2 * cosine
    assert (node[1] - node[0]) / (10 * 86_400.0) == pytest.approx(expected, rel=5e-3)


@each_method
def test_time_runs_back_to_where_it_began(
    integration: Integration, low_orbit: CartesianState, craft: SpacecraftProperties
) -> None:
    """Half a day out and back with every force but the air's, whose steps in time are met from the other side."""
    forces = ForceModel(atmosphere=ForceModel.kepler().atmosphere)
    there = propagate(low_orbit, np.array([low_orbit.t_tai_s + 43_200.0]), craft, forces, integration=integration).end
    back = propagate(there, np.array([low_orbit.t_tai_s]), craft, forces, integration=integration).end
    assert np.linalg.norm(back.r_gcrf_m - low_orbit.r_gcrf_m) < 0.02


def test_the_methods_agree_under_all_forces(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    """Six hours of drag, light, shadow and tides: 5 mm between a fixed step and two step controls."""
    epochs = low_orbit.t_tai_s + np.linspace(0.0, 21_600.0, 61)
    flown = [propagate(low_orbit, epochs, craft, integration=integration).r_gcrf_m for integration in METHODS]
    assert np.abs(flown[0] - flown[2]).max() < 5e-3
    assert np.abs(flown[1] - flown[2]).max() < 5e-3


@each_method
def test_output_between_steps_is_that_of_a_flight_that_ends_there(
    integration: Integration, low_orbit: CartesianState, craft: SpacecraftProperties
) -> None:
    since = np.array([1.0, 777.7, 3_000.123, 5_999.9])
    dense = propagate(low_orbit, low_orbit.t_tai_s + since, craft, integration=integration)
    for k, t in enumerate(since):
        ended = propagate(low_orbit, np.array([low_orbit.t_tai_s + t]), craft, integration=integration).end
        assert np.linalg.norm(dense.r_gcrf_m[k] - ended.r_gcrf_m) < 2e-4


def test_a_round_orbit_gets_the_fixed_step_and_an_ellipse_does_not(craft: SpacecraftProperties) -> None:
    day = np.array([T0 + 86_400.0])
    assert propagate(start_of(7.0e6, 0.001), day, craft).models.method is Method.GAUSS_JACKSON_8
    assert propagate(start_of(2.6e7, 0.7), day, craft).models.method is Method.VERNER_98


def test_a_fixed_step_that_an_orbit_cannot_bear_gives_way_and_says_so() -> None:
    """At the perigee of an ellipse of eccentricity 0.7 a step of 187 s tells nothing: the result is exact all the same."""
    day = np.array([86_400.0])
    flown = propagate(
        start_of(2.4e7, 0.7), T0 + day, CRAFT, ForceModel.kepler(), integration=Integration.fixed_step(187.0)
    )
    assert flown.models.adaptive_from_tai_s is not None
    assert T0 < flown.models.adaptive_from_tai_s < T0 + 86_400.0
    assert np.linalg.norm(flown.r_gcrf_m[0] - ellipse(2.4e7, 0.7, day)[0][0]) < 0.01
