"""Many requests at once: images, downlinks and maintenance placed together over the fleet, as well as a time budget allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from core.plan.activity import Activity, ImagingActivity, ToolCallRef, Window
from core.plan.maintenance import Work
from core.plan.schedule import (
    DownlinkRequest,
    ImagingRequest,
    MaintenanceRequest,
    ScheduleRequest,
    schedule_requests,
)
from core.time import format_utc
from core.units import MINUTE_S
from tools.arguments import Satellite, Station, Utc, check_window, satellite_of, station_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolError, ToolInput, ToolOutput
from tools.imaging import place_of
from tools.placement import activity_id

__all__ = ["OPTIMIZE_PLAN"]

_MOST_REQUESTS: Final = 200
_MOST_SECONDS: Final = 60.0
_BYTES_PER_MB: Final = 1_000_000
_Priority = Annotated[float, Field(gt=0, le=1000, description="what it is worth beside the others")]


class ImageWish(BaseModel):
    """A place to image, by name or coordinates, by any of some satellites (all where none is named)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: Annotated[str, Field(min_length=1, max_length=60, description="place name")] | None = None
    latitude_deg: Annotated[float, Field(ge=-90, le=90, description="north positive")] | None = None
    longitude_deg: Annotated[float, Field(ge=-180, le=180, description="east positive")] | None = None
    max_off_nadir_deg: Annotated[float, Field(gt=0, le=60, description="off-nadir limit")] | None = None
    satellites: tuple[Satellite, ...] = ()
    priority: _Priority = 1.0
    deadline: Utc | None = None


class DownlinkWish(BaseModel):
    """Data to bring down from one satellite over any of some stations (all where none is named)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    satellite: Satellite
    data_volume_mb: Annotated[float, Field(gt=0, le=64_000, description="volume, megabytes")]
    stations: tuple[Station, ...] = ()
    priority: _Priority = 1.0
    deadline: Utc | None = None


class MaintenanceWish(BaseModel):
    """A calibration or maintenance of one satellite, for as long as it usually takes where no duration is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    satellite: Satellite
    work: Work
    duration_min: Annotated[float | None, Field(gt=0, le=1440, description="minutes")] = None
    priority: _Priority = 1.0
    deadline: Utc | None = None


class OptimizeInput(ToolInput):
    """What is wanted, by when, and how long to search for a better schedule."""

    images: Annotated[tuple[ImageWish, ...], Field(max_length=_MOST_REQUESTS)] = ()
    downlinks: Annotated[tuple[DownlinkWish, ...], Field(max_length=_MOST_REQUESTS)] = ()
    maintenance: Annotated[tuple[MaintenanceWish, ...], Field(max_length=_MOST_REQUESTS)] = ()
    start: Utc | None = None
    end: Utc
    time_budget_s: Annotated[float, Field(ge=0, le=_MOST_SECONDS, description="seconds of search")] = 5.0


class PlacedRow(BaseModel):
    """A request that is served, UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: str
    satellite: str
    start: str
    end: str
    station: str | None


class UnplacedRow(BaseModel):
    """A request that is not served, the code that blocks most of its ways, and what was tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: str
    code: str
    why: str


class OptimizeOutput(ToolOutput):
    """What is placed, what is not, and how many requests there were."""

    requests: int
    placed: tuple[PlacedRow, ...]
    unplaced: tuple[UnplacedRow, ...]


@dataclass(frozen=True)
class _Asked:
    """A request to the scheduler and the name that people know it by."""

    request: ScheduleRequest
    label: str


