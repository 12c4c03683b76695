"""Images of places on the ground."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from rapidfuzz import fuzz, process, utils

from core.attitude import half_turn_s
from core.orbit import Access, find_target_access
from core.plan.activity import ImagingActivity, RejectedAlternative, ResourceName, ResourceUse, Window
from core.plan.checks.geometry import MINIMUM_SUN_ELEVATION_DEG
from core.time import add_s, format_utc, tai_s_from_utc, utc_from_tai_s
from core.units import to_deg, to_rad
from tools.arguments import Satellite, Utc, check_window, orbit_of, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolError, ToolInput, ToolOutput
from tools.placement import (
    activity_id,
    after_previous,
    earliest_execution,
    overlaps_existing,
    provenance,
)

__all__ = ["FIND_TARGET_ACCESS", "SCHEDULE_IMAGING", "Place", "place_of"]

_IMAGE_S: Final = 10.0
_NAME_MATCH: Final = 87.0
_Latitude = Annotated[float, Field(ge=-90, le=90, description="north positive")]
_Longitude = Annotated[float, Field(ge=-180, le=180, description="east positive")]
_OffNadir = Annotated[float, Field(gt=0, le=60, description="off-nadir limit")]
_Place = Annotated[str, Field(min_length=1, max_length=60, description="place name")]


@dataclass(frozen=True)
class Place:
    """A named or unnamed point on the ground."""

    name: str
    latitude_deg: float
    longitude_deg: float
    height_m: float


class ImagingInput(ToolInput):
    """What to image, by name or coordinates, and when."""

    satellite: Satellite
    target: _Place | None = None
    latitude_deg: _Latitude | None = None
    longitude_deg: _Longitude | None = None
    start: Utc | None = None
    end: Utc
    max_off_nadir_deg: _OffNadir | None = None


class ImagingOutput(ToolOutput):
    """The chosen access."""

    satellite: str
    target: str
    latitude_deg: float
    longitude_deg: float
    start: str
    off_nadir_deg: float
    sun_elevation_deg: float


def _schedule(arguments: ImagingInput, context: ToolContext) -> ImagingOutput:
    craft = satellite_of(arguments.satellite, context)
    bus = context.mission.bus_of(craft.id)
    place = place_of(arguments.target, arguments.latitude_deg, arguments.longitude_deg, context)
    allowed_deg = min(arguments.max_off_nadir_deg or bus.imager.maximum_off_nadir_deg, bus.imager.maximum_off_nadir_deg)
    now = context.clock.now_utc()
    begin = max(arguments.start or now, now)
    check_window("start, end", begin, arguments.end, craft)
    earliest = max(earliest_execution(craft.id, context), begin)
    chosen, rejected = _choose(arguments, place, allowed_deg, context)
    if chosen is None:
        raise ToolError(
            f"{craft.id} cannot image {place.name} within {allowed_deg:g}° of nadir by daylight between {format_utc(earliest)} "
            f"and {format_utc(arguments.end)}" + "".join(f"; {one.description}: {one.reason}" for one in rejected[:3]),
            code="GEO-002",
            valid={"max_off_nadir_deg": bus.imager.maximum_off_nadir_deg, "end": "later"},
        )
    start = utc_from_tai_s(chosen.best_tai_s - 0.5 * _IMAGE_S)
    off_nadir_deg, sun_deg = round(to_deg(chosen.min_off_nadir_rad), 2), round(to_deg(chosen.sun_elevation_rad), 1)
    activity = ImagingActivity(
        activity_id=activity_id("image", craft.id, place.name, context=context),
        satellite=craft.id,
        window=Window(start=start, end=add_s(start, _IMAGE_S)),
        earliest_start=arguments.start,
        latest_end=arguments.end,
        anchor=after_previous(craft.id, start, context),
        resources=(
            ResourceUse(resource=ResourceName.DATA_STORE_BYTES, delta=bus.imager.data_rate_bit_s / 8.0 * _IMAGE_S),
        ),
        target=place.name,
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        max_off_nadir_deg=allowed_deg,
        predicted_off_nadir_deg=off_nadir_deg,
        sun_elevation_deg=sun_deg,
        provenance=provenance(
            "schedule_imaging", "earliest daylight access within the off-nadir limit", context, rejected
        ),
    )
    stamp = format_utc(start.replace(microsecond=0))
    return ImagingOutput(
        summary=f"{craft.id} images {place.name} at {stamp}, {off_nadir_deg}° off nadir with the Sun at {sun_deg}°.",
        activities=(activity,),
        rejected=rejected,
        satellite=craft.id,
        target=place.name,
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        start=stamp,
        off_nadir_deg=off_nadir_deg,
        sun_elevation_deg=sun_deg,
    )


def _choose(
    arguments: ImagingInput, place: Place, allowed_deg: float, context: ToolContext
) -> tuple[Access | None, tuple[RejectedAlternative, ...]]:
    now = context.clock.now_utc()
    begin = max(arguments.start or now, now)
    earliest = earliest_execution(arguments.satellite, context)
    margin_s = half_turn_s(context.mission.bus_of(arguments.satellite))
    rejected: list[RejectedAlternative] = []
    for one in _accesses(arguments.satellite, place, begin, arguments.end, allowed_deg, context):
        start, end = utc_from_tai_s(one.best_tai_s - 0.5 * _IMAGE_S), utc_from_tai_s(one.best_tai_s + 0.5 * _IMAGE_S)
        name = f"access at {format_utc(start.replace(microsecond=0))}"
        clash = overlaps_existing(start, end, arguments.satellite, margin_s, context)
        if to_deg(one.sun_elevation_rad) < MINIMUM_SUN_ELEVATION_DEG:
            reason = f"the Sun stands at {to_deg(one.sun_elevation_rad):.1f}°"
            rejected.append(RejectedAlternative(description=name, code="GEO-003", reason=reason))
        elif one.end_tai_s - one.start_tai_s < _IMAGE_S or one.best_tai_s - 0.5 * _IMAGE_S < one.start_tai_s:
            rejected.append(RejectedAlternative(description=name, code="GEO-002", reason="too short for an image"))
        elif start < add_s(earliest, margin_s):
            rejected.append(
                RejectedAlternative(description=name, code="GND-001", reason="before the commands can be on board")
            )
        elif clash:
            rejected.append(
                RejectedAlternative(description=name, code="TMP-005", reason=f"collides with {clash.activity_id}")
            )
        else:
            return one, tuple(rejected)
    return None, tuple(rejected)


def _accesses(
    satellite: str, place: Place, begin: datetime, end: datetime, allowed_deg: float, context: ToolContext
) -> list[Access]:
    return find_target_access(
        orbit_of(satellite, context),
        to_rad(place.latitude_deg),
        to_rad(place.longitude_deg),
        place.height_m,
        tai_s_from_utc(begin),
        tai_s_from_utc(end),
        to_rad(allowed_deg),
    )


def place_of(
    target: str | None, latitude_deg: float | None, longitude_deg: float | None, context: ToolContext
) -> Place:
    """The place of a name that the mission knows, or of coordinates; ToolError lists the nearest names."""
    if latitude_deg is not None and longitude_deg is not None:
        return Place(target or f"{latitude_deg:.4f}, {longitude_deg:.4f}", latitude_deg, longitude_deg, 0.0)
    if target is None:
        raise ToolError(
            "give a target's name, or both latitude_deg and longitude_deg",
            code="missing-target",
            valid={"target": [one.name for one in context.mission.targets]},
        )
    names = {alias: one for one in context.mission.targets for alias in (one.name, *one.aliases)}
    found = process.extractOne(target, names.keys(), scorer=fuzz.token_sort_ratio, processor=utils.default_process)
    if found is None or found[1] < _NAME_MATCH:
        near = [name for name, *_ in process.extract(target, names.keys(), scorer=fuzz.WRatio, limit=3)]
        raise ToolError(
            f"the mission knows no place named {target!r}: give its coordinates, or one of its {len(context.mission.targets)} targets",
            code="unknown-target",
            valid={"nearest_names": near},
        )
    known = names[found[0]]
    return Place(known.name, known.latitude_deg, known.longitude_deg, known.height_m)


class AccessInput(ToolInput):
    """Which place, and when."""

    satellite: Satellite
    target: _Place | None = None
    latitude_deg: _Latitude | None = None
    longitude_deg: _Longitude | None = None
    start: Utc
    end: Utc
    max_off_nadir_deg: _OffNadir | None = None


class AccessRow(BaseModel):
    """One access window, UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: str
    end: str
    best: str
    off_nadir_deg: float
    sun_elevation_deg: float


