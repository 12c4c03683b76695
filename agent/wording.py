"""Sentences about plans and tool results; every number comes from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.plan.model import Finding, MissionPlan, Severity
from core.time import format_utc

__all__ = ["plan_facts", "plan_text", "result_lines"]


def plan_facts(plan: MissionPlan) -> dict[str, Any]:
    """What a console needs to show that a plan changed."""
    findings = plan.validation.findings if plan.validation else ()
    return {
        "plan_id": plan.plan_id,
        "revision": plan.revision,
        "revision_hash": plan.revision_hash(),
        "state": plan.state.value,
        "activities": len(plan.activities),
        "findings": {severity.value: sum(one.severity is severity for one in findings) for severity in Severity},
    }


def plan_text(plan: MissionPlan, applied: Sequence[str] = ()) -> str:
    """A plan and what its checks say, for people."""
    count = f"{len(plan.activities)} {'activity' if len(plan.activities) == 1 else 'activities'}"
    lines = [f"Plan {plan.plan_id} revision {plan.revision}: {count}, {plan.state.value}."]
    for one in plan.activities:
        window = f"{format_utc(one.window.start)} to {format_utc(one.window.end)}"
        lines.append(f"- {one.type} of {one.satellite}, {window}: {one.provenance.reason}")
    lines += [f"- Repaired: {what}" for what in dict.fromkeys(applied)]
    findings = plan.validation.findings if plan.validation else ()
    if plan.validation is None:
        lines += ["", "It has not been validated."]
    elif plan.validation.blocked:
        lines += ["", "It cannot be approved as it is:"]
        lines += [_finding(one) for one in findings if one.severity is Severity.BLOCK]
    lines += [_finding(one) for one in findings if one.severity in (Severity.WARN, Severity.UNKNOWN)]
    return "\n".join(lines)


def result_lines(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line per tool result: its own summary or its own error."""
    return [str(one["output"]["summary"]) if one["error"] is None else str(one["error"]) for one in results]


def _finding(finding: Finding) -> str:
    return f"- {finding.code} ({finding.severity.value}): {finding.explanation}"
