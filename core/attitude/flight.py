"""Flying an attitude timeline: closed loop, with sensors, or as ideal profiles; one spacecraft or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.attitude.craft import ControlLaw, attitude_craft, attitude_design
from core.attitude.dynamics import AttitudeState
from core.attitude.environment import AttitudeEnvironment
from core.attitude.guidance import PointingSegment, pointing, segment_rows
from core.errors import InputError
from core.mission.model import Bus
from native import _core

__all__ = [
    "AttitudeFlight",
    "FlightFactors",
    "FlightMode",
    "TrackerOutage",
    "fly_attitude",
    "fly_attitude_members",
    "resting_state",
]

FloatArray = NDArray[np.float64]


class FlightMode(Enum):
    """How an attitude is flown.

    SCREENING follows the commanded profile exactly on the grid and integrates momentum by trapezoids. FULL steps rigid
    body, wheels, control and unloading (step of the design's control). SENSED adds sensors, blinding and the filter.
    Over half a day of the reference mission on a grid of 30 s with eight slews, screening differs from FULL by less than
    0.01 deg and, in each wheel, 0.01 N m s where both are settled, and by 0.1 deg in slews
    (test_screening_agrees_with_the_full_flight).
    """

    SCREENING = 0
    FULL = 1
    SENSED = 2


@dataclass(frozen=True)
class TrackerOutage:
    """A star tracker that gives nothing for a while."""

    tracker: str
    start_tai_s: float
    end_tai_s: float


@dataclass(frozen=True)
class FlightFactors:
    """How members of a Monte Carlo differ from the design and environment, each of shape (m,); 1 is nominal."""

    inertia: FloatArray
    wheel_friction: FloatArray
    density: FloatArray
    solar_pressure: FloatArray
    residual_dipole: FloatArray

    @classmethod
    def nominal(cls, members: int) -> FlightFactors:
        """No difference."""
        return cls(*(np.ones(members) for _ in fields(cls)))

    def rows(self, members: int) -> FloatArray:
        """One row for each member; InputError where a factor is missing, negative or not finite."""
        for one in fields(self):
            column = getattr(self, one.name)
            if np.shape(column) != (members,) or not np.isfinite(column).all() or (column < 0.0).any():
                raise InputError(f"factors.{one.name}", f"needs {members} finite values, none negative; got {column}")
        return np.stack([getattr(self, one.name) for one in fields(self)], axis=1)


@dataclass(frozen=True)
class AttitudeFlight:
    """What the attitude does on the grid of n times; arrays of members have one axis more, first.

    Attributes:
        q_body_gcrf: (n, 4).
        omega_body_gcrf_rad_s: (n, 3).
        wheel_n_m_s: Momentum of each wheel (n, w); in screening it may exceed the capacity, which says how much is missing.
        error_rad: Between the attitude and what the segment asks for, slews included (n,).
        dipole_a_m2: Mean absolute magnetorquer dipole over the interval that ends at the sample (n, 3).
        wheel_torque_n_m: Mean absolute motor torque likewise (n, w).
        wheel_power_w: Mean mechanical power of all wheels, driving and braking both counted (n,).
        keep_out_margin_rad: Angle outside each keep-out cone, negative inside, pi where the Sun is eclipsed (n, k).
        estimate_error_rad: Of the on-board estimate; 0 unless sensed (n,).
        settled: Slew over and error within the design's bound; in screening, slew over for the settling time (n,).
        blinded: Whether each star tracker sees no stars or is out of use (n, trackers).
        jet_on_s: Total on-time of each thruster for momentum unloading (t,).
        blocked_slews: Slews that found no way round a forbidden cone and were flown through it.
    """

    t_tai_s: FloatArray
    q_body_gcrf: FloatArray
    omega_body_gcrf_rad_s: FloatArray
    wheel_n_m_s: FloatArray
    error_rad: FloatArray
    dipole_a_m2: FloatArray
    wheel_torque_n_m: FloatArray
    wheel_power_w: FloatArray
    keep_out_margin_rad: FloatArray
    estimate_error_rad: FloatArray
    settled: NDArray[np.bool_]
    blinded: NDArray[np.bool_]
    jet_on_s: FloatArray
    blocked_slews: NDArray[np.int32]

    def member(self, index: int) -> AttitudeFlight:
        """One member of a flight of many."""
        names = [one.name for one in fields(self) if one.name != "t_tai_s"]
        return AttitudeFlight(self.t_tai_s, **{name: getattr(self, name)[index] for name in names})


def fly_attitude(
    bus: Bus,
    start: AttitudeState,
    segments: Sequence[PointingSegment],
    environment: AttitudeEnvironment,
    mode: FlightMode,
    *,
    outages: Sequence[TrackerOutage] = (),
    seed: int = 0,
    law: ControlLaw = ControlLaw.QUATERNION,
) -> AttitudeFlight:
    """The attitude of one spacecraft along a timeline, on the environment's grid.

    Args:
        start: State at the first sample.
        segments: In order of time, the first at or before the first sample; each begins with its slew.
        environment: Grid and surroundings; 30 s is a good grid for low orbits.
        mode: How it is flown.
        outages: Failures of star trackers.
        seed: Of the sensors' noise.
        law: Of the control.
    Raises:
        InputError: A start state that is not finite, not unit or beyond the wheels; segments out of order; an outage of
            an unknown tracker; a sensed flight without the sensors for it.
    """
    return fly_attitude_members(
        bus, [start], segments, environment, mode, outages=outages, seeds=[seed], law=law
    ).member(0)


def fly_attitude_members(
    bus: Bus,
    starts: Sequence[AttitudeState],
    segments: Sequence[PointingSegment],
    environment: AttitudeEnvironment,
    mode: FlightMode,
    *,
    factors: FlightFactors | None = None,
    outages: Sequence[TrackerOutage] = (),
    seeds: Sequence[int] | None = None,
    law: ControlLaw = ControlLaw.QUATERNION,
) -> AttitudeFlight:
    """The same for m members that differ in start, factors and noise; arrays of shape (m, n, ...). As fly_attitude."""
    craft = attitude_craft(bus, law)
    _check_sensors(bus, mode)
    members = len(starts)
    scale = factors or FlightFactors.nominal(members)
    try:
        columns: dict[str, Any] = _core.fly_attitude(
            craft,
            environment.native,
            segment_rows(environment, segments),
            _outage_rows(bus, outages, environment),
            mode.value,
            np.array([_start_row(bus, one) for one in starts]),
            scale.rows(members),
            list(seeds) if seeds is not None else list(range(members)),
        )
    except _core.NativeError as error:
        raise InputError("attitude flight", str(error)) from error
    columns["omega_body_gcrf_rad_s"] = columns.pop("omega_rad_s")
    columns["settled"] = columns["settled"].astype(np.bool_)
    trackers = np.arange(len(attitude_design(bus).star_trackers), dtype=np.uint8)
    columns["blinded"] = (columns["blinded"][..., np.newaxis] >> trackers & 1).astype(np.bool_)
    return AttitudeFlight(t_tai_s=environment.t_tai_s, **columns)


def resting_state(bus: Bus, environment: AttitudeEnvironment, segment: PointingSegment) -> AttitudeState:
    """On a pointing law at the first sample, settled, with wheels that hold nothing."""
    track = pointing(bus, environment, segment, environment.t_tai_s[:1])
    return AttitudeState(track.q_body_gcrf[0], track.omega_body_gcrf_rad_s[0], np.zeros(bus.wheels.count))


def _start_row(bus: Bus, start: AttitudeState) -> FloatArray:
    row = np.concatenate([start.q_body_gcrf, start.omega_body_gcrf_rad_s, start.wheel_n_m_s])
    if row.shape != (7 + bus.wheels.count,) or not np.isfinite(row).all():
        raise InputError("start", f"needs a quaternion, a rate and {bus.wheels.count} wheel momenta, all finite")
    length = float(np.linalg.norm(start.q_body_gcrf))
    if abs(length - 1.0) > 1.0e-6:
        raise InputError("start.q_body_gcrf", f"has length {length:.6g}; a quaternion of an attitude has length 1")
    largest, capacity = float(np.abs(start.wheel_n_m_s).max()), bus.wheels.momentum_capacity_n_m_s
    if largest > capacity:
        raise InputError("start.wheel_n_m_s", f"{largest:.3f} N m s is beyond the wheels' {capacity:g} N m s")
    return row


def _outage_rows(bus: Bus, outages: Sequence[TrackerOutage], environment: AttitudeEnvironment) -> FloatArray:
    names = [one.id for one in attitude_design(bus).star_trackers]
    for one in outages:
        if one.tracker not in names:
            raise InputError("outages.tracker", f"{one.tracker!r} is not one of {names}")
    first = float(environment.t_tai_s[0])
    rows = [[float(names.index(o.tracker)), o.start_tai_s - first, o.end_tai_s - first] for o in outages]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def _check_sensors(bus: Bus, mode: FlightMode) -> None:
    if mode is not FlightMode.SENSED:
        return
    design = attitude_design(bus)
    present = {
        "gyro": design.gyro is not None,
        "star_trackers": bool(design.star_trackers),
        "sun_sensors": design.sun_sensors is not None,
        "magnetometer": design.magnetometer is not None,
    }
    missing = [name for name, there in present.items() if not there]
    if missing:
        raise InputError(
            "attitude", f"a sensed flight needs {', '.join(present)}; the design lacks {', '.join(missing)}"
        )
