"""The lifetime model end to end on a small fleet: it learns, its intervals hold, it comes back from its files the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from ml.lifetime.histories import SENSORS, Histories
from ml.lifetime.indicators import FEWEST_CYCLES, fit_indicators
from ml.lifetime.learners import Recipe
from ml.lifetime.model import MODEL_KIND, life_files, life_model
from ml.lifetime.regimes import fit_regimes
from ml.lifetime.training import Training, train_lifetime
from ml.models import Manifest, read_artefact, write_artefact
from ml.models.artefact import CORRUPT
from tests.ml.lifetime.fleets import LIVE_SENSORS, cut, fleet

QUICK = Recipe(cap_cycles=60.0, stride=3, rounds=40, random_trees=10, epochs=4, members=1, folds=3)
TRAIN = fleet(24, seed=1)
TEST, LIVED = cut(fleet(40, seed=2), seed=3)


@pytest.fixture(scope="module")
def training() -> Training:
    return train_lifetime(TRAIN, QUICK, seed=1)


def manifest(files: dict[str, bytes]) -> Manifest:
    return Manifest(
        name="turbofan",
        kind=MODEL_KIND,
        made_for="synthetic",
        created_utc=datetime(2026, 11, 23, tzinfo=UTC),
        seed=1,
        data_hash="0" * 64,
        code_hash="0" * 64,
    )


def test_it_predicts_units_that_it_never_saw_better_than_their_mean(training: Training) -> None:
    predicted = np.array([one.rul_cycles for one in training.model.predict(TEST)])
    truth = np.minimum(LIVED, QUICK.cap_cycles)
    error = np.sqrt(np.mean((predicted - truth) ** 2))
    assert error < 0.6 * truth.std()
    assert predicted.min() >= 0 and predicted.max() <= QUICK.cap_cycles


def test_intervals_cover_units_that_it_never_saw(training: Training) -> None:
    """Of 40 units whose cover is 90 %, fewer than 30 are covered once in 3,000 fleets; the interval is not everything."""
    lives = training.model.predict(TEST)
    covered = sum(one.low_cycles <= lived <= one.high_cycles for one, lived in zip(lives, LIVED, strict=True))
    assert covered >= 30
    assert all(0 <= one.low_cycles <= one.rul_cycles <= one.high_cycles for one in lives)
    width = np.mean([one.high_cycles - one.low_cycles for one in lives])
    assert width < 0.9 * np.ptp(LIVED)


def test_training_again_from_the_seed_gives_the_same_octets(training: Training) -> None:
    assert life_files(train_lifetime(TRAIN, QUICK, seed=1).model) == life_files(training.model)


def test_a_model_from_its_files_predicts_the_same(training: Training, tmp_path: Path) -> None:
    files = life_files(training.model)
    write_artefact(tmp_path / "m", manifest(files), files)
    back = life_model(read_artefact(tmp_path / "m", kind=MODEL_KIND))
    for one, other in zip(training.model.predict(TEST), back.predict(TEST), strict=True):
        assert (one.rul_cycles, one.low_cycles, one.high_cycles, one.maintain_in_cycles) == (
            other.rul_cycles,
            other.low_cycles,
            other.high_cycles,
            other.maintain_in_cycles,
        )


@pytest.mark.parametrize(
    "name", ["settings.json", "indicators.safetensors", "boosted-0.lgb.txt", "network-0.safetensors"]
)
def test_files_that_are_another_models_are_refused(training: Training, tmp_path: Path, name: str) -> None:
    """Sound files with sound hashes, but not of this kind of model."""
    swapped = {"settings.json": b"{}", "boosted-0.lgb.txt": b"tree\n"}
    files = life_files(training.model)
    files[name] = swapped.get(name, files["calibration.safetensors"])
    write_artefact(tmp_path / "m", manifest(files), files)
    with pytest.raises(InputError):
        life_model(read_artefact(tmp_path / "m", kind=MODEL_KIND)).predict(TEST)
    del files[name]
    write_artefact(tmp_path / "n", manifest(files), files)
    with pytest.raises(InputError, match="missing") as refused:
        life_model(read_artefact(tmp_path / "n", kind=MODEL_KIND))
    assert refused.value.code == CORRUPT


def test_drivers_add_up_to_what_the_trees_say(training: Training) -> None:
    model = training.model
    rows = model.indicators(TEST)[TEST.last_rows]
    contributions = model.ensemble.contributions(rows)
    assert np.allclose(contributions.sum(axis=1), model.ensemble.values(rows)[:, 0], atol=1e-6)
    for drivers in model.drivers(TEST):
        sizes = [abs(one.cycles) for one in drivers]
        assert sizes == sorted(sizes, reverse=True) and len(drivers) == 5


def test_indicators_of_a_cycle_do_not_change_with_what_comes_later() -> None:
    indicators = fit_indicators(TRAIN, 60.0)
    whole = indicators(TRAIN)
    shorter, _ = cut(TRAIN, seed=5)
    kept = np.concatenate(
        [np.flatnonzero(TRAIN.unit == unit)[: int(n)] for unit, n in zip(shorter.units, shorter.lengths, strict=True)]
    )
    assert np.array_equal(indicators(shorter), whole[kept])


def test_indicators_are_those_of_plain_sums() -> None:
    """Against the definitions, written out for one unit and cycle by cycle."""
    indicators = fit_indicators(TRAIN, 60.0)
    one = TRAIN.of_units([4])
    z = indicators.regimes.normalise(one)[:, indicators.sensors]
    found, names = indicators(one), indicators.names
    sensor = SENSORS[indicators.sensors[0]]
    for t in (0, 3, 19, 40, len(z) - 1):
        values = z[: t + 1, 0]
        first = values[:30].mean()
        assert found[t, 0] == t + 1
        assert found[t, names.index(f"{sensor}: mean of 5 cycles")] == pytest.approx(values[-5:].mean(), abs=1e-5)
        change = found[t, names.index(f"{sensor}: change since the first 30 cycles")]
        assert change == pytest.approx(values[-10:].mean() - first, abs=1e-5)
        recent = values[-20:]
        slope = np.polyfit(np.arange(len(recent)), recent, 1)[0] if len(recent) >= 5 else 0.0
        assert found[t, names.index(f"{sensor}: slope over 20 cycles")] == pytest.approx(slope, abs=1e-5)


def test_sensors_that_tell_wear_are_found_and_only_those() -> None:
    assert fit_indicators(TRAIN, 60.0).sensors.tolist() == list(LIVE_SENSORS)


def test_regimes_are_found_and_normalise_to_mean_zero_and_deviation_one() -> None:
    regimes = fit_regimes(TRAIN)
    assert np.allclose(np.sort(regimes.centres[:, 0]), [0.0, 35.0], atol=0.01)
    z, number = regimes.normalise(TRAIN), regimes.number(TRAIN)
    for one in (0, 1):
        inside = z[number == one][:, LIVE_SENSORS]
        assert np.allclose(inside.mean(axis=0), 0.0, atol=1e-9) and np.allclose(inside.std(axis=0), 1.0)
    assert not z[:, 0].any()  # a constant says nothing


def test_a_sensor_that_stands_still_in_training_too_may_do_so() -> None:
    """Counters and coarse sensors keep one value for a unit's whole life; that is no stuck sensor."""
    sensors = TRAIN.sensors.copy()
    sensors[:, 5] = np.where(np.arange(len(sensors)) % 97 == 0, 101.0, 100.0)
    sensors[TRAIN.unit == 3, 5] = 100.0
    regimes = fit_regimes(replace(TRAIN, sensors=sensors))
    still = TEST.sensors.copy()
    still[:, 5] = 100.0
    regimes.normalise(replace(TEST, sensors=still))


