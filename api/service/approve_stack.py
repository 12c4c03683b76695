"""The door for stacks: a person approves this exact document, and only then its command set is signed."""

from __future__ import annotations

from api.auth.accounts import User
from api.auth.errors import NotAllowed
from api.service.runtime import Runtime
from core.command.stack_runs import StackRecord, StackState
from core.errors import Conflict
from core.plan.model import Approval

__all__ = ["approve_stack"]


def approve_stack(runtime: Runtime, stack_id: str, user: User, stack_hash: str, comment: str = "") -> StackRecord:
    """Record one person's approval; with the last one needed, the stack may be started.

    Raises:
        NotAllowed: The approver wrote the stack.
        Conflict: It has changed since, or is no draft.
        CommandRefused: It could not be entered: a contact is over, a station is booked, a queue is disabled.
    """
    stacks = runtime.flight.fleet.pipeline.stacks
    record = stacks.get(stack_id)
    if record.stack.author == user.username:
        raise NotAllowed("whoever wrote a stack cannot approve it", code="AUT-003")
    if record.state is StackState.APPROVED and any(one.by == user.username for one in record.approvals):
        return record
    if record.stack.stack_hash() != stack_hash:
        raise Conflict(
            f"{stack_id} has changed since you saw it: review revision {record.stack.revision}", code="revision-changed"
        )
    approval = Approval(
        revision_hash=stack_hash, by=user.username, role=user.role, at=runtime.clock.now_utc(), comment=comment
    )
    return stacks.approve(stack_id, approval)
