"""Changes to a plan: each gives a new revision whose parent is the old one, with their difference.

The same operations serve the validator's computed repairs and a planner's edits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from core.errors import InputError, PhysicsError
from core.mission.model import Mission
from core.orbit import Sgp4Orbit, find_passes
from core.plan.activity import Activity, ContactRef, DownlinkActivity, UplinkActivity, Window
from core.plan.diff import diff_plans
from core.plan.draft import HORIZON_TAIL_S, uplink_activity, with_commands
from core.plan.model import MissionPlan, PlanState, Repair, RepairKind
from core.plan.uplink import next_command_contact
from core.time import add_s, duration_s, tai_s_from_utc, utc_from_tai_s
from core.units import to_deg

__all__ = ["apply_changes", "replace_activities"]

_CONTACT_SEARCH_S: Final = 2.0 * 86_400.0
_CONTACT_MARGIN_S: Final = 5.0

Activities = tuple[Activity, ...]


def apply_changes(plan: MissionPlan, changes: Sequence[Repair], mission: Mission, now_utc: datetime) -> MissionPlan:
    """A new draft revision with the changes made, in order.

    Raises:
        InputError: A change names an activity that is not there, or lacks what its kind needs.
        PhysicsError: No contact fits a move.
    """
    activities = plan.activities
    for change in changes:
        activities = _CHANGES[change.kind](activities, change, mission, now_utc)
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
        }
    )
    return revised.model_copy(update={"diff": diff_plans(plan, revised)})


def _shift(activities: Activities, change: Repair, _mission: Mission, _now: datetime) -> Activities:
    if change.shift_s is None:
        raise InputError("shift_s", "a shift needs the seconds to shift by; positive is later")
    one = _find(activities, change.activity_id)
    window = Window(start=add_s(one.window.start, change.shift_s), end=add_s(one.window.end, change.shift_s))
    return _with_followers(activities, one, one.model_copy(update={"window": window}))


def _shorten(activities: Activities, change: Repair, _mission: Mission, _now: datetime) -> Activities:
    if change.duration_s is None or change.duration_s <= 0:
        raise InputError("duration_s", "shortening needs the new duration in seconds, above 0")
    one = _find(activities, change.activity_id)
    window = Window(start=one.window.start, end=add_s(one.window.start, change.duration_s))
    return _with_followers(activities, one, one.model_copy(update={"window": window}))


def _reduce(activities: Activities, change: Repair, mission: Mission, _now: datetime) -> Activities:
    one = _find(activities, change.activity_id)
    if not isinstance(one, DownlinkActivity) or not change.volume_bytes or change.volume_bytes <= 0:
        raise InputError("volume_bytes", "reducing needs a downlink and its new volume in bytes, above 0")
    rate_bit_s = mission.bus_of(one.satellite).antenna.x_band_downlink_bit_s
    end = add_s(one.window.start, math.ceil(change.volume_bytes * 8000.0 / rate_bit_s) / 1000.0)
    window = Window(start=one.window.start, end=min(end, one.contact.window.end))
    changed = one.model_copy(update={"volume_bytes": change.volume_bytes, "window": window})
    return _with_followers(activities, one, changed)


def _drop(activities: Activities, change: Repair, _mission: Mission, _now: datetime) -> Activities:
    dropped = _find(activities, change.activity_id)
    kept = tuple(one for one in activities if one.activity_id != dropped.activity_id)
    return tuple(
        one.model_copy(update={"anchor": None}) if one.anchor and one.anchor.activity_id == dropped.activity_id else one
        for one in kept
    )


def _move_to_contact(activities: Activities, change: Repair, mission: Mission, now_utc: datetime) -> Activities:
    one = _find(activities, change.activity_id)
    if one.contact is None:
        raise InputError("activity_id", f"{one.activity_id} uses no contact, so it cannot move to another")
    station = mission.station(change.station or one.contact.station)
    orbit = Sgp4Orbit.from_elements(mission.craft(one.satellite).elements)
    earliest = (
        max(now_utc, add_s(one.contact.window.end, _CONTACT_MARGIN_S)) if (change.shift_s or 0.0) >= 0 else now_utc
    )
    begin = tai_s_from_utc(earliest)
    latest = one.latest_end
    lead_s = duration_s(one.contact.window.start, one.window.start)
    for candidate in find_passes(orbit, station, begin, begin + _CONTACT_SEARCH_S):
        whole = isinstance(one, UplinkActivity)
        start = candidate.aos_tai_s if whole else candidate.aos_tai_s + max(lead_s, 0.0)
        end = candidate.los_tai_s if whole else start + one.window.duration_s
        if candidate.truncated_start or end > candidate.los_tai_s or (latest and utc_from_tai_s(end) > latest):
            continue
        contact = ContactRef(
            station=station.id,
            window=Window(start=utc_from_tai_s(candidate.aos_tai_s), end=utc_from_tai_s(candidate.los_tai_s)),
            max_elevation_deg=round(to_deg(candidate.max_elevation_rad), 3),
        )
        window = Window(start=utc_from_tai_s(start), end=utc_from_tai_s(end))
        return _with_followers(activities, one, one.model_copy(update={"contact": contact, "window": window}))
    raise PhysicsError(f"no other pass over {station.id} fits {one.activity_id}", code="no-contact")


def _add_uplink(activities: Activities, change: Repair, mission: Mission, now_utc: datetime) -> Activities:
    one = _find(activities, change.activity_id)
    contact = next_command_contact(mission, one.satellite, now_utc)
    kept = tuple(
        other for other in activities if not (isinstance(other, UplinkActivity) and other.satellite == one.satellite)
    )
    reason = f"the first pass that can load the commands of {one.activity_id}"
    return (*kept, uplink_activity(one.satellite, contact, reason, f"uplink-{one.satellite.lower()}"))


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


_CHANGES: Final[dict[RepairKind, Callable[[Activities, Repair, Mission, datetime], Activities]]] = {
    RepairKind.SHIFT: _shift,
    RepairKind.SHORTEN: _shorten,
    RepairKind.REDUCE_VOLUME: _reduce,
    RepairKind.DROP: _drop,
    RepairKind.MOVE_TO_CONTACT: _move_to_contact,
    RepairKind.ADD_UPLINK: _add_uplink,
}
