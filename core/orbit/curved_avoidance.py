"""The least burn where the encounter plane misjudges: the probability after each one along curved orbits.

Every burn that is tried is flown by two-body motion, and the expected number of collisions is computed anew. That takes
some 30 ms, and the probability need not fall all the way with a larger burn; so a few burn times are tried, sizes that
double from the smallest to the largest, and the gap before the first that does is halved.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from core.mission.cdm import Cdm
from core.orbit.avoidance import (
    DEFAULT_PROBABILITY_LIMIT,
    RESOLUTION_M_S,
    AvoidanceOption,
    half_revolutions_left,
    merit,
    message_after_burn,
)
from core.orbit.collision_rate import ProbabilityBasis, expected_collisions
from core.orbit.conjunction import encounter_of

__all__ = ["curved_avoidance_options"]

_BURN_TIMES: Final = 4
_HALVINGS: Final = 5  # the least burn is found within a thirty-second of the gap


def curved_avoidance_options(
    cdm: Cdm,
    own: int,
    radius_m: float,
    available_s: float,
    maximum_delta_v_m_s: float,
    probability_limit: float = DEFAULT_PROBABILITY_LIMIT,
    minimum_delta_v_m_s: float = 0.0,
) -> list[AvoidanceOption]:
    """Burns along the velocity at up to four times, in both directions, the best one first.

    The arguments and the order are those of :func:`core.orbit.avoidance.avoidance_options`; probabilities are along curved
    orbits. The delta-v of an option that reaches the limit is the least that was found, not proved to be the least there is.

    Raises:
        PhysicsError: Not even half a revolution is left, or the own state is not a bound orbit.
        EncounterError: The message gives no probability along curved orbits, before a burn or after one.
    """
    half_s, count = half_revolutions_left(cdm.objects[own], available_s)
    least = max(minimum_delta_v_m_s, RESOLUTION_M_S)
    sizes_m_s = _sizes_m_s(min(least, maximum_delta_v_m_s), maximum_delta_v_m_s)
    options = [
        _least_burn(cdm, own, radius_m, k, half_s, sign, sizes_m_s, probability_limit)
        for k in _spread(count)
        for sign in (1.0, -1.0)
    ]
    return sorted(options, key=merit)


def _spread(count: int) -> list[int]:
    """Up to so many numbers of half revolutions from 1 to all, evenly by their logarithm."""
    return sorted({round(count ** (step / (_BURN_TIMES - 1))) for step in range(_BURN_TIMES)})


def _sizes_m_s(least_m_s: float, most_m_s: float) -> list[float]:
    """From the smallest to the largest, none more than twice the one before."""
    steps = max(math.ceil(math.log2(most_m_s / least_m_s)), 0)
    return [least_m_s * (most_m_s / least_m_s) ** (k / max(steps, 1)) for k in range(steps + 1)]


def _least_burn(
    cdm: Cdm, own: int, radius_m: float, k: int, half_s: float, sign: float, sizes_m_s: list[float], limit: float
) -> AvoidanceOption:
    def after(size_m_s: float) -> AvoidanceOption:
        burnt = message_after_burn(cdm, own, k * half_s, sign * size_m_s)
        probability = min(expected_collisions(burnt, radius_m, own).expected, 1.0)
        return AvoidanceOption(
            half_revolutions=k,
            before_tca_s=k * half_s,
            delta_v_m_s=sign * size_m_s,
            probability=probability,
            miss_distance_m=float(np.linalg.norm(encounter_of(burnt, own).miss_m)),
            reaches_limit=probability <= limit,
            basis=ProbabilityBasis.CURVED_ORBITS,
        )

    tried = list(_until_reached(after(size) for size in sizes_m_s))
    best = tried[-1]
    if not best.reaches_limit:
        return min(tried, key=lambda one: one.probability)
    low_m_s = abs(tried[-2].delta_v_m_s) if len(tried) > 1 else abs(best.delta_v_m_s)
    for _ in range(_HALVINGS):
        middle_m_s = math.ceil(0.5 * (low_m_s + abs(best.delta_v_m_s)) / RESOLUTION_M_S) * RESOLUTION_M_S
        if not low_m_s < middle_m_s < abs(best.delta_v_m_s):
            break
        found = after(middle_m_s)
        best, low_m_s = (found, low_m_s) if found.reaches_limit else (best, middle_m_s)
    return best


def _until_reached(options: Iterator[AvoidanceOption]) -> Iterator[AvoidanceOption]:
    for option in options:
        yield option
        if option.reaches_limit:
            return
