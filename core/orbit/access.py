"""When a satellite can see a place on the ground, within an off-nadir angle and, if asked, by daylight."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.frames import (
    dcm_itrf_from_gcrf,
    itrf_from_geodetic,
    rotate,
    shipped_earth_orientation,
    sun_moon_ephemeris,
)
from core.orbit.propagation import Ephemeris, Orbit
from core.orbit.search import search
from native import _core

__all__ = ["Access", "find_target_access", "off_nadir_rad"]


@dataclass(frozen=True)
class Access:
    """A window of access; the best moment is the one nearest to nadir."""

    start_tai_s: float
    end_tai_s: float
    best_tai_s: float
    min_off_nadir_rad: float
    sun_elevation_rad: float  # over the place at the best moment


def find_target_access(
    orbit: Orbit,
    latitude_rad: float,
    longitude_rad: float,
    height_m: float,
    start_tai_s: float,
    end_tai_s: float,
    max_off_nadir_rad: float,
    min_sun_elevation_rad: float | None = None,
    *,
    max_roll_rad: float | None = None,
    max_pitch_rad: float | None = None,
) -> list[Access]:
    """Access windows in time order; nadir points to the Earth's centre.

    A spacecraft that only rolls has a small ``max_pitch_rad``: it sees a place while that passes its side, within the roll
    that it can make. Roll is about the direction of flight across the radius, pitch then about the axis that it has turned.

    Args:
        max_off_nadir_rad: Largest angle at the satellite between nadir and the place, above 0 and below pi/2.
        min_sun_elevation_rad: Least elevation of the Sun at the place; None admits night.
        max_roll_rad: Largest angle across the track; None leaves it to the off-nadir angle.
        max_pitch_rad: Largest angle along the track after the roll; None leaves it to the off-nadir angle.
    Raises:
        InputError: The span or an angle is out of range.
        PropagationError: SGP4 fails inside the span.
        EphemerisSpanError: The span leaves the years of the Sun's ephemeris, 1972 to 2099.
    """
    geodetic = np.array([latitude_rad, longitude_rad, height_m])
    earth, sky = shipped_earth_orientation().table, sun_moon_ephemeris()
    sun_rad = -math.pi if min_sun_elevation_rad is None else min_sun_elevation_rad

    def find(
        elements: NDArray[np.float64], epoch_tai_s: float, first_tai_s: float, last_tai_s: float
    ) -> NDArray[np.float64]:
        return _core.find_target_access(
            elements,
            epoch_tai_s,
            geodetic,
            first_tai_s,
            last_tai_s,
            max_off_nadir_rad,
            sun_rad,
            earth,
            sky,
            math.pi if max_roll_rad is None else max_roll_rad,
            0.5 * math.pi if max_pitch_rad is None else max_pitch_rad,
        )

    return [Access(*(float(x) for x in row)) for row in search(orbit, start_tai_s, end_tai_s, find)]


def off_nadir_rad(
    ephemeris: Ephemeris, latitude_rad: float, longitude_rad: float, height_m: float
) -> NDArray[np.float64]:
    """Angle at the satellite between nadir (the Earth's centre) and a place on the ground, shape (n,)."""
    r_itrf_m = rotate(dcm_itrf_from_gcrf(ephemeris.t_tai_s), ephemeris.r_gcrf_m)
    to_place_m = itrf_from_geodetic(latitude_rad, longitude_rad, height_m) - r_itrf_m
    across = np.linalg.norm(np.cross(to_place_m, -r_itrf_m), axis=1)
    return np.asarray(np.arctan2(across, -np.einsum("ij,ij->i", to_place_m, r_itrf_m)), dtype=np.float64)
