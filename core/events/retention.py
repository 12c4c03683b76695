"""Retention: old events go, and a signed account of them stays, so that the chain still holds from its beginning.

A segment says from which to which number events were removed, how many, and the hashes that the chain entered and left
them with. Only what a checkpoint had covered can go.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text, insert, select

from core.errors import Conflict, NotFound
from core.events.chain import GENESIS_HASH
from core.events.checkpoints import AUDIT_TABLES
from core.events.claims import SEGMENT_FORMAT, AuditSeal, Segment, read_segment
from core.events.log import EventLog
from core.store import Database
from core.time import format_utc

__all__ = ["Segments"]

_segments = Table(
    "audit_segments",
    AUDIT_TABLES,
    Column("first", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),
)


class Segments:
    """The accounts of removed events.

    Args:
        database: Where the log is.
        log: The log.
        seal: Signs them.
    """

    def __init__(self, database: Database, log: EventLog, seal: AuditSeal) -> None:
        self._database = database
        self._log = log
        self._seal = seal
        database.create(AUDIT_TABLES)

    def stored(self) -> list[str]:
        """The tokens, oldest first."""
        with self._database.read() as connection:
            return self._stored_in(connection)

    def prune(
        self, through: int, covered: int, *, actor: str, at_utc: datetime, now_utc: datetime, reason: str
    ) -> Segment:
        """Remove the events up to a number, whose chain the caller has verified.

        Args:
            through: The last event to go.
            covered: The last event that a checkpoint covers.
            actor: Who wants it.
            at_utc: Mission time, for the event that tells of it.
            now_utc: The time of the computer's clock.
            reason: Why.
        Raises:
            Conflict: No checkpoint covers them, or nothing would be left.
            NotFound: There are no such events any more.
        """
        if through > covered:
            raise Conflict(
                f"events to {through} cannot go: checkpoints cover the events to {covered}", code="not-covered"
            )
        with self._database.write() as connection:
            last = self._log.end_in(connection, through)
            end = self._log.end_in(connection)
            before = self._stored_in(connection)
            removed = read_segment(before[-1]) if before else None
            first_number = removed.last + 1 if removed else 1
            first = self._log.end_in(connection, first_number)
            if last is None or first is None or end is None:
                raise NotFound(f"there is no event {through} to remove", code="no-such-event")
            if end.sequence <= through:
                raise Conflict(f"event {through} is the newest, and the log is never empty", code="not-covered")
            claim = {
                "format": SEGMENT_FORMAT,
                "first": first_number,
                "last": through,
                "count": through - first_number + 1,
                "previous_hash": removed.last_hash if removed else GENESIS_HASH,
                "first_hash": first.hash,
                "last_hash": last.hash,
                "at": format_utc(now_utc),
                "reason": reason,
            }
            token = self._seal.sign(json.dumps(claim, sort_keys=True, separators=(",", ":")).encode())
            gone = self._log.remove_in(connection, through)
            if gone != claim["count"]:
                raise Conflict(f"{gone} events would go, not {claim['count']}: the chain is not whole", code="broken")
            connection.execute(insert(_segments).values(first=first_number, token=token))
            told = {name: value for name, value in claim.items() if name != "format"}
            self._log.append(connection, "audit.pruned", f"1-{through}", actor=actor, at_utc=at_utc, payload=told)
        segment = read_segment(token)
        assert segment is not None
        return segment

    def _stored_in(self, connection: Connection) -> list[str]:
        return list(connection.execute(select(_segments.c.token).order_by(_segments.c.first)).scalars())