def _optimize(arguments: OptimizeInput, context: ToolContext) -> OptimizeOutput:
    now = context.clock.now_utc()
    begin = max(one for one in (now, arguments.start, context.not_before_utc) if one is not None)
    asked = [
        *_images(arguments.images, context),
        *_downlinks(arguments.downlinks, context),
        *_maintenance(arguments.maintenance, context),
    ]
    if not asked:
        raise ToolError(
            "give at least one image, downlink or maintenance",
            code="no-requests",
            valid={"arguments": ["images", "downlinks", "maintenance"]},
        )
    for craft in context.mission.spacecraft:
        check_window("start, end", begin, arguments.end, craft)
    initial = {craft.id: context.telemetry.initial_resources(craft.id, begin) for craft in context.mission.spacecraft}
    horizon = Window(start=begin, end=arguments.end)
    requests = [one.request for one in asked]
    planned = schedule_requests(
        context.mission, requests, initial, horizon, now, arguments.time_budget_s, existing=context.existing
    )
    labels = {one.request.name: one.label for one in asked}
    placed = tuple(_placed(one, labels) for one in planned.activities if one.activity_id in labels)
    unplaced = tuple(
        UnplacedRow(request=labels[one.description], code=one.code, why=one.reason) for one in planned.unplanned
    )
    missing = "; not placed: " + ", ".join(f"{one.request} ({one.code})" for one in unplaced) if unplaced else ""
    if not placed:
        raise ToolError(
            f"none of the {len(asked)} requests can be placed{missing}",
            code=unplaced[0].code,
            valid={"end": "later", "why": [one.why for one in unplaced]},
        )
    return OptimizeOutput(
        summary=f"{len(placed)} of {len(asked)} requests are placed{missing}.",
        activities=tuple(_evidenced(one, labels, context) for one in planned.activities),
        rejected=planned.unplanned,
        requests=len(asked),
        placed=placed,
        unplaced=unplaced,
    )


def _images(wishes: Sequence[ImageWish], context: ToolContext) -> list[_Asked]:
    asked: list[_Asked] = []
    for number, wish in enumerate(wishes, start=1):
        place = place_of(wish.target, wish.latitude_deg, wish.longitude_deg, context)
        request = ImagingRequest(
            name=_name(f"image-{number}", place.name, context),
            priority=wish.priority,
            latest_end=wish.deadline,
            latitude_deg=place.latitude_deg,
            longitude_deg=place.longitude_deg,
            height_m=place.height_m,
            max_off_nadir_deg=wish.max_off_nadir_deg,
            satellites=tuple(satellite_of(one, context).id for one in wish.satellites),
        )
        asked.append(_Asked(request, place.name))
    return asked


def _downlinks(wishes: Sequence[DownlinkWish], context: ToolContext) -> list[_Asked]:
    asked: list[_Asked] = []
    for number, wish in enumerate(wishes, start=1):
        request = DownlinkRequest(
            name=_name(f"downlink-{number}", satellite_of(wish.satellite, context).id, context),
            priority=wish.priority,
            latest_end=wish.deadline,
            satellite=wish.satellite,
            volume_bytes=round(wish.data_volume_mb * _BYTES_PER_MB),
            stations=tuple(station_of(one, context).id for one in wish.stations),
        )
        asked.append(_Asked(request, f"downlink of {wish.data_volume_mb:g} MB from {wish.satellite}"))
    return asked


def _maintenance(wishes: Sequence[MaintenanceWish], context: ToolContext) -> list[_Asked]:
    asked: list[_Asked] = []
    for number, wish in enumerate(wishes, start=1):
        satellite = satellite_of(wish.satellite, context).id
        request = MaintenanceRequest(
            name=_name(f"{wish.work}-{number}", satellite, context),
            priority=wish.priority,
            latest_end=wish.deadline,
            satellite=satellite,
            work=wish.work,
            duration_s=None if wish.duration_min is None else wish.duration_min * MINUTE_S,
        )
        asked.append(_Asked(request, f"{wish.work.replace('_', ' ')} of {satellite}"))
    return asked


def _name(kind: str, what: str, context: ToolContext) -> str:
    return activity_id(kind, what[:24], context=context)[:48]


def _placed(one: Activity, labels: dict[str, str]) -> PlacedRow:
    return PlacedRow(
        request=labels[one.activity_id],
        satellite=one.satellite,
        start=format_utc(one.window.start.replace(microsecond=0)),
        end=format_utc(one.window.end.replace(microsecond=0)),
        station=one.contact.station if one.contact else None,
    )


def _evidenced(one: Activity, labels: dict[str, str], context: ToolContext) -> Activity:
    """The activity with the call that computed it, and a place by its name."""
    call = ToolCallRef(call_id=context.call_id, tool="optimize_plan")
    named = {"target": labels[one.activity_id]} if isinstance(one, ImagingActivity) else {}
    return one.model_copy(update={"provenance": one.provenance.model_copy(update={"tool_calls": (call,)}), **named})


OPTIMIZE_PLAN = Tool(
    "optimize_plan",
    "Place several images, downlinks and maintenance works together over the whole fleet, and say why the others do not fit",
    Effect.PROPOSE,
    Role.OPERATOR,
    _MOST_SECONDS + 10.0,
    OptimizeInput,
    OptimizeOutput,
    _optimize,
)
