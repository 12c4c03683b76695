"""FRU: the mission's flight rules, which are data; each kind of condition is decided by one function.

The number of a finding is the number of its rule: FR-07 gives FRU-007. Every finding says what was compared with what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.mission.flight_rules import (
    ActivityQuantity,
    AttributeCondition,
    CountCondition,
    ExclusionCondition,
    FlightRule,
    GapCondition,
    OrbitCondition,
    PreparationCondition,
    ProfileCondition,
    ProfileQuantity,
    RuleSeverity,
    Selector,
)
from core.plan.activity import Activity, BurnActivity, DownlinkActivity, ImagingActivity, ModeActivity, Window
from core.plan.checks.context import CheckContext, violation_windows
from core.plan.checks.repairs import drop_repair, shift_repair
from core.plan.model import Finding, Repair, RepairKind, Severity
from core.plan.simulate import SatelliteRun
from core.time import add_s, duration_s, tai_s_from_utc

__all__ = ["flight_rule_checks", "selects"]

FloatArray = NDArray[np.float64]

_UNITS: Final = {
    ProfileQuantity.SOC: "1",
    ProfileQuantity.BUS_POWER_W: "W",
    ProfileQuantity.DATA_STORE_FRACTION: "1",
    ProfileQuantity.PROPELLANT_KG: "kg",
    ProfileQuantity.WHEEL_MOMENTUM_N_M_S: "N m s",
    ProfileQuantity.BATTERY_TEMPERATURE_K: "K",
    ProfileQuantity.SHADOW_FRACTION: "1",
    ActivityQuantity.DURATION_S: "s",
    ActivityQuantity.DELTA_V_M_S: "m/s",
    ActivityQuantity.VOLUME_BYTES: "B",
    ActivityQuantity.OFF_NADIR_DEG: "deg",
    ActivityQuantity.SUN_ELEVATION_DEG: "deg",
    ActivityQuantity.MAX_ELEVATION_DEG: "deg",
}


@dataclass(frozen=True)
class _Broken:
    """One way in which a plan breaks a condition."""

    activities: tuple[str, ...]
    satellite: str
    window: Window
    quantity: str
    value: float
    limit: float
    margin: float
    unit: str
    compared: str
    repairs: tuple[Repair, ...] = ()


def flight_rule_checks(context: CheckContext) -> Iterator[Finding]:
    """Every broken flight rule."""
    for rule in context.mission.flight_rules:
        for broken in _DECIDE[type(rule.condition)](rule.condition, context):
            yield _finding(rule, broken)


def selects(selector: Selector, one: Activity) -> bool:
    """Whether a selector means an activity."""
    return (
        selector.type in (None, one.type)
        and selector.pointing in (None, one.pointing.value)
        and (selector.purpose is None or (isinstance(one, BurnActivity) and one.purpose == selector.purpose))
        and (selector.mode is None or (isinstance(one, ModeActivity) and one.mode.value == selector.mode))
        and (selector.station is None or (one.contact is not None and one.contact.station == selector.station))
        and (selector.satellites is None or one.satellite in selector.satellites)
    )


def _chosen(selector: Selector, context: CheckContext, satellite: str | None = None) -> list[Activity]:
    return [one for one in context.activities(satellite) if selects(selector, one)]


def _profile(condition: ProfileCondition, context: CheckContext) -> Iterator[_Broken]:
    for satellite, run in context.simulation.runs.items():
        values = _values(condition.quantity, run, context)
        low = values < (-np.inf if condition.minimum is None else condition.minimum)
        high = values > (np.inf if condition.maximum is None else condition.maximum)
        violated = low | high
        if condition.during is not None:
            violated &= _inside(run, _chosen(condition.during, context, satellite))
        for window, samples in violation_windows(run, violated):
            stretch = values[samples][violated[samples]]
            too_low = bool((low & violated)[samples].any())
            worst = float(stretch.min() if too_low else stretch.max())
            limit = condition.minimum if too_low else condition.maximum
            assert limit is not None
            blamed = context.during(satellite, window)
            if condition.during is not None:
                meant = [one for one in _chosen(condition.during, context, satellite) if one.window.overlaps(window)]
                blamed = tuple(one.activity_id for one in meant)
                window = Window(
                    start=max(window.start, min(one.window.start for one in meant)),
                    end=min(window.end, max(one.window.end for one in meant)),
                )
            while_text = f" during {condition.during}" if condition.during is not None else ""
            unit = _UNITS[condition.quantity]
            yield _Broken(
                activities=blamed,
                satellite=satellite,
                window=window,
                quantity=condition.quantity.value,
                value=worst,
                limit=limit,
                margin=worst - limit if too_low else limit - worst,
                unit=unit,
                compared=f"{condition.quantity} of {satellite} {'falls' if too_low else 'rises'} to {_shown(worst, unit)}"
                f"{while_text}; the limit is {_shown(limit, unit)}",
                repairs=tuple(
                    drop_repair(one.activity_id) for one in context.drawing(satellite) if one.activity_id in blamed[-1:]
                ),
            )


def _values(quantity: ProfileQuantity, run: SatelliteRun, context: CheckContext) -> FloatArray:
    match quantity:
        case ProfileQuantity.SOC:
            return run.soc
        case ProfileQuantity.BUS_POWER_W:
            return run.load_power_w
        case ProfileQuantity.DATA_STORE_FRACTION:
            return run.data_stored_bytes / context.mission.bus_of(run.satellite).data_store_bytes
        case ProfileQuantity.PROPELLANT_KG:
            return run.propellant_kg
        case ProfileQuantity.WHEEL_MOMENTUM_N_M_S:
            return run.wheel_momentum_n_m_s
        case ProfileQuantity.BATTERY_TEMPERATURE_K:
            return run.battery_temp_k
        case ProfileQuantity.SHADOW_FRACTION:
            return 1.0 - run.illumination


def _inside(run: SatelliteRun, activities: Iterable[Activity]) -> NDArray[np.bool_]:
    """Samples that lie in any of the activities, their ends included: every edge is a sample."""
    inside = np.zeros(len(run.t_tai_s), dtype=np.bool_)
    for one in activities:
        start, end = tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)
        # A sample carries what held in the interval before it.
        inside |= (run.t_tai_s > start + 1e-6) & (run.t_tai_s <= end + 1e-6)
    return inside


def _attribute(condition: AttributeCondition, context: CheckContext) -> Iterator[_Broken]:
    for one in _chosen(condition.activity, context):
        value = _number(one, condition.quantity)
        limit = _limit_missed(value, condition.minimum, condition.maximum)
        if value is None or limit is None:
            continue
        shortens = condition.quantity is ActivityQuantity.DURATION_S and value > limit
        unit = _UNITS[condition.quantity]
        yield _Broken(
            activities=(one.activity_id,),
            satellite=one.satellite,
            window=one.window,
            quantity=condition.quantity.value,
            value=value,
            limit=limit,
            margin=-abs(value - limit),
            unit=unit,
            compared=f"{condition.quantity} of {one.activity_id} is {_shown(value, unit)}; the limit is {_shown(limit, unit)}",
            repairs=(_shorten(one, limit),) if shortens else (),
        )


def _number(one: Activity, quantity: ActivityQuantity) -> float | None:
    """The number, where the activity has one."""
    match quantity:
        case ActivityQuantity.DURATION_S:
            return one.window.duration_s
        case ActivityQuantity.DELTA_V_M_S:
            return abs(one.delta_v_m_s) if isinstance(one, BurnActivity) else None
        case ActivityQuantity.VOLUME_BYTES:
            return float(one.volume_bytes) if isinstance(one, DownlinkActivity) else None
        case ActivityQuantity.OFF_NADIR_DEG:
            return one.predicted_off_nadir_deg if isinstance(one, ImagingActivity) else None
        case ActivityQuantity.SUN_ELEVATION_DEG:
            return one.sun_elevation_deg if isinstance(one, ImagingActivity) else None
        case ActivityQuantity.MAX_ELEVATION_DEG:
            return one.contact.max_elevation_deg if one.contact else None


def _limit_missed(value: float | None, minimum: float | None, maximum: float | None) -> float | None:
    if value is None:
        return None
    if minimum is not None and value < minimum:
        return minimum
    return maximum if maximum is not None and value > maximum else None


def _orbit(_condition: OrbitCondition, _context: CheckContext) -> Iterator[_Broken]:
    """The orbit after burns is judged where the burns are followed: MAN-002 takes the rule's limit."""
    return iter(())


