"""What all thrusters together give in a burn, and what torque they leave: off-pulsing, or wheels that absorb it.

Thrusters are as measured after assembly: a little off their direction, a little weaker or stronger than the curve. Their
torque about the centre of mass would turn the spacecraft; pulsing some of them off takes it away and costs thrust.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mission.design.propulsion import BurnControl, Propulsion
from native import _core

__all__ = ["BurnBalance", "burn_balance"]

FloatArray = NDArray[np.float64]

_SAVING: Final = 1e-4  # weight of the thrust that is lost against the torque that is left
_MOST_OFF: Final = 0.5  # of a valve's open time that control may take
_NOTHING_M: Final = 1e-9  # lever arms below that are rounding


@dataclass(frozen=True)
class BurnBalance:
    """A burn in units of what the curve gives for one open thruster.

    Attributes:
        duty: Share of the burn that each valve is open (thrusters,).
        open: What they give together; the number of thrusters where nothing is off.
        lever_m: Torque that is left about the centre of mass, body axes (3,): times the thrust of one, N m.
    """

    duty: tuple[float, ...]
    open: float
    lever_m: tuple[float, float, float]

    @property
    def turns(self) -> bool:
        """Whether a torque is left."""
        return any(self.lever_m)

    def torque_n_m(self, one_thrust_n: float) -> FloatArray:
        """The torque that is left, body axes (3,), with what one open thruster gives at the present pressure."""
        return np.array(self.lever_m) * one_thrust_n


@lru_cache(maxsize=64)
def burn_balance(propulsion: Propulsion) -> BurnBalance:
    """How a burn of all thrusters is balanced.

    With off-pulsing, the least total off-time that leaves the least torque: non-negative least squares (Lawson and Hanson
    1974, chapter 23) over the off-times with a light weight on their sum. Where a valve would be off for more than half of
    the burn, all off-times are scaled down and a torque is left, as it is where the thrusters cannot make the axis.

    Args:
        propulsion: Thrusters as measured, and how the torque of a burn is held.
    """
    factors = np.array([one.thrust_factor for one in propulsion.thrusters])
    directions = np.array([one.measured_direction or one.direction for one in propulsion.thrusters])
    arms_m = np.array([one.position_m for one in propulsion.thrusters])
    levers_m = np.cross(arms_m, directions * factors[:, None]).T  # of each thruster, (3, thrusters)
    most = propulsion.curve.maximum_duty
    duty = np.full(len(factors), most)
    left_m = levers_m @ duty
    if propulsion.burn_control is BurnControl.OFF_PULSING and np.abs(left_m).max() > _NOTHING_M:
        matrix = np.vstack([levers_m, np.full(len(factors), _SAVING * np.abs(levers_m).max())])
        off, _ = _core.nonnegative_least_squares(matrix, np.append(left_m, 0.0))
        off = off * min(1.0, _MOST_OFF * most / max(float(off.max()), 1e-300))
        duty = duty - off
        left_m = levers_m @ duty
    # What the weight on the off-times leaves is no torque that a real control would leave.
    small_m = max(_NOTHING_M, 10.0 * _SAVING * float(np.abs(levers_m).max()))
    x, y, z = (0.0 if abs(one) < small_m else float(one) for one in left_m)
    return BurnBalance(tuple(duty.tolist()), float(factors @ duty), (x, y, z))
