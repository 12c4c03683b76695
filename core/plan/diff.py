"""What differs between two revisions of a plan."""

from __future__ import annotations

from core.plan.model import MissionPlan, PlanDiff

__all__ = ["diff_plans"]


def diff_plans(before: MissionPlan, after: MissionPlan) -> PlanDiff:
    """Activities added, removed, and changed with the names of the fields that changed; ids identify activities."""
    old = {one.activity_id: one.model_dump(mode="json", exclude={"status"}) for one in before.activities}
    new = {one.activity_id: one.model_dump(mode="json", exclude={"status"}) for one in after.activities}
    changed = {
        activity_id: tuple(
            sorted(
                field
                for field in new[activity_id].keys() | old[activity_id].keys()
                if new[activity_id].get(field) != old[activity_id].get(field)
            )
        )
        for activity_id in old.keys() & new.keys()
        if old[activity_id] != new[activity_id]
    }
    return PlanDiff(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=dict(sorted(changed.items())),
    )
