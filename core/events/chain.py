"""One link of the chain: an event as it lies in the database, and the hash that its content has."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

__all__ = ["GENESIS_HASH", "ChainEnd", "StoredEvent", "canonical", "digest_of"]

GENESIS_HASH: Final = "0" * 64


@dataclass(frozen=True)
class StoredEvent:
    """An event as it lies in the database, before anything in it is believed."""

    sequence: int
    kind: str
    subject: str
    actor: str
    at_utc: str
    payload: str
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class ChainEnd:
    """An event's number and hash."""

    sequence: int
    hash: str


def digest_of(event: StoredEvent) -> str:
    """The hash that an event's content has."""
    content = (
        event.sequence,
        event.kind,
        event.subject,
        event.actor,
        event.at_utc,
        event.payload,
        event.previous_hash,
    )
    return hashlib.sha256(canonical(content).encode()).hexdigest()


canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
