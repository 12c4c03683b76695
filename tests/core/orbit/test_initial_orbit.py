"""Initial orbits against textbook examples and against orbits that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from core.orbit.initial_orbit import InitialOrbitError, direction_of, gauss, gibbs, gooding, herrick_gibbs, laplace
from core.orbit.lambert import Branch
from core.orbit.two_body import propagate_kepler

MU = EARTH_MU_M3_S2


def test_vallado_example_7_3() -> None:
    """4th edition: Gibbs; v2 = 5.531148 J - 5.191806 K km/s."""
    found = gibbs(np.array([[0, 0, 6378.137e3], [0, -4464.696e3, -5102.509e3], [0, 5740.323e3, 3189.068e3]]))
    assert found == pytest.approx([0.0, 5531.148, -5191.806], abs=0.01)


def test_vallado_example_7_4() -> None:
    """4th edition: Herrick-Gibbs; v2 = -6.4416 I + 3.7776 J - 1.7206 K km/s."""
    positions = 1e3 * np.array(
        [
            [3419.85564, 6019.82602, 2784.60022],
            [2935.91195, 6326.18324, 2660.59584],
            [2434.95202, 6597.38674, 2521.52311],
        ]
    )
    found = herrick_gibbs(positions, np.array([0.0, 76.48, 153.04]))
    assert found == pytest.approx([-6441.6, 3777.6, -1720.6], abs=0.06)


def test_vallado_example_7_2() -> None:
    """4th edition: angles alone; the book's sites and angles are rounded, which moves the answer by 100 m."""
    sites = 1e3 * np.array(
        [[4054.881, 2748.195, 4074.237], [3956.224, 2888.232, 4074.364], [3905.073, 2956.935, 4074.430]]
    )
    lines = direction_of(np.radians([0.939913, 45.025748, 67.886655]), np.radians([18.667717, 35.664741, 36.996583]))
    for method in (gauss, gooding, laplace):
        found = method(lines, sites, np.array([0.0, 480.0, 720.0]))[0]
        assert found.r_m == pytest.approx([6356_486.0, 5290_532.3, 6511_397.0], abs=150.0)
        assert found.v_m_s == pytest.approx([-4172.948, 4776.550, 1720.271], abs=0.2)


def test_curtis_examples_5_11_and_5_12() -> None:
    """Curtis, examples 5.11 and 5.12 (mu 398,600): r = (5662.1, 6538.0, 3269.0) km after improvement."""
    sites = 1e3 * np.array([[3489.8, 3430.2, 4078.5], [3460.1, 3460.1, 4078.5], [3429.9, 3490.1, 4078.5]])
    lines = direction_of(np.radians([43.537, 54.420, 64.318]), np.radians([-8.7833, -12.074, -15.105]))
    found = gauss(lines, sites, np.array([0.0, 118.10, 237.58]), 3.986e14)[0]
    assert found.r_m == pytest.approx([5662.1e3, 6538.0e3, 3269.0e3], abs=2e3)
    assert found.v_m_s == pytest.approx([-3885.6, 5121.4, -2243.3], abs=10.0)


def observed(t_s: np.ndarray, eccentricity: float, inclination: float, phase: float) -> tuple[np.ndarray, ...]:
    """True states, exact directions and sites of an orbit seen from a site that turns with the Earth."""
    perigee_m = 7.2e6
    r = perigee_m * np.array(
        [math.cos(phase), math.sin(phase) * math.cos(inclination), math.sin(phase) * math.sin(inclination)]
    )
    speed = math.sqrt(MU * (1.0 + eccentricity) / perigee_m)
    v = speed * np.array(
        [-math.sin(phase), math.cos(phase) * math.cos(inclination), math.cos(phase) * math.sin(inclination)]
    )
    places, speeds = propagate_kepler(r, v, t_s)
    angle = 0.3 + 7.292115e-5 * t_s
    site = 6.371e6 * np.stack([0.8 * np.cos(angle), 0.8 * np.sin(angle), np.full(3, 0.6)], axis=1)
    lines = (places - site) / np.linalg.norm(places - site, axis=1)[:, np.newaxis]
    return places, speeds, lines, site


@given(st.floats(0.0, 0.3), st.floats(0.4, 1.4), st.floats(0.0, 1.0), st.floats(60.0, 200.0), st.floats(60.0, 200.0))
@settings(max_examples=25)
def test_positions_and_directions_of_a_known_orbit_give_it_back(
    eccentricity: float, inclination: float, phase: float, first_s: float, second_s: float
) -> None:
    t_s = np.array([-first_s, 0.0, second_s])
    places, speeds, lines, sites = observed(t_s, eccentricity, inclination, phase)
    assert gibbs(places) == pytest.approx(speeds[1], rel=1e-6, abs=1e-3)
    assert herrick_gibbs(places, t_s) == pytest.approx(speeds[1], rel=1e-3, abs=5.0)
    seen = np.degrees(math.acos(min(float(lines[0] @ lines[2]), 1.0)))
    across = np.cross(lines[0], lines[2])
    if seen < 5.0 or abs(across @ lines[1]) / np.linalg.norm(across) < 0.002:
        return  # an arc too short, or an observer in the plane of the orbit: directions alone do not tell it
    for orbits in (gauss(lines, sites, t_s), gooding(lines, sites, t_s)):
        nearest = min(orbits, key=lambda one: float(np.linalg.norm(one.r_m - places[1])))
        assert nearest.r_m == pytest.approx(places[1], rel=1e-5, abs=10.0)
        assert nearest.v_m_s == pytest.approx(speeds[1], rel=1e-4, abs=0.1)
        assert nearest.residual_rad < 1e-7


