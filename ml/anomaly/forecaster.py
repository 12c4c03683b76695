"""Forecast of a channel's next sample from those before it and the commands: a linear model with a penalty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.anomaly.series import Series

__all__ = ["Forecaster", "fit_forecaster"]


@dataclass(frozen=True)
class Forecaster:
    """A linear forecast.

    Args:
        weights: Of each lag of the value, of each kind of command at each lag, and of 1.
        lags: How many samples before this one are used.
        command_lags: How many samples' commands are, that of this one among them: a commanded change is expected.
    """

    weights: NDArray[np.float64]
    lags: int
    command_lags: int

    def departures(self, series: Series) -> NDArray[np.float64]:
        """How far each sample is from its forecast, in the channel's unit, not negative; uses nothing that comes later.

        Samples with fewer before them than there are lags have no forecast, and no departure.
        """
        departures = np.abs(series.values - _rows(series, self.lags, self.command_lags) @ self.weights)
        departures[: self.lags] = 0.0
        return departures


def fit_forecaster(history: Sequence[Series], *, lags: int, command_lags: int, penalty: float) -> Forecaster:
    """The forecast that pieces of a channel's past fit best.

    Args:
        history: Of one channel, checked.
        lags, command_lags: As of ``Forecaster``.
        penalty: On the squares of the weights, in units of squared samples; above 0.
    """
    rows, wanted = [], []
    for piece in history:
        begin = min(lags, len(piece) // 2)  # before it, lags would be made up
        rows.append(_rows(piece, lags, command_lags)[begin:])
        wanted.append(piece.values[begin:])
    seen = np.concatenate(rows)
    squares = seen.T @ seen + penalty * np.eye(seen.shape[1])
    weights = np.asarray(np.linalg.solve(squares, seen.T @ np.concatenate(wanted)), dtype=np.float64)
    return Forecaster(weights, lags, command_lags)


def _rows(series: Series, lags: int, command_lags: int) -> NDArray[np.float64]:
    """Before the first sample the channel counts as it was at the first."""
    values, commands = series.values, series.commands
    samples, kinds = commands.shape
    rows = np.empty((samples, lags + command_lags * kinds + 1))
    before = np.concatenate([np.full(lags, values[0]), values])
    for lag in range(1, lags + 1):
        rows[:, lag - 1] = before[lags - lag : lags - lag + samples]
    sent = np.concatenate([np.repeat(commands[:1], command_lags, axis=0), commands])
    for lag in range(command_lags):
        at = lags + lag * kinds
        rows[:, at : at + kinds] = sent[command_lags - lag : command_lags - lag + samples]
    rows[:, -1] = 1.0
    return rows
