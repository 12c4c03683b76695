"""What a spacecraft's resources meet along its orbit: sunlight, shadow, reflected light and infrared, in body axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import AU_M
from core.errors import InputError
from core.frames import dcm_itrf_from_gcrf, dcm_lvlh_from_gcrf, moon_position_gcrf_m, rotate, sun_position_gcrf_m
from core.orbit import illumination
from core.power.array import SOLAR_IRRADIANCE_1AU_W_M2
from core.thermal import EARTH_INFRARED_W_M2, albedo_share
from native import _core

__all__ = ["ResourceSurroundings", "nadir_surroundings", "resource_surroundings"]

FloatArray = NDArray[np.float64]

_SUN_RADIUS_M: Final = 6.957e8  # IAU 2015 Resolution B3, nominal solar radius
_MOON_RADIUS_M: Final = 1.7374e6  # IAU WGCCRE 2015, mean radius


@dataclass(frozen=True)
class ResourceSurroundings:
    """Surroundings of each interval, shape (n, ...), or (members, n, ...) where members differ.

    Attributes:
        sun_body: Unit vectors to the Sun, (..., n, 3).
        sunlight_w_m2: Sunlight at this distance, outside any shadow, (..., n).
        illumination: Share of the Sun's disc seen, (..., n).
        earth_body: Unit vectors to the Earth's centre, (..., n, 3).
        earth_distance_m: Distance of the Earth's centre, (..., n).
        albedo: Share of the sunlight that the Earth in view sends back, (..., n); see ``core.thermal.albedo_share``.
        infrared_w_m2: Infrared that the Earth emits, (..., n).
    """

    sun_body: FloatArray
    sunlight_w_m2: FloatArray
    illumination: FloatArray
    earth_body: FloatArray
    earth_distance_m: FloatArray
    albedo: FloatArray
    infrared_w_m2: FloatArray

    def columns(self) -> FloatArray:
        """All of it side by side, shape (members or 1, n, 11)."""
        scalars = [self.sunlight_w_m2, self.illumination]
        more = [self.earth_distance_m, self.albedo, self.infrared_w_m2]
        try:
            table = np.concatenate(
                [
                    self.sun_body,
                    *(one[..., None] for one in scalars),
                    self.earth_body,
                    *(one[..., None] for one in more),
                ],
                axis=-1,
            )
        except ValueError as error:
            raise InputError("surroundings", f"arrays of one set of intervals are needed: {error}") from error
        return table if table.ndim == 3 else table[np.newaxis]


def resource_surroundings(
    t_tai_s: FloatArray,
    r_gcrf_m: FloatArray,
    dcm_body_from_gcrf: FloatArray,
    infrared_w_m2: float = EARTH_INFRARED_W_M2,
) -> ResourceSurroundings:
    """Surroundings of a spacecraft of known attitude; shadows of Earth and Moon with their penumbras.

    Args:
        t_tai_s: Instants that stand for the intervals (their middles), shape (n,).
        r_gcrf_m: Positions, shape (n, 3).
        dcm_body_from_gcrf: Attitudes, shape (n, 3, 3).
        infrared_w_m2: What the Earth emits, the same everywhere.
    Raises:
        EphemerisSpanError: The Sun's ephemeris does not cover the instants.
    """
    to_sun_m = sun_position_gcrf_m(t_tai_s) - r_gcrf_m
    to_moon_m = moon_position_gcrf_m(t_tai_s) - r_gcrf_m
    sun_m = np.linalg.norm(to_sun_m, axis=1)
    radius_m = np.linalg.norm(r_gcrf_m, axis=1)
    sun_gcrf = to_sun_m / sun_m[:, None]
    dcm_itrf = dcm_itrf_from_gcrf(t_tai_s)
    seen = illumination(r_gcrf_m, t_tai_s) * _core.uncovered_share(to_sun_m, _SUN_RADIUS_M, to_moon_m, _MOON_RADIUS_M)
    return ResourceSurroundings(
        sun_body=_unit(rotate(dcm_body_from_gcrf, sun_gcrf)),
        sunlight_w_m2=SOLAR_IRRADIANCE_1AU_W_M2 * (AU_M / sun_m) ** 2,
        illumination=seen,
        earth_body=_unit(rotate(dcm_body_from_gcrf, -r_gcrf_m)),
        earth_distance_m=radius_m,
        albedo=albedo_share(rotate(dcm_itrf, r_gcrf_m), rotate(dcm_itrf, sun_gcrf)),
        infrared_w_m2=np.full(len(t_tai_s), infrared_w_m2),
    )


def nadir_surroundings(t_tai_s: FloatArray, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> ResourceSurroundings:
    """Surroundings of a spacecraft whose z axis points at the Earth and whose x axis points forward."""
    return resource_surroundings(t_tai_s, r_gcrf_m, dcm_lvlh_from_gcrf(r_gcrf_m, v_gcrf_m_s))


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float64)
