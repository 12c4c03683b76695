"""How often and how much to burn to stay: against drag, over a ground track, and in a geostationary box."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from core.frames.geodetic import WGS84_RADIUS_M

__all__ = [
    "KeepingCycle",
    "decay_rate_m_s",
    "drag_make_up",
    "geostationary_east_west",
    "geostationary_north_south",
    "ground_track_keeping",
]

_YEAR_S: Final = 365.25 * 86_400.0
_EARTH_RATE_RAD_S: Final = 7.292_115e-5  # IERS Conventions 2010, table 1.1
_C22: Final = 1.574_615e-6  # EGM2008, unnormalised
_S22: Final = -0.903_873e-6  # EGM2008, unnormalised


@dataclass(frozen=True)
class KeepingCycle:
    """One cycle of station keeping: the burn that begins it and how long it lasts.

    ``delta_v_m_s`` is what one cycle takes, in all its burns.
    """

    delta_v_m_s: float
    interval_s: float
    burns: int

    @property
    def delta_v_m_s_year(self) -> float:
        """What a Julian year takes."""
        return self.delta_v_m_s * _YEAR_S / self.interval_s


def decay_rate_m_s(
    radius_m: float, density_kg_m3: float, ballistic_m2_kg: float, mu_m3_s2: float = EARTH_MU_M3_S2
) -> float:
    """Rate of the semi-major axis of a circular orbit under drag, m/s, negative.

    Args:
        ballistic_m2_kg: Drag coefficient times area over mass.
    Source: King-Hele, Satellite Orbits in an Atmosphere, equation 3.40, for a circular orbit and air at rest.
    """
    return -density_kg_m3 * ballistic_m2_kg * math.sqrt(mu_m3_s2 * radius_m)


def drag_make_up(radius_m: float, band_m: float, decay_m_s: float, mu_m3_s2: float = EARTH_MU_M3_S2) -> KeepingCycle:
    """Raising a circular orbit from the lower to the upper edge of a band each time it has sunk through it.

    Args:
        radius_m: Middle of the band.
        band_m: From its lower to its upper edge.
        decay_m_s: Rate of the semi-major axis, negative, as :func:`decay_rate_m_s` gives.
    Raises:
        InputError: The orbit does not sink, or the band is not above 0.
    """
    _require_sinking(decay_m_s)
    _require_positive("band_m", band_m)
    # Hohmann's transfer to first order in the band over the radius; the error is below a part in a million.
    delta_v = 0.5 * math.sqrt(mu_m3_s2 / radius_m) * band_m / radius_m
    return KeepingCycle(delta_v, band_m / -decay_m_s, 2)


def ground_track_keeping(
    radius_m: float,
    half_width_m: float,
    decay_m_s: float,
    node_rate_rad_s: float = 0.0,
    mu_m3_s2: float = EARTH_MU_M3_S2,
) -> KeepingCycle:
    """Keeping the ground track within a corridor at the equator against drag.

    The burn lifts the orbit so that the track drifts west to the far edge while drag lowers it, turns, and comes back.

    Args:
        half_width_m: Half of the corridor, along the equator.
        decay_m_s: Rate of the semi-major axis, negative.
        node_rate_rad_s: Of the ascending node: 1.991e-7 for a sun-synchronous orbit.
    Source: Vallado, Fundamentals of Astrodynamics and Applications, 4th edition, section 11.4 (ground track parabola).
    """
    _require_sinking(decay_m_s)
    _require_positive("half_width_m", half_width_m)
    # The track drifts by this many m/s at the equator for each m of semi-major axis.
    drift_per_m = 1.5 * (_EARTH_RATE_RAD_S - node_rate_rad_s) * WGS84_RADIUS_M / radius_m
    above_m = math.sqrt(4.0 * half_width_m * -decay_m_s / drift_per_m)
    delta_v = 0.5 * math.sqrt(mu_m3_s2 / radius_m) * 2.0 * above_m / radius_m
    return KeepingCycle(delta_v, 2.0 * above_m / -decay_m_s, 1)


def geostationary_east_west(
    longitude_rad: float, half_width_rad: float, mu_m3_s2: float = EARTH_MU_M3_S2
) -> KeepingCycle:
    """Staying within a box in longitude against the ellipticity of the Earth's equator.

    Source: Vallado, 4th edition, section 11.5; Soop, Handbook of Geostationary Orbits, section 4.4, with the
        second-degree tesseral terms of EGM2008 alone, which leaves out about a tenth of the acceleration.
    Raises:
        InputError: The width is not above 0, or the longitude is one of the four equilibria, where nothing drifts.
    """
    _require_positive("half_width_rad", half_width_rad)
    radius_m = (mu_m3_s2 / _EARTH_RATE_RAD_S**2) ** (1.0 / 3.0)
    j22, axis_rad = math.hypot(_C22, _S22), 0.5 * math.atan2(_S22, _C22)
    pull = 18.0 * (_EARTH_RATE_RAD_S * WGS84_RADIUS_M / radius_m) ** 2 * j22
    acceleration = abs(pull * math.sin(2.0 * (longitude_rad - axis_rad)))
    if acceleration < 1e-6 * pull:
        raise InputError("longitude_rad", f"{longitude_rad:.6f} rad is an equilibrium: no burn is ever due")
    drift = 2.0 * math.sqrt(acceleration * half_width_rad)  # at the edge, as it enters
    interval_s = 2.0 * drift / acceleration
    # A drift rate of d(lambda)/dt needs a/3 of it as tangential speed (Gauss's equations, mean motion only).
    return KeepingCycle(2.0 * drift * radius_m / 3.0, interval_s, 1)


def geostationary_north_south(
    half_width_rad: float,
    inclination_rate_rad_s: float = math.radians(0.85) / _YEAR_S,
    mu_m3_s2: float = EARTH_MU_M3_S2,
) -> KeepingCycle:
    """Staying within a box in latitude against the pull of the Sun and the Moon.

    Args:
        inclination_rate_rad_s: 0.75 to 0.95 degrees a year over the Moon's 18.6-year cycle; the mean unless given.
    Source: Soop, Handbook of Geostationary Orbits, section 4.3 and chapter 7.
    """
    _require_positive("half_width_rad", half_width_rad)
    _require_positive("inclination_rate_rad_s", inclination_rate_rad_s)
    speed = (mu_m3_s2 * _EARTH_RATE_RAD_S) ** (1.0 / 3.0)
    return KeepingCycle(2.0 * speed * math.sin(half_width_rad), 2.0 * half_width_rad / inclination_rate_rad_s, 1)


def _require_sinking(decay_m_s: float) -> None:
    if not decay_m_s < 0.0:
        raise InputError("decay_m_s", f"{decay_m_s} m/s is not below 0: the orbit does not sink")


def _require_positive(field: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0.0):
        raise InputError(field, f"{value} is not above 0")
