"""Approval requests of the service: opened for plans and stacks that wait, listed for whoever may approve them, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from api.auth.accounts import User
from api.service.periodic import Periodic
from api.service.runtime import Runtime
from api.service.stack_requests import clear_stack, end_revoked_stack, follow_stack
from core.authority import Action, ApprovalRequest, Decision, Person, RequestedCommand, RequestState, Subject
from core.authority.model import strictest_class
from core.command.schedule import latest_release_utc
from core.command.stack_approvals import STACK
from core.command.validate import draft_commands
from core.errors import CommandRefused, Conflict, NotFound
from core.plan.model import MissionPlan, PlanState

__all__ = [
    "PLAN",
    "ApprovalView",
    "approval_watch",
    "ask_again",
    "expire_requests",
    "list_requests",
    "open_request",
    "person_of",
    "require",
    "revoke_request",
    "subject_of_plan",
    "sync_requests",
    "view_request",
]

PLAN: Final = "plan"
_WAITING: Final = (PlanState.DRAFT, PlanState.VALIDATED, PlanState.APPROVED)
_PAGE: Final = 1000
_PERIOD_S: Final = 2.0


@dataclass(frozen=True)
class ApprovalView:
    """A request as one person sees it.

    Args:
        request: The request.
        missing: The roles whose approvals are still needed.
        may_approve: Whether this person's approval would count now.
        why_not: The reason where it would not.
    """

    request: ApprovalRequest
    missing: tuple[str, ...]
    may_approve: bool
    why_not: str


def approval_watch(runtime: Runtime) -> Periodic:
    """Opens and closes requests while the service runs, also when nobody looks at the inbox."""
    return Periodic("approvals", _PERIOD_S, lambda: sync_requests(runtime))


def person_of(user: User) -> Person:
    """A user as the policies see them."""
    return Person(user.username, user.role.value)


def require(runtime: Runtime, decision: Decision, user: User, subject: Subject) -> None:
    """Write a decision down and refuse what was denied; NotAuthorised then."""
    runtime.decisions.require(decision, person_of(user), subject, runtime.clock.now_utc())


def subject_of_plan(runtime: Runtime, plan: MissionPlan) -> Subject:
    """What people approve when they approve a plan, with the classes of the mission database that is flown."""
    names = [spec.command for one in plan.activities for spec in one.commands]
    return Subject(PLAN, plan.plan_id, plan.intent.author, strictest_class([_class(runtime, one) for one in names]))


def open_request(runtime: Runtime, plan: MissionPlan, *, again: bool = False) -> ApprovalRequest:
    """The request for a plan's newest revision, opened where there is none.

    Raises:
        Conflict: The plan is not open for approval.
    """
    if plan.state not in _WAITING:
        raise Conflict(f"{plan.plan_id} is {plan.state} and cannot be approved", code="plan-state")
    commands = tuple(
        RequestedCommand(
            command=spec.command,
            satellite=one.satellite,
            command_class=_class(runtime, spec.command),
            execute_at=spec.execute_at,
        )
        for one in plan.activities
        for spec in one.commands
    )
    now_utc = runtime.clock.now_utc()
    lifetime = timedelta(seconds=runtime.approval_lifetime_s)
    expires_utc = min(now_utc + lifetime, _last_release_utc(runtime, plan, commands, now_utc))
    subject = subject_of_plan(runtime, plan)
    return runtime.requests.open(
        subject, plan.revision_hash(), plan.revision, commands, expires_utc, now_utc, again=again
    )


def ask_again(runtime: Runtime, plan: MissionPlan) -> None:
    """After a plan was checked again: ask anew where its request had expired, if it can still be approved."""
    report = plan.validation
    if plan.state in (PlanState.DRAFT, PlanState.VALIDATED) and report is not None and not report.blocked:
        expire_requests(runtime)
        open_request(runtime, plan, again=True)


def sync_requests(runtime: Runtime) -> None:
    """Open requests for the plans and stacks that have come to wait, and void those whose content has changed.

    It follows the event log from where it came to last; interrupted anywhere, it does the same again.
    """
    for kind, follow in _FOLLOWERS.items():
        reached = runtime.requests.followed(kind)
        newest = runtime.events.last_sequence()
        while events := runtime.events.read(after=reached, kinds=(f"{kind}.",), limit=_PAGE):
            for subject_id in dict.fromkeys(one.subject for one in events):
                follow(runtime, subject_id)
            reached = events[-1].sequence
            runtime.requests.follow_to(kind, reached)
        if newest - reached >= _PAGE:
            runtime.requests.follow_to(kind, newest)  # what came since is of others, and is not looked through again
    expire_requests(runtime)


def expire_requests(runtime: Runtime) -> None:
    """Close the requests whose time is over; approvals that were given in vain leave the plan."""
    now_utc = runtime.clock.now_utc()

    def clear(connection: Connection, request: ApprovalRequest) -> None:
        if request.subject_kind == PLAN:
            runtime.plans.disapprove_in(
                connection, request.subject_id, (), actor="service", at_utc=now_utc, reason="the request expired"
            )
        elif request.subject_kind == STACK:
            clear_stack(runtime, connection, request, "service", "the request expired", expired=True)

    runtime.requests.expire(now_utc, clear)


def list_requests(
    runtime: Runtime,
    user: User,
    *,
    states: Sequence[RequestState] = (RequestState.PENDING,),
    kind: str | None = None,
    command_class: str | None = None,
    mine: bool = True,
) -> list[ApprovalView]:
    """Requests, the one that expires first leading; ``mine`` keeps those that this person's approval would help."""
    sync_requests(runtime)
    views = [view_request(runtime, one, user) for one in runtime.requests.find(states, kind)]
    return [
        one for one in views if (one.may_approve or not mine) and command_class in (None, one.request.command_class)
    ]


