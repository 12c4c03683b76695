"""Public planning cases: what the solver makes of a small part of each is valid, and the checks find what is planted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.time import parse_utc
from evals.planning.aeossp import read_aeossp, solve_aeossp
from evals.planning.check_aeossp import check_aeossp
from evals.planning.check_stereo import check_stereo
from evals.planning.stereo import read_stereo, solve_stereo

Document = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def agile(reference_data: Path) -> Path:
    return reference_data / "planning" / "aeossp" / "test_case_0001"


@pytest.fixture(scope="module")
def images(agile: Path) -> Document:
    case = read_aeossp(agile)
    solved: Document = json.loads(solve_aeossp(replace(case, tasks=case.tasks[:150]), 2.0))
    return solved


@pytest.fixture(scope="module")
def stereo(reference_data: Path) -> Path:
    return reference_data / "planning" / "stereo" / "case_0001"


@pytest.fixture(scope="module")
def looks(stereo: Path) -> Document:
    case = read_stereo(stereo)
    few = replace(case, cameras=case.cameras[:2], targets=case.targets[:25], end=case.start + timedelta(hours=12))
    solved: Document = json.loads(solve_stereo(few, 1.0))
    return solved


def written(document: Document, folder: Path) -> Path:
    path = folder / "solution.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def shifted(text: str, seconds: float) -> str:
    return (parse_utc(text) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_agile_images_break_no_rule(agile: Path, images: Document, tmp_path: Path) -> None:
    verdict = check_aeossp(agile, written(images, tmp_path))
    assert verdict.faults == ()
    assert len(images["actions"]) > 100
    assert verdict.metrics["CR"] == pytest.approx(len(images["actions"]) / len(read_aeossp(agile).tasks))


@pytest.mark.parametrize(
    ("field", "seconds", "said"),
    [("start_time", 5.0, "does not last"), ("end_time", 3.0, "is off the grid"), ("both", 36_000.0, "window")],
)
def test_an_agile_image_at_a_wrong_time_is_found(
    agile: Path, images: Document, tmp_path: Path, field: str, seconds: float, said: str
) -> None:
    first = dict(images["actions"][0])
    for name in ("start_time", "end_time"):
        if field in (name, "both"):
            first[name] = shifted(first[name], seconds)
    verdict = check_aeossp(agile, written({"actions": [first, *images["actions"][1:]]}, tmp_path))
    assert any(said in fault for fault in verdict.faults)


def test_an_agile_image_by_another_satellite_is_found(agile: Path, images: Document, tmp_path: Path) -> None:
    case = read_aeossp(agile)
    first = images["actions"][0]
    sensor = next(one.sensor for one in case.satellites if one.name == first["satellite_id"])
    other = next(one.name for one in case.satellites if one.sensor == sensor and one.name != first["satellite_id"])
    moved = [{**first, "satellite_id": other}, *images["actions"][1:]]
    assert check_aeossp(agile, written({"actions": moved}, tmp_path)).faults


def test_stereo_looks_break_no_rule_and_make_pairs(stereo: Path, looks: Document, tmp_path: Path) -> None:
    verdict = check_stereo(stereo, written(looks, tmp_path))
    assert verdict.faults == ()
    assert looks["actions"]
    pairs = len(looks["actions"]) / 2
    assert verdict.metrics["coverage_ratio"] == pytest.approx(pairs / len(read_stereo(stereo).targets))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"off_nadir_along_deg": 60.0}, "deg from nadir"),
        ({"seconds": 600.0}, "deg from nadir at"),
        ({"seconds": 3000.0}, "the Earth hides the target"),
        ({"end_seconds": 600.0}, "too short or too long"),
    ],
)
def test_a_wrong_stereo_look_is_found(
    stereo: Path, looks: Document, tmp_path: Path, change: dict[str, float], said: str
) -> None:
    first = dict(looks["actions"][0])
    moved_s, longer_s = change.get("seconds", 0.0), change.get("end_seconds", 0.0)
    first["start_time"] = shifted(first["start_time"], moved_s)
    first["end_time"] = shifted(first["end_time"], moved_s + longer_s)
    first |= {name: value for name, value in change.items() if name in first}
    verdict = check_stereo(stereo, written({"actions": [first, *looks["actions"][1:]]}, tmp_path))
    assert any(said in fault for fault in verdict.faults)
