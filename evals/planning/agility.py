"""How an agile satellite turns: accelerate, coast, brake, settle."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Agility", "Vector", "angle_deg"]

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Agility:
    """Limits of a satellite's turns."""

    rate_deg_s: float
    acceleration_deg_s2: float
    settle_s: float

    def turn_s(self, turned_deg: float) -> float:
        """Seconds from rest to rest, with what it takes to settle."""
        if turned_deg * self.acceleration_deg_s2 <= self.rate_deg_s**2:
            return 2.0 * math.sqrt(turned_deg / self.acceleration_deg_s2) + self.settle_s
        return turned_deg / self.rate_deg_s + self.rate_deg_s / self.acceleration_deg_s2 + self.settle_s


def angle_deg(a: Vector, b: Vector) -> float:
    """Between two unit vectors; precise at small angles too."""
    chord = math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2)
    return math.degrees(2.0 * math.asin(min(1.0, 0.5 * chord)))
