"""Collision avoidance: the least burn that makes a reported conjunction improbable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.attitude import half_turn_s
from core.constants import STANDARD_GRAVITY_M_S2
from core.errors import NotFound
from core.mission.conjunctions import STALE_AFTER, ConjunctionMessage, newest_of_each
from core.mission.model import Bus, Spacecraft
from core.orbit import (
    DEFAULT_PROBABILITY_LIMIT,
    AvoidanceOption,
    CollisionAssessment,
    Orbit,
    ProbabilityBasis,
    RadiusSource,
    assess_collision,
    avoidance_options,
    curved_avoidance_options,
    encounter_of,
    hard_body_radius_m,
)
from core.plan.activity import BurnActivity, RejectedAlternative, ResourceName, ResourceUse, Window
from core.plan.commanding import BURN_ATTITUDE_LEAD_S
from core.propulsion import Burn, delta_v_m_s, plan_burn, thrust_n
from core.time import add_s, duration_s, format_utc, tai_s_from_utc
from tools.arguments import Satellite, orbit_of, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolError, ToolInput, ToolOutput
from tools.placement import (
    activity_id,
    after_previous,
    earliest_execution,
    overlaps_existing,
    provenance,
)

__all__ = ["PLAN_COLLISION_AVOIDANCE"]

# Elements days old are off by kilometres along the track; a message about another orbit is off by thousands.
_SAME_ORBIT_M: Final = 100_000.0
_OPTIONS_TOLD: Final = 12
_NEXT_TO_NOTHING: Final = 1e-12
# A smaller change is lost in the scatter of a thruster's start and cannot be confirmed from GNSS fixes within an orbit.
_SMALLEST_DELTA_V_M_S: Final = 0.01


class AvoidInput(ToolInput):
    """Which conjunction, at what cost."""

    satellite: Satellite
    conjunction_id: Annotated[
        str, Field(pattern=r"^CDM-[0-9]{8}-[0-9]{4}$", description="id of the conjunction message")
    ]
    max_delta_v_mps: Annotated[float, Field(gt=0, le=50, description="delta-v limit in m/s")] | None = None


class BurnOption(BaseModel):
    """A burn that was considered; a negative delta-v is against the velocity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    burn_middle: str
    half_revolutions_before: int
    delta_v_m_s: float
    probability: float
    miss_distance_m: float
    reaches_limit: bool


class AvoidOutput(ToolOutput):
    """The encounter, and the burn if one is needed; ``after`` is the same as ``before`` without one."""

    satellite: str
    conjunction_id: str
    other_object: str
    closest_approach: str
    relative_speed_m_s: float
    hard_body_radius_m: float
    hard_body_radius_source: RadiusSource
    probability_limit: float
    probability_basis: ProbabilityBasis
    probability_before: float
    probability_after: float
    miss_distance_before_m: float
    miss_distance_after_m: float
    delta_v_m_s: float
    propellant_kg: float
    burn_start: str | None
    burn_end: str | None
    message_age_h: float
    message_is_stale: bool
    options: tuple[BurnOption, ...]


@dataclass(frozen=True)
class _Case:
    """What is known before a burn is looked for."""

    message: ConjunctionMessage
    bus: Bus
    propellant_kg: float
    radius_m: float
    radius_source: RadiusSource
    miss_distance_m: float
    relative_speed_m_s: float
    probability: float
    plane_holds: bool
    now_utc: datetime

    @property
    def age(self) -> timedelta:
        """How old the message is."""
        return self.now_utc - self.message.cdm.created_utc


@dataclass(frozen=True)
class _Chosen:
    """An option that can be flown."""

    option: AvoidanceOption
    burn: Burn
    window: Window


