"""Advances one spacecraft step by step: resources and attitude flown together while it does one thing after another.

The spacecraft simulator and the battery check step with this; a plan is flown with the same kernels. Attitude, light and
heat from outside are computed for a stretch of half an hour at once, so that a step costs one call of the resource kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.attitude import (
    AttitudeEnvironment,
    AttitudeFlight,
    AttitudeState,
    CommandedPointing,
    FlightFactors,
    FlightMode,
    PointingLaw,
    PointingSegment,
    PointingTrack,
    commanded_pointing,
    fly_attitude_members,
    pointing,
)
from core.attitude.quaternion import conjugate, matrix_of, multiply, out_of_body, rotation_angle_rad
from core.errors import InputError
from core.mission.model import Bus, Mode
from core.orbit import Orbit, Sgp4Orbit
from core.plan.orbit_surroundings import orbit_surroundings
from core.plan.resource_flight import ResourceFlight, ResourceStart, ResourceTimeline, fly_resources
from core.plan.resource_members import ResourceFactors
from core.plan.resource_start import settled_start
from core.plan.resource_surroundings import ResourceSurroundings, resource_surroundings
from core.power import consumers_on

__all__ = [
    "STRETCH_S",
    "Aim",
    "AttitudeAnchor",
    "AttitudeNow",
    "CraftState",
    "Departures",
    "Duty",
    "Step",
    "Stepper",
    "settled_craft",
]

FloatArray = NDArray[np.float64]

STRETCH_S: Final = 1800.0
_CELL_S: Final = 15.0  # a slew of 90 degrees takes six cells; shadow edges come at most half a cell early or late
_EDGE_S: Final = 1e-6


@dataclass(frozen=True)
class Aim:
    """What the attitude is held to; places in ITRF, directions in RTN, an inertial attitude as quaternion from GCRF.

    ``torque_n_m`` is what a burn leaves to the wheels meanwhile, body axes.
    """

    law: PointingLaw
    place_itrf_m: tuple[float, float, float] | None = None
    direction_rtn: tuple[float, float, float] | None = None
    q_body_gcrf: tuple[float, float, float, float] | None = None
    torque_n_m: tuple[float, float, float] | None = None

    def segment(self, start_tai_s: float) -> PointingSegment:
        """As the attitude flight takes it."""
        place, direction, q = (
            None if one is None else np.array(one) for one in (self.place_itrf_m, self.direction_rtn, self.q_body_gcrf)
        )
        return PointingSegment(start_tai_s, self.law, place, direction, q)


@dataclass(frozen=True)
class AttitudeAnchor:
    """Where the attitude flight in progress began: the state then, and what has been aimed at since."""

    t_tai_s: float
    state: AttitudeState
    aim: Aim


@dataclass(frozen=True)
class CraftState:
    """One spacecraft at an instant; the attitude follows from its anchor."""

    t_tai_s: float
    resources: ResourceStart  # of one member
    anchor: AttitudeAnchor


@dataclass(frozen=True)
class Duty:
    """What the spacecraft does over an interval; data rates in byte/s, ``thrusters_open`` the sum of duties."""

    mode: Mode
    aim: Aim
    imaging: bool = False
    sent_byte_s: float = 0.0
    s_band: bool = False
    thrusters_open: float = 0.0


@dataclass(frozen=True)
class Departures:
    """How a spacecraft departs from its design: shares that are left, factors, parts that do not work, open valves."""

    array_power: float = 1.0
    battery_capacity: float = 1.0
    battery_resistance: float = 1.0
    wheel_friction: float = 1.0
    heaters_off: frozenset[str] = frozenset()
    trackers_blind: frozenset[str] = frozenset()
    leak_open: float = 0.0  # duty of one thruster that a leaking valve amounts to

    def factors(self) -> ResourceFactors:
        """For one member of a resource flight."""
        nominal = ResourceFactors.nominal(1)
        return replace(
            nominal,
            array_power=nominal.array_power * self.array_power,
            battery_capacity=nominal.battery_capacity * self.battery_capacity,
            battery_resistance=nominal.battery_resistance * self.battery_resistance,
        )


@dataclass(frozen=True)
class AttitudeNow:
    """The attitude at an instant; wheel torques and power are means over the cell that the instant is in."""

    q_body_gcrf: FloatArray
    omega_body_gcrf_rad_s: FloatArray
    wheel_n_m_s: FloatArray
    error_rad: float
    wheel_torque_n_m: FloatArray
    trackers_blinded: NDArray[np.bool_]


@dataclass(frozen=True)
class Step:
    """An advanced state and what flowed: one row of ``flight`` at each cell edge, the first at the start."""

    state: CraftState
    flight: ResourceFlight
    illumination: float


class Stepper:
    """One spacecraft along its orbit.

    Args:
        bus: Its design.
        orbit: Where it flies.
        departures: How it departs from the design.
    """

    def __init__(self, bus: Bus, orbit: Orbit, departures: Departures | None = None) -> None:
        self.bus = bus
        self.orbit = orbit
        self.departures = departures or Departures()
        self._stretch: _Stretch | None = None

    def advance(self, state: CraftState, duty: Duty, until_tai_s: float) -> Step:
        """The state after doing one thing until an instant, or until the end of the stretch where that is earlier.

        Raises:
            InputError: The instant is not after the state, or the state is impossible.
            PhysicsError: Orbit, ephemeris or resources cannot be flown there.
        """
        if not until_tai_s > state.t_tai_s:
            raise InputError("until_tai_s", f"{until_tai_s} s is not after the state at {state.t_tai_s} s")
        state = self._aimed(state, duty.aim)
        stretch = self._stretch_of(state.anchor)
        end_tai_s = min(until_tai_s, float(stretch.grid_tai_s[-1]))
        t_s, cells = stretch.cut(state.t_tai_s, end_tai_s)
        flight = fly_resources(
            self.bus,
            self._timeline(t_s, duty),
            stretch.surroundings_of(cells),
            state.resources,
            self.departures.factors(),
        )
        return Step(
            CraftState(end_tai_s, flight.end, state.anchor), flight, float(stretch.around.illumination[cells[-1]])
        )

    def attitude(self, state: CraftState) -> AttitudeNow:
        """The attitude at the state's instant."""
        now = self._stretch_of(state.anchor).at(state.t_tai_s)
        if not self.departures.trackers_blind or self.bus.attitude is None:
            return now
        blind = [one.id in self.departures.trackers_blind for one in self.bus.attitude.star_trackers]
        return replace(now, trackers_blinded=now.trackers_blinded | np.array(blind, dtype=np.bool_))

    def anchored(self, state: CraftState) -> CraftState:
        """The same state with an attitude flight that begins now: before another orbit or design takes over."""
        flown = self._stretch_of(state.anchor).state_at(state.t_tai_s)
        return replace(state, anchor=AttitudeAnchor(state.t_tai_s, flown, state.anchor.aim))

    def slew_s(self, state: CraftState, aim: Aim) -> float:
        """How long it takes from now to be on another aim, settling included."""
        return _Stretch(self.bus, self.orbit, self._aimed(state, aim).anchor, 1.0).slew_s() + self.bus.settle_s

    def off_rad(self, state: CraftState, aim: Aim, axis_body: tuple[float, float, float]) -> float:
        """Angle from where a body axis points now to where it would point on an aim."""
        now, axis = state.t_tai_s, np.array(axis_body)
        wanted = pointing(
            self.bus, orbit_surroundings(self.orbit.propagate(np.array([now, now + 1.0]))), aim.segment(now)
        )
        there, here = out_of_body(wanted.q_body_gcrf[0], axis), out_of_body(self.attitude(state).q_body_gcrf, axis)
        return float(np.arctan2(np.linalg.norm(np.cross(there, here)), there @ here))

    def _aimed(self, state: CraftState, aim: Aim) -> CraftState:
        """A new anchor where the aim changes or the stretch ends."""
        if _keeps(state.anchor.aim, aim):
            return self._continued(state)
        flown = self._stretch_of(state.anchor).state_at(state.t_tai_s)
        if aim.law is PointingLaw.INERTIAL and aim.q_body_gcrf is None:
            w, x, y, z = flown.q_body_gcrf.tolist()
            aim = replace(aim, q_body_gcrf=(w, x, y, z))
        return replace(state, anchor=AttitudeAnchor(state.t_tai_s, flown, aim))

    def _continued(self, state: CraftState) -> CraftState:
        anchor = state.anchor
        if state.t_tai_s < anchor.t_tai_s + STRETCH_S - _EDGE_S:
            return state
        flown = self._stretch_of(anchor).state_at(state.t_tai_s)
        return replace(state, anchor=AttitudeAnchor(state.t_tai_s, flown, anchor.aim))

    def _stretch_of(self, anchor: AttitudeAnchor) -> _Stretch:
        if self._stretch is None or self._stretch.anchor is not anchor:
            self._stretch = _Stretch(self.bus, self.orbit, anchor, self.departures.wheel_friction)
        return self._stretch

    def _timeline(self, t_s: FloatArray, duty: Duty) -> ResourceTimeline:
        count = len(t_s) - 1
        all_on = np.ones(count, dtype=np.bool_)
        burning = duty.thrusters_open > 0.0
        lasting = {"imaging": duty.imaging, "x_band": duty.sent_byte_s > 0.0, "s_band": duty.s_band, "burn": burning}
        recorded = self.bus.imager.data_rate_bit_s / 8.0 if duty.imaging else 0.0
        enabled = [one.id not in self.departures.heaters_off for one in self.bus.thermal.heaters]
        return ResourceTimeline(
            t_s,
            consumers_on(
                self.bus.loads, [duty.mode.value] * count, {name: all_on & on for name, on in lasting.items()}
            ),
            np.full(count, recorded),
            np.full(count, duty.sent_byte_s),
            np.full(count, duty.thrusters_open + self.departures.leak_open),
            np.tile(np.array(enabled, dtype=np.bool_), (count, 1)),
        )


