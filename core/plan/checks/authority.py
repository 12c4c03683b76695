"""AUT: what approval a plan needs.

AUT-001 hazardous commands, which two different people must approve (stated, not blocking: approval comes after
validation), AUT-002 an approval that is not for this revision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.plan.checks.context import CheckContext
from core.plan.model import Finding, MissionPlan, Severity

__all__ = ["HAZARDOUS_COMMANDS", "approvals_needed", "authority_checks"]

# The mission database gives these the consequence level "critical" or "severe".
HAZARDOUS_COMMANDS: Final = frozenset({"EXECUTE_BURN"})


def approvals_needed(plan: MissionPlan) -> int:
    """How many different people must approve a plan: two when any command is hazardous."""
    hazardous = any(command.command in HAZARDOUS_COMMANDS for one in plan.activities for command in one.commands)
    return 2 if hazardous else 1


def authority_checks(context: CheckContext) -> Iterator[Finding]:
    """What approval the plan needs, and approvals that do not belong to it."""
    plan = context.plan
    hazardous = [
        one for one in plan.activities if any(command.command in HAZARDOUS_COMMANDS for command in one.commands)
    ]
    if hazardous:
        yield Finding(
            code="AUT-001",
            severity=Severity.INFO,
            activities=tuple(one.activity_id for one in hazardous),
            satellite=hazardous[0].satellite,
            quantity="approvals needed",
            value=float(approvals_needed(plan)),
            unit="people",
            explanation="hazardous commands: two different people must approve this exact revision, one of them a flight director",
        )
    for approval in plan.approvals:
        if approval.revision_hash != plan.revision_hash():
            yield Finding(
                code="AUT-002",
                severity=Severity.BLOCK,
                quantity="approval",
                explanation=f"the approval by {approval.by} is for another revision and is void",
            )
