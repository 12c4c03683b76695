"""Other ways to the end of a plan, each made by one change, flown and judged like the plan itself.

A downlink may use a later pass or another station, an image a later access or another satellite, burns a later revolution or
two smaller ones each, and the whole plan the next command contact. What an alternative does not do is ask for anything else:
volumes, durations of images and the sum of delta-v stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from core.errors import LlamaSpaceError
from core.mission.model import Mission
from core.plan.activity import Activity, BurnActivity, DownlinkActivity, ImagingActivity, UplinkActivity, Window
from core.plan.edit import apply_changes, replace_activities
from core.plan.model import Alternative, MissionPlan, Repair, RepairKind, Severity
from core.plan.orbit import planned_orbit
from core.plan.other_ways import InitialReader, by_another_satellite, split_burns
from core.plan.reschedule import at_later_access, reschedule
from core.plan.whatif import differences
from core.time import add_s, tai_s_from_utc

__all__ = ["find_alternatives"]

_MOST_CHECKED: Final = 5  # a check takes a tenth of a second for each day of the horizon

Check = Callable[[MissionPlan], MissionPlan]
Way = tuple[str, Callable[[], MissionPlan]]


def find_alternatives(
    plan: MissionPlan,
    mission: Mission,
    now_utc: datetime,
    check: Check,
    most: int = 3,
    initial_of: InitialReader | None = None,
) -> tuple[Alternative, ...]:
    """Up to so many other ways; those that nothing blocks first, then those that are blocked, with the codes that block.

    Args:
        plan: A checked plan.
        mission: The mission it is for.
        now_utc: When people begin to review.
        check: Flies and judges a plan as this one was.
        most: How many to give.
        initial_of: What a satellite that the plan does not have yet begins with; without it no other is looked at.
    """
    found: list[Alternative] = []
    seen = {_content(plan.activities)}
    for description, make in _ways(plan, mission, now_utc, initial_of):
        if len(found) >= _MOST_CHECKED or sum(not one.blocking_codes for one in found) >= most:
            break
        try:
            other = make()
            if _content(other.activities) in seen:
                continue
            seen.add(_content(other.activities))
            other = check(other)
        except LlamaSpaceError:
            continue  # this way does not exist: no pass, no access, or a burn that is bound to its instant
        changed = differences(plan, other)
        found.append(Alternative(description=description, differences=changed, blocking_codes=_codes(other)))
    return tuple(sorted(found, key=lambda one: bool(one.blocking_codes))[:most])


def _ways(plan: MissionPlan, mission: Mission, now_utc: datetime, initial_of: InitialReader | None) -> Iterator[Way]:
    """Candidates, the different before the similar: one for each kind of change, then more of them."""
    yield from _maneuvers(plan, mission, now_utc)
    for one in plan.activities:
        if isinstance(one, DownlinkActivity):
            yield _other_pass(plan, one, one.contact.station, mission, now_utc)
        elif isinstance(one, ImagingActivity):
            if initial_of is not None and len(mission.spacecraft) > 1:
                yield from _other_satellite(plan, one, mission, now_utc, initial_of)
            yield _other_access(plan, one, mission, now_utc)
    for satellite in plan.satellites:
        uplink = next((one for one in plan.activities if _is_uplink(one, satellite)), None)
        if uplink is not None:
            yield _next_contact(plan, uplink, mission)
    for one in plan.activities:
        if isinstance(one, DownlinkActivity):
            for station in mission.stations:
                if station.id != one.contact.station and "X" in station.bands:
                    yield _other_pass(plan, one, station.id, mission, now_utc)


def _maneuvers(plan: MissionPlan, mission: Mission, now_utc: datetime) -> Iterator[Way]:
    """Burns later, or split, where nothing else of that satellite depends on when they are."""
    for satellite in plan.satellites:
        mine = [one for one in plan.activities if one.satellite == satellite and not isinstance(one, UplinkActivity)]
        burns = [one for one in mine if isinstance(one, BurnActivity)]
        bound = any(one.purpose == "collision_avoidance" for one in burns)
        if not burns or bound or any(one.contact or isinstance(one, ImagingActivity) for one in mine):
            continue
        first = tai_s_from_utc(burns[0].window.start)
        period_s = planned_orbit(mission, satellite, ()).leg_at(first).period_s
        later = [
            (
                f"the burns of {satellite} {words} later",
                partial(_later, plan, satellite, revolutions * period_s, now_utc),
            )
            for revolutions, words in ((1, "one revolution"), (8, "eight revolutions"))
        ]
        yield later[0]
        if len(mine) == len(burns):
            yield (
                f"each burn of {satellite} as two, a revolution apart",
                partial(split_burns, plan, satellite, mission, now_utc),
            )
        yield later[1]


def _later(plan: MissionPlan, satellite: str, later_s: float, now_utc: datetime) -> MissionPlan:
    whole_s = round(later_s, 3)
    moved = tuple(
        one
        if one.satellite != satellite or isinstance(one, UplinkActivity)
        else one.model_copy(
            update={"window": Window(start=add_s(one.window.start, whole_s), end=add_s(one.window.end, whole_s))}
        )
        for one in plan.activities
    )
    return replace_activities(plan, moved, now_utc)


def _other_pass(plan: MissionPlan, one: Activity, station: str, mission: Mission, now_utc: datetime) -> Way:
    assert one.contact is not None
    later = station == one.contact.station
    # At another station from when the spacecraft has its commands; at the same one after the pass that it uses.
    window = None if later else Window(start=_loaded_utc(plan, one.satellite, now_utc), end=plan.horizon.end)
    change = Repair(
        kind=RepairKind.MOVE_TO_CONTACT,
        activity_id=one.activity_id,
        description="another pass",
        station=station,
        window=window,
    )
    words = f"{one.activity_id} at the next pass over {station}" if later else f"{one.activity_id} over {station}"
    return words, lambda: apply_changes(plan, [change], mission, now_utc)


def _other_access(plan: MissionPlan, one: ImagingActivity, mission: Mission, now_utc: datetime) -> Way:
    def make() -> MissionPlan:
        moved = at_later_access(one, one.window.end, mission, plan.activities)
        activities = tuple(moved if other.activity_id == one.activity_id else other for other in plan.activities)
        return replace_activities(plan, activities, now_utc)

    return f"{one.activity_id} at the next daylight access", make


def _other_satellite(
    plan: MissionPlan, one: ImagingActivity, mission: Mission, now_utc: datetime, initial_of: InitialReader
) -> Iterator[Way]:
    try:
        satellite, made = by_another_satellite(plan, one, mission, now_utc, initial_of)
    except LlamaSpaceError:
        return  # this way does not exist: nothing may be moved, or nobody else sees the place
    yield f"{one.activity_id} by {satellite}", lambda: made


def _next_contact(plan: MissionPlan, uplink: Activity, mission: Mission) -> Way:
    end_utc = uplink.window.end

    def make() -> MissionPlan:
        return replace_activities(plan, reschedule(plan.activities, uplink.satellite, mission, end_utc), end_utc)

    return f"all of {uplink.satellite} behind the next command contact", make


def _loaded_utc(plan: MissionPlan, satellite: str, now_utc: datetime) -> datetime:
    return max((one.window.end for one in plan.activities if _is_uplink(one, satellite)), default=now_utc)


def _is_uplink(one: Activity, satellite: str) -> bool:
    return isinstance(one, UplinkActivity) and one.satellite == satellite


def _codes(plan: MissionPlan) -> tuple[str, ...]:
    findings = plan.validation.findings if plan.validation else ()
    return tuple(dict.fromkeys(one.code for one in findings if one.severity is Severity.BLOCK))


def _content(activities: Sequence[Activity]) -> frozenset[tuple[str, datetime, str]]:
    return frozenset(
        (one.activity_id, one.window.start, one.contact.station if one.contact else "") for one in activities
    )
