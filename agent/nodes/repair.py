"""One bounded repair round: the planner applies the computed repairs of the blocking findings."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.deps import Run
from agent.emit import node
from agent.state import AgentState
from core.plan.model import MissionPlan

__all__ = ["repair"]


@node
def repair(state: AgentState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Apply what the findings propose; an outcome without a change ends the rounds."""
    outcome = runtime.context.deps.planner.repair(MissionPlan.model_validate(state["plan"]))
    applied = list(outcome.applied)
    return {
        "plan": outcome.plan.model_dump(mode="json"),
        "repairs": state["repairs"] + 1,
        "applied": [*state["applied"], *applied],
        "exhausted": outcome.exhausted or not applied,
    }
