"""Orbits: SGP4, states, passes, eclipses, lighting, target access, impulsive transfers, conjunctions, avoidance."""

from core.frames import LookAngles, sun_position_gcrf_m
from core.orbit.access import Access, find_target_access, off_nadir_rad
from core.orbit.all_accesses import AllAccesses, AllEclipses, find_all_eclipses, find_all_target_access
from core.orbit.all_crossings import AllApses, AllKeepOut, AllNodes, find_all_apsides, find_all_keep_out, find_all_nodes
from core.orbit.all_tracks import AllGroundTracks, all_beta_angles_rad, all_ground_tracks
from core.orbit.avoidance import (
    DEFAULT_PROBABILITY_LIMIT,
    AvoidanceOption,
    avoidance_options,
    hcw_transition,
    impulse_shift_gcrf_m,
)
from core.orbit.collision_rate import CollisionAssessment, ProbabilityBasis, assess_collision
from core.orbit.collision_simulation import CollisionSimulation, SimulationSettings, simulate_collision
from core.orbit.conjunction import (
    Encounter,
    EncounterError,
    RadiusSource,
    ValidityFault,
    collision_probability,
    encounter_of,
    hard_body_radius_m,
    rtn_axes_gcrf,
)
from core.orbit.constellation import Constellation, TemeStates
from core.orbit.crossings import (
    Apses,
    GroundTrack,
    KeepOut,
    Nodes,
    beta_angle_rad,
    find_apsides,
    find_keep_out,
    find_nodes,
    ground_track,
)
from core.orbit.curved_avoidance import curved_avoidance_options
from core.orbit.eclipse import Eclipse, find_eclipses, illumination
from core.orbit.flown import Boost, FlownOrbit, fly_boosts
from core.orbit.maneuver import Transfer, altitude_change_delta_v_m_s, circular_transfer
from core.orbit.passes import AllPasses, Pass, find_all_passes, find_passes, look_angles
from core.orbit.plan_screening import PlannedApproach, PlanScreening, UnscreenedObject, screen_plan_trajectories
from core.orbit.propagation import Ephemeris, Orbit, PropagationError, Sgp4Orbit
from core.orbit.screening import Screening, screen
from core.orbit.state import OrbitState, state_at
from core.orbit.two_body import propagate_kepler

__all__ = [
    "DEFAULT_PROBABILITY_LIMIT",
    "Access",
    "AllAccesses",
    "AllApses",
    "AllEclipses",
    "AllGroundTracks",
    "AllKeepOut",
    "AllNodes",
    "AllPasses",
    "Apses",
    "AvoidanceOption",
    "Boost",
    "CollisionAssessment",
    "CollisionSimulation",
    "Constellation",
    "Eclipse",
    "Encounter",
    "EncounterError",
    "Ephemeris",
    "FlownOrbit",
    "GroundTrack",
    "KeepOut",
    "LookAngles",
    "Nodes",
    "Orbit",
    "OrbitState",
    "Pass",
    "PlanScreening",
    "PlannedApproach",
    "ProbabilityBasis",
    "PropagationError",
    "RadiusSource",
    "Screening",
    "Sgp4Orbit",
    "SimulationSettings",
    "TemeStates",
    "Transfer",
    "UnscreenedObject",
    "ValidityFault",
    "all_beta_angles_rad",
    "all_ground_tracks",
    "altitude_change_delta_v_m_s",
    "assess_collision",
    "avoidance_options",
    "beta_angle_rad",
    "circular_transfer",
    "collision_probability",
    "curved_avoidance_options",
    "encounter_of",
    "find_all_apsides",
    "find_all_eclipses",
    "find_all_keep_out",
    "find_all_nodes",
    "find_all_passes",
    "find_all_target_access",
    "find_apsides",
    "find_eclipses",
    "find_keep_out",
    "find_nodes",
    "find_passes",
    "find_target_access",
    "fly_boosts",
    "ground_track",
    "hard_body_radius_m",
    "hcw_transition",
    "illumination",
    "impulse_shift_gcrf_m",
    "look_angles",
    "off_nadir_rad",
    "propagate_kepler",
    "rtn_axes_gcrf",
    "screen",
    "screen_plan_trajectories",
    "simulate_collision",
    "state_at",
    "sun_position_gcrf_m",
]
