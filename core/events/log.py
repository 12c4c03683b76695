"""Append-only, hash-chained events.

Each event carries the SHA-256 of its predecessor and of its own canonical content, so that an altered, removed,
reordered or inserted event shows (``core/events/verify.py``). An event is appended inside the transaction of the state
change that it records.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from core.events.chain import GENESIS_HASH, ChainEnd, StoredEvent, canonical, digest_of
from core.events.verify import Violation, verify_events
from core.store import Database
from core.time import format_utc, parse_utc

__all__ = ["EVENT_TABLES", "Event", "EventLog", "Fact"]

EVENT_TABLES: Final = MetaData()

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
# Made once: building them for every event takes longer than carrying them out.
_LAST: Final = select(_events.c.sequence, _events.c.hash).order_by(_events.c.sequence.desc()).limit(1)
_APPEND: Final = insert(_events)
_MOVE_HEAD: Final = (
    update(_head).where(_head.c.id == _HEAD_ID).values(sequence=bindparam("sequence"), hash=bindparam("hash"))
)
_COLUMNS: Final = (
    _events.c.sequence,
    _events.c.kind,
    _events.c.subject,
    _events.c.actor,
    _events.c.at_utc,
    _events.c.payload,
    _events.c.previous_hash,
    _events.c.hash,
)
_PIECE: Final = 2000  # rows in memory at a time


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


@dataclass(frozen=True)
class Fact:
    """What is to be recorded: the parts of an event that its owner knows."""

    kind: str
    subject: str
    actor: str
    at_utc: datetime
    payload: Mapping[str, Any]


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
    ) -> None:
        """Record a fact in the caller's write transaction (``Database.write``)."""
        self.append_all(connection, [Fact(kind, subject, actor, at_utc, payload)])

    def append_all(self, connection: Connection, facts: Sequence[Fact]) -> None:
        """Record facts in their order, in the caller's write transaction, with one reading of the chain's end."""
        last = connection.execute(_LAST).first()
        sequence, previous_hash = (last.sequence, last.hash) if last else (0, GENESIS_HASH)
        rows: list[dict[str, Any]] = []
        for fact in facts:
            sequence += 1
            row: dict[str, Any] = {
                "sequence": sequence,
                "kind": fact.kind,
                "subject": fact.subject,
                "actor": fact.actor,
                "at_utc": format_utc(fact.at_utc),
                "payload": canonical(fact.payload),
                "previous_hash": previous_hash,
            }
            row["hash"] = previous_hash = digest_of(StoredEvent(**row, hash=""))
            rows.append(row)
        if not rows:
            return
        connection.execute(_APPEND, rows)
        head = {"sequence": sequence, "hash": previous_hash}
        if not connection.execute(_MOVE_HEAD, head).rowcount:
            connection.execute(insert(_head).values(id=_HEAD_ID, **head))

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
        """Walk the hashes alone; ``AuditTrail.verify`` also holds them against what was signed."""
        with self.stored() as (rows, head):
            return list(verify_events(rows, head, None).violations)

    @contextmanager
    def stored(self) -> Iterator[tuple[Iterator[StoredEvent], ChainEnd | None]]:
        """All events as they lie there, and where the chain is said to end, of one moment; rows are read in pieces."""
        query = select(*_COLUMNS).order_by(_events.c.sequence)
        with self._database.read() as connection:
            head = connection.execute(select(_head.c.sequence, _head.c.hash).where(_head.c.id == _HEAD_ID)).first()
            rows = connection.execution_options(yield_per=_PIECE).execute(query)
            yield (StoredEvent(*row) for row in rows), ChainEnd(head.sequence, head.hash) if head else None

    def end_in(self, connection: Connection, at: int | None = None) -> ChainEnd | None:
        """The newest event, or the one of a number; None where there is none."""
        query = select(_events.c.sequence, _events.c.hash).order_by(_events.c.sequence.desc()).limit(1)
        row = connection.execute(query if at is None else query.where(_events.c.sequence == at)).first()
        return ChainEnd(row.sequence, row.hash) if row else None

    def sequence_before(self, connection: Connection, at_utc: datetime) -> int:
        """The number of the last event that was recorded before an instant of mission time; 0 where there is none."""
        text = format_utc(at_utc)
        first_kept = select(func.min(_events.c.sequence)).where(_events.c.at_utc >= text)
        kept = connection.execute(first_kept).scalar()
        if kept is not None:
            return int(kept) - 1
        return int(connection.execute(select(func.max(_events.c.sequence))).scalar() or 0)

    def remove_in(self, connection: Connection, through: int) -> int:
        """Remove the events up to a number; only retention may, which leaves a signed account of them."""
        return connection.execute(delete(_events).where(_events.c.sequence <= through)).rowcount


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
