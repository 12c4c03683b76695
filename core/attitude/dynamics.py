"""Rotation of a rigid body with reaction wheels and bending modes under torques that the caller gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.attitude.craft import attitude_craft
from core.errors import InputError
from core.mission.model import Bus
from native import _core

__all__ = ["AttitudeState", "Rotation", "rotate_body"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class AttitudeState:
    """Attitude (4,), body rate (3,) and the wheels' momenta about their axes relative to GCRF (w,)."""

    q_body_gcrf: FloatArray
    omega_body_gcrf_rad_s: FloatArray
    wheel_n_m_s: FloatArray


@dataclass(frozen=True)
class Rotation:
    """States at n times, the total momentum in GCRF, and the kinetic energy of body and rotors.

    ``bending`` holds the modal coordinates of the three modes and their rates, shape (n, 6).
    """

    t_s: FloatArray
    q_body_gcrf: FloatArray
    omega_body_gcrf_rad_s: FloatArray
    wheel_n_m_s: FloatArray
    bending: FloatArray
    momentum_gcrf_n_m_s: FloatArray
    kinetic_energy_j: FloatArray


def rotate_body(
    bus: Bus,
    start: AttitudeState,
    t_s: FloatArray,
    torque_n_m: FloatArray | None = None,
    motor_n_m: FloatArray | None = None,
    *,
    bending: FloatArray | None = None,
    step_s: float = 0.1,
) -> Rotation:
    """How a spacecraft turns, by Runge-Kutta steps of order four.

    Args:
        bus: Inertia, wheels, bending modes.
        start: State at the first time.
        t_s: Times (n,), increasing.
        torque_n_m: On the body from outside, body axes, held from each time to the next, (n, 3); none unless given.
        motor_n_m: Of each wheel, (n, w); friction is subtracted; none unless given.
        bending: Modal coordinates and rates at the start (6,); at rest unless given.
        step_s: Longest step.
    Raises:
        InputError: Shapes differ, or the step is not positive.
    Source: Schaub and Junkins, Analytical Mechanics of Space Systems, 4th edition (2018), section 4.5.
    """
    craft = attitude_craft(bus)
    count, wheels = len(t_s), craft.wheel_count
    try:
        rows = _core.rigid_body_rotation(
            craft,
            start.q_body_gcrf,
            start.omega_body_gcrf_rad_s,
            start.wheel_n_m_s,
            np.zeros(6) if bending is None else bending,
            t_s,
            np.zeros((count, 3)) if torque_n_m is None else torque_n_m,
            np.zeros((count, wheels)) if motor_n_m is None else motor_n_m,
            step_s,
        )
    except _core.NativeError as error:
        raise InputError("rotation", str(error)) from error
    edges = np.cumsum([4, 3, wheels, 6, 3])
    q, omega, wheel, bent, momentum, energy = np.split(rows, edges, axis=1)
    return Rotation(t_s, q, omega, wheel, bent, momentum, energy[:, 0])
