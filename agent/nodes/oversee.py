"""What became of a plan after release: read from the event log, never acted upon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from agent.deps import Run
from agent.emit import node
from agent.state import AgentState
from core.events import Event
from core.time import format_utc

__all__ = ["oversee"]


@node
def oversee(state: AgentState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Tell what the log says of the plan and its commands."""
    plan_id = state["text"] or _last_plan(state, runtime.context)
    reader = runtime.context.deps.events
    if plan_id is None or reader is None:
        return {"text": "There is no released plan in this conversation that I could report on."}
    events = [
        *reader.read(subject=plan_id),
        *(one for one in reader.read(kinds=("command.",)) if one.payload.get("plan_id") == plan_id),
    ]
    return {
        "text": _told(plan_id, sorted(events, key=lambda one: one.sequence)),
        "results": [_as_result(plan_id, events)],
    }


def _last_plan(state: AgentState, run: Run) -> str | None:
    plans = run.deps.plans.list_plans(limit=1)
    return state["plan"]["plan_id"] if state["plan"] else (plans[0].plan_id if plans else None)


def _told(plan_id: str, events: Sequence[Event]) -> str:
    if not events:
        return f"The log has no event of plan {plan_id}."
    latest: dict[str, Event] = {one.subject: one for one in events if one.kind.startswith("command.")}
    counts = Counter(one.kind.removeprefix("command.") for one in latest.values())
    commands = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none yet"
    last = events[-1]
    when = format_utc(last.at_utc.replace(microsecond=0))
    return f"Plan {plan_id}: commands: {commands}. The last event is {last.kind} of {last.subject} at {when}."


def _as_result(plan_id: str, events: Sequence[Event]) -> dict[str, Any]:
    told = [one.model_dump(mode="json", include={"kind", "subject", "at_utc"}) for one in events]
    return {
        "call_id": f"events-{plan_id}",
        "tool": "report_execution",
        "effect": "read",
        "arguments": {"plan_id": plan_id},
        "output": {"summary": _told(plan_id, events), "events": told},
        "error": None,
        "error_code": None,
        "valid": None,
        "seconds": 0.0,
        "activities": [],
        "rejected": [],
        "after": None,
    }
