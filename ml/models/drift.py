"""Whether telemetry is still like that which a model was trained on: parameter by parameter, and by how often it finds something."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.errors import InputError

__all__ = [
    "DriftLevel",
    "ParameterDrift",
    "RateDrift",
    "TrainingReference",
    "parameter_drift",
    "rate_drift",
    "reference_of",
]

FEWEST_VALUES: Final = 200  # below this the index of equal distributions is not small
_QUANTILES: Final = 101
_BINS: Final = 10
_LEAST_SHARE: Final = 1e-4  # of a bin, so that an empty one counts as finitely much
# Customary bounds of the population stability index: below 0.1 alike, above 0.25 another population (N. Siddiqi, Credit Risk
# Scorecards, 2006, chapter 10).
_SHIFTING_INDEX: Final = 0.10
_DRIFTED_INDEX: Final = 0.25
_SHIFTING_DISTANCE: Final = 0.10  # of the distributions, as the largest difference of shares
_DRIFTED_DISTANCE: Final = 0.20
_UNLIKELY: Final = 1e-3

_Quantiles = Annotated[tuple[float, ...], Field(min_length=3, max_length=1001)]


class TrainingReference(BaseModel):
    """What a model has seen, small enough to go with its manifest.

    Args:
        quantiles: By parameter, its quantiles at equally spaced shares from 0 to 1, in engineering units.
        anomalies_per_day: How many anomalies a day it found in sound telemetry of one spacecraft; None where not known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    quantiles: Mapping[str, _Quantiles]
    anomalies_per_day: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @field_validator("quantiles")
    @classmethod
    def _rising(cls, given: Mapping[str, tuple[float, ...]]) -> Mapping[str, tuple[float, ...]]:
        for name, values in given.items():
            if not all(map(math.isfinite, values)) or any(b < a for a, b in pairwise(values)):
                raise ValueError(f"the quantiles of {name} are not finite and rising")
        return given


class DriftLevel(StrEnum):
    """How far from training."""

    ALIKE = "alike"
    SHIFTING = "shifting"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"  # too few values to say


@dataclass(frozen=True)
class ParameterDrift:
    """One parameter now beside training.

    Attributes:
        index: Population stability index over ten classes of training; NaN where unknown.
        distance: Kolmogorov-Smirnov distance, 0 to 1; NaN where unknown.
        values: How many numbers were looked at.
        median, trained_median: In engineering units; the first is NaN where there are no numbers.
    """

    parameter: str
    level: DriftLevel
    index: float
    distance: float
    values: int
    median: float
    trained_median: float


@dataclass(frozen=True)
class RateDrift:
    """How often something was found, beside training.

    Attributes:
        found: Anomalies in the days looked at.
        expected: In so many days, by training; None where it is not known.
        probability: Of so many or more where the rate of training holds (Poisson); None where it is not known.
    """

    level: DriftLevel
    days: float
    found: int
    expected: float | None
    probability: float | None


def reference_of(
    values: Mapping[str, NDArray[np.float64]], anomalies_per_day: float | None = None
) -> TrainingReference:
    """The reference of training data; numbers that are none are left out.

    Raises:
        InputError: A parameter has no numbers.
    """
    quantiles = {}
    for name, given in values.items():
        finite = given[np.isfinite(given)]
        if not finite.size:
            raise InputError(name, "has no numbers to be a reference")
        quantiles[name] = tuple(np.quantile(finite, np.linspace(0.0, 1.0, _QUANTILES)).tolist())
    return TrainingReference(quantiles=quantiles, anomalies_per_day=anomalies_per_day)


def parameter_drift(reference: TrainingReference, values: Mapping[str, NDArray[np.float64]]) -> list[ParameterDrift]:
    """How the parameters of a reference are now, the farthest from training first.

    Args:
        values: By parameter; what is no number is left out, and a parameter that is missing is of unknown drift.
    """
    nothing = np.empty(0)
    found = [_drift(name, np.array(known), values.get(name, nothing)) for name, known in reference.quantiles.items()]
    order = (DriftLevel.DRIFTED, DriftLevel.SHIFTING, DriftLevel.UNKNOWN, DriftLevel.ALIKE)
    return sorted(found, key=lambda one: (order.index(one.level), -np.nan_to_num(one.index), one.parameter))


def rate_drift(reference: TrainingReference, found: int, days: float) -> RateDrift:
    """Whether anomalies are found more often than in training.

    Raises:
        InputError: Not a positive time.
    """
    if not 0.0 < days < math.inf:
        raise InputError("days", f"{days} is not a positive number")
    if reference.anomalies_per_day is None:
        return RateDrift(DriftLevel.UNKNOWN, days, found, None, None)
    from scipy.stats import poisson  # type: ignore[import-untyped]  # half a second that only who asks waits for

    expected = reference.anomalies_per_day * days
    probability = float(poisson.sf(found - 1, expected))
    level = DriftLevel.DRIFTED if found and probability < _UNLIKELY else DriftLevel.ALIKE
    return RateDrift(level, days, found, expected, probability)


def _drift(name: str, known: NDArray[np.float64], given: NDArray[np.float64]) -> ParameterDrift:
    now = given[np.isfinite(given)]
    trained_median, median = float(np.median(known)), float(np.median(now)) if now.size else math.nan
    if now.size < FEWEST_VALUES:
        return ParameterDrift(name, DriftLevel.UNKNOWN, math.nan, math.nan, now.size, median, trained_median)
    from scipy.stats import ks_2samp  # as above

    index = _stability_index(known, now)
    distance = float(ks_2samp(now, known, method="asymp").statistic)
    if index >= _DRIFTED_INDEX and distance >= _DRIFTED_DISTANCE:
        level = DriftLevel.DRIFTED
    elif index >= _SHIFTING_INDEX and distance >= _SHIFTING_DISTANCE:
        level = DriftLevel.SHIFTING
    else:
        level = DriftLevel.ALIKE
    return ParameterDrift(name, level, index, distance, now.size, median, trained_median)


def _stability_index(known: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    wanted, found = (
        np.maximum([one.holds(values).mean() for one in _classes(known)], _LEAST_SHARE) for values in (known, now)
    )
    return float(np.sum((found - wanted) * np.log(found / wanted)))


@dataclass(frozen=True)
class _Class:
    """Between two values, or one value alone; which of the ends belong to it is said."""

    low: float
    high: float
    with_low: bool = False
    with_high: bool = False

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        above = values >= self.low if self.with_low else values > self.low
        below = values <= self.high if self.with_high else values < self.high
        return above & below


def _classes(known: NDArray[np.float64]) -> Iterator[_Class]:
    """Between tenths of training's values, with a class for one value alone where several tenths coincide."""
    points, count = np.unique(np.quantile(known, np.linspace(0.0, 1.0, _BINS + 1)), return_counts=True)
    alone = count > 1
    yield _Class(-math.inf, float(points[0]))
    for point in points[alone]:
        yield _Class(float(point), float(point), True, True)
    for place, (low, high) in enumerate(pairwise(points)):
        last = place + 2 == len(points) and not alone[place + 1]
        yield _Class(float(low), float(high), not alone[place], last)
    yield _Class(float(points[-1]), math.inf)
