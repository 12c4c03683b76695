"""Generate requests with their expected calls from a grammar, with slips of the pen.

``python -m evals.scenarios.grammar OUT.json [SEED]`` writes them; the same seed gives the same file. Wordings are written
here independently of the embedded model's lexicon. Half of the templates (``tune``) may be looked at while improving the
model; the other half (``held``) only measures it.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

__all__ = ["generate"]

_NOW: Final = "2026-11-22T12:00:00Z"
_SATELLITES: Final = {"LSAT-1": ["LSAT-1", "LSAT1", "lsat 1", "satellite 1", "LSAT one"], "LSAT-2": ["LSAT-2", "lsat-2", "sat 2", "spacecraft two"],
                      "LSAT-3": ["LSAT-3", "LSAT 3", "satellite three", "sat 3"], "LSAT-4": ["LSAT-4", "lsat4", "LSAT four", "spacecraft 4"]}  # fmt: skip
_STATIONS: Final = {"svalbard": ["Svalbard", "SvalSat"], "kiruna": ["Kiruna", "Esrange"], "fairbanks": ["Fairbanks", "Alaska"],
                    "punta_arenas": ["Punta Arenas", "Chile"], "hartebeesthoek": ["Hartebeesthoek", "South Africa"], "awarua": ["Awarua", "New Zealand"]}  # fmt: skip
_WINDOWS: Final = [
    ("tomorrow", "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"),
    ("in the next 8 hours", "2026-11-22T12:00:00Z", "2026-11-22T20:00:00Z"),
    ("between 15:00 and 19:30 UTC", "2026-11-22T15:00:00Z", "2026-11-22T19:30:00Z"),
    ("from 06:00 to 09:00 UTC tomorrow", "2026-11-23T06:00:00Z", "2026-11-23T09:00:00Z"),
    ("over the coming two days", "2026-11-22T12:00:00Z", "2026-11-24T12:00:00Z"),
    ("on Wednesday", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"),
    ("between 2026-11-24 10:00 and 2026-11-24 14:00 UTC", "2026-11-24T10:00:00Z", "2026-11-24T14:00:00Z"),
]
_DEADLINES: Final = [
    ("before Thursday", "2026-11-26T00:00:00Z"), ("by 21:15 UTC", "2026-11-22T21:15:00Z"), ("by tomorrow 18:00", "2026-11-23T18:00:00Z"),
    ("no later than 2026-11-25 06:00 UTC", "2026-11-25T06:00:00Z"), ("before tomorrow noon", "2026-11-23T12:00:00Z"),
    ("by 5 pm tomorrow", "2026-11-23T17:00:00Z"), ("before midnight", "2026-11-23T00:00:00Z"), ("by 28 November 12:00 UTC", "2026-11-28T12:00:00Z"),
]  # fmt: skip
_VOLUMES: Final = [
    ("650 MB", 650),
    ("1.2 GB", 1200),
    ("4 Gbit", 500),
    ("0.5 gigabytes", 500),
    ("2 GiB", 2147.483648),
    ("900 megabytes", 900),
]
_DURATIONS: Final = [
    ("20 minutes", 20),
    ("an hour", 60),
    ("1.5 hours", 90),
    ("900 s", 15),
    ("three hours", 180),
    ("half an hour", 30),
]
_ALTITUDES: Final = [
    ("590 km", 590),
    ("600 kilometres", 600),
    ("360 miles", 579.36384),
    ("620000 m", 620),
    ("340 nmi", 629.68),
]
_TARGETS: Final = [
    "Mount Fuji",
    "the harbour of Valparaiso",
    "Lake Chad",
    "Cape Town",
    "Kilimanjaro",
    "the Strait of Gibraltar",
    "Naples",
]
_SPEEDS: Final = [("0.4 m/s", 0.4), ("25 cm/s", 0.25), ("1 ft/s", 0.3048), ("300 mm/s", 0.3)]
_PARTS: Final = [("star tracker", "adcs"), ("solar panel", "power"), ("X-band transmitter", "comms"), ("thruster", "propulsion"), ("on-board computer", "obc"), ("heater", "thermal"), ("camera", "payload")]  # fmt: skip
_BACKS: Final = [("in the last 3 hours", 3), ("over the past day", 24), ("in the previous 36 hours", 36)]
_COMPONENTS: Final = [("battery", "battery"), ("solar array", "solar_array"), ("reaction wheel 2", "reaction_wheel_2"), ("wheel number four", "reaction_wheel_4"), ("thrusters", "thruster"), ("transmitter", "transmitter")]  # fmt: skip
_MODES: Final = [
    ("safe mode", "safe"),
    ("standby", "standby"),
    ("nominal mode", "nominal"),
    ("payload mode", "payload"),
]
_POINTINGS: Final = [("the sun", "sun"), ("nadir", "nadir"), ("the Earth", "nadir")]

# tool, split, template
_TEMPLATES: Final[Sequence[tuple[str, str, str]]] = (
    ("list_passes", "tune", "Which contacts does {satellite} have with {station} {window}?"),
    ("list_passes", "tune", "Give me the visibility windows for {satellite} from {station} {window}"),
    ("list_passes", "held", "What are the opportunities to talk to {satellite} from {station} {window}?"),
    ("list_passes", "held", "{window}, when does {satellite} rise over {station}?"),
    ("list_passes", "held", "Any passes of {satellite} at {station} {window}?"),
    ("schedule_downlink", "tune", "Please bring down {volume} from {satellite} via {station} {deadline}"),
    ("schedule_downlink", "tune", "{satellite} should send {volume} to {station} {deadline}"),
    ("schedule_downlink", "held", "We need {volume} of images off {satellite} at {station} {deadline}"),
    ("schedule_downlink", "held", "Book a downlink of {volume} for {satellite}, station {station}, {deadline}"),
    ("point_attitude", "tune", "Turn {satellite} towards {pointing} for {duration}"),
    ("point_attitude", "tune", "Could you keep {satellite} pointed at {pointing} for {duration}"),
    ("point_attitude", "held", "{satellite}: face {pointing}, {duration}"),
    ("point_attitude", "held", "I want {satellite} looking at {pointing} for {duration} please"),
    ("plan_orbit_raise", "tune", "Get {satellite} up to {altitude} {deadline}"),
    ("plan_orbit_raise", "tune", "Increase the altitude of {satellite} to {altitude}"),
    ("plan_orbit_raise", "held", "{satellite} has to climb to {altitude} {deadline}"),
    ("plan_orbit_raise", "held", "Compute a transfer of {satellite} to a circular orbit at {altitude}"),
    ("schedule_imaging", "tune", "Get a shot of {target} with {satellite} {window}"),
    ("schedule_imaging", "tune", "{satellite} should photograph {target} {window}"),
    ("schedule_imaging", "held", "Can {satellite} capture {target} {window}?"),
    ("schedule_imaging", "held", "Acquire an image over {target} using {satellite} {window}"),
    ("plan_collision_avoidance", "tune", "{satellite} must evade {conjunction}, spend at most {speed}"),
    (
        "plan_collision_avoidance",
        "held",
        "Prepare a collision avoidance burn of {satellite} for {conjunction} with no more than {speed}",
    ),
    ("explain_anomaly", "tune", "What is wrong with the {part} of {satellite} {back}?"),
    ("explain_anomaly", "held", "Diagnose the {part} malfunction on {satellite} {back}"),
    ("explain_anomaly", "held", "Help me understand the {part} warning from {satellite} {back}"),
    ("predict_rul", "tune", "How long until the {component} of {satellite} wears out?"),
    ("predict_rul", "held", "Life expectancy of {satellite}'s {component}?"),
    ("predict_rul", "held", "When will the {component} on {satellite} need replacing?"),
    ("set_mode", "tune", "Bring {satellite} into {mode}"),
    ("set_mode", "held", "{satellite} to {mode} please"),
    ("set_mode", "held", "Transition {satellite} into {mode} now"),
    ("check_battery", "tune", "Does {satellite} have enough charge for the next {eclipses} eclipses?"),
    ("check_battery", "held", "State of charge forecast of {satellite}, {eclipses} eclipses ahead"),
    ("get_orbit_state", "tune", "Position of {satellite} now?"),
    ("get_orbit_state", "held", "Tell me the current orbital elements of {satellite}"),
)


def generate(seed: int, noise: float = 0.3, each: int = 8) -> dict[str, Any]:
    """Cases in the form of requests.json.

    Args:
        seed: Of the random generator.
        noise: Share of requests with one slip of the pen in a word.
        each: Cases of each template.
    """
    chance = random.Random(seed)
    requests = []
    for number, (tool, split, template) in enumerate(_TEMPLATES):
        for turn in range(each):
            text, args = _filled(template, tool, chance)
            slip = chance.random() < noise
            requests.append(
                {
                    "id": f"{split}-{number:02d}-{turn}",
                    "kind": f"{split}{'-typo' if slip else ''}",
                    "request": _slipped(text, chance) if slip else text,
                    "context": {"now": _NOW, "role": "operator"},
                    "expected": {"action": "call", "calls": [{"tool": tool, "args": args}]},
                }
            )
    return {"version": 1, "now": _NOW, "description": f"grammar, seed {seed}", "requests": requests}


def _filled(template: str, tool: str, chance: random.Random) -> tuple[str, dict[str, Any]]:
    satellite, station = chance.choice(list(_SATELLITES)), chance.choice(list(_STATIONS))
    words: dict[str, str] = {
        "satellite": chance.choice(_SATELLITES[satellite]),
        "station": chance.choice(_STATIONS[station]),
    }
    args: dict[str, Any] = {"satellite": satellite}
    if "{station}" in template:
        args["station"] = station
    for slot, choices, names in _SLOTS:
        if f"{{{slot}}}" in template:
            words[slot], *values = chance.choice(choices)
            args |= dict(zip(names, values, strict=True))
    if "{target}" in template:
        words["target"] = chance.choice(_TARGETS)
        args["target"] = words["target"].removeprefix("the ")
    if "{conjunction}" in template:
        args["conjunction_id"] = words["conjunction"] = (
            f"CDM-202611{chance.randint(23, 29)}-{chance.randint(1, 999):04d}"
        )
    if "{eclipses}" in template:
        args["eclipses"] = chance.randint(2, 9)
        words["eclipses"] = str(args["eclipses"])
    if tool == "get_orbit_state":
        args["epoch"] = _NOW
    return template.format(**words), args


_SLOTS: Final[Sequence[tuple[str, Sequence[tuple[Any, ...]], tuple[str, ...]]]] = (
    ("window", _WINDOWS, ("start", "end")),
    ("deadline", _DEADLINES, ("deadline",)),
    ("volume", _VOLUMES, ("data_volume_mb",)),
    ("duration", _DURATIONS, ("duration_min",)),
    ("altitude", _ALTITUDES, ("target_altitude_km",)),
    ("speed", _SPEEDS, ("max_delta_v_mps",)),
    ("part", _PARTS, ("subsystem",)),
    ("back", _BACKS, ("lookback_h",)),
    ("component", _COMPONENTS, ("component",)),
    ("mode", _MODES, ("mode",)),
    ("pointing", _POINTINGS, ("pointing",)),
)
_NEVER_SLIPPED: Final = frozenset(word.lower() for target in _TARGETS for word in target.split())


def _slipped(text: str, chance: random.Random) -> str:
    """One letter dropped, doubled or swapped in one long word, never the first."""
    words = text.split(" ")
    long = [
        index
        for index, word in enumerate(words)
        if len(word) > 5 and word.isalpha() and word.lower() not in _NEVER_SLIPPED
    ]
    if not long:
        return text
    index = chance.choice(long)
    word, place = words[index], chance.randrange(1, len(words[index]) - 1)
    words[index] = chance.choice(
        [
            word[:place] + word[place + 1 :],
            word[:place] + word[place] + word[place:],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        ]
    )
    return " ".join(words)


def main(arguments: Sequence[str]) -> None:
    """Write the cases."""
    out, seed = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1
    cases: Mapping[str, Any] = generate(seed)
    out.write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
