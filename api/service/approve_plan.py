"""The only door to the uplink: a person approves this exact revision, and only then its commands are submitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from agent.state import DecisionKind, ReviewDecision
from api.auth.accounts import User
from api.auth.errors import NotAllowed
from api.service.approvals import (
    PLAN,
    expire_requests,
    open_request,
    person_of,
    require,
    subject_of_plan,
    sync_requests,
)
from api.service.approve_stack import approve_stack
from api.service.runtime import Runtime
from api.service.stack_requests import end_revoked_stack
from core.authority import (
    Action,
    ApprovalRequest,
    Person,
    Quorum,
    RequestState,
    Subject,
    missing_approvals,
)
from core.command.stack_approvals import STACK
from core.errors import CommandRefused, Conflict, PlanRejected
from core.plan.check import unknowns
from core.plan.model import Approval, Finding, MissionPlan, PlanState, Severity
from tools.contract import Role

__all__ = ["ApprovalOutcome", "approve_plan", "approve_request", "reject_plan", "release_plan", "resume_releases"]

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
        NotAuthorised: The policies forbid it: such as the approver who wrote the intent.
        Conflict: The plan has changed since, or is not open, or the request for approval has expired.
        PlanRejected: It does not hold in the present state; ``findings`` says why.
    """
    plan = runtime.plans.get(plan_id)
    needed = len(missing_approvals(runtime.policies, subject_of_plan(runtime, plan), Quorum()))
    if plan.state in _RELEASED and any(one.by == user.username for one in plan.approvals):
        return ApprovalOutcome(plan, needed, released=True)
    if plan.revision_hash() != revision_hash:
        raise Conflict(
            f"{plan_id} has changed since you saw it: review revision {plan.revision}", code="revision-changed"
        )
    expire_requests(runtime)
    if plan.validation is None or plan.validation.blocked:
        _check_present(runtime, plan, user, accept_unknown)
    request = open_request(runtime, plan)
    _check_authority(runtime, request, user)
    _check_present(runtime, plan, user, accept_unknown)
    approved = _grant(runtime, request, user, _noted(comment, accept_unknown), accept_unknown)
    plan = runtime.plans.get(plan_id)
    runtime.announce_plan(plan)
    if approved.state is RequestState.PENDING:
        return ApprovalOutcome(plan, needed, released=False)
    return ApprovalOutcome(_release(runtime, plan_id, user), needed, released=True)


def approve_request(
    runtime: Runtime,
    request_id: str,
    user: User,
    subject_hash: str,
    comment: str = "",
    accept_unknown: tuple[str, ...] = (),
) -> ApprovalRequest:
    """Record one person's approval of whatever a request is about; of a plan it is the approval of the plan.

    Raises:
        NotAuthorised, Conflict, PlanRejected: As for a plan.
    """
    sync_requests(runtime)
    request = runtime.requests.get(request_id)
    if request.subject_hash != subject_hash:
        raise Conflict(f"request {request_id} is about other content than you saw", code="revision-changed")
    if request.subject_kind == PLAN:
        approve_plan(runtime, request.subject_id, user, subject_hash, comment, accept_unknown)
        return runtime.requests.get(request_id)
    if request.subject_kind == STACK:
        approve_stack(runtime, request.subject_id, user, subject_hash, comment)
        return runtime.requests.get(request_id)
    present = _present_role(runtime, user)
    granted = runtime.requests.grant(
        request_id, Person(user.username, present.value), runtime.clock.now_utc(), comment=comment
    )
    runtime.flight.look_again_at_files()
    return granted


def release_plan(runtime: Runtime, plan_id: str, user: User) -> MissionPlan:
    """Submit an approved plan's commands; a plan that is released already stays as it is.

    Raises:
        Conflict: The plan is not approved.
        CommandRefused: A stage of the pipeline said no; nothing was released.
    """
    plan = runtime.plans.get(plan_id)
    subject = subject_of_plan(runtime, plan)
    decision = runtime.policies.may_with(person_of(user), Action.RELEASE, subject, {})
    require(runtime, decision, user, subject)
    return _release(runtime, plan_id, user)


