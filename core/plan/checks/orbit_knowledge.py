"""CON: whether the orbit that a plan rests on is known well enough. It is never known to be wrong here, so findings are unknowns.

CON-008 an orbit in doubt: a burn that no fixes have told the orbit of, or fixes that miss it; CON-009 an orbit that nothing has
confirmed for too long; CON-010 a burn of another approved plan that this plan's orbit does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.mission.model import Spacecraft
from core.mission.orbit_updates import CONFIRMING_S
from core.plan.activity import Window
from core.plan.checks.context import CheckContext, limit_finding
from core.plan.model import Finding, Severity
from core.time import add_s, duration_s, format_utc

__all__ = ["orbit_findings"]

_DAY_S: Final = 86_400.0
# Element sets of low orbits miss by 1 to 3 km a day (Vallado and others, AIAA 2006-6753, section III): seconds of a pass.
_OLDEST_S: Final = 7.0 * _DAY_S
_GREATEST_MISS_M: Final = 2000.0  # beyond that the ground looks for another orbit


def orbit_findings(context: CheckContext) -> Iterator[Finding]:
    """At most one finding for each reason and satellite of the plan."""
    for name in context.plan.satellites:
        craft = context.mission.craft(name)
        yield from _doubted(craft, context)
        yield from _old(craft, context)
        yield from _burnt_by_others(craft, context)


def _doubted(craft: Spacecraft, context: CheckContext) -> Iterator[Finding]:
    doubt = craft.orbit_doubt
    if doubt is None:
        return
    miss = "" if doubt.miss_m is None else f"; the newest fixes miss it by {doubt.miss_m / 1000.0:.1f} km"
    yield Finding(
        code="CON-008",
        severity=Severity.UNKNOWN,
        activities=_of(craft, context),
        satellite=craft.id,
        window=context.plan.horizon,
        quantity="distance of fixes from the orbit",
        value=doubt.miss_m,
        limit=_GREATEST_MISS_M,
        margin=None if doubt.miss_m is None else _GREATEST_MISS_M - doubt.miss_m,
        unit="m",
        explanation=f"the orbit that {craft.id} is planned with is in doubt since {format_utc(doubt.since_utc)}: {doubt.reason}"
        f"{miss}. Times and places of this plan may be off; plan again when an orbit has been accepted",
    )


def _old(craft: Spacecraft, context: CheckContext) -> Iterator[Finding]:
    known_utc = max(craft.elements.epoch_utc, craft.orbit_checked_until or craft.elements.epoch_utc)
    age_s = duration_s(known_utc, context.now_utc)
    if age_s > _OLDEST_S:
        yield limit_finding(
            "CON-009",
            craft.id,
            context.plan.horizon,
            _of(craft, context),
            "age of the orbit",
            age_s / _DAY_S,
            _OLDEST_S / _DAY_S,
            (_OLDEST_S - age_s) / _DAY_S,
            "d",
            f"nothing has confirmed the orbit of {craft.id} since {format_utc(known_utc)}, {age_s / _DAY_S:.1f} days ago; "
            f"after {_OLDEST_S / _DAY_S:.0f} days passes may be off by many seconds: newer elements or fixes are needed",
            severity=Severity.UNKNOWN,
        )


def _burnt_by_others(craft: Spacecraft, context: CheckContext) -> Iterator[Finding]:
    plan, known = context.plan, [craft.burns_flown_until] if craft.burns_flown_until else []
    if craft.orbit_checked_until is not None:
        # Fixes of so long before agree with the elements: a burn before them was flown with them, or never.
        known.append(add_s(craft.orbit_checked_until, -CONFIRMING_S))
    for one in context.others.burns:
        contained = any(one.window.end <= until for until in known)
        if one.satellite != craft.id or contained or one.window.start >= plan.horizon.end:
            continue
        yield Finding(
            code="CON-010",
            severity=Severity.UNKNOWN,
            activities=_of(craft, context),
            satellite=craft.id,
            window=Window(start=min(one.window.start, plan.horizon.end), end=plan.horizon.end),
            quantity="delta-v",
            value=one.delta_v_m_s,
            limit=0.0,
            margin=-abs(one.delta_v_m_s),
            unit="m/s",
            explanation=f"{one.activity_id} of another approved plan changes the orbit of {craft.id} by {one.delta_v_m_s:.2f} m/s on "
            f"{format_utc(one.window.start)}; this plan is made for the orbit before it: plan again when the new orbit is known",
        )


def _of(craft: Spacecraft, context: CheckContext) -> tuple[str, ...]:
    return tuple(one.activity_id for one in context.activities(craft.id))
