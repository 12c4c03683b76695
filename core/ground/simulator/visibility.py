"""Which stations see a satellite, from passes predicted ahead in stretches."""

from __future__ import annotations

from typing import Final

from core.mission.model import GroundStation, Mission
from core.orbit import Pass, Sgp4Orbit, find_passes

__all__ = ["Visibility"]

_AHEAD_S: Final = 6 * 3600.0


class Visibility:
    """Passes of one satellite over all stations.

    Args:
        mission: Its stations.
        orbit: Where the satellite flies.
    """

    def __init__(self, mission: Mission, orbit: Sgp4Orbit) -> None:
        self._stations: tuple[GroundStation, ...] = mission.stations
        self._orbit = orbit
        self._start_tai_s = self._end_tai_s = 0.0
        self._passes: list[Pass] = []

    def at(self, t_tai_s: float) -> tuple[str, ...]:
        """Stations that see the satellite at an instant."""
        self._cover(t_tai_s, t_tai_s)
        return tuple(one.station for one in self._passes if one.aos_tai_s <= t_tai_s <= one.los_tai_s)

    def next_edge(self, after_tai_s: float, until_tai_s: float) -> float | None:
        """The first instant in an interval at which the answer changes."""
        self._cover(after_tai_s, until_tai_s)
        edges = [edge for one in self._passes for edge in (one.aos_tai_s, one.los_tai_s)]
        return min((edge for edge in edges if after_tai_s < edge <= until_tai_s), default=None)

    def _cover(self, start_tai_s: float, end_tai_s: float) -> None:
        if self._start_tai_s <= start_tai_s and end_tai_s <= self._end_tai_s:
            return
        # Start early enough that a pass in progress is not cut.
        self._start_tai_s, self._end_tai_s = start_tai_s - 1800.0, end_tai_s + _AHEAD_S
        self._passes = [
            one
            for station in self._stations
            for one in find_passes(self._orbit, station, self._start_tai_s, self._end_tai_s)
        ]
