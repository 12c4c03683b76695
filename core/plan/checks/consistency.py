"""CON: what the plan claims is what the simulation gives.

CON-001 simulation differs from a claimed resource change, CON-002 an activity that rests on no tool call and no person,
CON-003 commands that do not follow from their activity, CON-004 inputs that have changed since the plan was made,
CON-005 a part of the request that is not in the plan, CON-006 a claimed elevation or off-nadir angle that the flown orbit
does not give, CON-007 stored profiles that are not those of this simulation; CON-008 to CON-010 are in :mod:`.orbit_knowledge`,
CON-011 in :mod:`.transmission`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

import numpy as np

from core.errors import PhysicsError
from core.mission.model import GroundStation
from core.orbit import Orbit, look_angles, off_nadir_rad
from core.plan.activity import Activity, BurnActivity, CommandSpec, ImagingActivity, Proposer, ResourceName, Window
from core.plan.checks.context import CheckContext, limit_finding
from core.plan.checks.orbit_knowledge import orbit_findings
from core.plan.checks.transmission import transmission_findings
from core.plan.commanding import expand
from core.plan.inputs import input_hashes
from core.plan.model import Finding, Severity
from core.plan.simulate import profiles
from core.propulsion import plan_burn
from core.time import add_s, format_utc, tai_s_from_utc
from core.units import to_deg, to_rad

__all__ = ["consistency_checks"]

_SAMPLES: Final = 61
_ANGLE_TOLERANCE_DEG: Final = 0.5
_PROFILE_TOLERANCE: Final = 0.02  # of the profile's span
_PROPELLANT_TOLERANCE: Final = 0.05  # share of the claim; the tank pressure at the burn is simulated, not claimed


def consistency_checks(context: CheckContext) -> Iterator[Finding]:
    """All contradictions between claim, evidence and simulation."""
    for one in context.activities():
        if isinstance(one, BurnActivity):
            yield from _propellant(one, context)
        yield from _evidence(one)
        yield from _commands(one)
        yield from _claimed_angle(one, context)
    yield from _profiles(context)
    yield from _inputs(context)
    yield from orbit_findings(context)
    yield from transmission_findings(context)
    for missing in context.plan.unplanned:
        yield Finding(
            code="CON-005",
            severity=Severity.WARN,
            quantity="request",
            explanation=f"asked for, but not in this plan: {missing.description}: {missing.reason}",
        )


def _propellant(one: BurnActivity, context: CheckContext) -> Iterator[Finding]:
    available_kg = float(context.simulation.runs[one.satellite].propellant_kg[0])
    try:
        bus = context.mission.bus_of(one.satellite)
        needed_kg = plan_burn(bus, max(available_kg, one.propellant_kg), one.delta_v_m_s).propellant_kg
    except PhysicsError as error:
        needed_kg = float(str(error.facts["needed_kg"]))
    differs_kg = abs(needed_kg - one.propellant_kg)
    limit_kg = _PROPELLANT_TOLERANCE * needed_kg
    if differs_kg > limit_kg:
        yield limit_finding(
            "CON-001",
            one.satellite,
            one.window,
            (one.activity_id,),
            "claimed propellant",
            one.propellant_kg,
            needed_kg,
            limit_kg - differs_kg,
            "kg",
            f"{one.activity_id} claims {one.propellant_kg:.3f} kg of propellant; {abs(one.delta_v_m_s):.2f} m/s needs {needed_kg:.3f} kg",
        )


def _evidence(one: Activity) -> Iterator[Finding]:
    if one.provenance.proposed_by is Proposer.MODEL and not one.provenance.tool_calls:
        yield Finding(
            code="CON-002",
            severity=Severity.BLOCK,
            activities=(one.activity_id,),
            satellite=one.satellite,
            window=one.window,
            quantity="evidence",
            explanation=f"{one.activity_id} was proposed by the model without a tool call behind it",
        )


def _commands(one: Activity) -> Iterator[Finding]:
    if one.commands != expand(one):
        yield Finding(
            code="CON-003",
            severity=Severity.BLOCK,
            activities=(one.activity_id,),
            satellite=one.satellite,
            window=one.window,
            quantity="commands",
            value=float(len(one.commands)),
            explanation=f"the commands of {one.activity_id} do not carry out what the activity says: {_wanted(one)}",
        )


def _wanted(one: Activity) -> str:
    """The first command that is not as the activity asks, beside the one that would be."""
    for found, wanted in zip_longest(one.commands, expand(one)):
        if found != wanted:
            return f"it has {_told(found)} where {_told(wanted)} would be right"
    return "they are in another order"


def _told(command: CommandSpec | None) -> str:
    if command is None:
        return "no command"
    arguments = ", ".join(f"{name}={value}" for name, value in command.arguments.items())
    return f"{command.command}({arguments}) at {format_utc(command.execute_at)}"


def _inputs(context: CheckContext) -> Iterator[Finding]:
    present = input_hashes(context.mission, context.plan.satellites)
    for name, recorded in context.plan.input_hashes.items():
        if name in present and present[name] != recorded:
            yield Finding(
                code="CON-004",
                severity=Severity.UNKNOWN,
                quantity=name,
                explanation=f"{name} has changed since the plan was computed: plan again or validate again",
            )


def _claimed_angle(one: Activity, context: CheckContext) -> Iterator[Finding]:
    """What a contact or an image claims about geometry is what the flown orbit gives."""
    orbit = context.orbits[one.satellite]
    start, end = tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)
    if one.contact is not None:
        quantity, claimed_deg = "maximum elevation", one.contact.max_elevation_deg
        flown_deg = _highest_deg(orbit, context.mission.station(one.contact.station), one.contact.window)
    elif isinstance(one, ImagingActivity):
        states = orbit.propagate(np.linspace(start, end, _SAMPLES))
        quantity, claimed_deg = "off-nadir angle", one.predicted_off_nadir_deg
        place = to_rad(one.latitude_deg), to_rad(one.longitude_deg), context.target_height_m(one)
        flown_deg = to_deg(float(off_nadir_rad(states, *place).min()))
    else:
        return
    differs_deg = abs(flown_deg - claimed_deg)
    if differs_deg > _ANGLE_TOLERANCE_DEG:
        yield limit_finding(
            "CON-006",
            one.satellite,
            one.window,
            (one.activity_id,),
            f"claimed {quantity}",
            claimed_deg,
            flown_deg,
            _ANGLE_TOLERANCE_DEG - differs_deg,
            "deg",
            f"{one.activity_id} claims a {quantity} of {claimed_deg:.1f}°; the flown orbit gives {flown_deg:.1f}°",
        )


def _highest_deg(orbit: Orbit, station: GroundStation, window: Window) -> float:
    """The highest elevation in a window; sampled twice, as a pass near the zenith turns by degrees within seconds."""
    first, last = tai_s_from_utc(window.start), tai_s_from_utc(window.end)
    for _ in range(2):
        t = np.linspace(first, last, _SAMPLES)
        elevation_rad = look_angles(orbit.propagate(t), station).elevation_rad
        top = int(np.argmax(elevation_rad))
        first, last = float(t[max(top - 1, 0)]), float(t[min(top + 1, _SAMPLES - 1)])
    return to_deg(float(elevation_rad.max()))


def _profiles(context: CheckContext) -> Iterator[Finding]:
    """Profiles that came with the plan are those of this simulation: nobody reviews other curves than were checked."""
    if not context.plan.profiles:
        return
    flown = {(one.satellite, one.resource): one for one in profiles(context.simulation, context.mission)}
    for stored in context.plan.profiles:
        one = flown.get((stored.satellite, stored.resource))
        same_grid = one is not None and one.t_s == stored.t_s
        # Power steps at every edge: on another grid it cannot be compared sample by sample.
        if one is None or not stored.values or (stored.resource is ResourceName.BUS_POWER_W and not same_grid):
            continue
        there = np.asarray(one.values) if same_grid else np.interp(stored.t_s, one.t_s, one.values)
        apart = np.abs(there - np.asarray(stored.values))
        worst = int(np.argmax(apart))
        if apart[worst] > _PROFILE_TOLERANCE * max(np.ptp(one.values), 0.01 * np.abs(one.values).max(), 1e-9):
            at = add_s(context.plan.horizon.start, stored.t_s[worst])
            yield limit_finding(
                "CON-007",
                stored.satellite,
                Window(start=add_s(at, -1.0), end=add_s(at, 1.0)),
                (),
                stored.resource.value,
                stored.values[worst],
                float(there[worst]),
                -float(apart[worst]),
                stored.unit,
                f"the plan's profile of {stored.resource} of {stored.satellite} says {stored.values[worst]:.4g} "
                f"{stored.unit} at {format_utc(at)}; the simulation gives {float(there[worst]):.4g}",
            )
