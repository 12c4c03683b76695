"""What the agent is given: everything it may reach, passed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import TYPE_CHECKING, Any, Protocol

from agent.budget import Limits
from agent.chat import ChatModel
from agent.state import AgentRequest
from core.events import Event
from core.mission.model import Mission
from core.mission.present import MissionReader
from core.plan.activity import Activity
from core.plan.model import Intent, MissionPlan
from core.time import Clock
from tools.contract import (
    AnomalyReader,
    ConjunctionReader,
    KnowledgeSearch,
    NoAnomalies,
    NoConjunctions,
    PlanReader,
    Role,
    TelemetryReader,
    Tool,
)

if TYPE_CHECKING:
    from core.telemetry.archive_queries import ArchiveQueries

__all__ = ["AgentDeps", "Catalog", "EventReader", "Planner", "RepairOutcome", "Run"]


class Catalog(Protocol):
    """The tools there are."""

    def names(self) -> Sequence[str]: ...
    def tool(self, name: str) -> Tool[Any, Any]: ...
    def schemas(self, role: Role) -> Sequence[Mapping[str, Any]]:
        """The tools that a role may call, as OpenAI function schemas."""
        ...


class RepairOutcome(Protocol):
    """What came of one repair round."""

    @property
    def plan(self) -> MissionPlan: ...
    @property
    def applied(self) -> Sequence[str]: ...
    @property
    def exhausted(self) -> bool: ...


class Planner(Protocol):
    """Drafts, checks, repairs and stores plans; physics and rules stand behind it."""

    def draft(self, intent: Intent, activities: Sequence[Activity], previous: MissionPlan | None) -> MissionPlan: ...
    def check(self, plan: MissionPlan) -> MissionPlan: ...
    def repair(self, plan: MissionPlan) -> RepairOutcome: ...
    def save(self, plan: MissionPlan, actor: str) -> None: ...


class EventReader(Protocol):
    """Reads the append-only log."""

    def read(
        self, *, after: int = 0, subject: str | None = None, kinds: Sequence[str] = (), limit: int = 1000
    ) -> list[Event]: ...


@dataclass(frozen=True)
class AgentDeps:
    """Everything an agent needs; the composition root fills it.

    ``events`` and ``archive`` may be absent (``llamaspace ask``): then nothing can be told about execution and stored telemetry.
    """

    missions: MissionReader
    clock: Clock
    catalog: Catalog
    planner: Planner
    telemetry: TelemetryReader
    knowledge: KnowledgeSearch
    plans: PlanReader
    chat: ChatModel
    events: EventReader | None = None
    limits: Limits = field(default_factory=Limits)
    conjunctions: ConjunctionReader = field(default_factory=NoConjunctions)
    archive: ArchiveQueries | None = None
    anomalies: AnomalyReader = field(default_factory=NoAnomalies)

    @property
    def mission(self) -> Mission:
        """The mission as it is known at present."""
        return self.missions.current()


@dataclass(frozen=True)
class Run:
    """One run's context: not stored in checkpoints.

    ``review`` is False where nobody can decide (``llamaspace ask``): the run then ends with the plan as it is.
    """

    deps: AgentDeps
    cancel: Flag = field(default_factory=Flag)
    review: bool = True

    def role(self, request: AgentRequest) -> Role:
        """The role whose authority this request has."""
        return request.role