def _gap(condition: GapCondition, context: CheckContext) -> Iterator[_Broken]:
    for satellite in context.simulation.runs:
        concerned = [
            one
            for one in context.activities(satellite)
            if selects(condition.first, one) or selects(condition.then, one)
        ]
        for first, then in pairwise(concerned):
            if not (selects(condition.first, first) and selects(condition.then, then)):
                continue
            gap_s = duration_s(first.window.end, then.window.start)
            if gap_s >= condition.minimum_s:
                continue
            short_s = condition.minimum_s - gap_s
            yield _Broken(
                activities=(first.activity_id, then.activity_id),
                satellite=satellite,
                window=Window(start=first.window.start, end=max(first.window.end, then.window.end)),
                quantity="gap",
                value=gap_s,
                limit=condition.minimum_s,
                margin=-short_s,
                unit="s",
                compared=f"{then.activity_id} starts {gap_s:.0f} s after {first.activity_id}; "
                f"{condition.minimum_s:.0f} s must pass",
                repairs=() if then.contact else (shift_repair(then, short_s),),
            )


def _count(condition: CountCondition, context: CheckContext) -> Iterator[_Broken]:
    for satellite in context.simulation.runs:
        chosen = _chosen(condition.activity, context, satellite)
        for index in range(condition.maximum, len(chosen)):
            first, last = chosen[index - condition.maximum], chosen[index]
            if duration_s(first.window.start, last.window.start) >= condition.within_s:
                continue
            within = chosen[index - condition.maximum : index + 1]
            wait_s = condition.within_s - duration_s(first.window.start, last.window.start)
            yield _Broken(
                activities=tuple(one.activity_id for one in within),
                satellite=satellite,
                window=Window(start=first.window.start, end=last.window.end),
                quantity="count",
                value=float(len(within)),
                limit=float(condition.maximum),
                margin=float(condition.maximum - len(within)),
                unit="1",
                compared=f"{len(within)} {condition.activity} activities of {satellite} begin within "
                f"{condition.within_s / 3600:.1f} h; {condition.maximum} may",
                repairs=(drop_repair(last.activity_id),)
                if last.contact
                else (shift_repair(last, wait_s), drop_repair(last.activity_id)),
            )


