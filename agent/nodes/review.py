"""Stop and let a person decide about the exact revision that they see."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agent.deps import AgentDeps, Run
from agent.emit import node
from agent.state import AgentState, DecisionKind, ReviewDecision
from agent.wording import plan_text
from core.plan.model import MissionPlan, PlanState

__all__ = ["review"]


@node
def review(state: AgentState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Save the plan, wait for a decision, and record it. Approval and release happen outside, by a person."""
    deps = runtime.context.deps
    plan = MissionPlan.model_validate(state["plan"])
    deps.planner.save(plan, "agent")
    approvable = plan.validation is not None and not plan.validation.blocked
    decision = ReviewDecision.model_validate(
        interrupt(
            {
                "plan_id": plan.plan_id,
                "revision": plan.revision,
                "revision_hash": plan.revision_hash(),
                "approvable": approvable,
                "choices": [kind.value for kind in DecisionKind if approvable or kind is not DecisionKind.APPROVE],
                "reason": plan_text(plan, state["applied"]),
            }
        )
    )
    return {"decision": decision.model_dump(mode="json")} | _OUTCOMES[decision.kind](state, deps, plan, decision)


def _approve(state: AgentState, deps: AgentDeps, plan: MissionPlan, decision: ReviewDecision) -> dict[str, Any]:
    newest = deps.plans.get(plan.plan_id)
    approved = newest.state in (PlanState.APPROVED, PlanState.RELEASED, PlanState.EXECUTING, PlanState.COMPLETED)
    if not approved:
        # Nobody recorded an approval: the word alone approves nothing, so the same revision waits on.
        return {"next": "check", "plan": newest.model_dump(mode="json")}
    text = f"{decision.by} approved plan {newest.plan_id} revision {newest.revision}; it is {newest.state.value}."
    return {"plan": newest.model_dump(mode="json"), "text": text, "next": "conclude"}


def _edit(state: AgentState, deps: AgentDeps, plan: MissionPlan, decision: ReviewDecision) -> dict[str, Any]:
    newest = deps.plans.get(plan.plan_id)
    return {"plan": newest.model_dump(mode="json"), "repairs": 0, "applied": [], "exhausted": True, "next": "check"}


def _reject(state: AgentState, deps: AgentDeps, plan: MissionPlan, decision: ReviewDecision) -> dict[str, Any]:
    why = f": {decision.text}" if decision.text else ""
    text = f"{decision.by} rejected plan {plan.plan_id} revision {plan.revision}{why}"
    return {"text": text, "next": "conclude"}


def _respond(state: AgentState, deps: AgentDeps, plan: MissionPlan, decision: ReviewDecision) -> dict[str, Any]:
    words = {"role": "user", "content": decision.text or "Please revise the plan."}
    return {"messages": [*state["messages"], words], "results": [], "calls": [], "next": "interpret"}


_OUTCOMES = {
    DecisionKind.APPROVE: _approve,
    DecisionKind.EDIT: _edit,
    DecisionKind.REJECT: _reject,
    DecisionKind.RESPOND: _respond,
}
