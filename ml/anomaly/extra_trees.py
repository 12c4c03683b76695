"""Extremely randomised trees (Geurts et al. 2006): grown by scikit-learn, kept and evaluated as arrays, which carry no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.models.artefact import CORRUPT

__all__ = ["ExtraTrees", "grow_trees", "trees_from_arrays"]

_LEAF: Final = -1
_ARRAYS: Final = ("root", "feature", "threshold", "left", "right", "share")


@dataclass(frozen=True)
class ExtraTrees:
    """Trees behind one another.

    Args:
        root: Node that each tree begins with.
        feature, threshold: A row goes left where its feature is not above the threshold; feature -1 is a leaf.
        left, right: Nodes.
        share: Of the anomalous among the training rows of a leaf.
    """

    root: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    share: NDArray[np.float64]

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean share over the trees, by row."""
        values = rows.astype(np.float32).astype(np.float64)  # as they were when the trees were grown
        node = np.tile(self.root, (len(rows), 1))
        places = np.arange(len(rows))[:, None]
        while (inner := self.feature[node] != _LEAF).any():
            goes_left = values[places, np.maximum(self.feature[node], 0)] <= self.threshold[node]
            node = np.where(inner, np.where(goes_left, self.left[node], self.right[node]), node)
        mean: NDArray[np.float64] = self.share[node].mean(axis=1)
        return mean

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For a file of weights."""
        return {name: getattr(self, name) for name in _ARRAYS}


def grow_trees(
    rows: NDArray[np.float64], anomalous: NDArray[np.bool_], *, trees: int, features_share: float, seed: int
) -> ExtraTrees:
    """Trees of rows and labels."""
    from sklearn.ensemble import ExtraTreesClassifier

    forest = ExtraTreesClassifier(trees, max_features=features_share, random_state=seed, n_jobs=1)
    forest.fit(rows, anomalous)
    grown = [one.tree_ for one in forest.estimators_]
    root = np.cumsum([0, *(one.node_count for one in grown)])[:-1].astype(np.int32)
    column = int(np.flatnonzero(forest.classes_)[0])
    counts = [one.value[:, 0, :] for one in grown]
    inner = np.concatenate([one.children_left for one in grown]) != _LEAF

    def nodes(name: str) -> NDArray[np.int32]:
        moved = [getattr(one, name) + first for one, first in zip(grown, root, strict=True)]
        return np.where(inner, np.concatenate(moved), 0).astype(np.int32)

    return ExtraTrees(
        root=root,
        feature=np.where(inner, np.concatenate([one.feature for one in grown]), _LEAF).astype(np.int32),
        threshold=np.where(inner, np.concatenate([one.threshold for one in grown]), 0.0),
        left=nodes("children_left"),
        right=nodes("children_right"),
        share=np.concatenate([one[:, column] / one.sum(axis=1) for one in counts]),
    )


def trees_from_arrays(name: str, arrays: Mapping[str, NDArray[Any]], features: int) -> ExtraTrees:
    """The trees of a file of weights.

    Args:
        name: Of the file, for the error.
        arrays: Its content.
        features: How many columns rows have.
    Raises:
        InputError: An array is missing, or a node leads nowhere or back.
    """
    if missing := [one for one in _ARRAYS if one not in arrays]:
        raise InputError(f"model.{name}", f"the array {missing[0]} is missing", code=CORRUPT)
    made = ExtraTrees(**{one: arrays[one] for one in _ARRAYS})
    count, inner = len(made.feature), made.feature != _LEAF
    if any(one.shape != (count,) for one in (made.threshold, made.left, made.right, made.share)):
        raise InputError(f"model.{name}", "arrays of nodes differ in length", code=CORRUPT)
    places = np.arange(count)
    leads_on = (made.left > places) & (made.right > places) & (made.left < count) & (made.right < count)
    if not (leads_on[inner].all() and (made.feature >= _LEAF).all() and (made.feature < features).all()):
        raise InputError(f"model.{name}", "a node leads nowhere, back, or to a column that is not there", code=CORRUPT)
    if not len(made.root) or made.root.min() < 0 or made.root.max() >= count:
        raise InputError(f"model.{name}", "a tree has no root", code=CORRUPT)
    return made
