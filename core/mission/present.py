"""The mission as it is known at present: its file, with what has been determined since."""

from __future__ import annotations

from typing import Protocol

from core.mission.model import Mission

__all__ = ["FixedMission", "MissionReader"]


class MissionReader(Protocol):
    """Where the present mission comes from; ``core.mission.orbit_updates`` implements it."""

    def current(self) -> Mission:
        """The mission with the newest orbits that are known."""
        ...


class FixedMission:
    """A mission of which nothing new is learnt: that of a file, for a single request without a service."""

    def __init__(self, mission: Mission) -> None:
        self._mission = mission

    def current(self) -> Mission:
        """The mission."""
        return self._mission
