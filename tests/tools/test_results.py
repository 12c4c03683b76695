"""What tools answer: units, windows, numbers in summaries, proposals that never collide, physics by hand."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.mission import reference_mission
from core.orbit import Sgp4Orbit, state_at
from core.plan.activity import Activity, BurnActivity, DownlinkActivity, UplinkActivity
from core.time import parse_utc, tai_s_from_utc
from evals.proposals import call, context_at
from tools.catalog import CATALOG
from tools.contract import Effect, ToolResult

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MISSION = reference_mission()
WINDOW = {"start": "2026-11-22T12:00:00Z", "end": "2026-11-23T12:00:00Z"}
EARTH_MU_KM3_S2 = 398_600.4418  # IERS Conventions 2010, table 1.1
EARTH_RADIUS_KM = 6_378.137  # WGS 84

READS: list[tuple[str, dict[str, Any]]] = [
    ("list_passes", {"satellite": "LSAT-1", "station": "svalbard", **WINDOW}),
    ("get_orbit_state", {"satellite": "LSAT-2", "epoch": "2026-11-22T18:30:00Z"}),
    ("find_eclipses", {"satellite": "LSAT-3", **WINDOW}),
    ("find_target_access", {"satellite": "LSAT-4", "latitude_deg": 48.8566, "longitude_deg": 2.3522, **WINDOW}),
    ("check_battery", {"satellite": "LSAT-1", "eclipses": 3}),
    ("check_resources", {"satellite": "LSAT-3"}),
    ("explain_anomaly", {"satellite": "LSAT-1", "subsystem": "power"}),
    ("predict_rul", {"satellite": "LSAT-1", "component": "battery"}),
    ("search_procedures", {"query": "safe mode"}),
    ("list_plans", {}),
]
PROPOSALS: list[tuple[str, dict[str, Any]]] = [
    ("schedule_downlink", {"satellite": "LSAT-1", "station": "svalbard", "data_volume_mb": 800.0}),
    ("point_attitude", {"satellite": "LSAT-1", "pointing": "sun", "duration_min": 45.0}),
    ("set_mode", {"satellite": "LSAT-1", "mode": "standby"}),
    ("plan_orbit_raise", {"satellite": "LSAT-1", "target_altitude_km": 503.0}),
    (
        "schedule_imaging",
        {"satellite": "LSAT-1", "latitude_deg": -33.9, "longitude_deg": 18.4, "end": "2026-11-27T12:00:00Z"},
    ),
    (
        "optimize_plan",
        {
            "images": [{"target": "Port of Rotterdam"}, {"latitude_deg": -33.9, "longitude_deg": 18.4}],
            "downlinks": [{"satellite": "LSAT-1", "data_volume_mb": 300.0}],
            "end": "2026-11-23T12:00:00Z",
            "time_budget_s": 0.0,
        },
    ),
    ("schedule_maintenance", {"satellite": "LSAT-1", "work": "star_tracker_calibration"}),
]


def _numbers(value: object) -> set[float]:
    """Every number of a JSON value, those in its texts included."""
    if isinstance(value, bool):
        return set()
    if isinstance(value, (int, float)):
        return {float(value)}
    if isinstance(value, str):
        return {float(one) for one in re.findall(r"\d+(?:\.\d+)?", value)}
    items = list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    counts = {float(len(items))} if isinstance(value, list) else set()
    return counts.union(*[_numbers(one) for one in items]) if items else counts


def _shown(number: str, sources: set[float]) -> bool:
    """Whether a number of a text is one of the output's, rounded as shown, or the same as a percentage."""
    digits = len(number.partition(".")[2])
    return any(abs(abs(factor * one) - float(number)) <= 0.5001 * 10**-digits for one in sources for factor in (1, 100))


@pytest.mark.parametrize(("tool", "arguments"), READS + PROPOSALS)
def test_a_summary_holds_no_number_that_the_output_does_not(tool: str, arguments: dict[str, Any]) -> None:
    result = call(MISSION, NOW, tool, arguments)
    assert result.ok, result.error
    assert result.output is not None
    summary = str(result.output["summary"])
    rest = {name: value for name, value in result.output.items() if name != "summary"}
    craft = MISSION.bus_of("LSAT-1").imager.maximum_off_nadir_deg
    sources = _numbers(rest) | _numbers(arguments) | ({craft} if tool == "find_target_access" else set())
    invented = [one for one in re.findall(r"\d+(?:\.\d+)?", summary) if not _shown(one, sources)]
    assert not invented, (summary, invented)


