"""Intents: an operator's words are accepted durably, run by the agent in the background, and survive a crash."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import structlog
from ag_ui.core import BaseEvent, EventType, RunErrorEvent
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, Connection, Index, MetaData, String, Table, Text, insert, select, update

from agent.session import Conversations
from agent.state import AgentRequest, DecisionKind, ReviewDecision
from api.auth.accounts import User
from api.service.conversation_log import ConversationLog
from api.service.views import plan_summary
from core.errors import Conflict, InputError, NotFound, StoreError
from core.events import EventLog
from core.mission.model import Mission
from core.plan.model import MissionPlan, PlanState
from core.plan.repository import PlanRepository
from core.store import Database
from core.time import Clock, format_utc
from tools.contract import Role

__all__ = ["INTENT_TABLES", "IntentService", "IntentView"]

INTENT_TABLES: Final = MetaData()
_intents = Table(
    "intents",
    INTENT_TABLES,
    Column("intent_id", String(64), primary_key=True),
    Column("conversation_id", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("author", String(64), nullable=False),
    Column("role", String(32), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("satellites", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("action", String(16)),
    Column("answer", Text),
    Column("plan_id", String(64)),
    Column("revision", String(8)),
    Column("response", Text),  # a reviewer's words that the conversation has not taken up yet
    Column("idempotency_key", String(256)),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Index("intents_by_key", "author", "idempotency_key", unique=True),
    Index("intents_by_conversation", "conversation_id", "created_at"),
    Index("intents_by_status", "status"),
)
_OPEN: Final = ("queued", "running")
_STORE_RETRY_S: Final = 1.0
_OUTCOMES: Final = frozenset({EventType.CUSTOM, EventType.RUN_FINISHED, EventType.RUN_ERROR})  # custom: an interrupt
_log = structlog.get_logger("intents")


class IntentView(BaseModel):
    """An intent as clients see it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    intent_id: str
    conversation_id: str
    text: str
    author: str
    status: str
    action: str | None = None
    answer: str | None = None
    plan_id: str | None = None
    revision: int | None = None
    created_at: str


