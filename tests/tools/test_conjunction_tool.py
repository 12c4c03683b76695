"""plan_collision_avoidance over a real message about LSAT-1: the burn, its evidence, and every honest no."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.mission import parse_cdm, reference_mission
from core.orbit import avoidance_options, collision_probability, encounter_of
from core.orbit.avoidance import message_after_burn
from core.orbit.collision_rate import expected_collisions
from core.plan.activity import BurnActivity
from core.time import parse_utc
from evals.encounters import CDM_ID, OTHER, cdm_text, folder_of
from evals.proposals import context_at
from tools.catalog import CATALOG
from tools.contract import ToolContext, ToolResult

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TCA = NOW + timedelta(hours=20)
CREATED = NOW - timedelta(hours=3)


def avoid(
    folder: Path, *texts: str, now: datetime = NOW, existing: tuple[Any, ...] = (), **arguments: Any
) -> ToolResult:
    """One call with the messages of a folder."""
    context: ToolContext = replace(
        context_at(reference_mission(), now, existing=existing), conjunctions=folder_of(folder, *texts)
    )
    given = {"satellite": "LSAT-1", "conjunction_id": CDM_ID, **arguments}
    return CATALOG.tool("plan_collision_avoidance").call(given, context)


def test_the_least_burn_keeps_the_limit_and_says_before_and_after(tmp_path: Path) -> None:
    text = cdm_text(TCA, CREATED)
    result = avoid(tmp_path, text, max_delta_v_mps=0.5)
    assert result.ok and result.output, result.error
    (burn,) = result.activities
    assert isinstance(burn, BurnActivity) and burn.purpose == "collision_avoidance"
    output = result.output
    assert output["probability_before"] > 1e-4 and output["probability_after"] <= 1e-5 == output["probability_limit"]
    assert output["miss_distance_after_m"] > output["miss_distance_before_m"]
    assert abs(burn.delta_v_m_s) <= 0.5 and burn.window.end < TCA
    assert output["other_object"] == OTHER and not output["message_is_stale"]
    middle = burn.window.start + (burn.window.end - burn.window.start) / 2
    # The same from the core, with the time that was left.
    cdm = parse_cdm(text)
    options = avoidance_options(cdm, 0, 8.0, (TCA - middle).total_seconds() + 60.0, 0.5, minimum_delta_v_m_s=0.01)
    assert abs(burn.delta_v_m_s) == abs(options[0].delta_v_m_s) == 0.01
    assert output["probability_after"] == pytest.approx(options[0].probability, rel=1e-3)
    encounter = encounter_of(cdm)
    before = collision_probability(encounter.miss_m, encounter.covariance_m2, 8.0)
    assert output["probability_before"] == pytest.approx(before, rel=1e-3)
    assert output["hard_body_radius_source"] == "message"
    assert f"{output['probability_before']:.2e}" in output["summary"]


def test_the_burn_begins_after_the_command_contact_and_the_turn(tmp_path: Path) -> None:
    early = avoid(tmp_path, cdm_text(TCA, CREATED)).activities[0]
    assert early.window.start > NOW + timedelta(minutes=30)
    blocked = avoid(tmp_path, existing=(early.model_copy(update={"activity_id": "other"}),))
    assert blocked.ok and blocked.activities[0].window.start != early.window.start
    assert blocked.rejected and blocked.rejected[0].code == "TMP-004"


def test_a_wide_error_and_little_time_take_the_least_delta_v_that_does(tmp_path: Path) -> None:
    text = cdm_text(NOW + timedelta(hours=4), CREATED, sigma_m=2500.0)
    result = avoid(tmp_path, text, max_delta_v_mps=2.0)
    assert result.ok and result.output, result.error
    assert 0.01 < abs(result.output["delta_v_m_s"]) <= 2.0
    assert 0.9e-5 < result.output["probability_after"] <= 1e-5


def test_a_limit_that_is_too_low_tells_the_best_probability(tmp_path: Path) -> None:
    result = avoid(tmp_path, cdm_text(TCA, CREATED), max_delta_v_mps=0.0005)
    assert (result.ok, result.error_code) == (False, "COL-009")
    assert result.error and "at best" in result.error and "no burn of at most" in result.error


def test_no_burn_is_planned_where_none_is_needed(tmp_path: Path) -> None:
    result = avoid(tmp_path, cdm_text(TCA, CREATED, miss_rtn_m=(4000.0, 0.0, 0.0)))
    assert result.ok and result.activities == () and result.output
    assert result.output["summary"].startswith("No burn is needed") and result.output["delta_v_m_s"] == 0.0


def test_an_assumed_hard_body_radius_is_said(tmp_path: Path) -> None:
    text = cdm_text(TCA, CREATED).replace("COMMENT HBR = 8.0 [m]\n", "")
    result = avoid(tmp_path, text)
    assert result.output and result.output["hard_body_radius_source"] == "default"
    assert "a hard-body radius of 20 m is assumed" in result.output["summary"]
    sized = text.replace("REF_FRAME", "AREA_PC = 3.0 [m**2]\nREF_FRAME")
    other = avoid(tmp_path, sized).output
    assert other and other["hard_body_radius_source"] == "areas"
    assert other["hard_body_radius_m"] == pytest.approx(2.0 * (3.0 / 3.14159265) ** 0.5, abs=0.01)


def test_an_old_message_is_called_stale(tmp_path: Path) -> None:
    result = avoid(tmp_path, cdm_text(TCA, NOW - timedelta(hours=60)))
    assert result.output and result.output["message_is_stale"] and "60.0 h old" in result.output["summary"]


@pytest.mark.parametrize(
    ("text", "arguments", "code", "words"),
    [
        (cdm_text(NOW - timedelta(hours=1), CREATED), {}, "COL-007", "was at"),
        (cdm_text(NOW + timedelta(minutes=70), CREATED), {}, "COL-007", "half a revolution"),
        (cdm_text(TCA, CREATED, satellite="LSAT-2"), {}, "COL-005", "is about LSAT-2"),
        (cdm_text(TCA, CREATED), {"conjunction_id": "CDM-20261123-0007"}, "COL-005", "has been received"),
        (cdm_text(TCA, CREATED, crossing_deg=0.01), {}, "COL-006", "long_encounter"),
        (cdm_text(TCA, CREATED, satellite="LSAT-2").replace("LSAT-2", "LSAT-1"), {}, "COL-008", "out of date"),
    ],
)
def test_what_cannot_be_planned_says_why(
    tmp_path: Path, text: str, arguments: dict[str, Any], code: str, words: str
) -> None:
    result = avoid(tmp_path, text, **arguments)
    assert (result.ok, result.error_code) == (False, code), result
    assert result.error and words in result.error


def test_an_encounter_that_the_plane_misjudges_is_planned_along_curved_orbits(tmp_path: Path) -> None:
    """The other object is one long error of 12 km along its track away; there its orbit has bent by 10 m, past its height
    error of 2 m: the plane gives a sixth of what two-body motion does.
    """
    velocity = "".join(
        f"C{row}DOT_{column} = {'1e-4' if row + 'DOT' == column else '0.0'} [{unit}]\n"
        for row, columns in (
            ("R", ("R", "T", "N", "RDOT")),
            ("T", ("R", "T", "N", "RDOT", "TDOT")),
            ("N", ("R", "T", "N", "RDOT", "TDOT", "NDOT")),
        )
        for column in columns
        for unit in (("m**2/s**2" if column.endswith("DOT") else "m**2/s"),)
    )
    message = cdm_text(TCA, CREATED, sigma_m=12_000.0, miss_rtn_m=(10.47, 3308.0, 11_535.0))
    lines = message.replace(f"= {4000.0**2}", "= 4.0").replace("HBR = 8.0", "HBR = 20.0").splitlines(keepends=True)
    text = "".join(line + (velocity if line.startswith("CN_N") else "") for line in lines)
    result = avoid(tmp_path, text, max_delta_v_mps=1.0)
    assert result.ok and result.output, result.error
    output = result.output
    assert output["probability_basis"] == "curved_orbits" and "along curved orbits" in output["summary"]
    assert output["probability_before"] > 1e-5 >= output["probability_after"]
    (burn,) = result.activities
    assert isinstance(burn, BurnActivity)
    cdm = parse_cdm(text)
    middle = burn.window.start + (burn.window.end - burn.window.start) / 2
    flown = message_after_burn(cdm, 0, (TCA - middle).total_seconds(), burn.delta_v_m_s)
    assert expected_collisions(flown, 20.0).expected == pytest.approx(output["probability_after"], rel=0.05)


def test_an_unknown_message_names_those_there_are(tmp_path: Path) -> None:
    result = avoid(tmp_path, cdm_text(TCA, CREATED), conjunction_id="CDM-20261123-0007")
    assert result.valid == {"conjunction_id": [CDM_ID]}


def test_a_message_that_a_newer_one_replaces_is_not_planned_with(tmp_path: Path) -> None:
    newer = cdm_text(TCA + timedelta(seconds=2), CREATED + timedelta(hours=1), message_id="CDM-20261123-0002")
    result = avoid(tmp_path, cdm_text(TCA, CREATED), newer)
    assert (result.error_code, result.valid) == ("COL-002", {"conjunction_id": ["CDM-20261123-0002"]})
    assert avoid(tmp_path, newer, conjunction_id="CDM-20261123-0002").ok
    again = cdm_text(TCA - timedelta(minutes=47), CREATED + timedelta(hours=2), message_id="CDM-20261123-0003")
    assert avoid(tmp_path, again, conjunction_id="CDM-20261123-0002").ok


def test_the_message_speaks_of_the_instant_it_was_written_for() -> None:
    assert parse_cdm(cdm_text(TCA, CREATED)).tca_utc == parse_utc("2026-11-23T08:00:00Z")
