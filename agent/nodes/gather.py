"""Run the tool calls: independent reads side by side, proposals one after another so that none collides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from langgraph.runtime import Runtime
from pydantic import TypeAdapter

from agent.budget import RunCancelled, add_usage, check_budget
from agent.clock import FixedClock
from agent.deps import AgentDeps, Run
from agent.emit import node
from agent.origins import UNTRUSTED_TOOLS, trace
from agent.state import AgentRequest, AgentState
from core.plan.activity import Activity, ToolCallRef
from core.time import parse_utc
from tools.contract import Effect, ToolContext, ToolResult

__all__ = ["activities_of", "gather"]

_ACTIVITIES: TypeAdapter[tuple[Activity, ...]] = TypeAdapter(tuple[Activity, ...])


@node
def gather(state: AgentState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Run what interpret asked for; errors go back to the model as results."""
    run, calls = runtime.context, state["calls"]
    check_budget(state["usage"], run.deps.limits, tool_calls=len(calls))
    for call in calls:
        runtime.stream_writer({"kind": "tool_call", **{key: call[key] for key in ("call_id", "tool", "args")}})
    done = _run_reads(state, run, calls)
    for call in calls:
        if run.cancel.is_set():
            raise RunCancelled("the run was stopped by the operator")
        if call["call_id"] not in done:
            done[call["call_id"]] = _run_in_order(state, run, call, done)
    results = [done[call["call_id"]] for call in calls]
    for result in results:
        runtime.stream_writer({"kind": "tool_result", "call_id": result["call_id"], "content": _for_model(result)})
    told = [{"role": "tool", "tool_call_id": one["call_id"], "content": _for_model(one)} for one in results]
    return {
        "results": [*state["results"], *results],
        "calls": [],
        "messages": [*state["messages"], *told],
        "usage": add_usage(state["usage"], tool_calls=len(calls)),
    }


def activities_of(results: Sequence[dict[str, Any]]) -> tuple[Activity, ...]:
    """The proposed activities of tool results, in call order."""
    return tuple(one for result in results for one in _ACTIVITIES.validate_python(result["activities"]))


def _run_reads(state: AgentState, run: Run, calls: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    reads = [call for call in calls if call["after"] is None and _effect(run.deps, call["tool"]) is Effect.READ]
    if not reads:
        return {}
    with ThreadPoolExecutor(max_workers=run.deps.limits.parallel_tools) as pool:
        finished = list(pool.map(lambda call: _run_one(state, run, call, (), None), reads))
    return {call["call_id"]: result for call, result in zip(reads, finished, strict=True)}


def _run_in_order(state: AgentState, run: Run, call: dict[str, Any], done: dict[str, dict[str, Any]]) -> dict[str, Any]:
    earlier = [*state["results"], *done.values()]
    existing = activities_of(earlier)
    waited_for = activities_of([done[call["after"]]]) if call["after"] in done else ()
    asked = [parse_utc(call["not_before"])] if call.get("not_before") else []
    not_before = max((*asked, *(one.window.end for one in waited_for)), default=None)
    return _run_one(state, run, call, existing, not_before)


def _run_one(
    state: AgentState,
    run: Run,
    call: dict[str, Any],
    existing: tuple[Activity, ...],
    not_before_utc: datetime | None,
) -> dict[str, Any]:
    deps = run.deps
    request = AgentRequest.model_validate(state["request"])
    if call["tool"] not in set(deps.catalog.names()):
        return _unknown(call, deps)
    context = ToolContext(
        mission=deps.mission,
        clock=FixedClock(parse_utc(state["now"])) if request.now else deps.clock,
        role=request.role,
        telemetry=deps.telemetry,
        knowledge=deps.knowledge,
        plans=deps.plans,
        call_id=call["call_id"],
        not_before_utc=not_before_utc,
        existing=existing,
        conjunctions=deps.conjunctions,
        archive=deps.archive,
        anomalies=deps.anomalies,
    )
    result = deps.catalog.tool(call["tool"]).call(call["args"], context)
    return _with_origins(result, call, state, deps).model_dump(mode="json") | {"after": call["after"]}


def _with_origins(result: ToolResult, call: dict[str, Any], state: AgentState, deps: AgentDeps) -> ToolResult:
    """The same result with the origin of every argument in its activities' provenance."""
    if not result.activities:
        return result
    origins = trace(call, state, deps)
    reference = ToolCallRef(call_id=result.call_id, tool=result.tool)
    activities = []
    for one in result.activities:
        known = one.provenance
        calls = known.tool_calls if reference in known.tool_calls else (*known.tool_calls, reference)
        provenance = known.model_copy(update={"arguments": {**known.arguments, **origins}, "tool_calls": calls})
        activities.append(one.model_copy(update={"provenance": provenance}))
    return result.model_copy(update={"activities": tuple(activities)})


def _unknown(call: dict[str, Any], deps: AgentDeps) -> dict[str, Any]:
    names = list(deps.catalog.names())
    result = ToolResult(
        call_id=call["call_id"],
        tool=call["tool"],
        effect=Effect.READ,
        arguments=call["args"],
        error=f"there is no tool {call['tool']!r}; the tools are {', '.join(names)}",
        error_code="unknown-tool",
        valid={"tools": names},
        seconds=0.0,
    )
    return result.model_dump(mode="json") | {"after": call["after"]}


def _effect(deps: AgentDeps, tool: str) -> Effect:
    return deps.catalog.tool(tool).effect if tool in set(deps.catalog.names()) else Effect.READ


def _for_model(result: dict[str, Any]) -> str:
    """A result as the model sees it; what documents and telemetry say is marked as untrusted."""
    if result["error"] is not None:
        told = {
            "tool": result["tool"],
            "error": result["error"],
            "code": result["error_code"],
            "valid": result["valid"],
        }
    else:
        told = {"tool": result["tool"], "output": result["output"], "activities": len(result["activities"])}
        if result["tool"] in UNTRUSTED_TOOLS:
            told["untrusted"] = True
    return json.dumps(told, ensure_ascii=False)
