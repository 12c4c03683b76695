"""The OPS-SAT-AD data set through training, registry and the prediction file of its test split, whose labels are held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import InputError
from ml.anomaly.segment_model import MODEL_KIND, SegmentDetector, detector_files, segment_detector
from ml.anomaly.segment_training import SegmentRecipe, train_detector
from ml.anomaly.segments import SEGMENT_INPUTS, load_segments
from ml.models import Manifest, ModelRegistry, RegisteredModel, code_hash, data_hash, model_card
from ml.models.choice import choose_version
from ml.models.prediction_file import write_predictions
from ml.models.progress import Progress

__all__ = [
    "RECIPE",
    "TrainedDetector",
    "chosen_detector",
    "opssat_folder",
    "opssat_table",
    "predict_opssat",
    "train_opssat",
]

RECIPE: Final = SegmentRecipe()
_NAME: Final = "opssat-segments"
_MADE_FOR: Final = "OPS-SAT-AD"
_CODE: Final = ("ml.anomaly", "ml.models")
_TRAINING_FILE: Final = "opssat_train.csv"
_TEST_FILE: Final = "opssat_test_unlabelled.csv"
_PURPOSE: Final = "Tells anomalous segments of OPS-SAT's magnetometer and photo diode channels from nominal ones."
_LIMITS: Final = (
    "It knows the channels that it was trained on; others are refused.",
    "A segment is judged by its statistics alone: not when in it something happened, nor what.",
    "The threshold gives the best F1 where one segment in five is anomalous, as in training; where fewer are, more of its "
    "alarms are false.",
)


@dataclass(frozen=True)
class TrainedDetector:
    """A registered version, with the detector itself."""

    registered: RegisteredModel
    detector: SegmentDetector
    metrics: dict[str, float]


def train_opssat(
    data: Path,
    registry: ModelRegistry,
    *,
    seed: int,
    by: str,
    at_utc: datetime,
    recipe: SegmentRecipe | None = None,
    progress: Progress = lambda _share, _what: None,
) -> TrainedDetector:
    """Train on the training split, and register the detector as a candidate.

    Raises:
        InputError: The data are missing or wrong.
        StoreError: The detector was not kept.
    """
    chosen = recipe or RECIPE
    training = train_detector(load_segments(data / _TRAINING_FILE), chosen, seed, progress)
    manifest = Manifest(
        name=_NAME,
        kind=MODEL_KIND,
        made_for=_MADE_FOR,
        created_utc=at_utc,
        inputs=SEGMENT_INPUTS,
        seed=seed,
        data_hash=data_hash([data / _TRAINING_FILE]),
        code_hash=code_hash(*_CODE),
        settings=asdict(chosen) | {"threshold": training.detector.threshold},
        metrics=training.metrics,
    )
    card = model_card(manifest, purpose=_PURPOSE, limits=_LIMITS)
    files = detector_files(training.detector) | {"card.md": card.encode()}
    registered = registry.register(manifest, files, by=by, at_utc=at_utc)
    return TrainedDetector(registered, training.detector, training.metrics)


def chosen_detector(data: Path, registry: ModelRegistry) -> TrainedDetector:
    """The detector to predict with: the live one, else the newest that this code made of these data.

    Raises:
        NotFound: There is none: train one.
        InputError: Its files are not what was registered.
    """
    registered, artefact = choose_version(
        registry,
        _NAME,
        kind=MODEL_KIND,
        made_for=_MADE_FOR,
        data_hash=data_hash([data / _TRAINING_FILE]),
        code_hash=code_hash(*_CODE),
    )
    return TrainedDetector(registered, segment_detector(artefact), dict(artefact.manifest.metrics))


def predict_opssat(data: Path, detector: SegmentDetector, out: Path) -> Path:
    """Write ``opssat.csv`` of the test split: segment, score (0 to 1), pred (1 is anomalous).

    Raises:
        InputError: The data are missing or wrong, or the folder cannot be written to; no file is written.
    """
    segments = load_segments(data / _TEST_FILE)
    scores = detector.scores(segments)
    rows = [
        (number, f"{score:.6f}", int(found))
        for number, score, found in zip(segments.number, scores, detector.anomalous(scores), strict=True)
    ]
    return write_predictions(out / "opssat.csv", ("segment", "score", "pred"), rows)


def opssat_table(
    data: Path, seeds: Sequence[int], progress: Callable[[int], Progress], *, with_length: bool = True
) -> dict[str, tuple[float, float]]:
    """What cross-validation on the training split says over seeds: mean and standard deviation of each quantity.

    Args:
        data: Folder of the data set.
        seeds: Of the trainings.
        progress: Told how far each seed is.
        with_length: Whether indicators that tell a segment's length are used.

    Raises:
        InputError: The data are missing or wrong.
    """
    segments = load_segments(data / _TRAINING_FILE)
    recipe = replace(RECIPE, with_length=with_length)
    found = [train_detector(segments, recipe, seed, progress(seed)).metrics for seed in seeds]
    values = {name: [one[name] for one in found] for name in found[0]}
    return {
        name: (float(np.mean(one)), float(np.std(one, ddof=1)) if len(one) > 1 else 0.0) for name, one in values.items()
    }


def opssat_folder(data: Path) -> Path:
    """The folder itself, or ``ml`` in it where the data set lies there.

    Raises:
        InputError: Neither holds the data set.
    """
    for one in (data, data / "ml"):
        if (one / _TRAINING_FILE).is_file():
            return one
    raise InputError("--data", f"{data} holds no {_TRAINING_FILE}, and neither does its folder ml")
