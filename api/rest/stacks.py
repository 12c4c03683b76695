"""Stacks of commands: write, check, approve, run."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.accounts import User
from api.auth.dependencies import CurrentRuntime, Planner, Reviewer, Viewer, may
from api.rest.ids import StackId
from api.service.approve_stack import approve_stack
from api.service.rollover import draft_rollover
from core.authority import Action
from core.command.model import Contact
from core.command.stack import Stack, StackStep, check_stack
from core.command.stack_runs import StackRuns
from core.command.stack_table import StackRecord
from core.errors import Conflict, NotFound

__all__ = ["router"]

router = APIRouter(prefix="/stacks", tags=["stacks"])
_Author = Annotated[User, may(Action.EDIT_STACK)]
_Runner = Annotated[User, may(Action.RUN_STACK)]
_Stopper = Annotated[User, may(Action.STOP_STACK)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StackDocument(_Body):
    """A stack without id, revision and author, which the service gives."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    satellite: Annotated[str, Field(min_length=1, max_length=64)]
    contacts: Annotated[tuple[Contact, ...], Field(min_length=1, max_length=32)]
    steps: Annotated[tuple[StackStep, ...], Field(min_length=1, max_length=500)]

    def named(self, stack_id: str, revision: int, author: str) -> Stack:
        """The stack that it becomes."""
        return Stack(
            stack_id=stack_id,
            revision=revision,
            author=author,
            title=self.title,
            satellite=self.satellite,
            contacts=self.contacts,
            steps=self.steps,
        )


class StackApproval(_Body):
    """One person's yes to one document."""

    stack_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    comment: Annotated[str, Field(max_length=2000)] = ""


class StackReason(_Body):
    """Why a run is paused or ended."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class StackResume(_Body):
    """Where to go on, for a branch that telemetry could not decide."""

    to: Annotated[str, Field(max_length=32)] | None = None


class RolloverRequest(_Body):
    """Whose telecommand key is changed, and in which contact."""

    satellite: Annotated[str, Field(min_length=1, max_length=64)]
    contact: Contact


@router.get("")
def stacks(_user: Viewer, runtime: CurrentRuntime) -> list[StackRecord]:
    """The newest revision of every stack, with where its run stands."""
    return _stacks(runtime).all()


@router.get("/{stack_id}")
def show(stack_id: StackId, _user: Viewer, runtime: CurrentRuntime, response: Response) -> StackRecord:
    """A stack; the ETag is its hash, which an approval binds."""
    return _tagged(_stacks(runtime).get(stack_id), response)


@router.put("/{stack_id}")
def write(
    stack_id: StackId,
    document: StackDocument,
    user: _Author,
    runtime: CurrentRuntime,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=80)] = None,
) -> StackRecord:
    """A new stack, or with If-Match a new revision of the one that it names; approvals do not carry over."""
    try:
        before = _stacks(runtime).get(stack_id)
    except NotFound:
        return _tagged(_stacks(runtime).save(document.named(stack_id, 1, user.username)), response)
    if if_match is None or if_match.strip('"') != before.stack.stack_hash():
        raise Conflict("send If-Match with the ETag of the revision that you saw", code="precondition")
    return _tagged(_stacks(runtime).save(document.named(stack_id, before.stack.revision + 1, user.username)), response)


@router.post("/rollover")
def rollover(wanted: RolloverRequest, user: Planner, runtime: CurrentRuntime, response: Response) -> StackRecord:
    """Keep a new telecommand key for a spacecraft, and draft the stack that brings it on board."""
    return _tagged(draft_rollover(runtime, wanted.satellite, wanted.contact, user), response)


@router.post("/{stack_id}/validate")
def validate(stack_id: StackId, document: StackDocument, user: _Author, runtime: CurrentRuntime) -> Stack:
    """Check a document as it would be stored; nothing is kept."""
    stack = document.named(stack_id, 1, user.username)
    pipeline = runtime.flight.fleet.pipeline
    check_stack(stack, pipeline.mission, pipeline.mdb)
    return stack


@router.delete("/{stack_id}", status_code=204)
def delete(stack_id: StackId, user: _Author, runtime: CurrentRuntime) -> None:
    """Remove a draft."""
    _stacks(runtime).delete(stack_id, by=user.username)


@router.post("/{stack_id}/approve")
def approve(stack_id: StackId, approval: StackApproval, user: Reviewer, runtime: CurrentRuntime) -> StackRecord:
    """Approve this exact document: every command that any of its ways may send."""
    return approve_stack(runtime, stack_id, user, approval.stack_hash, approval.comment)


@router.post("/{stack_id}/start")
def start(stack_id: StackId, user: _Runner, runtime: CurrentRuntime) -> StackRecord:
    """Run an approved stack."""
    return _stacks(runtime).start(stack_id, by=user.username)


@router.post("/{stack_id}/pause")
def pause(stack_id: StackId, reason: StackReason, user: _Stopper, runtime: CurrentRuntime) -> StackRecord:
    """Take no further step, and hold what it has entered and what has not left."""
    return _stacks(runtime).pause(stack_id, by=user.username, reason=reason.reason)


@router.post("/{stack_id}/resume")
def resume(stack_id: StackId, where: StackResume, user: _Runner, runtime: CurrentRuntime) -> StackRecord:
    """Go on, past a hold or into the branch that is named."""
    return _stacks(runtime).resume(stack_id, by=user.username, to=where.to)


@router.post("/{stack_id}/abort")
def abort(stack_id: StackId, reason: StackReason, user: _Stopper, runtime: CurrentRuntime) -> StackRecord:
    """End it for good; what has not left will not leave."""
    return _stacks(runtime).abort(stack_id, by=user.username, reason=reason.reason)


def _stacks(runtime: CurrentRuntime) -> StackRuns:
    return runtime.flight.fleet.pipeline.stacks


def _tagged(record: StackRecord, response: Response) -> StackRecord:
    response.headers["ETag"] = f'"{record.stack.stack_hash()}"'
    return record
