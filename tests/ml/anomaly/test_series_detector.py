"""The detectors of series: they find what is unusual, know what is commanded, look only back, and refuse what they cannot judge."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.neighbors import NearestNeighbors

from core.errors import InputError, NotFound
from core.events import EventLog
from core.store import open_database
from ml.anomaly.archive_score import ArchiveRecipe, archive_scores
from ml.anomaly.channels import load_channels, load_labels
from ml.anomaly.forecaster import fit_forecaster
from ml.anomaly.series import Series
from ml.anomaly.series_detector import Learner, LiveRecipe, SeriesDetector, fit_series_detector, latched
from ml.anomaly.series_files import MODEL_KIND, detector_files, series_detectors
from ml.anomaly.series_table import archive_table, live_tables
from ml.anomaly.smap_msl import LABELS_FILE, chosen_channels, nominal_samples, predict_smap_msl, train_smap_msl
from ml.anomaly.tsb_ad_m import load_protocol
from ml.anomaly.vus import vus_pr
from ml.anomaly.window_memory import remember
from ml.models import Manifest, ModelRegistry, read_artefact, write_artefact
from ml.models.artefact import CORRUPT, FOREIGN
from tests.ml.anomaly.synthetic_series import changed, heater_series, write_data_set, write_protocol

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EVERY = LiveRecipe(learners=tuple(Learner), false_alarm_s=3.0 * 86_400.0)


@pytest.fixture(scope="module")
def history() -> Series:
    return heater_series(2000, seed=1)


@pytest.fixture(scope="module")
def detector(history: Series) -> SeriesDetector:
    return fit_series_detector([history], LiveRecipe())


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[ModelRegistry]:
    database = open_database(tmp_path / "models.db")
    yield ModelRegistry(database, EventLog(database), tmp_path / "models")
    database.close()


@pytest.mark.parametrize("how", ["level", "noise"])
def test_an_alarm_begins_in_the_event(detector: SeriesDetector, how: str) -> None:
    alarms = detector.alarms(changed(heater_series(1500, seed=2), 700, 760, how))
    assert not alarms[:700].any()
    assert alarms[700:760].any()
    assert not alarms[-200:].any()


def test_nominal_telemetry_raises_no_alarm(detector: SeriesDetector) -> None:
    assert not detector.alarms(heater_series(5000, seed=3)).any()


def test_a_commanded_change_is_expected(history: Series) -> None:
    forecaster = fit_forecaster([history], lags=50, command_lags=5, penalty=1.0)
    later = heater_series(1500, seed=4)
    unsaid = Series(later.name, later.values, np.zeros_like(later.commands))
    switched = later.commands[:, 0] > 0.0
    assert forecaster.departures(later)[switched].mean() < 0.5 * forecaster.departures(unsaid)[switched].mean()


@settings(max_examples=15, deadline=None)
@given(st.integers(60, 600), st.integers(0, 100))
def test_nothing_that_comes_later_changes_an_alarm(history: Series, until: int, seed: int) -> None:
    detector = fit_series_detector([history.part(0, 600)], EVERY)
    series = changed(heater_series(700, seed=seed), 300, 340, "level")
    whole, begun = detector.excess(series), detector.excess(series.part(0, until))
    assert whole[:until] == pytest.approx(begun, abs=1e-6)
    assert np.array_equal(detector.alarms(series)[:until], detector.alarms(series.part(0, until)))


@pytest.mark.parametrize("how", ["level", "noise"])
def test_an_archive_is_highest_where_something_is_wrong(how: str) -> None:
    series = changed(heater_series(3000, seed=5), 2000, 2100, how)
    labels = np.zeros(3000, dtype=bool)
    labels[2000:2100] = True
    assert vus_pr(archive_scores(series, 800, ArchiveRecipe()), labels, 95) > 0.8


def test_an_anomaly_in_the_nominal_part_is_still_seen() -> None:
    series = changed(heater_series(3000, seed=6), 300, 360, "noise")
    scores = archive_scores(series, 800, ArchiveRecipe())
    assert 290 <= int(scores[:800].argmax()) <= 370


def test_the_forecast_is_that_of_scikit_learn(history: Series) -> None:
    ours = fit_forecaster([history], lags=3, command_lags=2, penalty=2.0)
    values, commands = history.values, history.commands
    rows = np.column_stack(
        [values[2:-1], values[1:-2], values[:-3], commands[3:], commands[2:-1], np.ones(len(history) - 3)]
    )
    theirs = Ridge(alpha=2.0, fit_intercept=False).fit(rows, values[3:])
    assert ours.weights == pytest.approx(theirs.coef_, abs=1e-9)
    assert ours.departures(history)[3:] == pytest.approx(np.abs(values[3:] - theirs.predict(rows)), abs=1e-9)


@pytest.mark.parametrize("by_shape", [False, True])
def test_distances_are_those_of_scikit_learn(history: Series, by_shape: bool) -> None:
    def windows(values: NDArray[np.float64]) -> NDArray[np.float64]:
        plain = np.array([values[at : at + 20] for at in range(len(values) - 19)])
        if by_shape:
            plain = (plain - plain.mean(axis=1)[:, None]) / (plain.std(axis=1)[:, None] + 0.05)
        return plain

    later = heater_series(300, seed=7).values
    known = history.values[:500]
    distance = NearestNeighbors(n_neighbors=1).fit(windows(known)).kneighbors(windows(later))[0][:, 0] / np.sqrt(20)
    memory = remember([known], 20, by_shape=by_shape)
    assert memory.ending(later)[19:] == pytest.approx(distance, abs=1e-6)
    mean = [distance[max(at - 19, 0) : min(at + 1, len(distance))].mean() for at in range(300)]
    assert memory.around(later) == pytest.approx(np.array(mean), abs=1e-6)


@given(st.lists(st.floats(0.0, 2.0), min_size=1, max_size=80), st.integers(0, 10))
def test_alarms_begin_at_one_and_end_when_it_is_quiet(excess: list[float], quiet: int) -> None:
    def on(sample: int) -> bool:
        for begin in range(sample + 1):
            calm = "".join("-" if one < 0.5 else "x" for one in excess[begin : sample + 1])
            if excess[begin] >= 1.0 and "-" * (quiet + 1) not in calm:
                return True
        return False

    expected = [on(sample) for sample in range(len(excess))]
    assert latched(np.array(excess), 0.5, quiet).tolist() == expected


def test_detectors_come_back_from_their_files(tmp_path: Path, detector: SeriesDetector) -> None:
    write_artefact(tmp_path / "model", manifest(), detector_files({"T-1": detector}))
    back = series_detectors(read_artefact(tmp_path / "model", kind=MODEL_KIND))["T-1"]
    series = changed(heater_series(500, seed=8), 300, 350, "level")
    assert back.recipe == detector.recipe
    assert np.array_equal(back.excess(series), detector.excess(series))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("settings.json", b'"kinds": 3', b'"kinds": 4'),
        ("settings.json", b'"kinds": 3', b'"kinds": "many"'),
        ("settings.json", b'"forecast": ', b'"forecast": -'),
        ("settings.json", b'"window": 40', b'"door": 40'),
        ("settings.json", b'"pieces"', b'"parts"'),
        ("channels.safetensors", b"T-1.weights", b"T-9.weights"),
    ],
)
def test_corrupt_files_are_refused(tmp_path: Path, detector: SeriesDetector, name: str, old: bytes, new: bytes) -> None:
    files = detector_files({"T-1": detector})
    assert old in files[name]
    files[name] = files[name].replace(old, new)
    write_artefact(tmp_path / "model", manifest(), files)
    with pytest.raises(InputError) as refused:
        series_detectors(read_artefact(tmp_path / "model", kind=MODEL_KIND))
    assert refused.value.code == CORRUPT


def test_other_channels_and_commands_are_refused(detector: SeriesDetector, history: Series) -> None:
    with pytest.raises(InputError, match="T-2 is not T-1") as refused:
        detector.alarms(heater_series(300, seed=1, name="T-2"))
    assert refused.value.code == FOREIGN
    with pytest.raises(InputError, match="2 kinds of commands"):
        detector.alarms(Series("T-1", history.values, history.commands[:, :2]))
    with pytest.raises(InputError, match="is not"):
        fit_series_detector([history, heater_series(500, seed=1, name="T-2")], LiveRecipe())


def test_a_history_that_is_too_short_is_refused(history: Series) -> None:
    with pytest.raises(InputError, match="150 samples; at least 200"):
        fit_series_detector([history.part(0, 150)], LiveRecipe())
    with pytest.raises(InputError, match="at least 100"):
        archive_scores(history, 90, ArchiveRecipe())
    with pytest.raises(InputError, match="3000 of 2000"):
        archive_scores(history, 3000, ArchiveRecipe())


def test_numbers_that_are_not_finite_are_refused() -> None:
    values = np.zeros(50)
    values[[7, 9]] = np.nan
    with pytest.raises(InputError, match="values of 2 of 50 samples are not finite, the first at 7") as refused:
        Series("T-1", values, np.zeros((50, 2)))
    assert refused.value.field == "T-1"
    with pytest.raises(InputError, match="one row per sample"):
        Series("T-1", np.zeros(50), np.zeros((49, 2)))


def test_a_channel_that_never_moved_alarms_only_from_the_least_departure_on() -> None:
    still = Series("S-1", np.full(600, -1.0), np.zeros((600, 2)))
    detector = fit_series_detector([still], LiveRecipe())
    moved = np.full(400, -1.0)
    moved[200:] += 0.02
    assert not detector.alarms(replace(still.part(0, 400), values=moved)).any()
    moved[200:] += 1.0
    alarms = detector.alarms(replace(still.part(0, 400), values=moved))
    assert alarms[200:].any() and not alarms[:200].any()


def test_the_data_set_becomes_a_model_and_prediction_files(registry: ModelRegistry, tmp_path: Path) -> None:
    data = write_data_set(tmp_path)
    with pytest.raises(NotFound):
        chosen_channels(data, registry)
    trained = train_smap_msl(data, registry, by="user:bo", at_utc=NOW)
    assert trained.metrics["public test parts event-wise F0.5"] > 0.8
    chosen = chosen_channels(data, registry)
    folder = predict_smap_msl(data, chosen.detectors, tmp_path / "out")
    again = predict_smap_msl(data, trained.detectors, tmp_path / "again")
    assert sorted(one.name for one in folder.iterdir()) == ["E-2.csv", "T-1.csv"]
    for name in ("E-2.csv", "T-1.csv"):
        assert (folder / name).read_bytes() == (again / name).read_bytes()
        with (folder / name).open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 1200 and set(rows[0]) == {"score", "pred"}
        first = next(number for number, row in enumerate(rows) if row["pred"] == "1")
        assert 800 <= first < 860
        assert 760 <= max(range(1200), key=lambda number: float(rows[number]["score"])) < 900


def test_a_channel_without_a_detector_leaves_no_file(registry: ModelRegistry, tmp_path: Path) -> None:
    data = write_data_set(tmp_path)
    detectors = train_smap_msl(data, registry, by="user:bo", at_utc=NOW).detectors
    with pytest.raises(InputError, match="E-2 was not trained on"):
        predict_smap_msl(data, {"T-1": detectors["T-1"]}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({}, "data"),
        ({"A-1__train": np.zeros((9, 3))}, "A-1__test"),
        ({"A-1__train": np.zeros((9, 3)), "A-1__test": np.zeros(9)}, "A-1__test"),
        ({"A-1__train": np.zeros((9, 3)), "A-1__test": np.zeros((9, 4))}, "A-1"),
        ({"A-1__train": np.zeros((9, 3)), "A-1__test": np.full((9, 3), np.nan)}, "A-1"),
    ],
)
def test_a_wrong_data_set_is_refused(tmp_path: Path, parts: dict[str, NDArray[np.float64]], field: str) -> None:
    np.savez(tmp_path / "smap_msl.npz", **parts)
    with pytest.raises(InputError) as refused:
        load_channels(tmp_path / "smap_msl.npz")
    assert refused.value.field == field


def test_files_that_are_no_data_set_are_refused(tmp_path: Path) -> None:
    (tmp_path / "smap_msl.npz").write_bytes(b"PK no archive")
    for path in (tmp_path / "smap_msl.npz", tmp_path / "absent.npz"):
        with pytest.raises(InputError, match="cannot be read"):
            load_channels(path)
    np.savez(tmp_path / "pickled.npz", **{"A-1__train": np.array([{}], dtype=object)})
    with pytest.raises(InputError, match="cannot be read"):
        load_channels(tmp_path / "pickled.npz")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('T-9,SMAP,"[[1, 2]]"', "chan_id"),
        ('T-1,SMAP,"[[1, 1200]]"', "anomaly_sequences"),
        ("T-1,SMAP,soon", "anomaly_sequences"),
    ],
)
def test_labels_that_fit_no_channel_are_refused(tmp_path: Path, line: str, field: str) -> None:
    channels = load_channels(write_data_set(tmp_path) / "smap_msl.npz")
    (tmp_path / LABELS_FILE).write_text("chan_id,spacecraft,anomaly_sequences\n" + line + "\n")
    with pytest.raises(InputError) as refused:
        load_labels(tmp_path / LABELS_FILE, channels)
    assert refused.value.field == field


def test_the_tables_read_the_protocol_and_the_published_figures(tmp_path: Path) -> None:
    data = write_protocol(write_data_set(tmp_path))
    archive = archive_table(data)
    assert archive.published == pytest.approx({"KNN": 0.3, "PCA": 0.15})
    assert [(one.channel, one.published_by) for one in archive.rows] == [("T-1", "KNN"), ("E-2", "KNN")]
    assert archive.shipped == pytest.approx(np.mean([one.shipped for one in archive.rows])) and archive.shipped > 0.8
    assert archive.hindsight >= max(archive.shipped, archive.nested)
    assert archive.low <= archive.nested <= archive.high
    assert [one.shipped.found for one in live_tables(data).values()] == [2, 2]


def test_a_choice_is_made_on_channels_of_other_kinds(tmp_path: Path) -> None:
    data = write_protocol(write_data_set(tmp_path))
    heads = "file,ts_len,tr,channels,usable,held\n"
    (data / "tsbad_m_map.csv").write_text(heads + "one.csv,1200,500,T-1,True,False\n")
    (data / LABELS_FILE).write_text('chan_id,anomaly_sequences\nT-1,"[[800, 859]]"\n')
    for table in (archive_table, live_tables):
        with pytest.raises(InputError, match="two kinds"):
            table(data)


def test_a_protocol_of_other_data_is_refused(tmp_path: Path) -> None:
    data = write_protocol(write_data_set(tmp_path))
    heads = "file,ts_len,tr,channels,usable,held\n"
    for row, match in (
        ("one.csv,1300,500,T-1,True,False", "1300 for T-1, which has 1200 samples"),
        ("one.csv,1200,500,T-9,True,False", "T-9 is no channel"),
        ("one.csv,1200,500,T-1,False,False", "no usable series"),
        ("four.csv,1200,500,T-1,True,False", "lacks four.csv"),
    ):
        (data / "tsbad_m_map.csv").write_text(heads + row + "\n")
        with pytest.raises(InputError, match=match):
            archive_table(data)


def test_the_nominal_part_is_that_of_the_benchmark(reference_data: Path) -> None:
    channels = load_channels(reference_data / "ml" / "smap_msl.npz")
    labels = load_labels(reference_data / "ml" / LABELS_FILE, channels)
    series = load_protocol(reference_data / "ml" / "tsbad_m_map.csv", channels, labels)
    assert [nominal_samples(len(channels[one.channel].test)) for one in series] == [one.nominal for one in series]


@pytest.mark.parametrize(("channel", "nominal", "least"), [("M-7", 539, 0.95), ("P-11", 883, 0.9), ("A-5", 1173, 0.95)])
def test_public_series_score_as_the_table_says(reference_data: Path, channel: str, nominal: int, least: float) -> None:
    channels = load_channels(reference_data / "ml" / "smap_msl.npz")
    labels = load_labels(reference_data / "ml" / LABELS_FILE, channels)
    scores = archive_scores(channels[channel].test, nominal, ArchiveRecipe())
    assert vus_pr(scores, labels[channel], 125) > least


def manifest() -> Manifest:
    hashes = {"data_hash": "0" * 64, "code_hash": "0" * 64}
    return Manifest(name="series", kind=MODEL_KIND, made_for="synthetic", created_utc=NOW, seed=0, **hashes)
