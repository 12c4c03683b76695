"""TMP: everything happens when it may.

TMP-001 starts in the past, TMP-002 outside the horizon, TMP-003 ends after its deadline, TMP-004 starts outside its
earliest and latest start, TMP-005 two activities need the spacecraft at once, TMP-006 not where its anchor puts it,
TMP-007 outside its own contact, TMP-008 its first command turns the spacecraft away from the activity before.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from core.plan.activity import Activity, Window
from core.plan.checks.context import CheckContext, limit_finding
from core.plan.checks.repairs import reschedule_repair, shift_repair
from core.plan.model import Finding, Repair
from core.time import add_s, duration_s, format_utc

__all__ = ["timing_checks"]

_ANCHOR_TOLERANCE_S = 1.0
_CONTACT_TOLERANCE_S = 1.0


def timing_checks(context: CheckContext) -> Iterator[Finding]:
    """All timing faults."""
    for one in context.activities():
        yield from _in_the_past(one, context)
        yield from _outside_horizon(one, context)
        yield from _bounds(one)
        yield from _anchor(one, context)
        yield from _contact(one)
    for satellite in context.simulation.runs:
        yield from _overlaps(context, satellite)
        yield from _turned_away(context, satellite)


def _in_the_past(one: Activity, context: CheckContext) -> Iterator[Finding]:
    late_s = duration_s(one.window.start, context.now_utc)
    if late_s > 0:
        explanation = f"{one.activity_id} starts at {format_utc(one.window.start)}, {late_s:.0f} s before now"
        yield _finding("TMP-001", one, "start before now", late_s, 0.0, explanation, (reschedule_repair(one),))


def _outside_horizon(one: Activity, context: CheckContext) -> Iterator[Finding]:
    horizon = context.plan.horizon
    before_s = duration_s(one.window.start, horizon.start)
    after_s = duration_s(horizon.end, one.window.end)
    outside_s = max(before_s, after_s)
    if outside_s > 0:
        explanation = (
            f"{one.activity_id} reaches {outside_s:.0f} s beyond the plan's horizon, {format_utc(horizon.start)} to "
            f"{format_utc(horizon.end)}: move it, or widen `horizon`"
        )
        yield _finding("TMP-002", one, "time outside horizon", outside_s, 0.0, explanation)


def _bounds(one: Activity) -> Iterator[Finding]:
    if one.latest_end and one.window.end > one.latest_end:
        over_s = duration_s(one.latest_end, one.window.end)
        explanation = f"{one.activity_id} ends {over_s:.0f} s after its deadline {format_utc(one.latest_end)}"
        yield _finding("TMP-003", one, "end after deadline", over_s, 0.0, explanation, (shift_repair(one, -over_s),))
    if one.earliest_start and one.window.start < one.earliest_start:
        early_s = duration_s(one.window.start, one.earliest_start)
        explanation = (
            f"{one.activity_id} starts {early_s:.0f} s before its earliest start {format_utc(one.earliest_start)}"
        )
        yield _finding(
            "TMP-004", one, "start before earliest", early_s, 0.0, explanation, (shift_repair(one, early_s),)
        )
    if one.latest_start and one.window.start > one.latest_start:
        late_s = duration_s(one.latest_start, one.window.start)
        explanation = f"{one.activity_id} starts {late_s:.0f} s after its latest start {format_utc(one.latest_start)}"
        yield _finding("TMP-004", one, "start after latest", late_s, 0.0, explanation, (shift_repair(one, -late_s),))


def _anchor(one: Activity, context: CheckContext) -> Iterator[Finding]:
    if one.anchor is None:
        return
    other = next(candidate for candidate in context.plan.activities if candidate.activity_id == one.anchor.activity_id)
    edge = other.window.start if one.anchor.edge == "start" else other.window.end
    early_s = duration_s(one.window.start, add_s(edge, one.anchor.offset_s))
    if early_s > _ANCHOR_TOLERANCE_S:
        explanation = (
            f"{one.activity_id} must start {one.anchor.offset_s:.0f} s after the {one.anchor.edge} of {other.activity_id} "
            f"and starts {early_s:.0f} s too early"
        )
        yield _finding("TMP-006", one, "start before anchor", early_s, 0.0, explanation, (shift_repair(one, early_s),))


def _overlaps(context: CheckContext, satellite: str) -> Iterator[Finding]:
    for first, second in pairwise(context.turned(satellite)):
        if first.window.overlaps(second.window):
            shared_s = duration_s(second.window.start, min(first.window.end, second.window.end))
            explanation = f"{first.activity_id} ({first.pointing}) and {second.activity_id} ({second.pointing}) both need {satellite} for {shared_s:.0f} s"
            yield limit_finding(
                "TMP-005",
                satellite,
                Window(start=second.window.start, end=min(first.window.end, second.window.end)),
                (first.activity_id, second.activity_id),
                "overlap",
                shared_s,
                0.0,
                -shared_s,
                "s",
                explanation,
                (shift_repair(second, shared_s),),
            )


def _contact(one: Activity) -> Iterator[Finding]:
    if one.contact is None:
        return
    before_s = duration_s(one.window.start, one.contact.window.start)
    after_s = duration_s(one.contact.window.end, one.window.end)
    outside_s = max(before_s, after_s)
    if outside_s > _CONTACT_TOLERANCE_S:
        explanation = (
            f"{one.activity_id} reaches {outside_s:.0f} s beyond its contact with {one.contact.station}, "
            f"{format_utc(one.contact.window.start)} to {format_utc(one.contact.window.end)}"
        )
        yield _finding("TMP-007", one, "time outside contact", outside_s, 0.0, explanation, (shift_repair(one, 0.0),))


def _turned_away(context: CheckContext, satellite: str) -> Iterator[Finding]:
    """A command that prepares an activity comes before it starts; the one before must be over by then."""
    for first, second in pairwise(context.turned(satellite)):
        if not second.commands or first.window.overlaps(second.window):
            continue
        turning = min(command.execute_at for command in second.commands)
        early_s = duration_s(turning, first.window.end)
        if early_s > 0:
            yield limit_finding(
                "TMP-008",
                satellite,
                Window(start=turning, end=first.window.end),
                (first.activity_id, second.activity_id),
                "command before the end",
                early_s,
                0.0,
                -early_s,
                "s",
                f"the first command of {second.activity_id}, at {format_utc(turning)}, turns {satellite} away from "
                f"{first.activity_id} {early_s:.0f} s before that ends",
                (shift_repair(second, early_s),),
            )


def _finding(
    code: str,
    one: Activity,
    quantity: str,
    value_s: float,
    limit_s: float,
    explanation: str,
    repairs: tuple[Repair, ...] = (),
) -> Finding:
    return limit_finding(
        code,
        one.satellite,
        one.window,
        (one.activity_id,),
        quantity,
        value_s,
        limit_s,
        limit_s - value_s,
        "s",
        explanation,
        repairs,
    )
