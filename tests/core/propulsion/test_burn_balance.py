"""The torque of a burn against sums written out here, and off-pulsing against scipy's linear program."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.optimize import linprog

from core.mission import reference_mission
from core.mission.design.fit import require_thrust
from core.mission.design.propulsion import BurnControl, Propulsion, Thruster
from core.propulsion import burn_balance, burn_torque_n_m, plan_burn

BUS = reference_mission().bus_of("LSAT-1")
PROPULSION = BUS.propulsion


def as_measured(
    propulsion: Propulsion, factors: list[float], tilts_deg: list[tuple[float, float]], control: BurnControl
) -> Propulsion:
    """Thrusters turned by two small angles each, and weaker or stronger than the curve."""
    made = []
    for one, factor, (up_deg, aside_deg) in zip(propulsion.thrusters, factors, tilts_deg, strict=True):
        x, y, z = one.direction
        turned = (x, y + np.tan(np.radians(aside_deg)), z + np.tan(np.radians(up_deg)))
        made.append(
            Thruster(
                id=one.id,
                position_m=one.position_m,
                direction=one.direction,
                measured_direction=turned,
                thrust_factor=factor,
            )
        )
    return propulsion.model_copy(update={"thrusters": tuple(made), "burn_control": control})


def levers_m(propulsion: Propulsion) -> NDArray[np.float64]:
    """Torque of each thruster over the thrust of the curve, a column each, by components."""
    columns = []
    for one in propulsion.thrusters:
        (x, y, z), direction = one.position_m, one.measured_direction or one.direction
        fx, fy, fz = (one.thrust_factor * part for part in direction)
        columns.append([y * fz - z * fy, z * fx - x * fz, x * fy - y * fx])
    return np.array(columns).T


def test_thrusters_as_drawn_leave_no_torque_and_lose_no_thrust() -> None:
    for control in BurnControl:
        balance = burn_balance(PROPULSION.model_copy(update={"burn_control": control}))
        assert balance.open == 4.0 and not balance.turns


def test_wheels_are_left_the_whole_torque() -> None:
    crooked = as_measured(
        PROPULSION, [1.03, 0.98, 1.0, 1.01], [(0.2, 0.0), (0.0, -0.3), (0.1, 0.1), (0.0, 0.0)], BurnControl.WHEELS
    )
    torque_n_m = burn_torque_n_m(crooked, PROPULSION.propellant_mass_kg)
    # A full tank gives the 1 N that the curve has at begin of life.
    assert torque_n_m == pytest.approx(levers_m(crooked).sum(axis=1), rel=0.02)
    assert np.linalg.norm(torque_n_m) > 1e-3


small = st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))


@settings(max_examples=40, deadline=None)
@given(factors=st.lists(st.floats(0.97, 1.03), min_size=4, max_size=4), tilts=st.lists(small, min_size=4, max_size=4))
def test_off_pulsing_loses_as_little_as_the_linear_program(
    factors: list[float], tilts: list[tuple[float, float]]
) -> None:
    crooked = as_measured(PROPULSION, factors, tilts, BurnControl.OFF_PULSING)
    balance, levers = burn_balance(crooked), levers_m(crooked)
    best = linprog(np.ones(4), A_eq=levers, b_eq=levers.sum(axis=1), bounds=[(0.0, 0.5)] * 4)
    if not best.success:
        assert balance.turns
        return
    duty = np.array(balance.duty)
    assert not balance.turns and np.abs(levers @ duty).max() < 2e-3 * np.abs(levers).max()
    assert ((duty >= 0.5) & (duty <= 1.0)).all()
    assert 4.0 - duty.sum() == pytest.approx(best.fun, abs=5e-3)
    assert balance.open == pytest.approx(float(np.array(factors) @ duty))


def test_what_off_pulsing_takes_makes_a_burn_longer_but_not_dearer() -> None:
    crooked = as_measured(PROPULSION, [1.0, 0.9, 0.9, 1.0], [(0.0, 0.0)] * 4, BurnControl.OFF_PULSING)
    straight, longer = plan_burn(BUS, 15.0, 1.0), plan_burn(BUS.model_copy(update={"propulsion": crooked}), 15.0, 1.0)
    assert burn_balance(crooked).open == pytest.approx(3.6, abs=1e-3)  # all are as weak as the weakest
    assert longer.duration_s == pytest.approx(straight.duration_s / 0.9, rel=1e-3)
    assert longer.propellant_kg == pytest.approx(straight.propellant_kg, rel=1e-9)


def test_a_thruster_that_nothing_balances_leaves_its_torque() -> None:
    alone = PROPULSION.model_copy(update={"thrusters": PROPULSION.thrusters[:1], "thruster_count": 1})
    balance = burn_balance(alone)
    assert balance.turns and min(balance.duty) >= 0.5


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("measured_direction", (1.0, 0.2, 0.0), "measured_direction is .* deg from direction; at most 5 deg"),
        ("thrust_factor", 1.5, "less than or equal to 1.2"),
        ("thrust_factor", float("nan"), "thrust_factor"),
        ("position_m", (0.0, 25.0, 0.0), "less than or equal to 20"),
        ("direction", (0.0, 0.0, 0.0), "a direction needs a length above 0"),
    ],
)
def test_a_thruster_that_cannot_be_is_refused(field: str, value: object, words: str) -> None:
    content = {"id": "t1", "position_m": (0.0, 0.3, 0.0), "direction": (1.0, 0.0, 0.0)}
    with pytest.raises(ValidationError, match=words):
        Thruster.model_validate({**content, field: value})


def test_thrusters_that_push_elsewhere_than_burns_are_pointed_are_refused() -> None:
    assert BUS.attitude is not None
    axes = BUS.attitude.axes.model_copy(update={"thrust_axis": (0.0, 0.0, 1.0)})
    with pytest.raises(ValueError, match=r"90\.0 deg away from attitude.axes.thrust_axis"):
        require_thrust(PROPULSION, BUS.attitude.model_copy(update={"axes": axes}))