def _avoid(arguments: AvoidInput, context: ToolContext) -> AvoidOutput:
    craft = satellite_of(arguments.satellite, context)
    message = _message(arguments.conjunction_id, craft, context)
    case = _case(message, craft, context)
    if case.probability <= DEFAULT_PROBABILITY_LIMIT:
        return _no_burn(case)
    margin_s = BURN_ATTITUDE_LEAD_S + half_turn_s(case.bus)
    ready = add_s(earliest_execution(craft.id, context), margin_s)
    limit_m_s = _largest_delta_v_m_s(case)
    if arguments.max_delta_v_mps is not None:
        limit_m_s = min(limit_m_s, arguments.max_delta_v_mps)
    available_s = duration_s(ready, message.cdm.tca_utc) if ready < message.cdm.tca_utc else 0.0
    search = avoidance_options if case.plane_holds else curved_avoidance_options
    options = search(
        message.cdm,
        message.own,
        case.radius_m,
        available_s,
        limit_m_s,
        DEFAULT_PROBABILITY_LIMIT,
        _SMALLEST_DELTA_V_M_S,
    )
    chosen, rejected = _choose(options, case, ready, margin_s, context)
    return _with_burn(case, chosen, options, rejected, context)


def _message(conjunction_id: str, craft: Spacecraft, context: ToolContext) -> ConjunctionMessage:
    messages = newest_of_each(context.conjunctions.messages(craft.id))
    known = [one.conjunction_id for one in messages]
    try:
        message = context.conjunctions.message(conjunction_id)
    except NotFound as error:
        raise ToolError(
            f"no conjunction message {conjunction_id} for {craft.id} has been received: without its states and "
            "covariances an avoidance burn cannot be computed",
            code="COL-005",
            valid={"conjunction_id": known},
        ) from error
    if message.satellite != craft.id:
        raise ToolError(
            f"{conjunction_id} is about {message.satellite}, not {craft.id}",
            code="COL-005",
            valid={"satellite": [message.satellite], "conjunction_id": known},
        )
    if conjunction_id not in known:
        raise ToolError(
            f"a newer message about the encounter of {conjunction_id} has been received: plan with that one",
            code="COL-002",
            valid={"conjunction_id": known},
        )
    return message


def _case(message: ConjunctionMessage, craft: Spacecraft, context: ToolContext) -> _Case:
    cdm, now_utc = message.cdm, context.clock.now_utc()
    if cdm.tca_utc <= now_utc:
        raise ToolError(
            f"the closest approach of {message.conjunction_id} was at {format_utc(cdm.tca_utc)}; it is {format_utc(now_utc)}",
            code="COL-007",
        )
    _check_orbit(message, orbit_of(craft.id, context))
    encounter = encounter_of(cdm, message.own)
    radius_m, source = hard_body_radius_m(cdm)
    assessed = assess_collision(cdm, radius_m, message.own)
    if not assessed.plane_holds and assessed.rate is None:
        raise ToolError(
            f"{message.conjunction_id}: {_why_not_the_plane(assessed)}, and there is none along curved orbits "
            f"({assessed.rate_failure}); it must be analysed by other means before a burn is planned",
            code="COL-006",
        )
    return _Case(
        message=message,
        bus=context.mission.bus_of(craft.id),
        propellant_kg=context.telemetry.initial_resources(craft.id, now_utc).propellant_kg,
        radius_m=radius_m,
        radius_source=source,
        miss_distance_m=float(np.linalg.norm(encounter.miss_m)),
        relative_speed_m_s=encounter.relative_speed_m_s,
        probability=assessed.plane_probability if assessed.plane_holds else assessed.probability,
        plane_holds=assessed.plane_holds,
        now_utc=now_utc,
    )


def _why_not_the_plane(assessed: CollisionAssessment) -> str:
    faults = f" ({', '.join(assessed.faults)})" if assessed.faults else ""
    return f"the two-dimensional collision probability does not hold for this encounter{faults}"


def _check_orbit(message: ConjunctionMessage, orbit: Orbit) -> None:
    """Refuse a message whose satellite flies elsewhere than the mission's elements say."""
    expected = orbit.propagate(np.array([tai_s_from_utc(message.cdm.tca_utc)])).r_gcrf_m[0]
    away_m = float(np.linalg.norm(message.cdm.objects[message.own].r_gcrf_m - expected))
    if away_m > _SAME_ORBIT_M:
        raise ToolError(
            f"{message.conjunction_id} has {message.satellite} {away_m / 1000:.0f} km from where its elements put it; "
            f"at most {_SAME_ORBIT_M / 1000:.0f} km are credible: the message or the elements are out of date",
            code="COL-008",
        )


