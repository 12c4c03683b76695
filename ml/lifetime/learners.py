"""The three kinds of learners that are stacked: boosted trees, extremely random trees, and a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.lifetime.network import fit_network, network_values

if TYPE_CHECKING:
    from lightgbm import Booster

__all__ = ["KINDS", "Ensemble", "Recipe", "fit_ensemble", "stack_weights"]

KINDS: Final = ("boosted trees", "extra trees", "network")
_COMMON: Final = {
    "objective": "regression",
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
}
_BOOSTED: Final = {
    **_COMMON,
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
}
_EXTRA: Final = {
    **_COMMON,
    "boosting": "rf",
    "extra_trees": True,
    "num_leaves": 255,
    "min_data_in_leaf": 8,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
}


@dataclass(frozen=True)
class Recipe:
    """Choices of a training, made by cross-validation on training units.

    Args:
        cap_cycles: A longer life counts as this: far from its end a unit shows nothing of it.
        stride: Every so-manieth cycle of a unit is learned from; neighbours say nearly the same.
        rounds: Boosted trees.
        random_trees: Extremely random trees.
        epochs: Of the network.
        members: Learners of each kind that the final model averages, with different seeds.
        folds: Groups of units in cross-validation.
    """

    cap_cycles: float = 125.0
    stride: int = 2
    rounds: int = 300
    random_trees: int = 100
    epochs: int = 60
    members: int = 2
    folds: int = 5


@dataclass(frozen=True)
class Ensemble:
    """Trained learners, by kind.

    Args:
        boosted, extra: LightGBM's boosters.
        networks: Arrays of networks.
    """

    boosted: Sequence[Booster]
    extra: Sequence[Booster]
    networks: Sequence[Mapping[str, NDArray[Any]]]

    def values(self, indicators: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each kind says, averaged over its members, shape (n, len(KINDS))."""
        columns = [
            np.mean([one.predict(indicators, num_threads=1) for one in self.boosted], axis=0),
            np.mean([one.predict(indicators, num_threads=1) for one in self.extra], axis=0),
            np.mean([network_values(one, indicators) for one in self.networks], axis=0),
        ]
        return np.column_stack(columns)

    def contributions(self, indicators: NDArray[np.float32]) -> NDArray[np.float64]:
        """Shapley values of the boosted trees (TreeSHAP), the last column the mean, shape (n, k + 1)."""
        each = [one.predict(indicators, pred_contrib=True, num_threads=1) for one in self.boosted]
        found: NDArray[np.float64] = np.mean(each, axis=0)
        return found


def fit_ensemble(
    indicators: NDArray[np.float32],
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    recipe: Recipe,
    *,
    members: int,
    seed: int,
) -> Ensemble:
    """Learners of each kind, trained on rows with weights."""
    import lightgbm

    def trees(parameters: Mapping[str, Any], rounds: int, number: int) -> Booster:
        data = lightgbm.Dataset(indicators, target, weight=weight, params={"verbose": -1})
        return lightgbm.train({**parameters, "seed": seed + number}, data, rounds)

    return Ensemble(
        boosted=[trees(_BOOSTED, recipe.rounds, one) for one in range(members)],
        extra=[trees(_EXTRA, recipe.random_trees, 0)],
        networks=[
            fit_network(indicators, target, weight, scale=recipe.cap_cycles, epochs=recipe.epochs, seed=seed + one)
            for one in range(members)
        ],
    )


def stack_weights(
    values: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights of the kinds, none negative, that fit out-of-fold values best in least squares; they sum to 1."""
    from scipy.optimize import nnls  # type: ignore[import-untyped]

    root = np.sqrt(weight)[:, None]
    found, _ = nnls(values * root, target * root[:, 0])
    if found.sum() <= 0:
        return np.full(values.shape[1], 1.0 / values.shape[1])
    normalised: NDArray[np.float64] = found / found.sum()
    return normalised
