"""Nodes, apsides and keep-out of many satellites in one call, as :mod:`core.orbit.crossings` finds them for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.orbit.constellation import Constellation
from core.orbit.search import searched

__all__ = ["AllApses", "AllKeepOut", "AllNodes", "find_all_apsides", "find_all_keep_out", "find_all_nodes"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class AllNodes:
    """Crossings of the equator of the date, shapes (n,), by satellite (its place in the constellation), then time.

    ``unsearched`` are the satellites for which SGP4 fails inside the span: there are no rows of them, which says nothing.
    """

    satellite: NDArray[np.int64]
    t_tai_s: FloatArray
    ascending: NDArray[np.bool_]
    longitude_rad: FloatArray
    unsearched: NDArray[np.int64]


@dataclass(frozen=True)
class AllApses:
    """Extremes of the distance from the Earth's centre, shapes (n,), ordered and ``unsearched`` as :class:`AllNodes`."""

    satellite: NDArray[np.int64]
    t_tai_s: FloatArray
    pericentre: NDArray[np.bool_]
    radius_m: FloatArray
    unsearched: NDArray[np.int64]


@dataclass(frozen=True)
class AllKeepOut:
    """Spans in which a boresight is nearer to the Sun or the Moon than allowed, ordered as :class:`AllNodes`."""

    satellite: NDArray[np.int64]
    start_tai_s: FloatArray
    end_tai_s: FloatArray
    least_angle_rad: FloatArray
    unsearched: NDArray[np.int64]


def find_all_nodes(constellation: Constellation, start_tai_s: float, end_tai_s: float, *, threads: int = 1) -> AllNodes:
    """Where every satellite crosses the equator, to 0.1 ms.

    Raises:
        InputError: The span is empty or longer than 400 days.
    """
    rows, unsearched = searched(lambda: constellation.node_rows(start_tai_s, end_tai_s, threads))
    return AllNodes(rows[:, 0].astype(np.int64), rows[:, 2], rows[:, 1] == 1.0, rows[:, 3], unsearched.astype(np.int64))


def find_all_apsides(
    constellation: Constellation, start_tai_s: float, end_tai_s: float, *, threads: int = 1
) -> AllApses:
    """Where every satellite is nearest to the Earth's centre and farthest from it, to 0.1 ms.

    Raises:
        InputError: The span is empty or longer than 400 days.
    """
    rows, unsearched = searched(lambda: constellation.apsis_rows(start_tai_s, end_tai_s, threads))
    return AllApses(rows[:, 0].astype(np.int64), rows[:, 2], rows[:, 1] == 1.0, rows[:, 3], unsearched.astype(np.int64))


def find_all_keep_out(
    constellation: Constellation,
    boresight_rtn: FloatArray,
    least_angle_rad: float,
    start_tai_s: float,
    end_tai_s: float,
    *,
    moon: bool = False,
    threads: int = 1,
) -> AllKeepOut:
    """When the same boresight of every satellite comes nearer to the Sun (or the Moon) than an angle.

    Args:
        boresight_rtn: Direction in radial, transverse, normal axes, shape (3,); its length does not matter.
        least_angle_rad: Allowed angle, in (0, pi).
        moon: Keep out of the Moon instead of the Sun.
    Raises:
        InputError: The direction has no length, the angle or the span is out of range.
        EphemerisSpanError: The span leaves the years of the ephemeris.
    """
    direction = np.asarray(boresight_rtn, dtype=np.float64)
    rows, unsearched = searched(
        lambda: constellation.keep_out_rows(direction, least_angle_rad, start_tai_s, end_tai_s, moon, threads)
    )
    return AllKeepOut(rows[:, 0].astype(np.int64), rows[:, 1], rows[:, 2], rows[:, 3], unsearched.astype(np.int64))
