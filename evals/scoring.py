"""Scores as requests.json defines them: tools and arguments exact, defaults filled, numbers to 1e-6, times as instants."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from core.errors import InputError
from core.time import parse_utc
from evals.model import Case, CaseOutcome, ExpectedCall, Proportion, Scores

__all__ = ["DEFAULTS", "proportion", "same_call", "same_calls", "scores"]

# What a tool assumes when an argument is left out, as tools.json of the reference data has it.
DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "list_passes": {"min_elevation_deg": 5},
    "explain_anomaly": {"lookback_h": 24},
    "check_battery": {"eclipses": 1},
}
_FREE_TEXT: Final = frozenset({"target", "query"})
_TIMES: Final = frozenset({"start", "end", "epoch", "deadline", "at"})
_FUNCTION_WORDS: Final = frozenset(
    {"a", "an", "the", "of", "for", "to", "in", "on", "at", "and", "or", "from", "with", "by"}
)
_Z_95: Final = 1.959963984540054  # 97.5 % point of the standard normal distribution
_RELATIVE: Final = 1e-6


def same_calls(expected: Sequence[ExpectedCall], given: Sequence[ExpectedCall]) -> bool:
    """Whether the same calls were made in the same order."""
    return len(expected) == len(given) and all(same_call(*pair) for pair in zip(expected, given, strict=True))


def same_call(expected: ExpectedCall, given: ExpectedCall) -> bool:
    """Whether two calls are the same after filling defaults."""
    wanted = {**DEFAULTS.get(expected.tool, {}), **expected.args}
    made = {**DEFAULTS.get(given.tool, {}), **given.args}
    if expected.tool != given.tool or wanted.keys() != made.keys():
        return False
    return all(_same_value(name, wanted[name], made[name]) for name in wanted)


def _same_value(name: str, wanted: Any, made: Any) -> bool:
    if name in _FREE_TEXT:
        words = [word for word in re.findall(r"\w+", str(wanted).lower()) if word not in _FUNCTION_WORDS]
        return all(word in str(made).lower() for word in words)
    if name in _TIMES:
        try:
            return parse_utc(str(wanted)) == parse_utc(str(made))
        except InputError:
            return False
    if isinstance(wanted, (int, float)) and isinstance(made, (int, float)):
        return math.isclose(wanted, made, rel_tol=_RELATIVE, abs_tol=1e-12)
    return bool(wanted == made)


def proportion(right: int, of: int) -> Proportion:
    """A share with its 95 % score interval (Wilson 1927); without cases the interval is everything."""
    if of == 0:
        return Proportion(right=0, of=0, share=0.0, low=0.0, high=1.0)
    share, z2 = right / of, _Z_95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z_95 / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Proportion(right=right, of=of, share=round(share, 4), low=round(low, 4), high=round(high, 4))


def scores(cases: Sequence[Case], outcomes: Sequence[CaseOutcome]) -> Scores:
    """Count what was right; cases without an expectation do not count."""
    judged = [(case, one) for case, one in zip(cases, outcomes, strict=True) if case.expected is not None]
    return Scores(
        all=_share(one.right for _, one in judged),
        action=_share(one.right_action for _, one in judged),
        tools=_share(one.right_tools for _, one in judged),
        by_action=_grouped((case.expected.action.value if case.expected else "", one.right) for case, one in judged),
        by_tool=_grouped(
            (tool, one.right)
            for case, one in judged
            for tool in dict.fromkeys(call.tool for call in (case.expected.calls if case.expected else ()))
        ),
        by_kind=_grouped((case.kind, one.right) for case, one in judged if case.kind),
    )


def _grouped(pairs: Iterable[tuple[str, bool | None]]) -> dict[str, Proportion]:
    groups: dict[str, list[bool | None]] = {}
    for name, right in pairs:
        groups.setdefault(name, []).append(right)
    return {name: _share(groups[name]) for name in sorted(groups)}


def _share(rights: Iterable[bool | None]) -> Proportion:
    listed = list(rights)
    return proportion(sum(one is True for one in listed), len(listed))
