"""Thresholds by extreme values: peaks over a high level follow a generalised Pareto law (Pickands 1975)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["peaks", "threshold_for_rate"]

_LEVEL_QUANTILE: Final = 0.98
_LEAST_PEAKS: Final = 8
_SHAPES: Final = (-0.2, 0.5)  # a few dozen peaks tell no shape beyond these


def threshold_for_rate(series: list[NDArray[np.float64]], days: float, per_day: float, apart: int) -> float:
    """The value that is exceeded so many times a day, by what is seen and by the law that its peaks follow.

    Args:
        series: Nominal values, stretch by stretch; NaN is left out.
        days: How long they last in all.
        per_day: Exceedances a day, above 0; far fewer than are seen is what the law is for.
        apart: Values between two exceedances that count as two.
    """
    known = [one[np.isfinite(one)] for one in series]
    whole = np.concatenate(known)
    if not len(whole):
        return np.inf
    level = float(np.quantile(whole, _LEVEL_QUANTILE))
    found = np.concatenate([peaks(one, level, apart) for one in known]) - level
    greatest = float(whole.max())
    if len(found) < _LEAST_PEAKS:
        return 2.0 * greatest + 1e-9
    shape, scale = _pareto(found)
    rarer = len(found) / (days * per_day)
    beyond = scale * np.log(rarer) if abs(shape) < 1e-6 else scale / shape * (rarer**shape - 1.0)
    return max(level + float(beyond), level + 1e-9)


def peaks(values: NDArray[np.float64], level: float, apart: int) -> NDArray[np.float64]:
    """The greatest value of each run of exceedances; runs with less than ``apart`` values between them are one."""
    above = np.flatnonzero(values > level)
    if not len(above):
        return np.empty(0)
    runs = np.split(above, np.flatnonzero(np.diff(above) > apart) + 1)
    return np.array([values[run].max() for run in runs])


def _pareto(excess: NDArray[np.float64]) -> tuple[float, float]:
    """Shape and scale by probability-weighted moments (Hosking and Wallis 1987)."""
    ordered = np.sort(excess)
    count = len(ordered)
    mean = float(ordered.mean())
    weighted = float((ordered * (count - 1 - np.arange(count)) / (count - 1)).mean())
    if mean <= 2.0 * weighted:  # no such law has these moments: the tail is heavier than any
        return _SHAPES[1], max(mean * (1.0 - _SHAPES[1]), 1e-12)
    shape = float(np.clip(2.0 - mean / (mean - 2.0 * weighted), *_SHAPES))
    return shape, max(mean * (1.0 - shape), 1e-12)
