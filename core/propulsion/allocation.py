"""Shares a wanted force and torque out to thrusters, which can only push."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mission.design.propulsion import Propulsion
from native import _core

__all__ = ["Allocation", "allocate"]

FloatArray = NDArray[np.float64]

_SAVING: Final = 1e-4  # weight of the propellant against the residual: picks the least of many exact answers


@dataclass(frozen=True)
class Allocation:
    """Duties of the thrusters, and what they make.

    Attributes:
        duty: Share of the time that each valve is open, shape (thrusters,).
        force_n: Mean force in body axes, shape (3,).
        torque_n_m: Mean torque about the centre of mass, shape (3,).
        scale: Share of what was wanted that the duties were scaled to, so that none exceeds the allowed; 1 if all fits.
        force_error_n: Norm of the force's difference from the wanted one, scaled.
        torque_error_n_m: The same for the torque.
    """

    duty: FloatArray
    force_n: FloatArray
    torque_n_m: FloatArray
    scale: float
    force_error_n: float
    torque_error_n_m: float


def allocate(propulsion: Propulsion, force_n: FloatArray, torque_n_m: FloatArray, thrust_n: float) -> Allocation:
    """Duties with the least error in force and torque, and among those about the least propellant.

    Non-negative least squares (Lawson and Hanson 1974, chapter 23) over force, torque (in units of the mean lever arm) and
    a light weight on the sum of duties. Too large a wish is scaled down whole, which keeps its direction. Pulses shorter
    than the valve's minimum come out as zero.

    Args:
        propulsion: Thrusters and their limits.
        force_n: Wanted force, body axes.
        torque_n_m: Wanted torque about the centre of mass, body axes.
        thrust_n: What one open thruster gives at the present pressure.
    Raises:
        InputError: A number is not finite, or the thrust is not above zero.
    """
    wanted = np.concatenate([force_n, torque_n_m])
    if wanted.shape != (6,) or not np.isfinite(wanted).all():
        raise InputError("force_n, torque_n_m", f"{wanted.tolist()} must be three finite numbers each")
    if not (np.isfinite(thrust_n) and thrust_n > 0.0):
        raise InputError("thrust_n", f"{thrust_n} N must be above 0 N")
    directions = np.array([one.direction for one in propulsion.thrusters]) * thrust_n
    arms_m = np.array([one.position_m for one in propulsion.thrusters])
    effect = np.vstack([directions.T, np.cross(arms_m, directions).T])
    arm_m = max(float(np.linalg.norm(arms_m, axis=1).mean()), 1e-3)
    weights = np.array([1.0, 1.0, 1.0, 1.0 / arm_m, 1.0 / arm_m, 1.0 / arm_m])
    matrix = np.vstack([effect * weights[:, None], np.full(len(directions), _SAVING * thrust_n)])
    duty, _ = _core.nonnegative_least_squares(matrix, np.append(wanted * weights, 0.0))
    scale = min(1.0, propulsion.curve.maximum_duty / max(float(duty.max()), 1e-300))
    duty = duty * scale
    made = effect @ duty
    error = made - scale * wanted
    return Allocation(
        duty, made[:3], made[3:], scale, float(np.linalg.norm(error[:3])), float(np.linalg.norm(error[3:]))
    )
