"""Events of one orbit where a quantity crosses zero: nodes, apsides and keep-out of a boresight; all roots at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.frames import (
    dcm_itrf_from_gcrf,
    dcm_rtn_from_gcrf,
    geodetic_from_itrf,
    moon_position_gcrf_m,
    rotate,
    sun_position_gcrf_m,
)
from core.orbit.propagation import Ephemeris, Sgp4Orbit
from core.orbit.search import LONGEST_SEARCH_S

__all__ = [
    "Apses",
    "GroundTrack",
    "KeepOut",
    "Nodes",
    "beta_angle_rad",
    "find_apsides",
    "find_keep_out",
    "find_nodes",
    "ground_track",
]

FloatArray = NDArray[np.float64]

_SAMPLES_PER_REVOLUTION: Final = 180.0
_TOLERANCE_S: Final = 1e-4
_ITERATIONS: Final = 60


@dataclass(frozen=True)
class Nodes:
    """Crossings of the equator of the date (TEME), in order of time; ``ascending`` says which way."""

    t_tai_s: FloatArray
    ascending: NDArray[np.bool_]
    longitude_rad: FloatArray  # geodetic, east, of the point below


@dataclass(frozen=True)
class Apses:
    """Extremes of the distance from the Earth's centre, in order of time; ``pericentre`` says which."""

    t_tai_s: FloatArray
    pericentre: NDArray[np.bool_]
    radius_m: FloatArray


@dataclass(frozen=True)
class KeepOut:
    """Spans in which a boresight is nearer to the Sun or the Moon than allowed, and the least angle in each."""

    start_tai_s: FloatArray
    end_tai_s: FloatArray
    least_angle_rad: FloatArray


@dataclass(frozen=True)
class GroundTrack:
    """The points of the WGS 84 ellipsoid below a satellite, shapes (n,)."""

    t_tai_s: FloatArray
    latitude_rad: FloatArray
    longitude_rad: FloatArray
    height_m: FloatArray


def find_nodes(orbit: Sgp4Orbit, start_tai_s: float, end_tai_s: float) -> Nodes:
    """Where the satellite crosses the equator, to 0.1 ms.

    Raises:
        InputError: The span is empty or longer than 400 days.
        PropagationError: SGP4 fails inside the span.
    """

    def height_m(t_tai_s: FloatArray) -> FloatArray:
        return orbit.propagate_teme(t_tai_s)[0][:, 2]

    t_tai_s, upwards = _crossings(height_m, _samples(orbit, start_tai_s, end_tai_s))
    return Nodes(t_tai_s, upwards, ground_track(orbit, t_tai_s).longitude_rad)


def find_apsides(orbit: Sgp4Orbit, start_tai_s: float, end_tai_s: float) -> Apses:
    """Where the distance from the Earth's centre is least and largest, to 0.1 ms; errors as :func:`find_nodes`.

    Nearly circular orbits have more than two extremes a revolution, as oblateness moves them by kilometres.
    """

    def radial_rate(t_tai_s: FloatArray) -> FloatArray:
        r_teme_m, v_teme_m_s = orbit.propagate_teme(t_tai_s)
        rate: FloatArray = np.einsum("ij,ij->i", r_teme_m, v_teme_m_s)
        return rate

    t_tai_s, outwards = _crossings(radial_rate, _samples(orbit, start_tai_s, end_tai_s))
    radius_m = np.linalg.norm(orbit.propagate_teme(t_tai_s)[0], axis=1) if t_tai_s.size else np.zeros(0)
    return Apses(t_tai_s, outwards, np.asarray(radius_m, dtype=np.float64))


def beta_angle_rad(ephemeris: Ephemeris) -> FloatArray:
    """Angle of the Sun above the orbit's plane, towards the angular momentum, shape (n,).

    Source: Wertz, Space Mission Analysis and Design, 3rd ed., section 5.1.
    """
    momentum = np.cross(ephemeris.r_gcrf_m, ephemeris.v_gcrf_m_s)
    sun_m = sun_position_gcrf_m(ephemeris.t_tai_s)
    sine = np.einsum("ij,ij->i", momentum, sun_m) / (np.linalg.norm(momentum, axis=1) * np.linalg.norm(sun_m, axis=1))
    beta: FloatArray = np.arcsin(np.clip(sine, -1.0, 1.0))
    return beta


def ground_track(orbit: Sgp4Orbit, t_tai_s: FloatArray) -> GroundTrack:
    """The points below the satellite at TAI seconds since J2000, shape (n,)."""
    times = np.atleast_1d(np.asarray(t_tai_s, dtype=np.float64))
    if times.size == 0:
        return GroundTrack(times, times, times, times)
    ephemeris = orbit.propagate(times)
    below = geodetic_from_itrf(rotate(dcm_itrf_from_gcrf(times), ephemeris.r_gcrf_m))
    return GroundTrack(times, below.latitude_rad, below.longitude_rad, below.height_m)


