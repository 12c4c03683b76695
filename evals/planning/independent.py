"""Geometry for the checks, by other means than the product's: python-sgp4, ERFA's sidereal time, plain trigonometry.

Earth orientation is left at zero, as the cases define it: UT1 is UTC, the pole does not move.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import erfa
import numpy as np
from numpy.typing import NDArray
from sgp4.api import Satrec

__all__ = ["FloatArray", "IndependentOrbit", "Look", "angle_deg", "ground_m", "instant", "is_lit", "spin", "turn_s"]

FloatArray = NDArray[np.float64]

_EQUATOR_M = 6_378_137.0  # WGS 84
_FLATTENING = 1.0 / 298.257223563  # WGS 84
_MEAN_SHADOW_M = 6_378_136.3  # the cases' radius of the Earth's shadow
_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_J2000_JD = 2_451_545.0


def instant(text: str) -> datetime:
    """A time of a document, UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


@dataclass(frozen=True)
class Look:
    """One observation of a solution, by its place in the document."""

    number: int
    craft: str
    target: str
    start: datetime
    end: datetime

    @property
    def middle(self) -> datetime:
        """The instant halfway."""
        return self.start + (self.end - self.start) / 2


class IndependentOrbit:
    """A two-line element set flown by python-sgp4; metres, TEME axes unless it says otherwise."""

    def __init__(self, line1: str, line2: str) -> None:
        self._orbit = Satrec.twoline2rv(line1, line2)
        self._known: dict[datetime, FloatArray] = {}

    def at(self, when: datetime) -> FloatArray:
        """Position, m."""
        if when not in self._known:
            self._known[when] = self.many([when])[0]
        return self._known[when]

    def many(self, times: list[datetime]) -> FloatArray:
        """Positions, m, shape (n, 3)."""
        days = np.array([(when - _J2000) / timedelta(days=1) for when in times])
        whole = np.floor(days)
        codes, r_km, _ = self._orbit.sgp4_array(_J2000_JD + whole, days - whole)
        if codes.any():
            raise ValueError(f"sgp4 fails with code {codes.max()}")
        return np.asarray(r_km, dtype=np.float64) * 1e3


def spin(when: datetime) -> FloatArray:
    """From Earth-fixed to TEME axes, shape (3, 3)."""
    days = (when - _J2000) / timedelta(days=1)
    angle = float(erfa.gmst82(_J2000_JD, days))
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def ground_m(latitude_deg: float, longitude_deg: float, height_m: float) -> FloatArray:
    """A place on the WGS 84 ellipsoid, Earth-fixed axes."""
    phi, lam = math.radians(latitude_deg), math.radians(longitude_deg)
    squashed = _FLATTENING * (2.0 - _FLATTENING)
    normal_m = _EQUATOR_M / math.sqrt(1.0 - squashed * math.sin(phi) ** 2)
    across_m = (normal_m + height_m) * math.cos(phi)
    return np.array(
        [
            across_m * math.cos(lam),
            across_m * math.sin(lam),
            (normal_m * (1.0 - squashed) + height_m) * math.sin(phi),
        ]
    )


def angle_deg(a: FloatArray, b: FloatArray) -> float:
    """Between two vectors."""
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b)))


def turn_s(turned_deg: float, rate_deg_s: float, acceleration_deg_s2: float) -> float:
    """Rest to rest with a limit of rate and one of acceleration."""
    ramp_deg = 0.5 * rate_deg_s**2 / acceleration_deg_s2
    if turned_deg < 2.0 * ramp_deg:
        return 2.0 * math.sqrt(turned_deg / acceleration_deg_s2)
    return 2.0 * rate_deg_s / acceleration_deg_s2 + (turned_deg - 2.0 * ramp_deg) / rate_deg_s


def sun_direction(when: datetime) -> FloatArray:
    """Towards the Sun from the Earth, GCRF axes."""
    days = (when - _J2000) / timedelta(days=1)
    heliocentric, _ = erfa.epv00(_J2000_JD, days)
    towards = -np.asarray(heliocentric["p"], dtype=np.float64)
    return np.asarray(towards / np.linalg.norm(towards))


def is_lit(r_m: FloatArray, sun: FloatArray) -> bool:
    """Whether a satellite is outside the cylinder behind the Earth."""
    along_m = float(r_m @ sun)
    return along_m >= 0.0 or float(np.linalg.norm(r_m - along_m * sun)) >= _MEAN_SHADOW_M
