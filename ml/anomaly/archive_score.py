"""How anomalous each sample of an archived series is, once all of it is there: samples before and after take part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.forecaster import fit_forecaster
from ml.anomaly.series import Series, check_alike, check_history
from ml.anomaly.series_detector import Learner
from ml.anomaly.window_memory import remember

__all__ = ["ArchiveRecipe", "archive_departures", "archive_scores", "joined"]


@dataclass(frozen=True)
class ArchiveRecipe:
    """Choices.

    Args:
        learners: Whose departures count: the squares of how many standard deviations over the series each is above its median
            are added, so that what is very unusual to one outweighs what is a little unusual to all.
        spread: Standard deviation of the bell that departures are smoothed by, samples.
        lags, command_lags, penalty, window: As of ``LiveRecipe``.
    """

    learners: tuple[Learner, ...] = (Learner.FORECAST, Learner.SHAPE, Learner.LEVEL)
    spread: float = 45.0
    lags: int = 50
    command_lags: int = 5
    penalty: float = 10.0
    window: int = 40


def archive_scores(series: Series, nominal: int, recipe: ArchiveRecipe) -> NDArray[np.float64]:
    """The more the more anomalous, shape (n,); comparable within the series only.

    Args:
        series: The whole.
        nominal: How many of its first samples are taken as nominal; nothing is learned from the others.
        recipe: Choices.

    Raises:
        InputError: The nominal part is too short, or longer than the series.
    """
    return joined(archive_departures(series, nominal, recipe), recipe.learners, recipe.spread)


def archive_departures(
    series: Series, nominal: int, recipe: ArchiveRecipe, training: Sequence[Series] = ()
) -> dict[Learner, NDArray[np.float64]]:
    """How far samples depart by each learner, in the channel's unit, not smoothed.

    Args:
        series, nominal, recipe: As of ``archive_scores``.
        training: Learned from instead of the first samples, where there is any.
    """
    if not 0 < nominal <= len(series):
        raise InputError(series.name, f"{nominal} of {len(series)} samples cannot be the nominal part")
    history = list(training) or [series.part(0, nominal)]
    check_history(history, 2 * max(recipe.lags, recipe.window))
    check_alike(history[0], series)
    forecaster = fit_forecaster(history, lags=recipe.lags, command_lags=recipe.command_lags, penalty=recipe.penalty)
    from_forecast = forecaster.departures(series)
    from_forecast[: recipe.lags] = np.median(from_forecast[recipe.lags :])  # nothing is known of them: as usual
    known = 0 if training else nominal
    values = [one.values for one in history]
    return {
        Learner.FORECAST: from_forecast,
        Learner.SHAPE: remember(values, recipe.window, by_shape=True).around(series.values, known),
        Learner.LEVEL: remember(values, recipe.window, by_shape=False).around(series.values, known),
    }


def joined(
    departures: Mapping[Learner, NDArray[np.float64]], learners: Sequence[Learner], spread: float
) -> NDArray[np.float64]:
    """One score of departures by some learners."""
    from scipy.ndimage import gaussian_filter1d  # type: ignore[import-untyped]

    total = np.zeros_like(departures[learners[0]])
    for one in learners:
        smooth = gaussian_filter1d(departures[one], spread, mode="nearest")
        deviation = float(smooth.std())
        if deviation > 0.0:
            total += np.maximum((smooth - np.median(smooth)) / deviation, 0.0) ** 2
    return total
