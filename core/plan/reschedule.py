"""Moves everything that one satellite does behind its next free command contact.

What is asked for stays: order, durations, volumes, anchors, deadlines. An activity that can stay where it is does; one
that comes too early moves to the next pass over its station, the next daylight access to its target, or simply on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from core.attitude import half_turn_s
from core.errors import PhysicsError
from core.mission.model import Mission
from core.orbit import Orbit, find_target_access
from core.plan.activity import (
    Activity,
    BurnActivity,
    DownlinkActivity,
    ImagingActivity,
    ModeActivity,
    UplinkActivity,
    Window,
)
from core.plan.booking import Bookings
from core.plan.checks.geometry import MINIMUM_SUN_ELEVATION_DEG
from core.plan.contact import at_next_contact
from core.plan.draft import uplink_activity
from core.plan.orbit import planned_orbit
from core.plan.uplink import LOAD_TIME_S, next_command_contact
from core.time import add_s, duration_s, format_utc, tai_s_from_utc, utc_from_tai_s
from core.units import to_deg, to_rad

__all__ = ["at_later_access", "reschedule"]

Activities = tuple[Activity, ...]
_ACCESS_SEARCH_S: Final = 7.0 * 86_400.0  # the longest gap between accesses within 30 degrees of nadir is some days


@dataclass(frozen=True)
class _Frame:
    """What a placement may look at: the mission, the contacts of the other satellites, and what is placed already."""

    mission: Mission
    bookings: Bookings
    placed: Activities = ()

    def orbit(self, satellite: str) -> Orbit:
        """Where the satellite flies after the burns that are placed."""
        return planned_orbit(self.mission, satellite, self.placed)


def reschedule(
    activities: Activities, satellite: str, mission: Mission, now_utc: datetime, held: Bookings | None = None
) -> Activities:
    """The same activities, those of one satellite placed so that its commands can be on board before the first.

    ``held`` are contacts of other approved plans.

    Raises:
        PhysicsError: No free contact, no pass or access before a deadline, or a burn that is bound to its instant.
    """
    others = tuple(one for one in activities if one.satellite != satellite)
    frame = _Frame(mission, (held or Bookings()).joined(Bookings.of(others)))
    mine = sorted((one for one in activities if one.satellite == satellite), key=lambda one: one.window.start)
    uplink = _uplink(mine, satellite, frame, now_utc)
    steps = [one for one in mine if not isinstance(one, UplinkActivity)]
    return (*others, uplink, *_placed(steps, add_s(uplink.window.start, LOAD_TIME_S), satellite, frame))


def _uplink(mine: Sequence[Activity], satellite: str, frame: _Frame, now_utc: datetime) -> UplinkActivity:
    """The contact that the plan has, where it is still to come and free; otherwise the next one."""
    for one in mine:
        if isinstance(one, UplinkActivity) and one.window.start > now_utc:
            station = frame.mission.station(one.contact.station)
            if frame.bookings.holder(station, one.contact.window, satellite) is None:
                return one
    contact = next_command_contact(frame.mission, satellite, now_utc, frame.bookings)
    reason = "the next free pass that leaves time for review"
    return uplink_activity(satellite, contact, reason, f"uplink-{satellite.lower()}")


def _placed(steps: Sequence[Activity], executable_utc: datetime, satellite: str, frame: _Frame) -> Activities:
    turn_s = half_turn_s(frame.mission.bus_of(satellite))
    earliest, moved = executable_utc, dict[str, Activity]()
    previous: Activity | None = None
    for one in steps:
        if previous is not None:
            gap_s = turn_s if not isinstance(one, ModeActivity) else 0.0
            # What was closer together by choice may stay so; what moved keeps time to turn.
            kept_s = max(duration_s(previous.window.end, one.window.start), 0.0)
            after = moved[previous.activity_id]
            earliest = max(earliest, add_s(after.window.end, min(gap_s, kept_s) if after is previous else gap_s))
        before = replace(frame, placed=tuple(moved.values()))
        moved[one.activity_id] = _from(one, max(earliest, _anchored(one, moved)), before)
        previous = one
    return tuple(moved.values())


def _anchored(one: Activity, moved: dict[str, Activity]) -> datetime:
    """Where its anchor puts it; its own start where it has none, or the anchor is another satellite's."""
    other = moved.get(one.anchor.activity_id) if one.anchor else None
    if one.anchor is None or other is None:
        return one.window.start
    edge = other.window.start if one.anchor.edge == "start" else other.window.end
    return max(one.window.start, add_s(edge, one.anchor.offset_s))


