"""When a satellite is above a ground station, and where to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.frames import (
    LookAngles,
    azimuth_elevation,
    dcm_itrf_from_gcrf,
    rotate,
    sez_from_itrf,
    shipped_earth_orientation,
)
from core.mission.model import GroundStation
from core.orbit.constellation import Constellation
from core.orbit.propagation import Ephemeris, Orbit
from core.orbit.search import search
from native import _core

__all__ = ["AllPasses", "Pass", "find_all_passes", "find_passes", "look_angles"]


@dataclass(frozen=True)
class Pass:
    """A stay above a station's elevation mask: acquisition, culmination and loss of signal.

    ``truncated_start`` and ``truncated_end`` say that the search window cut the pass.
    """

    station: str
    aos_tai_s: float
    los_tai_s: float
    culmination_tai_s: float
    max_elevation_rad: float
    aos_azimuth_rad: float
    los_azimuth_rad: float
    min_range_m: float
    truncated_start: bool
    truncated_end: bool

    @property
    def duration_s(self) -> float:
        """From acquisition to loss of signal."""
        return self.los_tai_s - self.aos_tai_s


def find_passes(
    orbit: Orbit,
    station: GroundStation,
    start_tai_s: float,
    end_tai_s: float,
    min_elevation_rad: float | None = None,
) -> list[Pass]:
    """Passes over a station in time order; geometric elevation without refraction.

    Args:
        min_elevation_rad: Elevation mask; the station's own where None.
    Raises:
        InputError: The span is empty or longer than 400 days.
        PropagationError: SGP4 fails inside the span.
    Source: edges agree with skyfield to 0.1 s (test_passes).
    """
    mask_rad = station.minimum_elevation_rad if min_elevation_rad is None else min_elevation_rad
    geodetic = np.array([station.latitude_rad, station.longitude_rad, station.height_m])

    earth = shipped_earth_orientation().table

    def find(
        elements: NDArray[np.float64], epoch_tai_s: float, first_tai_s: float, last_tai_s: float
    ) -> NDArray[np.float64]:
        return _core.find_passes(elements, epoch_tai_s, geodetic, first_tai_s, last_tai_s, mask_rad, earth)

    return [_pass(station.id, row) for row in search(orbit, start_tai_s, end_tai_s, find)]


@dataclass(frozen=True)
class AllPasses:
    """Passes of many satellites over many stations, arrays of shape (n,), by satellite, then station, then time.

    ``satellite`` and ``station`` are places in what was asked for. ``unsearched`` are the satellites for which SGP4 fails
    inside the span: they have no passes here, which says nothing about them.
    """

    satellite: NDArray[np.int64]
    station: NDArray[np.int64]
    aos_tai_s: NDArray[np.float64]
    los_tai_s: NDArray[np.float64]
    culmination_tai_s: NDArray[np.float64]
    max_elevation_rad: NDArray[np.float64]
    aos_azimuth_rad: NDArray[np.float64]
    los_azimuth_rad: NDArray[np.float64]
    min_range_m: NDArray[np.float64]
    truncated_start: NDArray[np.bool_]
    truncated_end: NDArray[np.bool_]
    unsearched: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.satellite.size)


def find_all_passes(
    constellation: Constellation,
    stations: Sequence[GroundStation],
    start_tai_s: float,
    end_tai_s: float,
    min_elevation_rad: float | None = None,
    *,
    threads: int = 1,
) -> AllPasses:
    """Every pass of every satellite over every station; one ephemeris of a satellite serves all stations.

    Args:
        min_elevation_rad: Elevation mask of all stations; each one's own where None.
    Raises:
        InputError: There is no station, the span is empty or longer than 400 days, or the mask is not below pi/2.
    Source: agrees with :func:`find_passes` to 10 ms of an edge (test_passes_in_bulk_are_the_single_ones).
    """
    if not stations:
        raise InputError("stations", "passes need at least one station")
    geodetic = np.array([[one.latitude_rad, one.longitude_rad, one.height_m] for one in stations])
    own_rad = [one.minimum_elevation_rad if min_elevation_rad is None else min_elevation_rad for one in stations]
    try:
        rows, unsearched = constellation.pass_rows(geodetic, np.array(own_rad), start_tai_s, end_tai_s, threads)
    except _core.NativeError as error:
        raise InputError("search", str(error)) from error
    return AllPasses(
        satellite=rows[:, 0].astype(np.int64),
        station=rows[:, 1].astype(np.int64),
        aos_tai_s=rows[:, 2],
        los_tai_s=rows[:, 3],
        culmination_tai_s=rows[:, 4],
        max_elevation_rad=rows[:, 5],
        aos_azimuth_rad=rows[:, 6],
        los_azimuth_rad=rows[:, 7],
        min_range_m=rows[:, 8],
        truncated_start=rows[:, 9] == 1.0,
        truncated_end=rows[:, 10] == 1.0,
        unsearched=unsearched.astype(np.int64),
    )


def _pass(station: str, row: NDArray[np.float64]) -> Pass:
    aos, los, culmination, elevation, aos_azimuth, los_azimuth, least_range, cut_start, cut_end = row.tolist()
    return Pass(
        station=station,
        aos_tai_s=aos,
        los_tai_s=los,
        culmination_tai_s=culmination,
        max_elevation_rad=elevation,
        aos_azimuth_rad=aos_azimuth,
        los_azimuth_rad=los_azimuth,
        min_range_m=least_range,
        truncated_start=bool(cut_start),
        truncated_end=bool(cut_end),
    )


def look_angles(ephemeris: Ephemeris, station: GroundStation) -> LookAngles:
    """Azimuth, elevation and range from a station, shapes (n,)."""
    r_itrf_m = rotate(dcm_itrf_from_gcrf(ephemeris.t_tai_s), ephemeris.r_gcrf_m)
    return azimuth_elevation(sez_from_itrf(r_itrf_m, station.latitude_rad, station.longitude_rad, station.height_m))
