"""Telemetry to browse and to plot: parameters, one of them over an interval, and packets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import numpy as np
import pyarrow as pa
from fastapi import APIRouter, Path, Query
from numpy.typing import NDArray

from api.auth.dependencies import CurrentRuntime, Viewer
from api.rest.paging import Cursor, Limit, Page
from api.rest.telemetry_answers import (
    BandAnswer,
    BrowsedParameter,
    BucketsAnswer,
    CopyAnswer,
    IngestAnswer,
    IngestedSatellite,
    KeptAnswer,
    LimitsAnswer,
    OpenedPacketAnswer,
    PacketAnswer,
    PacketValueAnswer,
    ParametersAnswer,
    SeriesAnswer,
    ValuesAnswer,
)
from api.service.runtime import Runtime
from core.errors import InputError, NotFound
from core.mdb import AlarmLevel
from core.mdb.types import Alarms, DataType
from core.telemetry.archive_queries import Downsampled, ParameterValues
from core.telemetry.packet_browser import ListedPacket
from core.telemetry.plot_series import ChangedValues, PlotSeries, plot_series
from core.time import format_utc, parse_utc, tai_s_from_utc, utc_from_tai_s

__all__ = ["router"]

router = APIRouter(prefix="/telemetry", tags=["telemetry"])
_Name = Annotated[str, Query(min_length=1, max_length=64)]
_Parameter = Annotated[str, Query(min_length=1, max_length=256)]
_Time = Annotated[str | None, Query(max_length=40)]
_LEVELS: Final = tuple(AlarmLevel)
_NO_LIMITS: Final = Alarms()


@router.get("/parameters")
def parameters(satellite: _Name, _user: Viewer, runtime: CurrentRuntime) -> ParametersAnswer:
    """Every parameter of the mission database with its limits in force for a spacecraft, by name."""
    runtime.mission.craft(satellite)
    known = runtime.mdb.parameters
    return ParametersAnswer(
        satellite=satellite,
        parameters=tuple(
            BrowsedParameter(
                name=name,
                kind=known[name].type.kind.value,
                unit=known[name].type.unit,
                description=known[name].description,
                limits=_limits(runtime, satellite, name),
            )
            for name in sorted(known)
        ),
        containers=tuple(runtime.flight.fleet.archive.packet_browser.containers(satellite)),
    )


@router.get("/series")
def series(
    satellite: _Name,
    parameter: _Parameter,
    _user: Viewer,
    runtime: CurrentRuntime,
    start: _Time = None,
    end: _Time = None,
    points: Annotated[int, Query(ge=2, le=10_000, description="at most so many values or buckets")] = 1000,
) -> SeriesAnswer:
    """A parameter over an interval, by default the last hour: single values where they are few, else buckets."""
    runtime.mission.craft(satellite)
    begin, until = _interval(start, end, timedelta(hours=1), runtime)
    archive = runtime.flight.fleet.archive
    known = runtime.mdb.parameters.get(parameter)
    try:
        found = plot_series(archive.columns, satellite, parameter, tai_s_from_utc(begin), tai_s_from_utc(until), points)
    except NotFound:
        if known is None:
            raise
        found = ParameterValues(np.zeros(0), pa.chunked_array([], pa.float64()), np.zeros(0, dtype=np.uint8))
    kept = archive.columns.kept(satellite)
    return SeriesAnswer(
        satellite=satellite,
        parameter=parameter,
        unit=archive.units[parameter],
        kind=None if known is None else known.type.kind.value,
        start=format_utc(begin),
        end=format_utc(until),
        **_told(found),
        limits=_limits(runtime, satellite, parameter),
        values_from=_utc_or_none(kept.values_tai_s),
        kept_from=_utc_or_none(min(kept.values_tai_s, kept.summaries_tai_s)),
    )


@router.get("/packets")
def packets(
    satellite: _Name,
    _user: Viewer,
    runtime: CurrentRuntime,
    container: Annotated[str | None, Query(min_length=1, max_length=256)] = None,
    start: _Time = None,
    end: _Time = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[PacketAnswer]:
    """Packets of a spacecraft by the time of their generation, the newest first; by default those of the last day."""
    runtime.mission.craft(satellite)
    begin, until = _interval(start, end, timedelta(days=1), runtime)
    found = runtime.flight.fleet.archive.packet_browser.page(
        satellite,
        tai_s_from_utc(begin),
        tai_s_from_utc(until),
        limit,
        container=container,
        before=int(cursor) if cursor else None,
    )
    following = str(found[-1].packet_id) if len(found) == limit else None
    return Page(items=[PacketAnswer(**_listed(one)) for one in found], next_cursor=following)


@router.get("/packets/{packet_id}")
def packet(
    packet_id: Annotated[str, Path(pattern=r"^[0-9]{1,18}$")],
    satellite: _Name,
    _user: Viewer,
    runtime: CurrentRuntime,
) -> OpenedPacketAnswer:
    """One packet: its octets, and what they mean."""
    runtime.mission.craft(satellite)
    found = runtime.flight.fleet.archive.packet_browser.packet(satellite, int(packet_id))
    return OpenedPacketAnswer(
        **_listed(found.packet),
        octets=None if found.octets is None else found.octets.hex(),
        values=tuple(
            PacketValueAnswer(
                name=one.name,
                value=_plain(one.value),
                raw=_plain(one.raw),
                unit=one.unit,
                level=_LEVELS[one.level],
                offset_bits=one.offset_bits,
                size_bits=one.size_bits,
            )
            for one in found.values
        ),
        error=found.error,
        definitions=found.definitions,
    )


@router.get("/ingest")
def ingest(_user: Viewer, runtime: CurrentRuntime) -> IngestAnswer:
    """How telemetry comes in: what became of frames and packets, what is stored, what waits, and what fails."""
    fleet = runtime.flight.fleet
    counters = fleet.archive.counters()
    names = dict.fromkeys([*(one.id for one in runtime.mission.spacecraft), *sorted(counters)])
    return IngestAnswer(
        as_of=format_utc(runtime.clock.now_utc()),
        clock_rate=runtime.clock_service.clock.anchor.rate,
        link_up=runtime.flight.link_up(),
        waiting_packets=fleet.archive.columns.waiting_packets,
        compaction_failure=runtime.flight.compaction_failure(),
        alarm_failure=fleet.alarms.failure,
        kept=KeptAnswer(**asdict(fleet.retention.default)),
        copy_in_postgres=None
        if fleet.copy is None
        else CopyAnswer(copied_packets=fleet.copy.copied, failure=fleet.copy.failure),
        satellites=tuple(_ingested(runtime, one, counters.get(one, {})) for one in names),
    )


def _ingested(runtime: Runtime, satellite: str, reasons: Mapping[str, int]) -> IngestedSatellite:
    archive = runtime.flight.fleet.archive
    extent = archive.extent.of(satellite)
    waiting = [one.last_tai_s for one in archive.columns.waiting() if one.satellite == satellite]
    told = asdict(extent)
    newest_tai_s = max([told.pop("newest_tai_s"), *waiting])
    return IngestedSatellite(
        satellite=satellite,
        reasons=dict(reasons),
        station=runtime.flight.contact_of(satellite),
        newest=_utc_or_none(newest_tai_s),
        **told,
    )


def _interval(start: str | None, end: str | None, usual: timedelta, runtime: Runtime) -> tuple[datetime, datetime]:
    until = parse_utc(end, "end") if end else runtime.clock.now_utc()
    begin = parse_utc(start, "start") if start else until - usual
    if begin >= until:
        raise InputError("end", "must be after start")
    return begin, until


def _listed(one: ListedPacket) -> dict[str, Any]:
    return {
        **{name: value for name, value in asdict(one).items() if not name.endswith("_tai_s")},
        "packet_id": str(one.packet_id),
        "generated": format_utc(utc_from_tai_s(one.generated_tai_s)),
        "received": format_utc(utc_from_tai_s(one.received_tai_s)),
    }


def _told(found: PlotSeries) -> dict[str, Any]:
    """The part of the answer that depends on its form."""
    if isinstance(found, Downsampled):
        return {"form": "buckets", "total": int(found.count.sum()), "values": None, "buckets": _buckets(found)}
    if isinstance(found, ChangedValues):
        return {"form": "changes", "total": found.total, "values": _values(found.values), "buckets": None}
    return {"form": "values", "total": len(found.generated_tai_s), "values": _values(found), "buckets": None}


def _values(found: ParameterValues) -> ValuesAnswer:
    return ValuesAnswer(
        t=_utc(found.generated_tai_s),
        values=tuple(_plain(one) for one in found.values.to_pylist()),
        levels=_levels(found.levels),
    )


def _buckets(found: Downsampled) -> BucketsAnswer:
    return BucketsAnswer(
        bucket_s=found.bucket_s,
        t=_utc(found.start_tai_s),
        minimum=tuple(found.minimum.tolist()),
        maximum=tuple(found.maximum.tolist()),
        mean=tuple(found.mean.tolist()),
        count=tuple(found.count.tolist()),
        levels=_levels(found.level),
    )


def _plain(value: object) -> int | float | str | None:
    """A value as JSON has it: truths are 0 and 1, what is no number is null, octets are in hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (int, str)) else str(value)


