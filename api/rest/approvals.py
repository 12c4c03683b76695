"""Approval requests: the inbox of whoever may approve, and taking approvals back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.auth.dependencies import CurrentRuntime, Reviewer, Viewer
from api.rest.answers import RequestAnswer
from api.rest.ids import PathId
from api.rest.paging import Cursor, Limit, Page, page_of
from api.service.approvals import ApprovalView, list_requests, revoke_request, sync_requests, view_request
from api.service.approve_plan import approve_request
from core.authority import RequestState
from core.mdb import CommandClass

__all__ = ["router"]

router = APIRouter(prefix="/approvals", tags=["approvals"])


class Revocation(BaseModel):
    """Why an approval is taken back; ``whole`` revokes everybody's, as a flight director may."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    whole: bool = False


class Consent(BaseModel):
    """One person's yes to exactly the content of a hash."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    comment: Annotated[str, Field(max_length=2000)] = ""
    accept_unknown: Annotated[tuple[str, ...], Field(max_length=50)] = ()


@router.get("")
def approvals(
    user: Viewer,
    runtime: CurrentRuntime,
    state: Annotated[list[RequestState] | None, Query(max_length=6)] = None,
    kind: Annotated[str | None, Query(max_length=16, pattern=r"^[a-z]+$")] = None,
    command_class: Annotated[CommandClass | None, Query(description="the strictest class among its commands")] = None,
    mine: Annotated[bool, Query(description="only those that your approval would help")] = True,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RequestAnswer]:
    """What waits for approval, the first to expire leading; by default what you can approve."""
    found = list_requests(
        runtime,
        user,
        states=tuple(state or (RequestState.PENDING,)),
        kind=kind,
        command_class=command_class.value if command_class else None,
        mine=mine,
    )
    return page_of([_answer(one) for one in found], limit, cursor)


@router.get("/{request_id}")
def show(request_id: PathId, user: Viewer, runtime: CurrentRuntime) -> RequestAnswer:
    """One request."""
    sync_requests(runtime)
    return _answer(view_request(runtime, runtime.requests.get(request_id), user))


@router.post("/{request_id}/approve")
def approve(request_id: PathId, consent: Consent, user: Reviewer, runtime: CurrentRuntime) -> RequestAnswer:
    """Approve what the request is about; the last approval of a plan releases its commands."""
    changed = approve_request(runtime, request_id, user, consent.subject_hash, consent.comment, consent.accept_unknown)
    return _answer(view_request(runtime, changed, user))


@router.post("/{request_id}/revoke")
def revoke(request_id: PathId, revocation: Revocation, user: Reviewer, runtime: CurrentRuntime) -> RequestAnswer:
    """Take your approval back, or revoke the request as a whole; what has not left then never leaves."""
    changed = revoke_request(runtime, request_id, user, revocation.reason, whole=revocation.whole)
    return _answer(view_request(runtime, changed, user))


def _answer(view: ApprovalView) -> RequestAnswer:
    return RequestAnswer(
        **view.request.model_dump(exclude={"grants": {"__all__": {"token"}}}),
        missing=view.missing,
        may_approve=view.may_approve,
        why_not=view.why_not,
    )
