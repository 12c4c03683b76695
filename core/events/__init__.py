"""The one append-only, hash-chained log: owners write, everyone reads."""

from core.events.log import EVENT_TABLES, Event, EventLog, Violation

__all__ = ["EVENT_TABLES", "Event", "EventLog", "Violation"]
