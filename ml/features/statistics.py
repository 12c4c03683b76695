"""Statistics of windows of samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.features.windows import Segments

__all__ = ["STATISTICS", "Statistic"]

Floats = NDArray[np.float64]


class Statistic(StrEnum):
    """What of a window is told; the deviation is that of the samples themselves (divided by their count)."""

    MEAN = "mean"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    DEVIATION = "deviation"
    SLOPE = "slope"  # of the straight line with the least squares
    RATE = "rate"  # of change from the first sample to the last one
    COUNT = "count"


def _mean(windows: Segments) -> Floats:
    return windows.total(windows.samples.values) / windows.counts


def _deviation(windows: Segments) -> Floats:
    away = windows.samples.values - windows.spread(_mean(windows))
    return np.sqrt(windows.total(away * away) / windows.counts)


def _slope(windows: Segments) -> Floats:
    # Relative to the instant: seconds since J2000 squared leave no digits for the differences.
    ages = windows.samples.generated_tai_s - windows.spread(windows.at_tai_s)
    ages = ages - windows.spread(windows.total(ages) / windows.counts)
    away = windows.samples.values - windows.spread(_mean(windows))
    apart = windows.samples.generated_tai_s[windows.last] > windows.samples.generated_tai_s[windows.first]
    return np.where(apart, windows.total(ages * away) / windows.total(ages * ages), np.nan)


def _rate(windows: Segments) -> Floats:
    values, times = windows.samples.values, windows.samples.generated_tai_s
    made: Floats = (values[windows.last] - values[windows.first]) / (times[windows.last] - times[windows.first])
    return made


STATISTICS: Final[Mapping[Statistic, Callable[[Segments], Floats]]] = {
    Statistic.MEAN: _mean,
    Statistic.MINIMUM: lambda one: np.minimum.reduceat(one.samples.values, one.first),
    Statistic.MAXIMUM: lambda one: np.maximum.reduceat(one.samples.values, one.first),
    Statistic.DEVIATION: _deviation,
    Statistic.SLOPE: _slope,
    Statistic.RATE: _rate,
    Statistic.COUNT: lambda one: one.counts.astype(np.float64),
}
