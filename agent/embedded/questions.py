"""One precise question for what a request leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.embedded.context import Context
from agent.embedded.slots import REQUIRED
from agent.embedded.understand import Frame, missing_from

__all__ = ["Question", "question_for"]


@dataclass(frozen=True)
class Question:
    """A question and the names of what is missing."""

    text: str
    missing: tuple[str, ...]


_ASKED: Final[Mapping[str, str]] = {
    "satellite": "Which satellite: {satellites}?",
    "station": "Which ground station: {stations}?",
    "start": "For which time window (UTC)?",
    "end": "By when, or in which time window (UTC)?",
    "target_altitude_km": "To which altitude in km?",
    "conjunction_id": "Which conjunction? Give its id, like CDM-20261123-0001.",
    "place": "Which place: a name, or latitude and longitude?",
    "subsystem": "Which subsystem: power, thermal, adcs, propulsion, comms, payload or obc?",
    "mode": "Which mode: safe, standby, nominal or payload?",
    "pointing": "Point it where: sun, nadir or inertial?",
    "duration_min": "For how many minutes?",
    "component": "Which component: battery, solar_array, reaction_wheel_1 to reaction_wheel_4, thruster or transmitter?",
    "data_volume_mb": "How much data, in MB?",
    "work": "Which work: star tracker, gyro, sun sensor, magnetometer or imager dark calibration, wheel or computer maintenance?",
    "first_plan_id": "Which two plans? Give their ids, like plan-1a2b3c.",
    "second_plan_id": "Compared with which other plan? Give its id, like plan-1a2b3c.",
    "query": "What shall I look for in the handbook?",
}


def question_for(frame: Frame, context: Context) -> Question | None:
    """What to ask before a frame can become a call, or None when nothing is missing."""
    if frame.unknown_satellite:
        return Question(
            f"There is no {frame.unknown_satellite.strip()}. {_asked('satellite', context)}", ("satellite",)
        )
    if frame.unknown_station and "station" in REQUIRED[frame.tool]:
        return Question(
            f"{frame.unknown_station} is no ground station of this mission. {_asked('station', context)}", ("station",)
        )
    if frame.unclear == "reaction_wheel":
        return Question("Which reaction wheel: 1, 2, 3 or 4?", ("component",))
    missing = missing_from(frame, context)
    for first, second in (("start", "end"), ("first_plan_id", "second_plan_id")):
        if first in missing and second in missing:
            missing.remove(second)  # one question asks for both
    if not missing:
        return None
    return Question(" ".join(_asked(name, context) for name in missing), tuple(missing))


def _asked(name: str, context: Context) -> str:
    return _ASKED[name].format(satellites=context.satellite_ids, stations=context.station_ids)
