"""Every number in an answer must have a source: a tool result, the plan, or the operator's words (CON-002)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any

__all__ = ["numbers_of", "ungrounded"]

_NUMBER = re.compile(r"\d+(?:[ ,]\d{3})*(?:\.\d+)?(?:[eE][+-]?\d+)?")
# Units that a number may be reworded into: kilo and milli, hours and minutes, fraction and percent.
_FACTORS = (1.0, 1e3, 1e-3, 1e6, 1e-6, 60.0, 1 / 60.0, 3600.0, 1 / 3600.0, 100.0)


def ungrounded(text: str, sources: Iterable[Any]) -> list[str]:
    """The numbers in a text that no source has, as they are written there.

    A number counts as found when some source's number, possibly in another unit, rounds to it at the precision written.
    """
    known: set[float] = set()
    for source in sources:
        known |= numbers_of(source)
    return [shown for shown in _NUMBER.findall(text) if not _found(shown, known)]


def numbers_of(source: Any) -> set[float]:
    """All numbers in a text or a JSON value; the length of a list is one of them, as "3 passes" counts it."""
    if isinstance(source, bool) or source is None:
        return set()
    if isinstance(source, (int, float)):
        return {abs(float(source))} if math.isfinite(source) else set()
    if isinstance(source, str):
        return {float(one.replace(",", "").replace(" ", "")) for one in _NUMBER.findall(source)} | {
            float(one) for one in re.findall(r"\d+", source) if len(one) < 16
        }
    if isinstance(source, dict):
        return set().union(*(numbers_of(value) for pair in source.items() for value in pair))
    if isinstance(source, (list, tuple)):
        return {float(len(source))}.union(*(numbers_of(value) for value in source))
    return numbers_of(json.loads(json.dumps(source, default=str)))


def _found(shown: str, known: set[float]) -> bool:
    digits = shown.replace(",", "").replace(" ", "")
    value = float(digits)
    decimals = len(digits.partition(".")[2]) if "e" not in digits.lower() else 0
    tolerance = 0.5000001 * 10.0**-decimals
    for number in known:
        for factor in _FACTORS:
            scaled = number * factor
            # A reworded unit must still agree to one part in a hundred, else every small number would be found.
            if abs(scaled - value) <= (tolerance if factor == 1.0 else min(tolerance, 0.01 * value)):
                return True
    return False
