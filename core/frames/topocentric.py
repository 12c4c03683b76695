"""Topocentric frames: south-east-zenith and east-north-up axes, azimuth, elevation and range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.frames.geodetic import itrf_from_geodetic

__all__ = ["LookAngles", "azimuth_elevation", "enu_from_itrf", "sez_from_itrf"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LookAngles:
    """Azimuth from north through east in [0, 2 pi), elevation without refraction, slant range; shapes (n,)."""

    azimuth_rad: FloatArray
    elevation_rad: FloatArray
    range_m: FloatArray


def sez_from_itrf(r_itrf_m: FloatArray, latitude_rad: float, longitude_rad: float, height_m: float) -> FloatArray:
    """South, east and zenith components, m, shape (n, 3), of ITRF positions seen from a geodetic site."""
    site_m = itrf_from_geodetic(latitude_rad, longitude_rad, height_m)
    sp, cp = np.sin(latitude_rad), np.cos(latitude_rad)
    sl, cl = np.sin(longitude_rad), np.cos(longitude_rad)
    dcm_sez_from_itrf = np.array([[sp * cl, sp * sl, -cp], [-sl, cl, 0.0], [cp * cl, cp * sl, sp]])
    seen: FloatArray = (r_itrf_m - site_m) @ dcm_sez_from_itrf.T
    return seen


def enu_from_itrf(r_itrf_m: FloatArray, latitude_rad: float, longitude_rad: float, height_m: float) -> FloatArray:
    """East, north and up components, m, shape (n, 3), of ITRF positions seen from a geodetic site."""
    south, east, zenith = sez_from_itrf(r_itrf_m, latitude_rad, longitude_rad, height_m).T
    return np.stack([east, -south, zenith], axis=1)


def azimuth_elevation(r_sez_m: FloatArray) -> LookAngles:
    """Look angles of south-east-zenith vectors (n, 3)."""
    south, east, zenith = r_sez_m[..., 0], r_sez_m[..., 1], r_sez_m[..., 2]
    horizontal_m = np.hypot(south, east)
    return LookAngles(
        azimuth_rad=np.arctan2(east, -south) % (2.0 * np.pi),
        elevation_rad=np.arctan2(zenith, horizontal_m),
        range_m=np.hypot(horizontal_m, zenith),
    )
