"""Activities to a plan: the planner writes a draft from what the tools proposed."""

from __future__ import annotations

import hashlib
from typing import Any

from langgraph.runtime import Runtime

from agent.deps import Run
from agent.emit import node
from agent.nodes.gather import activities_of
from agent.state import AgentRequest, AgentState
from core.plan.activity import RejectedAlternative
from core.plan.model import Intent, MissionPlan
from core.time import parse_utc
from tools.contract import Effect

__all__ = ["draft", "plan_id_of", "unplanned"]


@node
def draft(state: AgentState, runtime: Runtime[Run]) -> dict[str, Any]:
    """A draft of everything proposed for this request; a plan under review becomes its next revision."""
    request = AgentRequest.model_validate(state["request"])
    previous = MissionPlan.model_validate(state["plan"]) if state["plan"] else None
    intent = Intent(
        text=request.text, author=request.author, channel=request.channel, received_at=parse_utc(state["now"])
    )
    plan = runtime.context.deps.planner.draft(intent, activities_of(state["results"]), previous)
    changes: dict[str, Any] = {"unplanned": unplanned(state["results"])}
    if previous is None:
        changes["plan_id"] = plan_id_of(state["thread_id"], state["message_id"])
    plan = plan.model_copy(update=changes)
    return {"plan": plan.model_dump(mode="json"), "repairs": 0, "applied": [], "exhausted": False}


def unplanned(results: list[dict[str, Any]]) -> tuple[RejectedAlternative, ...]:
    """Proposals that failed, unless the same tool later succeeded for the same satellite."""

    def about(result: dict[str, Any]) -> tuple[str, Any]:
        return result["tool"], result["arguments"].get("satellite")

    proposed = [one for one in results if one["effect"] == Effect.PROPOSE]
    return tuple(
        RejectedAlternative(
            description=" for ".join(str(part) for part in about(one) if part),
            code=one["error_code"] or "error",
            reason=one["error"],
        )
        for index, one in enumerate(proposed)
        if one["error"] is not None
        and not any(later["error"] is None and about(later) == about(one) for later in proposed[index + 1 :])
    )


def plan_id_of(thread_id: str, message_id: str) -> str:
    """The plan that a message gives rise to: always the same, so that a repeated node makes no second one."""
    return f"plan-{hashlib.sha256(f'{thread_id}|{message_id}'.encode()).hexdigest()[:16]}"
