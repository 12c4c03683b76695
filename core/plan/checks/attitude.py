"""ATT: there is time to turn, and the wheels can do it.

ATT-001 too little time to slew between two attitudes, ATT-002 a slew needs more wheel momentum than there is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from core.attitude import boresight_gcrf, slew_angle_rad, slew_duration_s, wheel_capacity_n_m_s
from core.mission.model import Bus
from core.orbit import sun_position_gcrf_m
from core.plan.activity import Activity, ImagingActivity, Window
from core.plan.checks.context import CheckContext, limit_finding
from core.plan.model import Finding, Repair, RepairKind
from core.time import add_s, duration_s, tai_s_from_utc
from core.units import to_deg, to_rad

__all__ = ["attitude_checks"]


def attitude_checks(context: CheckContext) -> Iterator[Finding]:
    """All attitude faults."""
    for satellite in context.simulation.runs:
        turned = context.turned(satellite)
        for first, second in pairwise(turned):
            yield from _slew(first, second, context)
        if turned:
            yield from _momentum(satellite, turned, context)


def _slew(first: Activity, second: Activity, context: CheckContext) -> Iterator[Finding]:
    if first.window.overlaps(second.window):
        return  # TMP-005 says so
    bus = context.mission.bus_of(first.satellite)
    angle_rad = _angle_rad(first, second, context)
    needed_s = slew_duration_s(bus, angle_rad)
    available_s = duration_s(first.window.end, second.window.start)
    if available_s >= needed_s:
        return
    short_s = needed_s - available_s
    end = second.window.start if available_s > 0 else add_s(second.window.start, 1.0)
    movable = second.contact is None
    wait_s = _wait_s(short_s, context.orbits[first.satellite].leg_at(tai_s_from_utc(first.window.end)).period_s, bus)
    yield limit_finding(
        "ATT-001",
        first.satellite,
        Window(start=first.window.end, end=end),
        (first.activity_id, second.activity_id),
        "time to slew",
        available_s,
        needed_s,
        -short_s,
        "s",
        f"turning {to_deg(angle_rad):.0f}° from {first.pointing} to {second.pointing} takes {needed_s:.0f} s with settling; "
        f"{available_s:.0f} s are left between {first.activity_id} and {second.activity_id}",
        (
            Repair(
                kind=RepairKind.SHIFT if movable else RepairKind.SHORTEN,
                activity_id=second.activity_id if movable else first.activity_id,
                shift_s=wait_s if movable else None,
                duration_s=None if movable else max(first.window.duration_s - short_s, 0.0),
                description=f"start {second.activity_id} {wait_s:.0f} s later"
                if movable
                else f"end {first.activity_id} {short_s:.0f} s earlier",
            ),
        ),
    )


def _wait_s(short_s: float, period_s: float, bus: Bus) -> float:
    """How long to wait, whole seconds: while waiting, the angle may grow by what the orbit turns."""
    return math.ceil(short_s / (1.0 - 2.0 * math.pi / period_s / bus.slew_rate_rad_s)) + 1.0


def _angle_rad(first: Activity, second: Activity, context: CheckContext) -> float:
    if first.pointing is second.pointing and not isinstance(second, ImagingActivity):
        return 0.0
    at = tai_s_from_utc(second.window.start)
    state = context.orbits[first.satellite].propagate(np.array([at]))
    sun_gcrf_m = sun_position_gcrf_m(np.array([at]))[0]
    directions = [
        boresight_gcrf(one.pointing.value, state.r_gcrf_m[0], state.v_gcrf_m_s[0], sun_gcrf_m)
        for one in (first, second)
    ]
    rolls_deg = [one.predicted_off_nadir_deg for one in (first, second) if isinstance(one, ImagingActivity)]
    roll_deg = max(rolls_deg, default=0.0)
    return slew_angle_rad(directions[0], directions[1]) + to_rad(roll_deg)


def _momentum(satellite: str, turned: list[Activity], context: CheckContext) -> Iterator[Finding]:
    bus = context.mission.bus_of(satellite)
    needed = max(bus.inertia_kg_m2) * bus.slew_rate_rad_s
    stored = float(context.simulation.runs[satellite].wheel_momentum_n_m_s.max())
    capacity = wheel_capacity_n_m_s(bus)
    if stored + needed > capacity:
        yield limit_finding(
            "ATT-002",
            satellite,
            Window(start=turned[0].window.start, end=turned[-1].window.end),
            tuple(one.activity_id for one in turned),
            "wheel momentum in a slew",
            stored + needed,
            capacity,
            capacity - stored - needed,
            "N m s",
            f"{satellite}: a slew needs {needed:.2f} N m s on top of {stored:.2f} stored; the wheels hold {capacity:.2f}",
        )
