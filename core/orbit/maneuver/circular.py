"""Impulsive transfers between circular orbits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from core.frames.geodetic import WGS84_RADIUS_M

__all__ = ["Transfer", "altitude_change_delta_v_m_s", "circular_transfer"]


@dataclass(frozen=True)
class Transfer:
    """Two burns along the velocity (negative: against it), half a transfer ellipse apart."""

    first_delta_v_m_s: float
    second_delta_v_m_s: float
    transfer_time_s: float

    @property
    def total_delta_v_m_s(self) -> float:
        """Sum of both magnitudes."""
        return abs(self.first_delta_v_m_s) + abs(self.second_delta_v_m_s)


def circular_transfer(from_altitude_m: float, to_altitude_m: float) -> Transfer:
    """Hohmann transfer between circular orbits of given altitude above the equatorial radius.

    Source: Vallado, Fundamentals of Astrodynamics and Applications, algorithm 36.
    Raises:
        InputError: An altitude is not above the surface.
    """
    for field, altitude_m in (("from_altitude_m", from_altitude_m), ("to_altitude_m", to_altitude_m)):
        if not (math.isfinite(altitude_m) and altitude_m > 0.0):
            raise InputError(field, f"{altitude_m} m is not an altitude above 0 m")
    r1_m, r2_m = WGS84_RADIUS_M + from_altitude_m, WGS84_RADIUS_M + to_altitude_m
    semi_major_axis_m = 0.5 * (r1_m + r2_m)

    def speed_m_s(r_m: float, a_m: float) -> float:
        return math.sqrt(EARTH_MU_M3_S2 * (2.0 / r_m - 1.0 / a_m))

    return Transfer(
        first_delta_v_m_s=speed_m_s(r1_m, semi_major_axis_m) - speed_m_s(r1_m, r1_m),
        second_delta_v_m_s=speed_m_s(r2_m, r2_m) - speed_m_s(r2_m, semi_major_axis_m),
        transfer_time_s=math.pi * math.sqrt(semi_major_axis_m**3 / EARTH_MU_M3_S2),
    )


def altitude_change_delta_v_m_s(from_altitude_m: float, to_altitude_m: float) -> float:
    """Total delta-v of the two burns, m/s, never negative."""
    return circular_transfer(from_altitude_m, to_altitude_m).total_delta_v_m_s
