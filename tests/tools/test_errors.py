"""A mistake comes back as an error that says what would be valid; nothing is raised and nothing is proposed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from core.mission import reference_mission
from core.mission.model import Mission
from evals.proposals import call, context_at
from tools.catalog import CATALOG
from tools.contract import Role

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MISSION = reference_mission()
SAT = {"satellite": "LSAT-1"}
PASSES = {**SAT, "station": "svalbard"}
DOWN = {**SAT, "station": "svalbard", "data_volume_mb": 800.0}
IMAGE = {**SAT, "end": "2026-11-25T12:00:00Z"}

# (tool, arguments, code, a word of the message, what `valid` has to name)
MISTAKES: list[tuple[str, dict[str, Any], str, str, str | None]] = [
    (
        "get_orbit_state",
        {"satellite": "LSAT-9", "epoch": "2026-11-22T13:00:00Z"},
        "unknown-satellite",
        "LSAT-9",
        "satellite",
    ),
    (
        "list_passes",
        {**SAT, "station": "houston", "start": "2026-11-22T12:00:00Z", "end": "2026-11-23T12:00:00Z"},
        "unknown-station",
        "houston",
        "station",
    ),
    (
        "list_passes",
        {**PASSES, "start": "2026-11-23T12:00:00Z", "end": "2026-11-22T12:00:00Z"},
        "bad-window",
        "after start",
        None,
    ),
    (
        "list_passes",
        {**PASSES, "start": "2026-11-22T12:00:00Z", "end": "2026-12-30T12:00:00Z"},
        "bad-window",
        "31 days",
        "maximum_days",
    ),
    (
        "find_eclipses",
        {**SAT, "start": "2027-06-01T00:00:00Z", "end": "2027-06-02T00:00:00Z"},
        "elements-too-old",
        "60 days",
        "epoch",
    ),
    ("get_orbit_state", {**SAT, "epoch": "1999-01-01T00:00:00Z"}, "elements-too-old", "60 days", "epoch"),
    ("schedule_downlink", {**DOWN, "deadline": "2026-11-22T11:00:00Z"}, "past-deadline", "in the past", "after"),
    (
        "schedule_downlink",
        {**DOWN, "data_volume_mb": 900_000.0, "deadline": "2026-11-22T20:00:00Z"},
        "GND-005",
        "do not fit",
        "data_volume_mb",
    ),
    ("schedule_downlink", {**DOWN, "data_volume_mb": -1.0}, "tool-input", "data_volume_mb", "schema"),
    ("plan_orbit_raise", {**SAT, "target_altitude_km": 90.0}, "MAN-002", "90 km", "target_altitude_km"),
    ("plan_orbit_raise", {**SAT, "target_altitude_km": 40_000.0}, "MAN-002", "2000 km", "target_altitude_km"),
    ("plan_orbit_raise", {**SAT, "target_altitude_km": 498.0}, "already-there", "already", "target_altitude_km"),
    (
        "plan_orbit_raise",
        {**SAT, "target_altitude_km": 550.0, "deadline": "2026-11-20T00:00:00Z"},
        "past-deadline",
        "past",
        "after",
    ),
    (
        "plan_orbit_raise",
        {**SAT, "target_altitude_km": 550.0, "deadline": "2026-11-22T13:00:00Z"},
        "TMP-003",
        "deadline",
        "deadline",
    ),
    ("plan_orbit_raise", {**SAT, "target_altitude_km": 1900.0}, "propellant", "on board", None),
    (
        "plan_collision_avoidance",
        {**SAT, "conjunction_id": "CDM-20261123-0001"},
        "COL-005",
        "CDM-20261123-0001",
        "conjunction_id",
    ),
    ("plan_collision_avoidance", {**SAT, "conjunction_id": "that one"}, "tool-input", "conjunction_id", "schema"),
    ("schedule_imaging", {**IMAGE, "target": "Atlantis"}, "unknown-target", "Atlantis", "nearest_names"),
    ("schedule_imaging", IMAGE, "missing-target", "latitude_deg", None),
    ("schedule_imaging", {**IMAGE, "latitude_deg": 91.0, "longitude_deg": 0.0}, "tool-input", "latitude_deg", "schema"),
    (
        "schedule_imaging",
        {**IMAGE, "latitude_deg": 78.0, "longitude_deg": 15.0},
        "GEO-002",
        "daylight",
        "max_off_nadir_deg",
    ),
    ("set_mode", {**SAT, "mode": "hover"}, "tool-input", "mode", "schema"),
    ("set_mode", {**SAT, "mode": "safe", "at": "2026-11-22T11:00:00Z"}, "past-time", "past", "at_or_after"),
    ("point_attitude", {**SAT, "pointing": "sun", "duration_min": 0.0}, "tool-input", "duration_min", "schema"),
    ("point_attitude", {**SAT, "pointing": "sun", "duration_min": 5.0, "why": "x"}, "tool-input", "why", "schema"),
    ("check_battery", {**SAT, "eclipses": 21}, "tool-input", "eclipses", "schema"),
    ("search_procedures", {"query": "x" * 121}, "tool-input", "query", "schema"),
    ("get_orbit_state", {**SAT, "epoch": "tomorrow"}, "bad-input", "ISO 8601", None),
]


@pytest.mark.parametrize(("tool", "arguments", "code", "word", "valid"), MISTAKES)
def test_a_mistake_says_what_would_be_valid(
    tool: str, arguments: dict[str, Any], code: str, word: str, valid: str | None
) -> None:
    result = call(MISSION, NOW, tool, arguments)
    assert (result.ok, result.error_code, result.output) == (False, code, None)
    assert result.error is not None and word in result.error
    assert result.activities == ()
    if valid is not None:
        assert result.valid is not None and valid in result.valid


def test_a_station_without_x_band_names_those_that_have_it() -> None:
    deaf = tuple(one.model_copy(update={"bands": ("S",)}) if one.id == "kiruna" else one for one in MISSION.stations)
    mission: Mission = MISSION.model_copy(update={"stations": deaf})
    result = call(mission, NOW, "schedule_downlink", {**DOWN, "station": "kiruna"})
    assert result.error_code == "no-band"
    assert (
        result.valid is not None and "kiruna" not in result.valid["station"] and "svalbard" in result.valid["station"]
    )


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
@pytest.mark.parametrize(
    "tool", ["plan_orbit_raise", "schedule_downlink", "point_attitude", "set_mode", "schedule_imaging"]
)
def test_who_may_not_propose_learns_which_role_may(tool: str, role: Role) -> None:
    result = CATALOG.tool(tool).call({}, context_at(MISSION, NOW, role=role))
    assert result.error_code == "not-authorised"
    assert result.valid == {"role": "operator"}


def test_what_is_said_to_be_valid_is_valid() -> None:
    too_much = call(
        MISSION, NOW, "schedule_downlink", {**DOWN, "data_volume_mb": 900_000.0, "deadline": "2026-11-22T20:00:00Z"}
    )
    assert too_much.valid is not None
    fits = {
        **DOWN,
        "data_volume_mb": float(too_much.valid["data_volume_mb"]) - 0.001,
        "deadline": "2026-11-22T20:00:00Z",
    }
    assert call(MISSION, NOW, "schedule_downlink", fits).ok
    early = call(MISSION, NOW, "set_mode", {**SAT, "mode": "standby", "at": "2026-11-22T12:00:01Z"})
    assert early.error_code == "GND-001" and early.valid is not None
    assert call(MISSION, NOW, "set_mode", {**SAT, "mode": "standby", "at": early.valid["at_or_after"]}).ok
