"""The decision log: who was allowed or denied what, by which policies, as events of the hash-chained log.

Denials are written always, and every decision by which commands get on their way; what only reads is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from core.authority.engine import MISSION
from core.authority.model import Action, Decision, NotAuthorised, Person, Subject
from core.events import EventLog
from core.store import Database

__all__ = ["DecisionLog"]

_READING: Final = frozenset({Action.READ, Action.READ_AUDIT, Action.VERIFY_AUDIT, Action.LIST_KEYS})
_COMMANDING: Final = frozenset(
    {
        Action.APPROVE,
        Action.ACCEPT_UNKNOWN,
        Action.RELEASE,
        Action.REJECT,
        Action.REVOKE,
        Action.REVOKE_OWN,
        Action.DISPATCH,
        Action.HOLD_QUEUE,
        Action.RESUME_QUEUE,
        Action.EDIT_QUEUE,
        Action.RUN_STACK,
        Action.STOP_STACK,
        Action.REPORT_CONTACT,
        Action.ROTATE_KEYS,
        Action.REVOKE_KEYS,
        Action.PRUNE_AUDIT,
        Action.MANAGE_ACCOUNTS,
        Action.SET_CLOCK,
        Action.HANDLE_ALARM,
        Action.EDIT_LIMITS,
    }
)
_LONGEST: Final = 128  # characters of an event's subject and actor


class DecisionLog:
    """Decisions on record.

    Args:
        database: For decisions that stand alone, in a transaction of their own.
        events: The log.
    """

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events

    def record(
        self,
        decision: Decision,
        person: Person | None,
        subject: Subject | None,
        at_utc: datetime,
        context: Mapping[str, Any] | None = None,
        connection: Connection | None = None,
    ) -> None:
        """Write a decision down where it has to be; with a connection, inside its transaction."""
        if not _matters(decision):
            return
        if connection is not None:
            self._append(connection, decision, person, subject, at_utc, context or {})
            return
        with self._database.write() as own:
            self._append(own, decision, person, subject, at_utc, context or {})

    def require(
        self,
        decision: Decision,
        person: Person | None,
        subject: Subject | None,
        at_utc: datetime,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """The same, and refuse what was denied.

        Raises:
            NotAuthorised: Denied; the record is written.
        """
        self.record(decision, person, subject, at_utc, context)
        if not decision.allowed:
            raise NotAuthorised(decision)

    def _append(
        self,
        connection: Connection,
        decision: Decision,
        person: Person | None,
        subject: Subject | None,
        at_utc: datetime,
        context: Mapping[str, Any],
    ) -> None:
        payload: dict[str, Any] = {
            "action": decision.action.value,
            "policies": list(decision.policies),
            "role": person.role if person else "",
            "context": dict(context),
        }
        if subject is not None:
            payload |= {"subject_kind": subject.kind, "command_class": subject.command_class, "author": subject.author}
        if not decision.allowed:
            payload |= {"code": decision.code, "reason": decision.reason}
        self._events.append(
            connection,
            "authority.allowed" if decision.allowed else "authority.denied",
            (subject.subject_id if subject else MISSION)[:_LONGEST],
            actor=(f"user:{person.name}" if person else "service")[:_LONGEST],
            at_utc=at_utc,
            payload=payload,
        )


def _matters(decision: Decision) -> bool:
    if decision.allowed:
        return decision.action in _COMMANDING
    return decision.action not in _READING
