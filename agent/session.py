"""Conversations: runs that stream events, wait for people, and go on after a crash.

The graph's engine takes a second to import, so it is loaded with the first use and not with the service.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, cast

from ag_ui.core import BaseEvent, CustomEvent, RunErrorEvent, RunFinishedEvent, RunStartedEvent, StateSnapshotEvent
from pydantic import BaseModel, ConfigDict

from agent.deps import AgentDeps, Run
from agent.state import AgentRequest, AgentState, ReviewDecision, fresh_state
from agent.stream import ag_ui_events
from core.errors import Conflict, LlamaSpaceError
from core.time import format_utc

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.types import Command

    from agent.graph import Graph

__all__ = ["ConversationView", "Conversations", "RunStatus"]

RunStatus = Literal["idle", "waiting", "cut"]


class ConversationView(BaseModel):
    """A conversation as it stands; ``status`` is ``cut`` when a crash stopped a run that can be recovered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thread_id: str
    status: RunStatus
    action: str = ""
    messages: list[dict[str, Any]]
    results: list[dict[str, Any]]
    plan: dict[str, Any] | None
    interrupt: dict[str, Any] | None
    decision: dict[str, Any] | None
    text: str
    usage: dict[str, float]
    model: str
    defects: list[dict[str, Any]]


class Conversations:
    """All conversations of a service, checkpointed in one SQLite file after every node."""

    def __init__(self, deps: AgentDeps, checkpoint_path: Path) -> None:
        self._deps = deps
        self._connection = sqlite3.connect(checkpoint_path, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._loading = Lock()
        self._loaded: Graph | None = None
        self._closed = False

    def warm(self) -> None:
        """Load the graph now, so that the first message does not wait for it; nothing happens once closed."""
        with self._loading:
            if not self._closed:
                self._load()

    @property
    def _graph(self) -> Graph:
        with self._loading:
            return self._load()

    def _load(self) -> Graph:
        if self._loaded is None:
            from langgraph.checkpoint.sqlite import SqliteSaver

            from agent.graph import build_graph

            saver = SqliteSaver(self._connection)
            saver.setup()
            self._loaded = build_graph(saver)
        return self._loaded

    def close(self) -> None:
        """Close the checkpoint file."""
        with self._loading:
            self._closed = True
            self._connection.close()

    def start(self, thread_id: str, request: AgentRequest, cancel: Flag | None = None) -> Iterator[BaseEvent]:
        """Run one message and yield its events; the run ends, waits for a person, or reports an error.

        Raises:
            Conflict: The conversation waits for a decision; ``resume`` it first.
        """
        view = self.state(thread_id)
        if view.status == "waiting":
            raise Conflict(
                f"conversation {thread_id} waits for a decision on a plan; decide first", code="waiting-for-review"
            )
        previous = self._values(thread_id)
        turn = sum(one["role"] == "user" for one in previous["messages"]) if previous else 0
        message_id = request.message_id or f"m{turn + 1}"
        now = format_utc(request.now or self._deps.clock.now_utc())
        state = fresh_state(thread_id, message_id, now, request, previous)
        state["messages"].append({"role": "user", "content": request.text})
        yield from self._stream(thread_id, message_id, state, cancel)

    def resume(self, thread_id: str, decision: ReviewDecision, cancel: Flag | None = None) -> Iterator[BaseEvent]:
        """Go on with a person's decision about the plan.

        Raises:
            Conflict: The conversation does not wait for a decision, or the decision is about another revision.
        """
        view = self.state(thread_id)
        if view.interrupt is None:
            raise Conflict(f"conversation {thread_id} does not wait for a decision", code="not-waiting")
        shown = view.interrupt["revision"]
        if decision.kind == "approve" and decision.revision not in (None, shown):
            raise Conflict(
                f"the decision is about revision {decision.revision}, the plan under review is revision {shown}",
                code="stale-revision",
            )
        from langgraph.types import Command

        command: Command[Any] = Command(resume=decision.model_dump(mode="json"))
        yield from self._stream(thread_id, self._message_id(thread_id), command, cancel)

    def recover(self, thread_id: str, cancel: Flag | None = None) -> Iterator[BaseEvent]:
        """Go on with a run that a crash cut, from its last finished node; nothing to do yields no event."""
        if self.state(thread_id).status == "cut":
            yield from self._stream(thread_id, self._message_id(thread_id), None, cancel)

    def cut_threads(self) -> list[str]:
        """Conversations that a crash cut, for the service to recover at its start."""
        self.warm()  # makes the table
        rows = self._connection.execute("SELECT DISTINCT thread_id FROM checkpoints").fetchall()
        return [row[0] for row in rows if self.state(row[0]).status == "cut"]

    def state(self, thread_id: str) -> ConversationView:
        """The conversation as its last checkpoint has it."""
        snapshot = self._graph.get_state(_config(thread_id))
        values = cast(AgentState, snapshot.values) if snapshot.values else None
        pending = snapshot.interrupts[0].value if snapshot.interrupts else None
        return ConversationView(
            thread_id=thread_id,
            # A node whose writes are stored but not yet its checkpoint is no longer "next": it is still a task.
            status="waiting" if pending else ("cut" if snapshot.tasks else "idle"),
            action=values["action"] if values else "",
            messages=values["messages"] if values else [],
            results=values["results"] if values else [],
            plan=values["plan"] if values else None,
            interrupt=pending,
            decision=values["decision"] if values else None,
            text=values["text"] if values else "",
            usage=values["usage"] if values else {},
            model=values["model"] if values else "",
            defects=values["defects"] if values else [],
        )

    def last_message_id(self, thread_id: str) -> str:
        """The message that the conversation's last checkpoint is about; empty when there is none."""
        return self._message_id(thread_id)

    def _values(self, thread_id: str) -> AgentState | None:
        return cast(AgentState, self._graph.get_state(_config(thread_id)).values or None)

    def _message_id(self, thread_id: str) -> str:
        values = self._values(thread_id)
        return values["message_id"] if values else ""

    def _stream(
        self, thread_id: str, message_id: str, given: AgentState | Command[Any] | None, cancel: Flag | None
    ) -> Iterator[BaseEvent]:
        run_id = f"{thread_id}-{message_id}"
        run = Run(self._deps, cancel or Flag())
        yield RunStartedEvent(thread_id=thread_id, run_id=run_id)
        try:
            for fact in self._graph.stream(
                given, _config(thread_id), context=run, stream_mode="custom", durability="sync"
            ):
                yield from ag_ui_events(fact, f"{run_id}-reply")
        except LlamaSpaceError as error:
            yield RunErrorEvent(message=error.message, code=error.code)
            return
        yield from self._ending(thread_id, run_id)

    def _ending(self, thread_id: str, run_id: str) -> Iterator[BaseEvent]:
        view = self.state(thread_id)
        yield StateSnapshotEvent(
            snapshot=view.model_dump(mode="json", include={"status", "action", "usage", "model", "defects"})
        )
        if view.interrupt is not None:
            yield CustomEvent(name="interrupt", value=view.interrupt)
        yield RunFinishedEvent(
            thread_id=thread_id, run_id=run_id, result={"status": view.status, "action": view.action}
        )


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}, "recursion_limit": 100}
