"""FRU: the mission's flight rules, which are data.

The number of a finding is the number of its rule: FR-07 gives FRU-007.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from core.mission.model import FlightRule, RuleQuantity, RuleSeverity
from core.plan.activity import Activity, BurnActivity, ImagingActivity, PointingActivity, PointingMode, Window
from core.plan.checks.context import CheckContext, violation_windows
from core.plan.model import Finding, Repair, RepairKind, Severity
from core.time import duration_s, tai_s_from_utc

__all__ = ["flight_rule_checks"]

_Broken = tuple[tuple[str, ...], str, Window, float, tuple[Repair, ...]]


def flight_rule_checks(context: CheckContext) -> Iterator[Finding]:
    """Every broken flight rule."""
    for rule in context.mission.flight_rules:
        for activities, satellite, window, value, repairs in _CHECKS[rule.quantity](rule, context):
            yield _finding(rule, activities, satellite, window, value, repairs)


def _profile(rule: FlightRule, context: CheckContext) -> Iterator[_Broken]:
    for satellite, run in context.simulation.runs.items():
        values = {
            RuleQuantity.SOC: run.soc,
            RuleQuantity.PROPELLANT_KG: run.propellant_kg,
            RuleQuantity.DATA_STORE_FRACTION: run.data_stored_bytes
            / context.mission.bus_of(satellite).data_store_bytes,
        }[rule.quantity]
        low = values < (rule.minimum if rule.minimum is not None else -np.inf)
        high = values > (rule.maximum if rule.maximum is not None else np.inf)
        for window, samples in violation_windows(run, low | high):
            stretch = values[samples]
            value = float(stretch.min() if low[samples].any() else stretch.max())
            yield context.during(satellite, window), satellite, window, value, ()


def _sun_pointing(rule: FlightRule, context: CheckContext) -> Iterator[_Broken]:
    for one in context.activities():
        if (
            isinstance(one, PointingActivity)
            and one.pointing is PointingMode.SUN
            and _outside(rule, one.window.duration_s)
        ):
            shorten = Repair(
                kind=RepairKind.SHORTEN,
                activity_id=one.activity_id,
                duration_s=rule.maximum,
                description=f"point {one.activity_id} at the Sun for {rule.maximum:.0f} s",
            )
            yield (one.activity_id,), one.satellite, one.window, one.window.duration_s, (shorten,)


def _burn_gap(rule: FlightRule, context: CheckContext) -> Iterator[_Broken]:
    for satellite in context.simulation.runs:
        burns: list[Activity] = [one for one in context.activities(satellite) if isinstance(one, BurnActivity)]
        for first, second in pairwise(burns):
            gap_s = duration_s(first.window.end, second.window.start)
            if _outside(rule, gap_s):
                window = Window(start=first.window.start, end=second.window.end)
                yield (first.activity_id, second.activity_id), satellite, window, gap_s, ()


def _payload_in_eclipse(rule: FlightRule, context: CheckContext) -> Iterator[_Broken]:
    for one in context.activities():
        if isinstance(one, ImagingActivity):
            run = context.simulation.runs[one.satellite]
            middle = 0.5 * (tai_s_from_utc(one.window.start) + tai_s_from_utc(one.window.end))
            dark = 1.0 - float(np.interp(middle, run.t_tai_s, run.illumination))
            if _outside(rule, dark):
                yield (one.activity_id,), one.satellite, one.window, dark, ()


def _covered_elsewhere(_rule: FlightRule, _context: CheckContext) -> Iterator[_Broken]:
    """Perigee altitude is checked where the burns are followed, as MAN-002 with the rule's limit."""
    return iter(())


def _outside(rule: FlightRule, value: float) -> bool:
    low = rule.minimum is not None and value < rule.minimum
    return low or (rule.maximum is not None and value > rule.maximum)


def _finding(
    rule: FlightRule,
    activities: tuple[str, ...],
    satellite: str,
    window: Window,
    value: float,
    repairs: tuple[Repair, ...],
) -> Finding:
    low = rule.minimum is not None and value < rule.minimum
    limit = rule.minimum if low else rule.maximum
    assert limit is not None
    return Finding(
        code=f"FRU-{int(rule.id.removeprefix('FR-')):03d}",
        severity=Severity.BLOCK if rule.severity is RuleSeverity.BLOCK else Severity.WARN,
        activities=activities,
        satellite=satellite,
        window=window,
        quantity=rule.quantity.value,
        value=value,
        limit=limit,
        margin=value - limit if low else limit - value,
        rule=rule.id,
        rule_revision=rule.revision,
        explanation=f"{rule.id}: {rule.text} (waiver: {rule.waiver_authority})",
        repairs=repairs,
    )


_CHECKS: Final[dict[RuleQuantity, Callable[[FlightRule, CheckContext], Iterator[_Broken]]]] = {
    RuleQuantity.SOC: _profile,
    RuleQuantity.PROPELLANT_KG: _profile,
    RuleQuantity.DATA_STORE_FRACTION: _profile,
    RuleQuantity.PERIGEE_ALTITUDE_M: _covered_elsewhere,
    RuleQuantity.SUN_POINTING_DURATION_S: _sun_pointing,
    RuleQuantity.BURN_GAP_S: _burn_gap,
    RuleQuantity.PAYLOAD_IN_ECLIPSE: _payload_in_eclipse,
}
