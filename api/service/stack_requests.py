"""Approval requests of stacks: opened for drafts, superseded by a new revision, ended together with their stack."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from api.service.runtime import Runtime
from core.authority import ApprovalRequest, RequestedCommand, RequestState
from core.command.authorise import subject_of
from core.command.schedule import latest_release_utc
from core.command.stack import stack_commands
from core.command.stack_approvals import STACK
from core.command.stack_runs import StackRuns
from core.command.stack_table import StackRecord, StackState
from core.errors import CommandRefused, Conflict, NotFound

__all__ = ["clear_stack", "end_revoked_stack", "follow_stack", "open_stack_request", "stacks_of"]


def stacks_of(runtime: Runtime) -> StackRuns:
    """The stacks of a running service."""
    return runtime.flight.fleet.pipeline.stacks


def open_stack_request(runtime: Runtime, record: StackRecord) -> ApprovalRequest:
    """The request for exactly this document, opened where there is none; one that expired is not asked again.

    Raises:
        Conflict: The stack is no draft.
        CommandRefused: It sends no command.
    """
    stack = record.stack
    if record.state is not StackState.DRAFT:
        raise Conflict(f"{stack.stack_id} is {record.state} and cannot be approved", code="stack-state")
    now_utc = runtime.clock.now_utc()
    commands = stack_commands(stack, runtime.mission, runtime.mdb, now_utc)
    if not commands:
        raise CommandRefused(f"{stack.stack_id} sends no command", stage="validate")
    lifetime = timedelta(seconds=runtime.approval_lifetime_s)
    last = runtime.requests.newest(STACK, stack.stack_id, stack.stack_hash())
    return runtime.requests.open(
        subject_of(commands, stack.author, STACK),
        stack.stack_hash(),
        stack.revision,
        tuple(
            RequestedCommand(
                command=one.mnemonic,
                satellite=one.satellite,
                command_class=str(one.command_class),
                execute_at=one.execute_at,
            )
            for one in commands
        ),
        min(now_utc + lifetime, max(latest_release_utc(one) for one in commands)),
        now_utc,
        # Superseded and yet the newest draft: it was deleted and written anew.
        again=last is not None and last.state is RequestState.SUPERSEDED,
    )


def follow_stack(runtime: Runtime, stack_id: str) -> None:
    """Bring the requests of a stack up to what has become of it; doing it twice changes nothing."""
    now_utc = runtime.clock.now_utc()
    try:
        record = stacks_of(runtime).get(stack_id)
    except NotFound:
        runtime.requests.supersede(STACK, stack_id, "", now_utc)  # it was deleted
        return
    stack_hash = record.stack.stack_hash()
    runtime.requests.supersede(STACK, stack_id, stack_hash, now_utc)
    if record.state is StackState.DRAFT:
        if any(one.kind == "command" for one in record.stack.steps):
            open_stack_request(runtime, record)
    elif record.state is StackState.ABORTED:
        request = runtime.requests.newest(STACK, stack_id, stack_hash)
        if request is not None and request.state in (RequestState.PENDING, RequestState.APPROVED):
            runtime.requests.revoke(request.request_id, "service", now_utc, f"the stack was aborted: {record.reason}")


def clear_stack(
    runtime: Runtime, connection: Connection, request: ApprovalRequest, actor: str, reason: str, *, expired: bool
) -> None:
    """Have a stack that waits show the approvals that are left, in the transaction that took the others."""
    kept = request.model_copy(update={"grants": ()}) if expired else request
    stacks_of(runtime).approvals.take_back_in(connection, kept, actor, reason)


def end_revoked_stack(runtime: Runtime, request: ApprovalRequest, by: str) -> None:
    """Abort the stack whose request was revoked; another revision stays as it is.

    A run that has ended, or ended at this moment because its request no longer stands, may still have commands that wait.
    """
    reason = f"approval revoked: {request.reason}"
    try:
        record = stacks_of(runtime).get(request.subject_id)
    except NotFound:
        return
    if record.stack.stack_hash() != request.subject_hash:
        return
    try:
        stacks_of(runtime).abort(request.subject_id, by=by, reason=reason)
    except Conflict:
        runtime.flight.withdraw(request.subject_id, actor=f"user:{by}", reason=reason)
