"""Short forms of plans and commands for lists and live messages."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from core.command.model import Command
from core.plan.model import MissionPlan, Severity
from core.telemetry import ArchivedSample
from core.time import format_utc

__all__ = ["CommandView", "PlanSummary", "command_view", "plan_summary", "shown_value"]


class PlanSummary(BaseModel):
    """A plan in one line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan_id: str
    revision: int
    state: str
    intent: str
    author: str
    satellites: tuple[str, ...]
    start: str
    end: str
    revision_hash: str
    blocking: int
    unknown: int
    warnings: int
    updated_at: str


def plan_summary(plan: MissionPlan) -> PlanSummary:
    """The short form of a plan."""
    findings = plan.validation.findings if plan.validation else ()
    severities = [one.severity for one in findings]
    judged = plan.validation.validated_at if plan.validation else plan.horizon.start
    return PlanSummary(
        plan_id=plan.plan_id,
        revision=plan.revision,
        state=plan.state,
        intent=plan.intent.text,
        author=plan.intent.author,
        satellites=plan.satellites,
        start=format_utc(plan.horizon.start),
        end=format_utc(plan.horizon.end),
        revision_hash=plan.revision_hash(),
        blocking=severities.count(Severity.BLOCK),
        unknown=severities.count(Severity.UNKNOWN),
        warnings=severities.count(Severity.WARN),
        updated_at=format_utc(judged),
    )


class CommandView(BaseModel):
    """A command as clients see it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    command_id: str
    plan_id: str
    activity_id: str
    satellite: str
    command: str
    arguments: dict[str, Any]
    command_class: str
    state: str
    execute_at: str
    station: str | None
    updated_at: str
    detail: str

    def plain(self) -> dict[str, Any]:
        """The JSON form, in which ``command_class`` is called ``class``."""
        content = self.model_dump(mode="json")
        content["class"] = content.pop("command_class")
        return content


def command_view(command: Command) -> CommandView:
    """The client's form of a command."""
    return CommandView(
        command_id=command.command_id,
        plan_id=command.plan_id,
        activity_id=command.activity_id,
        satellite=command.satellite,
        command=command.mnemonic,
        arguments=command.arguments,
        command_class=command.command_class,
        state=command.state,
        execute_at=format_utc(command.execute_at),
        station=command.contacts[0].station if command.contacts else None,
        updated_at=format_utc(command.updated_at),
        detail=command.reason,
    )


def shown_value(sample: ArchivedSample) -> int | float | str | None:
    """A telemetry value as answers carry it: octets in hexadecimal."""
    value = sample.value
    return value.hex() if isinstance(value, bytes) else value
