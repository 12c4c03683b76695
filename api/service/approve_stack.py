"""The door for stacks: a person approves this exact document, and only then its command set is signed."""

from __future__ import annotations

from api.auth.accounts import User
from api.auth.errors import NotAllowed
from api.service.approvals import expire_requests
from api.service.runtime import Runtime
from api.service.stack_requests import open_stack_request, stacks_of
from core.command.stack_table import StackRecord, StackState
from core.errors import Conflict
from core.plan.model import Approval

__all__ = ["approve_stack"]


def approve_stack(runtime: Runtime, stack_id: str, user: User, stack_hash: str, comment: str = "") -> StackRecord:
    """Record one person's approval; with the last one needed, the stack may be started.

    Raises:
        NotAuthorised: The policies forbid it: such as the approver who wrote the stack.
        Conflict: It has changed since, is no draft, or its request has expired.
        CommandRefused: It could not be entered: a contact is over, a station is booked, a queue is disabled.
    """
    stacks = stacks_of(runtime)
    record = stacks.get(stack_id)
    if record.stack.stack_hash() != stack_hash:
        raise Conflict(
            f"{stack_id} has changed since you saw it: review revision {record.stack.revision}", code="revision-changed"
        )
    if record.state is StackState.APPROVED and any(one.by == user.username for one in record.approvals):
        return record
    role = runtime.accounts.role_of(user.username)
    if role is None:
        raise NotAllowed(f"the account {user.username} is no longer active", code="AUT-003")
    expire_requests(runtime)
    open_stack_request(runtime, record)
    approval = Approval(
        revision_hash=stack_hash, by=user.username, role=role.value, at=runtime.clock.now_utc(), comment=comment
    )
    return stacks.approve(stack_id, approval)