def _largest_delta_v_m_s(case: _Case) -> float:
    """What one burn of the longest allowed duration gives, at the lower thrust that it ends with."""
    propulsion = case.bus.propulsion
    exhaust_m_s = propulsion.specific_impulse_s * STANDARD_GRAVITY_M_S2
    most_kg = thrust_n(propulsion, case.propellant_kg) * propulsion.maximum_burn_s / exhaust_m_s
    left_kg = max(case.propellant_kg - most_kg, 0.0)
    used_kg = min(thrust_n(propulsion, left_kg) * propulsion.maximum_burn_s / exhaust_m_s, case.propellant_kg)
    return delta_v_m_s(case.bus, case.propellant_kg, used_kg)


def _choose(
    options: list[AvoidanceOption], case: _Case, ready: datetime, margin_s: float, context: ToolContext
) -> tuple[_Chosen, list[RejectedAlternative]]:
    """The least burn that reaches the limit and can be flown, and why cheaper ones cannot."""
    rejected: list[RejectedAlternative] = []
    for option in options:
        what = f"{option.delta_v_m_s:+.4f} m/s, {option.half_revolutions} half revolutions before the closest approach"
        if not option.reaches_limit:
            break
        burn = plan_burn(case.bus, case.propellant_kg, option.delta_v_m_s)
        middle = add_s(case.message.cdm.tca_utc, -option.before_tca_s)
        window = Window(start=add_s(middle, -0.5 * burn.duration_s), end=add_s(middle, 0.5 * burn.duration_s))
        if window.start < ready:
            why = f"it would begin before {format_utc(ready)}, when the satellite can first burn"
            rejected.append(RejectedAlternative(description=what, code="TMP-001", reason=why))
            continue
        other = overlaps_existing(window.start, window.end, case.message.satellite, margin_s, context)
        if other is None:
            return _Chosen(option, burn, window), rejected
        rejected.append(RejectedAlternative(description=what, code="TMP-004", reason=f"{other.activity_id} is then"))
    best = min(options, key=lambda one: one.probability)
    if rejected:
        raise ToolError(
            f"every burn that would lower the probability to {DEFAULT_PROBABILITY_LIMIT:g} collides with other activities "
            f"or comes too early: {rejected[0].description}: {rejected[0].reason}",
            code="COL-009",
        )
    raise ToolError(
        f"no burn of at most {abs(best.delta_v_m_s):.3f} m/s lowers the collision probability to "
        f"{DEFAULT_PROBABILITY_LIMIT:g}: it is {_shown(case.probability)} now and at best {_shown(best.probability)}, with "
        f"{best.delta_v_m_s:+.3f} m/s {best.half_revolutions} half revolutions before the closest approach",
        code="COL-009",
        best_probability=best.probability,
        valid={"max_delta_v_mps": "more, where the thrusters allow it"},
    )


def _with_burn(
    case: _Case,
    chosen: _Chosen,
    options: list[AvoidanceOption],
    rejected: list[RejectedAlternative],
    context: ToolContext,
) -> AvoidOutput:
    message, option, burn = case.message, chosen.option, chosen.burn
    way = "along" if option.delta_v_m_s > 0 else "against"
    reason = (
        f"lowers the collision probability with {message.other.name} at {format_utc(message.cdm.tca_utc)} from "
        f"{_shown(case.probability)} to {_shown(option.probability)}: {abs(option.delta_v_m_s):.4f} m/s {way} the velocity, "
        f"{option.half_revolutions} half revolutions before, is the least of {len(options)} burns considered"
    )
    activity = BurnActivity(
        activity_id=activity_id("avoid", message.satellite, message.conjunction_id, context=context),
        satellite=message.satellite,
        window=chosen.window,
        anchor=after_previous(message.satellite, chosen.window.start, context),
        latest_end=message.cdm.tca_utc,
        resources=(ResourceUse(resource=ResourceName.PROPELLANT_KG, delta=-burn.propellant_kg),),
        delta_v_m_s=option.delta_v_m_s,
        propellant_kg=burn.propellant_kg,
        purpose="collision_avoidance",
        provenance=provenance("plan_collision_avoidance", reason, context, rejected),
    )
    output = _output(
        case,
        f"{message.satellite} burns {option.delta_v_m_s:+.4f} m/s at {format_utc(chosen.window.start)}: the collision "
        f"probability with {message.other.name} falls from {_shown(case.probability)} to {_shown(option.probability)}, the miss "
        f"distance grows from {case.miss_distance_m:.0f} m to {option.miss_distance_m:.0f} m.",
        options,
    )
    return output.model_copy(
        update={
            "activities": (activity,),
            "rejected": tuple(rejected),
            "probability_after": _digits(option.probability),
            "miss_distance_after_m": round(option.miss_distance_m, 1),
            "delta_v_m_s": round(option.delta_v_m_s, 4),
            "propellant_kg": round(burn.propellant_kg, 5),
            "burn_start": format_utc(chosen.window.start),
            "burn_end": format_utc(chosen.window.end),
        }
    )


