"""How the equations of motion are integrated, and which way suits an orbit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypedDict

import numpy as np

from core.constants import EARTH_MU_M3_S2
from core.orbit.numerical.cartesian import CartesianState
from core.orbit.numerical.forces import ForceModel

__all__ = ["Integration", "Method", "chosen_integration"]

_LOW_ORBIT_STEP_S: Final = 30.0  # 0.02 m in a day with a 20 x 20 field (evals/bench/flight/leo_20x20.py)
_LOW_ORBIT_RADIUS_M: Final = 6.878e6
_ROUND_ORBIT: Final = 0.05  # eccentricity up to which a fixed step is the faster method
_START_UP_STEPS: Final = 24


class NativeIntegration(TypedDict):
    """Arguments of ``native._core.fly``."""

    method: int
    step_s: float
    tolerance_m: float


class Method(Enum):
    """How the equations of motion are integrated."""

    GAUSS_JACKSON_8 = 0
    DOP853 = 1
    VERNER_98 = 2


@dataclass(frozen=True)
class Integration:
    """The integrator. Without a method the orbit decides; the result says which it was.

    ``step_s`` is the fixed step of Gauss-Jackson, ``tolerance_m`` the local error of each step of the adaptive methods.
    """

    method: Method | None = None
    step_s: float | None = None
    tolerance_m: float = 1e-6

    @classmethod
    def fixed_step(cls, step_s: float) -> Integration:
        """Gauss-Jackson of order 8: the fastest on near-circular orbits; light is smoothed over the shadow's edges."""
        return cls(Method.GAUSS_JACKSON_8, step_s)

    @classmethod
    def dop853(cls, tolerance_m: float = 1e-6) -> Integration:
        """Dormand-Prince of order 8 with step control and stops at the shadow's edges."""
        return cls(Method.DOP853, None, tolerance_m)

    @classmethod
    def verner98(cls, tolerance_m: float = 1e-6) -> Integration:
        """Verner's pair of order 9(8), the most exact for its price at tight tolerances."""
        return cls(Method.VERNER_98, None, tolerance_m)

    def native(self) -> NativeIntegration:
        """The arguments of the native propagator; what a method does not use has its default."""
        return {
            "method": (self.method or Method.VERNER_98).value,
            "step_s": self.step_s or _LOW_ORBIT_STEP_S,
            "tolerance_m": self.tolerance_m,
        }


def chosen_integration(
    wanted: Integration, state: CartesianState, span: tuple[float, float], forces: ForceModel, adaptive: bool
) -> Integration:
    """The integrator with its step: Gauss-Jackson for a round orbit that nothing interrupts, else Verner's."""
    r_m, v_m_s = float(np.linalg.norm(state.r_gcrf_m)), float(np.linalg.norm(state.v_gcrf_m_s))
    if not r_m > 0.0:
        return wanted  # no orbit; the propagator says so
    energy = 0.5 * v_m_s**2 - EARTH_MU_M3_S2 / r_m
    axis_m = -0.5 * EARTH_MU_M3_S2 / energy if energy < 0.0 else math.inf
    # High degrees turn faster under a low satellite than its orbit does.
    step_s = _LOW_ORBIT_STEP_S * (axis_m / _LOW_ORBIT_RADIUS_M) ** 1.5 * (1.0 if forces.degree <= 36 else 2.0 / 3.0)
    momentum = np.cross(state.r_gcrf_m, state.v_gcrf_m_s)
    eccentricity = np.linalg.norm(np.cross(state.v_gcrf_m_s, momentum) / EARTH_MU_M3_S2 - state.r_gcrf_m / r_m)
    if wanted.method is None:
        fixed = not adaptive and eccentricity < _ROUND_ORBIT and span[1] - span[0] > _START_UP_STEPS * step_s
        method = Method.GAUSS_JACKSON_8 if fixed else Method.VERNER_98
        return Integration(method, wanted.step_s or round(step_s, 3) if fixed else None, wanted.tolerance_m)
    if wanted.method is Method.GAUSS_JACKSON_8 and wanted.step_s is None:
        return Integration(wanted.method, round(step_s, 3) if math.isfinite(step_s) else None, wanted.tolerance_m)
    return wanted
