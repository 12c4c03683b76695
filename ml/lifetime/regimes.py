"""Operating regimes: sensors as deviations, in standard deviations, from what is usual at the same operating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.lifetime.histories import SENSORS, SETTINGS, Histories

__all__ = ["Regimes", "fit_regimes"]

_LEAST_SPAN: Final = np.array([10.0, 0.5, 20.0])  # of each setting: less than this is noise at one operating point
_RADIUS: Final = 0.1  # of the spans; regimes of the data set are three times as far apart
_FEWEST_ROWS: Final = 20  # of a regime
_CONSTANT: Final = 1e-6  # a standard deviation below this share of the mean is none
_FARTHEST_SD: Final = 25.0  # the worst unit at its end of life is 8 away; another unit of measure hundreds
_LIVELY_SHARE: Final = 0.1  # distinct values per cycle; sensors with two or three values stand still for long
_LONG_CONSTANT: Final = 50  # cycles over which no live sensor keeps one value


@dataclass(frozen=True)
class Regimes:
    """Operating points, and what is usual at each.

    Args:
        centres: Settings of each, shape (k, 3).
        spans: Of the settings, by which distances are measured, shape (3,).
        lively: Whether a sensor takes many values in every unit, so that one that stands still is stuck, shape (21,).
        means, deviations: Of each sensor in each regime, shape (k, 21); a deviation of 0 stands for a constant.
    """

    centres: NDArray[np.float64]
    spans: NDArray[np.float64]
    means: NDArray[np.float64]
    deviations: NDArray[np.float64]
    lively: NDArray[np.bool_]

    def number(self, histories: Histories) -> NDArray[np.int64]:
        """The regime of each row.

        Raises:
            InputError: An operating point is none of those known.
        """
        apart = np.abs(histories.settings[:, None, :] - self.centres) / self.spans
        away = apart.max(axis=2)
        nearest: NDArray[np.int64] = away.argmin(axis=1)
        distance = away[np.arange(len(away)), nearest]
        if (far := np.flatnonzero(distance > 2 * _RADIUS)).size:
            row = far[0]
            names = dict(zip(SETTINGS, histories.settings[row].tolist(), strict=True))
            raise InputError(
                "settings",
                f"unit {histories.unit[row]} at cycle {histories.cycle[row]} is at {names}, no operating point of the "
                f"training; known are {np.round(self.centres, 2).tolist()}",
            )
        return nearest

    def normalise(self, histories: Histories) -> NDArray[np.float64]:
        """Deviations from what is usual, in standard deviations, shape (n, 21); 0 for what is constant in training.

        Raises:
            InputError: An unknown operating point, a sensor that stands still, or values of another unit of measure.
        """
        regime = self.number(histories)
        deviations = self.deviations[regime]
        usable = deviations > 0
        z = np.where(usable, (histories.sensors - self.means[regime]) / np.where(usable, deviations, 1.0), 0.0)
        for unit, rows in _by_unit(histories):
            self._check(unit, z[rows], histories.sensors[rows])
        return z

    def _check(self, unit: int, z: NDArray[np.float64], sensors: NDArray[np.float64]) -> None:
        away = np.median(np.abs(z), axis=0)
        if (far := np.flatnonzero(away > _FARTHEST_SD)).size:
            name = SENSORS[far[0]]
            raise InputError(
                name,
                f"unit {unit}: half of the values are {away[far[0]]:.0f} standard deviations or more from those of the "
                f"training (at most {_FARTHEST_SD:g}); is this the same sensor in the same unit of measure?",
            )
        if len(z) >= _LONG_CONSTANT and (stuck := np.flatnonzero(self.lively & (np.ptp(sensors, axis=0) == 0))).size:
            raise InputError(
                SENSORS[stuck[0]],
                f"unit {unit}: one value in all of {len(z)} cycles; it varied in training: a stuck sensor?",
            )


def fit_regimes(histories: Histories) -> Regimes:
    """The operating points of histories, by leaders within a radius, and their statistics.

    Raises:
        InputError: An operating point has too few rows.
    """
    spans = np.maximum(np.ptp(histories.settings, axis=0), _LEAST_SPAN)
    coarse = np.unique(np.round(histories.settings / spans / (_RADIUS / 4)), axis=0) * (_RADIUS / 4) * spans
    leaders: list[NDArray[np.float64]] = []
    for one in coarse:
        if all((np.abs(one - other) / spans).max() > _RADIUS for other in leaders):
            leaders.append(one)
    nearest = (np.abs(histories.settings[:, None, :] - np.array(leaders)) / spans).max(axis=2).argmin(axis=1)
    centres, means, deviations = [], [], []
    for number in range(len(leaders)):
        rows = nearest == number
        if rows.sum() < _FEWEST_ROWS:
            raise InputError(
                "settings",
                f"the operating point {leaders[number].tolist()} has {rows.sum()} rows, {_FEWEST_ROWS} are needed",
            )
        mean, deviation = histories.sensors[rows].mean(axis=0), histories.sensors[rows].std(axis=0)
        centres.append(histories.settings[rows].mean(axis=0))
        means.append(mean)
        deviations.append(np.where(deviation > _CONSTANT * np.maximum(np.abs(mean), 1e-9), deviation, 0.0))
    return Regimes(np.array(centres), spans, np.array(means), np.array(deviations), _lively(histories))


def _lively(histories: Histories) -> NDArray[np.bool_]:
    shares = [
        [len(np.unique(column)) / (rows.stop - rows.start) for column in histories.sensors[rows].T]
        for _, rows in _by_unit(histories)
    ]
    lively: NDArray[np.bool_] = np.min(shares, axis=0) >= _LIVELY_SHARE
    return lively


def _by_unit(histories: Histories) -> list[tuple[int, slice]]:
    ends = np.cumsum(histories.lengths)
    return [
        (int(unit), slice(int(end - length), int(end)))
        for unit, end, length in zip(histories.units, ends, histories.lengths, strict=True)
    ]
