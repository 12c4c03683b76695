"""Impulsive transfers in closed form: Hohmann, bi-elliptic, plane changes, both together, and phasing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError

__all__ = [
    "PlaneTransfer",
    "Sequence",
    "bi_elliptic_transfer",
    "hohmann_transfer",
    "phasing",
    "plane_and_altitude_transfer",
    "plane_change_delta_v_m_s",
    "turn_angle_rad",
]


@dataclass(frozen=True)
class Sequence:
    """Burns along the velocity (negative: against it) and the coasts between them, one fewer."""

    delta_v_m_s: tuple[float, ...]
    coast_s: tuple[float, ...]

    @property
    def total_delta_v_m_s(self) -> float:
        """Sum of the magnitudes."""
        return sum(abs(one) for one in self.delta_v_m_s)

    @property
    def duration_s(self) -> float:
        """From the first burn to the last."""
        return sum(self.coast_s)


@dataclass(frozen=True)
class PlaneTransfer:
    """Hohmann's transfer with the plane turned at both ends: magnitudes, the turn that each burn makes, and the coast."""

    delta_v_m_s: tuple[float, float]
    turn_rad: tuple[float, float]
    coast_s: float

    @property
    def total_delta_v_m_s(self) -> float:
        """Sum of both magnitudes."""
        return sum(self.delta_v_m_s)


def hohmann_transfer(from_radius_m: float, to_radius_m: float, mu_m3_s2: float = EARTH_MU_M3_S2) -> Sequence:
    """Two burns between circular orbits of given radius.

    Source: Vallado, Fundamentals of Astrodynamics and Applications, 4th edition, algorithm 36; agrees with example 6-1
        (test_vallado_example_6_1).
    """
    return _apsides(mu_m3_s2, from_radius_m, to_radius_m)


def bi_elliptic_transfer(
    from_radius_m: float, apogee_radius_m: float, to_radius_m: float, mu_m3_s2: float = EARTH_MU_M3_S2
) -> Sequence:
    """Three burns between circular orbits by way of a far apogee.

    It needs less than Hohmann's where the outer radius is more than 15.6 times the inner one, and for a range of
    apogees from 11.9 times.

    Source: Vallado, 4th edition, algorithm 37; agrees with example 6-2 (test_vallado_example_6_2).
    Raises:
        InputError: A radius is not above 0, or the apogee is below one of the orbits.
    """
    if apogee_radius_m < max(from_radius_m, to_radius_m):
        limit_m = max(from_radius_m, to_radius_m)
        raise InputError("apogee_radius_m", f"{apogee_radius_m:.0f} m is below the outer orbit, {limit_m:.0f} m")
    return _apsides(mu_m3_s2, from_radius_m, apogee_radius_m, to_radius_m)


def plane_change_delta_v_m_s(speed_m_s: float, turn_rad: float, flight_path_angle_rad: float = 0.0) -> float:
    """Delta-v that turns the plane about the radius and changes neither speed nor flight path angle.

    Source: Vallado, 4th edition, equation 6-19; agrees with example 6-4 (test_vallado_examples_6_4_to_6_6).
    """
    return abs(2.0 * speed_m_s * math.cos(flight_path_angle_rad) * math.sin(0.5 * turn_rad))


def turn_angle_rad(from_inclination_rad: float, to_inclination_rad: float, node_change_rad: float) -> float:
    """Angle between two orbit planes, by inclinations and the difference of their nodes.

    Source: spherical cosine rule, Vallado, 4th edition, section 6.4.3, written with half angles so that small turns
        keep their digits.
    """
    tilt = math.sin(0.5 * (to_inclination_rad - from_inclination_rad)) ** 2
    swing = math.sin(from_inclination_rad) * math.sin(to_inclination_rad) * math.sin(0.5 * node_change_rad) ** 2
    return 2.0 * math.asin(math.sqrt(min(max(tilt + swing, 0.0), 1.0)))