def find_keep_out(
    orbit: Sgp4Orbit,
    boresight_rtn: FloatArray,
    least_angle_rad: float,
    start_tai_s: float,
    end_tai_s: float,
    *,
    moon: bool = False,
) -> KeepOut:
    """When a boresight fixed in RTN axes comes nearer to the Sun (or the Moon) than an angle.

    Args:
        boresight_rtn: Direction in radial, transverse, normal axes, shape (3,); its length does not matter.
        least_angle_rad: Allowed angle, in (0, pi).
        moon: Keep out of the Moon instead of the Sun.
    Raises:
        InputError: The direction has no length, the angle or the span is out of range.
        PropagationError: SGP4 fails inside the span.
        EphemerisSpanError: The span leaves the years of the ephemeris.
    """
    length = float(np.linalg.norm(boresight_rtn))
    if not (length > 0.0 and math.isfinite(length)):
        raise InputError("boresight_rtn", f"{boresight_rtn} has no direction")
    if not 0.0 < least_angle_rad < math.pi:
        raise InputError("least_angle_rad", f"{least_angle_rad} is not in (0, pi)")
    direction = np.asarray(boresight_rtn, dtype=np.float64) / length
    body_of = moon_position_gcrf_m if moon else sun_position_gcrf_m

    def angle_rad(t_tai_s: FloatArray) -> FloatArray:
        ephemeris = orbit.propagate(t_tai_s)
        dcm_rtn = dcm_rtn_from_gcrf(ephemeris.r_gcrf_m, ephemeris.v_gcrf_m_s)
        to_body = rotate(dcm_rtn, body_of(t_tai_s) - ephemeris.r_gcrf_m)
        across = np.linalg.norm(np.cross(direction, to_body), axis=1)
        angle: FloatArray = np.arctan2(across, to_body @ direction)
        return angle

    samples = _samples(orbit, start_tai_s, end_tai_s)
    samples = _with_turning_points(angle_rad, samples)
    edges_s, leaving = _crossings(lambda t: angle_rad(t) - least_angle_rad, samples)
    starts, ends = edges_s[~leaving], edges_s[leaving]
    if angle_rad(samples[:1])[0] < least_angle_rad:
        starts = np.concatenate([samples[:1], starts])
    if starts.size > ends.size:
        ends = np.concatenate([ends, samples[-1:]])
    angles = angle_rad(samples)
    edge_angles = np.minimum(angle_rad(starts), angle_rad(ends)) if starts.size else np.zeros(0)
    least = [
        min([float(edge), *angles[(samples >= a) & (samples <= b)].tolist()])
        for a, b, edge in zip(starts, ends, edge_angles, strict=True)
    ]
    return KeepOut(starts, ends, np.array(least, dtype=np.float64))


def _samples(orbit: Sgp4Orbit, start_tai_s: float, end_tai_s: float) -> FloatArray:
    """Times no further apart than a 180th of the fastest revolution."""
    if not 0.0 < end_tai_s - start_tai_s <= LONGEST_SEARCH_S:
        length_day = (end_tai_s - start_tai_s) / 86_400.0
        raise InputError("window", f"a search over {length_day:.3f} days is not in the range (0, 400] days")
    e = orbit.elements.eccentricity
    step_s = orbit.period_s / _SAMPLES_PER_REVOLUTION * (1.0 - e * e) ** 1.5 / (1.0 + e) ** 2
    count = max(3, math.ceil((end_tai_s - start_tai_s) / step_s) + 1)
    return np.linspace(start_tai_s, end_tai_s, count)


def _crossings(of: Callable[[FloatArray], FloatArray], t_tai_s: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Times where a quantity changes sign between samples, solved together; and whether it rises.

    The Illinois form of false position (Dowell and Jarratt 1971) keeps every bracket and converges superlinearly.
    """
    values = of(t_tai_s)
    where = np.flatnonzero((values[:-1] < 0.0) != (values[1:] < 0.0))
    low, high, f_low, f_high = t_tai_s[where], t_tai_s[where + 1], values[where], values[where + 1]
    rising = f_high >= 0.0
    root = low
    for _ in range(_ITERATIONS if where.size else 0):
        previous, root = root, (low * f_high - high * f_low) / (f_high - f_low)
        f_root = of(root)
        same_as_high = (f_root < 0.0) == (f_high < 0.0)
        f_low = np.where(same_as_high, 0.5 * f_low, f_high)
        low = np.where(same_as_high, low, high)
        high, f_high = root, f_root
        if float(np.max(np.abs(root - previous))) < _TOLERANCE_S:
            break
    order = np.argsort(root, kind="stable")
    return root[order], rising[order]


def _with_turning_points(of: Callable[[FloatArray], FloatArray], t_tai_s: FloatArray) -> FloatArray:
    """The samples and the least values between them, by golden sections of all at once."""
    values = of(t_tai_s)
    middle = np.flatnonzero((values[1:-1] <= values[:-2]) & (values[1:-1] < values[2:])) + 1
    low, high = t_tai_s[middle - 1].copy(), t_tai_s[middle + 1].copy()
    ratio = (math.sqrt(5.0) - 1.0) / 2.0
    while middle.size and float(np.max(high - low)) > 1e-2:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        nearer_left = of(left) < of(right)
        high, low = np.where(nearer_left, right, high), np.where(nearer_left, low, left)
    return np.unique(np.concatenate([t_tai_s, 0.5 * (low + high)]))
