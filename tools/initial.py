"""Initial resources of a plan, from the mission file where there is no telemetry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from core.errors import InputError
from core.mission.model import Mission
from core.orbit import Sgp4Orbit, state_at
from core.plan.model import InitialResources
from core.time import tai_s_from_utc
from tools.contract import TelemetryReader

__all__ = ["MissionFileReader", "OverriddenReader", "orbit_vectors"]

Vector = tuple[float, float, float]


class MissionFileReader:
    """Resources as the mission file gives them, with the orbit propagated to the instant.

    Args:
        mission: The mission.
        begun_utc: When these values held; None means the epoch of each satellite's elements.
    """

    def __init__(self, mission: Mission, begun_utc: datetime | None = None) -> None:
        self._mission = mission
        self._begun_utc = begun_utc

    def initial_resources(self, satellite: str, at_utc: datetime) -> InitialResources:
        """What the satellite starts with; ``source`` says that nobody has measured it."""
        craft = self._mission.craft(satellite)
        r_gcrf_m, v_gcrf_m_s = orbit_vectors(self._mission, satellite, at_utc)
        return InitialResources(
            satellite=satellite,
            soc=craft.initial.soc,
            data_stored_bytes=craft.initial.data_stored_bytes,
            propellant_kg=craft.initial.propellant_kg,
            mode=craft.initial.mode,
            source="mission file",
            as_of=self._begun_utc or craft.elements.epoch_utc,
            r_gcrf_m=r_gcrf_m,
            v_gcrf_m_s=v_gcrf_m_s,
        )


class OverriddenReader:
    """Another reader's resources with some values replaced, for what-if questions and evaluations.

    Args:
        reader: Where all other values come from.
        overrides: By satellite, values of ``InitialResources`` fields.
    """

    def __init__(self, reader: TelemetryReader, overrides: Mapping[str, Mapping[str, Any]]) -> None:
        self._reader = reader
        self._overrides = overrides

    def initial_resources(self, satellite: str, at_utc: datetime) -> InitialResources:
        """The reader's resources with this satellite's replacements, validated again."""
        resources = self._reader.initial_resources(satellite, at_utc)
        changes = self._overrides.get(satellite)
        if not changes:
            return resources
        try:
            return InitialResources.model_validate(resources.model_dump() | {"source": "override"} | dict(changes))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise InputError(f"telemetry.{satellite}.{'.'.join(map(str, first['loc']))}", first["msg"]) from error


def orbit_vectors(mission: Mission, satellite: str, at_utc: datetime) -> tuple[Vector, Vector]:
    """Position in m and velocity in m/s, GCRF."""
    orbit = Sgp4Orbit.from_elements(mission.craft(satellite).elements)
    state = state_at(orbit, tai_s_from_utc(at_utc))
    x, y, z = (float(one) for one in state.r_gcrf_m)
    vx, vy, vz = (float(one) for one in state.v_gcrf_m_s)
    return (x, y, z), (vx, vy, vz)
