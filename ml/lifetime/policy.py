"""When to maintain: the least cost per cycle under a predicted distribution of remaining life.

Renewal reward: a policy's cost rate is the expected cost of a life over its expected length. Its optimum, with rate g, makes
each unit's wait m minimise E[cost(m)] - g E[cycles until maintenance or failure]: the years already lived no longer matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.lifetime.distribution import LifeSample

__all__ = ["CostRatio", "PolicyCost", "expected_cost", "optimal_rate", "policy_cost", "wait_cycles"]

_LONGEST: Final = 300  # cycles that a wait is looked for in
_ROUNDS: Final = 50  # of the fixed point; it converges in a few


@dataclass(frozen=True)
class CostRatio:
    """Costs of a failure and of a maintenance in time, in the same unit.

    Raises:
        InputError: A failure costs no more than a maintenance: then nothing is to be decided.
    """

    failure: float
    preventive: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.failure) and self.preventive > 0 and self.failure > self.preventive):
            raise InputError(
                "cost",
                f"failure {self.failure:g} and preventive {self.preventive:g}: a failure is to cost more than that",
            )


@dataclass(frozen=True)
class PolicyCost:
    """What a policy cost on units whose lives are known.

    Args:
        rate: Cost per cycle lived.
        failures: Share of units that failed before their maintenance.
    """

    rate: float
    failures: float


def wait_cycles(life: LifeSample, costs: CostRatio, rate: float) -> int:
    """Cycles from now at which to maintain: 0 is now."""
    waits = np.arange(_LONGEST + 1)
    return int(np.argmin(expected_cost(life, costs, rate, waits)))


def expected_cost(life: LifeSample, costs: CostRatio, rate: float, waits: NDArray[Any]) -> NDArray[np.float64]:
    """Expected cost of each wait, less what the cycles until then are worth."""
    fails = (life.lives < waits[:, None]) @ life.weights
    cycles = np.minimum(life.lives, waits[:, None]) @ life.weights
    found: NDArray[np.float64] = costs.preventive + (costs.failure - costs.preventive) * fails - rate * cycles
    return found


def policy_cost(
    waits: NDArray[np.float64], lived: NDArray[np.float64], ages: NDArray[np.float64], costs: CostRatio
) -> PolicyCost:
    """What waits cost on units of some ages that would have lived so long from then on.

    A unit fails where its wait is longer than its life. The oracle waits exactly the life.
    """
    failed = waits > lived
    cost = np.where(failed, costs.failure, costs.preventive).sum()
    return PolicyCost(float(cost / (ages + np.minimum(waits, lived)).sum()), float(failed.mean()))


def optimal_rate(
    lives: Sequence[LifeSample], ages: NDArray[np.float64], weights: NDArray[np.float64], costs: CostRatio
) -> float:
    """The cost rate of the best policy on units that are like those of samples (Dinkelbach's fixed point).

    Args:
        lives: Predicted distributions.
        ages: Cycles that each has lived.
        weights: How much each counts.
    """
    waits = np.arange(_LONGEST + 1)
    fails = np.array([(one.lives < waits[:, None]) @ one.weights for one in lives])
    cycles = np.array([np.minimum(one.lives, waits[:, None]) @ one.weights for one in lives])
    cost = costs.preventive + (costs.failure - costs.preventive) * fails
    rate, each = costs.preventive / float(ages @ weights / weights.sum()), np.arange(len(ages))
    for _ in range(_ROUNDS):
        best = np.argmin(cost - rate * cycles, axis=1)
        better = float(weights @ cost[each, best] / (weights @ (ages + cycles[each, best])))
        if abs(better - rate) <= 1e-12 * rate:
            break
        rate = better
    return rate
