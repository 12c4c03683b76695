"""Proposals of the real tools, one after another, for plans of real activities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from agent.clock import FixedClock
from core.errors import LlamaSpaceError
from core.mission.model import Mission
from core.plan.activity import Activity
from core.plan.model import MissionPlan
from knowledge.passage import Passage
from tools.catalog import CATALOG
from tools.contract import Role, ToolContext, ToolResult
from tools.initial import MissionFileReader


class NotProposed(LlamaSpaceError):
    """A tool refuses a call that a plan was to be made of."""


class NoKnowledge:
    """A handbook without a page."""

    def search(self, query: str, limit: int = 5) -> list[Passage]:
        return []


class NoPlans:
    """No stored plans."""

    def get(self, plan_id: str) -> MissionPlan:
        raise LookupError(plan_id)

    def list_plans(self, limit: int = 50) -> list[MissionPlan]:
        return []


def context_at(
    mission: Mission,
    now: datetime,
    *,
    role: Role = Role.OPERATOR,
    not_before: datetime | None = None,
    existing: Sequence[Activity] = (),
    number: int = 1,
) -> ToolContext:
    """A tool context at an instant, over the mission file."""
    return ToolContext(
        mission=mission,
        clock=FixedClock(now),
        role=role,
        telemetry=MissionFileReader(mission),
        knowledge=NoKnowledge(),
        plans=NoPlans(),
        call_id=f"call-{number}",
        not_before_utc=not_before,
        existing=tuple(existing),
    )


def call(
    mission: Mission, now: datetime, tool: str, arguments: dict[str, Any], role: Role = Role.OPERATOR
) -> ToolResult:
    """One call on its own."""
    return CATALOG.tool(tool).call(arguments, context_at(mission, now, role=role))


def propose(mission: Mission, now: datetime, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[Activity]:
    """Activities of calls whose steps follow each other."""
    activities: list[Activity] = []
    for number, (tool, arguments) in enumerate(calls, start=1):
        before = [one.window.end for one in activities if one.satellite == arguments.get("satellite")]
        context = context_at(mission, now, not_before=max(before, default=None), existing=activities, number=number)
        result = CATALOG.tool(tool).call(arguments, context)
        if not result.ok:
            raise NotProposed(f"{tool}: {result.error}", code="not-proposed")
        activities.extend(result.activities)
    return activities
