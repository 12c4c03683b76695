"""Arguments that several tools share, and how they are checked against the mission and the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import AwareDatetime, BeforeValidator, Field

from core.mission.model import GroundStation, Spacecraft
from core.orbit import Orbit
from core.plan.orbit import planned_orbit
from core.time import format_utc, parse_utc
from tools.contract import ToolContext, ToolError

__all__ = [
    "MAXIMUM_SPAN",
    "Satellite",
    "Station",
    "Utc",
    "check_span",
    "check_window",
    "orbit_of",
    "satellite_of",
    "station_of",
]

MAXIMUM_SPAN: Final = timedelta(days=31)
# Mean elements tell where a satellite is for weeks, not for years: outside this span an answer would be a guess.
_ELEMENTS_VALID: Final = timedelta(days=60)


def _instant(value: object) -> object:
    return parse_utc(value) if isinstance(value, str) else value


Utc = Annotated[AwareDatetime, BeforeValidator(_instant), Field(description="UTC time, ISO 8601, YYYY-MM-DDTHH:MM:SSZ")]
Satellite = Annotated[str, Field(min_length=1, max_length=64, description="satellite id")]
Station = Annotated[str, Field(min_length=1, max_length=64, description="ground station id")]


def satellite_of(satellite: str, context: ToolContext) -> Spacecraft:
    """The spacecraft of an id; ToolError lists the valid ones."""
    valid = [craft.id for craft in context.mission.spacecraft]
    if satellite not in valid:
        raise ToolError(
            f"satellite {satellite!r} is not one of {valid}", code="unknown-satellite", valid={"satellite": valid}
        )
    return context.mission.craft(satellite)


def station_of(station: str, context: ToolContext) -> GroundStation:
    """The station of an id; ToolError lists the valid ones."""
    valid = [one.id for one in context.mission.stations]
    if station not in valid:
        raise ToolError(f"station {station!r} is not one of {valid}", code="unknown-station", valid={"station": valid})
    return context.mission.station(station)


def orbit_of(satellite: str, context: ToolContext) -> Orbit:
    """Where a satellite flies, with the burns drafted so far."""
    flown = planned_orbit(context.mission, satellite_of(satellite, context).id, context.existing)
    if flown.lost is not None:
        raise ToolError(f"the burns drafted before leave {satellite} no orbit: {flown.lost.reason}", code="MAN-002")
    return flown


def check_window(field: str, start: datetime, end: datetime, craft: Spacecraft) -> None:
    """Refuse a window that runs backwards, is too long, or is far from the elements' epoch."""
    if end <= start:
        raise ToolError(f"{field}: end {format_utc(end)} must be after start {format_utc(start)}", code="bad-window")
    if end - start > MAXIMUM_SPAN:
        raise ToolError(
            f"{field}: {(end - start).days} days is longer than the {MAXIMUM_SPAN.days} days allowed",
            code="bad-window",
            valid={"maximum_days": MAXIMUM_SPAN.days},
        )
    check_span(start, craft)
    check_span(end, craft)


def check_span(instant: datetime, craft: Spacecraft) -> None:
    """Refuse an instant for which the satellite's elements say nothing reliable."""
    away = abs(instant - craft.elements.epoch_utc)
    if away > _ELEMENTS_VALID:
        raise ToolError(
            f"{format_utc(instant)} is {away.days} days from the elements of {craft.id} "
            f"({format_utc(craft.elements.epoch_utc)}); they are good for {_ELEMENTS_VALID.days} days",
            code="elements-too-old",
            valid={"epoch": format_utc(craft.elements.epoch_utc), "days": _ELEMENTS_VALID.days},
        )
