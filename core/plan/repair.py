"""Makes the validator's computed repairs that change when something happens, never what the operator asked for.

Moving an activity or adding a command contact keeps the request. Less data, a shorter pointing or a dropped activity is
another request: those repairs stay offers to the reviewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import InputError, PhysicsError
from core.mission.model import Mission
from core.plan.edit import apply_changes
from core.plan.model import MissionPlan, Repair, RepairKind, Severity

__all__ = ["AUTOMATIC", "RepairOutcome", "repair_plan"]

AUTOMATIC: Final = frozenset({RepairKind.SHIFT, RepairKind.MOVE_TO_CONTACT, RepairKind.ADD_UPLINK})


@dataclass(frozen=True)
class RepairOutcome:
    """A revised plan, what was changed in words, and whether nothing more can be done automatically."""

    plan: MissionPlan
    applied: tuple[str, ...]
    exhausted: bool


def repair_plan(plan: MissionPlan, mission: Mission, now_utc: datetime) -> RepairOutcome:
    """Apply one automatic repair for each activity that a blocking finding names.

    The returned plan is a new revision and has to be checked again; if nothing could be applied, it is the same plan.
    """
    chosen: dict[str, Repair] = {}
    findings = plan.validation.findings if plan.validation else ()
    for finding in findings:
        if finding.severity is Severity.BLOCK:
            for repair in finding.repairs:
                if repair.kind in AUTOMATIC and repair.activity_id not in chosen:
                    chosen[repair.activity_id] = repair
                    break
    revised, applied = plan, list[str]()
    for repair in chosen.values():
        try:
            candidate = apply_changes(revised, [repair], mission, now_utc)
        except (InputError, PhysicsError):
            continue  # this repair does not fit; the finding stays and says so
        revised = candidate
        applied.append(repair.description)
    if not applied:
        return RepairOutcome(plan, (), exhausted=True)
    renumbered = revised.model_copy(update={"revision": plan.revision + 1, "parent_revision": plan.revision})
    return RepairOutcome(renumbered, tuple(applied), exhausted=False)