def _keeps(present: Aim, wanted: Aim) -> bool:
    """Whether nothing changes: an inertial attitude without a quaternion is the one that is held."""
    held = wanted.law is PointingLaw.INERTIAL and wanted.q_body_gcrf is None
    return (replace(present, q_body_gcrf=None) if held else present) == wanted


def settled_craft(
    bus: Bus,
    orbit: Sgp4Orbit,
    t_tai_s: float,
    mode: Mode,
    aim: Aim,
    *,
    soc: float,
    propellant_kg: float,
    stored_bytes: float,
    temperatures_k: Mapping[str, float] | None = None,
) -> CraftState:
    """A spacecraft that has long been in one mode, at rest on its aim with wheels that hold nothing.

    Raises:
        InputError: A value is impossible; names it.
        PhysicsError: The orbit cannot be propagated there.
    """
    resources = settled_start(
        bus,
        orbit,
        t_tai_s,
        mode.value,
        soc=soc,
        propellant_kg=propellant_kg,
        stored_bytes=stored_bytes,
        temperatures_k=temperatures_k,
    )
    track = pointing(bus, orbit_surroundings(orbit.propagate(np.array([t_tai_s, t_tai_s + 1.0]))), aim.segment(t_tai_s))
    resting = AttitudeState(track.q_body_gcrf[0], track.omega_body_gcrf_rad_s[0], np.zeros(bus.wheels.count))
    return CraftState(t_tai_s, resources, AttitudeAnchor(t_tai_s, resting, aim))


