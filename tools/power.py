"""Battery predictions through coming eclipses."""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from core.attitude import PointingLaw
from core.mission.model import Bus, Mode
from core.orbit import Eclipse, Orbit, find_eclipses
from core.plan.model import InitialResources
from core.plan.stepping import Aim, Duty, Stepper, settled_craft
from core.time import format_utc, tai_s_from_utc, utc_from_tai_s
from tools.arguments import Satellite, orbit_of, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolInput, ToolOutput

__all__ = ["CHECK_BATTERY"]

_SEARCH_S: Final = 3.0 * 86_400.0

FloatArray = NDArray[np.float64]


class BatteryInput(ToolInput):
    """Which satellite, how many eclipses."""

    satellite: Satellite
    eclipses: Annotated[int, Field(ge=1, le=20, description="how many coming eclipses, default 1")] = 1


class EclipseCharge(BaseModel):
    """The battery through one eclipse."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: str
    end: str
    soc_start: float
    soc_minimum: float
    margin: float


class BatteryOutput(ToolOutput):
    """Lowest charge and its margin; ``soc`` values are fractions."""

    satellite: str
    soc_now: float
    soc_source: str
    soc_minimum: float
    soc_limit: float
    margin: float
    holds: bool
    through: tuple[EclipseCharge, ...]


def _check(arguments: BatteryInput, context: ToolContext) -> BatteryOutput:
    craft = satellite_of(arguments.satellite, context)
    now = context.clock.now_utc()
    initial = context.telemetry.initial_resources(craft.id, now)
    bus, orbit, start = context.mission.bus_of(craft.id), orbit_of(craft.id, context), tai_s_from_utc(now)
    coming = [one for one in find_eclipses(orbit, start, start + _SEARCH_S) if one.end_tai_s > start][
        : arguments.eclipses
    ]
    limit = bus.battery.minimum_soc
    if not coming:
        return BatteryOutput(
            summary=f"{craft.id} has no eclipse in the next 3 days; its charge is {initial.soc:.1%}.",
            satellite=craft.id,
            soc_now=initial.soc,
            soc_source=initial.source,
            soc_minimum=initial.soc,
            soc_limit=limit,
            margin=initial.soc - limit,
            holds=initial.soc >= limit,
            through=(),
        )
    times, charges = _fly(bus, orbit, initial, start, coming[-1].end_tai_s)
    rows = tuple(_row(one, times, charges, limit) for one in coming)
    lowest = float(charges.min())
    holds = lowest >= limit
    plural = "eclipse" if len(rows) == 1 else f"{len(rows)} eclipses"
    return BatteryOutput(
        summary=(
            f"{craft.id}'s battery falls to {lowest * 100:.1f} % in the next {plural}; the minimum is {limit * 100:.0f} %: "
            f"it {'holds' if holds else 'does not hold'}, with a margin of {(lowest - limit) * 100:.1f} %."
        ),
        satellite=craft.id,
        soc_now=initial.soc,
        soc_source=initial.source,
        soc_minimum=round(lowest, 5),
        soc_limit=limit,
        margin=round(lowest - limit, 5),
        holds=holds,
        through=rows,
    )


def _fly(
    bus: Bus, orbit: Orbit, initial: InitialResources, start_tai_s: float, until_tai_s: float
) -> tuple[FloatArray, FloatArray]:
    """Times and charge while the spacecraft goes on in its present mode."""
    mode = Mode(initial.mode)
    duty = Duty(mode, Aim(PointingLaw.SUN if mode is Mode.SAFE else PointingLaw.NADIR))
    state = settled_craft(
        bus,
        orbit.leg_at(start_tai_s),
        start_tai_s,
        mode,
        duty.aim,
        soc=initial.soc,
        propellant_kg=initial.propellant_kg,
        stored_bytes=float(initial.data_stored_bytes),
        temperatures_k=initial.temperatures_k,
    )
    stepper, times, charges = Stepper(bus, orbit), [start_tai_s], [initial.soc]
    while state.t_tai_s < until_tai_s:
        step = stepper.advance(state, duty, until_tai_s)
        times += step.flight.t_s[1:].tolist()
        charges += step.flight.soc[0, 1:].tolist()
        state = step.state
    return np.array(times), np.array(charges)


def _row(one: Eclipse, times: FloatArray, charges: FloatArray, limit: float) -> EclipseCharge:
    start = max(one.start_tai_s, float(times[0]))
    inside = (times >= start) & (times <= one.end_tai_s)
    edges = [float(np.interp(moment, times, charges)) for moment in (start, one.end_tai_s)]
    lowest = min([*edges, *(float(value) for value in charges[inside])])
    return EclipseCharge(
        start=format_utc(utc_from_tai_s(one.start_tai_s).replace(microsecond=0)),
        end=format_utc(utc_from_tai_s(one.end_tai_s).replace(microsecond=0)),
        soc_start=round(edges[0], 5),
        soc_minimum=round(lowest, 5),
        margin=round(lowest - limit, 5),
    )


CHECK_BATTERY = Tool(
    "check_battery",
    "Predict battery state of charge and margins through the coming eclipses",
    Effect.READ,
    Role.VIEWER,
    2.0,
    BatteryInput,
    BatteryOutput,
    _check,
)
