"""ATT: there is time to turn, and the wheels can do it.

ATT-001 too little time to slew between two attitudes, ATT-002 a wheel would hold more momentum than it can, ATT-003 a rate
beyond the limit, ATT-004 a motor torque beyond the wheels', ATT-005 no star tracker sees stars while an attitude must be
known, ATT-006 the flown attitude is not settled when an activity needs it, ATT-007 no way round a forbidden cone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from core.attitude import boresight_gcrf, slew_angle_rad, slew_duration_s
from core.mission.model import Bus
from core.orbit import sun_position_gcrf_m
from core.plan.activity import Activity, BurnActivity, ImagingActivity, Window
from core.plan.checks.context import CheckContext, limit_finding, violation_windows
from core.plan.checks.repairs import shift_repair
from core.plan.model import Finding, Repair, RepairKind
from core.plan.simulate import SatelliteRun
from core.propulsion import burn_balance, burn_torque_n_m
from core.time import add_s, duration_s, tai_s_from_utc
from core.units import DEG, to_deg, to_rad

__all__ = ["attitude_checks"]

_NEED_ATTITUDE: Final = frozenset({"imaging", "burn", "downlink"})
_RATE_ALLOWANCE: Final = 1.05  # the control follows its profile within that
_TORQUE_ALLOWANCE: Final = 1.01
_ORBITAL_RATE_RAD_S: Final = 0.0012  # a slew comes on top of following the orbit
_GYRO_HOLDS_S: Final = 300.0  # drift of the reference gyro stays within the settled bound
_SHORTEST_MEAN_S: Final = 5.0
_EDGE_S: Final = 0.01


def attitude_checks(context: CheckContext) -> Iterator[Finding]:
    """All attitude faults."""
    for satellite in context.simulation.runs:
        turned = context.turned(satellite)
        for first, second in pairwise(turned):
            yield from _slew(first, second, context)
        yield from _flown(satellite, context)


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


def _flown(satellite: str, context: CheckContext) -> Iterator[Finding]:
    """What the flown attitude does against what wheels, control and trackers can."""
    run, bus = context.simulation.runs[satellite], context.mission.bus_of(satellite)
    attitude = run.flight.attitude
    rate_rad_s = np.linalg.norm(attitude.omega_body_gcrf_rad_s, axis=1)
    # Means over moments shorter than a few control steps say nothing of what a motor must give.
    long_enough = np.concatenate(([False], np.diff(run.t_tai_s) >= _SHORTEST_MEAN_S))
    torque_n_m = np.where(long_enough, attitude.wheel_torque_n_m.max(axis=1), 0.0)
    capacity = bus.wheels.momentum_capacity_n_m_s
    rows = (
        ("ATT-002", "momentum of a wheel", run.wheel_momentum_n_m_s, capacity, "N m s", 1.0),
        (
            "ATT-003",
            "rate",
            rate_rad_s,
            bus.slew_rate_rad_s * _RATE_ALLOWANCE + _ORBITAL_RATE_RAD_S,
            "deg/s",
            1.0 / DEG,
        ),
        (
            "ATT-004",
            "motor torque of a wheel",
            torque_n_m,
            bus.wheels.maximum_torque_n_m * _TORQUE_ALLOWANCE,
            "N m",
            1.0,
        ),
    )
    for code, quantity, values, limit, unit, scale in rows:
        for window, samples in violation_windows(run, values > limit):
            worst = float(values[samples].max()) * scale
            yield limit_finding(
                code,
                satellite,
                window,
                context.during(satellite, window),
                quantity,
                worst,
                limit * scale,
                limit * scale - worst,
                unit,
                f"{satellite}: {quantity} reaches {worst:.3g} {unit} when the plan is flown; the limit is "
                f"{limit * scale:.3g} {unit}{_burn_torque(satellite, window, context)}",
            )
    for one in context.turned(satellite):
        if one.type in _NEED_ATTITUDE:
            yield from _unsettled(one, run, bus)
            yield from _blinded(one, run)
    if int(np.sum(attitude.blocked_slews)) > 0:
        yield limit_finding(
            "ATT-007",
            satellite,
            context.plan.horizon,
            (),
            "slews through a forbidden cone",
            float(np.sum(attitude.blocked_slews)),
            0.0,
            -float(np.sum(attitude.blocked_slews)),
            "1",
            f"{satellite}: a slew finds no way round a cone that its design forbids, such as the Sun in the imager",
        )


def _burn_torque(satellite: str, window: Window, context: CheckContext) -> str:
    """What a burn in or before a window has to do with it."""
    bus = context.mission.bus_of(satellite)
    begun = [
        one for one in context.activities(satellite) if isinstance(one, BurnActivity) and one.window.start < window.end
    ]
    if not begun or not burn_balance(bus.propulsion).turns:
        return ""
    torque_n_m = burn_torque_n_m(bus.propulsion, begun[-1].propellant_kg + _left_kg(satellite, begun[-1], context))
    return (
        f"; the thrusters leave a torque of {float(np.linalg.norm(torque_n_m)):.3g} N m to the wheels while "
        f"{begun[-1].activity_id} burns: shorter burns with time to unload between them keep it within"
    )


def _left_kg(satellite: str, burn: BurnActivity, context: CheckContext) -> float:
    """Propellant after a burn, as flown."""
    run = context.simulation.runs[satellite]
    return float(np.interp(tai_s_from_utc(burn.window.end), run.t_tai_s, run.propellant_kg))


def _unsettled(one: Activity, run: SatelliteRun, bus: Bus) -> Iterator[Finding]:
    start, end = tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)
    # At its end the next turn begins already.
    inside = (run.t_tai_s >= start - _EDGE_S) & (run.t_tai_s < end - _EDGE_S)
    error_rad = run.flight.attitude.error_rad[inside]
    unsettled = ~run.flight.attitude.settled[inside]
    if not unsettled.any():
        return
    last = float(run.t_tai_s[inside][unsettled].max())
    late_s = max(last - start, 1.0)
    yield limit_finding(
        "ATT-006",
        one.satellite,
        Window(start=one.window.start, end=min(one.window.end, add_s(one.window.start, late_s))),
        (one.activity_id,),
        "attitude error while it must be settled",
        to_deg(float(error_rad[unsettled].max())),
        0.0,
        -to_deg(float(error_rad[unsettled].max())),
        "deg",
        f"{one.activity_id}: {one.satellite} is still turning or settling ({bus.settle_s:.0f} s) when it begins, until "
        f"{late_s:.0f} s later",
        () if one.contact else (shift_repair(one, math.ceil(late_s) + 1.0),),
    )


def _blinded(one: Activity, run: SatelliteRun) -> Iterator[Finding]:
    """No star tracker for longer than the gyro carries the attitude."""
    start, end = tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)
    inside = (run.t_tai_s >= start - _GYRO_HOLDS_S) & (run.t_tai_s <= end)
    blinded = run.flight.attitude.blinded[inside]
    if blinded.size == 0 or blinded.shape[1] == 0 or not blinded.all():
        return
    yield limit_finding(
        "ATT-005",
        one.satellite,
        one.window,
        (one.activity_id,),
        "time without a star tracker",
        end - start + _GYRO_HOLDS_S,
        _GYRO_HOLDS_S,
        start - end,
        "s",
        f"{one.activity_id}: no star tracker of {one.satellite} sees stars from {_GYRO_HOLDS_S:.0f} s before until its end; "
        "the gyro alone does not hold the attitude well enough",
    )
