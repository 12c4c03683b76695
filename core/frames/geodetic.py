"""Geodetic coordinates on the WGS 84 ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["WGS84_FLATTENING", "WGS84_RADIUS_M", "Geodetic", "geodetic_from_itrf", "itrf_from_geodetic"]

FloatArray = NDArray[np.float64]

WGS84_RADIUS_M: Final = 6_378_137.0  # NIMA TR8350.2, table 3.1
WGS84_FLATTENING: Final = 1.0 / 298.257223563  # NIMA TR8350.2, table 3.1
_E2: Final = WGS84_FLATTENING * (2.0 - WGS84_FLATTENING)


@dataclass(frozen=True)
class Geodetic:
    """Latitude and east longitude in radians, longitude in (-pi, pi], height above the ellipsoid in m; shapes (n,)."""

    latitude_rad: FloatArray
    longitude_rad: FloatArray
    height_m: FloatArray


def itrf_from_geodetic(
    latitude_rad: FloatArray | float, longitude_rad: FloatArray | float, height_m: FloatArray | float
) -> FloatArray:
    """ITRF positions, m, shape (n, 3), or (3,) of one place."""
    sin_latitude = np.sin(latitude_rad)
    prime_vertical_m = WGS84_RADIUS_M / np.sqrt(1.0 - _E2 * sin_latitude**2)
    axial_m = (prime_vertical_m + height_m) * np.cos(latitude_rad)
    return np.stack(
        [
            axial_m * np.cos(longitude_rad),
            axial_m * np.sin(longitude_rad),
            (prime_vertical_m * (1.0 - _E2) + height_m) * sin_latitude,
        ],
        axis=-1,
    )


def geodetic_from_itrf(r_itrf_m: FloatArray) -> Geodetic:
    """Geodetic coordinates of ITRF positions (n, 3), to 1e-7 m from -10 km to beyond the Moon.

    Bowring's reduced-latitude iteration (Survey Review 23, 1976); three turns converge everywhere outside the core.
    """
    x, y, z = r_itrf_m[..., 0], r_itrf_m[..., 1], r_itrf_m[..., 2]
    axial_m = np.hypot(x, y)
    polar_radius_m = WGS84_RADIUS_M * (1.0 - WGS84_FLATTENING)
    second_e2 = _E2 / (1.0 - _E2)
    reduced = np.arctan2(z, (1.0 - WGS84_FLATTENING) * axial_m)
    for _ in range(3):
        latitude = np.arctan2(
            z + second_e2 * polar_radius_m * np.sin(reduced) ** 3,
            axial_m - _E2 * WGS84_RADIUS_M * np.cos(reduced) ** 3,
        )
        reduced = np.arctan2((1.0 - WGS84_FLATTENING) * np.sin(latitude), np.cos(latitude))
    sin_latitude = np.sin(latitude)
    height_m = axial_m * np.cos(latitude) + z * sin_latitude - WGS84_RADIUS_M * np.sqrt(1.0 - _E2 * sin_latitude**2)
    return Geodetic(latitude, np.arctan2(y, x), height_m)
