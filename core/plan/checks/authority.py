"""AUT: what approval a plan needs.

AUT-001 hazardous commands, which two different people must approve (stated, not blocking: approval comes after
validation), AUT-002 an approval that is not for this revision, AUT-003 an approval by someone who must not give it,
AUT-004 one person's approval counted twice, AUT-005 a plan that went on without the approvals that it needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.plan.checks.context import CheckContext
from core.plan.model import Finding, MissionPlan, PlanState, Severity

__all__ = ["HAZARDOUS_COMMANDS", "approvals_needed", "authority_checks"]

# The mission database gives these the consequence level "critical" or "severe".
HAZARDOUS_COMMANDS: Final = frozenset({"EXECUTE_BURN", "LOAD_MEMORY", "SECURITY_PROCEDURE", "SET_PARAMETER"})
_DIRECTOR: Final = "flight_director"
_APPROVING_ROLES: Final = ("planner", _DIRECTOR)
_PAST_APPROVAL: Final = {PlanState.APPROVED, PlanState.RELEASED, PlanState.EXECUTING, PlanState.COMPLETED}


def approvals_needed(plan: MissionPlan) -> int:
    """How many different people must approve a plan: two when any command is hazardous."""
    hazardous = any(command.command in HAZARDOUS_COMMANDS for one in plan.activities for command in one.commands)
    return 2 if hazardous else 1


def authority_checks(context: CheckContext) -> Iterator[Finding]:
    """What approval the plan needs, and approvals that do not belong to it."""
    plan = context.plan
    hazardous = [
        one for one in plan.activities if any(command.command in HAZARDOUS_COMMANDS for command in one.commands)
    ]
    if hazardous:
        yield Finding(
            code="AUT-001",
            severity=Severity.INFO,
            activities=tuple(one.activity_id for one in hazardous),
            satellite=hazardous[0].satellite,
            quantity="approvals needed",
            value=float(approvals_needed(plan)),
            unit="people",
            explanation="hazardous commands: two different people must approve this exact revision, one of them a flight director",
        )
    yield from _approvers(plan)
    yield from _bypass(plan)
    for approval in plan.approvals:
        if approval.revision_hash != plan.revision_hash():
            yield Finding(
                code="AUT-002",
                severity=Severity.BLOCK,
                quantity="approval",
                explanation=f"the approval by {approval.by} is for another revision and is void",
            )


def _approvers(plan: MissionPlan) -> Iterator[Finding]:
    seen: set[str] = set()
    for one in plan.approvals:
        if one.role not in _APPROVING_ROLES:
            yield _approval("AUT-003", f"{one.by} approved as {one.role}; only {' and '.join(_APPROVING_ROLES)} may")
        elif one.by == plan.intent.author:
            yield _approval("AUT-003", f"{one.by} wrote the intent and cannot approve its plan")
        if one.by in seen:
            yield _approval("AUT-004", f"{one.by} approved more than once; approvals need different people")
        seen.add(one.by)


def _bypass(plan: MissionPlan) -> Iterator[Finding]:
    if plan.state not in _PAST_APPROVAL:
        return
    this_revision = plan.revision_hash()
    valid = {one.by: one.role for one in plan.approvals if one.revision_hash == this_revision}
    needed = approvals_needed(plan)
    if len(valid) < needed:
        text = f"the plan is {plan.state} with {len(valid)} of the {needed} approvals that this revision needs"
        yield _approval("AUT-005", text, float(len(valid)), float(needed))
    elif needed > 1 and _DIRECTOR not in valid.values():
        yield _approval(
            "AUT-005", f"the plan is {plan.state} with hazardous commands and no flight director's approval"
        )


def _approval(code: str, explanation: str, value: float | None = None, limit: float | None = None) -> Finding:
    margin = value - limit if value is not None and limit is not None else None
    return Finding(
        code=code,
        severity=Severity.BLOCK,
        quantity="approval",
        value=value,
        limit=limit,
        margin=margin,
        unit="people" if value is not None else "",
        explanation=explanation,
    )
