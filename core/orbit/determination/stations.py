"""Where tracking stations are in space, tides included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.frames import gcrf_from_itrf, geodetic_from_itrf, rotate
from core.frames.rotations import dcm_itrf_from_gcrf
from core.orbit.determination.earth_tides import solid_tide_displacement_m

__all__ = ["StationPath", "TrackingStation"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class StationPath:
    """A station at instants: position and velocity in GCRF (n, 3), and its east, north, up axes in GCRF (n, 3, 3)."""

    r_gcrf_m: FloatArray
    v_gcrf_m_s: FloatArray
    enu_from_gcrf: FloatArray


@dataclass(frozen=True)
class TrackingStation:
    """A reference point in ITRF (3,), m, at the time of its observations; ``solid_tides`` moves it with the ground."""

    name: str
    r_itrf_m: FloatArray
    solid_tides: bool = True

    @property
    def latitude_rad(self) -> float:
        """Geodetic latitude."""
        return float(geodetic_from_itrf(self.r_itrf_m).latitude_rad)

    @property
    def height_m(self) -> float:
        """Height over the ellipsoid."""
        return float(geodetic_from_itrf(self.r_itrf_m).height_m)

    def at(self, t_tai_s: FloatArray) -> StationPath:
        """The station at TAI seconds since J2000 (n,)."""
        place_m = np.broadcast_to(self.r_itrf_m, (len(t_tai_s), 3))
        if self.solid_tides:
            place_m = place_m + solid_tide_displacement_m(t_tai_s, self.r_itrf_m)
        r_gcrf_m, v_gcrf_m_s = gcrf_from_itrf(t_tai_s, place_m, np.zeros_like(place_m))
        return StationPath(r_gcrf_m, v_gcrf_m_s, self._enu_from_itrf() @ dcm_itrf_from_gcrf(t_tai_s))

    def elevation_rad(self, t_tai_s: FloatArray, r_gcrf_m: FloatArray) -> FloatArray:
        """Geometric elevation of positions (n, 3) at the same instants."""
        path = self.at(t_tai_s)
        seen = rotate(path.enu_from_gcrf, r_gcrf_m - path.r_gcrf_m)
        elevation: FloatArray = np.arctan2(seen[:, 2], np.hypot(seen[:, 0], seen[:, 1]))
        return elevation

    def _enu_from_itrf(self) -> FloatArray:
        place = geodetic_from_itrf(self.r_itrf_m)
        sp, cp = np.sin(place.latitude_rad), np.cos(place.latitude_rad)
        sl, cl = np.sin(place.longitude_rad), np.cos(place.longitude_rad)
        return np.array([[-sl, cl, 0.0], [-sp * cl, -sp * sl, cp], [cp * cl, cp * sl, sp]])
