"""Where the satellites of a case are on an even grid of instants, in the inertial and in the Earth-fixed frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.frames import dcm_itrf_from_gcrf, rotate, sun_position_gcrf_m
from core.frames.geodetic import WGS84_RADIUS_M
from core.mission.tle import parse_tle
from core.orbit import Sgp4Orbit
from core.time import tai_s_from_utc

__all__ = ["FloatArray", "Tracks", "sunlit", "tracks_of"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Tracks:
    """Positions by satellite and instant, shape (satellites, n, 3); ``dcm_itrf_from_gcrf`` by instant, shape (n, 3, 3)."""

    t_tai_s: FloatArray
    r_gcrf_m: FloatArray
    r_itrf_m: FloatArray
    dcm_itrf_from_gcrf: FloatArray

    def gcrf_from_itrf(self, r_itrf_m: FloatArray, instants: NDArray[np.int64]) -> FloatArray:
        """One place on the ground at some instants, shape (k, 3)."""
        return np.asarray(np.einsum("kji,j->ki", self.dcm_itrf_from_gcrf[instants], r_itrf_m), dtype=np.float64)


def tracks_of(tles: Sequence[tuple[str, str]], start: datetime, end: datetime, step_s: float) -> Tracks:
    """Tracks of two-line elements from a start to an end, both included."""
    steps = round((end - start).total_seconds() / step_s)
    t_tai_s = np.asarray(tai_s_from_utc(start) + step_s * np.arange(steps + 1), dtype=np.float64)
    dcm = dcm_itrf_from_gcrf(t_tai_s)
    orbits = [Sgp4Orbit.from_elements(parse_tle(*lines).elements) for lines in tles]
    r_gcrf_m = np.array([orbit.propagate(t_tai_s).r_gcrf_m for orbit in orbits])
    return Tracks(t_tai_s, r_gcrf_m, np.array([rotate(dcm, one) for one in r_gcrf_m]), dcm)


def sunlit(r_gcrf_m: FloatArray, t_tai_s: FloatArray) -> NDArray[np.bool_]:
    """Whether a satellite is outside the Earth's cylinder of shadow, as the cases define it; shape (n,)."""
    sun = sun_position_gcrf_m(t_tai_s)
    sun /= np.linalg.norm(sun, axis=1, keepdims=True)
    along_m = np.einsum("ij,ij->i", r_gcrf_m, sun)
    aside_m = np.linalg.norm(r_gcrf_m - along_m[:, None] * sun, axis=1)
    return np.asarray((along_m >= 0.0) | (aside_m >= WGS84_RADIUS_M))
