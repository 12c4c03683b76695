"""What burns and jets must keep to, as data and as checks that say by how much they fail."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.mission.design.propulsion import Propulsion
from core.units import to_rad

__all__ = ["PropulsionBreach", "burn_breaches", "plume_breaches"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PropulsionBreach:
    """A rule that is broken: what was asked, what is allowed, in which unit, and where."""

    rule: str
    value: float
    limit: float
    unit: str
    subject: str


def burn_breaches(
    propulsion: Propulsion, duration_s: float, propellant_after_kg: float, temp_k: float
) -> tuple[PropulsionBreach, ...]:
    """Rules that a burn breaks: its length, the shortest pulse, the reserve, and a propellant that would freeze.

    Args:
        propulsion: The limits.
        duration_s: Length of the burn.
        propellant_after_kg: What it leaves.
        temp_k: Temperature of the propellant.
    """
    freezing_k = 274.7  # hydrazine, 1.5 degC: CRC Handbook of Chemistry and Physics, 97th ed., 3-298
    rules = (
        ("maximum_burn_s", duration_s, propulsion.maximum_burn_s, "s", duration_s <= propulsion.maximum_burn_s),
        ("minimum_on_s", duration_s, propulsion.curve.minimum_on_s, "s", duration_s >= propulsion.curve.minimum_on_s),
        ("reserve_kg", propellant_after_kg, propulsion.reserve_kg, "kg", propellant_after_kg >= propulsion.reserve_kg),
        ("freezing_k", temp_k, freezing_k, "K", temp_k > freezing_k),
    )
    return tuple(
        PropulsionBreach(name, value, limit, unit, "burn") for name, value, limit, unit, kept in rules if not kept
    )


def plume_breaches(
    propulsion: Propulsion, points_m: FloatArray, names: tuple[str, ...], reach_m: float
) -> tuple[PropulsionBreach, ...]:
    """Parts that lie in the keep-out cone of a jet.

    Args:
        propulsion: Thrusters, and the half angle of their cones.
        points_m: Places of the parts in body axes from the centre of mass, shape (n, 3).
        names: Of the parts, n.
        reach_m: Distance from the nozzle within which a jet harms.
    """
    limit_rad = to_rad(propulsion.plume_keep_out_deg)
    found = []
    for thruster in propulsion.thrusters:
        jet = -np.array(thruster.direction)
        for name, point_m in zip(names, points_m, strict=True):
            away_m = point_m - np.array(thruster.position_m)
            distance_m = float(np.linalg.norm(away_m))
            if not 0.0 < distance_m <= reach_m:
                continue
            angle_rad = math.acos(max(-1.0, min(1.0, float(away_m @ jet) / distance_m)))
            if angle_rad < limit_rad:
                found.append(PropulsionBreach("plume", angle_rad, limit_rad, "rad", f"{thruster.id} and {name}"))
    return tuple(found)
