"""AUT: what approval a plan needs, asked of the policies in force (``core/authority``).

AUT-001 commands that more than one planner's approval is needed for (stated, not blocking: approval comes after
validation), AUT-002 an approval that is not for this revision, AUT-003 an approval by someone who must not give it,
AUT-004 one person's approval counted twice, AUT-005 a plan that went on without the approvals that it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from core.authority import Action, Person, Policies, Quorum, Subject, missing_approvals
from core.authority.model import strictest_class
from core.mdb import reference_mdb
from core.plan.activity import Activity
from core.plan.checks.context import CheckContext
from core.plan.model import Finding, MissionPlan, PlanState, Severity

__all__ = ["authority_checks", "plan_subject"]

_UNKNOWN_CLASS: Final = (
    "hazardous"  # a command that the mission database does not have: the strictest, never the mildest
)
_ORDINARY: Final = ("planner",)
_PAST_APPROVAL: Final = {PlanState.APPROVED, PlanState.RELEASED, PlanState.EXECUTING, PlanState.COMPLETED}


def plan_subject(plan: MissionPlan) -> Subject:
    """What people approve when they approve a plan: its author, and the strictest class among its commands."""
    return Subject("plan", plan.plan_id, plan.intent.author, strictest_class([_class(one) for one in plan.activities]))


def authority_checks(context: CheckContext) -> Iterator[Finding]:
    """What approval the plan needs, and approvals that do not belong to it."""
    plan = context.plan
    subject = plan_subject(plan)
    needed = missing_approvals(context.policies, subject, Quorum())
    if needed != _ORDINARY:
        strict = [one for one in plan.activities if _class(one) == subject.command_class]
        yield Finding(
            code="AUT-001",
            severity=Severity.INFO,
            activities=tuple(one.activity_id for one in strict),
            satellite=strict[0].satellite,
            quantity="approvals needed",
            value=float(len(needed)),
            unit="people",
            explanation=f"{subject.command_class} commands: {_people(needed)} must approve this exact revision",
        )
    yield from _approvers(plan, subject, context.policies)
    yield from _bypass(plan, subject, context.policies)
    for approval in plan.approvals:
        if approval.revision_hash != plan.revision_hash():
            yield Finding(
                code="AUT-002",
                severity=Severity.BLOCK,
                quantity="approval",
                explanation=f"the approval by {approval.by} is for another revision and is void",
            )


def _approvers(plan: MissionPlan, subject: Subject, policies: Policies) -> Iterator[Finding]:
    seen: set[str] = set()
    for one in plan.approvals:
        alone = Quorum().context()
        decision = policies.may_with(Person(one.by, one.role), Action.APPROVE, subject, alone)
        if not decision.allowed:
            yield _approval("AUT-003", f"{one.by} approved as {one.role} and may not: {decision.reason}")
        if one.by in seen:
            yield _approval("AUT-004", f"{one.by} approved more than once; approvals need different people")
        seen.add(one.by)


def _bypass(plan: MissionPlan, subject: Subject, policies: Policies) -> Iterator[Finding]:
    if plan.state not in _PAST_APPROVAL:
        return
    this_revision = plan.revision_hash()
    quorum = Quorum.of(policies, subject, [one for one in plan.approvals if one.revision_hash == this_revision])
    decision = quorum.suffices(policies, subject)
    if not decision.allowed:
        needed = len(missing_approvals(policies, subject, Quorum()))
        text = (
            f"the plan is {plan.state} with {len(quorum.people)} of the {needed} approvals that this revision needs: "
            f"it {decision.reason}"
        )
        yield _approval("AUT-005", text, float(len(quorum.people)), float(needed))


@cache
def _classes() -> Mapping[str, str]:
    return {name: str(one.command_class) for name, one in reference_mdb().commands.items()}


def _class(activity: Activity) -> str:
    return strictest_class([_classes().get(one.command, _UNKNOWN_CLASS) for one in activity.commands])


def _people(needed: tuple[str, ...]) -> str:
    directors = needed.count("flight_director")
    if len(needed) == 1:
        return "a flight director" if directors else "a planner or flight director"
    number = {2: "two"}.get(len(needed), str(len(needed)))
    if directors == len(needed):
        return f"{number} different flight directors"
    leaders = {0: "", 1: ", one of them a flight director"}.get(directors, f", {directors} of them flight directors")
    return f"{number} different people{leaders}"


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
