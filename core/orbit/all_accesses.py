"""Eclipses and access to places of many satellites in one call, as the single searches find them for one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.orbit.constellation import Constellation
from core.orbit.search import searched

__all__ = ["AllAccesses", "AllEclipses", "find_all_eclipses", "find_all_target_access"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class AllEclipses:
    """Stays in the penumbra, shapes (n,), by satellite (its place in the constellation), then time.

    The umbra's edges are not a number where there is none. ``unsearched`` are the satellites for which SGP4 fails inside
    the span: there are no rows of them, which says nothing.
    """

    satellite: NDArray[np.int64]
    start_tai_s: FloatArray
    end_tai_s: FloatArray
    umbra_start_tai_s: FloatArray
    umbra_end_tai_s: FloatArray
    unsearched: NDArray[np.int64]


@dataclass(frozen=True)
class AllAccesses:
    """Windows of access, shapes (n,), by satellite, then target, then time; otherwise as :class:`AllEclipses`.

    The Sun's elevation is that over the target at the moment nearest to nadir.
    """

    satellite: NDArray[np.int64]
    target: NDArray[np.int64]
    start_tai_s: FloatArray
    end_tai_s: FloatArray
    best_tai_s: FloatArray
    min_off_nadir_rad: FloatArray
    sun_elevation_rad: FloatArray
    unsearched: NDArray[np.int64]


def find_all_eclipses(
    constellation: Constellation, start_tai_s: float, end_tai_s: float, *, threads: int = 1
) -> AllEclipses:
    """Eclipses of every satellite, in the shadow of :func:`core.orbit.eclipse.find_eclipses`, to 1 ms of it.

    Raises:
        InputError: The span is empty or longer than 400 days.
        EphemerisSpanError: The span leaves the years of the Sun's ephemeris.
    """
    rows, unsearched = searched(lambda: constellation.eclipse_rows(start_tai_s, end_tai_s, threads))
    start, end, umbra_start, umbra_end = rows[:, 1:].T
    return AllEclipses(rows[:, 0].astype(np.int64), start, end, umbra_start, umbra_end, unsearched.astype(np.int64))


def find_all_target_access(
    constellation: Constellation,
    geodetic: FloatArray,
    start_tai_s: float,
    end_tai_s: float,
    max_off_nadir_rad: float,
    min_sun_elevation_rad: float | None = None,
    *,
    max_roll_rad: float | None = None,
    max_pitch_rad: float | None = None,
    threads: int = 1,
) -> AllAccesses:
    """When every satellite can see every place, within the limits of :func:`core.orbit.access.find_target_access`.

    Args:
        geodetic: Latitude (rad), longitude (rad) and height (m) of each place, shape (targets, 3).
    Raises:
        InputError: The span or an angle is out of range, or ``geodetic`` has another shape.
        EphemerisSpanError: The span leaves the years of the Sun's ephemeris.
    """
    limits_rad = np.array(
        [
            max_off_nadir_rad,
            -math.pi if min_sun_elevation_rad is None else min_sun_elevation_rad,
            math.pi if max_roll_rad is None else max_roll_rad,
            0.5 * math.pi if max_pitch_rad is None else max_pitch_rad,
        ]
    )
    places = np.asarray(geodetic, dtype=np.float64)
    rows, unsearched = searched(lambda: constellation.access_rows(places, limits_rad, start_tai_s, end_tai_s, threads))
    satellite, target = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    start, end, best, off_nadir, sun = rows[:, 2:].T
    return AllAccesses(satellite, target, start, end, best, off_nadir, sun, unsearched.astype(np.int64))
