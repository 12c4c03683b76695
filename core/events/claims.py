"""What is signed about the log: checkpoints of its chain, and accounts of events that retention removed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Protocol

__all__ = [
    "CHECKPOINT_FORMAT",
    "SEGMENT_FORMAT",
    "AuditSeal",
    "Checkpoint",
    "Segment",
    "read_claim",
    "read_segment",
    "token_hash",
]

CHECKPOINT_FORMAT: Final = "llamaspace-audit-checkpoint/1"
SEGMENT_FORMAT: Final = "llamaspace-audit-segment/1"


class AuditSeal(Protocol):
    """Signs and opens what is said about the log; the key store of the command pipeline has one."""

    def sign(self, payload: bytes) -> str:
        """A signed token that holds the payload."""

    def open(self, token: str) -> bytes:
        """The payload of a token that holds; LlamaSpaceError where it does not."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint claims; ``previous`` is the SHA-256 of the token before it."""

    number: int
    sequence: int
    hash: str
    previous: str
    at: str
    token: str


@dataclass(frozen=True)
class Segment:
    """What was removed: the chain came in with ``previous_hash`` and went out with ``last_hash``."""

    first: int
    last: int
    count: int
    previous_hash: str
    first_hash: str
    last_hash: str
    at: str
    reason: str
    token: str


def token_hash(token: str) -> str:
    """The SHA-256 by which the next checkpoint names this one."""
    return hashlib.sha256(token.encode()).hexdigest()


def read_claim(token: str) -> Checkpoint | None:
    """What a token claims, unverified; None where it is no checkpoint."""
    try:
        claim = _claim(token, CHECKPOINT_FORMAT)
        return Checkpoint(
            int(claim["number"]),
            int(claim["sequence"]),
            str(claim["hash"]),
            str(claim["previous"]),
            str(claim["at"]),
            token,
        )
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def read_segment(token: str) -> Segment | None:
    """What a token claims, unverified; None where it is no account of removed events."""
    try:
        claim = _claim(token, SEGMENT_FORMAT)
        return Segment(
            int(claim["first"]),
            int(claim["last"]),
            int(claim["count"]),
            str(claim["previous_hash"]),
            str(claim["first_hash"]),
            str(claim["last_hash"]),
            str(claim["at"]),
            str(claim["reason"]),
            token,
        )
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def _claim(token: str, form: str) -> dict[str, Any]:
    middle = token.split(".")[1]
    try:
        claim = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    if claim["format"] != form:
        raise ValueError(f"the form is {claim['format']!r}, not {form!r}")
    return dict(claim)
