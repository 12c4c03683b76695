"""Tells the kind of an anomaly from how its first sensor departs from what is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.anomaly.anomaly import AnomalyKind
from ml.anomaly.episodes import Episode, Step
from ml.anomaly.residual_checks import Check
from ml.anomaly.spacecraft_model import SpacecraftModel

__all__ = ["Signature", "kind_of", "signature_of"]

_LEAST_ROWS: Final = 4


@dataclass(frozen=True)
class Signature:
    """What tells kinds apart.

    Attributes:
        rows: Instants of the episode.
        above_share: Of these, at which the first sensor is off.
        missing_share: At which it has no value.
        still_share: Steps in which it does not change at all, and the same in nominal telemetry.
        trend: Correlation of its residual with time, -1 to 1.
        growth: Its residual at first, over the one at last.
        wobble: How much its residual changes from instant to instant, over how much it varies in all.
        first_share: Its share of the blame.
        sensors: How many have at least half of the first one's share.
        within_range: Share of its values that are usual in themselves.
        over: Whether it is back to what is expected.
    """

    rows: int
    above_share: float
    missing_share: float
    still_share: float
    usual_still_share: float
    trend: float
    growth: float
    wobble: float
    first_share: float
    sensors: int
    within_range: float
    over: bool
    noise_over_bias: float

    def numbers(self) -> NDArray[np.float64]:
        """For a classifier."""
        return np.array([float(getattr(self, name)) for name in self.__dataclass_fields__])


def signature_of(
    model: SpacecraftModel, episode: Episode, steps: Sequence[Step], first: int, shares: NDArray[np.float64]
) -> Signature:
    """The signature of an episode, from its last rows.

    Args:
        first: The sensor that is blamed most.
    """
    since = episode.since_tai_s[first]
    begin = episode.begin_tai_s if np.isnan(since) else since
    told = [one for one in steps if one.instant_tai_s >= begin and one.instant_tai_s <= episode.last_above_tai_s]
    told = told or [steps[-1]]
    values = np.array([one.values[first] for one in told])
    expected = np.array([one.expected[0, first] for one in told])
    scaled = (values - model.scale.centre[first]) / model.scale.spread[first]
    residual = scaled - expected
    ratio = np.array([one.ratio[:, first].max() for one in told])
    known = residual[np.isfinite(residual)]
    steady = np.isfinite(values)
    changes = np.diff(values[steady])
    low, high = model.range[:, first]
    highest = episode.highest[:, first]
    return Signature(
        rows=len(told),
        above_share=float((ratio >= 0.7).mean()),
        missing_share=float((~steady).mean()),
        still_share=float((changes == 0.0).mean()) if len(changes) else 0.0,
        usual_still_share=float(model.still_share[first]),
        trend=_trend(known),
        growth=_growth(known),
        wobble=_wobble(known),
        first_share=float(shares[first]),
        sensors=int((shares >= 0.5 * shares[first]).sum()),
        within_range=float(((values[steady] >= low) & (values[steady] <= high)).mean()) if steady.any() else 0.0,
        over=episode.quiet > 0,
        noise_over_bias=float(highest[Check.NOISE] / max(highest[Check.BIAS], highest[Check.DRIFT], 1e-3)),
    )


def kind_of(one: Signature) -> AnomalyKind:
    """By rules, the plainest first."""
    if one.missing_share > 0.5:
        return AnomalyKind.GAP
    if one.rows >= _LEAST_ROWS and one.still_share >= 0.9 and one.usual_still_share < 0.5:
        return AnomalyKind.STUCK
    if one.rows <= 3 and one.over:
        return AnomalyKind.SPIKE
    if one.rows >= _LEAST_ROWS and one.wobble > 0.7:
        return AnomalyKind.NOISE
    if one.rows >= _LEAST_ROWS and abs(one.trend) > 0.8 and one.growth < 0.5:
        return AnomalyKind.DRIFT
    if one.sensors >= 3 and one.first_share < 0.5:
        return AnomalyKind.COLLECTIVE
    return AnomalyKind.CONTEXTUAL if one.within_range > 0.5 else AnomalyKind.POINT


def _trend(residual: NDArray[np.float64]) -> float:
    if len(residual) < _LEAST_ROWS or residual.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(np.arange(len(residual)), residual)[0, 1])


def _growth(residual: NDArray[np.float64]) -> float:
    if len(residual) < _LEAST_ROWS:
        return 1.0
    part = max(len(residual) // 4, 1)
    return float(min(abs(residual[:part].mean()) / max(abs(residual[-part:].mean()), 1e-9), 10.0))


def _wobble(residual: NDArray[np.float64]) -> float:
    if len(residual) < _LEAST_ROWS or residual.std() < 1e-9:
        return 0.0
    return float(np.diff(residual).std() / (np.sqrt(2.0) * np.sqrt(np.mean(residual**2))))
