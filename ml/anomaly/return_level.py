"""The score that nominal telemetry passes once in a given time: peaks over a threshold, extrapolated."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["return_level"]

_PEAKS_FROM: Final = 0.98  # quantile of the scores
_APART: Final = 50  # samples; nearer ones are one peak
_HEAVIEST: Final = 0.3  # shape: from a few peaks a heavier tail cannot be told from chance
_FEWEST: Final = 2  # peaks from which a shape can be fitted


def return_level(scores: NDArray[np.float64], samples: float) -> float:
    """The level that scores of the same process pass once in so many samples, on average.

    Args:
        scores: Of nominal telemetry that the model was not fitted to, shape (n,).
        samples: Return period; may be far longer than the scores.

    Source: generalised Pareto distribution of the peaks, by probability-weighted moments: Hosking and Wallis, Technometrics
        29(3), 1987; return level as Coles, An Introduction to Statistical Modeling of Extreme Values, 2001, eq. 4.13. The shape
        is held between 0 and 0.3: a bounded tail is never trusted.
    """
    start = float(np.quantile(scores, _PEAKS_FROM))
    excess = _peaks(scores, start)
    mean = float(excess.mean()) if len(excess) else 0.0
    if mean <= 0.0:
        return start
    expected = max(samples * len(excess) / len(scores), 1.0)  # peaks in the return period
    shape = _shape(excess, mean)
    scale = mean * (1.0 - shape)
    rise = np.log(expected) if shape == 0.0 else (expected**shape - 1.0) / shape
    return float(start + scale * rise)


def _peaks(scores: NDArray[np.float64], start: float) -> NDArray[np.float64]:
    """How far the highest of each group of scores above the start is above it, in rising order."""
    above = np.flatnonzero(scores > start)
    if not len(above):
        return np.zeros(0)
    group = np.concatenate([[0], np.cumsum(np.diff(above) > _APART)])
    highest = np.zeros(group[-1] + 1)
    np.maximum.at(highest, group, scores[above] - start)
    return np.sort(highest)


def _shape(excess: NDArray[np.float64], mean: float) -> float:
    peaks = len(excess)
    if peaks < _FEWEST:
        return 0.0
    weighted = float(np.mean(excess * np.arange(peaks - 1, -1, -1) / (peaks - 1)))
    if mean - 2.0 * weighted <= 0.0:
        return 0.0
    return float(np.clip(2.0 - mean / (mean - 2.0 * weighted), 0.0, _HEAVIEST))
