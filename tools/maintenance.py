"""Calibration and maintenance of a satellite, in the attitude and the light that each work needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

from core.attitude import half_turn_s
from core.plan.activity import PointingActivity, RejectedAlternative, Window
from core.plan.maintenance import NEEDS, Light, Work, light_windows
from core.plan.orbit import planned_orbit
from core.time import add_s, duration_s, format_utc, tai_s_from_utc, utc_from_tai_s
from core.units import MINUTE_S
from tools.arguments import Satellite, Utc, check_window, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolError, ToolInput, ToolOutput
from tools.placement import activity_id, after_previous, earliest_execution, free_from, provenance

__all__ = ["SCHEDULE_MAINTENANCE"]

_LOOK_AHEAD: Final = timedelta(days=2)
_TOLD: Final = 6  # stretches that were tried: a reader wants reasons, not lists


class MaintenanceInput(ToolInput):
    """Which work on which satellite, and when it may be."""

    satellite: Satellite
    work: Work
    duration_min: Annotated[
        float | None, Field(gt=0, le=1440, description="minutes; what the work usually takes where it is not given")
    ] = None
    start: Utc | None = None
    end: Utc | None = None


class MaintenanceOutput(ToolOutput):
    """When the work is done."""

    satellite: str
    work: str
    pointing: str
    light: str
    start: str
    end: str
    duration_min: float


def _schedule(arguments: MaintenanceInput, context: ToolContext) -> MaintenanceOutput:
    craft, need = satellite_of(arguments.satellite, context), NEEDS[arguments.work]
    wanted_s = arguments.duration_min * MINUTE_S if arguments.duration_min is not None else need.duration_s
    earliest = earliest_execution(craft.id, context)
    begin = max(earliest, arguments.start) if arguments.start is not None else earliest
    end = arguments.end or begin + _LOOK_AHEAD
    if end <= begin:
        raise ToolError(
            f"{craft.id} can carry out new commands from {format_utc(earliest)}; {format_utc(end)} is not after that",
            code="GND-001",
            valid={"end_after": format_utc(add_s(begin, wanted_s))},
        )
    check_window("start, end", begin, end, craft)
    rejected: list[RejectedAlternative] = []
    longest_s = 0.0
    for stretch in _stretches(craft.id, need.light, begin, end, context):
        longest_s = max(longest_s, stretch.duration_s)
        start = add_s(_free_in(stretch, craft.id, wanted_s, context).replace(microsecond=0), 1.0)
        if add_s(start, wanted_s) <= stretch.end:
            return _placed(
                arguments, craft.id, Window(start=start, end=add_s(start, wanted_s)), stretch, rejected, context
            )
        rejected.append(
            RejectedAlternative(
                description=f"{arguments.work} from {format_utc(stretch.start)}",
                code="GEO-003" if stretch.duration_s < wanted_s else "TMP-005",
                reason=f"{stretch.duration_s / MINUTE_S:.1f} min {_in_light(need.light)}, or less beside what is drafted",
            )
        )
    raise ToolError(
        f"{craft.id} has no {wanted_s / MINUTE_S:g} min {_in_light(need.light)} that are free between {format_utc(begin)} "
        f"and {format_utc(end)}; the longest such stretch is {longest_s / MINUTE_S:.1f} min",
        code="GEO-003" if longest_s < wanted_s else "TMP-005",
        valid={"longest_min": round(longest_s / MINUTE_S, 1), "end": "later", "work": [one.value for one in Work]},
    )


def _stretches(satellite: str, light: Light, begin: datetime, end: datetime, context: ToolContext) -> Iterator[Window]:
    """Where in the window the light is right, on the orbit that the drafted burns lead to, in order."""
    orbit = planned_orbit(context.mission, satellite, context.existing)
    first, last = tai_s_from_utc(begin), tai_s_from_utc(end)
    for rise, fall in light_windows(orbit, light, first, last):
        if max(rise, first) < min(fall, last):
            yield Window(start=utc_from_tai_s(max(rise, first)), end=utc_from_tai_s(min(fall, last)))


def _free_in(stretch: Window, satellite: str, wanted_s: float, context: ToolContext) -> datetime:
    return free_from(stretch.start, wanted_s, satellite, half_turn_s(context.mission.bus_of(satellite)), context)


def _placed(
    arguments: MaintenanceInput,
    satellite: str,
    window: Window,
    stretch: Window,
    rejected: list[RejectedAlternative],
    context: ToolContext,
) -> MaintenanceOutput:
    need = NEEDS[arguments.work]
    bounded = need.light is not Light.ANY
    activity = PointingActivity(
        activity_id=activity_id(arguments.work.value, satellite, context=context),
        satellite=satellite,
        window=window,
        earliest_start=stretch.start if bounded else arguments.start,
        latest_end=stretch.end if bounded else arguments.end,
        anchor=after_previous(satellite, window.start, context),
        pointing=need.pointing,
        provenance=provenance(
            "schedule_maintenance",
            f"{need.words}: the earliest free time {_in_light(need.light)}",
            context,
            rejected[:_TOLD],
        ),
    )
    minutes = round(duration_s(window.start, window.end) / MINUTE_S, 3)
    start_text, end_text = format_utc(window.start), format_utc(window.end)
    return MaintenanceOutput(
        summary=f"{satellite}: {need.words}, {minutes:g} min from {start_text} to {end_text}, pointing {need.pointing}.",
        activities=(activity,),
        satellite=satellite,
        work=arguments.work,
        pointing=need.pointing,
        light=need.light,
        start=start_text,
        end=end_text,
        duration_min=minutes,
    )


def _in_light(light: Light) -> str:
    return {Light.ANY: "of time", Light.SUNLIT: "in sunlight", Light.DARK: "in the Earth's shadow"}[light]


SCHEDULE_MAINTENANCE = Tool(
    "schedule_maintenance",
    "Schedule a calibration or maintenance of a satellite (star trackers, gyro, Sun sensors, magnetometer, imager, wheels, computer)",
    Effect.PROPOSE,
    Role.OPERATOR,
    3.0,
    MaintenanceInput,
    MaintenanceOutput,
    _schedule,
)
