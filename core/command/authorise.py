"""Stage 2, authorise: do the approvals carry the authority that each class needs? Then sign the exact command set.

| class | approvals of this revision |
|---|---|
| routine, vital | one planner or flight director |
| critical | one flight director |
| hazardous | two different people, each planner or flight director, at least one of them flight director |

An operator, a viewer or an administrator approves nothing here: administration is no command authority. One person
in two roles is one person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.command.model import Command
from core.errors import CommandRefused
from core.mdb import CommandClass
from core.plan.model import Approval
from core.time import format_utc, parse_utc

__all__ = ["canonical_set", "check_authority", "sign_set", "verify_set"]

_STAGE: Final = "authorise"
_PLANNER: Final = "planner"
_DIRECTOR: Final = "flight_director"


def check_authority(commands: Sequence[Command], approvals: Sequence[Approval]) -> None:
    """Refuse commands whose class the approvals do not reach.

    Raises:
        CommandRefused: Names the command, its class and what it needs.
    """
    for command in commands:
        enough, needed = _RULES[command.command_class]
        if not enough(approvals):
            raise CommandRefused(
                f"{command.mnemonic} is {command.command_class} and needs {needed}",
                code="AUT-001",
                stage=_STAGE,
                command_id=command.command_id,
                command_class=str(command.command_class),
            )


def canonical_set(commands: Sequence[Command], expires_utc: datetime) -> bytes:
    """The bytes that a signature covers: every command as it will be encoded, the plan's hash and the expiry."""
    first = commands[0]
    content = {
        "plan_id": first.plan_id,
        "revision_hash": first.revision_hash,
        "expires": format_utc(expires_utc),
        "commands": [
            {
                "id": one.command_id,
                "satellite": one.satellite,
                "command": one.mnemonic,
                "service": one.service,
                "subtype": one.subtype,
                "data_sha256": hashlib.sha256(bytes.fromhex(one.application_data_hex)).hexdigest(),
                "execute_at": format_utc(one.execute_at),
                "contacts": [[one.station, format_utc(one.start), format_utc(one.end)] for one in one.contacts],
            }
            for one in sorted(commands, key=lambda one: one.command_id)
        ],
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def sign_set(content: bytes, key: Ed25519PrivateKey) -> bytes:
    """Ed25519 signature (RFC 8032) over a canonical command set."""
    return key.sign(content)


def verify_set(command: Command, content: bytes, signature: bytes, key: Ed25519PublicKey, now_utc: datetime) -> None:
    """Refuse to release a command that the signed set does not hold exactly so, or whose authorisation has expired.

    Raises:
        CommandRefused: Altered, not in the set, wrongly signed or expired.
    """
    try:
        key.verify(signature, content)
    except InvalidSignature:
        raise CommandRefused("the signature of the command set does not verify", code="AUT-003", stage=_STAGE) from None
    signed = json.loads(content)
    own = json.loads(canonical_set([command], now_utc))
    if signed["revision_hash"] != own["revision_hash"] or own["commands"][0] not in signed["commands"]:
        raise CommandRefused(
            f"{command.command_id} is not in the signed command set as it stands now", code="AUT-003", stage=_STAGE
        )
    if now_utc > parse_utc(signed["expires"]):
        raise CommandRefused(f"the authorisation expired at {signed['expires']}", code="AUT-004", stage=_STAGE)


def _people(approvals: Sequence[Approval], *roles: str) -> set[str]:
    return {one.by for one in approvals if one.role in roles}


def _one_planner(approvals: Sequence[Approval]) -> bool:
    return bool(_people(approvals, _PLANNER, _DIRECTOR))


def _one_director(approvals: Sequence[Approval]) -> bool:
    return bool(_people(approvals, _DIRECTOR))


def _two_people(approvals: Sequence[Approval]) -> bool:
    return len(_people(approvals, _PLANNER, _DIRECTOR)) >= 2 and _one_director(approvals)


_RULES: Final[Mapping[CommandClass, tuple[Callable[[Sequence[Approval]], bool], str]]] = {
    CommandClass.ROUTINE: (_one_planner, "the approval of a planner or flight director"),
    CommandClass.VITAL: (_one_planner, "the approval of a planner or flight director"),
    CommandClass.CRITICAL: (_one_director, "the approval of a flight director"),
    CommandClass.HAZARDOUS: (
        _two_people,
        "the approvals of two different people, at least one of them flight director",
    ),
}