def reject_plan(runtime: Runtime, plan_id: str, user: User, reason: str) -> MissionPlan:
    """Reject a plan that is not released yet; nothing of it will be sent."""
    plan = runtime.plans.get(plan_id)
    subject = subject_of_plan(runtime, plan)
    require(runtime, runtime.policies.may_with(person_of(user), Action.REJECT, subject, {}), user, subject)
    if plan.state in _RELEASED:
        raise Conflict(f"{plan_id} is {plan.state}: it can no longer be rejected", code="plan-state")
    plan = _reject(runtime, plan, f"user:{user.username}", reason)
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
    sync_requests(runtime)
    for request in runtime.requests.find((RequestState.REVOKED,)):
        if request.subject_kind == STACK:
            end_revoked_stack(runtime, request, "service")
        elif runtime.flight.waits(request.subject_id, request.subject_hash):
            runtime.flight.withdraw(request.subject_id, actor="service", reason=f"approval revoked: {request.reason}")
    for plan in runtime.plans.list_plans(limit=10_000, state=PlanState.APPROVED):
        last = plan.approvals[-1]
        try:
            _release(runtime, plan.plan_id, User(username=last.by, role=Role(last.role)))
            resumed += 1
        except (CommandRefused, Conflict) as refusal:
            _log.warning(
                "an approved plan was not released", plan_id=plan.plan_id, code=refusal.code, reason=refusal.message
            )
    return resumed


def _reject(runtime: Runtime, plan: MissionPlan, actor: str, reason: str) -> MissionPlan:
    """Plan and request in one transaction: a release that is under way at this moment finds neither."""
    now_utc = runtime.clock.now_utc()
    request = runtime.requests.newest(PLAN, plan.plan_id, plan.revision_hash())
    if request is None or request.state not in (RequestState.PENDING, RequestState.APPROVED):
        return runtime.plans.set_state(plan.plan_id, PlanState.REJECTED, actor=actor, at_utc=now_utc, reason=reason)

    def reject(connection: Connection, _revoked: ApprovalRequest) -> None:
        runtime.plans.move(connection, plan.plan_id, PlanState.REJECTED, actor=actor, at_utc=now_utc, reason=reason)

    runtime.requests.revoke(request.request_id, actor, now_utc, f"the plan was rejected: {reason}", reject)
    return runtime.plans.get(plan.plan_id)


def _check_authority(runtime: Runtime, request: ApprovalRequest, user: User) -> None:
    """Refuse at once what the policies forbid: flying the plan again takes seconds, and they are asked again after it."""
    if any(one.by == user.username for one in request.grants):
        return
    context = runtime.requests.quorum(request).context()
    decision = runtime.policies.may_with(person_of(user), Action.APPROVE, request.subject, context)
    if not decision.allowed:
        require(runtime, decision, user, request.subject)


def _grant(
    runtime: Runtime, request: ApprovalRequest, user: User, comment: str, accept_unknown: tuple[str, ...]
) -> ApprovalRequest:
    """One person's approval, of request and plan in one transaction, with the role that they hold now."""
    now_utc = runtime.clock.now_utc()
    present = _present_role(runtime, user)
    approval = Approval(
        revision_hash=request.subject_hash,
        by=user.username,
        role=present,
        at=now_utc,
        comment=comment,
        accepted_unknown=accept_unknown,
    )

    def approve(connection: Connection, changed: ApprovalRequest) -> None:
        complete = changed.state is RequestState.APPROVED
        runtime.plans.approve_in(connection, changed.subject_id, approval, complete=complete, at_utc=now_utc)

    return runtime.requests.grant(
        request.request_id,
        Person(user.username, present.value),
        now_utc,
        comment=comment,
        accepted_unknown=accept_unknown,
        within=approve,
    )


def _present_role(runtime: Runtime, user: User) -> Role:
    present = runtime.accounts.role_of(user.username)
    if present is None:
        raise NotAllowed(f"the account {user.username} is no longer active", code="AUT-003")
    return present


