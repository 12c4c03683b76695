"""Maneuvers: orbit raises."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from core.attitude import half_turn_s
from core.errors import PhysicsError
from core.mission.flight_rules import OrbitQuantity, gap_limit_s, rule_minimum
from core.mission.model import Bus
from core.orbit import circular_transfer, state_at
from core.plan.activity import Anchor, BurnActivity, ResourceName, ResourceUse, Window
from core.plan.commanding import BURN_ATTITUDE_LEAD_S
from core.propulsion import Burn, plan_burn
from core.time import add_s, duration_s, format_utc, tai_s_from_utc
from tools.arguments import Satellite, Utc, check_span, orbit_of, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolError, ToolInput, ToolOutput
from tools.placement import activity_id, after_previous, earliest_execution, free_from, provenance

__all__ = ["PLAN_ORBIT_RAISE"]

_LOWEST_KM: Final = 200.0
_HIGHEST_KM: Final = 2000.0
_MAXIMUM_STAIRS: Final = 20
_ALREADY_THERE_KM: Final = 0.1


class RaiseInput(ToolInput):
    """Where to go, by when."""

    satellite: Satellite
    target_altitude_km: Annotated[float, Field(description="target altitude in km")]
    deadline: Utc | None = None


class RaiseOutput(ToolOutput):
    """The burns and what they cost; altitudes are means over a revolution above the equatorial radius."""

    satellite: str
    from_altitude_km: float
    target_altitude_km: float
    delta_v_m_s: float
    propellant_kg: float
    propellant_left_kg: float
    burns: int
    first_burn: str
    last_burn_end: str


def _raise(arguments: RaiseInput, context: ToolContext) -> RaiseOutput:
    craft = satellite_of(arguments.satellite, context)
    bus, orbit = context.mission.bus_of(craft.id), orbit_of(craft.id, context)
    now = context.clock.now_utc()
    if arguments.deadline and arguments.deadline <= now:
        raise ToolError(
            f"deadline {format_utc(arguments.deadline)} is in the past",
            code="past-deadline",
            valid={"after": format_utc(now)},
        )
    check_span(arguments.deadline or now, craft)
    margin_s = BURN_ATTITUDE_LEAD_S + half_turn_s(bus)
    ready = add_s(earliest_execution(craft.id, context), margin_s)
    state = state_at(orbit, tai_s_from_utc(ready))
    from_km = state.mean_altitude_m / 1000.0
    _check_target(arguments.target_altitude_km, from_km, context)
    available_kg = context.telemetry.initial_resources(craft.id, now).propellant_kg
    stairs = _stairs(state.mean_altitude_m, arguments.target_altitude_km * 1000.0, available_kg, bus)
    span_s = sum(burn.duration_s + coast_s for burn, _, coast_s in stairs)
    start = free_from(ready, span_s, craft.id, margin_s, context).replace(microsecond=0)
    burns = _activities(arguments, _spread(stairs, state.period_s, context), start, context)
    if arguments.deadline and burns[-1].window.end > arguments.deadline:
        raise ToolError(
            f"{len(burns)} burns end at {format_utc(burns[-1].window.end)}, after the deadline {format_utc(arguments.deadline)}",
            code="TMP-003",
            valid={"deadline": format_utc(burns[-1].window.end)},
        )
    used_kg = sum(one.propellant_kg for one in burns)
    delta_v_m_s = sum(abs(one.delta_v_m_s) for one in burns)
    first, last = format_utc(burns[0].window.start), format_utc(burns[-1].window.end.replace(microsecond=0))
    return RaiseOutput(
        summary=(
            f"{craft.id} goes from {from_km:.1f} km to {arguments.target_altitude_km:g} km with {len(burns)} burns: "
            f"{delta_v_m_s:.2f} m/s, {used_kg:.2f} kg of propellant, from {first} to {last}."
        ),
        activities=tuple(burns),
        satellite=craft.id,
        from_altitude_km=round(from_km, 3),
        target_altitude_km=arguments.target_altitude_km,
        delta_v_m_s=round(delta_v_m_s, 4),
        propellant_kg=round(used_kg, 4),
        propellant_left_kg=round(available_kg - used_kg, 4),
        burns=len(burns),
        first_burn=first,
        last_burn_end=last,
    )


def _check_target(target_km: float, from_km: float, context: ToolContext) -> None:
    rules = context.mission.flight_rules
    lowest_km = rule_minimum(rules, OrbitQuantity.PERIGEE_ALTITUDE_M, _LOWEST_KM * 1000.0) / 1000.0
    if not (math.isfinite(target_km) and lowest_km <= target_km <= _HIGHEST_KM):
        raise ToolError(
            f"target altitude {target_km:g} km is outside {lowest_km:g} to {_HIGHEST_KM:g} km",
            code="MAN-002",
            valid={"target_altitude_km": [lowest_km, _HIGHEST_KM]},
        )
    if abs(target_km - from_km) < _ALREADY_THERE_KM:
        raise ToolError(
            f"the satellite already flies at {from_km:.2f} km",
            code="already-there",
            valid={"target_altitude_km": "another altitude"},
        )


def _stairs(from_m: float, to_m: float, propellant_kg: float, bus: Bus) -> list[tuple[Burn, float, float]]:
    """Burns with their signed delta-v and the coast after each: as few Hohmann stairs as the longest burn allows."""
    for count in range(1, _MAXIMUM_STAIRS + 1):
        burns = _climb(from_m, to_m, count, propellant_kg, bus)
        if all(burn.duration_s <= bus.propulsion.maximum_burn_s for burn, _, _ in burns):
            return burns
    raise PhysicsError(
        f"{_MAXIMUM_STAIRS} pairs of burns of {bus.propulsion.maximum_burn_s:.0f} s do not reach {to_m / 1000:.0f} km",
        code="MAN-001",
    )


def _climb(from_m: float, to_m: float, count: int, propellant_kg: float, bus: Bus) -> list[tuple[Burn, float, float]]:
    burns: list[tuple[Burn, float, float]] = []
    left_kg = propellant_kg
    for index in range(count):
        low_m, high_m = (from_m + (to_m - from_m) * share / count for share in (index, index + 1))
        transfer = circular_transfer(low_m, high_m)
        for delta_v_m_s in (transfer.first_delta_v_m_s, transfer.second_delta_v_m_s):
            burn = plan_burn(bus, left_kg, delta_v_m_s)
            left_kg -= burn.propellant_kg
            burns.append((burn, delta_v_m_s, transfer.transfer_time_s))
    return burns


def _spread(
    stairs: list[tuple[Burn, float, float]], period_s: float, context: ToolContext
) -> list[tuple[Burn, float, float]]:
    """Add whole revolutions between burns until the flight rule on their gap is kept."""
    needed_s = gap_limit_s(context.mission.flight_rules, "burn", "burn")
    spread: list[tuple[Burn, float, float]] = []
    for index, (burn, delta_v_m_s, coast_s) in enumerate(stairs):
        following = stairs[index + 1][0].duration_s if index + 1 < len(stairs) else 0.0
        short_s = needed_s - (coast_s - 0.5 * (burn.duration_s + following))
        spread.append((burn, delta_v_m_s, coast_s + max(0, math.ceil(short_s / period_s)) * period_s))
    return spread


def _activities(
    arguments: RaiseInput, stairs: list[tuple[Burn, float, float]], start: datetime, context: ToolContext
) -> list[BurnActivity]:
    """Burns centred on their apsides, each half a transfer ellipse after the one before."""
    purpose: Literal["orbit_raise", "orbit_lower"] = "orbit_raise" if stairs[0][1] > 0 else "orbit_lower"
    middle = add_s(start, 0.5 * stairs[0][0].duration_s)
    burns: list[BurnActivity] = []
    for number, (burn, delta_v_m_s, coast_s) in enumerate(stairs, start=1):
        window = Window(start=add_s(middle, -0.5 * burn.duration_s), end=add_s(middle, 0.5 * burn.duration_s))
        anchor = after_previous(arguments.satellite, window.start, context)
        if burns:
            offset_s = duration_s(burns[-1].window.end, window.start)
            anchor = Anchor(activity_id=burns[-1].activity_id, edge="end", offset_s=offset_s)
        burns.append(
            BurnActivity(
                activity_id=activity_id("burn", arguments.satellite, str(number), context=context),
                satellite=arguments.satellite,
                window=window,
                latest_end=arguments.deadline,
                anchor=anchor,
                resources=(ResourceUse(resource=ResourceName.PROPELLANT_KG, delta=-burn.propellant_kg),),
                delta_v_m_s=delta_v_m_s,
                propellant_kg=burn.propellant_kg,
                purpose=purpose,
                target_altitude_km=arguments.target_altitude_km,
                provenance=provenance(
                    "plan_orbit_raise",
                    f"burn {number} of {len(stairs)}: Hohmann transfer in stairs that keep each burn within its longest duration",
                    context,
                ),
            )
        )
        middle = add_s(middle, coast_s)
    return burns


PLAN_ORBIT_RAISE = Tool(
    "plan_orbit_raise",
    "Plan burns that raise a satellite to a circular target altitude",
    Effect.PROPOSE,
    Role.OPERATOR,
    3.0,
    RaiseInput,
    RaiseOutput,
    _raise,
)
