"""Burns that bring a satellite down: lowering the perigee, and what the entry then looks like."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from core.frames.geodetic import WGS84_RADIUS_M

__all__ = ["ENTRY_ALTITUDE_M", "DeorbitBurn", "deorbit_burn"]

ENTRY_ALTITUDE_M: Final = 120e3  # the usual entry interface


@dataclass(frozen=True)
class DeorbitBurn:
    """A burn against the velocity, and the passage of the entry interface that follows.

    Speed and flight path angle (negative: downward) at the interface are inertial; they are None where the perigee
    stays above it and the air must do the rest.
    """

    delta_v_m_s: float
    perigee_altitude_m: float
    coast_s: float
    entry_speed_m_s: float | None
    entry_flight_path_angle_rad: float | None


def deorbit_burn(
    perigee_altitude_m: float,
    apogee_altitude_m: float,
    target_perigee_altitude_m: float,
    entry_altitude_m: float = ENTRY_ALTITUDE_M,
    mu_m3_s2: float = EARTH_MU_M3_S2,
) -> DeorbitBurn:
    """The burn at apogee that lowers the perigee; altitudes are above the equatorial radius.

    The coast runs to the entry interface, or to the new perigee where that is higher.

    Raises:
        InputError: The target is not below the present perigee, or altitudes are out of order.
    Source: vis viva and Kepler's equation; Vallado, Fundamentals of Astrodynamics and Applications, 4th edition,
        sections 1.3 and 6.3.
    """
    if not -WGS84_RADIUS_M < target_perigee_altitude_m < perigee_altitude_m <= apogee_altitude_m:
        raise InputError(
            "target_perigee_altitude_m",
            f"{target_perigee_altitude_m:.0f} m is not below the perigee, {perigee_altitude_m:.0f} m, "
            f"or that is above the apogee, {apogee_altitude_m:.0f} m",
        )
    if not entry_altitude_m < apogee_altitude_m:
        raise InputError("entry_altitude_m", f"{entry_altitude_m:.0f} m is not below the apogee")
    apogee_m = WGS84_RADIUS_M + apogee_altitude_m
    old_axis_m = WGS84_RADIUS_M + 0.5 * (perigee_altitude_m + apogee_altitude_m)
    axis_m = WGS84_RADIUS_M + 0.5 * (target_perigee_altitude_m + apogee_altitude_m)

    def speed(radius_m: float, a_m: float) -> float:
        return math.sqrt(mu_m3_s2 * (2.0 / radius_m - 1.0 / a_m))

    delta_v = speed(apogee_m, old_axis_m) - speed(apogee_m, axis_m)
    half_s = math.pi * math.sqrt(axis_m**3 / mu_m3_s2)
    if target_perigee_altitude_m >= entry_altitude_m:
        return DeorbitBurn(delta_v, target_perigee_altitude_m, half_s, None, None)
    entry_m = WGS84_RADIUS_M + entry_altitude_m
    eccentricity = apogee_m / axis_m - 1.0
    anomaly = math.acos((1.0 - entry_m / axis_m) / eccentricity)  # eccentric, and falling: measured back from perigee
    from_perigee_s = (anomaly - eccentricity * math.sin(anomaly)) * math.sqrt(axis_m**3 / mu_m3_s2)
    entry_speed = speed(entry_m, axis_m)
    level = apogee_m * speed(apogee_m, axis_m) / (entry_m * entry_speed)
    return DeorbitBurn(
        delta_v, target_perigee_altitude_m, half_s - from_perigee_s, entry_speed, -math.acos(min(level, 1.0))
    )
