"""Commands, telemetry, out-of-limit values."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from api.auth.dependencies import CurrentRuntime, Viewer
from api.rest.answers import (
    CommandAnswer,
    CommandDetail,
    FrameEntry,
    LatestTelemetry,
    TelemetrySamples,
    UplinkFacts,
)
from api.rest.ids import PathId
from api.rest.paging import Cursor, Limit, Page, filtered_page
from api.service.views import command_view, shown_value
from core.command.model import Command, CommandState
from core.errors import InputError
from core.mdb import CommandClass
from core.time import format_utc, parse_utc, tai_s_from_utc, utc_from_tai_s

__all__ = ["command_answer", "router"]

router = APIRouter(tags=["flight"])
_Name = Annotated[str, Query(min_length=1, max_length=64)]
_MOST_SAMPLES: Final = 200_000
_Maybe = Annotated[str | None, Query(max_length=64)]


@router.get("/commands")
def commands(
    _user: Viewer,
    runtime: CurrentRuntime,
    plan_id: _Maybe = None,
    satellite: _Maybe = None,
    state: Annotated[list[CommandState] | None, Query(max_length=13)] = None,
    command_class: Annotated[list[CommandClass] | None, Query(alias="class", max_length=4)] = None,
    start: Annotated[str | None, Query(max_length=40, description="executed at or after, UTC")] = None,
    end: Annotated[str | None, Query(max_length=40, description="executed before, UTC")] = None,
    text: Annotated[str | None, Query(max_length=100, description="in its id, mnemonic, arguments or reason")] = None,
    newest_first: bool = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[CommandAnswer]:
    """Commands in the order of execution, or the other way round; those that every filter keeps."""
    scanned = runtime.flight.fleet.pipeline.register.scan(
        plan_id=plan_id,
        satellite=satellite,
        states=state or (),
        start_tai_s=tai_s_from_utc(parse_utc(start, "start")) if start else -math.inf,
        end_tai_s=tai_s_from_utc(parse_utc(end, "end")) if end else math.inf,
        newest_first=newest_first,
        offset=int(cursor or 0),
    )

    def keeps(one: Command) -> bool:
        of_class = not command_class or one.command_class in command_class
        return of_class and (not text or text.casefold() in _searched(one))

    page = filtered_page(scanned, keeps, limit, cursor)
    return Page(items=[command_answer(one) for one in page.items], next_cursor=page.next_cursor)


@router.get("/commands/{command_id}")
def command(command_id: PathId, _user: Viewer, runtime: CurrentRuntime) -> CommandDetail:
    """A command with everything that happened to it."""
    stored = runtime.flight.command(command_id)
    found = command_view(stored).plain()
    history = [
        {"state": one.kind.removeprefix("command."), "at": format_utc(one.at_utc), "detail": one.payload}
        for one in runtime.flight.history(command_id)
    ]
    uplink = UplinkFacts(
        route=stored.route,
        released_at=stored.released_at,
        request_count=stored.request_count,
        carrier_count=stored.carrier_count,
        attempts=stored.attempts,
        proved=stored.proved,
        unproved=stored.unproved,
        application_data_hex=stored.application_data_hex,
        frames=tuple(FrameEntry(**asdict(one)) for one in runtime.flight.frames(command_id)),
    )
    return CommandDetail.model_validate({**found, "history": history, "uplink": uplink})


@router.get("/telemetry/latest")
def latest(satellite: _Name, _user: Viewer, runtime: CurrentRuntime) -> LatestTelemetry:
    """The newest value of each of a satellite's parameters."""
    return LatestTelemetry.model_validate(runtime.flight.latest(satellite))


@router.get("/telemetry/samples")
def samples(
    satellite: _Name,
    parameter: _Name,
    _user: Viewer,
    runtime: CurrentRuntime,
    start: Annotated[str | None, Query(max_length=40)] = None,
    end: Annotated[str | None, Query(max_length=40)] = None,
    points: Annotated[int, Query(ge=1, le=10_000, description="at most so many, thinned evenly")] = 2000,
) -> TelemetrySamples:
    """A parameter's values over an interval, by default the last six hours."""
    runtime.mission.craft(satellite)
    until = parse_utc(end, "end") if end else runtime.clock.now_utc()
    begin = parse_utc(start, "start") if start else until - timedelta(hours=6)
    if begin >= until:
        raise InputError("end", "must be after start")
    found = runtime.flight.fleet.archive.samples(
        satellite, parameter, tai_s_from_utc(begin), tai_s_from_utc(until), limit=_MOST_SAMPLES + 1
    )
    if len(found) > _MOST_SAMPLES:
        raise InputError(
            "start", f"there are more than {_MOST_SAMPLES} values: ask for a shorter interval, or for a series"
        )
    kept = found[:: max(1, -(-len(found) // points))]
    return TelemetrySamples(
        satellite=satellite,
        parameter=parameter,
        unit=found[0].unit if found else "",
        t=tuple(format_utc(utc_from_tai_s(one.generated_tai_s)) for one in kept),
        values=tuple(shown_value(one) for one in kept),
    )


def _searched(command: Command) -> str:
    words = (command.command_id, command.mnemonic, json.dumps(command.arguments), command.reason)
    return "\n".join(words).casefold()


def command_answer(command: Command) -> CommandAnswer:
    """The client's form of a command."""
    return CommandAnswer.model_validate(command_view(command).plain())
