"""CON: whether the orbit that a plan rests on is known well enough. It is never known to be wrong here, so findings are unknowns.

CON-008 an orbit in doubt: a burn that no fixes have told the orbit of, or fixes that miss it; CON-009 an orbit that nothing has
confirmed for too long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.mission.model import Spacecraft
from core.plan.checks.context import CheckContext, limit_finding
from core.plan.model import Finding, Severity
from core.time import duration_s, format_utc

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


def _of(craft: Spacecraft, context: CheckContext) -> tuple[str, ...]:
    return tuple(one.activity_id for one in context.activities(craft.id))
