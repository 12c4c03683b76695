"""Thresholds of the checks from nominal flights alone, for a stated rate of false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ml.anomaly.extremes import threshold_for_rate
from ml.anomaly.residual_checks import CHECKS, ResidualChecks
from ml.anomaly.spacecraft_inputs import REGIMES, SENSORS, STEP_S, Rows
from ml.anomaly.spacecraft_model import SpacecraftModel, scaled_rows
from ml.anomaly.spacecraft_scorer import LEAST_ROWS
from ml.anomaly.spacecraft_windows import usable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["calibrated", "check_series"]

_APART: Final = 30  # instants between two exceedances that count as two
_DAY_S: Final = 86_400.0


def calibrated(model: SpacecraftModel, flights: Sequence[Rows]) -> SpacecraftModel:
    """The model with thresholds, usual deviations and ranges of nominal flights."""
    session = model.session()
    plain = replace(model, usual_off=np.ones((len(REGIMES), 2, len(SENSORS))))
    raw = [flight_off(plain, session, one) for one in flights]
    regimes = np.concatenate([one.regimes[usable(one)] for one in flights])
    sizes = np.abs(np.concatenate(raw))
    usual = np.stack([np.nanquantile(sizes[regimes == one], 0.99, axis=0) for one in range(len(REGIMES))])
    usual = np.maximum(usual, 1.0)
    series = [check_series(one / usual[rows.regimes[usable(rows)]]) for one, rows in zip(raw, flights, strict=True)]
    days = sum(len(one) for one in series) * STEP_S / _DAY_S
    per_day = model.false_alarms_per_day / (len(CHECKS) * len(SENSORS))
    thresholds = np.array(
        [
            [
                threshold_for_rate([one[:, check, sensor] for one in series], days, per_day, _APART)
                for sensor in range(len(SENSORS))
            ]
            for check in CHECKS
        ]
    )
    values = np.concatenate([one.values for one in flights])
    still = np.nanmean(np.concatenate([np.diff(one.values, axis=0) == 0.0 for one in flights]), axis=0)
    return replace(
        model,
        thresholds=thresholds,
        usual_off=usual,
        range=np.nanquantile(values, [0.005, 0.995], axis=0),
        still_share=still,
    )


def flight_off(model: SpacecraftModel, session: InferenceSession, rows: Rows) -> NDArray[np.float64]:
    """How far each sensor is off the two expectations at the instants that can be judged, shape (n, 2, sensors)."""
    scaled, context = scaled_rows(model, rows)
    places = np.flatnonzero(usable(rows))
    off: NDArray[np.float64] = model.off(session, scaled, context, places, rows.regimes[places])[0]
    return off


def check_series(off: NDArray[np.float64]) -> NDArray[np.float64]:
    """The checks of a flight, shape (n, checks, sensors), without those before the means have settled."""
    checks = ResidualChecks(len(SENSORS))
    made = np.array([checks(one) for one in off])
    return made[LEAST_ROWS:]
