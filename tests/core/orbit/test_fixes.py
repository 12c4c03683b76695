"""Orbits from GNSS fixes: how exact they are, and when none is taken."""

from __future__ import annotations

import numpy as np
import pytest

from core.frames import itrf_from_gcrf
from core.mission import reference_mission
from core.mission.model import MeanElements
from core.orbit import Boost, FlownOrbit, Sgp4Orbit, fly_boosts
from core.orbit.fixes import FixesRefused, GnssFixes, distances_m, orbit_from_fixes
from core.time import tai_s_from_utc

ELEMENTS: MeanElements = reference_mission().craft("LSAT-1").elements
BSTAR = ELEMENTS.bstar_per_earth_radius
TRUTH = FlownOrbit.undisturbed(Sgp4Orbit.from_elements(ELEMENTS))
START = tai_s_from_utc(ELEMENTS.epoch_utc) + 20_000.0
NOISE_M = 5.0


def fixes(orbit: FlownOrbit, span_s: float, step_s: float = 60.0) -> GnssFixes:
    t = START + np.arange(0.0, span_s, step_s)
    states = orbit.propagate(t)
    r_itrf_m, v_itrf_m_s = itrf_from_gcrf(t, states.r_gcrf_m, states.v_gcrf_m_s)
    noise = np.random.default_rng(1).normal(scale=NOISE_M, size=r_itrf_m.shape)
    return GnssFixes(t, r_itrf_m + noise, v_itrf_m_s)


def ahead_m(elements: MeanElements, hours: float) -> float:
    """How far the orbit of elements is from the truth some hours later."""
    t = np.array([START + 3600.0 * hours])
    apart = Sgp4Orbit.from_elements(elements).propagate(t).r_gcrf_m - TRUTH.propagate(t).r_gcrf_m
    return float(np.linalg.norm(apart))


def test_a_revolution_of_fixes_tells_the_orbit_of_the_next_day() -> None:
    found = orbit_from_fixes(fixes(TRUTH, 5_700.0), START + 6_000.0, BSTAR)
    assert found.rejected == 0
    assert found.rms_m == pytest.approx(NOISE_M * np.sqrt(3.0), rel=0.15)
    assert ahead_m(found.elements, 24.0) < 400.0  # 0.05 s of a pass


def test_outliers_are_left_out_however_far_they_are() -> None:
    bad = fixes(TRUTH, 5_700.0)
    bad.r_itrf_m[10] += (1e6, 0.0, 0.0)
    bad.r_itrf_m[40] += (0.0, 3e3, 0.0)
    found = orbit_from_fixes(bad, START + 6_000.0, BSTAR)
    assert found.rejected == 2
    assert ahead_m(found.elements, 24.0) < 400.0


def test_fixes_that_tell_no_orbit_are_refused_with_value_and_limit() -> None:
    burn = Boost(START + 3_000.0, START + 3_060.0, 1.0, 168.0, 220.0)
    across_a_burn = fixes(fly_boosts(TRUTH.legs[0].orbit, [burn]), 9_000.0)
    wild = fixes(TRUTH, 5_700.0)
    wild.r_itrf_m[::3] += np.random.default_rng(2).normal(scale=5e4, size=wild.r_itrf_m[::3].shape)
    cases = [
        (fixes(TRUTH, 600.0), 600.0, "too-few-fixes", "10 fixes .* at least 20"),
        (fixes(TRUTH, 1_200.0, 30.0), 1_200.0, "short-arc", "span 1170 s; at least 2700 s"),
        (fixes(TRUTH, 5_700.0), 60_000.0, "old-fixes", "15.1 h old; at most 12 h"),
        (across_a_burn, 9_000.0, "scattered-fixes", "maneuver"),
        (wild, 6_000.0, "scattered-fixes", "of 95 fixes"),
    ]
    for given, later_s, code, message in cases:
        with pytest.raises(FixesRefused, match=message) as caught:
            orbit_from_fixes(given, START + later_s, BSTAR)
        assert caught.value.code == code


def test_distances_are_those_of_the_noise_where_the_orbit_is_true() -> None:
    assert float(np.median(distances_m(TRUTH, fixes(TRUTH, 3_000.0)))) == pytest.approx(1.538 * NOISE_M, rel=0.2)
