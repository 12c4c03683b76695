"""J2 alone for the checks, by other means than the product's: SciPy's Dormand-Prince, ERFA's Earth rotation.

Earth orientation is left at zero, as the cases define it: UT1 is UTC, the pole does not move.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import erfa
import numpy as np
from scipy.integrate import solve_ivp  # type: ignore[import-untyped]

from evals.planning.independent import FloatArray

__all__ = ["CASE_EARTH_M", "IndependentFlight", "Shape", "earth_fixed_from_inertial", "shape_of", "state_of"]

CASE_EARTH_M: Final = 6_378_136.3  # from which the cases count altitudes
_MU_M3_S2: Final = 3.986004415e14  # EGM2008
_J2: Final = 1.08262617e-3  # EGM2008, conventional
_TT_LESS_UTC_S: Final = 69.184  # since 2017
_J2000_JD: Final = 2_451_545.0


def state_of(document: Mapping[str, Any]) -> FloatArray:
    """Position and velocity of a satellite in a document, m and m/s, shape (6,)."""
    return np.array([float(document[name]) for name in ("x_m", "y_m", "z_m", "vx_m_s", "vy_m_s", "vz_m_s")])


@dataclass(frozen=True)
class Shape:
    """Of the orbit that a state begins: lowest and highest altitude, m, eccentricity, inclination in degrees."""

    lowest_m: float
    highest_m: float
    eccentricity: float
    inclination_deg: float


def shape_of(state: FloatArray) -> Shape | None:
    """The two-body orbit of a state; None where it is not bound to the Earth."""
    r, v = state[:3], state[3:]
    radius_m = float(np.linalg.norm(r))
    if not np.isfinite(state).all() or radius_m == 0.0:
        return None
    axis_m = 1.0 / (2.0 / radius_m - float(v @ v) / _MU_M3_S2)
    momentum = np.cross(r, v)
    eccentricity = float(np.linalg.norm(np.cross(v, momentum) / _MU_M3_S2 - r / radius_m))
    if axis_m <= 0.0 or eccentricity >= 1.0:
        return None
    tilt_deg = math.degrees(math.atan2(float(np.hypot(momentum[0], momentum[1])), float(momentum[2])))
    low_m, high_m = axis_m * (1.0 - eccentricity) - CASE_EARTH_M, axis_m * (1.0 + eccentricity) - CASE_EARTH_M
    return Shape(low_m, high_m, eccentricity, tilt_deg)


def earth_fixed_from_inertial(times: list[datetime]) -> FloatArray:
    """GCRF to ITRF, shape (n, 3, 3)."""
    days = np.array([_days(when) for when in times])
    return np.asarray(erfa.c2t06a(_J2000_JD, days + _TT_LESS_UTC_S / 86_400.0, _J2000_JD, days, 0.0, 0.0))


def _days(when: datetime) -> float:
    return (when - datetime(2000, 1, 1, 12, tzinfo=UTC)) / timedelta(days=1)


class IndependentFlight:
    """Satellites that begin as states (shape (m, 6)) at one time, flown to another."""

    def __init__(self, states: FloatArray, start: datetime, end: datetime) -> None:
        self._start, self._count = start, len(states)
        pole = earth_fixed_from_inertial([start + (end - start) / 2])[0, 2]

        def slope(_t_s: float, y: FloatArray) -> FloatArray:
            r_m, v_m_s = y.reshape(2, -1, 3)
            radius_m = np.linalg.norm(r_m, axis=1, keepdims=True)
            up = (r_m @ pole)[:, None] / radius_m
            bulge = 1.5 * _J2 * (CASE_EARTH_M / radius_m) ** 2
            pull = (1.0 + bulge * (1.0 - 5.0 * up**2)) * r_m / radius_m + 2.0 * bulge * up * pole
            return np.concatenate([v_m_s.ravel(), (-_MU_M3_S2 / radius_m**2 * pull).ravel()])

        begin = np.concatenate([states[:, :3].ravel(), states[:, 3:].ravel()])
        span = (0.0, (end - start).total_seconds())
        flown = solve_ivp(slope, span, begin, method="DOP853", rtol=1e-9, atol=1e-2, dense_output=True)
        self._at = flown.sol

    def inertial_m(self, times: list[datetime]) -> FloatArray:
        """Positions in GCRF, shape (m, n, 3)."""
        seconds = np.array([(when - self._start).total_seconds() for when in times])
        rows = self._at(seconds)[: 3 * self._count]
        return np.asarray(rows.reshape(self._count, 3, len(times)).transpose(0, 2, 1))

    def earth_fixed_m(self, times: list[datetime]) -> FloatArray:
        """Positions in ITRF, shape (m, n, 3)."""
        return np.asarray(np.einsum("nij,mnj->mni", earth_fixed_from_inertial(times), self.inertial_m(times)))
