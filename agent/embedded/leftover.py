"""What of a request nothing was made of: orders in words that mean no tool. They are asked about, never dropped."""

from __future__ import annotations

import re
from typing import Final

from agent.embedded.classify import classify
from agent.embedded.context import Context
from agent.embedded.lexicon import tool_evidence
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
_NO_VERBS: Final = frozenset(
    # prepositions, conjunctions, adverbs, question words, auxiliaries, and what only shapes another order
    "about above across after all along also around because before behind below beneath beside between both but"
    " during each either even every for from give given have has had however into just keep know let like make near"
    " need not now off once only onto out over per please rather report same say see since some such tell than that the"
    " then there this those though through throughout till toward towards under unless until upon use using via want"
    " was were what when where whether which while who will with within without would could should can may might must"
    " shall does did are ask been being the here how its our their them they you your hold stay remain wait"
    " leave avoid ensure assume consider remember note mind expect include including exclude except is regarding"
    " concerning considering needs wants means includes takes starts ends lasts happens begins covers half twice almost"
    " nearly roughly approximately exactly least most more less later earlier sooner day days hour hours".split()
)


def leftover_orders(utterance: Utterance, context: Context) -> list[str]:
    """Orders in the operator's own words that mean no tool, beside others that do."""
    found = []
    for start, end in _chunks(utterance.norm):
        part = utterance.only(start, end)
        order = _ORDER.match(part.norm.strip())
        if order is None or order.group("verb") in _NO_VERBS:
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
    return any(
        one.weight > 0 and one.pattern.search(verb) for evidence in tool_evidence().values() for one in evidence
    )
