"""The only door to the uplink: a person approves this exact revision, and only then its commands are submitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import structlog

from agent.state import DecisionKind, ReviewDecision
from api.auth.accounts import User
from api.auth.errors import NotAllowed
from api.service.runtime import Runtime
from core.errors import CommandRefused, Conflict, PlanRejected
from core.plan.check import unknowns
from core.plan.checks.authority import approvals_needed
from core.plan.model import Approval, Finding, MissionPlan, PlanState, Severity
from tools.contract import Role

__all__ = ["ApprovalOutcome", "approve_plan", "reject_plan", "release_plan", "resume_releases"]

_log = structlog.get_logger("plans")
_RELEASED: Final = (PlanState.RELEASED, PlanState.EXECUTING, PlanState.COMPLETED)


@dataclass(frozen=True)
class ApprovalOutcome:
    """The plan after an approval, how many people it needs, and whether its commands have been released."""

    plan: MissionPlan
    approvals_needed: int
    released: bool


def approve_plan(
    runtime: Runtime,
    plan_id: str,
    user: User,
    revision_hash: str,
    comment: str = "",
    accept_unknown: tuple[str, ...] = (),
) -> ApprovalOutcome:
    """Record one person's approval; the last one needed releases the commands.

    The plan is flown and validated again against the present state first: what was valid when it was drafted may not
    be any more.

    Raises:
        NotAllowed: The approver wrote the intent, or the role does not cover what the plan holds.
        Conflict: The plan has changed since, or is not open.
        PlanRejected: It does not hold in the present state; ``findings`` says why.
    """
    plan = runtime.plans.get(plan_id)
    if plan.state in _RELEASED and any(one.by == user.username for one in plan.approvals):
        return ApprovalOutcome(plan, approvals_needed(plan), released=True)
    if plan.revision_hash() != revision_hash:
        raise Conflict(
            f"{plan_id} has changed since you saw it: review revision {plan.revision}", code="revision-changed"
        )
    if plan.intent.author == user.username:
        raise NotAllowed("whoever wrote the intent cannot approve its plan", code="AUT-003")
    _check_present(runtime, plan, user, accept_unknown)
    needed = approvals_needed(plan)
    complete = _complete(plan, user, needed)
    approval = Approval(
        revision_hash=revision_hash,
        by=user.username,
        role=user.role,
        at=runtime.clock.now_utc(),
        comment=_noted(comment, accept_unknown),
        accepted_unknown=accept_unknown,
    )
    plan = runtime.plans.approve(plan_id, approval, complete=complete, at_utc=runtime.clock.now_utc())
    runtime.announce_plan(plan)
    if not complete:
        return ApprovalOutcome(plan, needed, released=False)
    return ApprovalOutcome(release_plan(runtime, plan_id, user), needed, released=True)


def release_plan(runtime: Runtime, plan_id: str, user: User) -> MissionPlan:
    """Submit an approved plan's commands; a plan that is released already stays as it is.

    Raises:
        Conflict: The plan is not approved.
        CommandRefused: A stage of the pipeline said no; nothing was released.
    """
    plan = runtime.plans.get(plan_id)
    if plan.state in _RELEASED:
        return plan
    if plan.state is not PlanState.APPROVED:
        raise Conflict(f"{plan_id} is {plan.state}: it has to be approved before it is released", code="plan-state")
    runtime.flight.submit(plan)
    now = runtime.clock.now_utc()
    plan = runtime.plans.set_state(plan_id, PlanState.RELEASED, actor=f"user:{user.username}", at_utc=now)
    runtime.announce_plan(plan)
    last = plan.approvals[-1]
    runtime.intents.decide(
        plan_id, ReviewDecision(kind=DecisionKind.APPROVE, by=last.by, role=Role(last.role), revision=plan.revision)
    )
    return plan


def reject_plan(runtime: Runtime, plan_id: str, user: User, reason: str) -> MissionPlan:
    """Reject a plan that is not released yet; nothing of it will be sent."""
    plan = runtime.plans.get(plan_id)
    if plan.state in _RELEASED:
        raise Conflict(f"{plan_id} is {plan.state}: it can no longer be rejected", code="plan-state")
    now = runtime.clock.now_utc()
    plan = runtime.plans.set_state(
        plan_id, PlanState.REJECTED, actor=f"user:{user.username}", at_utc=now, reason=reason
    )
    runtime.announce_plan(plan)
    decision = ReviewDecision(
        kind=DecisionKind.REJECT, by=user.username, role=user.role, text=reason, revision=plan.revision
    )
    runtime.intents.decide(plan_id, decision)
    return plan


def resume_releases(runtime: Runtime) -> int:
    """After a start: finish the releases that a crash cut between approval and submission; returns how many.

    A plan that the pipeline refuses by now stays approved and unreleased, with the refusal in the event log.
    """
    resumed = 0
    for plan in runtime.plans.list_plans(limit=10_000, state=PlanState.APPROVED):
        last = plan.approvals[-1]
        try:
            release_plan(runtime, plan.plan_id, User(username=last.by, role=Role(last.role)))
            resumed += 1
        except (CommandRefused, Conflict) as refusal:
            _log.warning(
                "an approved plan was not released", plan_id=plan.plan_id, code=refusal.code, reason=refusal.message
            )
    return resumed


def _check_present(runtime: Runtime, plan: MissionPlan, user: User, accept_unknown: tuple[str, ...]) -> None:
    checked = runtime.check(plan)
    assert checked.validation is not None
    blocking = [one for one in checked.validation.findings if one.severity is Severity.BLOCK]
    if blocking:
        runtime.plans.save(checked, actor=f"user:{user.username}", at_utc=runtime.clock.now_utc())
        runtime.announce_plan(checked)
        raise PlanRejected(
            f"the plan does not hold in the present state: {blocking[0].code}: {blocking[0].explanation}",
            code=blocking[0].code,
            findings=_plain(blocking),
        )
    if accept_unknown and unknowns(checked.validation) and not user.role.covers(Role.FLIGHT_DIRECTOR):
        raise NotAllowed("only a flight director accepts unknown findings", code="AUT-003")
    decided = {*accept_unknown, *_accepted_by_directors(plan)}
    open_questions = [one for one in unknowns(checked.validation) if one.code not in decided]
    if open_questions:
        raise PlanRejected(
            f"nobody has decided {open_questions[0].code}: {open_questions[0].explanation}; a flight director may accept it by name",
            code=open_questions[0].code,
            findings=_plain(open_questions),
        )


def _accepted_by_directors(plan: MissionPlan) -> set[str]:
    """What a flight director has accepted of this exact revision; it stays decided for the second person."""
    this_revision = plan.revision_hash()
    return {
        code
        for one in plan.approvals
        if one.revision_hash == this_revision and Role(one.role).covers(Role.FLIGHT_DIRECTOR)
        for code in one.accepted_unknown
    }


def _complete(plan: MissionPlan, user: User, needed: int) -> bool:
    """Whether this approval is the last one needed; with two, one of them is a flight director's."""
    approvers = {one.by: Role(one.role) for one in plan.approvals} | {user.username: user.role}
    if len(approvers) < needed:
        return False
    if needed > 1 and Role.FLIGHT_DIRECTOR not in approvers.values():
        raise NotAllowed("hazardous commands: one of the two approvals has to be a flight director's", code="AUT-001")
    return True


def _noted(comment: str, accept_unknown: tuple[str, ...]) -> str:
    accepted = f"accepted unknown: {', '.join(accept_unknown)}" if accept_unknown else ""
    return "; ".join(part for part in (comment, accepted) if part)


def _plain(findings: list[Finding]) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in findings]
