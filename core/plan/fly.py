"""Flies one satellite along its timeline: orbit with burns, attitude, power, heat, propellant and data, coupled.

Attitude does not depend on charge or temperature, so it is flown first, on the orbit with its burns; light and heat in body
axes follow from it; the resources are then stepped together. Two ways: screening follows the commanded attitude exactly and
integrates the wheels' momentum; full steps rigid body, wheels and control.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.attitude import (
    AttitudeEnvironment,
    AttitudeFlight,
    AttitudeState,
    FlightMode,
    commanded_pointing,
    fly_attitude,
    resting_state,
)
from core.attitude.quaternion import matrix_of
from core.mission.model import Bus, Mode
from core.orbit import Ephemeris, FlownOrbit
from core.plan.activity import Activity, BurnActivity
from core.plan.model import InitialResources
from core.plan.orbit_surroundings import orbit_surroundings
from core.plan.resource_flight import ResourceFlight, ResourceStart, ResourceTimeline, fly_resources
from core.plan.resource_start import settled_start
from core.plan.resource_surroundings import ResourceSurroundings, resource_surroundings
from core.plan.timeline import BURN_EDGE_S, Timeline, make_timeline
from core.power import consumers_on
from core.propulsion import burn_balance, burn_torque_n_m
from core.time import tai_s_from_utc

__all__ = ["Fidelity", "SatelliteFlight", "fly_satellite", "resource_timeline"]

FloatArray = NDArray[np.float64]

_STEP_S: Final = 30.0
_LONGEST_STEP_S: Final = 60.0  # attitude interpolates its surroundings between samples
_SAMPLES: Final = 2880  # a day of half minutes; longer horizons take longer steps, down to the longest


class Fidelity(Enum):
    """How the attitude is flown; the resources are the same."""

    SCREENING = FlightMode.SCREENING
    FULL = FlightMode.FULL


@dataclass(frozen=True)
class SatelliteFlight:
    """One satellite along its timeline of n intervals; states at the n + 1 edges."""

    timeline: Timeline
    orbit: FlownOrbit
    ephemeris: Ephemeris
    illumination: FloatArray  # of each interval, (n,)
    attitude: AttitudeFlight
    resources: ResourceFlight
    surroundings: ResourceSurroundings
    start: ResourceStart


def fly_satellite(
    initial: InitialResources,
    activities: list[Activity],
    bus: Bus,
    orbit: FlownOrbit,
    start_tai_s: float,
    end_tai_s: float,
    fidelity: Fidelity = Fidelity.SCREENING,
) -> SatelliteFlight:
    """Fly one satellite's activities.

    Args:
        initial: What it starts with: charge, data, propellant, mode.
        activities: Its own.
        bus: Its design.
        orbit: Where it flies, burns included.
        start_tai_s: Of the horizon, TAI seconds since J2000.
        end_tai_s: Of the horizon.
        fidelity: How the attitude is flown.
    Raises:
        PhysicsError: The orbit cannot be propagated, or a model cannot answer.
    """
    step_s = min(max(_STEP_S, (end_tai_s - start_tai_s) / _SAMPLES), _LONGEST_STEP_S)
    timeline = make_timeline(activities, bus, Mode(initial.mode), orbit, start_tai_s, end_tai_s, step_s)
    ephemeris = orbit.propagate(timeline.edges_tai_s)
    around = orbit_surroundings(
        ephemeris, _burn_torques_n_m(activities, bus, initial.propellant_kg, timeline.edges_tai_s)
    )
    first = _first_attitude(bus, around, timeline)
    attitude = fly_attitude(bus, first, timeline.segments, around, fidelity.value)
    middles = timeline.middles_tai_s
    track = commanded_pointing(
        bus, around, timeline.segments, first.q_body_gcrf, first.omega_body_gcrf_rad_s, middles
    ).track
    surroundings = resource_surroundings(middles, orbit.propagate(middles).r_gcrf_m, matrix_of(track.q_body_gcrf))
    begun = settled_start(
        bus,
        orbit.leg_at(start_tai_s),
        start_tai_s,
        initial.mode,
        soc=initial.soc,
        propellant_kg=initial.propellant_kg,
        stored_bytes=float(initial.data_stored_bytes),
        temperatures_k=initial.temperatures_k,
    )
    return SatelliteFlight(
        timeline=timeline,
        orbit=orbit,
        ephemeris=ephemeris,
        illumination=surroundings.illumination,
        attitude=attitude,
        resources=fly_resources(bus, resource_timeline(timeline, bus), surroundings, begun),
        surroundings=surroundings,
        start=begun,
    )


def resource_timeline(timeline: Timeline, bus: Bus) -> ResourceTimeline:
    """Loads, data rates and open thrusters of each interval."""
    on = {
        "imaging": timeline.imaging,
        "x_band": timeline.x_band,
        "s_band": timeline.s_band,
        "burn": timeline.burning,
    }
    recorded = np.where(timeline.imaging, bus.imager.data_rate_bit_s / 8.0, 0.0)
    sent = np.where(timeline.x_band, bus.antenna.x_band_downlink_bit_s / 8.0, 0.0)
    return ResourceTimeline(
        t_s=timeline.edges_tai_s,
        consumers_on=consumers_on(bus.loads, [mode.value for mode in timeline.modes], on),
        recorded_byte_s=recorded,
        sent_byte_s=sent,
        thrusters_open=np.where(timeline.burning, burn_balance(bus.propulsion).open, 0.0),
    )


def _burn_torques_n_m(
    activities: list[Activity], bus: Bus, propellant_kg: float, edges_tai_s: FloatArray
) -> FloatArray | None:
    """What burns leave to the wheels at each edge, at the pressure with which each begins, (n + 1, 3); None for nothing."""
    if not burn_balance(bus.propulsion).turns:
        return None
    torques_n_m, left_kg = np.zeros((len(edges_tai_s), 3)), propellant_kg
    for one in sorted(activities, key=lambda activity: activity.window.start):
        if isinstance(one, BurnActivity):
            first, last = tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)
            inside = (edges_tai_s > first - 0.5 * BURN_EDGE_S) & (edges_tai_s < last + 0.5 * BURN_EDGE_S)
            torques_n_m[inside] = burn_torque_n_m(bus.propulsion, left_kg)
            left_kg = max(left_kg - one.propellant_kg, 0.0)
    return torques_n_m


def _first_attitude(bus: Bus, around: AttitudeEnvironment, timeline: Timeline) -> AttitudeState:
    return resting_state(bus, around, timeline.segments[0])
