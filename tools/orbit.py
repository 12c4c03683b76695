"""Where a satellite is, when a station sees it, and when it is in shadow."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from core.mission.model import Spacecraft
from core.orbit import find_eclipses, find_passes, state_at
from core.time import format_utc, tai_s_from_utc, utc_from_tai_s
from core.units import to_deg, to_rad
from tools.arguments import Satellite, Station, Utc, check_span, check_window, orbit_of, satellite_of, station_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolInput, ToolOutput

__all__ = ["FIND_ECLIPSES", "GET_ORBIT_STATE", "LIST_PASSES"]


class ListPassesInput(ToolInput):
    """Which passes."""

    satellite: Satellite
    station: Station
    start: Utc
    end: Utc
    min_elevation_deg: Annotated[float, Field(ge=0, lt=90, description="minimum elevation, default 5")] = 5.0


class PassRow(BaseModel):
    """One pass; times UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aos: str
    los: str
    culmination: str
    duration_s: float
    max_elevation_deg: float
    aos_azimuth_deg: float
    los_azimuth_deg: float
    min_range_km: float
    cut_by_window: bool


class ListPassesOutput(ToolOutput):
    """Passes in time order."""

    satellite: str
    station: str
    passes: tuple[PassRow, ...]


def _list_passes(arguments: ListPassesInput, context: ToolContext) -> ListPassesOutput:
    craft = satellite_of(arguments.satellite, context)
    station = station_of(arguments.station, context)
    check_window("start, end", arguments.start, arguments.end, craft)
    found = find_passes(
        orbit_of(craft.id, context),
        station,
        tai_s_from_utc(arguments.start),
        tai_s_from_utc(arguments.end),
        to_rad(arguments.min_elevation_deg),
    )
    rows = tuple(
        PassRow(
            aos=_stamp(one.aos_tai_s),
            los=_stamp(one.los_tai_s),
            culmination=_stamp(one.culmination_tai_s),
            duration_s=round(one.duration_s, 1),
            max_elevation_deg=round(to_deg(one.max_elevation_rad), 2),
            aos_azimuth_deg=round(to_deg(one.aos_azimuth_rad), 1),
            los_azimuth_deg=round(to_deg(one.los_azimuth_rad), 1),
            min_range_km=round(one.min_range_m / 1000.0, 1),
            cut_by_window=one.truncated_start or one.truncated_end,
        )
        for one in found
    )
    count = len(rows)
    summary = f"{craft.id} has {count} pass{'' if count == 1 else 'es'} over {station.id} above {arguments.min_elevation_deg:g}°"
    if rows:
        summary += f"; the first from {rows[0].aos} to {rows[0].los}, up to {rows[0].max_elevation_deg}°"
    return ListPassesOutput(summary=f"{summary}.{_caveat(craft)}", satellite=craft.id, station=station.id, passes=rows)


class OrbitStateInput(ToolInput):
    """Which state."""

    satellite: Satellite
    epoch: Utc


class OrbitStateOutput(ToolOutput):
    """State in GCRF with osculating elements; altitudes above the equatorial radius."""

    satellite: str
    epoch: str
    r_gcrf_km: tuple[float, float, float]
    v_gcrf_km_s: tuple[float, float, float]
    semi_major_axis_km: float
    eccentricity: float
    inclination_deg: float
    raan_deg: float
    argument_of_perigee_deg: float
    true_anomaly_deg: float
    mean_altitude_km: float
    perigee_altitude_km: float
    apogee_altitude_km: float
    latitude_deg: float
    longitude_deg: float
    height_km: float
    period_min: float
    in_eclipse: bool


