"""Training of a segment detector: cross-validation for the threshold and the figures, then the detector of all segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.extra_trees import grow_trees
from ml.anomaly.segment_indicators import fit_segment_indicators
from ml.anomaly.segment_model import SegmentDetector
from ml.anomaly.segments import Segments
from ml.anomaly.small_networks import fit_networks
from ml.models.progress import Progress

__all__ = ["SegmentRecipe", "SegmentTraining", "train_detector"]

_NAMES_OF_CATEGORIES: Final = ("channel", "sampling_s")
_FEWEST_PER_FOLD: Final = 2
_THRESHOLDS: Final = np.linspace(0.1, 0.9, 81)
_PLATEAU: Final = 0.002  # F1 this near to the best counts as the best: the middle of such thresholds is taken


@dataclass(frozen=True)
class SegmentRecipe:
    """Choices, made by cross-validation on the training split.

    Args:
        with_length: Whether indicators that tell a segment's length are used.
        trees, features_share: How many trees, and the share of columns that each split looks at.
        networks: How many.
        folds: Of the cross-validation.
        repeats: Of it, each time with other folds.
    """

    with_length: bool = True
    trees: int = 400
    features_share: float = 0.4
    networks: int = 4
    folds: int = 5
    repeats: int = 3


@dataclass(frozen=True)
class SegmentTraining:
    """A detector, and what cross-validation says of it."""

    detector: SegmentDetector
    metrics: dict[str, float]


def train_detector(
    segments: Segments, recipe: SegmentRecipe, seed: int, progress: Progress = lambda _share, _what: None
) -> SegmentTraining:
    """A detector of labelled segments.

    Raises:
        InputError: There are no labels, or too few of a kind.
    """
    anomalous = segments.anomalous
    if anomalous is None:
        raise InputError("anomaly", "the segments have no labels to learn from")
    fewest = _FEWEST_PER_FOLD * recipe.folds
    if min(np.count_nonzero(anomalous), np.count_nonzero(~anomalous)) < fewest:
        raise InputError("anomaly", f"{recipe.folds} folds need {fewest} segments of either kind")
    found = []
    for repeat in range(recipe.repeats):
        fold = _folds(anomalous, recipe.folds, seed + 100 * repeat)
        scores = np.zeros(len(segments))
        for number in range(recipe.folds):
            step = repeat * recipe.folds + number
            progress(0.9 * step / (recipe.repeats * recipe.folds), f"repeat {repeat + 1}, fold {number + 1}")
            inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            one = _fit(segments.of_rows(inside), recipe, seed + 100 * repeat + number, 0.5)
            scores[outside] = one.scores(segments.of_rows(outside))
        found.append((scores, _metrics(scores, anomalous, fold)))
    progress(0.9, "detector of all segments")
    threshold = _threshold(np.concatenate([one for one, _ in found]), np.tile(anomalous, recipe.repeats))
    detector = _fit(segments, recipe, seed, threshold)
    progress(1.0, "done")
    return SegmentTraining(detector, {name: float(np.mean([one[name] for _, one in found])) for name in found[0][1]})


def _fit(segments: Segments, recipe: SegmentRecipe, seed: int, threshold: float) -> SegmentDetector:
    indicators = fit_segment_indicators(segments, with_length=recipe.with_length)
    rows, anomalous = indicators(segments), segments.anomalous
    assert anomalous is not None
    categories = tuple(indicators.names.index(one) for one in _NAMES_OF_CATEGORIES)
    return SegmentDetector(
        indicators,
        grow_trees(rows, anomalous, trees=recipe.trees, features_share=recipe.features_share, seed=seed),
        fit_networks(rows, anomalous, categories, members=recipe.networks, seed=seed),
        threshold,
    )


def _folds(anomalous: NDArray[np.bool_], folds: int, seed: int) -> NDArray[np.int64]:
    """A fold for each segment, with the same share of anomalous ones in each."""
    random = np.random.default_rng(seed)
    fold = np.zeros(len(anomalous), dtype=np.int64)
    for kind in (False, True):
        rows = random.permutation(np.flatnonzero(anomalous == kind))
        fold[rows] = np.arange(len(rows)) % folds
    return fold


def _threshold(scores: NDArray[np.float64], anomalous: NDArray[np.bool_]) -> float:
    found = np.array([_f1(scores >= one, anomalous) for one in _THRESHOLDS])
    best = int(found.argmax())
    low = high = best
    while low > 0 and found[low - 1] >= found[best] - _PLATEAU:
        low -= 1
    while high < len(found) - 1 and found[high + 1] >= found[best] - _PLATEAU:
        high += 1
    return float(0.5 * (_THRESHOLDS[low] + _THRESHOLDS[high]))


def _metrics(scores: NDArray[np.float64], anomalous: NDArray[np.bool_], fold: NDArray[np.int64]) -> dict[str, float]:
    from sklearn.metrics import average_precision_score, matthews_corrcoef, roc_auc_score

    judged = np.zeros(len(scores), dtype=bool)
    for number in np.unique(fold):  # each fold by the threshold of the others
        others = fold != number
        judged[~others] = scores[~others] >= _threshold(scores[others], anomalous[others])
    return {
        "cross-validation F1": _f1(judged, anomalous),
        "cross-validation precision": float(anomalous[judged].mean()) if judged.any() else 0.0,
        "cross-validation recall": float(judged[anomalous].mean()),
        "cross-validation MCC": float(matthews_corrcoef(anomalous, judged)),
        "cross-validation AUC-PR": float(average_precision_score(anomalous, scores)),
        "cross-validation AUC-ROC": float(roc_auc_score(anomalous, scores)),
        "cross-validation false alarms per 1000 nominal segments": 1000.0 * float(judged[~anomalous].mean()),
    }


def _f1(judged: NDArray[np.bool_], anomalous: NDArray[np.bool_]) -> float:
    hits = int(np.count_nonzero(judged & anomalous))
    wrong = int(np.count_nonzero(judged != anomalous))
    return 2.0 * hits / (2.0 * hits + wrong) if hits else 0.0
