"""MAN: burns do what they are for and break no rule of burning.

MAN-001 burn longer than allowed, MAN-002 perigee after the burn too low, MAN-003 the target altitude is missed, MAN-004
a burn in safe mode, MAN-005 a burn too short for its delta-v, MAN-006 a flown burn that gives another delta-v than planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.errors import PhysicsError
from core.mission.flight_rules import OrbitQuantity, rule_minimum
from core.mission.model import Mode
from core.orbit import state_at
from core.plan.activity import BurnActivity, ModeActivity
from core.plan.checks.context import CheckContext, limit_finding
from core.plan.model import Finding
from core.propulsion import plan_burn
from core.time import tai_s_from_utc

__all__ = ["maneuver_checks"]

_DELIVERY_TOLERANCE: Final = 0.05  # of thrust over the tank's temperatures, and of whole seconds of a window
_SMALLEST_M_S: Final = 0.01
_DURATION_TOLERANCE: Final = 0.05  # the thrust falls with the tank's pressure, which the plan's earlier burns lower
_TARGET_TOLERANCE_M: Final = 1000.0
_LOWEST_PERIGEE_M: Final = 120_000.0  # below, no orbit lasts


def maneuver_checks(context: CheckContext) -> Iterator[Finding]:
    """All maneuver faults."""
    for satellite in context.simulation.runs:
        burns = [one for one in context.activities(satellite) if isinstance(one, BurnActivity)]
        if burns:
            yield from _durations(satellite, burns, context)
            yield from _orbit_after(satellite, burns, context)
            yield from _mode(satellite, burns, context)
            yield from _long_enough(satellite, burns, context)
            yield from _delivered(satellite, burns, context)


def _durations(satellite: str, burns: list[BurnActivity], context: CheckContext) -> Iterator[Finding]:
    longest_s = context.mission.bus_of(satellite).propulsion.maximum_burn_s
    for one in burns:
        if one.window.duration_s > longest_s:
            yield limit_finding(
                "MAN-001",
                satellite,
                one.window,
                (one.activity_id,),
                "burn duration",
                one.window.duration_s,
                longest_s,
                longest_s - one.window.duration_s,
                "s",
                f"{one.activity_id} burns for {one.window.duration_s:.0f} s; the thrusters may burn {longest_s:.0f} s at a time",
            )


def _orbit_after(satellite: str, burns: list[BurnActivity], context: CheckContext) -> Iterator[Finding]:
    """The orbits that the burns lead to, over the revolution after each."""
    flown = context.orbits[satellite]
    states = [state_at(leg.orbit, leg.start_tai_s + 0.5 * leg.orbit.period_s) for leg in flown.legs[1:]]
    perigees_m = [one.perigee_altitude_m for one in states]
    if flown.lost is not None:
        perigees_m.append(flown.lost.perigee_altitude_m)
    lowest_m, low_burn = min(zip(perigees_m, burns, strict=False), key=lambda pair: pair[0])
    yield from _perigee(satellite, low_burn, lowest_m, context)
    if flown.lost is None:
        yield from _target(satellite, burns, states[-1].mean_altitude_m)


def _perigee(satellite: str, one: BurnActivity, perigee_m: float, context: CheckContext) -> Iterator[Finding]:
    limit_m = rule_minimum(context.mission.flight_rules, OrbitQuantity.PERIGEE_ALTITUDE_M, _LOWEST_PERIGEE_M)
    if perigee_m < limit_m:
        yield limit_finding(
            "MAN-002",
            satellite,
            one.window,
            (one.activity_id,),
            "perigee altitude",
            perigee_m,
            limit_m,
            perigee_m - limit_m,
            "m",
            f"after {one.activity_id} the perigee altitude is {perigee_m / 1000:.1f} km; the minimum is {limit_m / 1000:.0f} km",
        )


def _target(satellite: str, burns: list[BurnActivity], altitude_m: float) -> Iterator[Finding]:
    targets = [one for one in burns if one.target_altitude_km is not None]
    if not targets or targets[-1].target_altitude_km is None:
        return
    last, target_m = targets[-1], targets[-1].target_altitude_km * 1000.0
    missed_m = abs(altitude_m - target_m)
    if missed_m > _TARGET_TOLERANCE_M:
        yield limit_finding(
            "MAN-003",
            satellite,
            last.window,
            tuple(one.activity_id for one in burns),
            "altitude miss",
            missed_m,
            _TARGET_TOLERANCE_M,
            _TARGET_TOLERANCE_M - missed_m,
            "m",
            f"the burns reach {altitude_m / 1000:.2f} km; the target is {target_m / 1000:.2f} km",
        )


def _mode(satellite: str, burns: list[BurnActivity], context: CheckContext) -> Iterator[Finding]:
    initial = next(one for one in context.plan.initial if one.satellite == satellite)
    changes = [one for one in context.activities(satellite) if isinstance(one, ModeActivity)]
    for one in burns:
        earlier = [change for change in changes if change.window.start <= one.window.start]
        mode = earlier[-1].mode if earlier else Mode(initial.mode)
        if mode in (Mode.SAFE, Mode.STANDBY):
            yield limit_finding(
                "MAN-004",
                satellite,
                one.window,
                (one.activity_id,),
                "mode",
                0.0,
                1.0,
                -1.0,
                "",
                f"{one.activity_id}: {satellite} is in {mode} mode, which inhibits the thrusters",
            )


def _long_enough(satellite: str, burns: list[BurnActivity], context: CheckContext) -> Iterator[Finding]:
    """The thrusters at the pressure of that burn need so long for its delta-v."""
    bus, run = context.mission.bus_of(satellite), context.simulation.runs[satellite]
    for one in burns:
        on_board_kg = float(np.interp(tai_s_from_utc(one.window.start), run.t_tai_s, run.propellant_kg))
        try:
            needed_s = plan_burn(bus, on_board_kg, one.delta_v_m_s).duration_s
        except PhysicsError:
            continue  # RES-005 says that there is too little propellant
        short_s = needed_s - one.window.duration_s
        if short_s > _DURATION_TOLERANCE * needed_s:
            yield limit_finding(
                "MAN-005",
                satellite,
                one.window,
                (one.activity_id,),
                "burn duration",
                one.window.duration_s,
                needed_s,
                -short_s,
                "s",
                f"{one.activity_id}: {abs(one.delta_v_m_s):.2f} m/s take {needed_s:.0f} s at the tank pressure of that time; the "
                f"window has {one.window.duration_s:.0f} s",
            )


def _delivered(satellite: str, burns: list[BurnActivity], context: CheckContext) -> Iterator[Finding]:
    """The impulse that the thrusters give at the tank's pressure and temperature, over the mass of that time."""
    bus, run = context.mission.bus_of(satellite), context.simulation.runs[satellite]
    impulse_n_s = run.flight.resources.impulse_n_s[0]
    for one in burns:
        edges = [tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)]
        gained_n_s = float(np.diff(np.interp(edges, run.t_tai_s, impulse_n_s))[0])
        mass_kg = bus.dry_mass_kg + float(np.interp(edges, run.t_tai_s, run.propellant_kg).mean())
        flown_m_s, planned_m_s = gained_n_s / mass_kg, abs(one.delta_v_m_s)
        differs_m_s = abs(flown_m_s - planned_m_s)
        limit_m_s = _DELIVERY_TOLERANCE * planned_m_s + _SMALLEST_M_S
        if differs_m_s > limit_m_s:
            yield limit_finding(
                "MAN-006",
                satellite,
                one.window,
                (one.activity_id,),
                "delivered delta-v",
                flown_m_s,
                planned_m_s,
                limit_m_s - differs_m_s,
                "m/s",
                f"{one.activity_id}: flown in simulation it gives {flown_m_s:.3f} m/s; the plan counts on {planned_m_s:.3f} m/s",
            )
