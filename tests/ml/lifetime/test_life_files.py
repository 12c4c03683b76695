"""Files of histories and cells: what is refused, and what the real ones give."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import InputError, NotFound
from core.events import EventLog
from core.store import open_database
from ml.lifetime.battery import leave_one_out, load_cells, predict_capacity
from ml.lifetime.histories import SENSORS, SETTINGS, Histories, load_histories, load_true_lives
from ml.lifetime.learners import Recipe
from ml.lifetime.turbofan import chosen_model, predict_battery, predict_subset, train_subset, turbofan_folder
from ml.models import ModelRegistry
from ml.models.registry import LIVE
from tests.ml.lifetime.fleets import cut, fleet

NOW = datetime(2026, 11, 23, tzinfo=UTC)
QUICK = Recipe(cap_cycles=60.0, stride=4, rounds=10, random_trees=3, epochs=2, members=1, folds=3)


def table(histories: Histories) -> pa.Table:
    columns: dict[str, Any] = {"unit": histories.unit, "cycle": histories.cycle}
    columns |= {name: histories.settings[:, number] for number, name in enumerate(SETTINGS)}
    columns |= {name: histories.sensors[:, number] for number, name in enumerate(SENSORS)}
    return pa.table(columns)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[ModelRegistry]:
    database = open_database(tmp_path / "models" / "models.db")
    yield ModelRegistry(database, EventLog(database), tmp_path / "models")
    database.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    pq.write_table(table(fleet(9, seed=1)), folder / "cmapss_train_FD003.parquet")
    pq.write_table(table(cut(fleet(7, seed=2), seed=3)[0]), folder / "cmapss_test_FD003.parquet")
    return folder


def test_histories_come_back_in_order_whatever_the_files_order(tmp_path: Path) -> None:
    whole = fleet(5, seed=4)
    shuffled = table(whole).take(pa.array(np.random.default_rng(1).permutation(len(whole.unit))))
    pq.write_table(shuffled, tmp_path / "h.parquet")
    read = load_histories(tmp_path / "h.parquet")
    assert np.array_equal(read.unit, whole.unit) and np.array_equal(read.sensors, whole.sensors)
    for unit in read.units:
        mine = read.remaining[read.unit == unit]
        assert mine[-1] == 0 and np.array_equal(mine, np.arange(len(mine))[::-1])


def test_wrong_files_are_refused_by_the_column_that_is_wrong(tmp_path: Path) -> None:
    path, sound = tmp_path / "h.parquet", table(fleet(3, seed=4))

    def refused(changed: pa.Table, match: str) -> None:
        pq.write_table(changed, path)
        with pytest.raises(InputError, match=match):
            load_histories(path)

    renamed = [("temperature" if name == "s04" else name) for name in sound.column_names]
    refused(sound.rename_columns(renamed), r"s04: h\.parquet lacks \['s04'\] and has \['temperature'\]")
    refused(sound.slice(1), "unit 1 has cycle 2 where 1 is due")
    refused(sound.slice(0, 0), "has no rows")
    place = sound.column_names.index("s07")
    values = sound["s07"].to_numpy().copy()
    values[10:30] = np.nan
    refused(sound.set_column(place, "s07", pa.array(values)), r"s07: 20 of \d+ values of unit 1 are missing")
    refused(sound.set_column(place, "s07", pa.array([str(one) for one in values])), "s07: values are string")
    path.write_bytes(b"PAR1 no more")
    with pytest.raises(InputError, match="cannot be read"):
        load_histories(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_histories(tmp_path / "none.parquet")


def test_a_few_missing_values_hold_the_one_before(tmp_path: Path) -> None:
    sound = table(fleet(2, seed=4))
    values = sound["s07"].to_numpy().copy()
    expected = values.copy()
    values[[0, 20, 21]] = np.nan
    expected[0], expected[20:22] = expected[1], expected[19]
    pq.write_table(sound.set_column(sound.column_names.index("s07"), "s07", pa.array(values)), tmp_path / "h.parquet")
    assert np.array_equal(load_histories(tmp_path / "h.parquet").sensors[:, SENSORS.index("s07")], expected)


def test_train_register_choose_and_predict(data: Path, registry: ModelRegistry, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="train one first"):
        chosen_model(data, "FD003", registry)
    trained = train_subset(data, "FD003", registry, seed=1, by="user:bo", at_utc=NOW, recipe=QUICK)
    assert trained.registered.version == 1
    card = registry.load(trained.registered, kind="lifetime-stack-1").files["card.md"].decode()
    assert "C-MAPSS FD003" in card and "## Limits" in card
    chosen = chosen_model(data, "FD003", registry)
    first, second = (
        predict_subset(data, "FD003", one.model, tmp_path / out) for one, out in ((trained, "a"), (chosen, "b"))
    )
    assert first.read_bytes() == second.read_bytes()
    rows = list(csv.DictReader(first.read_text().splitlines()))
    assert [int(one["unit"]) for one in rows] == list(range(1, 8))
    for one in rows:
        assert 0 <= float(one["lo"]) <= float(one["rul"]) + 0.5 and float(one["rul"]) <= float(one["hi"]) + 0.5
        assert int(one["maint_in"]) >= 0


def test_data_that_changed_need_a_new_model_unless_a_person_made_one_live(data: Path, registry: ModelRegistry) -> None:
    train_subset(data, "FD003", registry, seed=1, by="user:bo", at_utc=NOW, recipe=QUICK)
    pq.write_table(table(fleet(9, seed=8)), data / "cmapss_train_FD003.parquet")
    with pytest.raises(NotFound):
        chosen_model(data, "FD003", registry)
    registry.approve("turbofan-fd003", 1, by="user:ana", reason="why", at_utc=NOW)
    registry.point("turbofan-fd003", LIVE, 1, by="user:ana", reason="why", at_utc=NOW)
    assert chosen_model(data, "FD003", registry).registered.version == 1


def test_histories_of_another_subset_leave_no_file(data: Path, registry: ModelRegistry, tmp_path: Path) -> None:
    model = train_subset(data, "FD003", registry, seed=1, by="user:bo", at_utc=NOW, recipe=QUICK).model
    foreign = replace(fleet(3, seed=1), settings=fleet(3, seed=1).settings + np.array([12.0, 0.0, 0.0]))
    pq.write_table(table(foreign), data / "cmapss_test_FD003.parquet")
    with pytest.raises(InputError, match="settings"):
        predict_subset(data, "FD003", model, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="'FD009' is not one of"):
        chosen_model(data, "FD009", registry)
    with pytest.raises(InputError, match="holds no cmapss_train_FD001"):
        turbofan_folder(tmp_path)


def test_a_line_is_continued_and_the_level_is_where_the_cell_stands() -> None:
    """Cells that all lose 1 mA h per discharge: the prediction goes on so from where the cell is."""
    numbers = np.arange(1, 161)
    references = {"a": 2.0 - 0.001 * numbers, "b": 1.9 - 0.001 * numbers}
    found = predict_capacity(1.8 - 0.001 * numbers[:50], references, 160)
    assert np.allclose(found, 1.8 - 0.001 * numbers[50:], atol=2e-4)
    longer = predict_capacity(1.8 - 0.001 * numbers[:50], references, 200)  # past the references' end
    assert longer[-1] == pytest.approx(1.6, abs=2e-3)


def test_cells_that_cannot_be_predicted_are_refused() -> None:
    numbers = np.arange(1, 161)
    references = {"a": 2.0 - 0.001 * numbers}
    known = 1.8 - 0.001 * numbers[:50]
    for wrong, match in ((known[:19], "20 are needed"), (known * 1000, "in A h"), (np.full(50, 1.8), "stuck")):
        with pytest.raises(InputError, match=match):
            predict_capacity(wrong, references, 160)
    with pytest.raises(InputError, match="not after"):
        predict_capacity(known, references, 50)
    with pytest.raises(InputError, match="no cell has lived"):
        predict_capacity(known, {"a": references["a"][:60]}, 160)


def test_real_cells_are_predicted_with_half_the_error_of_the_straight_line(reference_data: Path) -> None:
    scores = leave_one_out(load_cells(reference_data / "ml" / "nasa_battery_discharge_B0005_6_7.parquet"))
    assert [one.cell for one in scores] == ["B0005", "B0006", "B0007"]
    for one in scores:
        assert one.rmse_ah <= 0.5 * one.line_rmse_ah


def test_the_held_out_cell_gets_its_82_discharges(reference_data: Path, tmp_path: Path) -> None:
    rows = list(csv.DictReader(predict_battery(reference_data / "ml", tmp_path).read_text().splitlines()))
    assert [int(one["discharge_no"]) for one in rows] == list(range(51, 133))
    capacity = [float(one["capacity"]) for one in rows]
    assert min(capacity) > 1.0 and max(capacity) < 1.8


def test_the_real_test_splits_have_a_label_per_unit(reference_data: Path) -> None:
    for subset, units in (("FD001", 100), ("FD002", 259)):
        test = load_histories(reference_data / "ml" / f"cmapss_test_{subset}.parquet")
        lives = load_true_lives(reference_data / "ml" / f"cmapss_rul_{subset}.parquet", test.units)
        assert len(lives) == units
        with pytest.raises(InputError, match="other units"):
            load_true_lives(reference_data / "ml" / f"cmapss_rul_{subset}.parquet", test.units[1:])
