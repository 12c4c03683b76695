"""A detector of anomalies in a channel's series as they come: how far samples depart from what the channel's past lets expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.forecaster import Forecaster, fit_forecaster
from ml.anomaly.return_level import return_level
from ml.anomaly.series import Series, check_history
from ml.anomaly.window_memory import WindowMemory, remember
from ml.models.artefact import FOREIGN

__all__ = ["Learner", "LiveRecipe", "SeriesDetector", "fit_series_detector", "latched", "nominal_departures"]


class Learner(StrEnum):
    """What a sample is compared with."""

    FORECAST = "forecast"  # of samples before it and commands
    SHAPE = "shape"  # the past's windows, mean and spread taken out
    LEVEL = "level"  # the past's windows as they are


@dataclass(frozen=True)
class LiveRecipe:
    """Choices; none of them was made by labels of the series that the tables judge.

    Args:
        learners: Whose mean departure raises an alarm, each in units of its limit.
        lags, command_lags, penalty: Of the forecast.
        window: Samples of a window.
        memory: Samples that the running mean of departures looks back on.
        sampling_s: Time between samples.
        false_alarm_s: Time in which each learner alone passes its limit once, by what its training part says.
        least: Smallest departure that counts, in the channel's unit, however quiet the channel has been.
        release: Share of the limit under which an alarm begins to end.
        quiet: Samples that it then takes.
        folds: Parts of the history that departures for the limit are made without.
    """

    learners: tuple[Learner, ...] = (Learner.FORECAST, Learner.LEVEL)
    lags: int = 50
    command_lags: int = 5
    penalty: float = 10.0
    window: int = 40
    memory: int = 5
    sampling_s: float = 60.0
    false_alarm_s: float = 30.0 * 86_400.0
    least: float = 0.1
    release: float = 0.5
    quiet: int = 100
    folds: int = 4

    @property
    def fewest(self) -> int:
        """Samples that a history must have."""
        return self.folds * max(self.lags, self.window)


@dataclass(frozen=True)
class SeriesDetector:
    """Of one channel.

    Args:
        channel: Its name.
        kinds: Of commands.
        forecaster: What it expects of the next sample.
        history: Values of the pieces of the past that it remembers.
        limits: Of each learner that counts, in the channel's unit; above 0.
        recipe: How it was made.
    """

    channel: str
    kinds: int
    forecaster: Forecaster
    history: tuple[NDArray[np.float64], ...]
    limits: Mapping[Learner, float]
    recipe: LiveRecipe

    @cached_property
    def memories(self) -> dict[Learner, WindowMemory]:
        """Windows of the past, for the learners that compare with them."""
        return {
            one: remember(self.history, self.recipe.window, by_shape=one is Learner.SHAPE)
            for one in self.recipe.learners
            if one is not Learner.FORECAST
        }

    def departures(self, series: Series, learner: Learner) -> NDArray[np.float64]:
        """Running mean of how far samples depart, in the channel's unit; uses nothing that comes later.

        Raises:
            InputError: The series is of another channel, or has other commands.
        """
        self._check(series)
        if learner is Learner.FORECAST:
            return _running_mean(self.forecaster.departures(series), self.recipe.memory)
        return _running_mean(self.memories[learner].ending(series.values), self.recipe.memory)

    def excess(self, series: Series) -> NDArray[np.float64]:
        """Mean departure in units of the limits, shape (n,): 1 and more is an alarm; uses nothing that comes later.

        Raises:
            InputError: The series is of another channel, or has other commands.
        """
        return np.asarray(
            np.mean([self.departures(series, one) / self.limits[one] for one in self.recipe.learners], axis=0)
        )

    def alarms(self, series: Series) -> NDArray[np.bool_]:
        """Whether an alarm is on, by sample; uses nothing that comes later.

        Raises:
            InputError: The series is of another channel, or has other commands.
        """
        return latched(self.excess(series), self.recipe.release, self.recipe.quiet)

    def _check(self, series: Series) -> None:
        if series.name != self.channel:
            raise InputError("channel", f"{series.name} is not {self.channel}, which this detector knows", code=FOREIGN)
        if (kinds := series.commands.shape[1]) != self.kinds:
            raise InputError(
                series.name, f"{kinds} kinds of commands; the detector was trained with {self.kinds}", code=FOREIGN
            )


def fit_series_detector(history: Sequence[Series], recipe: LiveRecipe) -> SeriesDetector:
    """A detector of a channel's nominal past.

    Args:
        history: Pieces of it; few anomalies do no harm, many hide others like them.
        recipe: Choices.

    Raises:
        InputError: The history is too short, or its pieces are not of one channel.
    """
    found = nominal_departures(history, recipe)
    samples = recipe.false_alarm_s / recipe.sampling_s
    limits = {one: max(return_level(found[one], samples), recipe.least) for one in recipe.learners}
    return replace(_fit(history, recipe), limits=limits)


def nominal_departures(history: Sequence[Series], recipe: LiveRecipe) -> dict[Learner, NDArray[np.float64]]:
    """Departures of the history, each fold of it judged by a detector of the others.

    Raises:
        InputError: The history is too short, or its pieces are not of one channel.
    """
    check_history(history, recipe.fewest)
    found: dict[Learner, list[NDArray[np.float64]]] = {one: [] for one in recipe.learners}
    for number, piece in enumerate(history):
        others = [*history[:number], *history[number + 1 :]]
        edges = np.linspace(0, len(piece), recipe.folds + 1).astype(int)
        for begin, end in pairwise(edges):
            rest = [piece.part(first, last) for first, last in ((0, begin), (end, len(piece))) if last > first]
            fold = _fit([*others, *rest], recipe)
            lead = max(begin - recipe.lags, 0)
            for one in recipe.learners:
                found[one].append(fold.departures(piece.part(lead, end), one)[begin - lead :])
    return {one: np.concatenate(parts) for one, parts in found.items()}


def latched(excess: NDArray[np.float64], release: float, quiet: int) -> NDArray[np.bool_]:
    """Whether an alarm is on: from 1 on, until the excess has been under ``release`` for more than ``quiet`` samples."""
    alarms = np.zeros(len(excess), dtype=bool)
    on, calm = False, 0
    for sample, value in enumerate(excess):
        calm = 0 if value >= release else calm + 1
        on = bool(value >= 1.0 or (on and calm <= quiet))
        alarms[sample] = on
    return alarms


def _fit(history: Sequence[Series], recipe: LiveRecipe) -> SeriesDetector:
    forecaster = fit_forecaster(history, lags=recipe.lags, command_lags=recipe.command_lags, penalty=recipe.penalty)
    values = tuple(one.values for one in history)
    return SeriesDetector(history[0].name, history[0].commands.shape[1], forecaster, values, {}, recipe)


def _running_mean(departures: NDArray[np.float64], memory: int) -> NDArray[np.float64]:
    """Exponentially weighted; it begins at the first departure."""
    from scipy.signal import lfilter  # type: ignore[import-untyped]

    share = 2.0 / (memory + 1.0)
    mean, _ = lfilter([share], [1.0, share - 1.0], departures, zi=[(1.0 - share) * departures[0]])
    return np.asarray(mean)
