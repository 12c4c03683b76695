"""A few small networks over indicators: fitted by scikit-learn, kept and evaluated as arrays, which carry no code."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri  # type: ignore[import-untyped]

from core.errors import InputError
from ml.models.artefact import CORRUPT

__all__ = ["NormalScores", "SmallNetworks", "fit_networks", "fit_normal_scores", "networks_from_arrays"]

_QUANTILES: Final = 201
_FARTHEST: Final = 4.0  # standard deviations
_SCALE: Final = 0.5
_HIDDEN: Final = (128, 64)
_LAYERS: Final = len(_HIDDEN) + 1
_DECAY: Final = 1e-2
_EPOCHS: Final = 150
_STEP: Final = 2e-3


@dataclass(frozen=True)
class NormalScores:
    """Columns as a normal distribution would have them, by their order among training rows; categories as 0 and 1.

    Args:
        edges: Values at equal steps of probability; shape (columns, quantiles).
        categories: Columns that are categories, and each of their values; shape (categories, 2).
    """

    edges: NDArray[np.float64]
    categories: NDArray[np.float64]

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape (rows, columns that are no categories + categories)."""
        named = set(self.categories[:, 0].astype(int))
        steps = np.linspace(0.0, 1.0, _QUANTILES)
        scores = []
        for column, edges in enumerate(self.edges):
            if column in named:
                continue
            values = rows[:, column]
            # Values that many rows share lie in the middle of the steps that they take.
            share = 0.5 * (np.interp(values, edges, steps) + 1.0 - np.interp(-values, -edges[::-1], steps))
            scores.append(_SCALE * np.clip(ndtri(np.clip(share, 1e-9, 1.0 - 1e-9)), -_FARTHEST, _FARTHEST))
        is_one = [rows[:, int(column)] == value for column, value in self.categories]
        return np.column_stack([*scores, *(one.astype(float) for one in is_one)])


@dataclass(frozen=True)
class SmallNetworks:
    """Networks of rectified layers.

    Args:
        scores: What they see.
        layers: Of each network its layers, weights and offsets.
    """

    scores: NormalScores
    layers: tuple[tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...], ...]

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean probability over the networks, by row."""
        seen = self.scores(rows)
        found = []
        for layers in self.layers:
            values = seen
            for number, (weights, offsets) in enumerate(layers):
                values = values @ weights + offsets
                if number < len(layers) - 1:
                    values = np.maximum(values, 0.0)
            found.append(expit(values[:, 0]))
        return np.asarray(np.mean(found, axis=0))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For a file of weights."""
        made: dict[str, NDArray[Any]] = {"edges": self.scores.edges, "categories": self.scores.categories}
        for member, layers in enumerate(self.layers):
            for number, (weights, offsets) in enumerate(layers):
                made[f"{member}.{number}.weights"], made[f"{member}.{number}.offsets"] = weights, offsets
        return made


def fit_normal_scores(rows: NDArray[np.float64], categories: tuple[int, ...]) -> NormalScores:
    """Scores by the order of rows; the columns named are categories."""
    edges = np.quantile(rows, np.linspace(0.0, 1.0, _QUANTILES), axis=0).T
    values = [(float(column), float(value)) for column in categories for value in np.unique(rows[:, column])]
    return NormalScores(edges, np.array(values))


def fit_networks(
    rows: NDArray[np.float64], anomalous: NDArray[np.bool_], categories: tuple[int, ...], *, members: int, seed: int
) -> SmallNetworks:
    """Networks of rows and labels, each from another beginning."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    scores = fit_normal_scores(rows, categories)
    seen = scores(rows)
    found = []
    for member in range(members):
        network = MLPClassifier(
            _HIDDEN, alpha=_DECAY, max_iter=_EPOCHS, learning_rate_init=_STEP, random_state=1000 * seed + member
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it ends after so many epochs, as was chosen
            network.fit(seen, anomalous)
        found.append(tuple(zip(network.coefs_, network.intercepts_, strict=True)))
    return SmallNetworks(scores, tuple(found))


def networks_from_arrays(name: str, arrays: Mapping[str, NDArray[Any]], members: int, columns: int) -> SmallNetworks:
    """The networks of a file of weights.

    Args:
        name: Of the file, for the error.
        arrays: Its content.
        members: How many there are.
        columns: How many columns rows have.
    Raises:
        InputError: An array is missing or of another shape.
    """
    try:
        scores = NormalScores(arrays["edges"], arrays["categories"])
        layers = tuple(
            tuple(
                (arrays[f"{member}.{number}.weights"], arrays[f"{member}.{number}.offsets"])
                for number in range(_LAYERS)
            )
            for member in range(members)
        )
    except KeyError as error:
        raise InputError(f"model.{name}", f"the array {error} is missing", code=CORRUPT) from error
    named = len(set(scores.categories[:, 0])) if scores.categories.ndim == 2 else -1
    width = columns - named + len(scores.categories)
    fits = named >= 0 and scores.edges.shape == (columns, _QUANTILES) and bool(layers)
    for network in layers:
        inside = width
        for weights, offsets in network:
            fits = fits and weights.shape == (inside, len(offsets))
            inside = len(offsets)
        fits = fits and inside == 1
    if not fits:
        raise InputError(f"model.{name}", "the shapes of the arrays do not fit each other", code=CORRUPT)
    return SmallNetworks(scores, layers)
