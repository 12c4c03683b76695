"""The shipped encoder: what it may see, how it is refused, and that it is what this code expects."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.mdb import MissionDatabase, reference_mdb
from ml.anomaly.live import applicable_features
from ml.anomaly.spacecraft_inputs import CONTEXT_SIZE, SENSORS
from ml.anomaly.spacecraft_model import MADE_FOR, MODEL_KIND, SHIPPED, shipped_model, spacecraft_model
from ml.anomaly.spacecraft_windows import WINDOW_ROWS, Scale, lagged
from ml.models.artefact import CORRUPT, FOREIGN, read_artefact

MDB = reference_mdb()
MODEL = shipped_model()


def predicted(scaled: np.ndarray, context: np.ndarray) -> np.ndarray:
    windows = lagged(scaled, MODEL.scale.step, np.array([WINDOW_ROWS - 1]))
    return MODEL.predicted(MODEL.session(), windows, context)[0][0]


@pytest.mark.parametrize("sensor", range(0, len(SENSORS), 5))
def test_no_sensor_is_predicted_from_its_own_present(sensor: int) -> None:
    chance = np.random.default_rng(sensor)
    scaled = chance.standard_normal((WINDOW_ROWS, len(SENSORS))).astype(np.float32)
    context = chance.standard_normal((1, CONTEXT_SIZE)).astype(np.float32)
    before = predicted(scaled, context)
    other = scaled.copy()
    other[-1, sensor] += 3.0
    after = predicted(other, context)
    np.testing.assert_allclose(after[:, sensor], before[:, sensor], atol=1e-5)
    # The others do look at it, at a star tracker only a little.
    assert np.abs(np.delete(after - before, sensor, axis=1)).max() > 1e-4


@pytest.mark.parametrize("sensor", range(1, len(SENSORS), 9))
def test_the_first_expectation_knows_nothing_of_the_sensors_past(sensor: int) -> None:
    chance = np.random.default_rng(sensor)
    scaled = chance.standard_normal((WINDOW_ROWS, len(SENSORS))).astype(np.float32)
    context = chance.standard_normal((1, CONTEXT_SIZE)).astype(np.float32)
    other = scaled.copy()
    other[:, sensor] += 2.0
    before, after = predicted(scaled, context), predicted(other, context)
    np.testing.assert_allclose(after[0, sensor], before[0, sensor], atol=1e-5)
    assert abs(after[1, sensor] - before[1, sensor]) > 1e-3


def test_scaled_values_come_back_in_their_units() -> None:
    values = np.abs(np.random.default_rng(3).standard_normal((50, len(SENSORS)))) + 0.01
    scale = Scale.of([values])
    scaled = scale(values)
    back = [scale.value(sensor, float(scaled[7, sensor])) for sensor in range(len(SENSORS))]
    np.testing.assert_allclose(back, values[7], rtol=1e-4, atol=1e-6)


def test_missing_values_are_told_as_missing_and_nothing_else() -> None:
    scaled = np.full((WINDOW_ROWS, len(SENSORS)), np.nan, dtype=np.float32)
    windows = lagged(scaled, MODEL.scale.step, np.array([WINDOW_ROWS - 1]))
    assert not windows.any()
    expected, log_spread = MODEL.predicted(MODEL.session(), windows, np.zeros((1, CONTEXT_SIZE), dtype=np.float32))
    off = MODEL.distance(windows, expected, log_spread, np.array([0]))
    assert np.isnan(off).all()


def renamed(name: str) -> MissionDatabase:
    parameters = {("other" if one == name else one): value for one, value in MDB.parameters.items()}
    return replace(MDB, parameters=parameters)


def test_a_renamed_parameter_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="temp_obc_c"):
        applicable_features(MODEL, renamed("temp_obc_c"))


def test_another_definition_of_a_feature_is_refused() -> None:
    other = replace(MODEL, features={**MODEL.features, "soc": "0" * 64})
    with pytest.raises(InputError, match="another definition"):
        applicable_features(other, MDB)


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, folder / "model"))


def test_changed_octets_and_strange_files_are_refused(tmp_path: Path) -> None:
    one = copied(tmp_path)
    octets = bytearray((one / "encoder.onnx").read_bytes())
    octets[len(octets) // 2] ^= 1
    (one / "encoder.onnx").write_bytes(octets)
    with pytest.raises(InputError) as refused:
        read_artefact(one, kind=MODEL_KIND, made_for=MADE_FOR)
    assert refused.value.code == CORRUPT


def test_a_model_for_another_spacecraft_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        read_artefact(SHIPPED, kind=MODEL_KIND, made_for="another mission")
    assert refused.value.code == FOREIGN


def test_an_encoder_that_is_no_network_is_refused() -> None:
    with pytest.raises(InputError, match=r"encoder\.onnx"):
        replace(MODEL, encoder=b"not a network").session()


def test_the_shipped_model_is_small_and_whole() -> None:
    artefact = read_artefact(SHIPPED, kind=MODEL_KIND, made_for=MADE_FOR)
    assert sum(len(one) for one in artefact.files.values()) < 3_000_000
    assert spacecraft_model(artefact).features == {
        one.name: one.definition_hash for one in applicable_features(MODEL, MDB)
    }
