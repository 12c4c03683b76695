"""COL: a plan does not fly into a known conjunction, and an orbit change is screened before it is flown.

COL-001 the collision probability of a received message, with the plan's burns, is above the limit: blocks a plan that
burns; a plan without burns does not change it, so it is warned. COL-002 a message older than two days, COL-003 a message
from which no probability follows for this plan, COL-004 a maneuver whose new trajectory nobody could screen, COL-005 an
object of the catalogue that comes near after a maneuver. The last four are honest ``unknown``: they keep the plan from
being validated until a flight director accepts them by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import PhysicsError
from core.mission.conjunctions import STALE_AFTER, ConjunctionMessage, newest_of_each
from core.orbit import (
    DEFAULT_PROBABILITY_LIMIT,
    assess_collision,
    collision_probability,
    encounter_of,
    hard_body_radius_m,
    impulse_shift_gcrf_m,
)
from core.orbit.avoidance import message_after_burn
from core.orbit.collision_rate import expected_collisions
from core.plan.activity import BurnActivity, Window
from core.plan.checks.context import CheckContext, limit_finding
from core.plan.checks.screening import screened
from core.plan.model import Finding, Severity
from core.time import add_s, duration_s, format_utc

__all__ = ["collision_checks"]

FloatArray = NDArray[np.float64]

# A burn's effect on an encounter is judged so long after it: the same span that avoidance burns are planned over.
_EFFECT: Final = timedelta(hours=32)
# The linear relative motion is off by the square of the displacement over twice the orbit's radius: 30 m at this one.
_LARGEST_SHIFT_M: Final = 20_000.0
_ROUNDING: Final = 1e-6  # of the limit: times in a plan are whole microseconds


def collision_checks(context: CheckContext) -> Iterator[Finding]:
    """Known conjunctions of the plan's satellites, and unscreened trajectories of those that burn."""
    for satellite in context.simulation.runs:
        burns = [one for one in context.activities(satellite) if isinstance(one, BurnActivity)]
        for message in newest_of_each(context.conjunctions):
            if message.satellite == satellite:
                yield from _known(message, burns, context)
        if burns:
            yield from screened(satellite, burns, context)


def _known(message: ConjunctionMessage, burns: list[BurnActivity], context: CheckContext) -> Iterator[Finding]:
    """One message whose closest approach the plan lasts to, or its burns act on."""
    tca_utc = message.cdm.tca_utc
    acting = [one for one in burns if one.window.end < tca_utc]
    judged_until = max([context.plan.horizon.end, *(one.window.end + _EFFECT for one in acting)])
    if not context.now_utc < tca_utc <= judged_until:
        return
    age = context.now_utc - message.cdm.created_utc
    if age > STALE_AFTER:
        yield limit_finding(
            "COL-002",
            message.satellite,
            _around(message),
            tuple(one.activity_id for one in acting),
            "age of the conjunction message",
            age.total_seconds(),
            STALE_AFTER.total_seconds(),
            (STALE_AFTER - age).total_seconds(),
            "s",
            f"{message.conjunction_id} is {age.total_seconds() / 3600:.0f} h old; after "
            f"{STALE_AFTER.total_seconds() / 3600:.0f} h it says nothing reliable",
            severity=Severity.UNKNOWN,
        )
        return
    try:
        probability = _probability(message, acting)
    except PhysicsError as error:
        yield _undecided(message, acting, error.message)
        return
    if probability > DEFAULT_PROBABILITY_LIMIT * (1.0 + _ROUNDING):
        yield _above(message, acting, probability)


def _probability(message: ConjunctionMessage, acting: list[BurnActivity]) -> float:
    """The collision probability after the burns: in the encounter plane where it holds, else along curved orbits."""
    radius_m, _ = hard_body_radius_m(message.cdm)
    before = assess_collision(message.cdm, radius_m, message.own)
    if not before.plane_holds and before.rate is None:
        faults = ", ".join(before.faults)
        raise PhysicsError(f"the two-dimensional probability does not hold ({faults}), and {before.rate_failure}")
    shift_m = _shift_gcrf_m(message, acting)
    if before.plane_holds:
        encounter = encounter_of(message.cdm, message.own)
        return collision_probability(encounter.displaced(shift_m), encounter.covariance_m2, radius_m)
    burnt = message.cdm
    for one in acting:
        burnt = message_after_burn(burnt, message.own, _until_closest_s(one, message), one.delta_v_m_s)
    return min(expected_collisions(burnt, radius_m, message.own).expected, 1.0)


def _shift_gcrf_m(message: ConjunctionMessage, acting: list[BurnActivity]) -> FloatArray:
    """How far the burns move the satellite at the closest approach; refuses more than the message can tell of."""
    own = message.cdm.objects[message.own]
    shift_m = np.zeros(3)
    for one in acting:
        shift_m = shift_m + impulse_shift_gcrf_m(own, _until_closest_s(one, message), one.delta_v_m_s)
    moved_m = float(np.linalg.norm(shift_m))
    if moved_m > _LARGEST_SHIFT_M:
        raise PhysicsError(
            f"the burns move the satellite {moved_m / 1000:.0f} km from where the message has it; beyond "
            f"{_LARGEST_SHIFT_M / 1000:.0f} km the message does not tell"
        )
    return shift_m


def _until_closest_s(burn: BurnActivity, message: ConjunctionMessage) -> float:
    return duration_s(add_s(burn.window.start, 0.5 * burn.window.duration_s), message.cdm.tca_utc)


def _above(message: ConjunctionMessage, acting: list[BurnActivity], probability: float) -> Finding:
    when = "after the plan's burns" if acting else "and the plan does not burn before"
    return limit_finding(
        "COL-001",
        message.satellite,
        _around(message),
        tuple(one.activity_id for one in acting),
        "collision probability",
        probability,
        DEFAULT_PROBABILITY_LIMIT,
        DEFAULT_PROBABILITY_LIMIT - probability,
        "1",
        f"{message.conjunction_id}: the collision probability of {message.satellite} with {message.other.name} at "
        f"{format_utc(message.cdm.tca_utc)} is {probability:.2e} {when}; the limit is {DEFAULT_PROBABILITY_LIMIT:g}",
        severity=Severity.BLOCK if acting else Severity.WARN,
    )


def _undecided(message: ConjunctionMessage, acting: list[BurnActivity], why: str) -> Finding:
    return Finding(
        code="COL-003",
        severity=Severity.UNKNOWN,
        activities=tuple(one.activity_id for one in acting),
        satellite=message.satellite,
        window=_around(message),
        quantity="collision probability",
        unit="1",
        explanation=f"{message.conjunction_id}: no collision probability with {message.other.name} follows: {why}",
    )


def _around(message: ConjunctionMessage) -> Window:
    """A second on both sides of the closest approach."""
    return Window(start=add_s(message.cdm.tca_utc, -1.0), end=add_s(message.cdm.tca_utc, 1.0))