def _utc(times_tai_s: NDArray[np.float64]) -> tuple[str, ...]:
    return tuple(format_utc(utc_from_tai_s(one)) for one in times_tai_s.tolist())


def _levels(numbers: NDArray[np.uint8]) -> tuple[AlarmLevel, ...]:
    return tuple(_LEVELS[one] for one in numbers.tolist())


def _utc_or_none(t_tai_s: float) -> str | None:
    return format_utc(utc_from_tai_s(t_tai_s)) if math.isfinite(t_tai_s) else None


def _limits(runtime: Runtime, satellite: str, parameter: str) -> LimitsAnswer:
    """Those that people put in force, else the mission database's; a member of an aggregate has those of its type."""
    known = runtime.mdb.parameters.get(parameter)
    kind: DataType | None = None if known is None else known.type
    changed = runtime.flight.fleet.alarms.limits.alarms_of(satellite, parameter)
    alarms = changed if changed is not None else _NO_LIMITS if kind is None else kind.alarms
    conformance = alarms.minimum_conformance
    return LimitsAnswer(
        changed=changed is not None,
        contextual=changed is None and kind is not None and bool(kind.context_alarms),
        bands=tuple(
            BandAnswer(level=one.level, low=one.range.minimum, high=one.range.maximum, inside=one.inside)
            for one in alarms.ranges
        ),
        labels=dict(alarms.labels),
        minimum_violations=alarms.minimum_violations,
        minimum_conformance=alarms.minimum_violations if conformance is None else conformance,
    )
