"""Beta angles and ground tracks of many satellites at once, as :mod:`core.orbit.crossings` has them for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.frames import (
    dcm_gcrf_from_teme,
    dcm_itrf_from_teme,
    geodetic_from_itrf,
    sun_position_gcrf_m,
)
from core.orbit.constellation import Constellation, TemeStates

__all__ = ["AllGroundTracks", "all_beta_angles_rad", "all_ground_tracks"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class AllGroundTracks:
    """The points of the WGS 84 ellipsoid below satellites, shapes (satellites, epochs); not a number where SGP4 fails."""

    t_tai_s: FloatArray
    latitude_rad: FloatArray
    longitude_rad: FloatArray
    height_m: FloatArray


def all_beta_angles_rad(constellation: Constellation, t_tai_s: FloatArray, *, threads: int = 1) -> FloatArray:
    """Angle of the Sun above each orbit's plane, towards the angular momentum, shape (satellites, epochs).

    Not a number where SGP4 fails.

    Args:
        t_tai_s: TAI seconds since J2000, shape (epochs,).
    Raises:
        EphemerisSpanError: An instant lies outside the Sun's ephemeris.
    """
    times = np.atleast_1d(np.asarray(t_tai_s, dtype=np.float64))
    states = _states(constellation, times, threads)
    sun_teme_m = np.einsum("nji,nj->ni", dcm_gcrf_from_teme(times), sun_position_gcrf_m(times))
    sun_teme_m /= np.linalg.norm(sun_teme_m, axis=1)[:, np.newaxis]
    momentum = np.cross(states.r_teme_m, states.v_teme_m_s)
    sine = np.einsum("sni,ni->sn", momentum, sun_teme_m) / np.linalg.norm(momentum, axis=2)
    beta_rad: FloatArray = np.where(states.codes == 0, np.arcsin(np.clip(sine, -1.0, 1.0)), np.nan)
    return beta_rad


def all_ground_tracks(constellation: Constellation, t_tai_s: FloatArray, *, threads: int = 1) -> AllGroundTracks:
    """The points below every satellite at TAI seconds since J2000, shape (epochs,)."""
    times = np.atleast_1d(np.asarray(t_tai_s, dtype=np.float64))
    states = _states(constellation, times, threads)
    r_itrf_m = np.einsum("nij,snj->sni", dcm_itrf_from_teme(times), states.r_teme_m)
    shape, flown = states.codes.shape, states.codes == 0
    columns = [np.full(shape, np.nan) for _ in range(3)]
    if flown.any():
        below = geodetic_from_itrf(r_itrf_m[flown])
        for column, values in zip(columns, (below.latitude_rad, below.longitude_rad, below.height_m), strict=True):
            column[flown] = values
    return AllGroundTracks(times, *columns)


def _states(constellation: Constellation, times: FloatArray, threads: int) -> TemeStates:
    start = float(times[0]) if times.size else 0.0
    return constellation.propagate_teme(start, times - start, threads=threads)
