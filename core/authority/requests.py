"""Approval requests: something waits for people's approval, is approved, released, or comes to nothing.

pending -> approved -> released, and from there: expired (nobody finished in time), revoked, superseded (its content has
changed). A request is bound to the hash of its content; every change of it is one transaction with its event, and the
policies are asked inside that transaction, so that two people at once make one release and never two.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import BigInteger, Column, Connection, Index, MetaData, String, Table, Text, insert, select, update

from core.authority.decisions import DecisionLog
from core.authority.engine import Policies
from core.authority.model import Action, NotAuthorised, Person, Subject
from core.authority.quorum import Quorum, missing_approvals
from core.authority.request import (
    LIVE_STATES,
    OPEN_STATES,
    ApprovalRequest,
    Grant,
    RequestedCommand,
    RequestState,
)
from core.errors import CommandRefused, Conflict, LlamaSpaceError, NotFound
from core.events import EventLog
from core.store import Database
from core.time import format_utc

__all__ = ["ApprovalRequests"]

REQUEST_TABLES: Final = MetaData()
_FORMAT: Final = "llamaspace-approval/1"
_COUNTING: Final = frozenset({RequestState.APPROVED.value, RequestState.RELEASED.value})
_CAME_TO_NOTHING: Final = frozenset({RequestState.EXPIRED, RequestState.SUPERSEDED})
_requests = Table(
    "approval_requests",
    REQUEST_TABLES,
    Column("request_id", String(64), primary_key=True),
    Column("subject_kind", String(16), nullable=False),
    Column("subject_id", String(128), nullable=False),
    Column("subject_hash", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("expires_at_utc", String(32), nullable=False),
    Column("content", Text, nullable=False),
    Index("approval_requests_by_subject", "subject_id", "subject_hash"),
    Index("approval_requests_by_state", "state", "expires_at_utc"),
)


# How far each owner of subjects has followed the event log with its requests.
_followed = Table(
    "approvals_followed",
    REQUEST_TABLES,
    Column("kind", String(16), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)


class ApprovalSeal(Protocol):
    """Signs and opens approvals; the key store of the command pipeline has one."""

    def sign(self, payload: bytes) -> str:
        """A signed token that holds the payload."""

    def open(self, token: str) -> bytes:
        """The payload of a token that holds; LlamaSpaceError where it does not."""


_Within = Callable[[Connection, ApprovalRequest], None]


class ApprovalRequests:
    """The requests in the database.

    Args:
        database: Where they are.
        events: The log that tells every change.
        policies: Who may approve what.
        seal: Signs each approval when it is given; without, what the database says is believed.
    """

    def __init__(
        self, database: Database, events: EventLog, policies: Policies, seal: ApprovalSeal | None = None
    ) -> None:
        self._seal = seal
        self._database = database
        self._events = events
        self._policies = policies
        self._decisions = DecisionLog(database, events)
        database.create(REQUEST_TABLES)

    # Reading

    def get(self, request_id: str) -> ApprovalRequest:
        """A request by id; NotFound where there is none."""
        with self._database.read() as connection:
            return self._get(connection, request_id)

    def find(self, states: Sequence[RequestState] = (), kind: str | None = None) -> list[ApprovalRequest]:
        """Requests, the one that expires first leading."""
        query = select(_requests.c.content).order_by(_requests.c.expires_at_utc, _requests.c.request_id)
        if states:
            query = query.where(_requests.c.state.in_([str(one) for one in states]))
        if kind is not None:
            query = query.where(_requests.c.subject_kind == kind)
        with self._database.read() as connection:
            return [ApprovalRequest.model_validate_json(one) for one in connection.execute(query).scalars()]

    def newest(self, kind: str, subject_id: str, subject_hash: str) -> ApprovalRequest | None:
        """The newest request for exactly this content."""
        with self._database.read() as connection:
            found = self._of_content(connection, kind, subject_id, subject_hash)
        return found[-1] if found else None

    def missing(self, request: ApprovalRequest) -> tuple[str, ...]:
        """The roles whose approvals are still needed."""
        return missing_approvals(self._policies, request.subject, self.quorum(request))

    def quorum(self, request: ApprovalRequest) -> Quorum:
        """The approvals that count: given by people who may, and signed when they were given."""
        return Quorum.of(self._policies, request.subject, self.standing(request))

    def standing(self, request: ApprovalRequest) -> tuple[Grant, ...]:
        """The approvals whose signature holds."""
        return tuple(one for one in request.grants if self._holds(request, one))

    def followed(self, kind: str) -> int:
        """The last event that requests of a kind have followed."""
        with self._database.read() as connection:
            return connection.execute(select(_followed.c.sequence).where(_followed.c.kind == kind)).scalar() or 0

    def follow_to(self, kind: str, sequence: int) -> None:
        """Remember that; doing the work before it twice changes nothing, so it is noted after."""
        with self._database.write() as connection:
            where = _followed.c.kind == kind
            if not connection.execute(update(_followed).where(where).values(sequence=sequence)).rowcount:
                connection.execute(insert(_followed).values(kind=kind, sequence=sequence))

    # Opening

    def open(
        self,
        subject: Subject,
        subject_hash: str,
        revision: int,
        commands: Sequence[RequestedCommand],
        expires_utc: datetime,
        at_utc: datetime,
        *,
        again: bool = False,
    ) -> ApprovalRequest:
        """The request for exactly this content, made where there is none; requests for other content are superseded.

        Args:
            subject: What is to be approved.
            subject_hash: The hash of its content.
            revision: Its revision.
            commands: What it would send.
            expires_utc: After this instant nobody can approve it any more.
            at_utc: Mission time.
            again: Ask anew where an earlier request for this content has expired or was superseded.
        """
        with self._database.write() as connection:
            same = self._of_content(connection, subject.kind, subject.subject_id, subject_hash)
            if same and not (again and same[-1].state in _CAME_TO_NOTHING):
                return same[-1]
            self._supersede(connection, subject, subject_hash, at_utc)
            request = ApprovalRequest(
                request_id=_request_id(subject, subject_hash, len(same)),
                subject_kind=subject.kind,
                subject_id=subject.subject_id,
                subject_hash=subject_hash,
                revision=revision,
                author=subject.author,
                command_class=subject.command_class,
                commands=tuple(commands),
                state=RequestState.PENDING,
                opened_at=at_utc,
                expires_at=expires_utc,
            )
            connection.execute(insert(_requests).values(request_id=request.request_id, **_row(request)))
            self._tell(connection, "opened", request, "service", at_utc, {"missing": list(self.missing(request))})
        return request

    def supersede(self, kind: str, subject_id: str, kept_hash: str, at_utc: datetime) -> None:
        """Void the open requests of a subject whose content is another one by now."""
        query = select(_requests.c.request_id).where(
            _requests.c.subject_kind == kind,
            _requests.c.subject_id == subject_id,
            _requests.c.subject_hash != kept_hash,
            _requests.c.state.in_([str(one) for one in OPEN_STATES]),
        )
        with self._database.read() as connection:
            if connection.execute(query).first() is None:
                return
        with self._database.write() as connection:
            self._supersede(connection, Subject(kind, subject_id, "", ""), kept_hash, at_utc)

    # Approving and releasing

    def grant(
        self,
        request_id: str,
        person: Person,
        at_utc: datetime,
        *,
        comment: str = "",
        accepted_unknown: Sequence[str] = (),
        within: _Within | None = None,
        begin: Callable[[], AbstractContextManager[Connection]] | None = None,
    ) -> ApprovalRequest:
        """Record one person's approval; the state says whether it was the last one needed.

        Args:
            request_id: Which.
            person: Who, in the role that they hold now.
            at_utc: Mission time.
            comment: What they said.
            accepted_unknown: Unknown findings that they accept.
            within: Called in the same transaction with the request as it is then, such as to change the plan.
            begin: Begins that transaction, where ``within`` needs more than the database's.
        Raises:
            NotAuthorised: The policies forbid it; the denial is on record.
            Conflict: It is not pending, or its time is over.
        """
        given = self._signed(
            self.get(request_id),
            Grant(
                by=person.name,
                role=person.role,
                at=at_utc,
                comment=comment,
                accepted_unknown=tuple(accepted_unknown),
            ),
        )
        try:
            with (begin or self._database.write)() as connection:
                request = self._get(connection, request_id)
                if any(one.by == person.name for one in request.grants) and request.state in LIVE_STATES:
                    return request
                _check_pending(request, at_utc)
                context = self.quorum(request).context()
                decision = self._policies.may_with(person, Action.APPROVE, request.subject, context)
                if not decision.allowed:
                    raise NotAuthorised(decision)
                self._decisions.record(decision, person, request.subject, at_utc, context, connection)
                request = request.model_copy(update={"grants": (*request.grants, given)})
                if self.quorum(request).suffices(self._policies, request.subject).allowed:
                    request = request.model_copy(update={"state": RequestState.APPROVED})
                self._store(connection, request)
                told = {"by": person.name, "role": person.role, "missing": list(self.missing(request))}
                self._tell(connection, "granted", request, f"user:{person.name}", at_utc, told)
                if within is not None:
                    within(connection, request)
        except NotAuthorised as denial:
            self._decisions.record(denial.decision, person, self.get(request_id).subject, at_utc)
            raise
        return request

    def check_in(self, connection: Connection, subject_id: str, subject_hash: str, *, entering: bool = False) -> None:
        """Refuse commands whose request is not approved as it stands; asked inside the pipeline's own transaction.

        Args:
            connection: The pipeline's transaction.
            subject_id: What the commands belong to.
            subject_hash: Its content.
            entering: Before they are signed: look at the signature of each approval too. After that the signature of
                the set says that this was done.
        Raises:
            CommandRefused: There is no request, or it expired, was revoked or superseded, or its approvals are not ours.
        """
        where = (_requests.c.subject_id == subject_id, _requests.c.subject_hash == subject_hash)
        states = set(connection.execute(select(_requests.c.state).where(*where)).scalars())
        if not states & _COUNTING:
            told = " and ".join(sorted(states)) or "not there"
            raise CommandRefused(
                f"the approval request of {subject_id} is {told}", code="AUT-004", stage="authorise", states=told
            )
        if not entering:
            return
        contents = connection.execute(select(_requests.c.content).where(*where)).scalars()
        requests = [ApprovalRequest.model_validate_json(one) for one in contents]
        # Not the columns beside it: the content is what the signatures of the approvals are held against.
        asked = [one for one in requests if (one.subject_id, one.subject_hash) == (subject_id, subject_hash)]
        if not any(self.quorum(one).suffices(self._policies, one.subject).allowed for one in asked):
            raise CommandRefused(
                f"the approvals of {subject_id} are not signed as they stand", code="AUT-003", stage="authorise"
            )

    def released(self, request_id: str, actor: str, at_utc: datetime) -> ApprovalRequest:
        """Note that the commands have been handed over; noting it twice changes nothing."""
        with self._database.write() as connection:
            return self._release(connection, self._get(connection, request_id), actor, at_utc)

    def release_in(
        self, connection: Connection, kind: str, subject_id: str, subject_hash: str, actor: str, at_utc: datetime
    ) -> None:
        """The same for the newest request for some content, in the transaction that hands its commands over."""
        found = self._of_content(connection, kind, subject_id, subject_hash)
        if not found:
            raise Conflict(f"there is no approval request of {subject_id}", code="AUT-004")
        self._release(connection, found[-1], actor, at_utc)

    def _release(
        self, connection: Connection, request: ApprovalRequest, actor: str, at_utc: datetime
    ) -> ApprovalRequest:
        if request.state is RequestState.RELEASED:
            return request
        if request.state is not RequestState.APPROVED:
            raise Conflict(f"request {request.request_id} is {request.state} and cannot be released", code="AUT-004")
        return self._move(connection, request, RequestState.RELEASED, actor, at_utc)

    # Taking back

    def withdraw_grants(
        self, request_id: str, people: Sequence[str], actor: str, at_utc: datetime, reason: str, within: _Within
    ) -> ApprovalRequest:
        """Take approvals back while nothing is released: the request waits again."""
        with self._database.write() as connection:
            request = self._get(connection, request_id)
            if request.state not in OPEN_STATES:
                raise Conflict(f"request {request_id} is {request.state}", code="request-state")
            kept = tuple(one for one in request.grants if one.by not in people)
            request = request.model_copy(update={"grants": kept, "state": RequestState.PENDING})
            self._store(connection, request)
            told = {"withdrawn": sorted(people), "missing": list(self.missing(request))}
            self._tell(connection, "withdrawn", request, actor, at_utc, told | {"reason": reason})
            within(connection, request)
        return request

    def revoke(
        self, request_id: str, actor: str, at_utc: datetime, reason: str, within: _Within | None = None
    ) -> ApprovalRequest:
        """Revoke a request as a whole, released or not; from this moment none of its commands may leave."""
        with self._database.write() as connection:
            request = self._get(connection, request_id)
            if request.state is RequestState.REVOKED:
                return request
            if request.state not in LIVE_STATES:
                raise Conflict(f"request {request_id} is {request.state}", code="request-state")
            revoked = self._move(connection, request, RequestState.REVOKED, actor, at_utc, reason)
            if within is not None:
                within(connection, revoked)
        return revoked

    def expire(self, at_utc: datetime, within: _Within) -> list[ApprovalRequest]:
        """Close what nobody finished in time; each in a transaction of its own."""
        due = [one for one in self.find(OPEN_STATES) if one.expires_at < at_utc]
        closed = []
        for one in due:
            with self._database.write() as connection:
                request = self._get(connection, one.request_id)
                if request.state in OPEN_STATES:
                    closed.append(
                        self._move(connection, request, RequestState.EXPIRED, "service", at_utc, "its time is over")
                    )
                    within(connection, closed[-1])
        return closed

    # Signatures of approvals

    def _signed(self, request: ApprovalRequest, given: Grant) -> Grant:
        if self._seal is None:
            return given
        return given.model_copy(update={"token": self._seal.sign(_claim(request, given))})

    def _holds(self, request: ApprovalRequest, given: Grant) -> bool:
        if self._seal is None:
            return True
        try:
            return self._seal.open(given.token) == _claim(request, given)
        except LlamaSpaceError:
            return False  # an approval that the service did not sign is none

    # Inside a transaction

    def _get(self, connection: Connection, request_id: str) -> ApprovalRequest:
        text = connection.execute(select(_requests.c.content).where(_requests.c.request_id == request_id)).scalar()
        if text is None:
            raise NotFound(f"there is no approval request {request_id!r}", code="unknown-request")
        return ApprovalRequest.model_validate_json(text)

    def _of_content(
        self, connection: Connection, kind: str, subject_id: str, subject_hash: str
    ) -> list[ApprovalRequest]:
        query = select(_requests.c.content).where(
            _requests.c.subject_kind == kind,
            _requests.c.subject_id == subject_id,
            _requests.c.subject_hash == subject_hash,
        )
        found = [ApprovalRequest.model_validate_json(one) for one in connection.execute(query).scalars()]
        return sorted(found, key=lambda one: (one.state in LIVE_STATES, one.opened_at))

    def _supersede(self, connection: Connection, subject: Subject, kept_hash: str, at_utc: datetime) -> None:
        query = select(_requests.c.content).where(
            _requests.c.subject_kind == subject.kind,
            _requests.c.subject_id == subject.subject_id,
            _requests.c.subject_hash != kept_hash,
            _requests.c.state.in_([str(one) for one in OPEN_STATES]),
        )
        for text in connection.execute(query).scalars().all():
            older = ApprovalRequest.model_validate_json(text)
            self._move(connection, older, RequestState.SUPERSEDED, "service", at_utc, "its content has changed")

    def _move(
        self,
        connection: Connection,
        request: ApprovalRequest,
        state: RequestState,
        actor: str,
        at_utc: datetime,
        reason: str = "",
    ) -> ApprovalRequest:
        moved = request.model_copy(update={"state": state, "reason": reason})
        self._store(connection, moved)
        self._tell(connection, state.value, moved, actor, at_utc, {"reason": reason} if reason else {})
        return moved

    def _store(self, connection: Connection, request: ApprovalRequest) -> None:
        where = _requests.c.request_id == request.request_id
        connection.execute(update(_requests).where(where).values(**_row(request)))

    def _tell(
        self,
        connection: Connection,
        what: str,
        request: ApprovalRequest,
        actor: str,
        at_utc: datetime,
        facts: dict[str, Any],
    ) -> None:
        payload = {
            "subject_kind": request.subject_kind,
            "subject_id": request.subject_id,
            "subject_hash": request.subject_hash,
            "command_class": request.command_class,
            "state": request.state.value,
            **facts,
        }
        self._events.append(
            connection, f"approval.{what}", request.request_id, actor=actor, at_utc=at_utc, payload=payload
        )


def _claim(request: ApprovalRequest, given: Grant) -> bytes:
    """What the signature of an approval covers: who, as what, when, and exactly which content."""
    claim = {
        "format": _FORMAT,
        "request_id": request.request_id,
        "subject": [request.subject_kind, request.subject_id, request.subject_hash],
        "command_class": request.command_class,
        "author": request.author,
        "by": given.by,
        "role": given.role,
        "at": format_utc(given.at),
        "accepted_unknown": list(given.accepted_unknown),
    }
    return json.dumps(claim, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _check_pending(request: ApprovalRequest, at_utc: datetime) -> None:
    if request.expires_at < at_utc or request.state is RequestState.EXPIRED:
        raise Conflict(
            f"the request for approval expired at {format_utc(request.expires_at)}: ask for it anew",
            code="AUT-004",
        )
    if request.state is not RequestState.PENDING:
        raise Conflict(f"request {request.request_id} is {request.state} and takes no approval", code="request-state")


def _request_id(subject: Subject, subject_hash: str, number: int) -> str:
    seed = json.dumps([subject.kind, subject.subject_id, subject_hash, number])
    return f"apr-{hashlib.sha256(seed.encode()).hexdigest()[:20]}"


def _row(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "subject_kind": request.subject_kind,
        "subject_id": request.subject_id,
        "subject_hash": request.subject_hash,
        "state": request.state.value,
        "expires_at_utc": format_utc(request.expires_at),
        "content": request.model_dump_json(),
    }
