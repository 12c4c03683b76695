"""Windows over rows: each sensor's present and some of its past, in units of how it usually varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.anomaly.spacecraft_inputs import SENSORS, Rows

__all__ = ["BEFORE", "LAGS", "PRESENT", "THERE", "VALUE", "WINDOW_INPUTS", "WINDOW_ROWS", "Scale", "lagged", "usable"]

LAGS: Final = (0, 1, 2, 4, 8, 16)  # steps back; 0 is the present
WINDOW_ROWS: Final = max(LAGS) + 1
WINDOW_INPUTS: Final = 2 + (len(LAGS) - 1) + len(LAGS)
VALUE, BEFORE, THERE = 0, 1, len(LAGS) + 1  # places in the inputs: the present, the row before, whether it is there
PRESENT: Final = (VALUE, 2, THERE)  # places of all that the present decides
_LONGEST_GAP_S: Final = 400.0  # between neighbouring rows of a window
_MOST: Final = 30.0  # spreads; what lies further is told as this, so that one wild value does not drown the rest
_USUAL_CHANGES: Final = 0.98  # of them; the rest are turns and switches
_LEAST_STEP: Final = 2e-4
_LOGARITHMIC: Final = {"attitude_error_deg": 0.01, "gnss_fix_age_s": 10.0}  # they grow over orders of magnitude


@dataclass(frozen=True)
class Scale:
    """How values become numbers of order one, and back.

    Args:
        centre, spread: Of each sensor, after the logarithm where it has one.
        step: How much it usually changes from row to row, in spreads.
    """

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    step: NDArray[np.float64]

    @classmethod
    def of(cls, flights: Sequence[NDArray[np.float64]]) -> Scale:
        """From nominal rows, flight by flight, each of shape (n, sensors)."""
        told = [_compressed(one) for one in flights]
        whole = np.concatenate(told)
        spread = np.maximum(np.nanstd(whole, axis=0), _least_spread())
        changes = np.abs(np.concatenate([np.diff(one, axis=0) for one in told])) / spread
        usual = np.minimum(changes, np.nanquantile(changes, _USUAL_CHANGES, axis=0))
        step = np.maximum(np.sqrt(np.nanmean(usual**2, axis=0)), _LEAST_STEP)
        return cls(np.nanmedian(whole, axis=0), spread, step)

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """Shape as given; NaN stays."""
        scaled = (_compressed(values) - self.centre) / self.spread
        return np.clip(scaled, -_MOST, _MOST).astype(np.float32)

    def value(self, sensor: int, scaled: float) -> float:
        """Back in the sensor's unit."""
        told = scaled * self.spread[sensor] + self.centre[sensor]
        unit = _LOGARITHMIC.get(SENSORS[sensor])
        return float(told if unit is None else unit * np.expm1(told))

    def width(self, sensor: int, scaled: float, scaled_spread: float) -> float:
        """A spread about a scaled value in the sensor's unit; above 0."""
        upper = self.value(sensor, scaled + scaled_spread)
        lower = self.value(sensor, scaled - scaled_spread)
        return max(0.5 * (upper - lower), 1e-12)


def lagged(scaled: NDArray[np.float32], step: NDArray[np.float64], places: NDArray[np.intp]) -> NDArray[np.float32]:
    """The inputs of windows that end at places: the present, the value before, changes between lags, and what is there.

    Args:
        scaled: Shape (n, sensors).
        step: Of the scale.
        places: Rows, each at least ``WINDOW_ROWS - 1``.
    Returns:
        Shape (windows, sensors, WINDOW_INPUTS); 0 for what is missing.
    """
    found = np.stack([scaled[places - lag] for lag in LAGS], axis=2)
    apart = np.sqrt(np.diff(LAGS)) * step[:, None]
    changes = np.clip((found[:, :, :-1] - found[:, :, 1:]) / apart.astype(np.float32), -_MOST, _MOST)
    inputs = np.concatenate([found[:, :, :2], changes, np.isfinite(found)], axis=2, dtype=np.float32)
    return np.where(np.isfinite(inputs), inputs, np.float32(0.0))


def usable(rows: Rows) -> NDArray[np.bool_]:
    """Before which rows a whole window lies, without a long gap in it."""
    made = np.zeros(len(rows), dtype=bool)
    if len(rows) < WINDOW_ROWS:
        return made
    long_gap = np.concatenate([[True], np.diff(rows.instants_tai_s) > _LONGEST_GAP_S])
    since = np.arange(len(rows)) - np.maximum.accumulate(np.where(long_gap, np.arange(len(rows)), 0))
    return since >= WINDOW_ROWS - 1


def _compressed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    told = np.array(values, dtype=np.float64)
    for name, unit in _LOGARITHMIC.items():
        column = told[..., SENSORS.index(name)]
        told[..., SENSORS.index(name)] = np.log1p(np.maximum(column, 0.0) / unit)
    return told


def _least_spread() -> NDArray[np.float64]:
    """For sensors that hardly ever move in ordinary work."""
    return np.array([0.3 if name.endswith(("_duty", "_valid")) or name in _LOGARITHMIC else 1e-6 for name in SENSORS])
