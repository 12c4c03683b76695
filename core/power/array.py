"""Solar array generation."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import AU_M
from core.mission.model import SolarArray

__all__ = ["SOLAR_IRRADIANCE_1AU_W_M2", "array_power_w", "incidence_cosine"]

SOLAR_IRRADIANCE_1AU_W_M2: Final = 1361.0  # IAU 2015 Resolution B3, nominal total solar irradiance

FloatArray = NDArray[np.float64]


def incidence_cosine(
    r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray, sun_gcrf_m: FloatArray, articulated_axes: int, *, sun_pointing: bool
) -> FloatArray:
    """Cosine of the angle between array normal and Sun, shape (n,).

    Sun pointing gives 1. Otherwise an array that turns about the orbit normal gives the cosine of the beta angle, one
    that turns about two axes gives 1, and a fixed one faces away from Earth.

    Args:
        r_gcrf_m: Positions, shape (n, 3).
        v_gcrf_m_s: Velocities, shape (n, 3).
        sun_gcrf_m: Sun positions, shape (n, 3).
        articulated_axes: 0, 1 or 2.
        sun_pointing: Whether the spacecraft points its array at the Sun.
    """
    if sun_pointing or articulated_axes == 2:
        return np.ones(len(r_gcrf_m))
    sun = _unit(sun_gcrf_m - r_gcrf_m)
    if articulated_axes == 1:
        normal = _unit(np.cross(r_gcrf_m, v_gcrf_m_s))
        sine_beta = np.einsum("ij,ij->i", sun, normal)
        return np.asarray(np.sqrt(np.clip(1.0 - sine_beta**2, 0.0, 1.0)), dtype=np.float64)
    return np.asarray(np.clip(np.einsum("ij,ij->i", sun, _unit(r_gcrf_m)), 0.0, 1.0), dtype=np.float64)


def array_power_w(
    array: SolarArray, cosine: FloatArray, illumination: FloatArray, sun_distance_m: FloatArray, age_years: float = 0.0
) -> FloatArray:
    """Electrical power that the array delivers, W, shape (n,).

    Args:
        array: Area and efficiency.
        cosine: Incidence cosine, shape (n,).
        illumination: Fraction of the Sun's disc seen, 0 to 1, shape (n,).
        sun_distance_m: Distance to the Sun, shape (n,).
        age_years: Years of degradation.
    """
    irradiance_w_m2 = SOLAR_IRRADIANCE_1AU_W_M2 * (AU_M / sun_distance_m) ** 2
    remaining = (1.0 - array.degradation_per_year) ** age_years
    power_w = irradiance_w_m2 * array.area_m2 * array.efficiency * remaining * cosine * illumination
    return np.asarray(power_w, dtype=np.float64)


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float64)
