"""The segment detector: it tells anomalies that it never saw, comes back from its files the same, and refuses what it cannot judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import average_precision_score, f1_score
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import QuantileTransformer

from core.errors import InputError
from ml.anomaly.extra_trees import grow_trees, trees_from_arrays
from ml.anomaly.opssat import opssat_folder, predict_opssat
from ml.anomaly.segment_model import MODEL_KIND, SegmentDetector, detector_files, segment_detector
from ml.anomaly.segment_training import SegmentRecipe, SegmentTraining, train_detector
from ml.anomaly.segments import Segments, load_segments
from ml.anomaly.small_networks import fit_networks, fit_normal_scores, networks_from_arrays
from ml.models import Manifest, read_artefact, write_artefact
from ml.models.artefact import CORRUPT, FOREIGN
from tests.ml.anomaly.segment_tables import write_table

QUICK = SegmentRecipe(trees=30, networks=1, folds=3, repeats=1)


@pytest.fixture(scope="module")
def segments(tmp_path_factory: pytest.TempPathFactory) -> Segments:
    return load_segments(write_table(tmp_path_factory.mktemp("segments") / "opssat_train.csv", 300, seed=1))


@pytest.fixture(scope="module")
def training(segments: Segments) -> SegmentTraining:
    return train_detector(segments, QUICK, seed=1)


def manifest(kind: str = MODEL_KIND) -> Manifest:
    made = datetime(2026, 11, 23, tzinfo=UTC)
    hashes = {"data_hash": "0" * 64, "code_hash": "0" * 64}
    return Manifest(name="segments", kind=kind, made_for="synthetic", created_utc=made, seed=1, **hashes)


def test_it_tells_segments_that_it_never_saw(tmp_path: Path, training: SegmentTraining) -> None:
    unseen = load_segments(write_table(tmp_path / "unseen.csv", 200, seed=2))
    scores = training.detector.scores(unseen)
    assert scores.min() >= 0.0 and scores.max() <= 1.0
    assert average_precision_score(unseen.anomalous, scores) > 0.95
    assert f1_score(unseen.anomalous, training.detector.anomalous(scores)) > 0.85
    assert training.metrics["cross-validation F1"] > 0.85


def test_labels_that_mean_nothing_are_not_learned(segments: Segments) -> None:
    assert segments.anomalous is not None
    shuffled = replace(segments, anomalous=np.random.default_rng(3).permutation(segments.anomalous))
    metrics = train_detector(shuffled, QUICK, seed=1).metrics
    assert metrics["cross-validation AUC-ROC"] < 0.65  # of 300 segments; half is chance


def test_the_same_seed_gives_the_same_detector(segments: Segments, training: SegmentTraining) -> None:
    again = train_detector(segments, QUICK, seed=1)
    assert again.metrics == training.metrics
    assert np.array_equal(again.detector.scores(segments), training.detector.scores(segments))


def test_trees_say_what_scikit_learn_says(segments: Segments, training: SegmentTraining) -> None:
    rows, labels = training.detector.indicators(segments), segments.anomalous
    assert labels is not None
    forest = ExtraTreesClassifier(20, max_features=0.4, random_state=5).fit(rows, labels)
    ours = grow_trees(rows, labels, trees=20, features_share=0.4, seed=5)
    assert ours(rows) == pytest.approx(forest.predict_proba(rows)[:, 1], abs=1e-12)


def test_networks_say_what_scikit_learn_says(segments: Segments, training: SegmentTraining) -> None:
    rows, labels = training.detector.indicators(segments), segments.anomalous
    assert labels is not None
    ours = fit_networks(rows, labels, (16, 17), members=1, seed=2)
    theirs = MLPClassifier((128, 64), alpha=1e-2, max_iter=150, learning_rate_init=2e-3, random_state=2000)
    seen = ours.scores(rows)
    assert ours(rows) == pytest.approx(theirs.fit(seen, labels).predict_proba(seen)[:, 1], abs=1e-9)


def test_normal_scores_are_those_of_scikit_learn(segments: Segments, training: SegmentTraining) -> None:
    rows = training.detector.indicators(segments)[
        :, :5
    ]  # without repeated values, which we see in the middle of theirs
    theirs = QuantileTransformer(n_quantiles=201, output_distribution="normal").fit_transform(rows)
    with_category = np.column_stack([rows, np.zeros(len(rows))])
    ours = fit_normal_scores(with_category, (5,))(with_category)
    assert ours[:, :5] == pytest.approx(0.5 * np.clip(theirs, -4.0, 4.0), abs=1e-6)


def test_a_detector_comes_back_from_its_files(tmp_path: Path, segments: Segments, training: SegmentTraining) -> None:
    write_artefact(tmp_path / "model", manifest(), detector_files(training.detector))
    back = segment_detector(read_artefact(tmp_path / "model", kind=MODEL_KIND, made_for="synthetic"))
    assert back.threshold == training.detector.threshold
    assert np.array_equal(back.scores(segments), training.detector.scores(segments))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("settings.json", b"{}"),
        ("settings.json", b"\xff"),
        ("trees.safetensors", b"not tensors"),
        ("networks.safetensors", None),
        ("indicators.safetensors", None),
    ],
)
def test_corrupt_files_are_refused(tmp_path: Path, training: SegmentTraining, name: str, content: bytes | None) -> None:
    files = detector_files(training.detector)
    if content is None:
        del files[name]
    else:
        files[name] = content
    write_artefact(tmp_path / "model", manifest(), files)
    with pytest.raises(InputError) as refused:
        segment_detector(read_artefact(tmp_path / "model", kind=MODEL_KIND, made_for="synthetic"))
    assert refused.value.code == CORRUPT and name in refused.value.field


@pytest.mark.parametrize("array", ["left", "feature", "root"])
def test_trees_that_lead_nowhere_are_refused(training: SegmentTraining, array: str) -> None:
    arrays = {**training.detector.trees.arrays()}
    arrays[array] = np.full_like(arrays[array], 10**6)
    with pytest.raises(InputError) as refused:
        trees_from_arrays("trees.safetensors", arrays, len(training.detector.indicators.names))
    assert refused.value.code == CORRUPT
    columns = len(training.detector.indicators.names)
    with pytest.raises(InputError, match="shapes"):
        networks_from_arrays("networks.safetensors", training.detector.networks.arrays(), 1, columns + 1)


def test_a_channel_of_another_spacecraft_is_refused(tmp_path: Path, training: SegmentTraining) -> None:
    other = load_segments(write_table(tmp_path / "other.csv", 10, seed=1, channel="GYRO"))
    with pytest.raises(InputError, match="GYRO was not trained on") as refused:
        training.detector.scores(other)
    assert refused.value.code == FOREIGN


def test_a_sampling_time_that_a_channel_never_had_is_judged_by_all(tmp_path: Path, training: SegmentTraining) -> None:
    other = load_segments(write_table(tmp_path / "other.csv", 50, seed=4, sampling=7))
    assert np.isfinite(training.detector.scores(other)).all()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kurtosis": None}, "kurtosis"),
        ({"mean": "nan"}, "mean"),
        ({"mean": "warm"}, "mean"),
        ({"len": -3}, "len"),
        ({"sampling": 0}, "sampling"),
        ({"std": 1.0}, "std"),
        ({"anomaly": 2}, "anomaly"),
        ({"segment": 1}, "segment"),
    ],
)
def test_a_table_that_is_none_is_refused_by_column(tmp_path: Path, changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        load_segments(write_table(tmp_path / "bad.csv", 20, seed=1, **changed))
    assert refused.value.field == field


def test_what_cannot_be_learned_from_is_refused(tmp_path: Path, segments: Segments) -> None:
    with pytest.raises(InputError, match="no labels"):
        train_detector(load_segments(write_table(tmp_path / "blind.csv", 20, seed=1, labels=False)), QUICK, seed=1)
    with pytest.raises(InputError, match="either kind"):
        train_detector(segments.of_rows(np.arange(8)), QUICK, seed=1)
    with pytest.raises(InputError, match="cannot be read"):
        load_segments(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"opssat_train\.csv"):
        opssat_folder(tmp_path / "none")


def test_the_prediction_file_has_a_row_for_each_segment(tmp_path: Path, training: SegmentTraining) -> None:
    write_table(tmp_path / "opssat_test_unlabelled.csv", 30, seed=6, labels=False)
    path = predict_opssat(tmp_path, training.detector, tmp_path / "out")
    lines = path.read_text().splitlines()
    assert lines[0] == "segment,score,pred" and len(lines) == 31
    for line in lines[1:]:
        _, score, judged = line.split(",")
        assert (float(score) >= training.detector.threshold) == (judged == "1")


def test_the_training_split_is_learned(reference_data: Path) -> None:
    """A twentieth of the trees and one network still do better than chance by far on the real segments."""
    segments = load_segments(reference_data / "ml" / "opssat_train.csv")
    assert len(segments) == 1594 and segments.anomalous is not None and segments.anomalous.sum() == 321
    metrics = train_detector(segments, replace(QUICK, trees=60), seed=1).metrics
    assert metrics["cross-validation AUC-PR"] > 0.95
    assert metrics["cross-validation F1"] > 0.88


def test_detector_is_what_was_trained(training: SegmentTraining) -> None:
    assert isinstance(training.detector, SegmentDetector) and 0.1 <= training.detector.threshold <= 0.9
