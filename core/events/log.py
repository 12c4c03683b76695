"""Append-only, hash-chained events.

Each event carries the SHA-256 of its predecessor and of its own canonical content, so that an altered, removed,
reordered or inserted event shows. An event is appended inside the transaction of the state change that it records.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    or_,
    select,
    update,
)

from core.store import Database
from core.time import format_utc, parse_utc

__all__ = ["EVENT_TABLES", "GENESIS_HASH", "Event", "EventLog", "Violation"]

EVENT_TABLES: Final = MetaData()
GENESIS_HASH: Final = "0" * 64

_events = Table(
    "events",
    EVENT_TABLES,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("kind", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("at_utc", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("events_by_subject", "subject", "sequence"),
    Index("events_by_kind", "kind", "sequence"),
)

# Where the chain ends: without it, removing the newest events would not show.
_head = Table(
    "event_head",
    EVENT_TABLES,
    Column("id", Integer, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
_HEAD_ID: Final = 1


class Event(BaseModel):
    """One recorded fact.

    ``kind`` is ``<owner>.<what>`` (``plan.approved``, ``command.released``); ``subject`` is the id it is about;
    ``actor`` is ``user:<name>``, ``agent``, ``service`` or ``spacecraft:<id>``; ``at_utc`` is mission time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int
    kind: str
    subject: str
    actor: str
    at_utc: AwareDatetime
    payload: dict[str, Any]
    previous_hash: str
    hash: str


class Violation(BaseModel):
    """Where and how the chain is broken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int
    problem: str


class EventLog:
    """The log in a database; create it once and pass it around."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(EVENT_TABLES)

    def append(
        self,
        connection: Connection,
        kind: str,
        subject: str,
        *,
        actor: str,
        at_utc: datetime,
        payload: Mapping[str, Any],
    ) -> Event:
        """Record a fact in the caller's write transaction (``Database.write``)."""
        last = connection.execute(
            select(_events.c.sequence, _events.c.hash).order_by(_events.c.sequence.desc()).limit(1)
        ).first()
        sequence, previous_hash = (last.sequence + 1, last.hash) if last else (1, GENESIS_HASH)
        row: dict[str, Any] = {
            "sequence": sequence,
            "kind": kind,
            "subject": subject,
            "actor": actor,
            "at_utc": format_utc(at_utc),
            "payload": _canonical(payload),
            "previous_hash": previous_hash,
        }
        row["hash"] = _digest(row)
        connection.execute(insert(_events).values(**row))
        head = {"sequence": sequence, "hash": row["hash"]}
        if not connection.execute(update(_head).where(_head.c.id == _HEAD_ID).values(**head)).rowcount:
            connection.execute(insert(_head).values(id=_HEAD_ID, **head))
        return _event(row)

    def read(
        self,
        *,
        after: int = 0,
        subject: str | None = None,
        kinds: Sequence[str] = (),
        limit: int = 1000,
    ) -> list[Event]:
        """Events after a sequence number, oldest first; a kind ending in ``.`` matches all of that owner."""
        query = select(_events).where(_events.c.sequence > after).order_by(_events.c.sequence).limit(limit)
        if subject is not None:
            query = query.where(_events.c.subject == subject)
        if kinds:
            owners = [_events.c.kind.startswith(kind) for kind in kinds if kind.endswith(".")]
            exact = [kind for kind in kinds if not kind.endswith(".")]
            query = query.where(or_(_events.c.kind.in_(exact), *owners))
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(query).mappings()]

    def last_sequence(self) -> int:
        """The newest event's sequence number; 0 when there is none."""
        query = select(_events.c.sequence).order_by(_events.c.sequence.desc()).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).scalar() or 0

    def verify(self) -> list[Violation]:
        """Walk the whole chain; an empty list means that nothing was altered, removed, reordered or inserted."""
        with self._database.read() as connection:
            rows = connection.execute(select(_events).order_by(_events.c.sequence)).mappings().all()
            head = connection.execute(select(_head.c.sequence, _head.c.hash)).first()
        found = list(_violations(rows))
        last = (rows[-1]["sequence"], rows[-1]["hash"]) if rows else (0, GENESIS_HASH)
        if head is not None and (head.sequence, head.hash) != last:
            found.append(
                Violation(sequence=head.sequence, problem=f"the chain ended here; now it ends at event {last[0]}")
            )
        return found


def _violations(rows: Iterable[Mapping[Any, Any]]) -> Iterable[Violation]:
    expected_sequence, previous_hash = 1, GENESIS_HASH
    for row in rows:
        sequence = int(row["sequence"])
        if sequence != expected_sequence:
            yield Violation(sequence=sequence, problem=f"expected event {expected_sequence}: events are missing")
        elif row["previous_hash"] != previous_hash:
            yield Violation(sequence=sequence, problem="does not follow from the event before it")
        if row["hash"] != _digest(row):
            yield Violation(sequence=sequence, problem="content does not match its hash: it was altered")
        expected_sequence, previous_hash = sequence + 1, row["hash"]


def _digest(row: Mapping[Any, Any]) -> str:
    fields = ("sequence", "kind", "subject", "actor", "at_utc", "payload", "previous_hash")
    return hashlib.sha256(_canonical([row[field] for field in fields]).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _event(row: Mapping[Any, Any]) -> Event:
    return Event(
        sequence=row["sequence"],
        kind=row["kind"],
        subject=row["subject"],
        actor=row["actor"],
        at_utc=parse_utc(row["at_utc"]),
        payload=json.loads(row["payload"]),
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )
