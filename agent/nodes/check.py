"""Simulate and validate the draft, and choose between repair and review."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.deps import Run
from agent.emit import node
from agent.state import AgentState
from agent.wording import plan_facts
from core.plan.model import MissionPlan

__all__ = ["check"]


@node
def check(state: AgentState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Check the plan; while it is blocked and something can be repaired, send it to repair."""
    run = runtime.context
    plan = run.deps.planner.check(MissionPlan.model_validate(state["plan"]))
    blocked = plan.validation is None or plan.validation.blocked
    runtime.stream_writer({"kind": "plan", "facts": plan_facts(plan)})
    may_repair = blocked and not state["exhausted"] and state["repairs"] < run.deps.limits.repairs
    after = "repair" if may_repair else ("review" if run.review else "conclude")
    return {"plan": plan.model_dump(mode="json"), "next": after}
