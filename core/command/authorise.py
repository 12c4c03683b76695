"""Stage 2, authorise: do the approvals carry the authority that each class needs? Then sign the exact command set.

Which approvals suffice for which class stands in the policies (``core/authority/policies``) and nowhere else. The
signature covers the canonical encoding of every command as it will leave: application data in full, arguments, times,
contacts, class, and the hash of what was approved.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection

from core.authority import Decision, DecisionLog, Policies, Quorum, Subject, package_policies
from core.authority.model import strictest_class
from core.command.model import Command
from core.command.schedule import latest_release_utc
from core.command.signing import RELEASE, Seal, SignatureRefused
from core.errors import CommandRefused
from core.plan.model import Approval
from core.time import format_utc, parse_utc

__all__ = ["CommandAuthority", "SignedSet", "canonical_set", "sign_set", "subject_of", "verify_set"]

_STAGE: Final = "authorise"
_FORMAT: Final = "llamaspace-command-set/1"


@dataclass(frozen=True)
class CommandAuthority:
    """What decides whether approvals suffice, and where the decision is written down."""

    log: DecisionLog
    policies: Policies = field(default_factory=package_policies)

    def suffices(
        self, commands: Sequence[Command], approvals: Sequence[Approval], *, author: str, kind: str = "plan"
    ) -> bool:
        """Whether the approvals reach the strictest class among the commands; nothing is written down."""
        subject = subject_of(commands, author, kind)
        return Quorum.of(self.policies, subject, approvals).suffices(self.policies, subject).allowed

    def check(
        self,
        commands: Sequence[Command],
        approvals: Sequence[Approval],
        *,
        author: str,
        now_utc: datetime,
        kind: str = "plan",
        connection: Connection | None = None,
    ) -> None:
        """Refuse commands whose class the approvals do not reach; the decision is written down.

        Args:
            commands: Of one plan or stack.
            approvals: Of exactly its content.
            author: Who wrote it.
            now_utc: Mission time.
            kind: What it is: ``plan``, ``stack``.
            connection: The caller's write transaction, where it is in one: the record is written in it.
        Raises:
            CommandRefused: Names the command, its class and what it needs.
        """
        for command, subject, quorum, decision in self._decisions(commands, approvals, author, kind):
            self.log.record(decision, None, subject, now_utc, quorum.context(), connection)
            if not decision.allowed:
                raise _refusal(command, decision)

    def refusal(
        self, commands: Sequence[Command], approvals: Sequence[Approval], *, author: str, kind: str = "plan"
    ) -> CommandRefused | None:
        """Why the approvals do not reach a command's class, None where they do; nothing is written down."""
        for command, _, _, decision in self._decisions(commands, approvals, author, kind):
            if not decision.allowed:
                return _refusal(command, decision)
        return None

    def _decisions(
        self, commands: Sequence[Command], approvals: Sequence[Approval], author: str, kind: str
    ) -> Iterator[tuple[Command, Subject, Quorum, Decision]]:
        """One decision for each class among the commands."""
        by_class = {str(one.command_class): one for one in commands}
        for command_class in sorted(by_class):
            subject = subject_of([by_class[command_class]], author, kind)
            quorum = Quorum.of(self.policies, subject, approvals)
            yield by_class[command_class], subject, quorum, quorum.suffices(self.policies, subject)


def _refusal(command: Command, decision: Decision) -> CommandRefused:
    return CommandRefused(
        f"{command.mnemonic} is {command.command_class} and {decision.reason}",
        code=decision.code or "AUT-001",
        stage=_STAGE,
        command_id=command.command_id,
        command_class=str(command.command_class),
        policies=decision.policies,
    )


def subject_of(commands: Sequence[Command], author: str, kind: str = "plan") -> Subject:
    """What people approve when they approve these commands."""
    return Subject(kind, commands[0].plan_id, author, strictest_class([str(one.command_class) for one in commands]))


def canonical_set(commands: Sequence[Command], expires_utc: datetime) -> bytes:
    """The bytes that a signature covers: every command as it will leave, the hash of what was approved, the expiry.

    JSON with sorted keys, without spaces, in UTF-8; the commands by id.
    """
    first = commands[0]
    content = {
        "format": _FORMAT,
        "plan_id": first.plan_id,
        "revision": first.revision,
        "revision_hash": first.revision_hash,
        "expires": format_utc(expires_utc),
        "commands": [_entry(one) for one in sorted(commands, key=lambda one: one.command_id)],
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


@dataclass(frozen=True)
class SignedSet:
    """A canonical command set and the detached signature over it."""

    content: bytes
    signature: bytes


def sign_set(commands: Sequence[Command], seal: Seal) -> SignedSet:
    """The commands' canonical set, signed; it expires when the last of them can no longer leave in time."""
    content = canonical_set(commands, max(latest_release_utc(one) for one in commands))
    return SignedSet(content, seal.sign_detached(content))


def verify_set(command: Command, content: bytes, signature: bytes, seal: Seal, now_utc: datetime) -> None:
    """Refuse to release a command that the signed set does not hold exactly so, or whose authorisation has expired.

    Raises:
        CommandRefused: Altered, not in the set, wrongly signed or expired.
    """
    try:
        verified = seal.check_detached(signature, content, RELEASE)
    except SignatureRefused as error:
        raise CommandRefused(
            f"the signature of the command set does not verify: {error.message}", code="AUT-003", stage=_STAGE
        ) from error
    signed = _signed(verified)
    own = (command.plan_id, command.revision, command.revision_hash)
    if signed.bound_to != own or signed.commands.get(command.command_id) != _entry(command):
        raise CommandRefused(
            f"{command.command_id} is not in the signed command set as it stands now", code="AUT-003", stage=_STAGE
        )
    if now_utc > signed.expires_utc:
        raise CommandRefused(
            f"the authorisation expired at {format_utc(signed.expires_utc)}", code="AUT-004", stage=_STAGE
        )


@dataclass(frozen=True)
class _SetContent:
    bound_to: tuple[str, int, str]  # plan id, revision, revision hash
    expires_utc: datetime
    commands: Mapping[str, Mapping[str, Any]]


@lru_cache(maxsize=64)
def _signed(content: bytes) -> _SetContent:
    """A verified set, read once; ``Seal`` gives the same object again, whose hash the interpreter keeps."""
    document = json.loads(content)
    if document.get("format") != _FORMAT:
        raise CommandRefused(f"the signed set is not in the form {_FORMAT}", code="AUT-003", stage=_STAGE)
    return _SetContent(
        (document["plan_id"], document["revision"], document["revision_hash"]),
        parse_utc(document["expires"]),
        {one["id"]: one for one in document["commands"]},
    )


def _entry(command: Command) -> dict[str, Any]:
    """A command as it leaves; what changes on its way (state, counters) is not part of it."""
    plain = command.model_dump(mode="json", include={"arguments"})
    return {
        "id": command.command_id,
        "activity": command.activity_id,
        "satellite": command.satellite,
        "command": command.mnemonic,
        "arguments": plain["arguments"],
        "class": str(command.command_class),
        "service": command.service,
        "subtype": command.subtype,
        "application_data": command.application_data_hex,
        "execute_at": format_utc(command.execute_at),
        "contacts": [[one.station, format_utc(one.start), format_utc(one.end)] for one in command.contacts],
    }
