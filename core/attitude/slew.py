"""How long it takes to turn from one pointing to another."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.mission.model import Bus

__all__ = ["boresight_gcrf", "half_turn_s", "slew_angle_rad", "slew_duration_s"]

FloatArray = NDArray[np.float64]


def boresight_gcrf(direction: str, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray, sun_gcrf_m: FloatArray) -> FloatArray:
    """Unit vector that the spacecraft's payload axis points along, GCRF, shape (3,).

    Args:
        direction: ``sun``, ``velocity``, or anything Earth-facing (``nadir``, ``target``), or ``inertial``, which holds
            whatever attitude came before and so has the nadir direction of its first instant.
        r_gcrf_m: Position, shape (3,).
        v_gcrf_m_s: Velocity, shape (3,).
        sun_gcrf_m: Sun position, shape (3,).
    """
    vectors = {"sun": sun_gcrf_m - r_gcrf_m, "velocity": v_gcrf_m_s}
    vector = vectors.get(direction, -r_gcrf_m)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)


def slew_angle_rad(from_gcrf: FloatArray, to_gcrf: FloatArray) -> float:
    """Angle between two unit vectors, stable for small and large angles (Kahan)."""
    return 2.0 * math.atan2(float(np.linalg.norm(from_gcrf - to_gcrf)), float(np.linalg.norm(from_gcrf + to_gcrf)))


def slew_duration_s(bus: Bus, angle_rad: float) -> float:
    """Time of a rest-to-rest slew about the slowest axis, settling included.

    Bang-coast-bang: the wheels' torque limits the acceleration, the attitude control limits the rate.
    Source: Sidi, Spacecraft Dynamics and Control (1997), section 7.2.
    """
    if angle_rad <= 0.0:
        return 0.0
    acceleration_rad_s2 = bus.wheels.maximum_torque_n_m / max(bus.inertia_kg_m2)
    rate_rad_s = bus.slew_rate_rad_s
    ramp_rad = rate_rad_s**2 / acceleration_rad_s2
    if angle_rad < ramp_rad:
        return 2.0 * math.sqrt(angle_rad / acceleration_rad_s2) + bus.settle_s
    return angle_rad / rate_rad_s + rate_rad_s / acceleration_rad_s2 + bus.settle_s


def half_turn_s(bus: Bus) -> float:
    """Whole seconds that any turn takes, settling included: half a circle."""
    return math.ceil(slew_duration_s(bus, math.pi))
