"""Where a proposed activity can go: after what is commanded first, between what is already drafted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from core.plan.activity import Activity, Anchor, Proposer, Provenance, RejectedAlternative, ToolCallRef, UplinkActivity
from core.plan.booking import Bookings
from core.plan.uplink import next_command_contact
from core.time import add_s
from tools.contract import ToolContext

__all__ = [
    "activity_id",
    "after_previous",
    "earliest_execution",
    "free_from",
    "overlaps_existing",
    "provenance",
]


def activity_id(*parts: str, context: ToolContext) -> str:
    """A readable id that no drafted activity has yet."""
    stem = re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")[:56]
    taken = {one.activity_id for one in context.existing}
    if stem not in taken:
        return stem
    return next(name for number in range(2, 10_000) if (name := f"{stem}-{number}") not in taken)


def provenance(
    tool: str, reason: str, context: ToolContext, rejected: Iterable[RejectedAlternative] = ()
) -> Provenance:
    """Provenance of an activity that a tool computed for the model."""
    return Provenance(
        proposed_by=Proposer.MODEL,
        reason=reason,
        tool_calls=(ToolCallRef(call_id=context.call_id, tool=tool),),
        rejected=tuple(rejected),
    )


def earliest_execution(satellite: str, context: ToolContext) -> datetime:
    """When the satellite can first carry out a new command, and not before an ordered step's turn."""
    bookings = Bookings.of(context.existing)
    contact = next_command_contact(context.mission, satellite, context.clock.now_utc(), bookings)
    earliest = contact.executable_utc
    if context.not_before_utc is not None:
        earliest = max(earliest, context.not_before_utc)
    return earliest


def free_from(start: datetime, duration_s: float, satellite: str, margin_s: float, context: ToolContext) -> datetime:
    """The first instant from which the satellite is free for so long, with time to turn before and after."""
    candidate = start
    for one in sorted(_turned(satellite, context), key=lambda item: item.window.start):
        if add_s(one.window.start, -margin_s) < add_s(candidate, duration_s) and candidate < add_s(
            one.window.end, margin_s
        ):
            candidate = add_s(one.window.end, margin_s)
    return candidate


def overlaps_existing(
    start: datetime, end: datetime, satellite: str, margin_s: float, context: ToolContext
) -> Activity | None:
    """The drafted activity that an interval, with time to turn, would collide with."""
    for one in _turned(satellite, context):
        if add_s(one.window.start, -margin_s) < end and start < add_s(one.window.end, margin_s):
            return one
    return None


def after_previous(satellite: str, start: datetime, context: ToolContext) -> Anchor | None:
    """An anchor to the step before, when the request orders its steps."""
    if context.not_before_utc is None:
        return None
    before = [one for one in _turned(satellite, context) if one.window.end <= start]
    if not before:
        return None
    previous = max(before, key=lambda item: item.window.end)
    return Anchor(activity_id=previous.activity_id, edge="end")


def _turned(satellite: str, context: ToolContext) -> list[Activity]:
    return [
        one
        for one in context.existing
        if one.satellite == satellite and not isinstance(one, UplinkActivity) and one.type != "mode"
    ]