def _from(one: Activity, earliest: datetime, frame: _Frame) -> Activity:
    """The activity at its first chance from an instant on; unchanged where it already lies there and is free."""
    clash = one.contact and frame.bookings.holder(
        frame.mission.station(one.contact.station), one.contact.window, one.satellite
    )
    if one.window.start >= earliest and not clash:
        return one
    later = _LATER.get(type(one), _simply_later)(one, earliest, frame)
    if one.latest_start and later.window.start > one.latest_start:
        raise PhysicsError(
            f"{one.activity_id} would start at {format_utc(later.window.start)}, after its latest start "
            f"{format_utc(one.latest_start)}",
            code="TMP-004",
        )
    if one.latest_end and later.window.end > one.latest_end:
        raise PhysicsError(
            f"{one.activity_id} would end at {format_utc(later.window.end)}, after its deadline "
            f"{format_utc(one.latest_end)}",
            code="TMP-003",
        )
    return later


def _simply_later(one: Activity, earliest: datetime, _frame: _Frame) -> Activity:
    return one.model_copy(update={"window": Window(start=earliest, end=add_s(earliest, one.window.duration_s))})


def _at_later_pass(one: Activity, earliest: datetime, frame: _Frame) -> Activity:
    assert one.contact is not None
    station = frame.mission.station(one.contact.station)
    return at_next_contact(one, station, earliest, frame.bookings, frame.orbit(one.satellite))


def at_later_access(
    one: ImagingActivity, earliest: datetime, mission: Mission, activities: Sequence[Activity]
) -> Activity:
    """The image at the first daylight access from an instant on, on the orbit with the burns of some activities.

    Raises:
        PhysicsError: There is none within a week.
    """
    return _at_later_access(one, earliest, _Frame(mission, Bookings.of(()), tuple(activities)))


def _at_later_access(one: Activity, earliest: datetime, frame: _Frame) -> Activity:
    assert isinstance(one, ImagingActivity)
    target = next((place for place in frame.mission.targets if place.name == one.target), None)
    begin = tai_s_from_utc(earliest)
    half_s = 0.5 * one.window.duration_s
    for access in find_target_access(
        frame.orbit(one.satellite),
        to_rad(one.latitude_deg),
        to_rad(one.longitude_deg),
        target.height_m if target else 0.0,
        begin,
        begin + _ACCESS_SEARCH_S,
        to_rad(one.max_off_nadir_deg),
        to_rad(MINIMUM_SUN_ELEVATION_DEG),
    ):
        if access.start_tai_s <= access.best_tai_s - half_s and access.best_tai_s + half_s <= access.end_tai_s:
            start = utc_from_tai_s(access.best_tai_s - half_s)
            return one.model_copy(
                update={
                    "window": Window(start=start, end=add_s(start, one.window.duration_s)),
                    "predicted_off_nadir_deg": round(to_deg(access.min_off_nadir_rad), 2),
                    "sun_elevation_deg": round(to_deg(access.sun_elevation_rad), 1),
                }
            )
    raise PhysicsError(f"{one.satellite} has no later daylight access to {one.target} within a week", code="GEO-002")


def _burn_later(one: Activity, earliest: datetime, frame: _Frame) -> Activity:
    assert isinstance(one, BurnActivity)
    if one.purpose == "collision_avoidance":
        raise PhysicsError(
            f"{one.activity_id} is bound to its conjunction and cannot simply move: plan the avoidance again",
            code="bound-burn",
        )
    return _simply_later(one, earliest, frame)


_LATER: Final[dict[type, Callable[[Activity, datetime, _Frame], Activity]]] = {
    DownlinkActivity: _at_later_pass,
    ImagingActivity: _at_later_access,
    BurnActivity: _burn_later,
}
