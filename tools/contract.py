"""The tool contract: typed input and output, an effect, the role it needs, and errors that the model can mend."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InputError, LlamaSpaceError, NotFound, PhysicsError
from core.mission.conjunctions import ConjunctionMessage
from core.mission.model import Mission
from core.plan.activity import Activity, RejectedAlternative
from core.plan.model import InitialResources, MissionPlan
from core.time import Clock
from knowledge.passage import Passage
from ml.anomaly.anomaly import Anomaly

if TYPE_CHECKING:  # it brings DuckDB and Arrow, which those who only name an archive need not load
    from core.telemetry.archive_queries import ArchiveQueries

__all__ = [
    "AnomalyReader",
    "ConjunctionReader",
    "Effect",
    "KnowledgeSearch",
    "NoAnomalies",
    "NoConjunctions",
    "Passage",
    "PlanReader",
    "Role",
    "TelemetryReader",
    "Tool",
    "ToolContext",
    "ToolError",
    "ToolInput",
    "ToolOutput",
    "ToolResult",
]


class Effect(StrEnum):
    """What a tool may do. There is no effect that executes anything."""

    READ = "read"
    PROPOSE = "propose"


class Role(StrEnum):
    """Roles of people, from the least to the most authority; admin manages accounts and is no flight authority."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    PLANNER = "planner"
    FLIGHT_DIRECTOR = "flight_director"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what ``needed`` may."""
        order = [Role.VIEWER, Role.OPERATOR, Role.PLANNER, Role.FLIGHT_DIRECTOR]
        if self is Role.ADMIN or needed is Role.ADMIN:
            return self is needed or (self is Role.ADMIN and needed is Role.VIEWER)
        return order.index(self) >= order.index(needed)


class ToolError(LlamaSpaceError):
    """A mistake that the model can mend; ``facts['valid']`` says what would be valid."""

    default_code = "tool-input"


class ToolInput(BaseModel):
    """Base of tool inputs: an unknown argument is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolOutput(BaseModel):
    """Base of tool outputs.

    ``activities`` are proposals of a PROPOSE tool. ``summary`` is one sentence for people, whose numbers all come from
    this output.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str
    activities: tuple[Activity, ...] = ()
    rejected: tuple[RejectedAlternative, ...] = ()


class KnowledgeSearch(Protocol):
    """Finds passages; ``knowledge`` implements it."""

    def search(self, query: str, limit: int = 5) -> list[Passage]: ...


class TelemetryReader(Protocol):
    """Latest on-board values; the telemetry archive implements it."""

    def initial_resources(self, satellite: str, at_utc: datetime) -> InitialResources: ...


class PlanReader(Protocol):
    """Stored plans."""

    def get(self, plan_id: str) -> MissionPlan: ...
    def list_plans(self, limit: int = 50) -> list[MissionPlan]: ...


class ConjunctionReader(Protocol):
    """Received conjunction messages; ``core.mission.conjunctions`` implements it."""

    def messages(self, satellite: str | None = None) -> list[ConjunctionMessage]: ...
    def message(self, conjunction_id: str) -> ConjunctionMessage:
        """The message of an id; NotFound when none has been received."""
        ...


class AnomalyReader(Protocol):
    """Anomalies in archived telemetry; ``ml.anomaly.live`` implements it."""

    def anomalies(self, satellite: str, start_tai_s: float, end_tai_s: float) -> Sequence[Anomaly]:
        """Those that touch an interval, by their beginning.

        Raises:
            NotFound: It cannot be judged; the message says why.
        """
        ...


class NoAnomalies:
    """Where there is no telemetry archive."""

    def anomalies(self, satellite: str, start_tai_s: float, end_tai_s: float) -> Sequence[Anomaly]:
        """Always NotFound."""
        raise NotFound(f"there is no telemetry archive of {satellite} here that could be judged", code="no-telemetry")


class NoConjunctions:
    """Where no message can be received."""

    def messages(self, satellite: str | None = None) -> list[ConjunctionMessage]:
        """Always empty."""
        return []

    def message(self, conjunction_id: str) -> ConjunctionMessage:
        """Always NotFound."""
        raise NotFound(f"no conjunction message {conjunction_id} has been received", code="unknown-conjunction")


@dataclass(frozen=True)
class ToolContext:
    """What a tool call may use: passed in, never global.

    ``not_before_utc`` is the earliest start for PROPOSE tools when the request orders its steps ("then …").
    ``existing`` are activities already drafted for the same plan, which a proposal must not collide with.
    """

    mission: Mission
    clock: Clock
    role: Role
    telemetry: TelemetryReader
    knowledge: KnowledgeSearch
    plans: PlanReader
    call_id: str = "call-0"
    not_before_utc: datetime | None = None
    existing: tuple[Activity, ...] = field(default=())
    conjunctions: ConjunctionReader = field(default_factory=NoConjunctions)
    archive: ArchiveQueries | None = None  # stored telemetry; None where there is none
    anomalies: AnomalyReader = field(default_factory=NoAnomalies)


In = TypeVar("In", bound=ToolInput)
Out = TypeVar("Out", bound=ToolOutput)


class ToolResult(BaseModel):
    """What came of a call: an output or an error, never both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call_id: str
    tool: str
    effect: Effect
    arguments: dict[str, Any]
    output: dict[str, Any] | None = None
    error: str | None = None
    error_code: str | None = None
    valid: dict[str, Any] | None = None
    seconds: float
    activities: tuple[Activity, ...] = Field(default=())
    rejected: tuple[RejectedAlternative, ...] = Field(default=())

    @property
    def ok(self) -> bool:
        """Whether the call gave an output."""
        return self.error is None


