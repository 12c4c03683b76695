"""Constellation cases: what is designed in a few seconds is valid and useful, and the checks name what is planted."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.time import parse_utc
from evals.planning.check_relay import check_relay
from evals.planning.check_revisit import check_revisit
from evals.planning.cover import cover
from evals.planning.relay import read_relay, solve_relay
from evals.planning.revisit import read_revisit, solve_revisit
from evals.planning.verdict import Verdict

Document = dict[str, list[dict[str, Any]]]
Corruption = Callable[[Document], object]


@pytest.fixture(scope="module")
def revisit(reference_data: Path) -> Path:
    return reference_data / "planning" / "revisit" / "case_0002"


@pytest.fixture(scope="module")
def looks(revisit: Path) -> Document:
    solved: Document = json.loads(solve_revisit(read_revisit(revisit), 3.0))
    return solved


@pytest.fixture(scope="module")
def relay(reference_data: Path) -> Path:
    return reference_data / "planning" / "relay" / "case_0003"


@pytest.fixture(scope="module")
def contacts(relay: Path) -> Document:
    solved: Document = json.loads(solve_relay(read_relay(relay), 4.0))
    return solved


def checked(check: Callable[[Path, Path], Verdict], case: Path, document: Document, folder: Path) -> Verdict:
    path = folder / "solution.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return check(case, path)


def later(action: dict[str, Any], seconds: float, *names: str) -> None:
    for name in names:
        action[name] = (parse_utc(action[name]) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_revisit_constellation_breaks_no_rule_and_wastes_few_satellites(
    revisit: Path, looks: Document, tmp_path: Path
) -> None:
    verdict = checked(check_revisit, revisit, looks, tmp_path)
    assert verdict.faults == ()
    assert verdict.metrics["capped_max_revisit_gap_hours"] == 8.0
    assert verdict.metrics["num_satellites"] <= 12


@pytest.mark.parametrize(
    ("corrupt", "said"),
    [
        (lambda d: d["satellites"][0].update(vx_m_s=0.0, vy_m_s=0.0), "flies from"),
        (lambda d: d["satellites"].append(d["satellites"][0]), "is there 2 times"),
        (
            lambda d: d["satellites"].extend({**d["satellites"][0], "satellite_id": f"s{k}"} for k in range(16)),
            "more than",
        ),
        (lambda d: d["actions"][0].update(action_type="downlink"), "unknown type 'downlink'"),
        (lambda d: d["actions"][0].update(target_id="target_999"), "names what is not there"),
        (lambda d: later(d["actions"][0], -10.0, "end"), "is shorter than"),
        (lambda d: later(d["actions"][0], 300_000.0, "start", "end"), "is not in the horizon"),
        (lambda d: later(d["actions"][0], 300.0, "start", "end"), "deg off nadir"),
        (lambda d: d["actions"].append(d["actions"][0]), "to turn, and needs"),
    ],
)
def test_a_corrupted_revisit_solution_is_refused_with_its_reason(
    revisit: Path, looks: Document, tmp_path: Path, corrupt: Corruption, said: str
) -> None:
    broken = deepcopy(looks)
    corrupt(broken)
    assert any(said in fault for fault in checked(check_revisit, revisit, broken, tmp_path).faults)


def test_a_revisit_look_that_is_left_out_makes_its_target_wait(revisit: Path, looks: Document, tmp_path: Path) -> None:
    target = looks["actions"][0]["target_id"]
    fewer = {**looks, "actions": [one for one in looks["actions"] if one["target_id"] != target]}
    verdict = checked(check_revisit, revisit, fewer, tmp_path)
    assert verdict.faults == ()
    assert verdict.metrics["capped_max_revisit_gap_hours"] == 48.0


def test_an_augmented_relay_network_breaks_no_rule_and_serves_nearly_all(
    relay: Path, contacts: Document, tmp_path: Path
) -> None:
    verdict = checked(check_relay, relay, contacts, tmp_path)
    assert verdict.faults == ()
    assert verdict.metrics["service_fraction"] > 0.97  # 0.84 without any satellite
    assert verdict.metrics["num_added_satellites"] <= 4


def _ground(document: Document) -> dict[str, Any]:
    return next(one for one in document["actions"] if one["action_type"] == "ground_link")


def _between(document: Document) -> dict[str, Any]:
    return next(one for one in document["actions"] if one["action_type"] == "inter_satellite_link")


def _second_uplink(document: Document) -> None:
    first = _ground(document)
    satellites = {one["satellite_id"] for one in document["actions"] if one["action_type"] == "ground_link"}
    document["actions"] += [{**first, "satellite_id": one} for one in satellites - {first["satellite_id"]}]


@pytest.mark.parametrize(
    ("corrupt", "said"),
    [
        (lambda d: d["added_satellites"][0].update(z_m=0.0, vz_m_s=0.0), "altitude"),
        (lambda d: d["added_satellites"][0].update(satellite_id="backbone_001"), "backbone_001 is there 2 times"),
        (lambda d: _ground(d).update(endpoint_id="ground_999"), "names what is not there"),
        (lambda d: _between(d).update(satellite_id_2=_between(d)["satellite_id_1"]), "with itself"),
        (lambda d: later(_ground(d), 7.0, "end_time"), "is off the grid"),
        (lambda d: later(_ground(d), 864_000.0, "start_time", "end_time"), "is not in the horizon"),
        (lambda d: later(_ground(d), 28_800.0, "end_time"), "is at an elevation"),
        (lambda d: d["actions"].append(_ground(d)), "at the same time"),
        (_second_uplink, "at sample"),
    ],
)
def test_a_corrupted_relay_solution_is_refused_with_its_reason(
    relay: Path, contacts: Document, tmp_path: Path, corrupt: Corruption, said: str
) -> None:
    broken = deepcopy(contacts)
    corrupt(broken)
    assert any(said in fault for fault in checked(check_relay, relay, broken, tmp_path).faults)


def test_relay_links_that_are_left_out_serve_nobody(relay: Path, contacts: Document, tmp_path: Path) -> None:
    kept = [one for one in contacts["actions"] if one["action_type"] != "ground_link"]
    verdict = checked(check_relay, relay, {**contacts, "actions": kept}, tmp_path)
    assert (verdict.faults, verdict.metrics["service_fraction"]) == ((), 0.0)


def test_a_cover_is_smaller_than_what_greed_takes() -> None:
    """Greed takes the column of six rows first and needs two more; the two of five are enough."""
    rows = np.zeros((3, 10), dtype=bool)
    rows[0, 2:8] = True
    rows[1, :5], rows[2, 5:] = True, True
    found = cover(rows, most=3, seconds=0.2)
    assert (sorted(found.columns), found.bare) == ([1, 2], 0)


def test_a_cover_with_too_few_columns_says_what_stays_bare() -> None:
    found = cover(np.eye(4, dtype=bool), most=3, seconds=0.1)
    assert (len(found.columns), found.bare) == (3, 1)
