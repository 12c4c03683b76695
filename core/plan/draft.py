"""Turns proposed activities into a draft plan: ids, commands, the command contact, the horizon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from core.mission.model import Mission
from core.plan.activity import (
    Activity,
    ActivityStatus,
    ContactRef,
    Proposer,
    Provenance,
    UplinkActivity,
    Window,
)
from core.plan.booking import Bookings
from core.plan.commanding import expand
from core.plan.inputs import input_hashes
from core.plan.model import InitialResources, Intent, MissionPlan
from core.plan.uplink import CommandContact, next_command_contact
from core.time import add_s, utc_from_tai_s
from core.units import to_deg

__all__ = ["HORIZON_TAIL_S", "draft_plan", "uplink_activity", "with_commands"]

HORIZON_TAIL_S: Final = 5400.0  # about one orbit after the last activity, so that its effects are seen


def draft_plan(
    plan_id: str,
    intent: Intent,
    activities: Sequence[Activity],
    initial: Sequence[InitialResources],
    mission: Mission,
    now_utc: datetime,
    previous: MissionPlan | None = None,
    held: Bookings | None = None,
) -> MissionPlan:
    """A draft revision with the proposed activities, their commands, and a command contact for each satellite.

    Args:
        plan_id: Id of the plan; a revision of ``previous`` keeps its id.
        intent: The operator's words.
        activities: Proposals, in any order.
        initial: Initial resources of at least the satellites concerned.
        mission: The mission.
        now_utc: Start of the horizon.
        previous: The revision that this one replaces.
        held: Contacts that other approved plans hold.
    """
    named = _unique_ids([with_commands(one) for one in activities])
    placed = [*named, *_uplinks(named, mission, now_utc, held or Bookings())]
    ordered = tuple(sorted(placed, key=lambda one: (one.window.start, one.activity_id)))
    end = max((one.window.end for one in ordered), default=now_utc)
    concerned = {one.satellite for one in ordered}
    return MissionPlan(
        plan_id=previous.plan_id if previous else plan_id,
        revision=previous.revision + 1 if previous else 1,
        parent_revision=previous.revision if previous else None,
        intent=intent,
        horizon=Window(start=now_utc, end=add_s(end, HORIZON_TAIL_S)),
        input_hashes=input_hashes(mission, sorted(concerned)),
        initial=tuple(one for one in initial if one.satellite in concerned),
        activities=ordered,
    )


def with_commands(activity: Activity) -> Activity:
    """The activity with the commands that carry it out."""
    return activity.model_copy(update={"commands": expand(activity), "status": ActivityStatus.PLANNED})


def uplink_activity(satellite: str, contact: CommandContact, reason: str, activity_id: str) -> UplinkActivity:
    """The activity that loads commands over a contact."""
    window = Window(start=utc_from_tai_s(contact.visible.aos_tai_s), end=utc_from_tai_s(contact.visible.los_tai_s))
    return UplinkActivity(
        activity_id=activity_id,
        satellite=satellite,
        window=window,
        contact=ContactRef(
            station=contact.station,
            window=window,
            max_elevation_deg=round(to_deg(contact.visible.max_elevation_rad), 3),
        ),
        provenance=Provenance(proposed_by=Proposer.RULE, reason=reason),
    )


def _uplinks(
    activities: Sequence[Activity], mission: Mission, now_utc: datetime, held: Bookings
) -> Iterable[UplinkActivity]:
    served = {one.satellite for one in activities if isinstance(one, UplinkActivity)}
    placed = list(activities)
    for satellite in dict.fromkeys(one.satellite for one in activities if one.commands):
        if satellite not in served:
            contact = next_command_contact(mission, satellite, now_utc, held.joined(Bookings.of(placed)))
            reason = f"the first free pass that leaves time for review; it loads the plan's commands on {satellite}"
            uplink = uplink_activity(satellite, contact, reason, f"uplink-{satellite.lower()}")
            placed.append(uplink)
            yield uplink


def _unique_ids(activities: Iterable[Activity]) -> list[Activity]:
    """Number the ids that occur twice; anchors keep pointing at the first of a name."""
    seen: dict[str, int] = {}
    unique: list[Activity] = []
    for one in activities:
        count = seen[one.activity_id] = seen.get(one.activity_id, 0) + 1
        unique.append(one if count == 1 else one.model_copy(update={"activity_id": f"{one.activity_id}-{count}"}))
    return unique