class IntentService:
    """Accepts intents and runs them.

    Args:
        database: Where intents are kept.
        events: The log.
        conversations: The agent.
        log: Where the agent's events go.
        plans: Stored plans, to see what became of one while nobody watched.
        mission: The mission, to check scopes.
        clock: Mission time.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        conversations: Conversations,
        log: ConversationLog,
        plans: PlanRepository,
        mission: Mission,
        clock: Clock,
    ) -> None:
        self._database = database
        self._events = events
        self._conversations = conversations
        self._log = log
        self._plans = plans
        self._mission = mission
        self._clock = clock
        self._closing = threading.Event()
        self._cancels: dict[str, threading.Event] = {}
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="agent")
        database.create(INTENT_TABLES)

    def accept(
        self,
        text: str,
        user: User,
        *,
        channel: str,
        conversation_id: str | None = None,
        satellites: tuple[str, ...] = (),
        idempotency_key: str | None = None,
    ) -> IntentView:
        """Store an intent and start it; the same key and words give the same intent again.

        Raises:
            Conflict: The key was used for other words, or the conversation is busy or waits for a decision.
            NotFound: A satellite is unknown.
        """
        for satellite in satellites:
            self._mission.craft(satellite)
        now = format_utc(self._clock.now_utc())
        with self._database.write() as connection:
            known = self._by_key(connection, user, idempotency_key)
            if known is not None:
                if known["text"] != text:
                    raise Conflict(
                        f"the idempotency key {idempotency_key!r} was used for other words", code="idempotency-key"
                    )
                return _view(known)
            conversation = conversation_id or f"conv-{secrets.token_hex(8)}"
            self._refuse_busy(connection, conversation)
            intent_id = _intent_id(user, idempotency_key)
            row = {
                "intent_id": intent_id,
                "conversation_id": conversation,
                "text": text,
                "author": user.username,
                "role": user.role.value,
                "channel": channel,
                "satellites": ",".join(satellites),
                "status": "queued",
                "idempotency_key": idempotency_key,
                "created_at": now,
                "updated_at": now,
            }
            connection.execute(insert(_intents).values(**row))
            self._events.append(
                connection,
                "intent.received",
                intent_id,
                actor=f"user:{user.username}",
                at_utc=self._clock.now_utc(),
                payload={
                    "text": text,
                    "conversation_id": conversation,
                    "channel": channel,
                    "satellites": list(satellites),
                },
            )
        self._begin(intent_id)
        return self.get(intent_id)

    def get(self, intent_id: str) -> IntentView:
        """An intent; NotFound when there is none."""
        return _view(self._row(intent_id))

    def conversations(self, limit: int = 50) -> list[dict[str, Any]]:
        """Conversations, the latest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(_intents).order_by(_intents.c.created_at)).mappings().all()
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            entry = found.setdefault(
                row["conversation_id"],
                {"conversation_id": row["conversation_id"], "title": row["text"][:80], "author": row["author"]},
            )
            entry |= {
                "updated_at": row["updated_at"],
                "status": row["status"],
                "plan_id": row["plan_id"] or entry.get("plan_id"),
            }
        return sorted(found.values(), key=lambda one: str(one["updated_at"]), reverse=True)[:limit]

    def in_conversation(self, conversation_id: str) -> list[IntentView]:
        """A conversation's intents, oldest first; NotFound when there is none."""
        query = select(_intents).where(_intents.c.conversation_id == conversation_id).order_by(_intents.c.created_at)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        if not rows:
            raise NotFound(f"there is no conversation {conversation_id}", code="unknown-conversation")
        return [_view(row) for row in rows]

    def cancel(self, intent_id: str) -> IntentView:
        """Stop a run at its next step; an ended intent stays as it is."""
        flag = self._cancels.get(intent_id)
        if flag is not None:
            flag.set()
        return self.get(intent_id)

    def decide(self, plan_id: str, decision: ReviewDecision) -> None:
        """Tell the conversation that waits with a plan what a person decided; without one there is nobody to tell."""
        row = self._waiting_for(plan_id)
        if row is not None:
            self._pool.submit(self._guarded, self._resume, row["intent_id"], decision)

    def respond(self, conversation_id: str, user: User, text: str) -> IntentView:
        """Say something to the agent about the plan under review."""
        waiting = [one for one in self.in_conversation(conversation_id) if one.status == "awaiting_review"]
        if not waiting:
            raise Conflict(f"conversation {conversation_id} does not wait for a review", code="not-waiting")
        decision = ReviewDecision(kind=DecisionKind.RESPOND, by=user.username, role=user.role, text=text)
        self._update(waiting[-1].intent_id, status="running", response=decision.model_dump_json())
        self._pool.submit(self._guarded, self._resume, waiting[-1].intent_id, decision)
        return self.get(waiting[-1].intent_id)

    def recover(self) -> int:
        """After a start: go on with what a crash cut; returns how many intents."""
        with self._database.read() as connection:
            rows = (
                connection.execute(select(_intents).where(_intents.c.status.in_((*_OPEN, "awaiting_review"))))
                .mappings()
                .all()
            )
        for row in rows:
            self._cancels[row["intent_id"]] = threading.Event()
            self._pool.submit(self._guarded, self._recover, row["intent_id"])
        return len(rows)

    def close(self) -> None:
        """Stop: runs end at their next step and go on at the next start."""
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, intent_id: str) -> None:
        self._cancels[intent_id] = threading.Event()
        self._pool.submit(self._guarded, self._start, intent_id)

    def _guarded(self, work: Callable[..., None], intent_id: str, *rest: Any) -> None:
        """The worker's edge: an unexpected failure is logged and fails this intent alone.

        A store that takes nothing, as on a full disk, fails no intent: it goes on from its checkpoint when there is
        space again.
        """
        while not self._closing.is_set():
            try:
                work(intent_id, *rest)
                return
            except (StoreError, sqlite3.OperationalError) as error:
                _log.error("run waits for the store", intent_id=intent_id, error=str(error))
                work, rest = self._recover, ()
                self._closing.wait(_STORE_RETRY_S)
            except Exception as error:  # noqa: BLE001
                _log.exception("run failed", intent_id=intent_id)
                work, rest = self._fail, (f"the run failed: {error}",)

    def _fail(self, intent_id: str, answer: str) -> None:
        self._update(intent_id, status="failed", response=None, answer=answer)

    def _start(self, intent_id: str) -> None:
        row = self._row(intent_id)
        self._update(intent_id, status="running")
        request = AgentRequest(
            text=row["text"],
            author=row["author"],
            role=Role(row["role"]),
            channel=row["channel"],
            satellites=tuple(one for one in row["satellites"].split(",") if one),
            message_id=intent_id,
        )
        self._follow(row, self._conversations.start(row["conversation_id"], request, self._cancels.get(intent_id)))

    def _resume(self, intent_id: str, decision: ReviewDecision) -> None:
        row = self._row(intent_id)
        self._follow(row, self._conversations.resume(row["conversation_id"], decision, self._cancels.get(intent_id)))

    def _recover(self, intent_id: str) -> None:
        row = self._row(intent_id)
        view = self._conversations.state(row["conversation_id"])
        if view.status == "cut":
            self._follow(row, self._conversations.recover(row["conversation_id"], self._cancels.get(intent_id)))
        elif view.status == "waiting" and view.interrupt is not None:
            decided = self._decided(view.interrupt["plan_id"]) or _response(row)
            if decided is not None:
                self._resume(intent_id, decided)
            else:
                self._finish(row)
        elif row["status"] in _OPEN and not self._answered(row):
            self._start(intent_id)
        else:
            self._finish(row)

    def _answered(self, row: Mapping[Any, Any]) -> bool:
        """Whether the conversation's last checkpoint is already about this intent."""
        return self._conversations.last_message_id(row["conversation_id"]) == str(row["intent_id"])

    def _decided(self, plan_id: str) -> ReviewDecision | None:
        """The decision that was recorded for a plan before its conversation heard of it."""
        plan = self._plans.get(plan_id)
        kind = _DECISION_OF_STATE.get(plan.state)
        if kind is None:
            return None
        by, role = (
            (plan.approvals[-1].by, plan.approvals[-1].role) if plan.approvals else ("a reviewer", Role.PLANNER.value)
        )
        return ReviewDecision(kind=kind, by=by, role=Role(role))

    def _follow(self, row: Mapping[Any, Any], events: Iterable[BaseEvent]) -> None:
        self._log.record(row["conversation_id"], self._settled(row, events))

    def _settled(self, row: Mapping[Any, Any], events: Iterable[BaseEvent]) -> Iterator[BaseEvent]:
        """The events, with the outcome stored before the event that tells of it: a client may act on that at once."""
        settled = False
        for event in events:
            if not settled and event.type in _OUTCOMES:
                self._finish(row, event.message if isinstance(event, RunErrorEvent) else None)
                settled = True
            yield event
        if not settled:
            self._finish(row)

    def _finish(self, row: Mapping[Any, Any], failure: str | None = None) -> None:
        view = self._conversations.state(row["conversation_id"])
        flag = self._cancels.get(row["intent_id"])
        status = "awaiting_review" if view.status == "waiting" else "completed"
        if failure is not None:
            status = "cancelled" if flag is not None and flag.is_set() else "failed"
        plan = MissionPlan.model_validate(view.plan) if view.plan else None
        self._update(
            row["intent_id"],
            status=status,
            response=None,
            action=view.action or None,
            answer=view.text if failure is None else failure,
            plan_id=plan.plan_id if plan else None,
            revision=str(plan.revision) if plan else None,
        )
        if plan is not None:
            newest = plan_summary(self._plans.get(plan.plan_id))
            self._log.announce({"type": "plan", "plan": newest.model_dump(mode="json")})

    def _update(self, intent_id: str, **values: Any) -> None:
        with self._database.write() as connection:
            stamped = {**values, "updated_at": format_utc(self._clock.now_utc())}
            connection.execute(update(_intents).where(_intents.c.intent_id == intent_id).values(**stamped))
        self._log.announce({"type": "intent", "intent": self.get(intent_id).model_dump(mode="json")})

    def _row(self, intent_id: str) -> Mapping[Any, Any]:
        with self._database.read() as connection:
            row = connection.execute(select(_intents).where(_intents.c.intent_id == intent_id)).mappings().first()
        if row is None:
            raise NotFound(f"there is no intent {intent_id}", code="unknown-intent")
        return row

    def _waiting_for(self, plan_id: str) -> Mapping[Any, Any] | None:
        query = select(_intents).where(_intents.c.plan_id == plan_id, _intents.c.status == "awaiting_review")
        with self._database.read() as connection:
            return connection.execute(query).mappings().first()

    def _by_key(self, connection: Connection, user: User, key: str | None) -> Mapping[Any, Any] | None:
        if key is None:
            return None
        if not 1 <= len(key) <= 255:
            raise InputError("Idempotency-Key", f"{len(key)} characters; 1 to 255 are allowed")
        query = select(_intents).where(_intents.c.author == user.username, _intents.c.idempotency_key == key)
        return connection.execute(query).mappings().first()

    def _refuse_busy(self, connection: Connection, conversation_id: str) -> None:
        query = select(_intents.c.status).where(_intents.c.conversation_id == conversation_id)
        states = set(connection.execute(query).scalars())
        if states & set(_OPEN):
            raise Conflict(
                f"conversation {conversation_id} is still busy with your last request", code="conversation-busy"
            )
        if "awaiting_review" in states:
            raise Conflict(
                f"conversation {conversation_id} waits for a decision on its plan: decide, respond, or start another conversation",
                code="waiting-for-review",
            )


_DECISION_OF_STATE: Final = {
    PlanState.RELEASED: DecisionKind.APPROVE,
    PlanState.EXECUTING: DecisionKind.APPROVE,
    PlanState.COMPLETED: DecisionKind.APPROVE,
    PlanState.REJECTED: DecisionKind.REJECT,
}


def _response(row: Mapping[Any, Any]) -> ReviewDecision | None:
    """The words that a reviewer said before a crash."""
    return ReviewDecision.model_validate_json(row["response"]) if row["response"] else None


def _intent_id(user: User, key: str | None) -> str:
    if key is None:
        return f"intent-{secrets.token_hex(8)}"
    return f"intent-{hashlib.sha256(f'{user.username}|{key}'.encode()).hexdigest()[:16]}"


def _view(row: Mapping[Any, Any]) -> IntentView:
    fields = ("intent_id", "conversation_id", "text", "author", "status", "action", "answer", "plan_id", "created_at")
    revision = row.get("revision")
    return IntentView(**{field: row.get(field) for field in fields}, revision=int(revision) if revision else None)