def _get_orbit_state(arguments: OrbitStateInput, context: ToolContext) -> OrbitStateOutput:
    craft = satellite_of(arguments.satellite, context)
    check_span(arguments.epoch, craft)
    state = state_at(orbit_of(craft.id, context), tai_s_from_utc(arguments.epoch))
    latitude_deg, longitude_deg = round(to_deg(state.latitude_rad), 4), round(to_deg(state.longitude_rad), 4)
    height_km = round(state.height_m / 1000.0, 3)
    stamp = format_utc(arguments.epoch)
    return OrbitStateOutput(
        summary=f"At {stamp} {craft.id} is over latitude {latitude_deg}°, longitude {longitude_deg}° at {height_km} km."
        f"{_caveat(craft)}",
        satellite=craft.id,
        epoch=stamp,
        r_gcrf_km=_triple(state.r_gcrf_m),
        v_gcrf_km_s=_triple(state.v_gcrf_m_s),
        semi_major_axis_km=round(state.semi_major_axis_m / 1000.0, 4),
        eccentricity=round(state.eccentricity, 7),
        inclination_deg=round(to_deg(state.inclination_rad), 5),
        raan_deg=round(to_deg(state.raan_rad), 5),
        argument_of_perigee_deg=round(to_deg(state.argument_of_perigee_rad), 4),
        true_anomaly_deg=round(to_deg(state.true_anomaly_rad), 4),
        mean_altitude_km=round(state.mean_altitude_m / 1000.0, 3),
        perigee_altitude_km=round(state.perigee_altitude_m / 1000.0, 3),
        apogee_altitude_km=round(state.apogee_altitude_m / 1000.0, 3),
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        height_km=height_km,
        period_min=round(state.period_s / 60.0, 3),
        in_eclipse=state.in_eclipse,
    )


class EclipsesInput(ToolInput):
    """Which eclipses."""

    satellite: Satellite
    start: Utc
    end: Utc


class EclipseRow(BaseModel):
    """One eclipse, penumbra edges, UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: str
    end: str
    duration_min: float


class EclipsesOutput(ToolOutput):
    """Eclipses in time order."""

    satellite: str
    eclipses: tuple[EclipseRow, ...]


def _find_eclipses(arguments: EclipsesInput, context: ToolContext) -> EclipsesOutput:
    craft = satellite_of(arguments.satellite, context)
    check_window("start, end", arguments.start, arguments.end, craft)
    found = find_eclipses(orbit_of(craft.id, context), tai_s_from_utc(arguments.start), tai_s_from_utc(arguments.end))
    rows = tuple(
        EclipseRow(
            start=_stamp(one.start_tai_s),
            end=_stamp(one.end_tai_s),
            duration_min=round((one.end_tai_s - one.start_tai_s) / 60.0, 2),
        )
        for one in found
    )
    summary = f"{craft.id} has {len(rows)} eclipses"
    if rows:
        summary += f"; the first from {rows[0].start} to {rows[0].end}"
    return EclipsesOutput(summary=f"{summary}.{_caveat(craft)}", satellite=craft.id, eclipses=rows)


def _caveat(craft: Spacecraft) -> str:
    """What a reader has to know of an orbit that may not hold; empty where nothing speaks against it."""
    doubt = craft.orbit_doubt
    return "" if doubt is None else f" This orbit is in doubt since {format_utc(doubt.since_utc)}: {doubt.reason}."


def _stamp(t_tai_s: float) -> str:
    return format_utc(utc_from_tai_s(t_tai_s).replace(microsecond=0))


def _triple(vector: object) -> tuple[float, float, float]:
    x, y, z = (round(float(one) / 1000.0, 6) for one in vector)  # type: ignore[attr-defined]
    return x, y, z


LIST_PASSES = Tool(
    "list_passes",
    "List visibility passes (contacts) of a satellite over a ground station in a time window",
    Effect.READ,
    Role.VIEWER,
    2.0,
    ListPassesInput,
    ListPassesOutput,
    _list_passes,
)
GET_ORBIT_STATE = Tool(
    "get_orbit_state",
    "Position, velocity and orbital elements of a satellite at a time",
    Effect.READ,
    Role.VIEWER,
    1.0,
    OrbitStateInput,
    OrbitStateOutput,
    _get_orbit_state,
)
FIND_ECLIPSES = Tool(
    "find_eclipses",
    "List the eclipses of a satellite in a time window",
    Effect.READ,
    Role.VIEWER,
    2.0,
    EclipsesInput,
    EclipsesOutput,
    _find_eclipses,
)