def test_goodings_method_reaches_over_a_revolution() -> None:
    """Three passes with a whole revolution between the first and the last."""
    period_s = 2.0 * math.pi * math.sqrt((7.2e6 / 0.95) ** 3 / MU)
    t_s = np.array([-0.55 * period_s, 0.0, 0.62 * period_s])
    places, speeds, lines, sites = observed(t_s, 0.05, 0.9, 0.4)
    found = [orbit for branch in Branch for orbit in _solutions(lines, sites, t_s, branch)]
    assert min(float(np.linalg.norm(one.r_m - places[1])) for one in found) < 100.0
    assert min(float(np.linalg.norm(one.v_m_s - speeds[1])) for one in found) < 0.1


def _solutions(lines: np.ndarray, sites: np.ndarray, t_s: np.ndarray, branch: Branch) -> list:
    try:
        return gooding(lines, sites, t_s, revolutions=1, branch=branch)
    except InitialOrbitError:
        return []


def test_observations_that_determine_nothing_are_refused() -> None:
    r = np.array([7e6, 0.0, 0.0])
    with pytest.raises(InitialOrbitError, match="degrees apart"):
        gibbs(np.array([r, r * 1.0001, r * 1.0002]))
    with pytest.raises(InitialOrbitError, match="out of the plane"):
        gibbs(np.array([[7e6, 0, 1e6], [0, 7e6, 0], [-7e6, 1e5, 0]]))
    with pytest.raises(InputError, match="increase"):
        herrick_gibbs(np.array([[7e6, 0, 0], [7e6, 1e5, 0], [7e6, 2e5, 0]]), np.array([0.0, 0.0, 1.0]))
    flat = direction_of(np.array([0.1, 0.2, 0.3]), np.zeros(3))
    with pytest.raises(InitialOrbitError, match="one plane"):
        gauss(flat, np.array([[6.4e6, 0, 0], [6.4e6, 1e3, 0], [6.4e6, 2e3, 0]]), np.array([0.0, 10.0, 20.0]))
    with pytest.raises(InputError, match="three directions"):
        gauss(flat[:2], np.zeros((2, 3)), np.array([0.0, 1.0]))


def test_laplace_and_gauss_find_the_same_orbit() -> None:
    """Curtis, example 5.11; three directions in one plane are refused by both."""
    sites = 1e3 * np.array([[3489.8, 3430.2, 4078.5], [3460.1, 3460.1, 4078.5], [3429.9, 3490.1, 4078.5]])
    lines = direction_of(np.radians([43.537, 54.420, 64.318]), np.radians([-8.7833, -12.074, -15.105]))
    times = np.array([0.0, 118.10, 237.58])
    first, second = gauss(lines, sites, times, 3.986e14)[0], laplace(lines, sites, times, 3.986e14)[0]
    assert second.r_m == pytest.approx(first.r_m, abs=0.1) and second.v_m_s == pytest.approx(first.v_m_s, abs=1e-4)
    flat = direction_of(np.array([0.0, 0.1, 0.2]), np.zeros(3))
    with pytest.raises(InitialOrbitError, match="one plane"):
        laplace(flat, sites, times)


@given(st.floats(6.9e6, 9e6), st.floats(0.0, 0.1), st.floats(0.3, 2.8), st.floats(0.0, 6.28), st.floats(30.0, 120.0))
@settings(max_examples=20)
def test_laplace_finds_the_orbit_that_a_turning_station_saw(
    perigee_m: float, e: float, tilt: float, along: float, step_s: float
) -> None:
    """A site on the turning Earth, a known orbit, three looks a minute or so apart: the orbit is among the answers."""
    r = perigee_m * np.array([math.cos(along), math.sin(along) * math.cos(tilt), math.sin(along) * math.sin(tilt)])
    speed = math.sqrt(MU / perigee_m * (1.0 + e))
    v = speed * np.array([-math.sin(along), math.cos(along) * math.cos(tilt), math.cos(along) * math.sin(tilt)])
    times = np.array([-step_s, 0.0, step_s])
    side = np.cross(r, v) / np.linalg.norm(np.cross(r, v))
    place = 6.378e6 * (r / np.linalg.norm(r) + 0.1 * side) / math.sqrt(1.01)
    turn = 7.292115e-5 * times
    sites = np.array(
        [
            [place[0] * math.cos(a) - place[1] * math.sin(a), place[0] * math.sin(a) + place[1] * math.cos(a), place[2]]
            for a in turn
        ]
    )
    places, _ = propagate_kepler(r, v, times)
    lines = (places - sites) / np.linalg.norm(places - sites, axis=1)[:, None]
    found = laplace(lines, sites, times)
    assert min(float(np.linalg.norm(one.r_m - r)) for one in found) < 1e-3 * perigee_m