@dataclass(frozen=True)
class Tool(Generic[In, Out]):
    """One typed tool.

    Args:
        name: Canonical name.
        description: One sentence for the model.
        effect: READ or PROPOSE.
        role: The least role that may call it.
        budget_s: Time it should need at most.
        input_model: Pydantic model of the arguments.
        output_model: Pydantic model of the result.
        run: The function itself.
    """

    name: str
    description: str
    effect: Effect
    role: Role
    budget_s: float
    input_model: type[In]
    output_model: type[Out]
    run: Callable[[In, ToolContext], Out]

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolResult:
        """Run the tool; a mistake that the model can mend comes back in the result, all else is raised."""
        started = time.perf_counter()
        try:
            output = self._checked(arguments, context)
        except (ToolError, InputError, NotFound, PhysicsError) as error:
            return self._result(arguments, context, started, error=error)
        return self._result(arguments, context, started, output=output)

    def _checked(self, arguments: Mapping[str, Any], context: ToolContext) -> Out:
        if not context.role.covers(self.role):
            raise ToolError(
                f"{self.name} needs the role {self.role}; you are {context.role}",
                code="not-authorised",
                valid={"role": self.role},
            )
        try:
            parsed = self.input_model.model_validate(dict(arguments))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "arguments"
            raise ToolError(f"{self.name}: {where}: {first['msg']}", valid={"schema": self.input_schema()}) from error
        return self.run(parsed, context)

    def _result(
        self,
        arguments: Mapping[str, Any],
        context: ToolContext,
        started: float,
        *,
        output: Out | None = None,
        error: LlamaSpaceError | None = None,
    ) -> ToolResult:
        valid = error.facts.get("valid") if error else None
        return ToolResult(
            call_id=context.call_id,
            tool=self.name,
            effect=self.effect,
            arguments=dict(arguments),
            output=output.model_dump(mode="json", exclude={"activities", "rejected"}) if output else None,
            error=error.message if error else None,
            error_code=error.code if error else None,
            valid=valid if isinstance(valid, dict) else None,
            seconds=time.perf_counter() - started,
            activities=output.activities if output else (),
            rejected=output.rejected if output else (),
        )

    def input_schema(self) -> dict[str, Any]:
        """JSON schema of the arguments."""
        return self.input_model.model_json_schema()
