"""Where each argument of a call came from: the operator's words, a default, or text that nobody may act upon."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent.chat import EMBEDDED
from agent.context import NOT_BEFORE, mission_context
from agent.deps import AgentDeps
from agent.embedded.context import Context, read_context
from agent.embedded.places import find_coordinates, find_satellites, find_stations
from agent.embedded.quantities import find_quantities
from agent.embedded.text import read
from agent.embedded.times import ImpossibleTime, TimeMention, find_times
from agent.grounding import numbers_of
from agent.prompts import system_message
from agent.state import AgentRequest, AgentState
from core.plan.activity import ArgumentOrigin, Origin
from core.time import parse_utc
from tools.contract import Effect

__all__ = ["UNTRUSTED_TOOLS", "doubtful_arguments", "trace"]

UNTRUSTED_TOOLS: Final[Mapping[str, Origin]] = {
    "search_procedures": Origin.DOCUMENT,
    "explain_anomaly": Origin.TELEMETRY,
    "get_telemetry": Origin.TELEMETRY,
}
_UNTRUSTED: Final = frozenset({Origin.DOCUMENT, Origin.TELEMETRY, Origin.MODEL})
_YES: Final = re.compile(
    r"^\W*(?:yes|yep|yeah|confirm\w*|i confirm|correct|ok(?:ay)?|right|affirmative|do it|go ahead|sure)\b",
    re.IGNORECASE,
)
_TIME: Final = re.compile(r"^\d{4}-\d{2}-\d{2}T")


def doubtful_arguments(calls: Sequence[Mapping[str, Any]], state: AgentState, deps: AgentDeps) -> list[dict[str, Any]]:
    """Arguments of proposing calls that the operator neither said nor confirmed."""
    names = set(deps.catalog.names())
    doubtful = []
    for call in calls:
        if call["tool"] not in names or deps.catalog.tool(call["tool"]).effect is not Effect.PROPOSE:
            continue
        for argument, origin in trace(call, state, deps).items():
            if origin.origin in _UNTRUSTED:
                value = _values(call)[argument]
                doubtful.append({"tool": call["tool"], "argument": argument, "value": value, "source": origin.source})
    return doubtful


def trace(call: Mapping[str, Any], state: AgentState, deps: AgentDeps) -> dict[str, ArgumentOrigin]:
    """The origin of every argument of a call."""
    said = [str(one["content"]) for one in state["messages"] if one["role"] == "user"]
    context = _context(state, deps)
    heard = _Heard(said, context)
    confirmed = _confirmed(state, said)
    origins = {}
    for name, value in _values(call).items():
        if (call["tool"], name, _key(value)) in confirmed:
            origins[name] = ArgumentOrigin(origin=Origin.OPERATOR, source="confirmed by the operator")
        elif (words := heard.source_of(value)) is not None:
            origins[name] = ArgumentOrigin(origin=Origin.OPERATOR, source=words)
        elif state["model"] == EMBEDDED:
            origins[name] = ArgumentOrigin(origin=Origin.COMPUTED, source="worked out from the operator's words")
        else:
            origins[name] = _elsewhere(value, state)
    return origins


def _values(call: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, with the start that it waits for."""
    waits = {NOT_BEFORE: call["not_before"]} if call.get("not_before") else {}
    return {**call["args"], **waits}


class _Heard:
    """Everything that the operator's own words can stand for."""

    def __init__(self, said: Sequence[str], context: Context) -> None:
        self._said = said
        self._places: dict[str, str] = {}
        self._numbers: dict[float, str] = {}
        self._instants: dict[float, str] = {}
        for text in said:
            self._hear(text, context)

    def _hear(self, text: str, context: Context) -> None:
        norm = read(text, context.names).norm
        for mention in (*find_satellites(norm, context), *find_stations(norm, context)):
            self._places.setdefault(mention.id, norm[mention.start : mention.end])
        for number in numbers_of(norm):
            self._numbers.setdefault(number, text)
        for quantity in find_quantities(norm):
            shown = norm[quantity.start : quantity.end]
            for factor in (1.0, 60.0, 1 / 60.0, 1000.0, 0.001, math.radians(1.0)):
                self._numbers[quantity.value * factor] = shown
        for one in _times(norm, context):
            shown = norm[one.start : one.end]
            self._instants |= {one.start_utc.timestamp(): shown, one.end_utc.timestamp(): shown}
            self._numbers[(one.end_utc - one.start_utc).total_seconds() / 3600.0] = shown
            self._numbers[(one.end_utc - one.start_utc).total_seconds() / 60.0] = shown
        coordinates = find_coordinates(norm)
        if coordinates is not None:
            shown = norm[coordinates.start : coordinates.end]
            self._numbers |= {abs(coordinates.latitude_deg): shown, abs(coordinates.longitude_deg): shown}

    def source_of(self, value: Any) -> str | None:
        """The operator's words behind a value, or None."""
        if isinstance(value, bool):
            return None
        if isinstance(value, (int, float)):
            return next(
                (words for number, words in self._numbers.items() if math.isclose(number, abs(value), rel_tol=1e-6)),
                None,
            )
        text = str(value)
        if text in self._places:
            return self._places[text]
        if _TIME.match(text):
            # A model may read "tomorrow" otherwise than we do: any time that the operator gave stands behind it.
            instant = parse_utc(text).timestamp()
            return self._instants.get(instant) or next(iter(self._instants.values()), None)
        wanted = list(re.findall(r"[^\W_]{2,}", text.lower()))
        return next(
            (
                one
                for one in self._said
                if wanted and all(word in read(one).norm or word in one.lower() for word in wanted)
            ),
            None,
        )


def _times(norm: str, context: Context) -> list[TimeMention]:
    try:
        return find_times(norm, context.now_utc)
    except ImpossibleTime:
        return []  # words that name no time stand behind no value


def _elsewhere(value: Any, state: AgentState) -> ArgumentOrigin:
    """Where a value is found when the operator did not say it; the model made it up where it is nowhere."""
    request = AgentRequest.model_validate(state["request"])
    for document in request.retrieved:
        if _contains(document.text, value):
            return ArgumentOrigin(origin=Origin.DOCUMENT, source=document.title or "a document")
    for result in state["results"]:
        if not _contains(result["output"], value):
            continue
        origin = UNTRUSTED_TOOLS.get(result["tool"], Origin.COMPUTED)
        return ArgumentOrigin(origin=origin, source=f"{result['tool']} {result['call_id']}")
    return ArgumentOrigin(origin=Origin.MODEL, source="the model")


def _contains(source: Any, value: Any) -> bool:
    if isinstance(value, (int, float)):
        return any(math.isclose(number, abs(value), rel_tol=1e-6) for number in numbers_of(source))
    text = source if isinstance(source, str) else json.dumps(source, ensure_ascii=False)
    return str(value).lower() in text.lower()


def _confirmed(state: AgentState, said: Sequence[str]) -> set[tuple[str, str, str]]:
    """What the operator was asked to confirm and said yes to."""
    if not said or not _YES.match(said[-1]):
        return set()
    return {(one["tool"], one["argument"], _key(one["value"])) for one in state["to_confirm"]}


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _context(state: AgentState, deps: AgentDeps) -> Context:
    request = AgentRequest.model_validate(state["request"])
    facts = mission_context(deps.mission, {}, parse_utc(state["now"]), request)
    return read_context([system_message(facts)], ())
