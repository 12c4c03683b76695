"""Training of a lifetime model: cross-validation grouped by unit, a stack, a calibration, and the final learners.

Nothing here sees a test unit. Every training unit is predicted by learners that never saw it, at every cycle of its life, each
unit weighing the same: that is a unit cut at a random life, as test units are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.lifetime.distribution import COVERAGE, Calibration, calibrated_tail
from ml.lifetime.histories import Histories
from ml.lifetime.indicators import FEWEST_CYCLES, fit_indicators
from ml.lifetime.learners import KINDS, Recipe, fit_ensemble, stack_weights
from ml.lifetime.model import LifetimeModel, capped_spreads
from ml.lifetime.policy import CostRatio, optimal_rate, policy_cost, wait_cycles
from ml.lifetime.scores import phm_score
from ml.models.progress import Progress

__all__ = ["COST_RATIOS", "Training", "train_lifetime"]

COST_RATIOS: Final = (5.0, 10.0)
_FIRST_JUDGED: Final = 20  # cycles; test units have about as many or more
_CALIBRATION_STRIDE: Final = 4
_JUDGED_ROWS: Final = 600  # calibration rows that interval and policy are judged on
_CAUTIONS: Final = np.linspace(0.0, 0.6, 13)
_MOST_RMSE_GIVEN_UP: Final = 0.01  # of the cross-validated error, for caution


@dataclass(frozen=True)
class Training:
    """A trained model, and what cross-validation says of it."""

    model: LifetimeModel
    metrics: dict[str, float]


def train_lifetime(
    histories: Histories, recipe: Recipe, seed: int, progress: Progress = lambda _share, _what: None
) -> Training:
    """A model of units that ran to failure.

    Args:
        histories: Whole lives of at least twice as many units as there are folds.
        seed: The same data, recipe and seed give the same model.

    Raises:
        InputError: Too few units, or nothing that changes over their lives.
    """
    if len(histories.units) < 2 * recipe.folds:
        raise InputError("units", f"{len(histories.units)} units; {recipe.folds} folds need {2 * recipe.folds}")
    weight = np.repeat(1.0 / histories.lengths, histories.lengths)
    values = _out_of_fold(histories, weight, recipe, seed, progress)
    judged = histories.cycle >= min(_FIRST_JUDGED, int(histories.lengths.min()) // 2)
    capped = np.minimum(histories.remaining, recipe.cap_cycles)
    stack = stack_weights(values[judged], capped[judged], weight[judged])
    mean = np.clip(values @ stack, 0.0, recipe.cap_cycles)
    chosen = np.flatnonzero(judged & ((histories.cycle + histories.unit) % _CALIBRATION_STRIDE == 0))
    calibration = Calibration(mean[chosen], histories.remaining[chosen], histories.unit[chosen], weight[chosen])
    progress(0.75, "final learners")
    indicators = fit_indicators(histories, recipe.cap_cycles)
    learned = _learned(histories, recipe)
    ensemble = fit_ensemble(
        indicators(histories)[learned], capped[learned], weight[learned], recipe, members=recipe.members, seed=seed
    )
    progress(0.97, "calibration")
    model = LifetimeModel(indicators, ensemble, stack, 0.0, recipe.cap_cycles, calibration, 0.0, {})
    model = replace(model, caution=_caution(model))
    metrics = {
        f"cross-validation RMSE of {kind} in cycles": _rmse(values[judged, number], capped[judged], weight[judged])
        for number, kind in enumerate(KINDS)
    }
    metrics["cross-validation RMSE in cycles"] = _rmse(model.cautious(mean[judged]), capped[judged], weight[judged])
    model, judged_metrics = _judged(histories, model, chosen, seed)
    progress(1.0, "done")
    return Training(model, metrics | judged_metrics)


def _out_of_fold(
    histories: Histories, weight: NDArray[np.float64], recipe: Recipe, seed: int, progress: Progress
) -> NDArray[np.float64]:
    """What learners that never saw a unit say of it, at every row and by every kind."""
    order = np.random.default_rng(seed).permutation(histories.units)
    values = np.zeros((len(histories.unit), len(KINDS)))
    for fold in range(recipe.folds):
        progress(0.75 * fold / recipe.folds, f"fold {fold + 1} of {recipe.folds}")
        held = np.isin(histories.unit, order[fold :: recipe.folds])
        inside, outside = histories.of_units(histories.unit[~held]), histories.of_units(histories.unit[held])
        indicators = fit_indicators(inside, recipe.cap_cycles)
        learned = _learned(inside, recipe)
        target = np.minimum(inside.remaining, recipe.cap_cycles)[learned]
        ensemble = fit_ensemble(
            indicators(inside)[learned], target, weight[~held][learned], recipe, members=1, seed=seed + 100 * (fold + 1)
        )
        values[held] = ensemble.values(indicators(outside))
    return values


def _learned(histories: Histories, recipe: Recipe) -> NDArray[np.bool_]:
    enough = histories.cycle >= FEWEST_CYCLES // 2
    learned: NDArray[np.bool_] = enough & ((histories.cycle + histories.unit) % recipe.stride == 0)
    return learned


def _caution(model: LifetimeModel) -> float:
    """How much less than the mean to predict: least score among what costs little of the error, out of fold."""
    rows = model.calibration
    at, spread = capped_spreads(rows, model.cap_cycles)
    truth = np.minimum(rows.lived, model.cap_cycles)
    error = rows.predicted - truth
    less = np.interp(rows.predicted, at, spread)
    scores = [float(rows.weight @ phm_score(error - one * less)) for one in _CAUTIONS]
    errors = [float(np.sqrt(rows.weight @ (error - one * less) ** 2)) for one in _CAUTIONS]
    allowed = [number for number, one in enumerate(errors) if one <= errors[0] * (1.0 + _MOST_RMSE_GIVEN_UP)]
    return float(_CAUTIONS[min(allowed, key=lambda number: scores[number])])


def _judged(
    histories: Histories, model: LifetimeModel, chosen: NDArray[np.int64], seed: int
) -> tuple[LifetimeModel, dict[str, float]]:
    """The model with its intervals and policy, and how these do on units left out of their own calibration."""
    rows = model.calibration
    share = rows.weight / rows.weight.sum()
    picked = np.random.default_rng(seed).choice(len(share), min(_JUDGED_ROWS, len(share)), replace=False, p=share)
    lives = [model.calibration.sample(float(rows.predicted[one]), int(rows.unit[one])) for one in picked]
    lived, ages = rows.lived[picked], histories.cycle[chosen][picked].astype(float)
    tail = calibrated_tail(lives, lived, model.cap_cycles)
    ends = np.array([one.interval(tail) for one in lives])
    metrics = {
        f"cross-validation coverage of the {COVERAGE:.0%} interval{what}": float(
            ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean()
        )
        for what, truth in ((", capped", np.minimum(lived, model.cap_cycles)), ("", lived))
    }
    rates = {}
    for ratio in COST_RATIOS:
        costs = CostRatio(ratio)
        rates[ratio] = optimal_rate(lives, ages, np.ones(len(ages)), costs)
        waits = np.array([wait_cycles(one, costs, rates[ratio]) for one in lives], dtype=float)
        oracle = policy_cost(lived, lived, ages, costs).rate
        cost = policy_cost(waits, lived, ages, costs).rate
        metrics[f"cross-validation cost rate over the oracle at {ratio:g}"] = cost / oracle
    return replace(model, tail=tail, rates=rates), metrics


def _rmse(predicted: NDArray[np.float64], truth: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(np.sqrt(weight @ (predicted - truth) ** 2 / weight.sum()))
