"""Initial resources of a plan: from telemetry where it is fresh enough, else from the mission file, and it says which."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from core.mission.present import MissionReader
from core.plan.checks.resources import MAXIMUM_STATE_AGE_S
from core.plan.model import InitialResources
from core.telemetry import ArchiveTelemetryReader
from tools.initial import MissionFileReader, orbit_vectors

__all__ = ["LiveTelemetryReader"]

_FRESH: Final = timedelta(seconds=MAXIMUM_STATE_AGE_S)


class LiveTelemetryReader:
    """What telemetry last told; older than a day, it is no basis for a plan and the mission file's values are used.

    Args:
        missions: The mission as it is known at present.
        archive: Stored telemetry.
        begun_utc: When the mission began to be flown here, which is when the mission file's values held.
    """

    def __init__(self, missions: MissionReader, archive: ArchiveTelemetryReader, begun_utc: datetime) -> None:
        self._missions = missions
        self._archive = archive
        self._begun_utc = begun_utc

    def initial_resources(self, satellite: str, at_utc: datetime) -> InitialResources:
        """Resources of a satellite at an instant, with their source and age."""
        mission = self._missions.current()
        mission.craft(satellite)
        estimate = self._archive.initial_resources(satellite, at_utc)
        if estimate is None or at_utc - estimate.as_of > _FRESH:
            return MissionFileReader(mission, self._begun_utc).initial_resources(satellite, at_utc)
        r_gcrf_m, v_gcrf_m_s = orbit_vectors(mission, satellite, at_utc)
        return InitialResources(
            satellite=satellite,
            soc=estimate.soc,
            data_stored_bytes=estimate.data_stored_bytes,
            propellant_kg=estimate.propellant_kg,
            mode=estimate.mode,
            source=estimate.source,
            as_of=estimate.as_of,
            r_gcrf_m=r_gcrf_m,
            v_gcrf_m_s=v_gcrf_m_s,
            sigma=dict(estimate.sigma),
            temperatures_k=dict(estimate.temperatures_k),
        )