def _release(runtime: Runtime, plan_id: str, user: User) -> MissionPlan:
    plan = runtime.plans.get(plan_id)
    if plan.state in _RELEASED:
        return plan
    if plan.state is not PlanState.APPROVED:
        raise Conflict(f"{plan_id} is {plan.state}: it has to be approved before it is released", code="plan-state")
    expire_requests(runtime)
    request = open_request(runtime, runtime.plans.get(plan_id))
    runtime.flight.submit(plan, _standing_approvals(runtime, plan, request))
    now = runtime.clock.now_utc()
    actor = f"user:{user.username}"
    try:
        runtime.requests.released(request.request_id, actor, now)
    except Conflict as revoked:
        runtime.flight.withdraw(plan_id, actor="service", reason=revoked.message)
        raise
    plan = runtime.plans.get(plan_id)
    if plan.state not in _RELEASED:
        plan = runtime.plans.set_state(plan_id, PlanState.RELEASED, actor=actor, at_utc=now)
    runtime.announce_plan(plan)
    last = plan.approvals[-1]
    runtime.intents.decide(
        plan_id, ReviewDecision(kind=DecisionKind.APPROVE, by=last.by, role=Role(last.role), revision=plan.revision)
    )
    return plan


def _standing_approvals(runtime: Runtime, plan: MissionPlan, request: ApprovalRequest) -> tuple[Approval, ...]:
    """The approvals with the roles that their givers hold now; those that count no more are withdrawn.

    Raises:
        Conflict: What is left does not suffice; the plan waits again.
    """
    present = {one.by: runtime.accounts.role_of(one.by) for one in plan.approvals}
    standing = tuple(
        one.model_copy(update={"role": role}) for one in plan.approvals if (role := present[one.by]) is not None
    )
    quorum = Quorum.of(runtime.policies, request.subject, standing)
    if quorum.suffices(runtime.policies, request.subject).allowed:
        return standing
    lapsed = [one.by for one in plan.approvals if present[one.by] != one.role]
    if not lapsed:
        return standing  # the pipeline refuses it, and writes down why
    now_utc = runtime.clock.now_utc()
    told = f"{', '.join(lapsed)} no longer hold the role in which they approved"

    def open_again(connection: Connection, changed: ApprovalRequest) -> None:
        kept = [one.by for one in changed.grants]
        runtime.plans.disapprove_in(connection, plan.plan_id, kept, actor="service", at_utc=now_utc, reason=told)

    runtime.requests.withdraw_grants(request.request_id, lapsed, "service", now_utc, told, open_again)
    raise Conflict(f"{plan.plan_id} is not released: {told}; it waits for approval again", code="AUT-003")


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
    subject = subject_of_plan(runtime, plan)
    if accept_unknown and unknowns(checked.validation):
        decision = runtime.policies.may_with(person_of(user), Action.ACCEPT_UNKNOWN, subject, {})
        require(runtime, decision, user, subject)
    decided = {*accept_unknown, *_accepted(runtime, plan, subject)}
    open_questions = [one for one in unknowns(checked.validation) if one.code not in decided]
    if open_questions:
        raise PlanRejected(
            f"nobody has decided {open_questions[0].code}: {open_questions[0].explanation}; a flight director may accept it by name",
            code=open_questions[0].code,
            findings=_plain(open_questions),
        )


def _accepted(runtime: Runtime, plan: MissionPlan, subject: Subject) -> set[str]:
    """What somebody who may has accepted of this exact revision; it stays decided for the second person."""
    request = runtime.requests.newest(PLAN, plan.plan_id, plan.revision_hash())
    return {
        code
        for one in (runtime.requests.standing(request) if request else ())
        if one.accepted_unknown
        if runtime.policies.may_with(Person(one.by, one.role), Action.ACCEPT_UNKNOWN, subject, {}).allowed
        for code in one.accepted_unknown
    }


def _noted(comment: str, accept_unknown: tuple[str, ...]) -> str:
    accepted = f"accepted unknown: {', '.join(accept_unknown)}" if accept_unknown else ""
    return "; ".join(part for part in (comment, accepted) if part)


def _plain(findings: list[Finding]) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in findings]
