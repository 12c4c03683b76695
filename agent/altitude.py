"""Mean altitudes, for requests such as "raise it by 15 km"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from core.mission.model import Mission
from core.orbit import Sgp4Orbit, state_at
from core.time import tai_s_from_utc

__all__ = ["mean_altitudes_km"]


def mean_altitudes_km(mission: Mission, at_utc: datetime) -> Mapping[str, float]:
    """Mean altitude of every satellite over the revolution about an instant, km, rounded to 0.1 km.

    The same quantity as get_orbit_state reports.
    """
    t_tai_s = tai_s_from_utc(at_utc)
    return {
        one.id: round(state_at(Sgp4Orbit.from_elements(one.elements), t_tai_s).mean_altitude_m / 1000.0, 1)
        for one in mission.spacecraft
    }
