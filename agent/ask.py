"""One request, answered at once and without a person: what ``llamaspace ask`` gives."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, ConfigDict

from agent.deps import AgentDeps, Run
from agent.graph import build_graph
from agent.state import AgentRequest, fresh_state
from core.plan.model import MissionPlan
from core.time import format_utc

__all__ = ["AskAnswer", "AskCall", "ask"]


class AskCall(BaseModel):
    """A tool call as it was made, and what came of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    args: dict[str, Any]
    result: dict[str, Any]


class AskAnswer(BaseModel):
    """The answer to one request; ``seconds`` is the time that it took."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: str
    calls: tuple[AskCall, ...]
    plan: MissionPlan | None
    text: str
    citations: tuple[dict[str, Any], ...]
    model: str
    usage: dict[str, float]
    seconds: float


def ask(deps: AgentDeps, request: AgentRequest, conversation: Sequence[str] = ()) -> AskAnswer:
    """Run one request to its end; a plan comes back checked and waits for nobody.

    ``conversation`` are earlier words of the same operator, which the request may lean on.

    Raises:
        BudgetExceeded: The request needs more than the limits allow.
        ModelUnavailable: No model answered.
    """
    started = time.perf_counter()
    now = format_utc(request.now or deps.clock.now_utc())
    state = fresh_state("ask", request.message_id or "m1", now, request, None)
    state["messages"] = [{"role": "user", "content": text} for text in (*conversation, request.text)]
    graph = build_graph(InMemorySaver())
    final = graph.invoke(
        state, {"configurable": {"thread_id": "ask"}, "recursion_limit": 100}, context=Run(deps, review=False)
    )
    results = final["results"]
    return AskAnswer(
        action=final["action"],
        calls=tuple(AskCall(tool=one["tool"], args=one["arguments"], result=_shown(one)) for one in results),
        plan=MissionPlan.model_validate(final["plan"]) if final["plan"] else None,
        text=final["text"],
        citations=_citations(results),
        model=final["model"],
        usage={name: round(value, 6) for name, value in final["usage"].items()},
        seconds=round(time.perf_counter() - started, 3),
    )


def _shown(result: dict[str, Any]) -> dict[str, Any]:
    if result["error"] is not None:
        return {"error": result["error"], "code": result["error_code"], "valid": result["valid"]}
    return {**result["output"], "activities": [one["activity_id"] for one in result["activities"]]}


def _citations(results: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The passages that tools found, each once."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for result in results:
        for passage in (result["output"] or {}).get("passages", []):
            key = (passage["document"], passage["section"])
            found.setdefault(key, {name: passage.get(name) for name in ("document", "title", "section", "licence")})
    return tuple(found.values())
