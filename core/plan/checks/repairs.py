"""The repairs that checks offer, said in one way."""

from __future__ import annotations

from core.plan.activity import Activity, Window
from core.plan.model import Repair, RepairKind

__all__ = ["drop_repair", "next_pass_repair", "reschedule_repair", "shift_repair"]


def drop_repair(activity_id: str) -> Repair:
    """Leaves an activity out."""
    return Repair(kind=RepairKind.DROP, activity_id=activity_id, description=f"leave out {activity_id}")


def shift_repair(one: Activity, shift_s: float) -> Repair:
    """Moves an activity by seconds, positive to later; one that needs a contact moves to another pass."""
    when = "later" if shift_s > 0 else "earlier"
    if one.contact:
        return Repair(
            kind=RepairKind.MOVE_TO_CONTACT,
            activity_id=one.activity_id,
            shift_s=shift_s,
            description=f"move {one.activity_id} to {'a later' if shift_s > 0 else 'an earlier'} pass",
        )
    return Repair(
        kind=RepairKind.SHIFT,
        activity_id=one.activity_id,
        shift_s=shift_s,
        description=f"start {one.activity_id} {abs(shift_s):.0f} s {when}",
    )


def next_pass_repair(one: Activity, station: str, window: Window | None = None) -> Repair:
    """Moves an activity to the next pass over a station, or to the one in a window."""
    return Repair(
        kind=RepairKind.MOVE_TO_CONTACT,
        activity_id=one.activity_id,
        station=station,
        window=window,
        description=f"move {one.activity_id} to the next pass over {station}",
    )


def reschedule_repair(one: Activity) -> Repair:
    """Moves all that an activity's satellite does behind its next free command contact."""
    return Repair(
        kind=RepairKind.RESCHEDULE,
        activity_id=one.activity_id,
        description=f"move what {one.satellite} does behind its next free command contact",
    )
