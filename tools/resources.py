"""What a satellite has: charge, stored data, propellant, mode, how old that is and where it comes from."""

from __future__ import annotations

from core.time import duration_s, format_utc
from core.units import MEGABYTE
from tools.arguments import Satellite, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolInput, ToolOutput

__all__ = ["CHECK_RESOURCES"]


class ResourcesInput(ToolInput):
    """Which satellite."""

    satellite: Satellite


class ResourcesOutput(ToolOutput):
    """Resources as last known; ``source`` says whether telemetry or the mission file, ``age_min`` how old."""

    satellite: str
    mode: str
    soc: float
    soc_minimum: float
    data_stored_mb: float
    data_store_mb: float
    propellant_kg: float
    source: str
    as_of: str
    age_min: float


def _check(arguments: ResourcesInput, context: ToolContext) -> ResourcesOutput:
    craft = satellite_of(arguments.satellite, context)
    bus = context.mission.bus_of(craft.id)
    now = context.clock.now_utc()
    known = context.telemetry.initial_resources(craft.id, now)
    stored_mb = round(known.data_stored_bytes / MEGABYTE, 1)
    capacity_mb = round(bus.data_store_bytes / MEGABYTE, 1)
    as_of = format_utc(known.as_of.replace(microsecond=0))
    return ResourcesOutput(
        summary=(
            f"{craft.id} is in {known.mode} mode with its battery at {known.soc * 100:.1f} %, {stored_mb:g} MB of "
            f"{capacity_mb:g} MB stored and {known.propellant_kg:.2f} kg of propellant ({known.source}, {as_of})."
        ),
        satellite=craft.id,
        mode=known.mode,
        soc=known.soc,
        soc_minimum=bus.battery.minimum_soc,
        data_stored_mb=stored_mb,
        data_store_mb=capacity_mb,
        propellant_kg=known.propellant_kg,
        source=known.source,
        as_of=as_of,
        age_min=round(max(duration_s(known.as_of, now), 0.0) / 60.0, 1),
    )


CHECK_RESOURCES = Tool(
    "check_resources",
    "Show a satellite's status: operating mode, battery charge, stored data and propellant, and how old that is",
    Effect.READ,
    Role.VIEWER,
    1.0,
    ResourcesInput,
    ResourcesOutput,
    _check,
)
