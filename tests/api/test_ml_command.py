"""``llamaspace ml``: train, predict, versions, approval and roll-back, as on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from api.cli.main import main
from ml.anomaly import opssat
from ml.anomaly.segment_training import SegmentRecipe
from ml.lifetime.learners import Recipe
from ml.lifetime.tables import RECIPES, judge_model
from ml.lifetime.training import train_lifetime
from tests.ml.anomaly.segment_tables import write_table
from tests.ml.anomaly.synthetic_series import write_data_set, write_protocol
from tests.ml.lifetime.fleets import cut, fleet, write_histories

QUICK = Recipe(cap_cycles=60.0, stride=4, rounds=10, random_trees=3, epochs=2, members=1, folds=3)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(RECIPES, "FD003", QUICK)
    folder = tmp_path / "reference" / "ml"
    folder.mkdir(parents=True)
    write_histories(fleet(9, seed=1), folder / "cmapss_train_FD003.parquet")
    write_histories(cut(fleet(7, seed=2), seed=3)[0], folder / "cmapss_test_FD003.parquet")
    return folder.parent


def test_a_model_is_trained_once_approved_and_rolled_back(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models, out = ["--models", str(tmp_path / "models")], str(tmp_path / "out")
    predict = ["ml", "predict", "lifetime", "--data", str(data), "--subset", "FD003", "--out", out, *models]
    assert main(["ml", "versions", "--json", *models]) == 1
    assert main(predict) == 0
    first = (tmp_path / "out" / "FD003.csv").read_bytes()
    assert main([*predict, "--drivers"]) == 0  # from the registry
    drivers = (tmp_path / "out" / "FD003.drivers.csv").read_text().splitlines()
    assert drivers[0] == "unit,indicator,cycles" and len(drivers) == 1 + 7 * 5
    assert (tmp_path / "out" / "FD003.csv").read_bytes() == first
    assert main(["ml", "train", "lifetime", "--data", str(data), "--subset", "FD003", "--seed", "2", *models]) == 0
    for version in ("1", "2"):
        assert main(["ml", "approve", "turbofan-fd003", version, "--reason", "looked at the card", *models]) == 0
    assert main(["ml", "rollback", "turbofan-fd003", "--reason", "late predictions", *models]) == 0
    assert main(["ml", "withdraw", "turbofan-fd003", "2", "--reason", "late predictions", *models]) == 0
    capsys.readouterr()
    assert main(["ml", "versions", "turbofan-fd003", "--json", *models]) == 0
    versions = json.loads(capsys.readouterr().out)
    assert [(one["version"], one["state"], one["aliases"]) for one in versions] == [
        (1, "approved", ["live"]),
        (2, "withdrawn", []),
    ]


def test_what_is_wrong_is_said_in_one_line(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = ["--models", str(tmp_path / "models")]
    for arguments, match in (
        (["train", "lifetime", "--data", str(tmp_path)], "--data"),
        (["train", "lifetime", "--data", str(data), "--subset", "FD007"], "--subset: 'FD007' is not one of"),
        (["approve", "turbofan-fd003", "1", "--reason", "why"], "there is no version 1"),
        (["rollback", "turbofan-fd003", "--reason", "why"], "has no alias 'live'"),
    ):
        capsys.readouterr()
        assert main(["ml", *arguments, *models]) == 2
        error = capsys.readouterr().err
        assert match in error and "Traceback" not in error
    assert main(["ml", "table", "lifetime", "--data", str(data), "--seeds", "0"]) == 2


def test_the_table_measures_what_the_files_say() -> None:
    """Cover, error and cost of a table recomputed from the predictions themselves."""
    model = train_lifetime(fleet(9, seed=1), QUICK, seed=1).model
    test, lived = cut(fleet(12, seed=2), seed=3)
    found = judge_model(model, test, lived)
    lives = model.predict(test, 5.0)
    errors = [one.rul_cycles - min(life, 60.0) for one, life in zip(lives, lived, strict=True)]
    assert found["test RMSE in cycles, capped"] == pytest.approx(np.sqrt(np.mean(np.square(errors))))
    covered = [one.low_cycles <= life <= one.high_cycles for one, life in zip(lives, lived, strict=True)]
    assert found["test coverage, uncapped"] == pytest.approx(np.mean(covered))
    cost = sum(1.0 if one.maintain_in_cycles <= life else 5.0 for one, life in zip(lives, lived, strict=True))
    cycles = sum(one.age_cycles + min(one.maintain_in_cycles, life) for one, life in zip(lives, lived, strict=True))
    oracle = len(lives) / sum(one.age_cycles + life for one, life in zip(lives, lived, strict=True))
    assert found["test cost rate over the oracle at 5"] == pytest.approx(cost / cycles / oracle)


def test_a_detector_is_trained_predicts_and_has_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(opssat, "RECIPE", SegmentRecipe(trees=10, networks=1, folds=3, repeats=1))
    folder = tmp_path / "reference" / "ml"
    folder.mkdir(parents=True)
    write_table(folder / "opssat_train.csv", 90, seed=1)
    write_table(folder / "opssat_test_unlabelled.csv", 20, seed=2, labels=False)
    data, models = ["--data", str(folder.parent)], ["--models", str(tmp_path / "models")]
    assert main(["ml", "train", "anomaly", *data, *models]) == 0
    assert "opssat-segments version 1: candidate, cross-validation F1 " in capsys.readouterr().out
    for _ in range(2):
        assert main(["ml", "predict", "anomaly", *data, *models, "--out", str(tmp_path / "out")]) == 0
    assert len((tmp_path / "out" / "opssat.csv").read_text().splitlines()) == 21
    capsys.readouterr()
    assert main(["ml", "versions", "--json", *models]) == 0
    assert [one["version"] for one in json.loads(capsys.readouterr().out)] == [1]  # both predictions are of the one
    assert main(["ml", "table", "anomaly", *data, "--seeds", "2", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)["opssat"]
    assert set(table) == {"all", "without length"} and 0.0 <= table["all"]["cross-validation F1"][0] <= 1.0
    assert main(["ml", "predict", "anomaly", *data, "--subset", "FD001", "--out", str(tmp_path), *models]) == 2
    assert "--subset" in capsys.readouterr().err


def test_every_data_set_that_is_there_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(opssat, "RECIPE", SegmentRecipe(trees=10, networks=1, folds=3, repeats=1))
    folder = tmp_path / "reference" / "ml"
    folder.mkdir(parents=True)
    data, models = ["--data", str(folder.parent)], ["--models", str(tmp_path / "models")]
    assert main(["ml", "train", "anomaly", *data, *models]) == 2
    error = capsys.readouterr().err
    assert "holds no opssat_train.csv" in error and "holds no smap_msl.npz" in error
    write_table(folder / "opssat_train.csv", 90, seed=1)
    write_table(folder / "opssat_test_unlabelled.csv", 20, seed=2, labels=False)
    write_protocol(write_data_set(folder))
    out = tmp_path / "out"
    assert main(["ml", "predict", "anomaly", *data, *models, "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(out / "opssat.csv"), str(out / "smap_msl")]
    assert len((out / "smap_msl" / "T-1.csv").read_text().splitlines()) == 1201
    assert main(["ml", "train", "anomaly", *data, *models, "--subset", "smap_msl"]) == 0
    assert "smap-msl-series version 2: candidate, event-wise F0.5 " in capsys.readouterr().out
    assert main(["ml", "table", "anomaly", *data, "--subset", "smap_msl"]) == 0
    table = capsys.readouterr().out
    assert "| published: KNN | 0.300 |" in table and "2 of 2" in table and "OPS-SAT" not in table


def test_one_command_writes_the_files_of_every_subject(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from api.cli import ml_anomaly, ml_lifetime

    asked = []
    for module in (ml_anomaly, ml_lifetime):
        monkeypatch.setattr(module, "predict", lambda options: asked.append((options.subject, options.out)) or 0)
    assert main(["ml", "predict", "all", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    assert asked == [("anomaly", tmp_path / "out"), ("lifetime", tmp_path / "out")]
