"""An orbit with burns: continuous, reached altitudes as two-body theory says, and exact where nothing burns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from core.mission import reference_mission
from core.orbit import Boost, Sgp4Orbit, find_eclipses, find_passes, fly_boosts, state_at
from core.orbit.flown import orbit_through
from core.orbit.numerical import CartesianState, ForceModel, SpacecraftProperties, propagate
from core.time import tai_s_from_utc

ORBIT = Sgp4Orbit.from_elements(reference_mission().craft("LSAT-2").elements)
DAY_S = 86_400.0
NOON = tai_s_from_utc(ORBIT.elements.epoch_utc) + 0.5 * DAY_S


def boost(at: float, delta_v_m_s: float, duration_s: float = 300.0) -> Boost:
    return Boost(at, at + duration_s, delta_v_m_s, 167.0, 220.0)


def test_an_orbit_through_a_state_of_sgp4_is_the_same_orbit() -> None:
    state = ORBIT.propagate(np.array([NOON]))
    same = orbit_through(
        CartesianState(NOON, state.r_gcrf_m[0], state.v_gcrf_m_s[0]), ORBIT.elements.bstar_per_earth_radius
    )
    t = NOON + np.linspace(0.0, DAY_S, 50)
    apart_m = np.linalg.norm(same.propagate(t).r_gcrf_m - ORBIT.propagate(t).r_gcrf_m, axis=1)
    # An epoch is a whole microsecond, 8 mm of flight; the fit ends within a centimetre of a state.
    assert apart_m.max() < 15.0


@settings(max_examples=10, deadline=None)
@given(delta_v=st.floats(-6.0, 6.0), offset_s=st.floats(0.0, 6000.0), duration_s=st.floats(20.0, 900.0))
def test_states_are_continuous_through_a_burn(delta_v: float, offset_s: float, duration_s: float) -> None:
    burn = boost(NOON + offset_s, delta_v, duration_s)
    flown = fly_boosts(ORBIT, [burn])
    for edge in (burn.start_tai_s, burn.end_tai_s):
        sides = flown.propagate(np.array([edge - 0.005, edge + 0.005]))
        step_m = sides.r_gcrf_m[1] - sides.r_gcrf_m[0] - 0.01 * sides.v_gcrf_m_s[0]
        assert np.linalg.norm(step_m) < 0.05
        assert np.linalg.norm(sides.v_gcrf_m_s[1] - sides.v_gcrf_m_s[0]) < 0.15


def test_two_burns_half_an_orbit_apart_raise_the_orbit_as_a_hohmann_transfer_does() -> None:
    axis_m, raise_m = 6_903_000.0, 15_000.0
    first = math.sqrt(EARTH_MU_M3_S2 * (2 / axis_m - 2 / (2 * axis_m + raise_m))) - math.sqrt(EARTH_MU_M3_S2 / axis_m)
    burns = [boost(NOON, first, 60.0), boost(NOON + 0.5 * ORBIT.period_s, first, 60.0)]
    flown = fly_boosts(ORBIT, burns)
    before = state_at(flown, NOON - 4000.0).mean_altitude_m
    after = state_at(flown, NOON + DAY_S).mean_altitude_m
    assert after - before == pytest.approx(raise_m, abs=150.0)


def test_a_day_after_a_burn_numerical_flight_agrees() -> None:
    """The displacement against the orbit without the burn, in both theories: SGP4's own error cancels."""
    burn = boost(NOON, 2.0)
    flown = fly_boosts(ORBIT, [burn])
    t = np.array([burn.end_tai_s, burn.end_tai_s + DAY_S])
    craft, forces = SpacecraftProperties(165.0), ForceModel.conservative(6)

    def numerically(orbit: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        start = orbit.propagate(t[:1])  # type: ignore[attr-defined]
        return propagate(CartesianState(t[0], start.r_gcrf_m[0], start.v_gcrf_m_s[0]), t[1:], craft, forces).r_gcrf_m[0]

    moved_m = flown.propagate(t[1:]).r_gcrf_m[0] - ORBIT.propagate(t[1:]).r_gcrf_m[0]
    expected_m = numerically(flown) - numerically(ORBIT)
    assert np.linalg.norm(expected_m) > 400_000.0
    assert np.linalg.norm(moved_m - expected_m) < 0.01 * np.linalg.norm(expected_m)


def test_searches_go_on_with_the_new_orbit() -> None:
    station = reference_mission().station("svalbard")
    flown = fly_boosts(ORBIT, [boost(NOON, 4.0)])
    before = find_passes(flown, station, NOON - 20_000.0, NOON - 1000.0)
    assert before == find_passes(ORBIT, station, NOON - 20_000.0, NOON - 1000.0)
    late = find_passes(flown, station, NOON + 60_000.0, NOON + DAY_S)
    unburnt = find_passes(ORBIT, station, NOON + 60_000.0, NOON + DAY_S)
    # The higher orbit is slower: every pass comes later, by minutes after ten revolutions.
    assert 60.0 < late[0].culmination_tai_s - unburnt[0].culmination_tai_s < 600.0
    assert len(find_eclipses(flown, NOON - 6000.0, NOON + 12_000.0)) >= 3


def test_a_burn_into_the_atmosphere_leaves_no_orbit() -> None:
    flown = fly_boosts(ORBIT, [boost(NOON, 1.0), boost(NOON + 3000.0, -160.0, 900.0)])
    assert flown.lost is not None and flown.lost.boost == 1
    assert flown.lost.perigee_altitude_m < 120_000.0
    assert len(flown.legs) == 2


def test_overlapping_burns_are_refused() -> None:
    with pytest.raises(InputError, match="before another ends"):
        fly_boosts(ORBIT, [boost(NOON, 1.0), boost(NOON + 100.0, 1.0)])
