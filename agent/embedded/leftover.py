"""What of a request nothing was made of: orders in words that mean no tool. They are asked about, never dropped."""

from __future__ import annotations

import re
from typing import Final

from agent.embedded.classify import classify
from agent.embedded.context import Context
from agent.embedded.lexicon import tool_evidence, words
from agent.embedded.reading import read_clause
from agent.embedded.text import Utterance

__all__ = ["leftover_orders"]

_CUTS: Final = re.compile(r"[,;.!?:]\s|\b(?:and|then|also|plus|but|before|after|afterwards|finally|next)\b")
# An order: a verb and what it is done to. Words that begin a phrase of another kind are no verbs.
_ORDER: Final = re.compile(
    r"\s*(?:please |also |just |kindly |you |to |can you |could you )*"
    r"(?P<verb>[a-z]{3,})(?: (?:up|down|on|off|out|in|back|away))?"
    r" (?:the|a|an|all|its|their|my|our|every|each|both|it|them|any|some|that|this|l-?sat)\b"
)


def leftover_orders(utterance: Utterance, context: Context) -> list[str]:
    """Orders in the operator's own words that mean no tool, beside others that do."""
    found = []
    for start, end in _chunks(utterance.norm):
        part = utterance.only(start, end)
        order = _ORDER.match(part.norm.strip())
        if order is None or order.group("verb") in words("no_orders"):
            continue
        reading = read_clause(part, context)
        named = reading.satellites or reading.stations or reading.quantities or reading.coordinates
        if not named and classify(reading) is None and not _hinted(order.group("verb")):
            found.append(utterance.original_of(start, end).strip(" ,.;!?"))
    return found


def _chunks(norm: str) -> list[tuple[int, int]]:
    edges = [0, *(cut.end() for cut in _CUTS.finditer(norm))]
    ends = [*(cut.start() for cut in _CUTS.finditer(norm)), len(norm)]
    return [(start, end) for start, end in zip(edges, ends, strict=True) if norm[start:end].strip()]


def _hinted(verb: str) -> bool:
    """Whether a verb speaks for some tool: then the order belongs to what stands beside it."""
    return any(one.weight > 0 and one.pattern.search(verb) for evidence in tool_evidence().values() for one in evidence)
