"""Faults of time: the past, the horizon, bounds, overlaps, anchors, contacts, and commands that come too early."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from core.plan.activity import (
    Anchor,
    BurnActivity,
    DownlinkActivity,
    ImagingActivity,
    PointingActivity,
    PointingMode,
    UplinkActivity,
    Window,
)
from core.plan.commanding import IMAGE_ATTITUDE_LEAD_S
from core.time import add_s, duration_s
from evals.faults.model import Fault, Original, Planted
from evals.faults.spoiling import activities, changed, first, later, moved, plan_with, span, swapped

__all__ = ["TIMING"]


def _pointing_in_the_past(one: Original, random: Random) -> Planted:
    item = first(one, PointingActivity)
    past = moved(item, duration_s(item.window.start, one.site.now_utc) - random.uniform(60.0, 600.0))
    return swapped(one, (item, past)).at(past.window)


def _contact_gone_by(one: Original, random: Random) -> Planted:
    item = first(one, UplinkActivity)
    late = add_s(item.window.start, random.uniform(30.0, 600.0))
    planted = plan_with(one)
    return Planted(planted.plan, replace(one.site, now_utc=late), item.window)


def _beyond_the_horizon(one: Original, random: Random) -> Planted:
    item = first(one, PointingActivity)
    out = moved(item, duration_s(item.window.end, one.plan.horizon.end) + random.uniform(5.0, 900.0))
    return swapped(one, (item, out)).at(out.window)


def _before_the_horizon(one: Original, random: Random) -> Planted:
    item = min(one.plan.activities, key=lambda activity: activity.window.start)
    start = add_s(item.window.start, random.uniform(5.0, 60.0))
    return plan_with(one, horizon=Window(start=start, end=one.plan.horizon.end)).at(item.window)


def _missed_deadline(one: Original, random: Random) -> Planted:
    item = first(one, PointingActivity)
    bound = add_s(item.window.end, -random.uniform(5.0, 600.0))
    return swapped(one, (item, changed(item, latest_end=bound))).at(item.window)


def _too_early(one: Original, random: Random) -> Planted:
    item = first(one, PointingActivity)
    bound = add_s(item.window.start, random.uniform(5.0, 600.0))
    return swapped(one, (item, changed(item, earliest_start=bound))).at(item.window)


def _too_late(one: Original, random: Random) -> Planted:
    item = first(one, PointingActivity)
    bound = add_s(item.window.start, -random.uniform(5.0, 600.0))
    return swapped(one, (item, changed(item, latest_start=bound))).at(item.window)


def _pointing_over_downlink(one: Original, random: Random) -> Planted:
    down, point = first(one, DownlinkActivity), first(one, PointingActivity)
    start = add_s(down.window.start, random.uniform(0.0, 0.8) * down.window.duration_s)
    over = changed(point, window=span(start, point.window.duration_s), anchor=None)
    return swapped(one, (point, over)).at(Window(start=start, end=down.window.end))


def _pointing_over_pointing(one: Original, random: Random) -> Planted:
    point = first(one, PointingActivity)
    half_s = random.uniform(0.3, 0.7) * point.window.duration_s
    other = changed(
        point,
        activity_id="pointing-other",
        pointing=PointingMode.INERTIAL,
        window=later(point.window, half_s),
        anchor=None,
    )
    shared = Window(start=other.window.start, end=point.window.end)
    return activities(one, *one.plan.activities, other).at(shared)


def _pointing_over_image(one: Original, _random: Random) -> Planted:
    image, point = first(one, ImagingActivity), first(one, PointingActivity)
    start = add_s(image.window.start, -0.5 * point.window.duration_s)
    over = changed(point, window=span(start, point.window.duration_s), anchor=None)
    return swapped(one, (point, over)).at(image.window)


def _before_its_anchor(one: Original, random: Random) -> Planted:
    down, point = first(one, DownlinkActivity), first(one, PointingActivity)
    wait_s = duration_s(down.window.end, point.window.start) + random.uniform(5.0, 600.0)
    bound = changed(point, anchor=Anchor(activity_id=down.activity_id, edge="end", offset_s=wait_s))
    return swapped(one, (point, bound)).at(point.window)


def _before_the_start_of_its_anchor(one: Original, random: Random) -> Planted:
    up, down = first(one, UplinkActivity), first(one, DownlinkActivity)
    wait_s = duration_s(up.window.start, down.window.start) + random.uniform(5.0, 600.0)
    bound = changed(down, anchor=Anchor(activity_id=up.activity_id, edge="start", offset_s=wait_s))
    return swapped(one, (down, bound)).at(down.window)


def _after_its_contact(one: Original, random: Random) -> Planted:
    down = first(one, DownlinkActivity)
    out = moved(down, duration_s(down.window.end, down.contact.window.end) + random.uniform(3.0, 30.0))
    return swapped(one, (down, out)).at(out.window)


def _before_its_contact(one: Original, random: Random) -> Planted:
    down = first(one, DownlinkActivity)
    out = moved(down, duration_s(down.window.start, down.contact.window.start) - random.uniform(3.0, 30.0))
    return swapped(one, (down, out)).at(out.window)


def _burn_turns_away(one: Original, random: Random) -> Planted:
    burn = first(one, BurnActivity)
    end = add_s(burn.window.start, -random.uniform(20.0, 280.0))
    before = PointingActivity(
        activity_id="look-before",
        satellite=burn.satellite,
        window=Window(start=add_s(end, -600.0), end=end),
        pointing=PointingMode.INERTIAL,
        provenance=burn.provenance,
    )
    lead = Window(start=add_s(burn.window.start, -300.0), end=end)
    return activities(one, *one.plan.activities, changed(before)).at(lead)


def _image_turns_away(one: Original, random: Random) -> Planted:
    image, point = first(one, ImagingActivity), first(one, PointingActivity)
    end = add_s(image.window.start, -random.uniform(5.0, 0.8 * IMAGE_ATTITUDE_LEAD_S))
    before = changed(point, window=Window(start=add_s(end, -900.0), end=end), anchor=None)
    lead = Window(start=add_s(image.window.start, -IMAGE_ATTITUDE_LEAD_S), end=end)
    return swapped(one, (point, before)).at(lead)


TIMING: Final = (
    Fault("TMP-001", "a start in the past", "downlink", _pointing_in_the_past),
    Fault("TMP-001", "a command contact that has begun", "downlink", _contact_gone_by),
    Fault("TMP-002", "beyond the horizon", "downlink", _beyond_the_horizon),
    Fault("TMP-002", "before the horizon", "downlink", _before_the_horizon),
    Fault("TMP-003", "after its deadline", "downlink", _missed_deadline),
    Fault("TMP-004", "before its earliest start", "downlink", _too_early),
    Fault("TMP-004", "after its latest start", "downlink", _too_late),
    Fault("TMP-005", "a pointing over a downlink", "downlink", _pointing_over_downlink),
    Fault("TMP-005", "two pointings at once", "downlink", _pointing_over_pointing),
    Fault("TMP-005", "a pointing over an image", "image", _pointing_over_image),
    Fault("TMP-006", "before the end of its anchor", "downlink", _before_its_anchor),
    Fault("TMP-006", "before the start of its anchor", "downlink", _before_the_start_of_its_anchor),
    Fault("TMP-007", "after its contact", "downlink", _after_its_contact),
    Fault("TMP-007", "before its contact", "downlink", _before_its_contact),
    Fault("TMP-008", "a burn's attitude while another is held", "raise", _burn_turns_away),
    Fault("TMP-008", "an image's attitude while another is held", "image", _image_turns_away),
)
