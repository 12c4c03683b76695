"""The model that needs no key: deterministic, in process, and able to say what it understood."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent.chat import EMBEDDED, ChatCall, ChatReply, Message, OnText, Schema
from agent.context import AFTER_CALL, NOT_BEFORE, UNTRUSTED
from agent.embedded.compose import compose, greeting
from agent.embedded.context import Context, read_context
from agent.embedded.leftover import leftover_orders
from agent.embedded.lexicon import rules
from agent.embedded.questions import question_for
from agent.embedded.safety import Refusal, impossible, refused_by_words
from agent.embedded.slots import REQUIRED
from agent.embedded.text import read
from agent.embedded.times import ImpossibleTime
from agent.embedded.understand import Frame, understand
from agent.state import RefusalCode

__all__ = ["EmbeddedChat"]

_MOST_CALLS: Final = 24
_NO_SATELLITE: Final = frozenset({"search_procedures", "compare_plans"})
_WORDS: Final = re.compile(r"\w+|[^\w\s]")


class EmbeddedChat:
    """Answers like a chat model, from rules and evidence alone.

    The first reply to a request is made from the operator's words only; what documents, telemetry and tools say is
    never read for instructions or arguments. After tool results the reply tells what they say.
    """

    def complete(
        self, messages: Sequence[Message], tools: Sequence[Schema], on_text: OnText | None = None
    ) -> ChatReply:
        """Answer a conversation whose system message holds the mission's facts.

        Raises:
            InputError: There is no such system message.
        """
        context = read_context(messages, tools)
        reply = compose(messages) if messages[-1]["role"] == "tool" else _first_reply(messages, context)
        if on_text is not None and reply.text:
            on_text(reply.text)
        read_words = sum(len(_WORDS.findall(str(one.get("content") or ""))) for one in messages)
        written = len(_WORDS.findall(reply.text)) + sum(
            len(_WORDS.findall(json.dumps(one.arguments))) for one in reply.tool_calls
        )
        return reply.model_copy(update={"model": EMBEDDED, "tokens_in": read_words, "tokens_out": written})


def _first_reply(messages: Sequence[Message], context: Context) -> ChatReply:
    said = [str(one["content"]) for one in messages if one["role"] == "user" and one.get("name") != UNTRUSTED]
    utterance = read(said[-1], context.names)
    for code, pattern, _ in rules("greet"):
        if pattern.search(utterance.norm):
            return _told(code, context)
    refusal = refused_by_words(utterance.norm)
    if refusal is not None:
        return _refuse(refusal)
    try:
        frames = understand(said[-6:], context)
    except ImpossibleTime as error:
        return _ask(f"There is no time such as {error.facts['said']!r}. Which time do you mean (UTC)?", ["time"])
    if not frames:
        return _ask("What would you like to do? I can " + greeting("short", context), ["request"])
    orders = leftover_orders(utterance, context)
    if orders:
        return _ask(
            f'I do not know how to "{orders[0]}". Say it in other words, or ask for the rest without it.', ["request"]
        )
    return _calls(frames, context)


def _told(code: str, context: Context) -> ChatReply:
    if code == "execution":
        return _control("report_execution", {})
    return ChatReply(text=greeting(code, context))


def _calls(frames: Sequence[Frame], context: Context) -> ChatReply:
    for frame in frames:
        if frame.tool not in context.tools:
            return _refuse(_not_offered(frame.tool, context))
    calls: list[tuple[str, dict[str, Any]]] = []
    last_of_previous: int | None = None
    questions = [question for frame in frames if (question := question_for(frame, context)) is not None]
    for frame in frames:
        for args in _expanded(frame, context):
            refusal = impossible(frame.tool, args, context, frame.norm)
            if refusal is not None:
                return _refuse(refusal)
            if frame.after_previous and last_of_previous is not None:
                args[AFTER_CALL] = last_of_previous
            if frame.not_before is not None:
                args[NOT_BEFORE] = frame.not_before
            calls.append((frame.tool, args))
        last_of_previous = len(calls) - 1
    if questions:
        return _ask(questions[0].text, list(questions[0].missing))
    if len(calls) > _MOST_CALLS:
        return _ask(
            f"That would be {len(calls)} calls at once; which satellites or stations matter most?", ["satellite"]
        )
    return ChatReply(tool_calls=tuple(_call(index, name, args) for index, (name, args) in enumerate(calls)))


def _expanded(frame: Frame, context: Context) -> list[dict[str, Any]]:
    """The arguments of every call of a frame: one for each satellite and station."""
    if frame.tool in _NO_SATELLITE:
        return [dict(frame.args)]
    needs_station = "station" in REQUIRED[frame.tool]
    expanded = []
    for satellite in frame.satellites or ("",):
        for station in (frame.stations or ("",)) if needs_station else ("",):
            args = {
                **({"satellite": satellite} if satellite else {}),
                **({"station": station} if station else {}),
                **frame.args,
            }
            if frame.relative_km is not None and satellite in context.altitudes_km:
                args["target_altitude_km"] = round(context.altitudes_km[satellite] + frame.relative_km, 3)
            expanded.append(args)
    return expanded


def _not_offered(tool: str, context: Context) -> Refusal:
    return Refusal(
        RefusalCode.NOT_AUTHORISED.value, f"The role {context.role} may not use {tool}; an operator can ask for it."
    )


def _refuse(refusal: Refusal) -> ChatReply:
    return _control("refuse", {"reason": refusal.reason, "code": refusal.code})


def _ask(question: str, missing: Sequence[str]) -> ChatReply:
    return _control("ask_operator", {"question": question, "missing": list(missing)})


def _control(name: str, arguments: Mapping[str, Any]) -> ChatReply:
    return ChatReply(tool_calls=(_call(0, name, arguments),))


def _call(index: int, name: str, arguments: Mapping[str, Any]) -> ChatCall:
    seed = f"{index}|{name}|{json.dumps(arguments, sort_keys=True)}"
    return ChatCall(
        id=f"embedded-{hashlib.sha256(seed.encode()).hexdigest()[:10]}", name=name, arguments=dict(arguments)
    )