def changed(name: str, change: object) -> Histories:
    sensors = TEST.sensors.copy()
    column = SENSORS.index(name)
    sensors[:, column] = change(sensors[:, column])  # type: ignore[operator]
    return replace(TEST, sensors=sensors)


def test_bad_input_is_refused_with_the_sensor_or_setting_that_is_wrong(training: Training) -> None:
    model = training.model
    live = SENSORS[LIVE_SENSORS[0]]
    with pytest.raises(InputError, match=rf"{live}: unit 1: half of the values are .* unit of measure"):
        model.predict(changed(live, lambda values: values * 1.8 + 32.0))
    with pytest.raises(InputError, match=r"no operating point of the training"):
        model.predict(replace(TEST, settings=TEST.settings + np.array([12.0, 0.0, 0.0])))
    with pytest.raises(InputError, match=rf"{FEWEST_CYCLES} are needed"):
        model.predict(TEST.until(np.full(len(TEST.units), FEWEST_CYCLES - 1)))
    with pytest.raises(InputError, match=r"cost_ratio: 7 is not one of \[5.0, 10.0\]"):
        model.predict(TEST, cost_ratio=7.0)
    with pytest.raises(InputError, match="24 units"):
        train_lifetime(TRAIN, replace(QUICK, folds=13), seed=1)
    still = TRAIN.of_units([1])
    sensors = still.sensors.copy()
    sensors[:, LIVE_SENSORS[0]] = 101.0
    with pytest.raises(InputError, match=rf"{live}: unit 1: one value in all of .* a stuck sensor"):
        model.predict(replace(still, sensors=sensors))