@pytest.mark.parametrize(("tool", "arguments"), READS)
def test_a_reading_tool_proposes_nothing(tool: str, arguments: dict[str, Any]) -> None:
    result = call(MISSION, NOW, tool, arguments)
    assert (result.effect, result.activities) == (Effect.READ, ())
    assert 0.0 <= result.seconds < 60.0


def test_passes_lie_in_the_window_and_are_in_degrees_kilometres_and_seconds() -> None:
    output = call(MISSION, NOW, *READS[0]).output
    assert output is not None and len(output["passes"]) >= 8  # a polar station sees nearly every revolution
    for one in output["passes"]:
        assert WINDOW["start"] <= one["aos"] < one["culmination"] < one["los"] <= WINDOW["end"]
        assert 5.0 <= one["max_elevation_deg"] <= 90.0
        assert 490.0 < one["min_range_km"] < 2600.0  # never below the orbit's height nor beyond its horizon
        seconds = (parse_utc(one["los"]) - parse_utc(one["aos"])).total_seconds()
        assert one["duration_s"] == pytest.approx(seconds, abs=1.1)


def test_an_orbit_state_is_one_ellipse_in_its_vectors_and_elements() -> None:
    output = call(MISSION, NOW, *READS[1]).output
    assert output is not None
    radius_km, speed_km_s = (math.dist((0, 0, 0), output[name]) for name in ("r_gcrf_km", "v_gcrf_km_s"))
    vis_viva_km = 1.0 / (2.0 / radius_km - speed_km_s**2 / EARTH_MU_KM3_S2)
    assert output["semi_major_axis_km"] == pytest.approx(vis_viva_km, abs=0.01)
    assert output["height_km"] == pytest.approx(radius_km - EARTH_RADIUS_KM, abs=22.0)  # the Earth's flattening
    assert output["period_min"] == pytest.approx(95.1, abs=0.3)


def test_eclipses_are_about_a_third_of_each_revolution() -> None:
    output = call(MISSION, NOW, *READS[2]).output
    assert output is not None and 14 <= len(output["eclipses"]) <= 17
    assert all(30.0 < one["duration_min"] < 37.0 for one in output["eclipses"][1:-1])


def test_the_battery_through_one_eclipse_is_the_energy_balance() -> None:
    output = call(MISSION, NOW, "check_battery", {"satellite": "LSAT-1"}).output
    assert output is not None
    one = output["through"][0]
    start, end = max(parse_utc(one["start"]), NOW), parse_utc(one["end"])
    # 120 W of bus through converters of 95 % that draw 6 W themselves, out of 30 A h at the 8 cells' open-circuit voltage
    # of 3.87 V (70 %) to 4.15 V (full); the heaters' duty, 0 to 40 W, and the resistance's loss, below 1 W, are left open.
    hours = (end - start).total_seconds() / 3600.0
    least = (120.0 / 0.95 + 6.0) * hours / (30.0 * 8 * 4.15)
    most = (160.0 / 0.95 + 7.0) * hours / (30.0 * 8 * 3.87)
    assert least - 0.004 <= one["soc_start"] - one["soc_minimum"] <= most
    assert output["margin"] == pytest.approx(output["soc_minimum"] - 0.6, abs=1e-5)
    assert output["holds"] is True


