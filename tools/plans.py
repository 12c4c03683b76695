"""Stored plans: list, show, compare."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from core.plan.model import Alternative, MissionPlan, Severity
from core.time import format_utc
from tools.contract import Effect, Role, Tool, ToolContext, ToolInput, ToolOutput

__all__ = ["COMPARE_PLANS", "GET_PLAN", "LIST_PLANS"]

_PlanId = Annotated[str, Field(pattern=r"^plan-[a-z0-9]{6,32}$", description="plan id")]


class ListInput(ToolInput):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=100, description="how many, newest first")] = 20


class PlanRow(BaseModel):
    """A plan in one line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan_id: str
    revision: int
    state: str
    intent: str
    satellites: tuple[str, ...]
    start: str
    end: str
    blocking_findings: int


class ListOutput(ToolOutput):
    """Plans, most recently saved first."""

    plans: tuple[PlanRow, ...]


class GetInput(ToolInput):
    """Which plan."""

    plan_id: _PlanId


class ActivityRow(BaseModel):
    """An activity in one line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    activity_id: str
    type: str
    satellite: str
    start: str
    end: str
    status: str


class GetOutput(ToolOutput):
    """The newest revision of a plan."""

    plan: PlanRow
    timeline: tuple[ActivityRow, ...]
    alternatives: tuple[Alternative, ...]


class CompareInput(ToolInput):
    """Which two."""

    first_plan_id: _PlanId
    second_plan_id: _PlanId


class CompareOutput(ToolOutput):
    """What differs, second minus first."""

    delta_v_m_s: float
    lowest_soc: float
    contacts: int
    duration_h: float


def _row(plan: MissionPlan) -> PlanRow:
    findings = plan.validation.findings if plan.validation else ()
    return PlanRow(
        plan_id=plan.plan_id,
        revision=plan.revision,
        state=plan.state,
        intent=plan.intent.text,
        satellites=plan.satellites,
        start=format_utc(plan.horizon.start),
        end=format_utc(plan.horizon.end),
        blocking_findings=sum(one.severity is Severity.BLOCK for one in findings),
    )


def _list(arguments: ListInput, context: ToolContext) -> ListOutput:
    rows = tuple(_row(plan) for plan in context.plans.list_plans(arguments.limit))
    newest = f"; the newest is {rows[0].plan_id}, {rows[0].state}" if rows else ""
    return ListOutput(summary=f"There are {len(rows)} plans{newest}.", plans=rows)


def _get(arguments: GetInput, context: ToolContext) -> GetOutput:
    plan = context.plans.get(arguments.plan_id)
    timeline = tuple(
        ActivityRow(
            activity_id=one.activity_id,
            type=one.type,
            satellite=one.satellite,
            start=format_utc(one.window.start),
            end=format_utc(one.window.end),
            status=one.status,
        )
        for one in plan.activities
    )
    summary = f"{plan.plan_id} revision {plan.revision} is {plan.state} with {len(timeline)} activities."
    return GetOutput(
        summary=" ".join([summary, *(_in_words(one) for one in plan.alternatives)]),
        plan=_row(plan),
        timeline=timeline,
        alternatives=plan.alternatives,
    )


def _in_words(one: Alternative) -> str:
    changes = [
        f"{one.differences[name] / scale:+.{digits}f} {words}"
        for name, scale, digits, words in _TOLD
        if name in one.differences
    ]
    blocked = f"; blocked by {', '.join(one.blocking_codes)}" if one.blocking_codes else ""
    return f"Instead: {one.description} ({', '.join(changes)}{blocked})."


def _compare(arguments: CompareInput, context: ToolContext) -> CompareOutput:
    first, second = (context.plans.get(one) for one in (arguments.first_plan_id, arguments.second_plan_id))
    delta_v_m_s = round(_delta_v(second) - _delta_v(first), 3)
    lowest = round(_lowest_soc(second) - _lowest_soc(first), 5)
    contacts = _contacts(second) - _contacts(first)
    duration_h = round((second.horizon.duration_s - first.horizon.duration_s) / 3600.0, 3)
    return CompareOutput(
        summary=(
            f"{second.plan_id} differs from {first.plan_id} by {delta_v_m_s:+g} m/s of delta-v, {lowest * 100:+.2f} % of lowest "
            f"charge, {contacts:+d} contacts and {duration_h:+g} h."
        ),
        delta_v_m_s=delta_v_m_s,
        lowest_soc=lowest,
        contacts=contacts,
        duration_h=duration_h,
    )


def _delta_v(plan: MissionPlan) -> float:
    return sum(abs(one.delta_v_m_s) for one in plan.activities if one.type == "burn")


def _lowest_soc(plan: MissionPlan) -> float:
    return min((min(one.values) for one in plan.profiles if one.resource == "soc"), default=0.0)


def _contacts(plan: MissionPlan) -> int:
    return sum(one.contact is not None for one in plan.activities)


_TOLD: Final = (
    ("delta_v_m_s", 1.0, 3, "m/s"),
    ("passes", 1.0, 0, "passes"),
    ("completion_s", 3600.0, 2, "h until the end"),
)

LIST_PLANS = Tool(
    "list_plans", "List mission plans, newest first", Effect.READ, Role.VIEWER, 1.0, ListInput, ListOutput, _list
)
GET_PLAN = Tool(
    "get_plan", "Show a mission plan and its timeline", Effect.READ, Role.VIEWER, 1.0, GetInput, GetOutput, _get
)
COMPARE_PLANS = Tool(
    "compare_plans",
    "Compare two mission plans by delta-v, battery, contacts and duration",
    Effect.READ,
    Role.VIEWER,
    1.0,
    CompareInput,
    CompareOutput,
    _compare,
)
