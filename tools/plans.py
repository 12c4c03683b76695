"""Stored plans: list, show, compare."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from core.errors import NotFound
from core.plan.diff import diff_plans
from core.plan.model import Alternative, MissionPlan, Severity
from core.plan.whatif import differences
from core.time import format_utc
from tools.contract import Effect, Role, Tool, ToolContext, ToolError, ToolInput, ToolOutput

__all__ = ["COMPARE_PLANS", "GET_PLAN", "LIST_PLANS"]

_BYTES_PER_MB: Final = 1e6
_NAMED: Final = 20  # plans that an error names
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


class ObjectiveRow(BaseModel):
    """What both plans achieve of one objective; None where a plan does not have it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    unit: str
    first: float | None
    second: float | None


class FindingRow(BaseModel):
    """A finding that only one of two plans has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    severity: str
    satellite: str | None
    explanation: str


class CompareOutput(ToolOutput):
    """What differs, second minus first; None where a plan was not flown, so that nobody knows."""

    delta_v_m_s: float
    lowest_soc: float | None
    contacts: int
    duration_h: float
    completion_h: float
    downlinked_mb: float
    objectives: tuple[ObjectiveRow, ...]
    only_first_findings: tuple[FindingRow, ...]
    only_second_findings: tuple[FindingRow, ...]
    only_first_activities: tuple[str, ...]
    only_second_activities: tuple[str, ...]
    changed_activities: tuple[str, ...]
    unchecked: tuple[str, ...]  # plans without findings: nothing is known to be right with them


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
        for name, scale, digits, words in _ALTERNATIVE_WORDS
        if name in one.differences
    ]
    blocked = f"; blocked by {', '.join(one.blocking_codes)}" if one.blocking_codes else ""
    return f"Instead: {one.description} ({', '.join(changes)}{blocked})."


def _compare(arguments: CompareInput, context: ToolContext) -> CompareOutput:
    if arguments.first_plan_id == arguments.second_plan_id:
        raise ToolError(
            f"both are {arguments.first_plan_id}; a comparison needs two plans",
            code="same-plan",
            valid=_known(context),
        )
    first, second = (_stored(one, context) for one in (arguments.first_plan_id, arguments.second_plan_id))
    differ, diff = differences(first, second), diff_plans(first, second)
    lowest = differ.get("lowest_soc")
    output = CompareOutput(
        summary="",
        delta_v_m_s=round(differ["delta_v_m_s"], 3),
        lowest_soc=None if lowest is None else round(lowest, 5),
        contacts=round(differ["passes"]),
        duration_h=round((second.horizon.duration_s - first.horizon.duration_s) / 3600.0, 3),
        completion_h=round(differ["completion_s"] / 3600.0, 3),
        downlinked_mb=round(differ["downlinked_bytes"] / _BYTES_PER_MB, 3),
        objectives=_objectives(first, second),
        only_first_findings=_only(first, second),
        only_second_findings=_only(second, first),
        only_first_activities=diff.removed,
        only_second_activities=diff.added,
        changed_activities=tuple(diff.changed),
        unchecked=tuple(one.plan_id for one in (first, second) if one.validation is None),
    )
    return output.model_copy(update={"summary": _told(first.plan_id, second.plan_id, output)})


def _stored(plan_id: str, context: ToolContext) -> MissionPlan:
    try:
        return context.plans.get(plan_id)
    except NotFound as error:
        raise ToolError(error.message, code=error.code, valid=_known(context)) from error


def _known(context: ToolContext) -> dict[str, Any]:
    return {"plans": [one.plan_id for one in context.plans.list_plans(_NAMED)]}


def _objectives(first: MissionPlan, second: MissionPlan) -> tuple[ObjectiveRow, ...]:
    here, there = ({(one.name, one.unit): one.value for one in plan.objectives} for plan in (first, second))
    return tuple(
        ObjectiveRow(name=name, unit=unit, first=here.get((name, unit)), second=there.get((name, unit)))
        for name, unit in sorted(here.keys() | there.keys())
        if here.get((name, unit)) != there.get((name, unit))
    )


def _only(plan: MissionPlan, other: MissionPlan) -> tuple[FindingRow, ...]:
    """Findings whose code and satellite the other plan does not have."""
    known = {(one.code, one.satellite) for one in (other.validation.findings if other.validation else ())}
    return tuple(
        FindingRow(code=one.code, severity=one.severity, satellite=one.satellite, explanation=one.explanation)
        for one in (plan.validation.findings if plan.validation else ())
        if (one.code, one.satellite) not in known
    )


def _told(first: str, second: str, output: CompareOutput) -> str:
    """The differences in words, and who has which finding alone."""
    charge = "an unknown" if output.lowest_soc is None else f"{output.lowest_soc * 100:+.2f} %"
    said = [
        f"{second} differs from {first} by {output.delta_v_m_s:+g} m/s of delta-v, {charge} of lowest charge, "
        f"{output.contacts:+d} contacts, {output.downlinked_mb:+g} MB of downlinks and {output.completion_h:+g} h until the end."
    ]
    for plan_id, findings in ((first, output.only_first_findings), (second, output.only_second_findings)):
        weighty = [one.code for one in findings if one.severity != Severity.INFO]
        if weighty:
            said.append(f"Only {plan_id} has {', '.join(dict.fromkeys(weighty))}.")
    said += [f"{one} has not been checked: what is wrong with it is not known." for one in output.unchecked]
    return " ".join(said)


_ALTERNATIVE_WORDS: Final = (
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
    "Compare two mission plans: delta-v, lowest charge, contacts, downlinks, objectives, findings and activities that differ",
    Effect.READ,
    Role.VIEWER,
    1.0,
    CompareInput,
    CompareOutput,
    _compare,
)
