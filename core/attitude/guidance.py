"""Pointing: which attitude and rate a mode asks for, and the commanded attitude along a timeline with its slews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.attitude.craft import attitude_craft
from core.attitude.environment import AttitudeEnvironment
from core.errors import InputError
from core.frames import dcm_cirs_from_gcrf, dcm_itrf_from_gcrf
from core.mission.model import Bus
from native import _core

__all__ = [
    "CommandedPointing",
    "PointingLaw",
    "PointingSegment",
    "PointingTrack",
    "commanded_pointing",
    "pointing",
    "segment_rows",
]

FloatArray = NDArray[np.float64]


class PointingLaw(StrEnum):
    """What an attitude is held to. The second axis is the array's, against the orbit normal, unless said otherwise."""

    SUN = "sun"  # the array's zero normal to the Sun, its axis towards the celestial pole
    NADIR = "nadir"  # the payload boresight to the Earth's centre
    TARGET = "target"  # the payload boresight to a place
    INERTIAL = "inertial"  # the attitude given, or held from what came before
    VELOCITY = "velocity"  # the thrust axis along the velocity
    STATION = "station"  # the antenna boresight to a place
    SAFE_SPIN = "safe_spin"  # as sun, turning about the array's normal; wild rates are damped by magnetorquers first
    THRUST = "thrust"  # the thrust axis along a direction in RTN, the payload not looking up


_NUMBERS: Final = {law: number for number, law in enumerate(PointingLaw)}
_NEED_PLACE: Final = {PointingLaw.TARGET, PointingLaw.STATION}


@dataclass(frozen=True)
class PointingSegment:
    """What to point at from a time on, until the next segment; it begins with the slew.

    Attributes:
        start_tai_s: TAI seconds since J2000.
        law: What is held.
        place_itrf_m: Where target and station are, ITRF (3,).
        direction_rtn: Of the thrust axis, radial, transverse, normal (3,).
        q_body_gcrf: Of an inertial attitude (4,); held from what came before unless given.
    """

    start_tai_s: float
    law: PointingLaw
    place_itrf_m: FloatArray | None = None
    direction_rtn: FloatArray | None = None
    q_body_gcrf: FloatArray | None = None


@dataclass(frozen=True)
class PointingTrack:
    """Attitudes (n, 4) and rates (n, 3) at n times."""

    t_tai_s: FloatArray
    q_body_gcrf: FloatArray
    omega_body_gcrf_rad_s: FloatArray


@dataclass(frozen=True)
class CommandedPointing:
    """The commanded attitude along a timeline: track, whether slewing (n,), index of the segment (n,).

    ``blocked_slews`` counts slews for which no way round the forbidden cones was found; they are flown directly.
    """

    track: PointingTrack
    slewing: NDArray[np.bool_]
    segment: NDArray[np.int64]
    blocked_slews: int


def pointing(
    bus: Bus, environment: AttitudeEnvironment, segment: PointingSegment, t_tai_s: FloatArray | None = None
) -> PointingTrack:
    """Attitude and rate that one segment asks for, without slews, at times (n,); on the environment's grid unless given.

    Raises:
        InputError: The segment lacks its place, direction or attitude.
    """
    if segment.law is PointingLaw.INERTIAL and segment.q_body_gcrf is None:
        raise InputError("segment.q_body_gcrf", "an inertial attitude alone needs its quaternion")
    times = environment.t_tai_s if t_tai_s is None else t_tai_s
    rows = _core.pointing_law(
        attitude_craft(bus), environment.native, segment_rows(environment, [segment]), times - environment.t_tai_s[0]
    )
    return PointingTrack(times, rows[:, :4], rows[:, 4:])


def commanded_pointing(
    bus: Bus,
    environment: AttitudeEnvironment,
    segments: Sequence[PointingSegment],
    q_start: FloatArray,
    omega_start_rad_s: FloatArray,
    t_tai_s: FloatArray | None = None,
) -> CommandedPointing:
    """The attitude that the control follows: every segment's law, reached by a slew within the bus's limits.

    A slew brakes the rate relative to the new law, then turns about the eigenaxis in the frame of the new law, so that
    it ends at rest on a law that itself moves; where that would enter a keep-out cone it goes by way of another attitude.

    Args:
        segments: In order of time, the first at or before the environment's first sample.
        q_start: Attitude at the first sample (4,).
        omega_start_rad_s: Rate there (3,).
        t_tai_s: Times (n,); the environment's grid unless given.
    Raises:
        InputError: Segments out of order, or without what their law needs.
    """
    times = environment.t_tai_s if t_tai_s is None else t_tai_s
    try:
        rows, blocked = _core.pointing_profile(
            attitude_craft(bus),
            environment.native,
            segment_rows(environment, segments),
            q_start,
            omega_start_rad_s,
            times - environment.t_tai_s[0],
        )
    except _core.NativeError as error:
        raise InputError("segments", str(error)) from error
    track = PointingTrack(times, rows[:, :4], rows[:, 4:7])
    return CommandedPointing(track, rows[:, 7] > 0.0, rows[:, 8].astype(np.int64), blocked)


def segment_rows(environment: AttitudeEnvironment, segments: Sequence[PointingSegment]) -> FloatArray:
    """Segments as the native side takes them; a place turns with the Earth from the segment's start on."""
    first_tai_s = float(environment.t_tai_s[0])
    return np.array([_row(segment, first_tai_s) for segment in segments]).reshape(-1, 13)


def _row(segment: PointingSegment, first_tai_s: float) -> list[float]:
    start_tai_s = max(segment.start_tai_s, first_tai_s)
    if not np.isfinite(segment.start_tai_s):
        raise InputError("segment.start_tai_s", f"{segment.start_tai_s} is not finite")
    place, pole = np.zeros(3), np.array([0.0, 0.0, 1.0])
    if segment.law in _NEED_PLACE:
        start = np.array([start_tai_s])
        place = _needed(segment.place_itrf_m, "place_itrf_m", segment.law) @ dcm_itrf_from_gcrf(start)[0]
        pole = dcm_cirs_from_gcrf(start)[0, 2]  # the celestial intermediate pole, about which the Earth turns
    elif segment.law is PointingLaw.THRUST:
        direction = _needed(segment.direction_rtn, "direction_rtn", segment.law)
        length = float(np.linalg.norm(direction))
        if not length > 0.0:
            raise InputError("segment.direction_rtn", "a direction of length 0 points nowhere")
        place = direction / length
    attitude = np.array([1.0, 0.0, 0.0, 0.0])
    if segment.q_body_gcrf is not None:
        attitude = _unit_quaternion(segment.q_body_gcrf)
    holds = segment.law is PointingLaw.INERTIAL and segment.q_body_gcrf is None
    return [start_tai_s - first_tai_s, float(_NUMBERS[segment.law]), *place, *pole, float(holds), *attitude]


def _needed(value: FloatArray | None, field: str, law: PointingLaw) -> FloatArray:
    if value is None or np.shape(value) != (3,) or not np.isfinite(value).all():
        raise InputError(f"segment.{field}", f"{law.value} pointing needs three finite numbers; got {value}")
    return np.asarray(value, dtype=np.float64)


def _unit_quaternion(q: FloatArray) -> FloatArray:
    length = float(np.linalg.norm(q)) if np.shape(q) == (4,) else 0.0
    if not abs(length - 1.0) < 1.0e-6:
        raise InputError("segment.q_body_gcrf", f"{q} is not a unit quaternion (w, x, y, z)")
    return np.asarray(q, dtype=np.float64)