def _no_burn(case: _Case) -> AvoidOutput:
    return _output(
        case,
        f"No burn is needed: the collision probability of {case.message.satellite} with {case.message.other.name} is "
        f"{_shown(case.probability)}, not above {DEFAULT_PROBABILITY_LIMIT:g}.",
        [],
    )


def _output(case: _Case, summary: str, options: list[AvoidanceOption]) -> AvoidOutput:
    message = case.message
    age_h = round(case.age.total_seconds() / 3600.0, 1)
    stale = case.age > STALE_AFTER
    if case.radius_source is RadiusSource.DEFAULT:
        summary += f" The message gives no sizes: a hard-body radius of {case.radius_m:g} m is assumed."
    if not case.plane_holds:
        summary += " Straight lines do not describe this encounter: the probabilities are along curved orbits."
    if stale:
        summary += f" The message is {age_h:.1f} h old: ask for a newer one before you fly this."
    return AvoidOutput(
        summary=summary,
        satellite=message.satellite,
        conjunction_id=message.conjunction_id,
        other_object=message.other.name,
        closest_approach=format_utc(message.cdm.tca_utc),
        relative_speed_m_s=round(case.relative_speed_m_s, 1),
        hard_body_radius_m=round(case.radius_m, 2),
        hard_body_radius_source=case.radius_source,
        probability_limit=DEFAULT_PROBABILITY_LIMIT,
        probability_basis=ProbabilityBasis.ENCOUNTER_PLANE if case.plane_holds else ProbabilityBasis.CURVED_ORBITS,
        probability_before=_digits(case.probability),
        probability_after=_digits(case.probability),
        miss_distance_before_m=round(case.miss_distance_m, 1),
        miss_distance_after_m=round(case.miss_distance_m, 1),
        delta_v_m_s=0.0,
        propellant_kg=0.0,
        burn_start=None,
        burn_end=None,
        message_age_h=age_h,
        message_is_stale=stale,
        options=tuple(_told(one, message) for one in options[:_OPTIONS_TOLD]),
    )


def _told(option: AvoidanceOption, message: ConjunctionMessage) -> BurnOption:
    return BurnOption(
        burn_middle=format_utc(add_s(message.cdm.tca_utc, -option.before_tca_s)),
        half_revolutions_before=option.half_revolutions,
        delta_v_m_s=round(option.delta_v_m_s, 4),
        probability=_digits(option.probability),
        miss_distance_m=round(option.miss_distance_m, 1),
        reaches_limit=option.reaches_limit,
    )


def _shown(probability: float) -> str:
    """For people, to whom the size of nothing says nothing."""
    return f"{probability:.2e}" if probability >= _NEXT_TO_NOTHING else f"less than {_NEXT_TO_NOTHING:g}"


def _digits(probability: float) -> float:
    """Four significant digits; zero stays zero."""
    return float(f"{probability:.4g}") if math.isfinite(probability) else probability


PLAN_COLLISION_AVOIDANCE = Tool(
    "plan_collision_avoidance",
    "Plan a maneuver that avoids a predicted conjunction",
    Effect.PROPOSE,
    Role.OPERATOR,
    5.0,
    AvoidInput,
    AvoidOutput,
    _avoid,
)
