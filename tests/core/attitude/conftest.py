"""A spacecraft of the reference mission on its orbit, for half a day on a grid of 30 s."""

from __future__ import annotations

import numpy as np
import pytest

from core.attitude import AttitudeEnvironment, attitude_environment
from core.mission import reference_mission
from core.mission.model import Bus
from core.orbit import Sgp4Orbit, illumination
from core.orbit.atmosphere import exponential_density_kg_m3


def environment_of(satellite: str, hours: float, step_s: float = 30.0) -> AttitudeEnvironment:
    """The surroundings of a satellite from its epoch on."""
    orbit = Sgp4Orbit.from_elements(reference_mission().craft(satellite).elements)
    t_tai_s = orbit.epoch_tai_s + np.arange(0.0, hours * 3600.0 + 1.0, step_s)
    states = orbit.propagate(t_tai_s)
    height_m = np.linalg.norm(states.r_gcrf_m, axis=1) - 6_378_137.0
    light = illumination(states.r_gcrf_m, t_tai_s)
    return attitude_environment(t_tai_s, states.r_gcrf_m, states.v_gcrf_m_s, exponential_density_kg_m3(height_m), light)


@pytest.fixture(scope="session")
def bus() -> Bus:
    return reference_mission().bus_of("LSAT-1")


@pytest.fixture(scope="session")
def half_day() -> AttitudeEnvironment:
    return environment_of("LSAT-1", 12.0)
