"""The approval of a stack: bound to a request over the whole document, and with the last grant its command set is signed.

Request, stack and signed set change in one transaction. Where a service keeps requests, an approval without one is refused,
and the request's word is asked again when the stack starts, when a command of it is entered and at each release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from core.authority import ApprovalRequest, ApprovalRequests, Person, RequestState
from core.command.authorise import CommandAuthority, SignedSet, sign_set
from core.command.bookings import StationBookings
from core.command.keys import CommandKeys
from core.command.model import Command
from core.command.queues import CommandQueues
from core.command.register import CommandRegister
from core.command.signed_sets import SignedSets
from core.command.stack import Stack, draft_stack
from core.command.stack_table import StackRecord, StackState, StackTable
from core.errors import CommandRefused, Conflict
from core.mdb import MissionDatabase
from core.mission.model import Mission
from core.plan.model import Approval
from core.time import Clock

__all__ = ["STACK", "StackApprovals"]

STACK = "stack"  # the kind of its requests
_ATTEMPTS: Final = 3


class StackApprovals:
    """Approvals of stacks.

    Args:
        table: The stacks.
        register: Gives the transactions; the lock on commands is taken before the database's.
        sets: Where the signed set is entered.
        authority: Whether approvals suffice for each class.
        queues: None of the stack's may be disabled.
        bookings: Its contacts are booked.
        mission: What is commanded.
        mdb: Its telecommands.
        keys: What signs the set.
        clock: Mission time.
        requests: Where people approve; None where approvals are handed over.
    """

    def __init__(
        self,
        table: StackTable,
        register: CommandRegister,
        sets: SignedSets,
        authority: CommandAuthority,
        queues: CommandQueues,
        bookings: StationBookings,
        mission: Mission,
        mdb: MissionDatabase,
        keys: CommandKeys,
        clock: Clock,
        requests: ApprovalRequests | None,
    ) -> None:
        self._table = table
        self._register = register
        self._sets = sets
        self._authority = authority
        self._queues = queues
        self._bookings = bookings
        self._mission = mission
        self._mdb = mdb
        self._keys = keys
        self._clock = clock
        self._requests = requests

    def approve(self, stack_id: str, approval: Approval) -> StackRecord:
        """Add a person's approval of the whole stack; with the last one needed its command set is signed.

        Raises:
            Conflict: It has changed since, or is no draft, or its request is not open.
            NotAuthorised: The policies forbid it: such as the approver who wrote the stack.
            CommandRefused: There is no request, a contact is over, a station serves another, or a queue is disabled.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._approve(stack_id, approval)
            except _Unsigned:  # somebody else's approval came between: with both of them it is complete
                continue
        raise Conflict(f"the approvals of {stack_id} change all the time: approve it again", code="revision-changed")

    def _approve(self, stack_id: str, approval: Approval) -> StackRecord:
        if self._requests is None:
            seen = self._table.get(stack_id)
            offered = self._offer(seen, (*seen.approvals, approval))
            with self._register.write() as connection:
                record = self._draft(connection, stack_id, approval.revision_hash)
                others = tuple(one for one in record.approvals if one.by != approval.by)
                return self._approve_in(connection, record, (*others, approval), approval.by, offered)
        request = self._requests.newest(STACK, stack_id, approval.revision_hash)
        if request is None:
            raise CommandRefused(
                f"the approval request of {stack_id} is not there",
                code="AUT-004",
                stage="authorise",
                states="not there",
            )
        offered = self._offer(self._table.get(stack_id), (*_approvals_of(request), approval))

        def within(connection: Connection, changed: ApprovalRequest) -> None:
            record = self._draft(connection, stack_id, changed.subject_hash)
            approved = self._approve_in(connection, record, _approvals_of(changed), approval.by, offered)
            if (changed.state is RequestState.APPROVED) != (approved.state is StackState.APPROVED):
                # A mission's policies may ask more of a plan than of a stack, or of one class than of another.
                raise CommandRefused(
                    f"{stack_id}: its request is {changed.state}, and {approved.reason or 'nothing is missing'}",
                    code="AUT-001",
                    stage="authorise",
                )

        self._requests.grant(
            request.request_id,
            Person(approval.by, approval.role),
            approval.at,
            comment=approval.comment,
            within=within,
            begin=self._register.write,
        )
        return self._table.get(stack_id)

    def take_back_in(self, connection: Connection, request: ApprovalRequest, actor: str, reason: str) -> None:
        """Have a draft show the approvals that its request still has; one that has changed since is left as it is."""
        record = self._table.newest(connection, request.subject_id)
        if record is None or record.state is not StackState.DRAFT:
            return
        if record.stack.stack_hash() == request.subject_hash:
            kept = record.model_copy(update={"approvals": _approvals_of(request), "reason": reason})
            self._table.store(connection, kept)
            self._table.tell(connection, "approval", kept, actor)

    def require_standing(self, connection: Connection, stack: Stack) -> None:
        """Refuse a stack whose request does not stand, or whose approvals are not signed as they should be.

        Raises:
            CommandRefused: The request expired, was revoked or superseded, is of another document, or is not there.
        """
        if self._requests is not None:
            self._requests.check_in(connection, stack.stack_id, stack.stack_hash(), entering=True)

    def note_start(self, connection: Connection, stack: Stack, actor: str) -> None:
        """Mark the request as released, in the transaction that starts the run: from now on it does not expire."""
        if self._requests is None:
            return
        self.require_standing(connection, stack)
        self._requests.release_in(connection, STACK, stack.stack_id, stack.stack_hash(), actor, self._clock.now_utc())

    def _draft(self, connection: Connection, stack_id: str, stack_hash: str) -> StackRecord:
        record = self._table.require(connection, stack_id, StackState.DRAFT)
        if stack_hash != record.stack.stack_hash():
            raise Conflict(f"{stack_id} has changed since you saw it: review it again", code="revision-changed")
        return record

    def _offer(self, record: StackRecord, approvals: tuple[Approval, ...]) -> _Offer:
        """The commands as they would be approved, signed where the approvals suffice.

        Outside the transaction: a key store elsewhere takes its time, and releases need the database meanwhile.
        """
        stack = record.stack
        drafted = draft_stack(stack, self._mission, self._mdb, self._clock.now_utc())
        suffices = self._authority.refusal(drafted, approvals, author=stack.author, kind=STACK) is None
        signs = suffices and record.state is StackState.DRAFT
        return _Offer(stack.stack_hash(), drafted, sign_set(drafted, self._keys.signing) if signs else None)

    def _approve_in(
        self, connection: Connection, record: StackRecord, approvals: tuple[Approval, ...], by: str, offered: _Offer
    ) -> StackRecord:
        stack, now_utc = record.stack, self._clock.now_utc()
        if stack.stack_hash() != offered.stack_hash:
            raise Conflict(f"{stack.stack_id} has changed since you saw it: review it again", code="revision-changed")
        record = record.model_copy(update={"approvals": approvals})
        missing = self._authority.refusal(offered.drafted, approvals, author=stack.author, kind=STACK)
        if missing is not None:
            record = record.model_copy(update={"reason": missing.message})
            self._table.store(connection, record)
            self._table.tell(connection, "approval", record, f"user:{by}")
            return record
        if offered.signed is None:
            raise _Unsigned(f"{stack.stack_id} is approved by now, and its commands are not signed yet")
        self._authority.check(
            offered.drafted, approvals, author=stack.author, now_utc=now_utc, kind=STACK, connection=connection
        )
        self.require_standing(connection, stack)
        for one in offered.drafted:
            self._queues.require_open(one)
        self._bookings.book(connection, offered.drafted, lambda plan_id: bool(self._register.open_of(plan_id)))
        self._sets.enter(connection, stack.stack_id, stack.revision, offered.signed)
        record = record.model_copy(update={"state": StackState.APPROVED, "reason": ""})
        self._table.store(connection, record)
        self._table.tell(connection, "approved", record, f"user:{by}")
        return record


@dataclass(frozen=True)
class _Offer:
    """What would be approved: the commands of a document, signed or not."""

    stack_hash: str
    drafted: list[Command]
    signed: SignedSet | None


class _Unsigned(Conflict):
    """The approvals suffice, and nothing was signed beforehand."""


def _approvals_of(request: ApprovalRequest) -> tuple[Approval, ...]:
    return tuple(
        Approval.model_validate(
            {
                "revision_hash": request.subject_hash,
                "by": one.by,
                "role": one.role,
                "at": one.at,
                "comment": one.comment,
            }
        )
        for one in request.grants
    )