class _Stretch:
    """Attitude, light and heat from outside over the half hour that follows an anchor."""

    def __init__(self, bus: Bus, orbit: Orbit, anchor: AttitudeAnchor, wheel_friction: float) -> None:
        self.anchor = anchor
        self._bus = bus
        self._orbit = orbit
        self._friction = wheel_friction
        self.grid_tai_s = anchor.t_tai_s + np.arange(0.0, STRETCH_S + 0.5 * _CELL_S, _CELL_S)
        self._around = self._surroundings(self.grid_tai_s)

    def _surroundings(self, t_tai_s: FloatArray) -> AttitudeEnvironment:
        torque_n_m = self.anchor.aim.torque_n_m
        applied_n_m = None if torque_n_m is None else np.tile(torque_n_m, (len(t_tai_s), 1))
        return orbit_surroundings(self._orbit.propagate(t_tai_s), applied_n_m)

    @cached_property
    def flight(self) -> AttitudeFlight:
        """The screening flight on the grid."""
        return self._flown(self._around)

    @cached_property
    def around(self) -> ResourceSurroundings:
        """Surroundings of each cell, at its middle."""
        middles = 0.5 * (self.grid_tai_s[:-1] + self.grid_tai_s[1:])
        track = self._track(middles)
        return resource_surroundings(middles, self._orbit.propagate(middles).r_gcrf_m, matrix_of(track.q_body_gcrf))

    def cut(self, start_tai_s: float, end_tai_s: float) -> tuple[FloatArray, NDArray[np.int64]]:
        """Instants of an interval and of the cell edges inside it, and the cell of each part."""
        inside = self.grid_tai_s[(self.grid_tai_s > start_tai_s + _EDGE_S) & (self.grid_tai_s < end_tai_s - _EDGE_S)]
        t_s = np.concatenate([[start_tai_s], inside, [end_tai_s]])
        return t_s, self._cell_of(0.5 * (t_s[:-1] + t_s[1:]))

    def surroundings_of(self, cells: NDArray[np.int64]) -> ResourceSurroundings:
        """Rows of some cells."""
        around = self.around
        return ResourceSurroundings(
            around.sun_body[cells],
            around.sunlight_w_m2[cells],
            around.illumination[cells],
            around.earth_body[cells],
            around.earth_distance_m[cells],
            around.albedo[cells],
            around.infrared_w_m2[cells],
        )

    def at(self, t_tai_s: float) -> AttitudeNow:
        """Attitude and rate of the profile itself; momenta between the samples of the grid."""
        track = self._track(np.array([t_tai_s]))
        wanted = pointing(self._bus, self._around, self._held(), np.array([t_tai_s]))
        cell = int(self._cell_of(np.array([t_tai_s]))[0])
        share = (t_tai_s - self.grid_tai_s[cell]) / _CELL_S
        wheels = self.flight.wheel_n_m_s
        off = multiply(track.q_body_gcrf, conjugate(wanted.q_body_gcrf))
        return AttitudeNow(
            track.q_body_gcrf[0],
            track.omega_body_gcrf_rad_s[0],
            (1.0 - share) * wheels[cell] + share * wheels[cell + 1],
            float(rotation_angle_rad(off)[0]),
            self.flight.wheel_torque_n_m[cell + 1],
            self.flight.blinded[cell + 1],
        )

    def slew_s(self) -> float:
        """From the anchor to the end of its slew, to a second."""
        seconds = np.arange(0.0, STRETCH_S, 1.0)
        slewing = self._commanded(self.anchor.t_tai_s + seconds).slewing
        return float(seconds[slewing][-1]) + 1.0 if slewing.any() else 0.0

    def state_at(self, t_tai_s: float) -> AttitudeState:
        """The state at an instant, flown up to it; momentum beyond the wheels' capacity is cut, as wheels cut it."""
        earlier = self.grid_tai_s[self.grid_tai_s < t_tai_s - _EDGE_S]
        if not earlier.size:
            return self.anchor.state
        flight = self._flown(self._surroundings(np.append(earlier, t_tai_s)))
        capacity = self._bus.wheels.momentum_capacity_n_m_s
        q = flight.q_body_gcrf[-1] / np.linalg.norm(flight.q_body_gcrf[-1])
        return AttitudeState(q, flight.omega_body_gcrf_rad_s[-1], np.clip(flight.wheel_n_m_s[-1], -capacity, capacity))

    def _held(self) -> PointingSegment:
        return self.anchor.aim.segment(self.anchor.t_tai_s)

    def _cell_of(self, t_tai_s: FloatArray) -> NDArray[np.int64]:
        cells = np.floor((t_tai_s - self.anchor.t_tai_s) / _CELL_S).astype(np.int64)
        return np.clip(cells, 0, len(self.grid_tai_s) - 2)

    def _track(self, t_tai_s: FloatArray) -> PointingTrack:
        return self._commanded(t_tai_s).track

    def _commanded(self, t_tai_s: FloatArray) -> CommandedPointing:
        start = self.anchor.state
        return commanded_pointing(
            self._bus, self._around, [self._held()], start.q_body_gcrf, start.omega_body_gcrf_rad_s, t_tai_s
        )

    def _flown(self, environment: AttitudeEnvironment) -> AttitudeFlight:
        factors = replace(FlightFactors.nominal(1), wheel_friction=np.array([self._friction]))
        return fly_attitude_members(
            self._bus, [self.anchor.state], [self._held()], environment, FlightMode.SCREENING, factors=factors
        ).member(0)
