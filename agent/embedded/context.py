"""What the embedded model knows of the mission: the facts block of the system message and the tools it is offered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agent.prompts import CONTEXT_FENCE
from core.errors import InputError
from core.time import parse_utc

__all__ = ["Context", "Place", "read_context"]

_FENCE = re.compile(re.escape(CONTEXT_FENCE) + r"\n(.*?)\n```", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """A satellite or station with everything that it is called, in lower case."""

    id: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Context:
    """Facts for one reply."""

    now_utc: datetime
    role: str
    satellites: tuple[Place, ...]
    stations: tuple[Place, ...]
    altitudes_km: Mapping[str, float]
    targets: tuple[str, ...]
    tools: frozenset[str]
    data_store_mb: float | None = None
    names: frozenset[str] = field(default_factory=frozenset)

    @property
    def satellite_ids(self) -> str:
        """The valid satellites, for a question."""
        return ", ".join(one.id for one in self.satellites)

    @property
    def station_ids(self) -> str:
        """The valid stations, for a question."""
        return ", ".join(one.id for one in self.stations)


def read_context(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> Context:
    """The facts from the system message.

    Raises:
        InputError: There is no system message with a facts block.
    """
    system = next((str(one["content"]) for one in messages if one["role"] == "system"), "")
    match = _FENCE.search(system)
    if match is None:
        raise InputError("messages", "the embedded model needs the mission's facts in the system message")
    facts = json.loads(match.group(1))
    satellites = tuple(_satellite(one) for one in facts["satellites"])
    stations = tuple(_station(one) for one in facts["stations"])
    targets = tuple(facts.get("targets", ()))
    spoken = " ".join([*(name for one in (*satellites, *stations) for name in one.names), *targets]).lower()
    return Context(
        now_utc=parse_utc(facts["now"]).astimezone(UTC),
        role=facts["role"],
        satellites=satellites,
        stations=stations,
        altitudes_km={one["id"]: one["mean_altitude_km"] for one in facts["satellites"] if one.get("mean_altitude_km")},
        targets=targets,
        data_store_mb=facts.get("limits", {}).get("data_store_mb"),
        tools=frozenset(tool["function"]["name"] for tool in tools),
        names=frozenset(word for word in re.findall(r"[^\W\d_]{3,}", spoken)),
    )


def _satellite(one: Mapping[str, Any]) -> Place:
    return Place(
        one["id"], tuple(dict.fromkeys([one["id"].lower(), *(name.lower() for name in one.get("aliases", ()))]))
    )


def _station(one: Mapping[str, Any]) -> Place:
    from agent.embedded.lexicon import words

    names = [one["id"], one["id"].replace("_", " "), one["name"], *one.get("aliases", ())]
    nicknames = words("stations").get(one["id"], "")
    return Place(
        one["id"], tuple(dict.fromkeys(name.lower() for name in [*names, *filter(None, nicknames.split(", "))]))
    )
