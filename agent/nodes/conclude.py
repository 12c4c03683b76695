"""The last word: checked for numbers without a source, then streamed to the operator."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.altitude import mean_altitudes_km
from agent.context import mission_context
from agent.deps import Run
from agent.emit import node
from agent.grounding import ungrounded
from agent.state import Action, AgentRequest, AgentState, RefusalCode
from agent.wording import plan_text, result_lines
from core.plan.model import MissionPlan
from core.time import parse_utc

__all__ = ["conclude"]

_REFUSED_BY_TOOL = {
    "not-authorised": RefusalCode.NOT_AUTHORISED,
    "unsafe": RefusalCode.UNSAFE,
    "impossible": RefusalCode.IMPOSSIBLE,
}


@node
def conclude(state: AgentState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Ground the text, add what the plan says, and hand it over in pieces."""
    change: dict[str, Any] = {"defects": list(state["defects"])}
    text = _grounded(state, runtime.context, change["defects"])
    plan = MissionPlan.model_validate(state["plan"]) if state["plan"] else None
    if plan is not None and state["decision"] is None:
        text = f"{text}\n\n{plan_text(plan, state['applied'])}".strip()
    if plan is None and state["action"] == Action.CALL and not any(one["error"] is None for one in state["results"]):
        code = next(
            (_REFUSED_BY_TOOL[one["error_code"]] for one in state["results"] if one["error_code"] in _REFUSED_BY_TOOL),
            None,
        )
        if code is not None:
            change |= {"action": Action.REFUSE.value, "refusal": code.value}
    runtime.stream_writer({"kind": "text", "text": text})
    said = {"role": "assistant", "content": text}
    messages = state["messages"]
    if not (messages and messages[-1].get("content") == text and messages[-1]["role"] == "assistant"):
        messages = [*messages, said]
    return change | {"text": text, "messages": messages, "next": "end"}


def _grounded(state: AgentState, run: Run, defects: list[dict[str, Any]]) -> str:
    text = state["text"]
    if state["action"] == Action.CLARIFY:
        return text  # a question claims nothing
    without_source = ungrounded(text, _sources(state, run))
    if not without_source:
        return text
    defects.append({"code": "CON-002", "numbers": without_source, "text": text})
    lines = result_lines(state["results"])
    return "\n".join(lines) if lines else "I cannot support an answer to that with data from this mission."


def _sources(state: AgentState, run: Run) -> list[Any]:
    request = AgentRequest.model_validate(state["request"])
    plan = {key: value for key, value in (state["plan"] or {}).items() if key != "profiles"}
    now_utc = parse_utc(state["now"])
    told = mission_context(run.deps.mission, mean_altitudes_km(run.deps.mission, now_utc), now_utc, request)
    return [
        request.text,
        state["now"],
        [one["output"] for one in state["results"]],
        [one["error"] for one in state["results"]],
        [one["arguments"] for one in state["results"]],
        [one["activities"] for one in state["results"]],
        plan,
        [message.get("content", "") for message in state["messages"]],
        told,
        [rule.model_dump(mode="json") for rule in run.deps.mission.flight_rules],
    ]