def _exclusion(condition: ExclusionCondition, context: CheckContext) -> Iterator[_Broken]:
    told: set[frozenset[str]] = set()
    for one in _chosen(condition.activity, context):
        for other in _chosen(condition.other, context, one.satellite if condition.scope == "satellite" else None):
            pair = frozenset((one.activity_id, other.activity_id))
            if len(pair) < 2 or pair in told or not one.window.overlaps(other.window):
                continue
            told.add(pair)
            start, end = max(one.window.start, other.window.start), min(one.window.end, other.window.end)
            later = max(one, other, key=lambda item: item.window.start)
            earlier = one if later is other else other
            yield _Broken(
                activities=(earlier.activity_id, later.activity_id),
                satellite=later.satellite,
                window=Window(start=start, end=end),
                quantity="overlap",
                value=duration_s(start, end),
                limit=0.0,
                margin=-duration_s(start, end),
                unit="s",
                compared=f"{earlier.activity_id} and {later.activity_id} overlap for {duration_s(start, end):.0f} s",
                repairs=()
                if later.contact
                else (shift_repair(later, duration_s(later.window.start, earlier.window.end) + 1.0),),
            )


def _preparation(condition: PreparationCondition, context: CheckContext) -> Iterator[_Broken]:
    for one in _chosen(condition.activity, context):
        ends = [
            need.window.end
            for need in _chosen(condition.needs, context, one.satellite)
            if need.window.end <= one.window.start
        ]
        if any(duration_s(end, one.window.start) <= condition.within_s for end in ends):
            continue
        since_s = min((duration_s(end, one.window.start) for end in ends), default=None)
        found = f"the last one ends {since_s / 3600:.1f} h before" if since_s is not None else "there is none before"
        yield _Broken(
            activities=(one.activity_id,),
            satellite=one.satellite,
            window=Window(start=add_s(one.window.start, -condition.within_s), end=one.window.start),
            quantity="time since preparation",
            value=since_s if since_s is not None else -1.0,
            limit=condition.within_s,
            margin=condition.within_s - since_s if since_s is not None else -condition.within_s,
            unit="s",
            compared=f"{one.activity_id} needs a {condition.needs} within {condition.within_s / 3600:.1f} h before it; {found}",
        )


def _finding(rule: FlightRule, broken: _Broken) -> Finding:
    return Finding(
        code=f"FRU-{int(rule.id.removeprefix('FR-')):03d}",
        severity=Severity.BLOCK if rule.severity is RuleSeverity.BLOCK else Severity.WARN,
        activities=broken.activities,
        satellite=broken.satellite,
        window=broken.window,
        quantity=broken.quantity,
        value=broken.value,
        limit=broken.limit,
        margin=broken.margin,
        unit=broken.unit,
        rule=rule.id,
        rule_revision=rule.revision,
        explanation=f"{rule.id}: {rule.text} Here {broken.compared} (waiver: {rule.waiver_authority})",
        repairs=broken.repairs,
    )


def _shown(value: float, unit: str) -> str:
    number = f"{value:.4g}" if abs(value) < 1e5 else f"{value:.4e}"
    return number if unit == "1" else f"{number} {unit}"


def _shorten(one: Activity, to_s: float) -> Repair:
    return Repair(
        kind=RepairKind.SHORTEN,
        activity_id=one.activity_id,
        duration_s=to_s,
        description=f"let {one.activity_id} last {to_s:.0f} s",
    )


_DECIDE: Final[dict[type, Callable[[Any, CheckContext], Iterator[_Broken]]]] = {
    ProfileCondition: _profile,
    AttributeCondition: _attribute,
    OrbitCondition: _orbit,
    GapCondition: _gap,
    CountCondition: _count,
    ExclusionCondition: _exclusion,
    PreparationCondition: _preparation,
}
