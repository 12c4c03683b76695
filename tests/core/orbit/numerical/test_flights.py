"""Stops, re-entry, maneuvers, and what a flight refuses."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from core.errors import InputError
from core.frames import Ut1Source, dcm_itrf_from_gcrf
from core.orbit import illumination
from core.orbit.numerical import (
    Atmosphere,
    Burn,
    CartesianState,
    ForceModel,
    GravityField,
    Impulse,
    Integration,
    ManeuverAxes,
    Propagation,
    ReentryError,
    SpacecraftProperties,
    Stop,
    StopKind,
    propagate,
)
from core.orbit.space_weather import SpaceWeatherSource

KEPLER = ForceModel.kepler()
MU = GravityField.EGM2008.mu_m3_s2
METHODS = pytest.mark.parametrize(
    "integration", [Integration.fixed_step(30.0), Integration.verner98(1e-6)], ids=["gauss_jackson", "verner98"]
)


@METHODS
@pytest.mark.parametrize("backwards", [False, True])
def test_events_are_found_where_they_are(
    low_orbit: CartesianState, craft: SpacecraftProperties, integration: Integration, backwards: bool
) -> None:
    """Nodes to 1 mm from the equator, apsides to 1e-5 m2/s of r v, edges of the shadow to 1e-5 of the disc; in order."""
    kinds = [k for k in StopKind if k is not StopKind.HEIGHT_BELOW]
    stops = [Stop(kind, terminal=False) for kind in kinds]
    span = np.array([low_orbit.t_tai_s + (-21_600.0 if backwards else 21_600.0)])
    flown = propagate(low_orbit, span, craft, stops=stops, integration=integration)
    seen = {kind: [s for s in flown.sightings if s.stop.kind is kind] for kind in kinds}
    times = [s.state.t_tai_s for s in flown.sightings]
    assert times == sorted(times, reverse=backwards)
    for kind in kinds:
        assert 3 <= len(seen[kind]) <= 8, kind
    for kind, sign in ((StopKind.ASCENDING_NODE, 1.0), (StopKind.DESCENDING_NODE, -1.0)):
        for s in seen[kind]:
            dcm = dcm_itrf_from_gcrf(np.array([s.state.t_tai_s]))[0]
            assert abs((dcm @ s.state.r_gcrf_m)[2]) < 5e-3
            assert (dcm @ s.state.v_gcrf_m_s)[2] * sign > 0.0
    for s in seen[StopKind.PERIAPSIS] + seen[StopKind.APOAPSIS]:
        assert abs(s.state.r_gcrf_m @ s.state.v_gcrf_m_s) < 50.0  # 1e-7 s times the square of the speed
    for s in seen[StopKind.SHADOW_ENTRY] + seen[StopKind.SHADOW_EXIT]:
        t = np.array([s.state.t_tai_s])
        assert illumination(s.state.r_gcrf_m[np.newaxis], t)[0] == pytest.approx(1.0, abs=1e-3)


def test_a_terminal_stop_ends_the_flight(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    epochs = low_orbit.t_tai_s + np.arange(0.0, 20_000.0, 100.0)
    flown = propagate(low_orbit, epochs, craft, stops=(Stop(StopKind.DESCENDING_NODE),))
    assert flown.stopped
    assert len(flown.sightings) == 1
    assert flown.end.t_tai_s == flown.sightings[0].state.t_tai_s
    assert flown.t_tai_s[-1] <= flown.end.t_tai_s < flown.t_tai_s[-1] + 100.0


def test_a_satellite_in_the_air_reenters_and_says_when(low_orbit: CartesianState) -> None:
    """Perigee at 120 km: within hours it is down; the states until then come with the error."""
    r = 6.498e6 * low_orbit.r_gcrf_m / np.linalg.norm(low_orbit.r_gcrf_m)
    v = math.sqrt(MU / 6.498e6) * low_orbit.v_gcrf_m_s / np.linalg.norm(low_orbit.v_gcrf_m_s)
    state = CartesianState(low_orbit.t_tai_s, r, v)
    epochs = state.t_tai_s + np.arange(0.0, 864_000.0, 60.0)
    with pytest.raises(ReentryError, match="below 100 km") as caught:
        propagate(state, epochs, SpacecraftProperties(100.0, 1.0))
    before = caught.value.facts["before"]
    assert isinstance(before, Propagation)
    assert 0.0 <= float(str(caught.value.facts["t_tai_s"])) - before.t_tai_s[-1] < 60.0
    dcm = dcm_itrf_from_gcrf(np.array([before.end.t_tai_s]))[0]
    from core.frames import geodetic_from_itrf

    height_m = geodetic_from_itrf((dcm @ before.end.r_gcrf_m)[np.newaxis]).height_m[0]
    assert height_m == pytest.approx(100_000.0, abs=0.01)


def test_a_burn_obeys_the_rocket_equation(low_orbit: CartesianState) -> None:
    """Along a fixed direction in free space: v gained is c ln(m0 / m1), and what gravity does is taken from a coasting twin."""
    far = CartesianState(low_orbit.t_tai_s, np.array([4.0e9, 0.0, 0.0]), np.array([0.0, 1_000.0, 0.0]))
    thrust_n, isp_s, burn_s = 400.0, 320.0, 600.0
    burn = Burn(far.t_tai_s + 100.0, far.t_tai_s + 100.0 + burn_s, thrust_n, isp_s, (0.0, 0.0, 2.0), ManeuverAxes.GCRF)
    end = np.array([far.t_tai_s + 1_000.0])
    craft = SpacecraftProperties(500.0)
    burnt = propagate(far, end, craft, KEPLER, maneuvers=(burn,))
    coasted = propagate(far, end, craft, KEPLER)
    used = thrust_n / (isp_s * 9.80665) * burn_s
    assert burnt.mass_kg[0] == pytest.approx(500.0 - used, rel=1e-12)
    gained = burnt.v_gcrf_m_s[0] - coasted.v_gcrf_m_s[0]
    # Tidal gravity over the 200 km that the two drift apart: 1e-6 m/s.
    np.testing.assert_allclose(gained, [0.0, 0.0, isp_s * 9.80665 * math.log(500.0 / (500.0 - used))], atol=2e-5)


def test_a_short_strong_burn_is_an_impulse(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    t = low_orbit.t_tai_s + 1_000.0
    dv = 5.0
    for axes in ManeuverAxes:
        impulse = Impulse(t, (dv, 0.0, 0.0), axes, 220.0)
        used = craft.mass_kg * (1.0 - math.exp(-dv / (220.0 * 9.80665)))
        thrust_n = used * 220.0 * 9.80665
        burn = Burn(t - 0.5, t + 0.5, thrust_n, 220.0, (1.0, 0.0, 0.0), axes)
        end = np.array([t + 3_000.0])
        a, b = (propagate(low_orbit, end, craft, maneuvers=(m,)) for m in (impulse, burn))
        assert np.linalg.norm(a.r_gcrf_m[0] - b.r_gcrf_m[0]) < 0.01
        assert a.mass_kg[0] == pytest.approx(b.mass_kg[0], rel=1e-12)


def test_a_hohmann_transfer_arrives(low_orbit: CartesianState) -> None:
    """Vallado, 4th ed., example 6-1: 6569.4781 km to 42159.4856 km takes 3.935224 km/s and 315.403 min."""
    mu, inner, outer = 3.986004415e14, 6_569_478.1, 42_159_485.6
    state = CartesianState(low_orbit.t_tai_s, np.array([inner, 0.0, 0.0]), np.array([0.0, math.sqrt(mu / inner), 0.0]))
    half = 0.5 * (inner + outer)
    flight_s = math.pi * math.sqrt(half**3 / mu)
    first, second = 2_457.038, 1_478.187
    maneuvers = (
        Impulse(state.t_tai_s, (0.0, first, 0.0)),
        Impulse(state.t_tai_s + flight_s, (first * 0.0, second, 0.0)),
    )
    flown = propagate(
        state, state.t_tai_s + np.array([flight_s + 1.0, 2.0e5]), SpacecraftProperties(1.0), KEPLER, maneuvers=maneuvers
    )
    assert flight_s / 60.0 == pytest.approx(315.403, abs=1e-3)
    assert first + second == pytest.approx(3_935.224, abs=2e-3)
    radii = np.linalg.norm(flown.r_gcrf_m, axis=1)
    np.testing.assert_allclose(radii, outer, rtol=1e-4)


@METHODS
def test_a_flight_over_maneuvers_runs_back_to_its_start(
    low_orbit: CartesianState, craft: SpacecraftProperties, integration: Integration
) -> None:
    """Out over an impulse and a burn in moving axes, and back with mass and state of the start; both methods alike."""
    forces = ForceModel(degree=8, order=8, atmosphere=Atmosphere.HARRIS_PRIESTER)
    t = low_orbit.t_tai_s
    maneuvers = (
        Impulse(t + 2_000.0, (1.0, 3.0, -2.0), ManeuverAxes.VELOCITY, 220.0),
        Burn(t + 5_000.0, t + 5_600.0, 2.0, 220.0, (0.0, 1.0, 1.0)),
    )
    flying = {"maneuvers": maneuvers, "integration": integration}
    there = propagate(low_orbit, np.array([t + 9_000.0]), craft, forces, **flying)  # type: ignore[arg-type]
    exact = propagate(
        low_orbit, np.array([t + 9_000.0]), craft, forces, maneuvers=maneuvers, integration=Integration.dop853(1e-8)
    )
    assert np.linalg.norm(there.r_gcrf_m - exact.r_gcrf_m) < 5e-3
    lighter = replace(craft, mass_kg=there.end_mass_kg)
    back = propagate(there.end, np.array([t]), lighter, forces, **flying)  # type: ignore[arg-type]
    assert np.linalg.norm(back.r_gcrf_m[0] - low_orbit.r_gcrf_m) < 0.02
    assert back.mass_kg[0] == pytest.approx(craft.mass_kg, rel=1e-12)


def test_overlapping_burns_are_refused(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    t = low_orbit.t_tai_s
    burns = [Burn(t + start, t + start + 60.0, 1.0, 220.0, (0.0, 1.0, 0.0)) for start in (0.0, 30.0)]
    with pytest.raises(InputError, match="before another ends"):
        propagate(low_orbit, np.array([t + 100.0]), craft, maneuvers=burns)


def test_what_is_no_orbit_is_refused(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    t = low_orbit.t_tai_s
    with pytest.raises(InputError, match="no orbit"):
        propagate(replace(low_orbit, r_gcrf_m=np.zeros(3)), np.array([t + 1.0]), craft)
    with pytest.raises(InputError, match="finite"):
        propagate(replace(low_orbit, v_gcrf_m_s=np.array([math.nan, 0.0, 0.0])), np.array([t + 1.0]), craft)
    with pytest.raises(InputError, match="one direction"):
        propagate(low_orbit, t + np.array([-10.0, 10.0]), craft)
    with pytest.raises(InputError, match="finite epoch"):
        propagate(low_orbit, np.array([]), craft)


def test_a_result_says_which_data_were_held_or_predicted(
    low_orbit: CartesianState, craft: SpacecraftProperties
) -> None:
    measured = propagate(low_orbit, np.array([low_orbit.t_tai_s + 600.0]), craft).models
    assert (measured.earth_orientation, measured.space_weather) == (Ut1Source.MEASURED, SpaceWeatherSource.MEASURED)
    late = replace(low_orbit, t_tai_s=low_orbit.t_tai_s + 25.0 * 365.25 * 86_400.0)
    held = propagate(late, np.array([late.t_tai_s + 600.0]), craft).models
    assert (held.earth_orientation, held.space_weather) == (Ut1Source.HELD, SpaceWeatherSource.HELD)
    airless = propagate(late, np.array([late.t_tai_s + 600.0]), craft, ForceModel.conservative(2)).models
    assert airless.space_weather is None
