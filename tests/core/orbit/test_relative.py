"""Relative motion against two-body flight, and rendezvous against solved cases."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError, PhysicsError
from core.orbit.conjunction import rtn_axes_gcrf
from core.orbit.relative import (
    hcw_transition,
    least_impulses,
    relative_state,
    two_impulses,
    yamanaka_ankersen_transition,
)
from core.orbit.two_body import propagate_kepler

MU = EARTH_MU_M3_S2


def ellipse(a_m: float, e: float, anomaly: float) -> tuple[np.ndarray, np.ndarray]:
    """A state on an ellipse inclined by a radian."""
    p = a_m * (1.0 - e * e)
    r = p / (1.0 + e * math.cos(anomaly))
    x, y = np.array([1.0, 0.0, 0.0]), np.array([0.0, math.cos(1.0), math.sin(1.0)])
    position = r * (math.cos(anomaly) * x + math.sin(anomaly) * y)
    return position, math.sqrt(MU / p) * (-math.sin(anomaly) * x + (e + math.cos(anomaly)) * y)


def chaser_of(r: np.ndarray, v: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inertial state of a relative one."""
    axes = rtn_axes_gcrf(r, v)
    turn = np.cross(r, v) / (r @ r)
    apart = axes.T @ state[:3]
    return r + apart, v + axes.T @ state[3:] + np.cross(turn, apart)


@given(st.floats(0.0, 0.85), st.floats(-3.1, 3.1), st.floats(0.05, 2.5))
@settings(max_examples=40)
def test_relative_motion_on_an_ellipse(e: float, anomaly: float, share: float) -> None:
    """Yamanaka-Ankersen against two-body flight of both, with a separation so small that its square is rounding."""
    a_m = 7e6 / (1.0 - e)
    t_s = share * 2.0 * math.pi * math.sqrt(a_m**3 / MU)
    r, v = ellipse(a_m, e, anomaly)
    start = np.array([1.0, -2.0, 0.5, 1e-3, 2e-3, -1e-3]) * 1e-1
    end = propagate_kepler(r, v, t_s)
    chaser = propagate_kepler(*chaser_of(r, v, start), t_s)
    flown = relative_state(*end, *chaser)
    found = yamanaka_ankersen_transition(a_m, e, anomaly, t_s) @ start
    size, speed = float(np.linalg.norm(flown[:3])), float(np.linalg.norm(flown[3:]))
    assert found[:3] == pytest.approx(flown[:3], abs=2e-4 * size + 1e-5)
    assert found[3:] == pytest.approx(flown[3:], abs=2e-4 * speed + 1e-8)


def test_on_a_circle_yamanaka_ankersen_is_hill_clohessy_wiltshire() -> None:
    a_m, t_s = 6.878e6, 4_321.0
    n = math.sqrt(MU / a_m**3)
    found = yamanaka_ankersen_transition(a_m, 0.0, 0.7, t_s)
    assert found == pytest.approx(hcw_transition(n, t_s), rel=1e-9, abs=1e-9)


@given(st.floats(0.0, 0.7), st.floats(0.0, 6.0), st.floats(100.0, 9_000.0), st.floats(100.0, 9_000.0))
@settings(max_examples=25)
def test_transitions_chain(e: float, anomaly: float, first_s: float, second_s: float) -> None:
    a_m = 8e6
    middle = propagate_kepler(*ellipse(a_m, e, anomaly), first_s)
    e_vector = np.cross(middle[1], np.cross(*middle)) / MU - middle[0] / np.linalg.norm(middle[0])
    across = np.cross(np.cross(*middle), ellipse(a_m, e, 0.0)[0])
    x = ellipse(a_m, e, 0.0)[0]
    there = math.atan2(middle[0] @ across / np.linalg.norm(across), middle[0] @ x / np.linalg.norm(x))
    assert np.linalg.norm(e_vector) == pytest.approx(e, abs=1e-9)
    whole = yamanaka_ankersen_transition(a_m, e, anomaly, first_s + second_s)
    parts = yamanaka_ankersen_transition(a_m, e, there, second_s) @ yamanaka_ankersen_transition(
        a_m, e, anomaly, first_s
    )
    assert parts == pytest.approx(whole, rel=1e-6, abs=1e-6 * float(np.abs(whole).max()))


def test_impulses_of_least_delta_v_match_the_solved_cases(reference_data: Path) -> None:
    """The convex optimum of 100 cases within 1e-3 (their mean within 1e-4), arriving within a millimetre.

    The best two impulses of the same times spend 10 % more in the mean.
    """
    cases = json.loads((reference_data / "planning" / "hcw" / "cases.json").read_text())[::4]
    excess, two = [], []
    for case in cases:
        n, dt, steps, x0 = case["n"], case["dt"], case["N"], np.array(case["x0"])
        t_s = np.arange(steps + 1) * dt
        to_end = np.array([hcw_transition(n, t_s[-1] - t) for t in t_s])
        found = least_impulses(to_end, to_end[0] @ x0, np.zeros(6), t_s)
        end = to_end[0] @ x0 + np.einsum("kij,kj->i", to_end[:, :, 3:], found.delta_v_m_s)
        assert np.abs(end[:3]).max() < 1e-3 and np.abs(end[3:]).max() < 1e-6
        excess.append(found.total_delta_v_m_s / case["dv_lower"] - 1.0)
        # Of a whole revolution the two impulses would be undetermined.
        pair = two_impulses(hcw_transition(n, t_s[13]), x0, np.zeros(6), t_s[13])
        two.append(pair.total_delta_v_m_s)
        assert found.total_delta_v_m_s <= pair.total_delta_v_m_s * (1.0 + 1e-9)
    assert min(excess) > -1e-6 and max(excess) < 1e-3 and float(np.mean(excess)) < 1e-4


def test_two_impulses_that_are_flown_arrive() -> None:
    a_m, e, anomaly, t_s = 9e6, 0.2, 1.0, 3_000.0
    r, v = ellipse(a_m, e, anomaly)
    start, wanted = np.array([50.0, -300.0, 20.0, 0.1, 0.0, 0.05]), np.array([0.0, -20.0, 0.0, 0.0, 0.0, 0.0])
    found = two_impulses(yamanaka_ankersen_transition(a_m, e, anomaly, t_s), start, wanted, t_s)
    burnt = start + np.concatenate([np.zeros(3), found.delta_v_m_s[0]])
    chaser = propagate_kepler(*chaser_of(r, v, burnt), t_s)
    arrived = relative_state(*propagate_kepler(r, v, t_s), *chaser)
    # Second order in 300 m over the radius: 1 cm, several times over.
    assert arrived[:3] == pytest.approx(wanted[:3], abs=0.06)
    assert arrived[3:] + found.delta_v_m_s[1] == pytest.approx(wanted[3:], abs=1e-4)


def test_what_cannot_be_reached_is_said() -> None:
    n = 1.1e-3
    with pytest.raises(PhysicsError, match="does not depend"):
        two_impulses(hcw_transition(n, math.pi / n), np.zeros(6), np.ones(6), math.pi / n)
    with pytest.raises(PhysicsError, match="cannot reach"):
        least_impulses(np.eye(6)[None], np.zeros(6), np.ones(6), np.zeros(1))
    with pytest.raises(InputError, match="not an ellipse"):
        yamanaka_ankersen_transition(7e6, 1.1, 0.0, 10.0)
