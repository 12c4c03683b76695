"""Avoidance burns: relative motion against solved rendezvous cases and two-body flight, and the least delta-v."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from core.constants import EARTH_MU_M3_S2
from core.errors import PhysicsError
from core.mission import Cdm, CdmObject, parse_cdm
from core.orbit import avoidance_options, collision_probability, encounter_of, hcw_transition, rtn_axes_gcrf
from core.orbit.avoidance import message_after_burn
from core.orbit.collision_rate import assess_collision

FloatArray = NDArray[np.float64]
RADIUS_M = 6_876_000.0
SPEED_M_S = math.sqrt(EARTH_MU_M3_S2 / RADIUS_M)
MEAN_MOTION = SPEED_M_S / RADIUS_M
HALF_S = math.pi / MEAN_MOTION


def fly(r_m: FloatArray, v_m_s: FloatArray, seconds: float) -> tuple[FloatArray, FloatArray]:
    """Two-body motion by a peer's integrator."""

    def rate(_t: float, state: FloatArray) -> FloatArray:
        return np.concatenate([state[3:], -EARTH_MU_M3_S2 * state[:3] / np.linalg.norm(state[:3]) ** 3])

    end = solve_ivp(rate, (0.0, seconds), np.concatenate([r_m, v_m_s]), method="DOP853", rtol=1e-12, atol=1e-6).y[:, -1]
    return end[:3], end[3:]


def encounter_message(miss_m: float = 40.0, inclination_rad: float = 1.2) -> Cdm:
    """A satellite on a circular orbit and an object that crosses its path at an angle, 40 m above it."""
    covariance = np.diag([20.0**2, 120.0**2, 15.0**2])
    own = CdmObject("1", "A", np.array([RADIUS_M, 0, 0]), np.array([0, SPEED_M_S, 0]), covariance, None)
    crossing = SPEED_M_S * np.array([0.0, math.cos(inclination_rad), math.sin(inclination_rad)])
    other = CdmObject("2", "B", np.array([RADIUS_M + miss_m, 0, 0]), crossing, 4.0 * covariance, None)
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return Cdm("TEST", "TEST", at, at, miss_m, None, 15.0, (own, other))


def test_the_solved_rendezvous_cases_arrive(reference_data: Path) -> None:
    folder = reference_data / "planning" / "hcw"
    cases = json.loads((folder / "cases.json").read_text())
    solutions = json.loads((folder / "reference_solution.json").read_text())
    assert len(cases) == len(solutions) == 100
    for case, impulses in zip(cases, solutions, strict=True):
        step, state = hcw_transition(case["n"], case["dt"]), np.array(case["x0"])
        for number, impulse in enumerate(impulses):
            state = state + np.concatenate([np.zeros(3), impulse])
            if number < case["N"]:
                state = step @ state
        assert np.linalg.norm(state[:3]) < 0.01 and np.linalg.norm(state[3:]) < 1e-5


def test_relative_motion_agrees_with_two_body_flight_to_second_order() -> None:
    r_m, v_m_s = np.array([RADIUS_M, 0, 0]), np.array([0, SPEED_M_S, 0])
    for share in (0.5, 1.0, 1.7, 3.0):
        t_s = 2.0 * HALF_S * share
        plain_r_m, plain_v_m_s = fly(r_m, v_m_s, t_s)
        burnt_r_m, _ = fly(r_m, v_m_s * (1.0 + 0.05 / SPEED_M_S), t_s)
        found_m = rtn_axes_gcrf(plain_r_m, plain_v_m_s).T @ hcw_transition(MEAN_MOTION, t_s)[:3, 4] * 0.05
        moved_m = burnt_r_m - plain_r_m
        assert np.linalg.norm(found_m - moved_m) < 0.6 * float(np.linalg.norm(moved_m)) ** 2 / RADIUS_M + 0.05


def test_options_are_least_burns_and_the_best_comes_first() -> None:
    cdm = encounter_message()
    encounter = encounter_of(cdm)
    assert collision_probability(encounter.miss_m, encounter.covariance_m2, 15.0) > 1e-3
    options = avoidance_options(cdm, 0, 15.0, 7.2 * HALF_S, 0.5)
    assert len(options) == 14 and {one.half_revolutions for one in options} == set(range(1, 8))
    reached = [one for one in options if one.reaches_limit]
    assert reached == options[: len(reached)] and len(reached) >= 10
    assert [abs(one.delta_v_m_s) for one in reached] == sorted(abs(one.delta_v_m_s) for one in reached)
    assert options[0].half_revolutions == 7
    for one in reached:
        assert one.probability <= 1e-5 and one.before_tca_s == pytest.approx(one.half_revolutions * HALF_S)
        less = abs(one.delta_v_m_s) - 2e-4
        shift_m = hcw_transition(MEAN_MOTION, one.before_tca_s)[:3, 4] * math.copysign(less, one.delta_v_m_s)
        assert collision_probability(encounter.displaced(shift_m), encounter.covariance_m2, 15.0) > 1e-5


