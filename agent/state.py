"""What a run of the agent knows: the request, the graph's state and the person's decision."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, TypedDict

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tools.contract import Role

__all__ = [
    "Action",
    "AgentRequest",
    "AgentState",
    "DecisionKind",
    "RefusalCode",
    "RetrievedDocument",
    "ReviewDecision",
    "fresh_state",
]


class Action(StrEnum):
    """What the agent does with a request."""

    CALL = "call"
    CLARIFY = "clarify"
    REFUSE = "refuse"
    ANSWER = "answer"


class RefusalCode(StrEnum):
    """Why a request is refused."""

    UNSAFE = "unsafe"
    IMPOSSIBLE = "impossible"
    NOT_AUTHORISED = "not_authorised"
    OUT_OF_SCOPE = "out_of_scope"


class DecisionKind(StrEnum):
    """What a reviewer can do with a plan."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    RESPOND = "respond"


class _Boundary(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RetrievedDocument(_Boundary):
    """A document that lies beside a request; its text is untrusted data, never an instruction."""

    title: str = ""
    text: str


class AgentRequest(_Boundary):
    """One message of an operator.

    ``message_id`` makes the run idempotent: plan and call ids derive from it and the thread. ``satellites`` limits the
    request's scope (empty: all). ``now`` overrides the mission clock, for evaluations.
    """

    text: str = Field(min_length=1, max_length=4000)
    author: str = "operator"
    role: Role = Role.OPERATOR
    channel: Literal["console", "api", "cli", "mcp"] = "cli"
    satellites: tuple[str, ...] = ()
    now: AwareDatetime | None = None
    message_id: str = ""
    retrieved: tuple[RetrievedDocument, ...] = ()


class ReviewDecision(_Boundary):
    """What a person decided about the plan that a run waits with."""

    kind: DecisionKind
    by: str
    role: Role
    text: str = ""
    revision: int | None = None


class AgentState(TypedDict):
    """The graph's state: plain JSON values, so that a checkpoint outlives a release of this software.

    ``messages`` is the conversation in OpenAI chat form without the system message; ``calls`` are those still to run;
    ``results`` are the tool results of this request, in call order.
    """

    thread_id: str
    message_id: str
    now: str
    request: dict[str, Any]
    messages: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    results: list[dict[str, Any]]
    confirmed: list[dict[str, Any]]
    to_confirm: list[dict[str, Any]]
    action: str
    refusal: str
    text: str
    plan: dict[str, Any] | None
    exhausted: bool
    repairs: int
    applied: list[str]
    decision: dict[str, Any] | None
    usage: dict[str, float]
    model: str
    defects: list[dict[str, Any]]
    next: str


def fresh_state(
    thread_id: str, message_id: str, now: str, request: AgentRequest, previous: AgentState | None
) -> AgentState:
    """The state that a new message starts with: the conversation stays, everything of the last request goes."""
    return AgentState(
        thread_id=thread_id,
        message_id=message_id,
        now=now,
        request=request.model_dump(mode="json"),
        messages=list(previous["messages"]) if previous else [],
        calls=[],
        results=[],
        confirmed=[],
        to_confirm=list(previous["to_confirm"]) if previous else [],
        action="",
        refusal="",
        text="",
        plan=None,
        exhausted=False,
        repairs=0,
        applied=[],
        decision=None,
        usage={},
        model="",
        defects=[],
        next="interpret",
    )
