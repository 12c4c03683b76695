"""What the graph reports, as AG-UI events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ag_ui.core import (
    BaseEvent,
    StateSnapshotEvent,
    StepFinishedEvent,
    StepStartedEvent,
    TextMessageContentEvent,
    TextMessageEndEvent,
    TextMessageStartEvent,
    ToolCallArgsEvent,
    ToolCallEndEvent,
    ToolCallResultEvent,
    ToolCallStartEvent,
)

__all__ = ["ag_ui_events"]

_CHUNK = 24  # characters of text per event, about one line of console work

Fact = Mapping[str, Any]


def ag_ui_events(fact: Fact, message_id: str) -> Iterator[BaseEvent]:
    """The events for one fact that a node reported; ``message_id`` names the assistant's message of this run."""
    yield from _EVENTS[fact["kind"]](fact, message_id)


def _text(fact: Fact, message_id: str) -> Iterator[BaseEvent]:
    text = fact["text"]
    yield TextMessageStartEvent(message_id=message_id, role="assistant")
    for start in range(0, len(text), _CHUNK):
        yield TextMessageContentEvent(message_id=message_id, delta=text[start : start + _CHUNK])
    yield TextMessageEndEvent(message_id=message_id)


def _tool_call(fact: Fact, message_id: str) -> Iterator[BaseEvent]:
    call_id = fact["call_id"]
    yield ToolCallStartEvent(tool_call_id=call_id, tool_call_name=fact["tool"], parent_message_id=message_id)
    yield ToolCallArgsEvent(tool_call_id=call_id, delta=json.dumps(fact["args"], ensure_ascii=False))
    yield ToolCallEndEvent(tool_call_id=call_id)


def _tool_result(fact: Fact, message_id: str) -> Iterator[BaseEvent]:
    call_id = fact["call_id"]
    yield ToolCallResultEvent(
        message_id=f"{call_id}-result", tool_call_id=call_id, content=fact["content"], role="tool"
    )


def _step_started(fact: Fact, message_id: str) -> Iterator[BaseEvent]:
    yield StepStartedEvent(step_name=fact["name"])


def _step_finished(fact: Fact, message_id: str) -> Iterator[BaseEvent]:
    yield StepFinishedEvent(step_name=fact["name"])


def _plan(fact: Fact, message_id: str) -> Iterator[BaseEvent]:
    yield StateSnapshotEvent(snapshot={"plan": fact["facts"]})


_EVENTS: Mapping[str, Callable[[Fact, str], Iterator[BaseEvent]]] = {
    "text": _text,
    "tool_call": _tool_call,
    "tool_result": _tool_result,
    "step_started": _step_started,
    "step_finished": _step_finished,
    "plan": _plan,
}
