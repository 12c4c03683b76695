"""Two planners changed the same revision: what both did, and where they disagree, by activity and field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from core.errors import InputError
from core.plan.activity import Activity
from core.plan.edit import replace_activities
from core.plan.model import MissionPlan

__all__ = ["MergeConflict", "MergedPlan", "merge_plans"]

_ACTIVITY: Final[TypeAdapter[Activity]] = TypeAdapter(Activity)
_DERIVED: Final = {"status", "commands"}  # made anew from the rest
_WHOLE: Final = "*"  # in place of a field: one side changed the activity, the other left it out, or both added it


@dataclass(frozen=True)
class MergeConflict:
    """A field that both sides changed, each in its own way; values as in the plan's document, None for none.

    ``field`` is ``*`` where one side changed an activity that the other removed, or both added one of the same id.
    """

    activity_id: str
    field: str
    base: object
    mine: object
    theirs: object


@dataclass(frozen=True)
class MergedPlan:
    """The merged revision, a draft, and the conflicts; in a conflict it holds mine, until a person decides."""

    plan: MissionPlan
    conflicts: tuple[MergeConflict, ...]


def merge_plans(base: MissionPlan, mine: MissionPlan, theirs: MissionPlan, now_utc: datetime) -> MergedPlan:
    """What two revisions changed in their common parent, together in one new revision after both.

    Changes of different activities, and of different fields of one, are both kept. The result is a draft without approvals
    or findings: that each side was valid says nothing of the two together.

    Args:
        base: The revision that both began with.
        mine: One side; what it holds stays in a conflict.
        theirs: The other side.
        now_utc: The time of the merge.
    Raises:
        InputError: The three are not revisions of one plan, or the merged fields of an activity contradict each other.
    """
    for name, side in (("mine", mine), ("theirs", theirs)):
        if side.plan_id != base.plan_id:
            raise InputError(f"{name}.plan_id", f"{side.plan_id} is not a revision of {base.plan_id}")
    conflicts: list[MergeConflict] = []
    merged: list[Activity] = []
    was, here, there = (_documents(one) for one in (base, mine, theirs))
    for activity_id in sorted(was.keys() | here.keys() | there.keys()):
        document = _merge(activity_id, was.get(activity_id), here.get(activity_id), there.get(activity_id), conflicts)
        if document is not None:
            merged.append(_activity(activity_id, document))
    newest = mine if mine.revision >= theirs.revision else theirs
    together = mine.model_copy(update={"revision": newest.revision})
    revised = replace_activities(together, tuple(merged), now_utc)
    return MergedPlan(revised.model_copy(update={"parent_revision": newest.revision}), tuple(conflicts))


def _documents(plan: MissionPlan) -> dict[str, dict[str, Any]]:
    return {one.activity_id: one.model_dump(mode="json", exclude=_DERIVED) for one in plan.activities}


def _merge(
    activity_id: str,
    base: dict[str, Any] | None,
    mine: dict[str, Any] | None,
    theirs: dict[str, Any] | None,
    conflicts: list[MergeConflict],
) -> dict[str, Any] | None:
    """The merged document of an activity; None where it is left out."""
    if mine == theirs or theirs == base:
        return mine
    if mine == base:
        return theirs
    if base is None or mine is None or theirs is None:
        conflicts.append(MergeConflict(activity_id, _WHOLE, base, mine, theirs))
        return mine
    merged = dict(mine)
    for field in sorted(base.keys() | mine.keys() | theirs.keys()):
        was, here, there = base.get(field), mine.get(field), theirs.get(field)
        if there in (was, here):
            continue
        if here == was:
            merged[field] = there
        else:
            conflicts.append(MergeConflict(activity_id, field, was, here, there))
    return merged


def _activity(activity_id: str, document: dict[str, Any]) -> Activity:
    try:
        return _ACTIVITY.validate_python(document)
    except ValueError as error:
        raise InputError(
            f"activities.{activity_id}", f"what both sides changed does not fit together: {error}"
        ) from error
