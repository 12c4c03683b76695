"""The one append-only, hash-chained log: owners write, everyone reads; its audit trail is signed."""

from core.events.audit import AuditTrail, export_keys, verify_export
from core.events.log import EVENT_TABLES, Event, EventLog, Fact
from core.events.verify import AuditReport, Violation

__all__ = [
    "EVENT_TABLES",
    "AuditReport",
    "AuditTrail",
    "Event",
    "EventLog",
    "Fact",
    "Violation",
    "export_keys",
    "verify_export",
]