def view_request(runtime: Runtime, request: ApprovalRequest, user: User) -> ApprovalView:
    """A request as one person sees it."""
    missing = runtime.requests.missing(request)
    if request.state is not RequestState.PENDING:
        return ApprovalView(request, missing, False, f"the request is {request.state}")
    if any(one.by == user.username for one in request.grants):
        return ApprovalView(request, missing, False, "you have approved it already")
    context = runtime.requests.quorum(request).context()
    decision = runtime.policies.may_with(person_of(user), Action.APPROVE, request.subject, context)
    return ApprovalView(request, missing, decision.allowed, decision.reason)


def revoke_request(runtime: Runtime, request_id: str, user: User, reason: str, *, whole: bool) -> ApprovalRequest:
    """Take one's own approval back, or, as a flight director, revoke the request as a whole.

    Commands that have not left then never leave. One's own approval can be taken back until the first command has left.

    Raises:
        NotAuthorised: The policies forbid it.
        Conflict: There is nothing to take back, or commands have left.
    """
    expire_requests(runtime)
    request = runtime.requests.get(request_id)
    action = Action.REVOKE if whole else Action.REVOKE_OWN
    decision = runtime.policies.may_with(person_of(user), action, request.subject, {})
    require(runtime, decision, user, request.subject)
    if not whole and not any(one.by == user.username for one in request.grants):
        raise Conflict(f"you have not approved request {request_id}", code="no-approval")
    handed_over = runtime.flight.waits(request.subject_id, request.subject_hash) or (
        request.subject_kind == STACK and request.state is RequestState.APPROVED  # its command set is signed
    )
    if not whole and request.state in (RequestState.PENDING, RequestState.APPROVED) and not handed_over:
        return _withdraw_own(runtime, request, user, reason)
    if not whole and runtime.flight.has_left(request.subject_id):
        raise Conflict(
            "commands of it have left already: a flight director can revoke the rest", code="commands-have-left"
        )
    return _revoke(runtime, request, user, reason)