def test_the_predicted_probability_holds_when_the_burn_is_flown() -> None:
    """Fly the satellite back by two-body motion, burn, fly to the closest approach, and assess the encounter anew."""
    cdm = encounter_message()
    own = cdm.objects[0]
    for option in avoidance_options(cdm, 0, 15.0, 5.5 * HALF_S, 0.5)[:6]:
        then_r_m, then_v_m_s = fly(own.r_gcrf_m, -own.v_gcrf_m_s, option.before_tca_s)
        burnt_m_s = -then_v_m_s * (1.0 + option.delta_v_m_s / float(np.linalg.norm(then_v_m_s)))
        r_m, v_m_s = fly(then_r_m, burnt_m_s, option.before_tca_s)
        flown = encounter_of(replace(cdm, objects=(replace(own, r_gcrf_m=r_m, v_gcrf_m_s=v_m_s), cdm.objects[1])))
        found = collision_probability(flown.miss_m, flown.covariance_m2, 15.0)
        # Second order in a displacement of some hundred metres: centimetres of miss.
        assert found == pytest.approx(option.probability, rel=0.02)
        assert float(np.linalg.norm(flown.miss_m)) == pytest.approx(option.miss_distance_m, abs=0.5)


def test_the_message_after_a_burn_is_what_the_integrator_flies() -> None:
    cdm = encounter_message()
    own = cdm.objects[0]
    after = message_after_burn(cdm, 0, 3.0 * HALF_S, 0.2)
    then_r_m, then_v_m_s = fly(own.r_gcrf_m, -own.v_gcrf_m_s, 3.0 * HALF_S)
    burnt_m_s = -then_v_m_s * (1.0 + 0.2 / float(np.linalg.norm(then_v_m_s)))
    r_m, v_m_s = fly(then_r_m, burnt_m_s, 3.0 * HALF_S)
    assert after.objects[0].r_gcrf_m == pytest.approx(r_m, abs=1e-2)
    assert after.objects[0].v_gcrf_m_s == pytest.approx(v_m_s, abs=1e-5)
    assert after.objects[1] is cdm.objects[1] and after.stated_probability is None
    assert after.miss_distance_m == pytest.approx(float(np.linalg.norm(r_m - cdm.objects[1].r_gcrf_m)), abs=0.1)


def test_an_option_lowers_the_probability_along_curved_orbits_too(reference_data: Path) -> None:
    """A public message whose plane holds: after the burn both say the limit is reached."""
    folder = reference_data / "planning" / "cdm_pc"
    case = next(
        one
        for one in json.loads((folder / "expected.json").read_text())
        if not one.get("pc2d_violation", 1) and one["pc2d"] > 1e-3 and one["vrel_mps"] > 1e4
    )
    cdm = parse_cdm((folder / case["file"]).read_text())
    before = assess_collision(cdm, case["hbr_m"])
    option = avoidance_options(cdm, 0, case["hbr_m"], 4.2 * HALF_S, 1.0)[0]
    after = assess_collision(message_after_burn(cdm, 0, option.before_tca_s, option.delta_v_m_s), case["hbr_m"])
    assert before.plane_holds and before.probability > 1e-3
    assert option.reaches_limit and after.probability <= 1.2e-5
    assert after.probability == pytest.approx(option.probability, rel=0.25)


def test_a_limit_too_low_gives_options_that_say_how_far_they_get() -> None:
    options = avoidance_options(encounter_message(), 0, 15.0, 3.0 * HALF_S + 1.0, 0.001)
    assert not any(one.reaches_limit for one in options)
    assert all(abs(one.delta_v_m_s) == 0.001 for one in options)
    assert [one.probability for one in options] == sorted(one.probability for one in options)


def test_less_than_half_a_revolution_is_not_enough() -> None:
    with pytest.raises(PhysicsError, match="half a revolution") as raised:
        avoidance_options(encounter_message(), 0, 15.0, 0.9 * HALF_S, 0.5)
    assert raised.value.code == "COL-007"
