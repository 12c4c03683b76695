"""The least burn that makes a collision improbable: along the velocity, half revolutions before the closest approach.

The displacement at closest approach follows from the Hill-Clohessy-Wiltshire equations about the own orbit. The
probability is log-concave in the miss, so along one burn direction it falls for good once it has fallen below its
start: the least delta-v is found by bisection and is the least there is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.errors import PhysicsError
from core.mission.cdm import Cdm, CdmObject
from core.orbit.collision_rate import ProbabilityBasis
from core.orbit.conjunction import collision_probability, encounter_of, rtn_axes_gcrf
from core.orbit.relative import hcw_transition
from core.orbit.state import keplerian_from_cartesian
from core.orbit.two_body import propagate_kepler

__all__ = [
    "DEFAULT_PROBABILITY_LIMIT",
    "RESOLUTION_M_S",
    "AvoidanceOption",
    "avoidance_options",
    "half_revolutions_left",
    "hcw_transition",
    "impulse_shift_gcrf_m",
    "merit",
    "message_after_burn",
]

FloatArray = NDArray[np.float64]

# A tenth of 1e-4, at which NASA asks for a mitigation (NASA/SP-20205011318, section on mitigation thresholds).
DEFAULT_PROBABILITY_LIMIT: Final = 1e-5
RESOLUTION_M_S: Final = 1e-4  # delta-v is rounded up to this
_BISECTIONS: Final = 40
_MOST_HALF_REVOLUTIONS: Final = 40  # about 31 hours in a low orbit; relative motion is not predicted well beyond


@dataclass(frozen=True)
class AvoidanceOption:
    """One burn: how long before the closest approach, how much (negative: against the velocity), what it brings.

    ``reaches_limit`` says whether the probability after it is within the limit; the delta-v is then the least one,
    otherwise the largest allowed one.
    """

    half_revolutions: int
    before_tca_s: float
    delta_v_m_s: float
    probability: float
    miss_distance_m: float
    reaches_limit: bool
    basis: ProbabilityBasis = ProbabilityBasis.ENCOUNTER_PLANE


def impulse_shift_gcrf_m(one: CdmObject, before_s: float, delta_v_m_s: float) -> FloatArray:
    """How far an impulse along the velocity moves an object by the closest approach, GCRF, m, shape (3,).

    Args:
        one: The object, at closest approach.
        before_s: How long before it the impulse is given.
        delta_v_m_s: The impulse; negative against the velocity.
    Raises:
        PhysicsError: The state is not that of a bound orbit.
    """
    axes = rtn_axes_gcrf(one.r_gcrf_m, one.v_gcrf_m_s)
    moved: FloatArray = axes.T @ hcw_transition(_mean_motion_rad_s(one), before_s)[:3, 4] * delta_v_m_s
    return moved


def message_after_burn(cdm: Cdm, own: int, before_s: float, delta_v_m_s: float) -> Cdm:
    """The message as it would be had the own object burnt along its velocity: flown back, burnt, flown on.

    Covariances stay as they are, and so does the time of closest approach that the message states: pass the result to
    :func:`core.orbit.collision_rate.assess_collision` for a probability along curved orbits, which needs no time of its
    own, where the encounter plane does not hold.

    Raises:
        InputError: The state cannot be flown.
    """
    one = cdm.objects[own]
    then_m, then_m_s = propagate_kepler(one.r_gcrf_m, one.v_gcrf_m_s, -before_s)
    burnt_m_s = then_m_s * (1.0 + delta_v_m_s / float(np.linalg.norm(then_m_s)))
    r_m, v_m_s = propagate_kepler(then_m, burnt_m_s, before_s)
    objects = list(cdm.objects)
    objects[own] = replace(one, r_gcrf_m=r_m, v_gcrf_m_s=v_m_s)
    first, second = objects
    miss_m = float(np.linalg.norm(second.r_gcrf_m - first.r_gcrf_m))
    return replace(cdm, objects=(first, second), miss_distance_m=miss_m, stated_probability=None)


def avoidance_options(
    cdm: Cdm,
    own: int,
    radius_m: float,
    available_s: float,
    maximum_delta_v_m_s: float,
    probability_limit: float = DEFAULT_PROBABILITY_LIMIT,
    minimum_delta_v_m_s: float = 0.0,
) -> list[AvoidanceOption]:
    """Burns at every half revolution that time allows, in both directions, the best one first.

    The burn is an impulse along the velocity; it changes neither covariance nor relative velocity noticeably. Options
    that reach the limit come first, by delta-v and then probability; after them the others, by probability.

    Args:
        cdm: The message.
        own: Index of the object that can burn.
        radius_m: Combined hard-body radius.
        available_s: From the earliest possible middle of a burn to the closest approach.
        maximum_delta_v_m_s: Largest delta-v allowed.
        probability_limit: What the probability must not exceed afterwards.
        minimum_delta_v_m_s: Smallest delta-v worth a burn; a larger one than needed lowers the probability further.
    Raises:
        PhysicsError: Not even half a revolution is left, or the own state is not a bound orbit.
        EncounterError: The message gives no probability.
    """
    half_s, count = half_revolutions_left(cdm.objects[own], available_s)
    bounds_m_s = (min(minimum_delta_v_m_s, maximum_delta_v_m_s), maximum_delta_v_m_s)
    options = [
        option
        for k in range(1, count + 1)
        for option in _both_ways(cdm, own, radius_m, k, k * half_s, bounds_m_s, probability_limit)
    ]
    return sorted(options, key=merit)


def half_revolutions_left(one: CdmObject, available_s: float) -> tuple[float, int]:
    """How long half a revolution takes, and at how many of them before the closest approach a burn can be.

    Raises:
        PhysicsError: Not even one is left, or the state is not that of a bound orbit.
    """
    half_s = math.pi / _mean_motion_rad_s(one)
    count = min(int(available_s / half_s), _MOST_HALF_REVOLUTIONS)
    if count < 1:
        raise PhysicsError(
            f"the closest approach is {max(available_s, 0.0):.0f} s after the earliest burn; a burn along the velocity "
            f"needs {half_s:.0f} s, half a revolution",
            code="COL-007",
            available_s=available_s,
            needed_s=half_s,
        )
    return half_s, count


def _mean_motion_rad_s(one: CdmObject) -> float:
    axis_m = keplerian_from_cartesian(one.r_gcrf_m, one.v_gcrf_m_s).semi_major_axis_m
    if not axis_m > 0.0:
        raise PhysicsError(f"the state of {one.name} is not that of a bound orbit", code="COL-006")
    return math.sqrt(EARTH_MU_M3_S2 / axis_m**3)


def merit(option: AvoidanceOption) -> tuple[bool, float, float]:
    """Sorts options: those that reach the limit first, by delta-v and then probability; the others by probability."""
    return (not option.reaches_limit, abs(option.delta_v_m_s) if option.reaches_limit else 0.0, option.probability)


def _both_ways(
    cdm: Cdm,
    own: int,
    radius_m: float,
    k: int,
    before_s: float,
    bounds_m_s: tuple[float, float],
    limit: float,
) -> Iterator[AvoidanceOption]:
    minimum_m_s, maximum_m_s = bounds_m_s
    encounter = encounter_of(cdm, own)
    per_m_s = impulse_shift_gcrf_m(cdm.objects[own], before_s, 1.0)

    def probability(delta_v_m_s: float) -> float:
        return collision_probability(encounter.displaced(per_m_s * delta_v_m_s), encounter.covariance_m2, radius_m)

    for sign in (1.0, -1.0):
        reaches = probability(sign * maximum_m_s) <= limit
        delta_v_m_s = sign * maximum_m_s
        if reaches:
            low_m_s, high_m_s = 0.0, maximum_m_s
            for _ in range(_BISECTIONS):
                middle_m_s = 0.5 * (low_m_s + high_m_s)
                if probability(sign * middle_m_s) <= limit:
                    high_m_s = middle_m_s
                else:
                    low_m_s = middle_m_s
            rounded_m_s = math.ceil(high_m_s / RESOLUTION_M_S) * RESOLUTION_M_S
            delta_v_m_s = sign * min(max(rounded_m_s, minimum_m_s), maximum_m_s)
        miss_m = encounter.displaced(per_m_s * delta_v_m_s)
        yield AvoidanceOption(
            half_revolutions=k,
            before_tca_s=before_s,
            delta_v_m_s=delta_v_m_s,
            probability=probability(delta_v_m_s),
            miss_distance_m=float(np.linalg.norm(miss_m)),
            reaches_limit=reaches,
        )
