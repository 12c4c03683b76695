"""The events of every conversation, stored before they are shown, so that a console can pick up where it left off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ag_ui.core import BaseEvent
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, func, insert, select

from api.service.live import Broadcaster, Message
from core.store import Database

__all__ = ["CONVERSATION_TABLES", "ConversationLog", "StoredEvent"]

CONVERSATION_TABLES: Final = MetaData()
_events = Table(
    "conversation_events",
    CONVERSATION_TABLES,
    Column("conversation_id", String(64), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("event", Text, nullable=False),
)
_BATCH: Final = 16

StoredEvent = tuple[int, dict[str, Any]]


class ConversationLog:
    """Stores and publishes AG-UI events in order."""

    def __init__(self, database: Database, broadcaster: Broadcaster) -> None:
        self._database = database
        self._broadcaster = broadcaster
        database.create(CONVERSATION_TABLES)

    def record(self, conversation_id: str, events: Iterable[BaseEvent]) -> None:
        """Store and publish events as they come, in small batches."""
        batch: list[dict[str, Any]] = []
        for event in events:
            plain = event.model_dump(mode="json", by_alias=True, exclude_none=True)
            batch.append(plain)
            # A piece of text may wait for its neighbours; everything else is shown at once.
            if plain["type"] != "TEXT_MESSAGE_CONTENT" or len(batch) >= _BATCH:
                self._store(conversation_id, batch)
                batch = []
        if batch:
            self._store(conversation_id, batch)

    def read(self, conversation_id: str, after: int = 0, limit: int = 5000) -> list[StoredEvent]:
        """Events after a sequence number, in order."""
        query = (
            select(_events.c.sequence, _events.c.event)
            .where(_events.c.conversation_id == conversation_id, _events.c.sequence > after)
            .order_by(_events.c.sequence)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [(row.sequence, json.loads(row.event)) for row in connection.execute(query)]

    def last_sequence(self, conversation_id: str) -> int:
        """The newest event's sequence number; 0 when there is none."""
        query = select(func.max(_events.c.sequence)).where(_events.c.conversation_id == conversation_id)
        with self._database.read() as connection:
            return connection.execute(query).scalar() or 0

    def announce(self, message: Message) -> None:
        """Tell every console something that is stored elsewhere."""
        self._broadcaster.publish(message)

    def _store(self, conversation_id: str, batch: Sequence[dict[str, Any]]) -> None:
        with self._database.write() as connection:
            query = select(func.max(_events.c.sequence)).where(_events.c.conversation_id == conversation_id)
            first = (connection.execute(query).scalar() or 0) + 1
            rows = [
                {"conversation_id": conversation_id, "sequence": first + index, "event": json.dumps(event)}
                for index, event in enumerate(batch)
            ]
            connection.execute(insert(_events), rows)
        for index, event in enumerate(batch):
            message = {"type": "agui", "conversation_id": conversation_id, "sequence": first + index, "event": event}
            self._broadcaster.publish(message)
