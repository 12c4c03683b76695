"""Orbits: SGP4, states, passes, eclipses, lighting, access to targets, and impulsive transfers."""

from core.frames import LookAngles, sun_position_gcrf_m
from core.orbit.access import Access, find_target_access
from core.orbit.eclipse import Eclipse, find_eclipses, illumination
from core.orbit.maneuver import Transfer, altitude_change_delta_v_m_s, circular_transfer
from core.orbit.passes import Pass, find_passes, look_angles
from core.orbit.propagation import Ephemeris, PropagationError, Sgp4Orbit
from core.orbit.state import OrbitState, state_at

__all__ = [
    "Access",
    "Eclipse",
    "Ephemeris",
    "LookAngles",
    "OrbitState",
    "Pass",
    "PropagationError",
    "Sgp4Orbit",
    "Transfer",
    "altitude_change_delta_v_m_s",
    "circular_transfer",
    "find_eclipses",
    "find_passes",
    "find_target_access",
    "illumination",
    "look_angles",
    "state_at",
    "sun_position_gcrf_m",
]