def _withdraw_own(runtime: Runtime, request: ApprovalRequest, user: User, reason: str) -> ApprovalRequest:
    now_utc = runtime.clock.now_utc()
    actor = f"user:{user.username}"

    def open_again(connection: Connection, changed: ApprovalRequest) -> None:
        if changed.subject_kind == PLAN:
            kept = [one.by for one in changed.grants]
            runtime.plans.disapprove_in(
                connection, changed.subject_id, kept, actor=actor, at_utc=now_utc, reason=reason
            )
        elif changed.subject_kind == STACK:
            clear_stack(runtime, connection, changed, actor, reason, expired=False)

    changed = runtime.requests.withdraw_grants(request.request_id, [user.username], actor, now_utc, reason, open_again)
    _announce(runtime, changed)
    return changed


def _revoke(runtime: Runtime, request: ApprovalRequest, user: User, reason: str) -> ApprovalRequest:
    """First the mark that stops every release, in one transaction with the plan; then the commands, one by one."""
    now_utc = runtime.clock.now_utc()
    actor = f"user:{user.username}"
    told = f"approval revoked by {user.username}: {reason}"

    def reject(connection: Connection, revoked: ApprovalRequest) -> None:
        if revoked.subject_kind == PLAN:
            runtime.plans.move(
                connection, revoked.subject_id, PlanState.REJECTED, actor=actor, at_utc=now_utc, reason=told
            )

    revoked = runtime.requests.revoke(request.request_id, actor, now_utc, reason, reject)
    if request.subject_kind == STACK:
        end_revoked_stack(runtime, revoked, user.username)
    else:
        runtime.flight.withdraw(request.subject_id, actor=actor, reason=told)
    runtime.flight.look_again_at_files()
    _announce(runtime, revoked)
    return revoked


def _announce(runtime: Runtime, request: ApprovalRequest) -> None:
    if request.subject_kind == PLAN:
        runtime.announce_plan(runtime.plans.get(request.subject_id))


def _follow_plan(runtime: Runtime, plan_id: str) -> None:
    try:
        plan = runtime.plans.get(plan_id)
    except NotFound:
        return  # an event of a plan that was never stored whole
    report = plan.validation
    runtime.requests.supersede(PLAN, plan_id, plan.revision_hash(), runtime.clock.now_utc())
    waits = plan.state in _WAITING and report is not None and report.revision_hash == plan.revision_hash()
    if waits and report is not None and not report.blocked and any(one.commands for one in plan.activities):
        open_request(runtime, plan)
    elif plan.state is PlanState.REJECTED:
        _close_rejected(runtime, plan)


def _close_rejected(runtime: Runtime, plan: MissionPlan) -> None:
    request = runtime.requests.newest(PLAN, plan.plan_id, plan.revision_hash())
    if request is not None and request.state in (RequestState.PENDING, RequestState.APPROVED):
        runtime.requests.revoke(request.request_id, "service", runtime.clock.now_utc(), "the plan was rejected")


_FOLLOWERS: Final = {PLAN: _follow_plan, STACK: follow_stack}


def _class(runtime: Runtime, command: str) -> str:
    """The class of a command; one that the mission database does not have is of a class that no policy knows."""
    try:
        return str(runtime.mdb.command(command).command_class)
    except NotFound:
        return "unknown"


def _last_release_utc(
    runtime: Runtime, plan: MissionPlan, commands: Sequence[RequestedCommand], now_utc: datetime
) -> datetime:
    """After this instant none of the commands can leave in time."""
    try:
        drafted = draft_commands(plan, runtime.mission, runtime.mdb, now_utc)
    except CommandRefused:
        # It cannot be submitted as it stands, which the approval will tell; until then its times are the bound.
        return max((one.execute_at for one in commands), default=plan.horizon.end)
    return max(latest_release_utc(one) for one in drafted)
