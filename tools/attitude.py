"""Attitudes to hold and operating modes to take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from core.attitude import half_turn_s
from core.mission.model import Mode
from core.plan.activity import ModeActivity, PointingActivity, PointingMode, Window
from core.time import add_s, format_utc
from core.units import MINUTE_S
from tools.arguments import Satellite, Utc, check_span, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolError, ToolInput, ToolOutput
from tools.placement import activity_id, after_previous, earliest_execution, free_from, provenance

__all__ = ["POINT_ATTITUDE", "SET_MODE"]

_TRANSITION_S: Final = 60.0


class Pointing(StrEnum):
    """Attitudes that an operator can ask for."""

    SUN = "sun"
    NADIR = "nadir"
    INERTIAL = "inertial"


class PointInput(ToolInput):
    """Where to point and for how long."""

    satellite: Satellite
    pointing: Pointing
    duration_min: Annotated[float, Field(gt=0, le=1440, description="minutes")]


class PointOutput(ToolOutput):
    """When the attitude is held."""

    satellite: str
    pointing: str
    start: str
    end: str
    duration_min: float


def _point(arguments: PointInput, context: ToolContext) -> PointOutput:
    craft = satellite_of(arguments.satellite, context)
    bus = context.mission.bus_of(craft.id)
    duration_s = arguments.duration_min * MINUTE_S
    earliest = earliest_execution(craft.id, context)
    start = free_from(earliest, duration_s, craft.id, half_turn_s(bus), context).replace(microsecond=0)
    start = add_s(start, 1.0)
    activity = PointingActivity(
        activity_id=activity_id("point", craft.id, arguments.pointing, context=context),
        satellite=craft.id,
        window=Window(start=start, end=add_s(start, duration_s)),
        anchor=after_previous(craft.id, start, context),
        pointing=PointingMode(arguments.pointing),
        provenance=provenance(
            "point_attitude", "earliest time at which it can be commanded and the spacecraft is free", context
        ),
    )
    start_text, end_text = format_utc(activity.window.start), format_utc(activity.window.end)
    return PointOutput(
        summary=f"{craft.id} points {_towards(arguments.pointing)} for {arguments.duration_min:g} min, from {start_text} to {end_text}.",
        activities=(activity,),
        satellite=craft.id,
        pointing=arguments.pointing,
        start=start_text,
        end=end_text,
        duration_min=arguments.duration_min,
    )


def _towards(pointing: Pointing) -> str:
    return {Pointing.SUN: "at the Sun", Pointing.NADIR: "to nadir", Pointing.INERTIAL: "inertially fixed"}[pointing]


class ModeInput(ToolInput):
    """Which mode, and when."""

    satellite: Satellite
    mode: Mode
    at: Utc | None = None


class ModeOutput(ToolOutput):
    """When the mode is taken."""

    satellite: str
    mode: str
    at: str


def _set_mode(arguments: ModeInput, context: ToolContext) -> ModeOutput:
    craft = satellite_of(arguments.satellite, context)
    now, earliest = context.clock.now_utc(), earliest_execution(craft.id, context)
    at = arguments.at or add_s(earliest.replace(microsecond=0), 1.0)
    if at <= now:
        raise ToolError(
            f"{format_utc(at)} is in the past", code="past-time", valid={"at_or_after": format_utc(earliest)}
        )
    if at < earliest:
        raise ToolError(
            f"{craft.id} can be told nothing before its next contact: the mode can change at {format_utc(earliest)} at the earliest",
            code="GND-001",
            valid={"at_or_after": format_utc(add_s(earliest.replace(microsecond=0), 1.0))},
        )
    check_span(at, craft)
    activity = ModeActivity(
        activity_id=activity_id("mode", craft.id, arguments.mode, context=context),
        satellite=craft.id,
        window=Window(start=at, end=add_s(at, _TRANSITION_S)),
        anchor=after_previous(craft.id, at, context),
        mode=arguments.mode,
        pointing=PointingMode.SUN if arguments.mode is Mode.SAFE else PointingMode.NADIR,
        provenance=provenance(
            "set_mode", "as asked" if arguments.at else "earliest time at which it can be commanded", context
        ),
    )
    return ModeOutput(
        summary=f"{craft.id} goes into {arguments.mode} mode at {format_utc(at)}.",
        activities=(activity,),
        satellite=craft.id,
        mode=arguments.mode,
        at=format_utc(at),
    )


POINT_ATTITUDE = Tool(
    "point_attitude",
    "Point a satellite: sun, nadir, or inertial hold, for a duration",
    Effect.PROPOSE,
    Role.OPERATOR,
    2.0,
    PointInput,
    PointOutput,
    _point,
)
SET_MODE = Tool(
    "set_mode",
    "Command a satellite into an operating mode (needs approval)",
    Effect.PROPOSE,
    Role.OPERATOR,
    2.0,
    ModeInput,
    ModeOutput,
    _set_mode,
)