def test_an_orbit_raise_costs_what_vis_viva_and_the_rocket_equation_say() -> None:
    result = call(MISSION, NOW, "plan_orbit_raise", {"satellite": "LSAT-1", "target_altitude_km": 530.0})
    output = result.output
    assert output is not None
    low, high = (EARTH_RADIUS_KM + one for one in (output["from_altitude_km"], 530.0))
    # Vallado, Fundamentals of Astrodynamics, 4th ed., algorithm 36 (Hohmann transfer), in km/s.
    transfer = 0.5 * (low + high)
    speeds = [
        math.sqrt(EARTH_MU_KM3_S2 * (2.0 / r - 1.0 / a))
        for r, a in ((low, low), (low, transfer), (high, transfer), (high, high))
    ]
    hohmann_m_s = 1000.0 * (speeds[1] - speeds[0] + speeds[3] - speeds[2])
    # A staircase of small transfers costs the same to first order: within 0.5 % here.
    assert output["delta_v_m_s"] == pytest.approx(hohmann_m_s, rel=5e-3)
    wet_kg = 150.0 + 17.4
    # The specific impulse falls with the tank's pressure, from 220 s full to 215 s at 15 bar.
    least_kg, most_kg = (
        wet_kg * (1.0 - math.exp(-output["delta_v_m_s"] / (impulse_s * 9.80665))) for impulse_s in (220.0, 215.0)
    )
    assert least_kg < output["propellant_kg"] < most_kg
    assert output["propellant_left_kg"] == pytest.approx(17.4 - output["propellant_kg"], abs=1e-3)
    burns = [one for one in result.activities if isinstance(one, BurnActivity)]
    assert len(burns) == output["burns"]
    assert all(one.window.duration_s <= 900.0 for one in burns)
    assert sum(one.delta_v_m_s for one in burns) == pytest.approx(output["delta_v_m_s"], abs=1e-3)


def test_a_downlink_moves_its_megabytes_at_the_radios_rate_inside_its_contact() -> None:
    result = call(MISSION, NOW, *PROPOSALS[0])
    downlinks = [one for one in result.activities if isinstance(one, DownlinkActivity)]
    assert sum(one.volume_bytes for one in downlinks) == 800_000_000
    for one in downlinks:
        assert one.window.duration_s == pytest.approx(one.volume_bytes * 8 / 150e6, abs=0.002)
        assert one.contact is not None
        assert one.contact.window.start < one.window.start < one.window.end < one.contact.window.end


def test_an_image_is_taken_by_daylight_within_the_off_nadir_limit() -> None:
    result = call(MISSION, NOW, *PROPOSALS[4])
    assert result.output is not None
    assert 0.0 <= result.output["off_nadir_deg"] <= 30.0
    assert result.output["sun_elevation_deg"] >= 10.0
    orbit = Sgp4Orbit.from_elements(MISSION.craft("LSAT-1").elements)
    state = state_at(orbit, tai_s_from_utc(parse_utc(result.output["start"])))
    away_deg = math.hypot(math.degrees(state.latitude_rad) + 33.9, (math.degrees(state.longitude_rad) - 18.4) * 0.83)
    assert away_deg < 4.0  # 30 degrees off nadir from 500 km reach 290 km


def test_models_without_telemetry_say_so_without_a_number() -> None:
    for tool, arguments in (one for one in READS if one[0] in ("explain_anomaly", "predict_rul")):
        output = call(MISSION, NOW, tool, arguments).output
        assert output is not None and output["available"] is False and output["reason"]


def _turning(activities: list[Activity]) -> list[Activity]:
    return [one for one in activities if not isinstance(one, UplinkActivity) and one.type != "mode"]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sampled_from(PROPOSALS), min_size=2, max_size=5),
    st.integers(0, 24 * 60),
    st.booleans(),
)
@example([PROPOSALS[1], PROPOSALS[1], PROPOSALS[5]], 1170, True)  # the optimiser has another spacecraft take a picture
def test_proposals_never_collide_and_wait_for_their_turn(
    calls: list[tuple[str, dict[str, Any]]], minutes: int, ordered: bool
) -> None:
    not_before = NOW + timedelta(minutes=minutes) if ordered else None
    drafted: list[Activity] = []
    for number, (tool, arguments) in enumerate(calls):
        context = context_at(MISSION, NOW, not_before=not_before, existing=drafted, number=number)
        result: ToolResult = CATALOG.tool(tool).call(arguments, context)
        if result.ok:
            assert result.activities
            drafted.extend(result.activities)
            assert all(one.window.start > NOW for one in result.activities)
            if not_before is not None:
                assert all(one.window.start >= not_before for one in _turning(list(result.activities)))
    assert len({one.activity_id for one in drafted}) == len(drafted)
    placed = sorted(_turning(drafted), key=lambda one: (one.satellite, one.window.start))
    for first, second in pairwise(placed):
        apart = first.satellite != second.satellite or first.window.end <= second.window.start
        assert apart, (first.activity_id, second.activity_id)
