"""Cases, what a model did with them, and the scores."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from agent.state import Action
from tools.contract import Role

__all__ = [
    "Case",
    "CaseContext",
    "CaseFile",
    "CaseOutcome",
    "EvalReport",
    "Expected",
    "ExpectedCall",
    "Proportion",
    "Scores",
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _FromFile(BaseModel):
    # Case files are written by others and may carry notes of their own: a field we do not know changes nothing.
    model_config = ConfigDict(frozen=True, extra="ignore")


class CaseContext(_FromFile):
    """What holds when the request is made.

    ``telemetry`` overrides initial resources by satellite; ``retrieved`` are documents that lie beside the request;
    ``conversation`` are earlier words of the same operator.
    """

    now: AwareDatetime
    role: Role = Role.OPERATOR
    telemetry: dict[str, dict[str, Any]] = Field(default_factory=dict)
    retrieved: tuple[str | dict[str, Any], ...] = ()
    conversation: tuple[str, ...] = ()


class ExpectedCall(_FromFile):
    """A call that should be made."""

    tool: str
    args: dict[str, Any]


class Expected(_FromFile):
    """What should be done; without ``calls`` only the action counts."""

    action: Action
    calls: tuple[ExpectedCall, ...] = ()
    requires_approval: bool | None = None
    missing: tuple[str, ...] = ()
    code: str | None = None


class Case(_FromFile):
    """One request."""

    id: str
    request: str
    context: CaseContext
    expected: Expected | None = None
    kind: str = ""


class CaseFile(_FromFile):
    """A file of cases in the form of ``requests.json``."""

    version: int = 1
    scoring: str = ""
    description: str = ""
    requests: tuple[Case, ...]


class CaseOutcome(_Part):
    """What a model did with a case; ``right`` is None where nothing was expected."""

    id: str
    action: str
    calls: tuple[ExpectedCall, ...]
    text: str
    seconds: float
    right: bool | None = None
    right_action: bool | None = None
    right_tools: bool | None = None


class Proportion(_Part):
    """A share with its Wilson score interval at 95 %."""

    right: int
    of: int
    share: float
    low: float
    high: float


class Scores(_Part):
    """How many cases were right, in all, by expected action, by expected tool and by kind of case."""

    all: Proportion
    action: Proportion
    tools: Proportion
    by_action: dict[str, Proportion]
    by_tool: dict[str, Proportion]
    by_kind: dict[str, Proportion]


class EvalReport(_Part):
    """The report that ``llamaspace eval`` writes."""

    cases: tuple[CaseOutcome, ...]
    scores: Scores

    def as_document(self) -> dict[str, Any]:
        """The JSON document of the report: for each case what was done, without the judgement that scores sum up."""
        cases = [
            one.model_dump(mode="json", include={"id", "action", "calls", "text", "seconds"}) for one in self.cases
        ]
        return {"cases": cases, "scores": self.scores.model_dump(mode="json")}
