"""What one clause mentions, before any tool is chosen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.embedded.context import Context
from agent.embedded.places import Coordinates, Mention, find_coordinates, find_satellites, find_stations
from agent.embedded.quantities import Dimension, Quantity, find_quantities
from agent.embedded.text import Utterance, blank
from agent.embedded.times import Relation, TimeMention, find_times

__all__ = ["CONJUNCTION", "Reading", "corrected", "read_clause"]

CONJUNCTION: Final = re.compile(r"\b(?:cdm[ _#:-]*)?(20\d{6})[ _-]+(\d{1,4})\b")
_CORRECTION: Final = re.compile(
    r"(?:[,;.-]|\.\.\.)? ?\b(?:no,? wait|no,? (?:sorry|actually|make (?:that|it)|i mean|i meant|use|rather)|(?:oh )?sorry|i mean|i meant|make (?:that|it)|correction"
    r"|scratch that|or rather|wait|actually)\b[ ,:!-]*(?:no,? |make (?:that|it) |i mean |i meant |use |that should be |it should be |i want )*"
)
_NEGATED: Final = re.compile(
    r"\b(?:instead of|rather than|and not|but not|not)\b (?:at |in |to |over |from |with |for )?"
)


@dataclass(frozen=True)
class Reading:
    """The things that a clause names, each taken out of the text once."""

    utterance: Utterance
    context: Context
    satellites: tuple[Mention, ...]
    stations: tuple[Mention, ...]
    times: tuple[TimeMention, ...]
    quantities: tuple[Quantity, ...]
    coordinates: Coordinates | None
    rest: str

    @property
    def norm(self) -> str:
        """The clause's normalised text."""
        return self.utterance.norm

    def quantity(self, dimension: Dimension) -> Quantity | None:
        """The last quantity of a dimension."""
        found = [one for one in self.quantities if one.dimension is dimension]
        return found[-1] if found else None

    def time(self, *relations: Relation) -> TimeMention | None:
        """The first time with one of these relations."""
        return next((one for one in self.times if one.relation in relations), None)


def read_clause(utterance: Utterance, context: Context) -> Reading:
    """Everything that a clause names."""
    rest = CONJUNCTION.sub(lambda match: " " * len(match.group(0)), utterance.norm)
    satellites = find_satellites(rest, context)
    rest = _without(rest, satellites)
    coordinates = find_coordinates(rest)
    if coordinates is not None:
        rest = blank(rest, coordinates.start, coordinates.end)
    times = find_times(rest, context.now_utc)
    for one in times:
        rest = blank(rest, one.start, one.end)
    quantities = find_quantities(rest)
    for one_quantity in quantities:
        rest = blank(rest, one_quantity.start, one_quantity.end)
    stations = find_stations(rest, context)
    return Reading(
        utterance,
        context,
        tuple(satellites),
        tuple(stations),
        tuple(times),
        tuple(quantities),
        coordinates,
        _without(rest, stations),
    )


def corrected(utterance: Utterance, context: Context) -> Utterance:
    """The utterance without what the operator took back: "LSAT-1, no, make that LSAT-2", "not Kiruna but Svalbard"."""
    norm = utterance.norm
    for match in list(_NEGATED.finditer(norm)):
        for finder in (find_satellites, find_stations):
            named = next((one for one in finder(norm, context) if match.end() <= one.start <= match.end() + 4), None)
            if named is not None:
                norm = blank(norm, match.start(), named.end)
    for match in list(_CORRECTION.finditer(norm)):
        if norm[: match.start()].strip():
            norm = blank(_without_taken_back(norm, match.start(), match.end(), context), match.start(), match.end())
    return utterance.saying(norm)


def _without_taken_back(norm: str, start: int, end: int, context: Context) -> str:
    """Blank the last thing before a correction that is of the kind of the first thing after it."""
    kinds: tuple[Callable[[str], list[tuple[int, int]]], ...] = (
        lambda text: [(one.start, one.end) for one in find_satellites(text, context)],
        lambda text: [(one.start, one.end) for one in find_stations(text, context)],
        lambda text: [(one.start, one.end) for one in find_times(text, context.now_utc)],
        lambda text: [(one.start, one.end) for one in find_quantities(text)],
        lambda text: [
            one.span() for one in re.finditer(r"\b(?:safe|standby|nominal|payload|sun|nadir|inertial)\b", text)
        ],
    )
    after = " " * end + norm[end:]
    first = min(
        ((spans[0][0], kind) for kind in kinds if (spans := kind(after))), key=lambda pair: pair[0], default=None
    )
    if first is None:
        return norm
    before = first[1](norm[:start])
    return blank(norm, *before[-1]) if before else norm


def _without(text: str, mentions: list[Mention]) -> str:
    for one in mentions:
        text = blank(text, one.start, one.end)
    return text
