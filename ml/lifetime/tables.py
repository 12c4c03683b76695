"""The tables of the note: what models trained from several seeds do on test units, computed once choices are final."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.lifetime.histories import Histories, load_histories, load_true_lives
from ml.lifetime.learners import Recipe
from ml.lifetime.model import LifetimeModel, UnitLife
from ml.lifetime.policy import CostRatio, policy_cost
from ml.lifetime.scores import life_scores
from ml.lifetime.training import COST_RATIOS, train_lifetime
from ml.models.progress import Progress

__all__ = ["RECIPES", "TableRow", "judge_model", "subset_table"]

RECIPES: Final = {
    "FD001": Recipe(),
    "FD002": Recipe(stride=4),
    "FD003": Recipe(),
    "FD004": Recipe(stride=4),
}
_BINS: Final = ((0.0, 40.0), (40.0, 100.0), (100.0, 1e9))  # cycles of predicted life
_RUN_TO_FAILURE: Final = 1e9


@dataclass(frozen=True)
class TableRow:
    """A quantity over seeds: mean and standard deviation."""

    quantity: str
    mean: float
    spread: float


def subset_table(data: Path, subset: str, seeds: Sequence[int], progress: Callable[[int], Progress]) -> list[TableRow]:
    """Everything that is measured on a subset whose labels are there, over seeds.

    Raises:
        InputError: A file is missing or wrong.
    """
    train, test = (load_histories(data / f"cmapss_{split}_{subset}.parquet") for split in ("train", "test"))
    lived = load_true_lives(data / f"cmapss_rul_{subset}.parquet", test.units)
    found = []
    for seed in seeds:
        training = train_lifetime(train, RECIPES[subset], seed, progress(seed))
        found.append(training.metrics | judge_model(training.model, test, lived))
    shared = [one for one in found[0] if all(one in other for other in found)]  # a bin can be empty for a seed
    return [
        TableRow(
            quantity,
            float(np.mean([one[quantity] for one in found])),
            float(np.std([one[quantity] for one in found], ddof=1)) if len(found) > 1 else 0.0,
        )
        for quantity in shared
    ]


def judge_model(model: LifetimeModel, test: Histories, lived: NDArray[np.float64]) -> dict[str, float]:
    """What a model does on test units.

    Args:
        lived: Their true remaining lives, uncapped, in the order of ``test.units``.
    """
    lives = model.predict(test)
    predicted = np.array([one.rul_cycles for one in lives])
    capped, uncapped = life_scores(predicted, lived, model.cap_cycles), life_scores(predicted, lived)
    found = {
        "test RMSE in cycles, capped": capped.rmse_cycles,
        "test score, capped": capped.score,
        "test RMSE in cycles, uncapped": uncapped.rmse_cycles,
        "test score, uncapped": uncapped.score,
    }
    return found | _coverages(model, lives, test, lived) | _costs(model, test, lived)


def _coverages(
    model: LifetimeModel, lives: Sequence[UnitLife], test: Histories, lived: NDArray[np.float64]
) -> dict[str, float]:
    low, high = np.array([one.low_cycles for one in lives]), np.array([one.high_cycles for one in lives])
    predicted = np.array([one.rul_cycles for one in lives])
    truth = np.minimum(lived, model.cap_cycles)
    covered, covered_capped = (low <= lived) & (lived <= high), (low <= truth) & (truth <= high)
    found = {
        "test coverage, capped": float(covered_capped.mean()),
        "test coverage, uncapped": float(covered.mean()),
        "test width of the interval in cycles": float((high - low).mean()),
    }
    for first, last in _BINS:
        inside = (predicted >= first) & (predicted < last)
        name = f"{first:g} to {last:g}" if last < _RUN_TO_FAILURE else f"{first:g} and more"
        if inside.any():
            found[f"test coverage, capped, predicted {name}"] = float(covered_capped[inside].mean())
    regimes = model.indicators.regimes.number(test)[test.last_rows]
    for number in np.unique(regimes) if len(np.unique(regimes)) > 1 else ():
        inside = regimes == number
        found[f"test coverage, capped, last at regime {number + 1}"] = float(covered_capped[inside].mean())
    return found


def _costs(model: LifetimeModel, test: Histories, lived: NDArray[np.float64]) -> dict[str, float]:
    ages = test.lengths.astype(float)
    found = {}
    for ratio in COST_RATIOS:
        costs = CostRatio(ratio)
        waits = np.array([one.maintain_in_cycles for one in model.predict(test, ratio)], dtype=float)
        oracle = policy_cost(lived, lived, ages, costs).rate
        ours = policy_cost(waits, lived, ages, costs)
        found[f"test cost rate over the oracle at {ratio:g}"] = ours.rate / oracle
        found[f"test share that failed at {ratio:g}"] = ours.failures
        for name, wait in (("maintain now", 0.0), ("run to failure", _RUN_TO_FAILURE)):
            cost = policy_cost(np.full(len(ages), wait), lived, ages, costs).rate
            found[f"test cost rate over the oracle at {ratio:g}, {name}"] = cost / oracle
    return found
