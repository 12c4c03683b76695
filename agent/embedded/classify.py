"""Which tool a clause means: a sum of weighted evidence, no memorised sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent.embedded.lexicon import tool_evidence, words
from agent.embedded.quantities import Dimension
from agent.embedded.reading import CONJUNCTION, Reading

__all__ = ["THRESHOLD", "Choice", "classify", "scores"]

THRESHOLD: Final = 3.0
_QUOTED: Final = re.compile(r'"[^"]*"')
_MODES: Final = re.compile(r"\b(?:safe|standby|nominal)\b")


@dataclass(frozen=True)
class Choice:
    """The tool that a clause means most, and how strongly."""

    tool: str
    score: float


def classify(reading: Reading) -> Choice | None:
    """The most likely tool, or None where nothing speaks for one."""
    ranked = sorted(scores(reading).items(), key=lambda pair: -pair[1])
    tool, score = ranked[0]
    return Choice(tool, score) if score >= THRESHOLD else None


def scores(reading: Reading) -> dict[str, float]:
    """The evidence for every tool."""
    text = _QUOTED.sub(lambda match: " " * len(match.group(0)), reading.norm)
    found = {
        tool: sum(one.weight for one in evidence if one.pattern.search(text))
        for tool, evidence in tool_evidence().items()
    }
    for tool, weight in _from_things(reading):
        # A thing supports a tool that the words already hint at; by itself it is a hint only.
        found[tool] += weight
    return found


def _from_things(reading: Reading) -> list[tuple[str, float]]:
    hints = []
    if CONJUNCTION.search(reading.norm):
        hints.append(("plan_collision_avoidance", 3.0))
    if reading.coordinates is not None:
        hints.append(("schedule_imaging", 2.0))
    if reading.quantity(Dimension.DATA_MB) is not None:
        hints.append(("schedule_downlink", 2.0))
    if any(one.dimension is Dimension.LENGTH_KM and one.value >= 100 for one in reading.quantities):
        hints.append(("plan_orbit_raise", 1.0))
    if reading.stations and reading.times:
        hints.append(("list_passes", 1.0))
    if _MODES.search(reading.rest):
        hints.append(("set_mode", 1.0))
    if any(re.search(rf"\b{re.escape(part)}\b", reading.norm) for part in words("components")):
        hints.append(("predict_rul", 1.0))
    return hints
