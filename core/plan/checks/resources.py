"""RES: no resource leaves its limits in the simulation.

RES-001 state of charge, RES-002 data store full, RES-003 more downlinked than is stored, RES-004 downlink longer than
the link allows, RES-005 propellant, RES-006 wheel momentum, RES-007 the temperature of a part
beyond its operating limits, RES-008 an initial state too old to plan with, RES-009 loads shed, RES-010 power that the bus
cannot give (its voltage is held by taking load off), RES-011 thruster on-time and cycles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.mission.model import Bus
from core.plan.activity import Activity, DownlinkActivity
from core.plan.checks.context import CheckContext, limit_finding, violation_windows
from core.plan.checks.repairs import drop_repair
from core.plan.model import Finding, Repair, RepairKind, Severity
from core.plan.simulate import SatelliteRun
from core.time import duration_s, format_utc, utc_from_tai_s
from core.units import MEGABYTE

__all__ = ["MAXIMUM_STATE_AGE_S", "resource_checks"]

_ROUNDING_W: Final = 0.1
_ROUNDING_BYTES: Final = 1000.0  # a store that is filled and emptied in floating point
MAXIMUM_STATE_AGE_S: Final = 86_400.0  # with several contacts a day, an older state means that something is wrong


def resource_checks(context: CheckContext) -> Iterator[Finding]:
    """All resource faults."""
    yield from _stale_states(context)
    for satellite, run in context.simulation.runs.items():
        bus = context.mission.bus_of(satellite)
        yield from _charge(context, run, bus)
        yield from _store(context, run, bus)
        yield from _propellant(context, run, bus)
        yield from _band(
            context,
            run,
            "RES-006",
            "wheel momentum",
            run.wheel_momentum_n_m_s,
            None,
            0.9 * bus.wheels.momentum_capacity_n_m_s,
            "N m s",
        )
        for place, node in enumerate(bus.thermal.nodes):
            temp_k = run.flight.resources.temp_k[0, :, place]
            yield from _band(context, run, "RES-007", f"temperature of {node.id}", temp_k, *node.operating_k, "K")
        yield from _shed(context, run, bus)
        yield from _unmet(context, run)
        yield from _valves(context, run, bus)
        for one in context.activities(satellite):
            if isinstance(one, DownlinkActivity):
                yield from _link_volume(one, bus)


def _shed(context: CheckContext, run: SatelliteRun, bus: Bus) -> Iterator[Finding]:
    """Charge so low that the on-board software switches consumers off."""
    shed = run.flight.resources.shed[0]
    for window, samples in violation_windows(run, shed > 0):
        flags = int(np.bitwise_or.reduce(shed[samples]))
        off = [name for k, step in enumerate(bus.loads.shedding) if flags >> k & 1 for name in step.consumers]
        lowest = float(run.soc[samples].min())
        limit = max(step.below_soc for step in bus.loads.shedding) if bus.loads.shedding else 0.0
        yield limit_finding(
            "RES-009",
            run.satellite,
            window,
            context.during(run.satellite, window),
            "state of charge when loads are shed",
            lowest,
            limit,
            lowest - limit,
            "1",
            f"{run.satellite} switches off {', '.join(off) or 'everything'} at a charge of {lowest:.1%}: what needs them does "
            "not happen",
        )


def _unmet(context: CheckContext, run: SatelliteRun) -> Iterator[Finding]:
    """Array and battery together give less than the loads take."""
    unmet_w = run.flight.resources.unmet_w[0]
    for window, samples in violation_windows(run, unmet_w > _ROUNDING_W):
        short_w, load_w = float(unmet_w[samples].max()), float(run.load_power_w[samples].max())
        yield limit_finding(
            "RES-010",
            run.satellite,
            window,
            context.during(run.satellite, window),
            "power that the bus cannot give",
            short_w,
            0.0,
            -short_w,
            "W",
            f"{run.satellite} lacks {short_w:.0f} W beside the {load_w:.0f} W that array and battery give",
        )


def _valves(context: CheckContext, run: SatelliteRun, bus: Bus) -> Iterator[Finding]:
    """Thrusters open no shorter than they can, and no more often than their valves live."""
    shortest_s, life = bus.propulsion.curve.minimum_on_s, bus.propulsion.curve.valve_cycle_life
    burns = [one for one in context.activities(run.satellite) if one.type == "burn"]
    for one in burns:
        if one.window.duration_s < shortest_s:
            yield limit_finding(
                "RES-011",
                run.satellite,
                one.window,
                (one.activity_id,),
                "thruster on-time",
                one.window.duration_s,
                shortest_s,
                one.window.duration_s - shortest_s,
                "s",
                f"{one.activity_id} opens the thrusters for {one.window.duration_s * 1000:.0f} ms; they need "
                f"{shortest_s * 1000:.0f} ms",
            )
    if len(burns) > life:
        yield limit_finding(
            "RES-011",
            run.satellite,
            context.plan.horizon,
            tuple(one.activity_id for one in burns),
            "thruster cycles",
            float(len(burns)),
            float(life),
            float(life - len(burns)),
            "1",
            f"{run.satellite} would open its valves {len(burns)} times; they are good for {life}",
        )


def _stale_states(context: CheckContext) -> Iterator[Finding]:
    for initial in context.plan.initial:
        age_s = duration_s(initial.as_of, context.now_utc)
        if age_s > MAXIMUM_STATE_AGE_S:
            yield limit_finding(
                "RES-008",
                initial.satellite,
                None,
                tuple(one.activity_id for one in context.activities(initial.satellite)),
                "age of initial state",
                age_s,
                MAXIMUM_STATE_AGE_S,
                MAXIMUM_STATE_AGE_S - age_s,
                "s",
                f"the state of {initial.satellite} ({initial.source}) is {age_s / 3600:.0f} h old; what it is now nobody knows",
                severity=Severity.UNKNOWN,
            )


def _charge(context: CheckContext, run: SatelliteRun, bus: Bus) -> Iterator[Finding]:
    limit = bus.battery.minimum_soc
    for window, samples in violation_windows(run, run.soc < limit):
        lowest = float(run.soc[samples].min())
        when = run.t_tai_s[samples][int(np.argmin(run.soc[samples]))]
        blamed = context.during(run.satellite, window)
        drawing = [one for one in context.drawing(run.satellite) if one.activity_id in blamed]
        yield limit_finding(
            "RES-001",
            run.satellite,
            window,
            blamed,
            "state of charge",
            lowest,
            limit,
            lowest - limit,
            "1",
            f"{run.satellite} falls to {lowest:.1%} state of charge at {format_utc(utc_from_tai_s(float(when)))}; the minimum "
            f"is {limit:.0%}, reached again at {format_utc(window.end)}{_why_low(run, drawing, samples)}",
            tuple(drop_repair(one.activity_id) for one in drawing[-1:]),
        )


def _why_low(run: SatelliteRun, drawing: list[Activity], samples: slice) -> str:
    """What a planner can do about it."""
    if drawing:
        return f"; {', '.join(one.activity_id for one in drawing)} draw{'s' if len(drawing) == 1 else ''} the power"
    if samples.start == 0:
        return "; it starts that low, and nothing of the plan draws it down: charge first"
    return "; nothing of the plan draws it down but the spacecraft itself"


def _store(context: CheckContext, run: SatelliteRun, bus: Bus) -> Iterator[Finding]:
    limit = float(bus.data_store_bytes)
    lost_bytes = run.flight.resources.lost_bytes[0]
    for window, samples in violation_windows(run, np.diff(lost_bytes, prepend=0.0) > _ROUNDING_BYTES):
        peak = limit + float(lost_bytes[samples].max())
        yield limit_finding(
            "RES-002",
            run.satellite,
            window,
            context.during(run.satellite, window),
            "data stored",
            peak,
            limit,
            limit - peak,
            "B",
            f"{run.satellite} would store {peak / 1e9:.2f} GB; its store holds {limit / 1e9:.2f} GB and the rest is lost",
        )
    for one in context.activities(run.satellite):
        if isinstance(one, DownlinkActivity):
            start_s = (
                one.window.start - context.plan.horizon.start
            ).total_seconds() + context.simulation.horizon_start_tai_s
            stored = float(np.interp(start_s, run.t_tai_s, np.maximum(run.data_wanted_bytes, 0.0)))
            if stored < one.volume_bytes - _ROUNDING_BYTES:
                repair = Repair(
                    kind=RepairKind.REDUCE_VOLUME,
                    activity_id=one.activity_id,
                    volume_bytes=int(stored),
                    description=f"downlink the {stored / MEGABYTE:.0f} MB that are stored",
                )
                yield limit_finding(
                    "RES-003",
                    run.satellite,
                    one.window,
                    (one.activity_id,),
                    "data stored at downlink",
                    stored,
                    float(one.volume_bytes),
                    stored - one.volume_bytes,
                    "B",
                    f"{one.activity_id} downlinks {one.volume_bytes / MEGABYTE:.0f} MB; {run.satellite} will have stored {stored / MEGABYTE:.0f} MB",
                    (repair,) if stored >= 1 else (drop_repair(one.activity_id),),
                )


def _link_volume(one: DownlinkActivity, bus: Bus) -> Iterator[Finding]:
    possible = bus.antenna.x_band_downlink_bit_s / 8.0 * one.window.duration_s
    if one.volume_bytes > possible * (1.0 + 1e-9):
        repair = Repair(
            kind=RepairKind.REDUCE_VOLUME,
            activity_id=one.activity_id,
            volume_bytes=int(possible),
            description=f"downlink the {possible / MEGABYTE:.0f} MB that fit into the contact",
        )
        yield limit_finding(
            "RES-004",
            one.satellite,
            one.window,
            (one.activity_id,),
            "downlink volume",
            float(one.volume_bytes),
            possible,
            possible - one.volume_bytes,
            "B",
            f"{one.activity_id} wants {one.volume_bytes / MEGABYTE:.0f} MB in {one.window.duration_s:.0f} s; the link carries {possible / MEGABYTE:.0f} MB",
            (repair,),
        )


def _propellant(context: CheckContext, run: SatelliteRun, bus: Bus) -> Iterator[Finding]:
    planned_kg = sum(one.propellant_kg for one in context.activities(run.satellite) if one.type == "burn")
    lowest = min(float(run.propellant_kg.min()), float(run.propellant_kg[0]) - planned_kg)
    reserve = bus.propulsion.reserve_kg
    if planned_kg > 0 and lowest < reserve:
        burns = tuple(one.activity_id for one in context.activities(run.satellite) if one.type == "burn")
        yield limit_finding(
            "RES-005",
            run.satellite,
            context.plan.horizon,
            burns,
            "propellant",
            lowest,
            reserve,
            lowest - reserve,
            "kg",
            f"{run.satellite} would be left with {lowest:.2f} kg of propellant; the reserve is {reserve:.2f} kg",
        )


def _band(
    context: CheckContext,
    run: SatelliteRun,
    code: str,
    quantity: str,
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    minimum: float | None,
    maximum: float,
    unit: str,
) -> Iterator[Finding]:
    floor = -np.inf if minimum is None else minimum
    for window, samples in violation_windows(run, (values > maximum) | (values < floor)):
        stretch = values[samples]
        high = float(stretch.max()) > maximum
        value, limit = (float(stretch.max()), maximum) if high else (float(stretch.min()), float(floor))
        margin = limit - value if high else value - limit
        yield limit_finding(
            code,
            run.satellite,
            window,
            context.during(run.satellite, window),
            quantity,
            value,
            limit,
            margin,
            unit,
            f"{run.satellite}: {quantity} reaches {value:.2f} {unit}; the limit is {limit:.2f} {unit}",
        )
