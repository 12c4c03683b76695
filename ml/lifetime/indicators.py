"""What learners see of a history: trailing statistics of normalised sensors and of two fused indices of wear.

A row's indicators depend on its unit's rows up to it alone. A fused index is the ridge regression of capped life on the sensors
(level), or on their change since the unit's first cycles (change): new units differ, and wear is what has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.lifetime.histories import SENSORS, Histories
from ml.lifetime.regimes import Regimes, fit_regimes

__all__ = ["BASE_CYCLES", "FEWEST_CYCLES", "IndicatorModel", "fit_indicators"]

BASE_CYCLES: Final = 30  # a unit's first cycles, from which change is measured
FEWEST_CYCLES: Final = 10
_MEANS: Final = (5, 20)  # cycles
_SLOPES: Final = (20, 80)  # cycles
_RECENT: Final = 10  # cycles, of a change
_ALL: Final = 1_000_000
_INDEX_SCALE: Final = 40.0  # cycles of life per unit of a fused index, so that it has the size of a sensor's deviation
_LEAST_DRIFT: Final = 2.0  # change over life, in variances of its noise, of a sensor that tells wear
_RIDGE: Final = 1.0


@dataclass(frozen=True)
class IndicatorModel:
    """How histories become indicators.

    Args:
        regimes: Operating points.
        sensors: Columns that tell wear.
        level: Weights of the fused index of the level, shape (len(sensors) + 1,); the last is the constant.
        change: Weights of that of the change, shape (len(sensors),).
    """

    regimes: Regimes
    sensors: NDArray[np.int64]
    level: NDArray[np.float64]
    change: NDArray[np.float64]

    @property
    def channels(self) -> list[str]:
        """Names of what statistics are made of."""
        return [*(SENSORS[one] for one in self.sensors), "level index", "change index"]

    @property
    def names(self) -> list[str]:
        """Names of the indicators, in words."""
        kinds = [
            *(f"mean of {one} cycles" for one in _MEANS),
            *(f"slope over {one} cycles" for one in _SLOPES),
            f"change since the first {BASE_CYCLES} cycles",
            f"mean of the first {BASE_CYCLES} cycles",
            "mean of all cycles",
        ]
        return ["age", *(f"{channel}: {kind}" for kind in kinds for channel in self.channels)]

    def __call__(self, histories: Histories) -> NDArray[np.float32]:
        """Indicators of every row, shape (n, len(names)).

        Raises:
            InputError: A unit has too few cycles, or the regimes refuse it.
        """
        if (short := np.flatnonzero(histories.lengths < FEWEST_CYCLES)).size:
            unit = histories.units[short[0]]
            raise InputError(
                "cycle",
                f"unit {unit} has {histories.lengths[short[0]]} cycles; {FEWEST_CYCLES} are needed for a prediction",
            )
        z = self.regimes.normalise(histories)[:, self.sensors]
        level = z @ self.level[:-1] + self.level[-1]
        whole = np.column_stack([z, level / _INDEX_SCALE, (z @ self.change) / _INDEX_SCALE])
        found = np.empty((len(whole), len(self.names)), dtype=np.float32)
        for rows in unit_slices(histories):
            found[rows] = _indicators(whole[rows])
        return found


def fit_indicators(histories: Histories, cap_cycles: float) -> IndicatorModel:
    """Regimes, sensors and fused indices of units that ran to failure."""
    regimes = fit_regimes(histories)
    z = regimes.normalise(histories)
    slices = unit_slices(histories)
    drift = np.array([z[rows][-_RECENT:].mean(axis=0) - z[rows][:BASE_CYCLES].mean(axis=0) for rows in slices])
    noise = np.mean([np.diff(z[rows], axis=0).var(axis=0) / 2 for rows in slices], axis=0)
    expected = noise * (1 / _RECENT + 1 / BASE_CYCLES)
    sensors = np.flatnonzero((drift**2).mean(axis=0) > _LEAST_DRIFT * np.maximum(expected, 1e-12))
    if not sensors.size:
        raise InputError("sensors", "none of the sensors changes over the units' lives: there is nothing to learn from")
    z = z[:, sensors]
    life = np.minimum(histories.remaining, cap_cycles)
    weight = np.repeat(1.0 / histories.lengths, histories.lengths)
    weight *= len(weight) / weight.sum()
    change = np.empty_like(z)
    for rows in slices:
        change[rows] = _mean(z[rows], _RECENT) - _first(z[rows])
    return IndicatorModel(
        regimes, sensors, _ridge(z, life, weight), _ridge(change, life, weight * (histories.cycle >= _RECENT))[:-1]
    )


def unit_slices(histories: Histories) -> list[slice]:
    """The rows of each unit."""
    ends = np.cumsum(histories.lengths)
    return [slice(int(end - length), int(end)) for end, length in zip(ends, histories.lengths, strict=True)]


def _indicators(z: NDArray[np.float64]) -> NDArray[np.float64]:
    first = _first(z)
    blocks = [np.arange(1.0, len(z) + 1)[:, None]]
    blocks += [_mean(z, cycles) for cycles in _MEANS]
    blocks += [_slope(z, cycles) for cycles in _SLOPES]
    blocks += [_mean(z, _RECENT) - first, first, _mean(z, _ALL)]
    return np.hstack(blocks)


def _mean(z: NDArray[np.float64], cycles: int) -> NDArray[np.float64]:
    total = np.vstack([np.zeros(z.shape[1]), np.cumsum(z, axis=0)])
    end = np.arange(1, len(z) + 1)
    begin = np.maximum(end - cycles, 0)
    found: NDArray[np.float64] = (total[end] - total[begin]) / (end - begin)[:, None]
    return found


def _first(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of the first cycles, as far as they are known at each row."""
    return _mean(z, _ALL)[np.minimum(np.arange(len(z)), BASE_CYCLES - 1)]


def _slope(z: NDArray[np.float64], cycles: int) -> NDArray[np.float64]:
    """Least-squares slope per cycle of the last rows; 0 where there are fewer than five."""
    zeros = np.zeros(z.shape[1])
    total = np.vstack([zeros, np.cumsum(z, axis=0)])
    moment = np.vstack([zeros, np.cumsum(z * np.arange(len(z))[:, None], axis=0)])
    end = np.arange(1, len(z) + 1)
    begin = np.maximum(end - cycles, 0)
    count = (end - begin)[:, None].astype(float)
    middle = ((begin + end - 1) / 2.0)[:, None]
    spread = np.maximum(count * (count**2 - 1) / 12, 1e-9)
    slope = (moment[end] - moment[begin] - middle * (total[end] - total[begin])) / spread
    return np.where(count >= 5, slope, 0.0)


def _ridge(
    values: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights and, last, the constant of a ridge regression."""
    whole = np.column_stack([values, np.ones(len(values))])
    penalty = _RIDGE * np.eye(whole.shape[1])
    penalty[-1, -1] = 0.0
    found = np.linalg.solve(whole.T @ (whole * weight[:, None]) + penalty, whole.T @ (weight * target))
    return np.asarray(found, dtype=np.float64)
