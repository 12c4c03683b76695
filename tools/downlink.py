"""Payload data downlinks over passes."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

from core.attitude import half_turn_s
from core.mission.model import Bus, GroundStation
from core.orbit import Pass, find_passes
from core.plan.activity import (
    Activity,
    ArgumentOrigin,
    ContactRef,
    DownlinkActivity,
    Origin,
    RejectedAlternative,
    ResourceName,
    ResourceUse,
    Window,
)
from core.time import add_s, format_utc, tai_s_from_utc, utc_from_tai_s
from core.units import MEGABYTE, to_deg
from tools.arguments import Satellite, Station, Utc, check_window, orbit_of, satellite_of, station_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolError, ToolInput, ToolOutput
from tools.placement import (
    activity_id,
    after_previous,
    earliest_execution,
    overlaps_existing,
    provenance,
)

__all__ = ["SCHEDULE_DOWNLINK"]

_DEFAULT_DEADLINE: Final = timedelta(days=2)
_LINK_MARGIN_S: Final = 10.0  # after acquisition and before loss of signal: antenna lock


class DownlinkInput(ToolInput):
    """What to bring down, where, by when."""

    satellite: Satellite
    station: Station
    data_volume_mb: Annotated[float, Field(gt=0, le=1_000_000, description="megabytes, 1 GB = 1000 MB")]
    deadline: Utc | None = None


class DownlinkOutput(ToolOutput):
    """The contacts that carry the data."""

    satellite: str
    station: str
    data_volume_mb: float
    contacts: int
    first_start: str
    last_end: str


def _schedule(arguments: DownlinkInput, context: ToolContext) -> DownlinkOutput:
    craft = satellite_of(arguments.satellite, context)
    station = station_of(arguments.station, context)
    if "X" not in station.bands:
        valid = [one.id for one in context.mission.stations if "X" in one.bands]
        raise ToolError(f"{station.id} has no X-band reception", code="no-band", valid={"station": valid})
    now = context.clock.now_utc()
    deadline = arguments.deadline or now + _DEFAULT_DEADLINE
    if deadline <= now:
        raise ToolError(
            f"deadline {format_utc(deadline)} is in the past", code="past-deadline", valid={"after": format_utc(now)}
        )
    check_window("deadline", now, deadline, craft)
    earliest = earliest_execution(craft.id, context)
    chosen, rejected = _fill(arguments, station, context, earliest, deadline)
    return DownlinkOutput(
        summary=_summary(arguments, chosen),
        activities=chosen,
        rejected=rejected,
        satellite=craft.id,
        station=station.id,
        data_volume_mb=arguments.data_volume_mb,
        contacts=len(chosen),
        first_start=format_utc(chosen[0].window.start.replace(microsecond=0)),
        last_end=format_utc(chosen[-1].window.end.replace(microsecond=0)),
    )


def _fill(
    arguments: DownlinkInput, station: GroundStation, context: ToolContext, earliest: datetime, deadline: datetime
) -> tuple[tuple[DownlinkActivity, ...], tuple[RejectedAlternative, ...]]:
    """Give the volume to the earliest passes, as much as each carries."""
    bus = context.mission.bus_of(arguments.satellite)
    left_bytes = round(arguments.data_volume_mb * MEGABYTE)
    chosen: list[DownlinkActivity] = []
    rejected: list[RejectedAlternative] = []
    passes = _passes(arguments.satellite, station, context, earliest, deadline)
    for one in passes:
        start = utc_from_tai_s(one.aos_tai_s + _LINK_MARGIN_S)
        start = max(start, earliest)
        end = min(utc_from_tai_s(one.los_tai_s - _LINK_MARGIN_S), deadline)
        problem = _problem(arguments.satellite, start, end, one, bus, context)
        if problem:
            rejected.append(problem)
            continue
        possible = int((end - start).total_seconds() * bus.antenna.x_band_downlink_bit_s / 8.0)
        volume = min(left_bytes, possible)
        chosen.append(_activity(arguments, station, one, start, volume, bus, context, chosen, rejected))
        left_bytes -= volume
        if left_bytes == 0:
            return tuple(chosen), tuple(rejected)
    carried_mb = sum(one.volume_bytes for one in chosen) / MEGABYTE
    raise ToolError(
        f"{arguments.data_volume_mb:g} MB do not fit: {len(passes)} usable passes of {arguments.satellite} over {station.id} "
        f"before {format_utc(deadline)} carry {carried_mb:.0f} MB",
        code="GND-005",
        valid={"data_volume_mb": carried_mb, "deadline": format_utc(deadline)},
    )


def _passes(
    satellite: str, station: GroundStation, context: ToolContext, earliest: datetime, deadline: datetime
) -> list[Pass]:
    if deadline <= earliest:
        return []
    return find_passes(
        orbit_of(satellite, context), station, tai_s_from_utc(earliest) - 1200.0, tai_s_from_utc(deadline) + 1200.0
    )


def _problem(
    satellite: str, start: datetime, end: datetime, one: Pass, bus: Bus, context: ToolContext
) -> RejectedAlternative | None:
    name = f"pass at {format_utc(utc_from_tai_s(one.aos_tai_s).replace(microsecond=0))}"
    if end <= add_s(start, _LINK_MARGIN_S):
        return RejectedAlternative(
            description=name, code="GND-001", reason="over before the commands for it can be on board"
        )
    clash = overlaps_existing(start, end, satellite, half_turn_s(bus), context)
    if clash:
        return RejectedAlternative(description=name, code="TMP-005", reason=f"collides with {clash.activity_id}")
    return None


def _activity(
    arguments: DownlinkInput,
    station: GroundStation,
    one: Pass,
    start: datetime,
    volume_bytes: int,
    bus: Bus,
    context: ToolContext,
    chosen: list[DownlinkActivity],
    rejected: list[RejectedAlternative],
) -> DownlinkActivity:
    # Up to the next millisecond, so that the rounding of times never cuts the last bytes off.
    duration_s = math.ceil(volume_bytes * 8000.0 / bus.antenna.x_band_downlink_bit_s) / 1000.0
    contact = Window(start=utc_from_tai_s(one.aos_tai_s), end=utc_from_tai_s(one.los_tai_s))
    number = () if not chosen else (str(len(chosen) + 1),)
    before: list[Activity] = list(chosen)
    made = provenance(
        SCHEDULE_DOWNLINK_NAME,
        f"{'earliest' if not chosen else 'next'} usable pass over {station.id}, up to {to_deg(one.max_elevation_rad):.1f}° elevation",
        context,
        rejected,
    )
    return DownlinkActivity(
        activity_id=activity_id("downlink", arguments.satellite, station.id, *number, context=context),
        satellite=arguments.satellite,
        window=Window(start=start, end=add_s(start, duration_s)),
        latest_end=arguments.deadline,
        anchor=after_previous(arguments.satellite, start, context) if not before else None,
        contact=ContactRef(
            station=station.id, window=contact, max_elevation_deg=round(to_deg(one.max_elevation_rad), 3)
        ),
        volume_bytes=volume_bytes,
        resources=(ResourceUse(resource=ResourceName.DATA_STORE_BYTES, delta=-float(volume_bytes)),),
        provenance=made.model_copy(
            update={"arguments": {"contact": ArgumentOrigin(origin=Origin.COMPUTED, source=SCHEDULE_DOWNLINK_NAME)}}
        ),
    )


def _summary(arguments: DownlinkInput, chosen: tuple[DownlinkActivity, ...]) -> str:
    first, last = chosen[0], chosen[-1]
    where = f"{arguments.satellite} downlinks {arguments.data_volume_mb:g} MB at {arguments.station}"
    start, end = (format_utc(moment.replace(microsecond=0)) for moment in (first.window.start, last.window.end))
    over = "one contact" if len(chosen) == 1 else f"{len(chosen)} contacts"
    return f"{where} in {over}, from {start} to {end}."


SCHEDULE_DOWNLINK_NAME: Final = "schedule_downlink"
SCHEDULE_DOWNLINK = Tool(
    SCHEDULE_DOWNLINK_NAME,
    "Schedule a payload data downlink to a ground station",
    Effect.PROPOSE,
    Role.OPERATOR,
    2.0,
    DownlinkInput,
    DownlinkOutput,
    _schedule,
)
