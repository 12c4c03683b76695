"""The remaining life of a part in days: what it still bears, over how fast it is used, each with its doubt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.lifetime.usage import DailyUse
from ml.lifetime.wear_law import WearLaw

__all__ = ["INTERVAL", "ArrayHistory", "RemainingDays", "array_degradation", "array_life", "use_life"]

INTERVAL: Final = 0.9  # of such parts end in it
_LEVELS: Final[NDArray[np.float64]] = np.asarray((np.arange(400) + 0.5) / 400.0, dtype=np.float64)
_RATES: Final = 101
_YEAR_DAYS: Final = 365.25
_SEASON_DAYS: Final = 15  # to each side of a day, compared with the same days a year before
_FEWEST_PAIRS: Final = 10
_SMALLEST_SHARE: Final = 1e-9


@dataclass(frozen=True)
class RemainingDays:
    """A distribution of remaining life by three of its quantiles.

    Args:
        median: Half of such parts last longer, days.
        low, high: 90 % of such parts end between them, days.
    """

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class ArrayHistory:
    """The greatest power of each day.

    Args:
        day: Whole days of TAI since J2000, rising.
        power_w: The greatest that telemetry told on it.
    """

    day: NDArray[np.int64]
    power_w: NDArray[np.float64]


def use_life(law: WearLaw, used: float, use: DailyUse) -> RemainingDays | None:
    """How long a part lasts that goes on as it was used; None where it was not used at all.

    Args:
        law: Of the use at failure.
        used: So far.
        use: How it was used lately.
    """
    rate, deviation = use.rate_per_day, use.rate_deviation
    if rate <= 0.0:
        return None
    spread = math.sqrt(math.log1p((deviation / rate) ** 2))
    rates = rate * np.exp(spread * _normal_quantiles(_RATES) - 0.5 * spread**2)
    return _quantiles((law.remaining(used, _LEVELS)[:, None] / rates).ravel())


def array_degradation(
    design_per_year: float, scatter: float, history: ArrayHistory
) -> tuple[float, float, float | None]:
    """An array's loss of power per year: what is expected of its design, and what telemetry of over a year tells of it.

    Days are compared with those a year before, so that the distance and the direction of the Sun are the same.

    Args:
        design_per_year: Share that the design loses in a year.
        scatter: Standard deviation of that among arrays, as a share of it.
        history: Its power.
    Returns:
        Share lost per year and its standard deviation, and what telemetry alone tells; None where it tells nothing yet.
    """
    prior, prior_deviation = design_per_year, scatter * design_per_year
    measured = _year_on_year(history)
    if measured is None:
        return prior, prior_deviation, None
    seen, seen_deviation = measured
    weight = prior_deviation**2 / (prior_deviation**2 + seen_deviation**2)
    return prior + weight * (seen - prior), prior_deviation * math.sqrt(1.0 - weight), seen


def array_life(
    degradation_per_year: float, deviation: float, share_left: float, end_of_life_share: float
) -> RemainingDays:
    """How long an array gives more than a share of its power at begin of life.

    Args:
        degradation_per_year, deviation: Share lost per year, and its standard deviation.
        share_left: Of the power at begin of life, now.
        end_of_life_share: Below which it is worn out.
    Raises:
        InputError: It loses nothing by its design and its telemetry: then there is no end to predict.
    """
    if degradation_per_year <= 0.0:
        raise InputError("degradation_per_year", f"{degradation_per_year:g}: an array that loses nothing has no end")
    spread = math.sqrt(math.log1p((deviation / degradation_per_year) ** 2))
    lost = degradation_per_year * np.exp(spread * _normal_quantiles(_LEVELS.size) - 0.5 * spread**2)
    years = math.log(end_of_life_share / share_left) / np.log1p(-np.clip(lost, _SMALLEST_SHARE, 0.99))
    return _quantiles(np.maximum(years, 0.0) * _YEAR_DAYS)


def _year_on_year(history: ArrayHistory) -> tuple[float, float] | None:
    """The share lost in a year, and its standard deviation, from the newest days and the same ones a year before."""
    known = dict(zip(history.day.tolist(), history.power_w.tolist(), strict=True))
    if not known:
        return None
    newest = max(known)
    pairs = [
        (known[one], known.get(one - round(_YEAR_DAYS)))
        for one in range(newest - 2 * _SEASON_DAYS, newest + 1)
        if one in known
    ]
    shares = np.array([1.0 - now / before for now, before in pairs if before])
    if len(shares) < _FEWEST_PAIRS:
        return None
    return float(shares.mean()), float(max(shares.std(ddof=1), _SMALLEST_SHARE) / math.sqrt(len(shares)))


def _quantiles(days: NDArray[np.float64]) -> RemainingDays:
    low, median, high = np.quantile(days, ((1.0 - INTERVAL) / 2.0, 0.5, (1.0 + INTERVAL) / 2.0))
    return RemainingDays(float(median), float(low), float(high))


def _normal_quantiles(count: int) -> NDArray[np.float64]:
    from scipy.special import ndtri  # type: ignore[import-untyped]

    found: NDArray[np.float64] = ndtri((np.arange(count) + 0.5) / count)
    return found
