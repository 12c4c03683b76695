"""Low-thrust spirals between circular inclined orbits: Edelbaum's solution in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2, STANDARD_GRAVITY_M_S2
from core.errors import InputError

__all__ = ["Spiral", "SpiralHistory", "edelbaum_spiral"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SpiralHistory:
    """Along the spiral, each (n,): time, radius, inclination from the start's, and the yaw of the thrust at the nodes.

    The yaw is the angle between the thrust and the orbit's plane; it changes sign at the antinodes.
    """

    t_s: FloatArray
    radius_m: FloatArray
    inclination_change_rad: FloatArray
    yaw_rad: FloatArray


@dataclass(frozen=True)
class Spiral:
    """What a spiral under constant acceleration takes."""

    from_radius_m: float
    turn_rad: float
    acceleration_m_s2: float
    delta_v_m_s: float
    initial_yaw_rad: float
    mu_m3_s2: float

    @property
    def duration_s(self) -> float:
        """Thrusting all the time."""
        return self.delta_v_m_s / self.acceleration_m_s2

    def propellant_kg(self, initial_mass_kg: float, specific_impulse_s: float) -> float:
        """Propellant for the delta-v, by the rocket equation."""
        return initial_mass_kg * -math.expm1(-self.delta_v_m_s / (specific_impulse_s * STANDARD_GRAVITY_M_S2))

    def history(self, t_s: FloatArray) -> SpiralHistory:
        """The spiral at times (n,) after its start, s."""
        v0 = math.sqrt(self.mu_m3_s2 / self.from_radius_m)
        along, across = v0 * math.cos(self.initial_yaw_rad), v0 * math.sin(self.initial_yaw_rad)
        spent = self.acceleration_m_s2 * t_s
        speed = np.hypot(along - spent, across)
        yaw = np.arctan2(across, along - spent)
        turned = 2.0 / math.pi * (yaw - self.initial_yaw_rad)
        return SpiralHistory(t_s, self.mu_m3_s2 / speed**2, turned, yaw)


def edelbaum_spiral(
    from_radius_m: float,
    to_radius_m: float,
    turn_rad: float,
    acceleration_m_s2: float,
    mu_m3_s2: float = EARTH_MU_M3_S2,
) -> Spiral:
    """The fastest spiral between circular orbits, at constant acceleration, that also turns the plane.

    Args:
        turn_rad: Angle between the planes, 0 to below 2 rad.
        acceleration_m_s2: Thrust over mass, taken as constant.
    Source: Edelbaum, ARS Journal 31 (1961) 1079, as reformulated by Kechichian, J. Guidance Control Dynamics 20 (1997)
        988; agrees with the latter's example (test_kechichian_spiral_to_geostationary_orbit).
    Raises:
        InputError: A radius or the acceleration is not above 0, or the turn is out of range.
    """
    for field, value in (("from_radius_m", from_radius_m), ("to_radius_m", to_radius_m)):
        if not (math.isfinite(value) and value > 0.0):
            raise InputError(field, f"{value} m is not a radius above 0 m")
    if not (math.isfinite(acceleration_m_s2) and acceleration_m_s2 > 0.0):
        raise InputError("acceleration_m_s2", f"{acceleration_m_s2} m/s2 is not above 0")
    if not 0.0 <= turn_rad < 2.0:
        raise InputError(
            "turn_rad", f"{turn_rad} rad is not within 0 to 2; a larger turn is cheaper by way of infinity"
        )
    v0, v1 = math.sqrt(mu_m3_s2 / from_radius_m), math.sqrt(mu_m3_s2 / to_radius_m)
    swing = 0.5 * math.pi * turn_rad
    delta_v = math.sqrt(max((v0 - v1 * math.cos(swing)) ** 2 + (v1 * math.sin(swing)) ** 2, 0.0))
    yaw = math.atan2(v1 * math.sin(swing), v0 - v1 * math.cos(swing))
    return Spiral(from_radius_m, turn_rad, acceleration_m_s2, delta_v, yaw, mu_m3_s2)
