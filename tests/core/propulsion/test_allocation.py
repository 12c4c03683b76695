"""Non-negative least squares against scipy, allocation against what the thrusters can make, and valve pulses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, nnls

from core.errors import InputError
from core.mission import reference_mission
from core.mission.design.propulsion import Propulsion, Thruster
from core.propulsion import allocate, pulse_train
from native import _core

PROPULSION = reference_mission().bus_of("LSAT-1").propulsion


@given(st.integers(0, 2**32 - 1), st.integers(1, 10), st.integers(1, 20))
@settings(max_examples=200)
def test_nnls_reaches_the_residual_of_scipy(seed: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(rows, columns)), rng.normal(size=rows)
    x, residual = _core.nonnegative_least_squares(a, b)
    _, expected = nnls(a, b)
    assert (x >= 0.0).all()
    assert residual == pytest.approx(expected, abs=1e-9)
    assert np.linalg.norm(a @ x - b) == pytest.approx(residual, abs=1e-12)


def test_nnls_survives_equal_and_empty_columns() -> None:
    a = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0]])
    x, residual = _core.nonnegative_least_squares(a, np.array([1.0, 2.0]))
    assert a @ x == pytest.approx([1.0, 2.0])
    assert residual == pytest.approx(0.0, abs=1e-12)
    x, residual = _core.nonnegative_least_squares(a, np.array([-1.0, -2.0]))
    assert (x == 0.0).all() and residual == pytest.approx(5**0.5)
    with pytest.raises(_core.NativeError, match="finite"):
        _core.nonnegative_least_squares(a, np.array([np.nan, 0.0]))


def _twelve() -> Propulsion:
    """Three pairs of opposed couples: any force and torque can be made."""
    thrusters = []
    for axis in range(3):
        for sign in (1.0, -1.0):
            for arm in (0.5, -0.5):
                position, direction = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
                position[(axis + 1) % 3], direction[axis] = arm, sign
                thrusters.append(
                    Thruster(id=f"t{len(thrusters)}", position_m=tuple(position), direction=tuple(direction))
                )
    return PROPULSION.model_copy(update={"thrusters": tuple(thrusters), "thruster_count": 12})


@given(st.lists(st.floats(-0.3, 0.3), min_size=3, max_size=3), st.lists(st.floats(-0.1, 0.1), min_size=3, max_size=3))
@settings(max_examples=50)
def test_twelve_thrusters_make_any_force_and_torque_with_little_propellant(
    force: list[float], torque: list[float]
) -> None:
    propulsion, wanted = _twelve(), np.array(force + torque)
    made = allocate(propulsion, wanted[:3], wanted[3:], 1.0)
    assert made.scale == 1.0
    assert made.force_n == pytest.approx(wanted[:3], abs=1e-4)
    assert made.torque_n_m == pytest.approx(wanted[3:], abs=1e-4)
    directions = np.array([one.direction for one in propulsion.thrusters])
    arms = np.array([one.position_m for one in propulsion.thrusters])
    effect = np.vstack([directions.T, np.cross(arms, directions).T])
    least = linprog(np.ones(12), A_eq=effect, b_eq=wanted).fun
    assert made.duty.sum() == pytest.approx(least, abs=2e-3)


def test_four_thrusters_push_forward_without_turning() -> None:
    made = allocate(PROPULSION, np.array([2.0, 0.0, 0.0]), np.zeros(3), 1.0)
    assert made.force_n == pytest.approx([2.0, 0.0, 0.0], abs=1e-3)
    assert made.torque_n_m == pytest.approx(np.zeros(3), abs=1e-3)
    assert made.duty == pytest.approx(np.full(4, made.duty[0]), abs=1e-6)


def test_too_much_is_scaled_whole_and_what_cannot_be_made_is_said() -> None:
    made = allocate(PROPULSION, np.array([8.0, 0.0, 0.0]), np.zeros(3), 1.0)
    assert made.duty.max() == pytest.approx(1.0)
    assert made.scale == pytest.approx(0.498, abs=0.002)  # four thrusters canted by 5 degrees
    backwards = allocate(PROPULSION, np.array([-1.0, 0.0, 0.0]), np.zeros(3), 1.0)
    assert backwards.force_error_n == pytest.approx(1.0)
    assert (backwards.duty == 0.0).all()
    with pytest.raises(InputError, match="thrust_n"):
        allocate(PROPULSION, np.zeros(3), np.zeros(3), 0.0)
    with pytest.raises(InputError, match="finite"):
        allocate(PROPULSION, np.array([np.nan, 0.0, 0.0]), np.zeros(3), 1.0)


def test_pulses_too_short_are_dropped_and_gaps_too_short_are_closed() -> None:
    before = np.array([100, 200, 300, 49_000], dtype=np.int64)
    train = pulse_train(PROPULSION, np.array([0.5, 0.01, 0.99, 0.0]), 1.0, 600.0, before)
    assert train.on_s == pytest.approx([0.5, 0.0, 1.0, 0.0])
    assert train.dropped.tolist() == [False, True, False, False]
    assert train.cycles.tolist() == [600, 0, 1, 0]
    assert train.life_left_share == pytest.approx(1.0 - 49_000 / 50_000)
    with pytest.raises(InputError, match="duty"):
        pulse_train(PROPULSION, np.array([1.5, 0.0, 0.0, 0.0]), 1.0, 600.0, before)
    with pytest.raises(InputError, match="period_s"):
        pulse_train(PROPULSION, np.zeros(4), 0.001, 600.0, before)
