"""Changes to a plan: each gives a new revision whose parent is the old one, with their difference.

The same operations serve the validator's computed repairs and a planner's edits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from core.errors import InputError
from core.mission.model import Mission
from core.plan.activity import Activity, DownlinkActivity, Window
from core.plan.booking import Bookings
from core.plan.contact import at_next_contact
from core.plan.diff import diff_plans
from core.plan.draft import HORIZON_TAIL_S, with_commands
from core.plan.model import MissionPlan, PlanState, Repair, RepairKind
from core.plan.orbit import planned_orbit
from core.plan.reschedule import reschedule
from core.time import add_s, duration_s

__all__ = ["apply_changes", "replace_activities"]

_CONTACT_MARGIN_S: Final = 5.0

Activities = tuple[Activity, ...]


def apply_changes(
    plan: MissionPlan,
    changes: Sequence[Repair],
    mission: Mission,
    now_utc: datetime,
    held: Bookings | None = None,
) -> MissionPlan:
    """A new draft revision with the changes made, in order; ``held`` are contacts of other approved plans.

    Raises:
        InputError: A change names an activity that is not there, or lacks what its kind needs.
        PhysicsError: No contact fits a move, or a satellite's activities cannot all move on.
    """
    activities = plan.activities
    for change in changes:
        activities = _CHANGES[change.kind](activities, change, mission, now_utc, held or Bookings())
    return replace_activities(plan, activities, now_utc)


def replace_activities(plan: MissionPlan, activities: Activities, now_utc: datetime) -> MissionPlan:
    """A new draft revision with other activities; approvals and findings of the old one do not carry over."""
    ordered = tuple(
        sorted((with_commands(one) for one in activities), key=lambda one: (one.window.start, one.activity_id))
    )
    end = max((one.window.end for one in ordered), default=plan.horizon.end)
    start = max(plan.horizon.start, min(now_utc, plan.horizon.end))
    revised = plan.model_copy(
        update={
            "revision": plan.revision + 1,
            "parent_revision": plan.revision,
            "state": PlanState.DRAFT,
            "horizon": Window(start=plan.horizon.start, end=max(add_s(end, HORIZON_TAIL_S), add_s(start, 60.0))),
            "activities": ordered,
            "profiles": (),
            "objectives": (),
            "validation": None,
            "approvals": (),
            "alternatives": (),
        }
    )
    return revised.model_copy(update={"diff": diff_plans(plan, revised)})


def _shift(activities: Activities, change: Repair, _mission: Mission, _now: datetime, _held: Bookings) -> Activities:
    if change.shift_s is None:
        raise InputError("shift_s", "a shift needs the seconds to shift by; positive is later")
    one = _find(activities, change.activity_id)
    window = Window(start=add_s(one.window.start, change.shift_s), end=add_s(one.window.end, change.shift_s))
    return _with_followers(activities, one, one.model_copy(update={"window": window}))


def _shorten(activities: Activities, change: Repair, _mission: Mission, _now: datetime, _held: Bookings) -> Activities:
    if change.duration_s is None or change.duration_s <= 0:
        raise InputError("duration_s", "shortening needs the new duration in seconds, above 0")
    one = _find(activities, change.activity_id)
    window = Window(start=one.window.start, end=add_s(one.window.start, change.duration_s))
    return _with_followers(activities, one, one.model_copy(update={"window": window}))


def _reduce(activities: Activities, change: Repair, mission: Mission, _now: datetime, _held: Bookings) -> Activities:
    one = _find(activities, change.activity_id)
    if not isinstance(one, DownlinkActivity) or not change.volume_bytes or change.volume_bytes <= 0:
        raise InputError("volume_bytes", "reducing needs a downlink and its new volume in bytes, above 0")
    rate_bit_s = mission.bus_of(one.satellite).antenna.x_band_downlink_bit_s
    end = add_s(one.window.start, math.ceil(change.volume_bytes * 8000.0 / rate_bit_s) / 1000.0)
    window = Window(start=one.window.start, end=min(end, one.contact.window.end))
    changed = one.model_copy(update={"volume_bytes": change.volume_bytes, "window": window})
    return _with_followers(activities, one, changed)


def _drop(activities: Activities, change: Repair, _mission: Mission, _now: datetime, _held: Bookings) -> Activities:
    dropped = _find(activities, change.activity_id)
    kept = tuple(one for one in activities if one.activity_id != dropped.activity_id)
    return tuple(
        one.model_copy(update={"anchor": None}) if one.anchor and one.anchor.activity_id == dropped.activity_id else one
        for one in kept
    )


def _move_to_contact(
    activities: Activities, change: Repair, mission: Mission, now_utc: datetime, held: Bookings
) -> Activities:
    one = _find(activities, change.activity_id)
    if one.contact is None:
        raise InputError("activity_id", f"{one.activity_id} uses no contact, so it cannot move to another")
    station = mission.station(change.station or one.contact.station)
    earliest = now_utc
    if change.window is not None:
        earliest = max(now_utc, add_s(change.window.start, -_CONTACT_MARGIN_S))
    elif (change.shift_s or 0.0) >= 0:
        earliest = max(now_utc, add_s(one.contact.window.end, _CONTACT_MARGIN_S))
    orbit = planned_orbit(mission, one.satellite, activities)
    moved = at_next_contact(one, station, earliest, held.joined(Bookings.of(activities)), orbit)
    return _with_followers(activities, one, moved)


def _reschedule(
    activities: Activities, change: Repair, mission: Mission, now_utc: datetime, held: Bookings
) -> Activities:
    return reschedule(activities, _find(activities, change.activity_id).satellite, mission, now_utc, held)


def _find(activities: Activities, activity_id: str) -> Activity:
    for one in activities:
        if one.activity_id == activity_id:
            return one
    raise InputError("activity_id", f"{activity_id!r} is not one of {[one.activity_id for one in activities]}")


def _with_followers(activities: Activities, before: Activity, after: Activity) -> Activities:
    """Put the changed activity in, and move what is anchored to it, and what is anchored to that."""
    start_moved_s = duration_s(before.window.start, after.window.start)
    end_moved_s = duration_s(before.window.end, after.window.end)
    result = tuple(after if one.activity_id == before.activity_id else one for one in activities)
    for one in activities:
        if one.anchor and one.anchor.activity_id == before.activity_id and one.contact is None:
            moved_s = start_moved_s if one.anchor.edge == "start" else end_moved_s
            window = Window(start=add_s(one.window.start, moved_s), end=add_s(one.window.end, moved_s))
            result = _with_followers(result, one, one.model_copy(update={"window": window}))
    return result


_CHANGES: Final[dict[RepairKind, Callable[[Activities, Repair, Mission, datetime, Bookings], Activities]]] = {
    RepairKind.SHIFT: _shift,
    RepairKind.SHORTEN: _shorten,
    RepairKind.REDUCE_VOLUME: _reduce,
    RepairKind.DROP: _drop,
    RepairKind.MOVE_TO_CONTACT: _move_to_contact,
    RepairKind.RESCHEDULE: _reschedule,
}
