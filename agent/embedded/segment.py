"""A request in clauses: one per thing to do, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Clause", "segment"]

_VERBS: Final = (
    r"(?:downlink|dump|download|offload|point|hold|turn|orient|slew|face|take|capture|image|photograph|schedule|plan|raise|boost|lift|avoid|dodge|evade"
    r"|put|switch|set|return|check|predict|estimate|explain|find|search|look up|list|show|give|tell|send|transfer|bring|move|where|what|why|when|how|will|get"
    r"|command|keep|aim|shoot|snap|lower|increase|change|go|safe|transmit|let|does|is|can|could|please|report|calculate|compute|observe|retrieve|work out)"
)
_THEN: Final = (
    r"(?:[,;.]? ?(?:and )?(?:then|after that|afterwards|afterward|after which|thereafter|subsequently|once (?:that is|that's|it is|it's|this is) (?:done|finished|complete|completed|over)"
    r"|when (?:that is|that's|it is|it's|this is) (?:done|finished|complete|completed|over)|followed by|next ?,|finally|and finally|lastly|following that|when done|when finished|once done|once finished)\b ?,? ?)"
)
_SPLIT: Final = re.compile(
    rf"(?P<then>{_THEN})|(?P<stop> ?[;?!](?: and)? (?=\S)|(?<!\bst)(?<!\bmt)\. (?=[a-z])| ?, (?:and |also |plus )?(?={_VERBS}\b)|,? (?:and|also|plus|as well as)(?: also| please)? (?={_VERBS}\b))"
)
_AFTER_FIRST: Final = re.compile(rf"^\W*(?:after|once|when) (?P<first>.+?), ?(?:then )?(?P<then>{_VERBS}\b.+)$")
_BEFORE_LATER: Final = re.compile(rf"^\W*before (?P<later>\w+ing\b.+?), ?(?P<first>{_VERBS}\b.+)$")


_ELIDED: Final = re.compile(r",? and (?=(?:l-?sat|sat|satellite)[ -]*\d\b ?(?:at|to|in|into|on|over|for|from)\b)")


@dataclass(frozen=True)
class Clause:
    """One part of a request, by its place in the text; ``after_previous`` says that it waits for the one before it."""

    start: int
    end: int
    after_previous: bool


def segment(norm: str) -> list[Clause]:
    """The clauses of a normalised text in the order in which they are to happen."""
    swapped = _AFTER_FIRST.match(norm)
    if swapped and re.search(r"\w+ing\b|\b(?:is|has|have|are)\b", swapped.group("first")):
        return [Clause(*swapped.span("first"), False), Clause(*swapped.span("then"), True)]
    swapped = _BEFORE_LATER.match(norm)
    if swapped:
        return [Clause(*swapped.span("first"), False), Clause(*swapped.span("later"), True)]
    cuts = [(one.start(), one.end(), one.group("then") is not None) for one in _SPLIT.finditer(norm)]
    cuts += [(one.start(), one.end(), False) for one in _ELIDED.finditer(norm)]
    clauses: list[Clause] = []
    start, after = 0, False
    for cut_start, cut_end, then in [*sorted(cuts), (len(norm), len(norm), False)]:
        if cut_start < start:
            continue
        if norm[start:cut_start].strip(" ,.;!?-"):
            clauses.append(Clause(start, cut_start, after and bool(clauses)))
            after = False
        after, start = after or then, cut_end
    return clauses
