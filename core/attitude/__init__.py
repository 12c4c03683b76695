"""Attitude: pointing, slews, control, determination and the flight of a whole timeline."""

from core.attitude.craft import ControlLaw, attitude_design, inertia_kg_m2, wheel_axes
from core.attitude.determination import AmbiguousAttitude, AttitudeFilter, davenport, quest, triad
from core.attitude.dynamics import AttitudeState, Rotation, rotate_body
from core.attitude.environment import AttitudeEnvironment, EnvironmentTorques, attitude_environment
from core.attitude.flight import (
    AttitudeFlight,
    FlightFactors,
    FlightMode,
    TrackerOutage,
    fly_attitude,
    fly_attitude_members,
    resting_state,
)
from core.attitude.geomagnetic import GeomagneticSpanError, magnetic_field_gcrf_t, magnetic_field_itrf_t
from core.attitude.guidance import (
    CommandedPointing,
    PointingLaw,
    PointingSegment,
    PointingTrack,
    commanded_pointing,
    pointing,
)
from core.attitude.slew import boresight_gcrf, half_turn_s, slew_angle_rad, slew_duration_s
from core.attitude.slew_plan import KeepOutError, Sky, SlewPlan, plan_slew, slew_between_s
from core.attitude.torques import environment_torques

__all__ = [
    "AmbiguousAttitude",
    "AttitudeEnvironment",
    "AttitudeFilter",
    "AttitudeFlight",
    "AttitudeState",
    "CommandedPointing",
    "ControlLaw",
    "EnvironmentTorques",
    "FlightFactors",
    "FlightMode",
    "GeomagneticSpanError",
    "KeepOutError",
    "PointingLaw",
    "PointingSegment",
    "PointingTrack",
    "Rotation",
    "Sky",
    "SlewPlan",
    "TrackerOutage",
    "attitude_design",
    "attitude_environment",
    "boresight_gcrf",
    "commanded_pointing",
    "davenport",
    "environment_torques",
    "fly_attitude",
    "fly_attitude_members",
    "half_turn_s",
    "inertia_kg_m2",
    "magnetic_field_gcrf_t",
    "magnetic_field_itrf_t",
    "plan_slew",
    "pointing",
    "quest",
    "resting_state",
    "rotate_body",
    "slew_angle_rad",
    "slew_between_s",
    "slew_duration_s",
    "triad",
    "wheel_axes",
]
