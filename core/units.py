"""Conversions between what people speak (degrees, kilometres) and what the core computes in (SI, radians)."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["DEG", "HOUR_S", "KM", "MEGABYTE", "MINUTE_S", "SOLAR_DAY_S", "to_deg", "to_rad"]

DEG: Final = math.pi / 180.0  # radians per degree
KM: Final = 1000.0  # metres per kilometre
MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
SOLAR_DAY_S: Final = 86_400.0
MEGABYTE: Final = 1_000_000  # bytes; decimal, as operators and tools.json use it


def to_rad(angle_deg: float) -> float:
    """Radians of an angle in degrees."""
    return angle_deg * DEG


def to_deg(angle_rad: float) -> float:
    """Degrees of an angle in radians."""
    return angle_rad / DEG
