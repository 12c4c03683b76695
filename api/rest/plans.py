"""Plans: see, edit, approve, reject, release."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.accounts import User
from api.auth.dependencies import CurrentRuntime, Planner, Reviewer, Viewer, may
from api.rest.answers import AlternativesAnswer, ApprovalAnswer, ReleaseAnswer, StalenessAnswer
from api.rest.flight import command_answer
from api.rest.ids import PathId
from api.rest.paging import Cursor, Limit, Page, page_of
from api.service.approvals import ask_again
from api.service.approve_plan import approve_plan, reject_plan, release_plan
from api.service.edit_plan import create_plan, edit_plan, revalidate_plan
from api.service.views import PlanSummary, plan_summary
from core.authority import Action
from core.errors import Conflict
from core.plan.activity import Activity
from core.plan.model import MissionPlan, PlanState, Repair

__all__ = ["router"]

router = APIRouter(prefix="/plans", tags=["plans"])


class NewPlan(BaseModel):
    """A plan that a person writes by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    intent: Annotated[str, Field(min_length=1, max_length=4000)]
    activities: Annotated[tuple[Activity, ...], Field(min_length=1, max_length=1000)]


class Changes(BaseModel):
    """Changes to the revision that ``If-Match`` names, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    changes: Annotated[tuple[Repair, ...], Field(min_length=1, max_length=100)]


class ApprovalRequest(BaseModel):
    """One person's yes to one revision."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    revision_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    comment: Annotated[str, Field(max_length=2000)] = ""
    accept_unknown: Annotated[tuple[str, ...], Field(max_length=50)] = ()


class Rejection(BaseModel):
    """Why a plan is not flown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@router.get("")
def plans(
    _user: Viewer, runtime: CurrentRuntime, state: PlanState | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[PlanSummary]:
    """The newest revision of each plan, most recently saved first."""
    found = runtime.plans.list_plans(limit=10_000, state=state)
    return page_of([plan_summary(one) for one in found], limit, cursor)


@router.post("", status_code=201)
def create(
    plan: NewPlan, user: Annotated[User, may(Action.DRAFT_PLAN)], runtime: CurrentRuntime, response: Response
) -> MissionPlan:
    """Check and store a plan that a person wrote."""
    return _tagged(create_plan(runtime, plan.intent, plan.activities, user), response)


@router.get("/{plan_id}")
def show(
    plan_id: PathId,
    _user: Viewer,
    runtime: CurrentRuntime,
    response: Response,
    revision: Annotated[int | None, Query(ge=1, le=2**31)] = None,
) -> MissionPlan:
    """A plan with its findings and profiles; the ETag is its revision hash."""
    return _tagged(runtime.plans.get(plan_id, revision), response)


@router.get("/{plan_id}/staleness")
def staleness(plan_id: PathId, _user: Viewer, runtime: CurrentRuntime) -> StalenessAnswer:
    """Whether the plan's findings still hold: what they rest on, and has changed since."""
    changed = runtime.stale_inputs(runtime.plans.get(plan_id))
    return StalenessAnswer(stale=bool(changed), changed=changed)


@router.get("/{plan_id}/alternatives")
def alternatives(plan_id: PathId, _user: Viewer, runtime: CurrentRuntime) -> AlternativesAnswer:
    """Other ways to the end of the newest revision, and how the search for them went: "none" is not "failed"."""
    plan = runtime.plans.get(plan_id)
    search = runtime.alternatives.search_of(plan)
    return AlternativesAnswer(state=search.state, reason=search.reason, alternatives=plan.alternatives)


@router.get("/{plan_id}/revisions")
def revisions(
    plan_id: PathId, _user: Viewer, runtime: CurrentRuntime, limit: Limit = 200, cursor: Cursor = None
) -> Page[PlanSummary]:
    """Every revision, oldest first."""
    found = runtime.plans.revisions(plan_id)
    return page_of([plan_summary(one) for one in found], limit, cursor)


@router.patch("/{plan_id}")
def edit(
    plan_id: PathId,
    changes: Changes,
    user: Planner,
    runtime: CurrentRuntime,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=80)] = None,
) -> MissionPlan:
    """Change the revision that If-Match names; gives a new revision, checked again."""
    if if_match is None:
        raise Conflict("send If-Match with the ETag of the revision that you saw", code="precondition")
    return _tagged(edit_plan(runtime, plan_id, changes.changes, if_match.strip('"'), user), response)


@router.post("/{plan_id}/validate")
def validate(
    plan_id: PathId,
    user: Annotated[User, may(Action.VALIDATE_PLAN)],
    runtime: CurrentRuntime,
    response: Response,
) -> MissionPlan:
    """Check a plan again in the present state; where its request for approval had expired, ask anew."""
    plan = revalidate_plan(runtime, plan_id, user)
    ask_again(runtime, plan)
    return _tagged(plan, response)


@router.post("/{plan_id}/approve")
def approve(plan_id: PathId, request: ApprovalRequest, user: Reviewer, runtime: CurrentRuntime) -> ApprovalAnswer:
    """Approve this exact revision; the last approval needed releases its commands."""
    outcome = approve_plan(runtime, plan_id, user, request.revision_hash, request.comment, request.accept_unknown)
    return ApprovalAnswer(plan=outcome.plan, approvals_needed=outcome.approvals_needed, released=outcome.released)


@router.post("/{plan_id}/reject")
def reject(
    plan_id: PathId, rejection: Rejection, user: Reviewer, runtime: CurrentRuntime, response: Response
) -> MissionPlan:
    """Reject a plan that is not released yet."""
    return _tagged(reject_plan(runtime, plan_id, user, rejection.reason), response)


@router.post("/{plan_id}/release")
def release(plan_id: PathId, user: Reviewer, runtime: CurrentRuntime) -> ReleaseAnswer:
    """Release an approved plan that is not released yet."""
    plan = release_plan(runtime, plan_id, user)
    return ReleaseAnswer(plan=plan, commands=tuple(command_answer(one) for one in runtime.flight.commands(plan_id)))


def _tagged(plan: MissionPlan, response: Response) -> MissionPlan:
    response.headers["ETag"] = f'"{plan.revision_hash()}"'
    return plan
