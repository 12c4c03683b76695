"""Maneuvers that a propagation flies: impulses and burns of finite length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.constants import STANDARD_GRAVITY_M_S2
from core.errors import InputError

__all__ = ["Burn", "Impulse", "Maneuver", "ManeuverAxes", "native_maneuvers"]

FloatArray = NDArray[np.float64]
Vector = tuple[float, float, float]


class ManeuverAxes(Enum):
    """Axes of a delta-v or a thrust, at each instant."""

    RTN = 0  # radial, transverse, normal
    GCRF = 1
    VELOCITY = 2  # along the velocity, along the orbit normal, and outward completing the set (VNC)


@dataclass(frozen=True)
class Impulse:
    """An instant change of velocity; with ``specific_impulse_s`` the mass falls by the rocket equation."""

    t_tai_s: float
    delta_v_m_s: Vector
    axes: ManeuverAxes = ManeuverAxes.RTN
    specific_impulse_s: float | None = None


@dataclass(frozen=True)
class Burn:
    """Constant thrust and flow from ``start_tai_s`` to ``end_tai_s`` in a direction that is steady in its axes."""

    start_tai_s: float
    end_tai_s: float
    thrust_n: float
    specific_impulse_s: float
    direction: Vector
    axes: ManeuverAxes = ManeuverAxes.RTN

    def __post_init__(self) -> None:
        if not self.end_tai_s > self.start_tai_s:
            raise InputError("burn.end_tai_s", f"{self.end_tai_s} s is not after the start at {self.start_tai_s} s")
        for name, value in (("thrust_n", self.thrust_n), ("specific_impulse_s", self.specific_impulse_s)):
            if not (math.isfinite(value) and value > 0.0):
                raise InputError(f"burn.{name}", f"{value} is not positive")
        if not math.hypot(*self.direction) > 0.0:
            raise InputError("burn.direction", f"{self.direction} has no direction")

    @property
    def mass_flow_kg_s(self) -> float:
        """Propellant used per second."""
        return self.thrust_n / (self.specific_impulse_s * STANDARD_GRAVITY_M_S2)


Maneuver = Impulse | Burn


def native_maneuvers(maneuvers: Sequence[Maneuver]) -> tuple[FloatArray, FloatArray]:
    """Rows for the native propagator: impulses (n, 6) and burns (n, 8).

    Raises:
        InputError: Two burns overlap: their thrusts cannot be told apart.
    """
    impulses = [
        (i.t_tai_s, *i.delta_v_m_s, i.axes.value, (i.specific_impulse_s or 0.0) * STANDARD_GRAVITY_M_S2)
        for i in maneuvers
        if isinstance(i, Impulse)
    ]
    burns = sorted((m for m in maneuvers if isinstance(m, Burn)), key=lambda burn: burn.start_tai_s)
    for before, after in pairwise(burns):
        if after.start_tai_s < before.end_tai_s:
            raise InputError("maneuvers", f"the burn at {after.start_tai_s} s begins before another ends")
    rows = []
    for burn in burns:
        length = math.hypot(*burn.direction)
        direction = tuple(c / length for c in burn.direction)
        rows.append((burn.start_tai_s, burn.end_tai_s, burn.thrust_n, burn.mass_flow_kg_s, *direction, burn.axes.value))
    return np.array(impulses, dtype=np.float64).reshape(-1, 6), np.array(rows, dtype=np.float64).reshape(-1, 8)
