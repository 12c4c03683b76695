"""The mission, its clock, where the spacecraft are, and who sees them when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.auth.accounts import User
from api.auth.dependencies import CurrentRuntime, Viewer, may
from api.rest.answers import (
    ClockAnswer,
    ContactPass,
    MissionAnswer,
    OrbitEntry,
    OrbitsAnswer,
    Position,
    PositionsAnswer,
    SpacecraftEntry,
    StationEntry,
    TargetEntry,
)
from api.rest.paging import Cursor, Limit, Page, page_of
from api.service.runtime import Runtime
from core.authority import Action
from core.errors import InputError
from core.mission.model import GroundStation, Spacecraft
from core.orbit import Sgp4Orbit, find_passes, state_at
from core.time import format_utc, parse_utc, tai_s_from_utc, utc_from_tai_s
from core.time.clock import MAXIMUM_RATE
from core.units import to_deg

__all__ = ["router"]

router = APIRouter(tags=["mission"])
_LONGEST = timedelta(days=14)


class Rate(BaseModel):
    """How fast simulated time runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: Annotated[float, Field(gt=0, le=MAXIMUM_RATE)]


@router.get("/mission")
def mission(_user: Viewer, runtime: CurrentRuntime) -> MissionAnswer:
    """The mission that is flown."""
    plan = runtime.mission
    return MissionAnswer(
        name=plan.name,
        revision=plan.revision,
        description=plan.description,
        model=runtime.model,
        spacecraft=tuple(
            SpacecraftEntry(id=one.id, aliases=one.aliases, norad_id=one.norad_id, bus=one.bus)
            for one in plan.spacecraft
        ),
        stations=tuple(
            StationEntry(
                id=one.id,
                name=one.name,
                latitude_deg=one.latitude_deg,
                longitude_deg=one.longitude_deg,
                minimum_elevation_deg=one.minimum_elevation_deg,
                bands=one.bands,
            )
            for one in plan.stations
        ),
        targets=tuple(
            TargetEntry(name=one.name, latitude_deg=one.latitude_deg, longitude_deg=one.longitude_deg)
            for one in plan.targets
        ),
        flight_rules=plan.flight_rules,
    )


@router.get("/clock")
def clock(_user: Viewer, runtime: CurrentRuntime) -> ClockAnswer:
    """Mission time and its rate."""
    return ClockAnswer.model_validate(runtime.clock_service.view())


@router.put("/clock")
def set_clock(rate: Rate, _user: Annotated[User, may(Action.SET_CLOCK)], runtime: CurrentRuntime) -> ClockAnswer:
    """Change how fast simulated time runs."""
    runtime.clock_service.set_rate(rate.rate)
    runtime.flight.set_rate(rate.rate)
    view = runtime.clock_service.view()
    runtime.broadcaster.publish({"type": "clock", "clock": view})
    return ClockAnswer.model_validate(view)


@router.get("/spacecraft/positions")
def positions(_user: Viewer, runtime: CurrentRuntime) -> PositionsAnswer:
    """Where every spacecraft is now."""
    now = runtime.clock.now_utc()
    return PositionsAnswer(
        at=format_utc(now),
        positions=tuple(_position(one, runtime, tai_s_from_utc(now)) for one in runtime.mission.spacecraft),
    )


@router.get("/orbits")
def orbits(_user: Viewer, runtime: CurrentRuntime) -> OrbitsAnswer:
    """The orbits that plans and passes are computed with, and the fixes they come from."""
    return OrbitsAnswer(
        orbits=tuple(
            OrbitEntry(
                satellite=one.id,
                elements=one.elements,
                update=runtime.orbits.newest(one.id),
                doubt=one.orbit_doubt,
                checked_until=one.orbit_checked_until,
            )
            for one in runtime.mission.spacecraft
        )
    )


@router.get("/passes")
def passes(
    _user: Viewer,
    runtime: CurrentRuntime,
    satellite: Annotated[str | None, Query(max_length=64)] = None,
    station: Annotated[str | None, Query(max_length=64)] = None,
    start: Annotated[str | None, Query(max_length=40)] = None,
    end: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Page[ContactPass]:
    """Passes in time order; without arguments, the next twelve hours of everything."""
    begin = parse_utc(start, "start") if start else runtime.clock.now_utc()
    until = parse_utc(end, "end") if end else begin + timedelta(hours=12)
    if not begin < until <= begin + _LONGEST:
        raise InputError("end", f"must be after start and at most {_LONGEST.days} days later")
    crafts = [runtime.mission.craft(satellite)] if satellite else list(runtime.mission.spacecraft)
    stations = [runtime.mission.station(station)] if station else list(runtime.mission.stations)
    rows = [row for craft in crafts for place in stations for row in _passes(craft, place, begin, until)]
    return page_of(sorted(rows, key=lambda row: row.aos), limit, cursor)


def _passes(craft: Spacecraft, station: GroundStation, begin: datetime, until: datetime) -> list[ContactPass]:
    orbit = Sgp4Orbit.from_elements(craft.elements)
    return [
        ContactPass(
            satellite=craft.id,
            station=station.id,
            aos=format_utc(utc_from_tai_s(one.aos_tai_s)),
            los=format_utc(utc_from_tai_s(one.los_tai_s)),
            max_elevation_deg=round(to_deg(one.max_elevation_rad), 2),
        )
        for one in find_passes(orbit, station, tai_s_from_utc(begin), tai_s_from_utc(until))
    ]


def _position(craft: Spacecraft, runtime: Runtime, t_tai_s: float) -> Position:
    state = state_at(Sgp4Orbit.from_elements(craft.elements), t_tai_s)
    return Position(
        satellite=craft.id,
        latitude_deg=round(to_deg(state.latitude_rad), 4),
        longitude_deg=round(to_deg(state.longitude_rad), 4),
        height_km=round(state.height_m / 1000.0, 2),
        in_eclipse=state.in_eclipse,
        station=runtime.flight.contact_of(craft.id),
    )