def plane_and_altitude_transfer(
    from_radius_m: float, to_radius_m: float, turn_rad: float, mu_m3_s2: float = EARTH_MU_M3_S2
) -> PlaneTransfer:
    """Hohmann's transfer that also turns the plane, with the turn shared so that the total delta-v is least.

    Both burns are on the line of nodes. Going outward most of the turn belongs to the second.

    Source: Vallado, 4th edition, section 6.5.1 (minimum combined plane change), solved exactly rather than by its
        estimate.
    Raises:
        InputError: A radius is not above 0, or the turn is outside 0 to pi.
    """
    if not 0.0 <= turn_rad <= math.pi:
        raise InputError("turn_rad", f"{turn_rad} rad is not within 0 to pi")
    first, second = _apsides(mu_m3_s2, from_radius_m, to_radius_m).delta_v_m_s
    v1, v2 = math.sqrt(mu_m3_s2 / from_radius_m), math.sqrt(mu_m3_s2 / to_radius_m)

    def burns(first_turn: float) -> tuple[float, float]:
        return _turned(v1, v1 + first, first_turn), _turned(v2 - second, v2, turn_rad - first_turn)

    # The total is convex between no turn and the whole turn at the first burn.
    low, high = 0.0, turn_rad
    for _ in range(200):
        a, b = low + (high - low) / 3.0, high - (high - low) / 3.0
        low, high = (low, b) if sum(burns(a)) < sum(burns(b)) else (a, high)
    share = 0.5 * (low + high)
    return PlaneTransfer(burns(share), (share, turn_rad - share), _half_period_s(from_radius_m, to_radius_m, mu_m3_s2))


def phasing(
    radius_m: float,
    gain_rad: float,
    revolutions: int,
    mu_m3_s2: float = EARTH_MU_M3_S2,
    least_perigee_radius_m: float = 0.0,
) -> Sequence:
    """Two burns that move a satellite along its circular orbit, by so many revolutions on another ellipse.

    Args:
        gain_rad: How far ahead it shall be of where it would have been; negative: behind.
        revolutions: On the phasing ellipse; more cost less.
        least_perigee_radius_m: The ellipse must not come lower.
    Source: Vallado, 4th edition, section 6.6.1 (circular coplanar phasing).
    Raises:
        InputError: The gain asks for more than the revolutions allow, or the ellipse comes too low.
    """
    if revolutions < 1:
        raise InputError("revolutions", f"{revolutions} is not above 0")
    turn_rad = 2.0 * math.pi * revolutions - gain_rad
    if turn_rad <= 0.0:
        raise InputError("gain_rad", f"{gain_rad:.3f} rad is not below {revolutions} revolutions")
    period_s = 2.0 * math.pi * math.sqrt(radius_m**3 / mu_m3_s2)
    ellipse_s = period_s * turn_rad / (2.0 * math.pi * revolutions)
    axis_m = (mu_m3_s2 * (ellipse_s / (2.0 * math.pi)) ** 2) ** (1.0 / 3.0)
    opposite_m = 2.0 * axis_m - radius_m
    if opposite_m <= least_perigee_radius_m:
        raise InputError(
            "revolutions",
            f"{revolutions} would take the phasing ellipse to a radius of {opposite_m:.0f} m; "
            f"the least allowed is {least_perigee_radius_m:.0f} m",
        )
    burn = math.sqrt(mu_m3_s2 * (2.0 / radius_m - 1.0 / axis_m)) - math.sqrt(mu_m3_s2 / radius_m)
    return Sequence((burn, -burn), (ellipse_s * revolutions,))


def _apsides(mu_m3_s2: float, *radii_m: float) -> Sequence:
    """Burns at the apsides of the half ellipses between circular orbits through successive radii."""
    for radius_m in radii_m:
        if not (math.isfinite(radius_m) and radius_m > 0.0):
            raise InputError("radius_m", f"{radius_m} m is not a radius above 0 m")
    before = [math.sqrt(mu_m3_s2 / radii_m[0])]
    after = []
    coasts = []
    for here_m, there_m in pairwise(radii_m):
        after.append(math.sqrt(2.0 * mu_m3_s2 * there_m / (here_m * (here_m + there_m))))
        before.append(math.sqrt(2.0 * mu_m3_s2 * here_m / (there_m * (here_m + there_m))))
        coasts.append(_half_period_s(here_m, there_m, mu_m3_s2))
    after.append(math.sqrt(mu_m3_s2 / radii_m[-1]))
    return Sequence(tuple(b - a for a, b in zip(before, after, strict=True)), tuple(coasts))


def _half_period_s(a_m: float, b_m: float, mu_m3_s2: float) -> float:
    return math.pi * math.sqrt((0.5 * (a_m + b_m)) ** 3 / mu_m3_s2)


def _turned(from_m_s: float, to_m_s: float, turn_rad: float) -> float:
    """Magnitude of the difference of two velocities at an angle."""
    return math.hypot(to_m_s - from_m_s, 2.0 * math.sqrt(from_m_s * to_m_s) * math.sin(0.5 * turn_rad))
