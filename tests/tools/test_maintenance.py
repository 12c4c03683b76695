"""Maintenance is put where its light is; the light is judged by the Almanac's Sun and a cylinder of shadow, not by our eclipses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.mission import reference_mission
from core.orbit import Sgp4Orbit
from core.plan.activity import Activity, Window
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.maintenance import NEEDS, Light, Work
from core.plan.model import Intent, MissionPlan, Severity
from core.plan.schedule import MaintenanceRequest, schedule_requests
from core.time import parse_utc, tai_s_from_utc
from evals.proposals import context_at
from tools.catalog import CATALOG
from tools.contract import ToolResult
from tools.initial import MissionFileReader

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MISSION = reference_mission()
SATELLITE = "LSAT-1"
EARTH_RADIUS_M = 6_378_137.0
EDGE_M = 60_000.0  # the penumbra's half width at these heights is 20 km; the Almanac's Sun is good to 0.01 degrees


def schedule(**arguments: Any) -> ToolResult:
    return CATALOG.tool("schedule_maintenance").call({"satellite": SATELLITE, **arguments}, context_at(MISSION, NOW))


def towards_sun(t_tai_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Astronomical Almanac's low-precision Sun, equator of date, good to 0.01 degrees."""
    days = (t_tai_s + 32.184) / 86_400.0
    longitude, anomaly = np.radians(280.460 + 0.9856474 * days), np.radians(357.528 + 0.9856003 * days)
    ecliptic = longitude + np.radians(1.915) * np.sin(anomaly) + np.radians(0.020) * np.sin(2.0 * anomaly)
    tilt = np.radians(23.439 - 4e-7 * days)
    return np.stack([np.cos(ecliptic), np.cos(tilt) * np.sin(ecliptic), np.sin(tilt) * np.sin(ecliptic)], axis=1)


def depth_m(window: Window) -> NDArray[np.float64]:
    """How deep in a cylinder of shadow the satellite is through a window; negative in sunlight."""
    t = np.linspace(tai_s_from_utc(window.start), tai_s_from_utc(window.end), 21)
    r = Sgp4Orbit.from_elements(MISSION.craft(SATELLITE).elements).propagate(t).r_gcrf_m
    sun = towards_sun(t)
    along = np.einsum("ij,ij->i", r, sun)
    across = np.linalg.norm(r - along[:, None] * sun, axis=1)
    return np.where(along < 0.0, EARTH_RADIUS_M - across, -np.inf)


def checked(activities: Sequence[Activity]) -> MissionPlan:
    initial = [MissionFileReader(MISSION).initial_resources(SATELLITE, NOW)]
    intent = Intent(text="maintenance", author="operator", channel="cli", received_at=NOW)
    return check_plan(draft_plan("plan-upkeep", intent, activities, initial, MISSION, NOW), MISSION, NOW)


@pytest.mark.parametrize("work", list(Work))
def test_a_work_is_placed_in_its_light_and_nothing_blocks_it(work: Work) -> None:
    result = schedule(work=work)
    assert result.ok, result.error
    (one,) = result.activities
    assert one.window.duration_s == pytest.approx(NEEDS[work].duration_s) and one.pointing is NEEDS[work].pointing
    if NEEDS[work].light is Light.DARK:
        assert depth_m(one.window).min() > -EDGE_M and depth_m(one.window)[10] > 0.0
    if NEEDS[work].light is Light.SUNLIT:
        assert depth_m(one.window).max() < EDGE_M
    plan = checked(result.activities)
    assert plan.validation is not None
    assert [one.code for one in plan.validation.findings if one.severity is Severity.BLOCK] == []


def test_a_work_moved_out_of_its_light_is_found() -> None:
    (one,) = schedule(work=Work.STAR_TRACKER_CALIBRATION).activities
    later = timedelta(minutes=50)
    moved = one.model_copy(update={"window": Window(start=one.window.start + later, end=one.window.end + later)})
    report = checked([moved]).validation
    assert report is not None and "TMP-003" in {found.code for found in report.findings}


def test_more_time_than_the_light_lasts_is_refused_with_what_there_is() -> None:
    result = schedule(work="star_tracker_calibration", duration_min=60)
    assert result.error_code == "GEO-003" and result.valid is not None
    # A shadow on a circular orbit lasts at most the arc behind the Earth's disc.
    elements = MISSION.craft(SATELLITE).elements
    period_min = 1440.0 / elements.mean_motion_rev_day
    a_m = (3.986004418e14 * (60.0 * period_min / (2.0 * math.pi)) ** 2) ** (1.0 / 3.0)
    most_min = period_min * math.asin(EARTH_RADIUS_M / a_m) / math.pi
    assert 20.0 < result.valid["longest_min"] < most_min
    assert schedule(work="star_tracker_calibration", duration_min=result.valid["longest_min"] - 5.0).ok


def test_a_window_is_kept_and_one_before_any_contact_is_refused() -> None:
    start, end = "2026-11-23T06:00:00Z", "2026-11-23T12:00:00Z"
    output = schedule(work="gyro_calibration", start=start, end=end).output
    assert output is not None and start <= output["start"] < output["end"] <= end
    early = schedule(work="gyro_calibration", end="2026-11-22T12:05:00Z")
    assert early.error_code == "GND-001" and early.valid is not None and parse_utc(early.valid["end_after"]) > NOW
    assert "work" in (schedule(work="polish").error or "")


def test_the_scheduler_places_work_in_its_light_beside_each_other() -> None:
    horizon = Window(start=NOW, end=NOW + timedelta(days=1))
    works = (Work.STAR_TRACKER_CALIBRATION, Work.IMAGER_DARK_CALIBRATION, Work.SUN_SENSOR_CALIBRATION)
    asked = [MaintenanceRequest(name=one.value.replace("_", "-"), satellite=SATELLITE, work=one) for one in works]
    long = MaintenanceRequest(
        name="too-long", satellite=SATELLITE, work=Work.STAR_TRACKER_CALIBRATION, duration_s=3600.0
    )
    planned = schedule_requests(MISSION, [*asked, long], {}, horizon, NOW, 0.0)
    placed = {one.activity_id: one for one in planned.activities}
    assert depth_m(placed["star-tracker-calibration"].window)[10] > 0.0
    assert depth_m(placed["imager-dark-calibration"].window).min() > -EDGE_M
    assert depth_m(placed["sun-sensor-calibration"].window).max() < EDGE_M
    (left,) = planned.unplanned
    assert (left.description, left.code) == ("too-long", "GEO-003")
    report = checked(planned.activities).validation
    assert report is not None and [one.code for one in report.findings if one.severity is Severity.BLOCK] == []
