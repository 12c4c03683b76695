"""Makes the validator's computed repairs that change when something happens, never what the operator asked for.

Moving activities or adding a command contact keeps the request. Less data, a shorter pointing or a dropped activity is
another request: those repairs stay offers to the reviewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import InputError, PhysicsError
from core.mission.model import Mission
from core.plan.booking import Bookings
from core.plan.edit import apply_changes
from core.plan.model import MissionPlan, Repair, RepairKind, Severity

__all__ = ["AUTOMATIC", "RepairOutcome", "repair_plan"]

AUTOMATIC: Final = frozenset({RepairKind.SHIFT, RepairKind.MOVE_TO_CONTACT, RepairKind.RESCHEDULE})


@dataclass(frozen=True)
class RepairOutcome:
    """A revised plan, what was changed in words, and whether nothing more can be done automatically."""

    plan: MissionPlan
    applied: tuple[str, ...]
    exhausted: bool


def repair_plan(plan: MissionPlan, mission: Mission, now_utc: datetime, held: Bookings | None = None) -> RepairOutcome:
    """Apply, for each blocking finding, the first of its automatic repairs that fits and changes something.

    A finding about activities that this round has changed already waits for the next check. The returned plan is a new
    revision and has to be checked again; if nothing could be applied, it is the same plan. ``held`` are contacts of other
    approved plans.
    """
    revised, applied, touched = plan, list[str](), set[str]()
    for finding in plan.validation.findings if plan.validation else ():
        if finding.severity is not Severity.BLOCK or touched & set(finding.activities):
            continue
        for repair in (one for one in finding.repairs if one.kind in AUTOMATIC):
            candidate = _repaired(revised, repair, mission, now_utc, held)
            if candidate is not None:
                touched |= _changed(revised, candidate)
                revised = candidate
                applied.append(repair.description)
                break
    if not applied:
        return RepairOutcome(plan, (), exhausted=True)
    renumbered = revised.model_copy(update={"revision": plan.revision + 1, "parent_revision": plan.revision})
    return RepairOutcome(renumbered, tuple(applied), exhausted=False)


def _repaired(
    plan: MissionPlan, repair: Repair, mission: Mission, now_utc: datetime, held: Bookings | None
) -> MissionPlan | None:
    """The repaired plan; None where the repair does not fit or changes nothing: the finding stays and says so."""
    try:
        candidate = apply_changes(plan, [repair], mission, now_utc, held)
    except (InputError, PhysicsError):
        return None
    return candidate if _changed(plan, candidate) else None


def _changed(before: MissionPlan, after: MissionPlan) -> set[str]:
    """Ids of the activities that are new, gone or different."""
    old = {one.activity_id: one for one in before.activities}
    new = {one.activity_id: one for one in after.activities}
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
