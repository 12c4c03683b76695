"""The predicted distribution of a remaining life, calibrated on units that the predictor had not seen.

Calibration rows are cuts of training units at random lives: what the predictor said there out of fold, and how long the unit then
lived, uncapped. The distribution for a prediction is that of the true lives of rows with nearly the same prediction: conformal
prediction local in the prediction (Mondrian with smooth bins), so that it is right also where the cap hides how long a unit lives.
Few units make a sample too narrow or its quantiles too coarse: how much is left out at each side is therefore itself chosen so that
intervals cover training units which their own sample leaves out (``calibrated_tail``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["COVERAGE", "Calibration", "LifeSample", "calibrated_tail", "weighted_quantile"]

COVERAGE: Final = 0.9
_TAILS: Final = np.linspace(0.01, 0.15, 57)
_WIDTH_AT_0: Final = 2.0  # cycles, of the kernel
_WIDTH_GROWTH: Final = 0.06  # of the prediction
_FEWEST_UNITS: Final = 15.0  # effective number of units that a distribution is made of; the kernel widens until then


@dataclass(frozen=True)
class LifeSample:
    """A distribution of remaining life as a weighted sample.

    Args:
        lives: Cycles, ascending.
        weights: Sum to 1.
        effective_units: How many units it is worth.
    """

    lives: NDArray[np.float64]
    weights: NDArray[np.float64]
    effective_units: float

    def quantile(self, level: float) -> float:
        """The least life whose distribution function reaches a level."""
        return weighted_quantile(self.lives, self.weights, level)

    def interval(self, tail: float) -> tuple[float, float]:
        """Between the quantiles that leave a probability out at each side."""
        return self.quantile(tail), self.quantile(1.0 - tail)


@dataclass(frozen=True)
class Calibration:
    """Out-of-fold predictions and true lives of training units.

    Args:
        predicted: Capped prediction of each row, cycles.
        lived: Uncapped true life of each row, cycles.
        unit: Of each row; rows of one unit are not independent.
        weight: Of each row; those of a unit sum to the same.
    """

    predicted: NDArray[np.float64]
    lived: NDArray[np.float64]
    unit: NDArray[np.int64]
    weight: NDArray[np.float64]

    def sample(self, predicted: float, without_unit: int | None = None) -> LifeSample:
        """The distribution of the life of a unit with a prediction.

        Args:
            predicted: Cycles.
            without_unit: A unit whose rows do not count: to judge the calibration itself.
        """
        width = _WIDTH_AT_0 + _WIDTH_GROWTH * max(predicted, 0.0)
        allowed = self.weight if without_unit is None else self.weight * (self.unit != without_unit)
        while True:
            near = allowed * np.exp(-0.5 * ((self.predicted - predicted) / width) ** 2)
            per_unit = np.bincount(self.unit, near)
            total = per_unit.sum()
            effective = total**2 / (per_unit**2).sum() if total > 0 else 0.0
            if effective >= min(_FEWEST_UNITS, len(np.unique(self.unit)) / 3):
                break
            width *= 1.3
        keep = near > 1e-6 * near.max()
        order = np.argsort(self.lived[keep], kind="stable")
        return LifeSample(self.lived[keep][order], near[keep][order] / near[keep].sum(), float(effective))


def calibrated_tail(
    samples: Sequence[LifeSample], lived: NDArray[np.float64], cap_cycles: float, coverage: float = COVERAGE
) -> float:
    """What to leave out at each side so that intervals cover so many of units that their samples left out.

    Of lives and of capped lives the mean is taken: near the cap the upper end cannot miss the capped one.

    Args:
        samples: Predicted distributions, each without the unit that it is judged on.
        lived: Uncapped true lives of these, cycles.
        cap_cycles: The cap.
    """
    truth = np.minimum(lived, cap_cycles)
    best = _TAILS[0]
    for tail in _TAILS:
        ends = np.array([one.interval(tail) for one in samples])
        covered = [((ends[:, 0] <= one) & (one <= ends[:, 1])).mean() for one in (lived, truth)]
        if np.mean(covered) < coverage:
            break
        best = tail
    return float(best)


def weighted_quantile(values: NDArray[np.float64], weights: NDArray[np.float64], level: float) -> float:
    """The least of ascending values up to which the weights sum to a level of their whole."""
    reached = np.cumsum(weights)
    index = int(np.searchsorted(reached, level * reached[-1], side="left"))
    return float(values[min(index, len(values) - 1)])
