"""Words to tool calls: ask the model, and sort its reply into calls, a question, a refusal or an answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from agent.altitude import mean_altitudes_km
from agent.budget import RunCancelled, add_usage, check_budget
from agent.chat import ChatCall, ChatReply
from agent.context import AFTER_CALL, NOT_BEFORE, document_message, mission_context, tools_for_model
from agent.deps import Run
from agent.emit import node
from agent.origins import doubtful_arguments
from agent.prompts import system_message
from agent.state import Action, AgentRequest, AgentState, RefusalCode
from core.errors import InputError
from core.time import format_utc, parse_utc

__all__ = ["interpret"]


@node
def interpret(state: AgentState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Ask the model what to do next with the request and what is known so far."""
    run = runtime.context
    check_budget(state["usage"], run.deps.limits, model_calls=1)
    request = AgentRequest.model_validate(state["request"])
    reply = _ask(state, run, request)
    usage = add_usage(state["usage"], model_calls=1, tokens=reply.tokens_in + reply.tokens_out, cost_usd=reply.cost_usd)
    change: dict[str, Any] = {"usage": usage, "model": reply.model}
    control = next((call for call in reply.tool_calls if call.name in _CONTROLS), None)
    if control is not None:
        return change | _CONTROLS[control.name](state, control)
    if reply.tool_calls:
        return change | _calls({**state, "model": reply.model}, run, reply.tool_calls)
    return change | _text(state, reply)


def _ask(state: AgentState, run: Run, request: AgentRequest) -> ChatReply:
    now_utc = parse_utc(state["now"])
    deps = run.deps
    altitudes_km = mean_altitudes_km(deps.mission, now_utc)
    messages = [
        system_message(mission_context(deps.mission, altitudes_km, now_utc, request)),
        *[document_message(one) for one in request.retrieved],
        *state["messages"],
    ]

    def on_text(_piece: str) -> None:
        if run.cancel.is_set():
            raise RunCancelled("the run was stopped by the operator")

    return deps.chat.complete(messages, tools_for_model(deps.catalog.schemas(request.role), request.role), on_text)


def _calls(state: AgentState, run: Run, calls: Sequence[ChatCall]) -> dict[str, Any]:
    prepared = _prepared(state, calls)
    doubtful = doubtful_arguments(prepared, state, run.deps)
    if doubtful:
        listed = "; ".join(
            f"{one['argument']} = {one['value']} for {one['tool']} (from {one['source']})" for one in doubtful
        )
        question = f"These values did not come from you: {listed}. Do you confirm them?"
        said = {"role": "assistant", "content": question}
        return {
            "action": Action.CLARIFY.value,
            "text": question,
            "to_confirm": doubtful,
            "messages": [*state["messages"], said],
            "next": "conclude",
        }
    asked = {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "id": one["call_id"],
                "type": "function",
                "function": {"name": one["tool"], "arguments": json.dumps(one["args"], sort_keys=True)},
            }
            for one in prepared
        ],
    }
    messages = [*state["messages"], asked]
    return {"action": Action.CALL.value, "calls": prepared, "messages": messages, "next": "gather"}


def _prepared(state: AgentState, calls: Sequence[ChatCall]) -> list[dict[str, Any]]:
    ids = [_call_id(state, index) for index in range(len(calls))]
    prepared = []
    for index, call in enumerate(calls):
        args = dict(call.arguments)
        after = args.pop(AFTER_CALL, None)
        waits = isinstance(after, int) and not isinstance(after, bool) and 0 <= after < index
        prepared.append(
            {
                "call_id": ids[index],
                "tool": call.name,
                "args": args,
                "after": ids[after] if waits else None,
                "not_before": _instant(args),
            }
        )
    return prepared


def _instant(args: dict[str, Any]) -> str | None:
    """The start that a call waits for; one that is no time stays an argument, which the tool refuses."""
    try:
        instant = parse_utc(str(args.get(NOT_BEFORE)))
    except InputError:
        return None
    del args[NOT_BEFORE]
    return format_utc(instant)


def _call_id(state: AgentState, ordinal: int) -> str:
    """The same for the same call of the same message, so that a repeated node does nothing twice."""
    seed = f"{state['thread_id']}|{state['message_id']}|{len(state['messages'])}|{ordinal}"
    return f"call-{hashlib.sha256(seed.encode()).hexdigest()[:12]}"


def _text(state: AgentState, reply: ChatReply) -> dict[str, Any]:
    proposed = any(result["activities"] for result in state["results"])
    return {
        "action": (Action.CALL if state["results"] else Action.ANSWER).value,
        "text": reply.text,
        "to_confirm": [],
        "next": "draft" if proposed else "conclude",
    }


def _clarify(state: AgentState, call: ChatCall) -> dict[str, Any]:
    question = str(call.arguments.get("question", "")).strip() or "What exactly do you want to do?"
    return {"action": Action.CLARIFY.value, "text": question, "to_confirm": [], "next": "conclude"}


def _refuse(state: AgentState, call: ChatCall) -> dict[str, Any]:
    given = str(call.arguments.get("code", ""))
    code = given if given in set(RefusalCode) else RefusalCode.OUT_OF_SCOPE.value
    reason = str(call.arguments.get("reason", "")).strip() or "This request cannot be carried out."
    return {"action": Action.REFUSE.value, "refusal": code, "text": reason, "to_confirm": [], "next": "conclude"}


def _report(state: AgentState, call: ChatCall) -> dict[str, Any]:
    return {"action": Action.ANSWER.value, "text": str(call.arguments.get("plan_id", "")), "next": "oversee"}


_CONTROLS = {"ask_operator": _clarify, "refuse": _refuse, "report_execution": _report}