class AccessOutput(ToolOutput):
    """Accesses in time order, day and night."""

    satellite: str
    target: str
    accesses: tuple[AccessRow, ...]


def _find_access(arguments: AccessInput, context: ToolContext) -> AccessOutput:
    craft = satellite_of(arguments.satellite, context)
    place = place_of(arguments.target, arguments.latitude_deg, arguments.longitude_deg, context)
    check_window("start, end", arguments.start, arguments.end, craft)
    allowed_deg = arguments.max_off_nadir_deg or context.mission.bus_of(craft.id).imager.maximum_off_nadir_deg
    rows = tuple(
        AccessRow(
            start=_stamp(one.start_tai_s),
            end=_stamp(one.end_tai_s),
            best=_stamp(one.best_tai_s),
            off_nadir_deg=round(to_deg(one.min_off_nadir_rad), 2),
            sun_elevation_deg=round(to_deg(one.sun_elevation_rad), 1),
        )
        for one in _accesses(craft.id, place, arguments.start, arguments.end, allowed_deg, context)
    )
    summary = f"{craft.id} sees {place.name} {len(rows)} times within {allowed_deg:g}° of nadir"
    if rows:
        summary += f"; first best at {rows[0].best}, {rows[0].off_nadir_deg}° off nadir"
    return AccessOutput(summary=summary + ".", satellite=craft.id, target=place.name, accesses=rows)


def _stamp(t_tai_s: float) -> str:
    return format_utc(utc_from_tai_s(t_tai_s).replace(microsecond=0))


SCHEDULE_IMAGING = Tool(
    "schedule_imaging",
    "Schedule a payload image of a ground target",
    Effect.PROPOSE,
    Role.OPERATOR,
    3.0,
    ImagingInput,
    ImagingOutput,
    _schedule,
)
FIND_TARGET_ACCESS = Tool(
    "find_target_access",
    "List when a satellite can see a ground target in a time window",
    Effect.READ,
    Role.VIEWER,
    3.0,
    AccessInput,
    AccessOutput,
    _find_access,
)
