"""A day of requests to four satellites becomes a plan that the validator, which knows nothing of the scheduler, accepts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest

from core.errors import InputError
from core.mission.model import Mission
from core.plan.activity import Window
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.model import InitialResources, Intent, Severity
from core.plan.schedule import (
    BurnRequest,
    DownlinkRequest,
    HoldRequest,
    ImagingRequest,
    ScheduledPlan,
    ScheduleRequest,
    alternative_schedules,
    schedule_requests,
)
from core.time import add_s
from tools.initial import MissionFileReader

PLACES = {  # degrees north and east
    "rotterdam": (51.95, 4.14),
    "lima": (-12.05, -77.15),
    "nairobi": (-1.29, 36.82),
    "sydney": (-33.86, 151.2),
    "anchorage": (61.2, -149.9),
    "mumbai": (18.95, 72.85),
    "cape-town": (-33.92, 18.42),
    "tokyo": (35.65, 139.77),
    "buenos-aires": (-34.6, -58.38),
    "perth": (-31.95, 115.86),
}


@pytest.fixture(scope="module")
def initial(mission: Mission, now: datetime) -> Mapping[str, InitialResources]:
    reader = MissionFileReader(mission)
    return {craft.id: reader.initial_resources(craft.id, now) for craft in mission.spacecraft}


@pytest.fixture(scope="module")
def horizon(now: datetime) -> Window:
    return Window(start=now, end=add_s(now, 86_400.0))


@pytest.fixture(scope="module")
def requests() -> tuple[ScheduleRequest, ...]:
    images = [ImagingRequest(name=name, latitude_deg=lat, longitude_deg=lon) for name, (lat, lon) in PLACES.items()]
    downlinks = [
        DownlinkRequest(name=f"data-{k}", satellite=f"LSAT-{k}", volume_bytes=300_000_000) for k in range(1, 5)
    ]
    return (
        *images,
        *downlinks,
        HoldRequest(name="calibrate", satellite="LSAT-3", duration_s=600.0),
        BurnRequest(name="lift", satellite="LSAT-2", delta_v_m_s=0.2, priority=5.0),
        ImagingRequest(name="polar-night", latitude_deg=85.0, longitude_deg=10.0),
    )


@pytest.fixture(scope="module")
def planned(
    mission: Mission,
    now: datetime,
    initial: Mapping[str, InitialResources],
    horizon: Window,
    requests: tuple[ScheduleRequest, ...],
) -> ScheduledPlan:
    return schedule_requests(mission, requests, initial, horizon, now, 1.0)


def test_the_validator_finds_nothing_that_blocks_in_a_scheduled_day(
    mission: Mission, now: datetime, initial: Mapping[str, InitialResources], planned: ScheduledPlan
) -> None:
    intent = Intent(text="the day", author="planner", channel="cli", received_at=now)
    drafted = draft_plan("plan-theday", intent, planned.activities, list(initial.values()), mission, now)
    report = check_plan(drafted, mission, now).validation
    assert report is not None
    assert [one for one in report.findings if one.severity is Severity.BLOCK] == []
    assert {one.code for one in report.findings if one.severity is Severity.UNKNOWN} <= {"COL-004"}


def test_every_request_is_in_the_plan_or_explained(
    requests: tuple[ScheduleRequest, ...], planned: ScheduledPlan
) -> None:
    served = {one.activity_id for one in planned.activities}
    explained = {one.description for one in planned.unplanned}
    assert {one.name for one in requests} == {name for name in served if not name.startswith("uplink-")} | explained
    assert not served & explained
    assert len(served) > len(requests) / 2


def test_a_place_in_the_dark_is_refused_for_its_light(planned: ScheduledPlan) -> None:
    night = next(one for one in planned.unplanned if one.description == "polar-night")
    assert night.code == "GEO-003"
    assert "GEO-003" in night.reason


def test_a_satellite_is_commanded_before_it_does_anything(planned: ScheduledPlan) -> None:
    for satellite in {one.satellite for one in planned.activities}:
        mine = sorted(
            (one for one in planned.activities if one.satellite == satellite), key=lambda one: one.window.start
        )
        assert mine[0].type == "uplink"


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("requests.x.satellite", [HoldRequest(name="x", satellite="LSAT-9", duration_s=60.0)]),
        (
            "requests.x.stations",
            [DownlinkRequest(name="x", satellite="LSAT-1", volume_bytes=1, stations=("atlantis",))],
        ),
        ("requests.name", [HoldRequest(name="x", satellite="LSAT-1", duration_s=60.0)] * 2),
    ],
)
def test_a_request_for_what_is_not_there_is_refused_by_name(
    mission: Mission, now: datetime, horizon: Window, field: str, bad: list[ScheduleRequest]
) -> None:
    with pytest.raises(InputError) as refused:
        schedule_requests(mission, bad, {}, horizon, now, 0.0)
    assert refused.value.field == field


def test_an_alternative_serves_more_requests_of_less_priority(
    mission: Mission, now: datetime, initial: Mapping[str, InitialResources], horizon: Window
) -> None:
    """Two short holds, or one long one that is worth more: in a window that has no room for all."""
    window = {"satellite": "LSAT-1", "earliest": add_s(now, 10_000.0), "latest_end": add_s(now, 14_000.0)}
    asked: list[ScheduleRequest] = [
        HoldRequest(name="long", duration_s=3000.0, priority=9.0, **window),
        HoldRequest(name="first", duration_s=1000.0, priority=1.0, **window),
        HoldRequest(name="second", duration_s=1000.0, priority=1.0, **window),
    ]
    chosen = schedule_requests(mission, asked, initial, horizon, now, 0.5)
    assert {one.activity_id for one in chosen.activities} == {"uplink-lsat-1", "long"}
    ((aim, other),) = alternative_schedules(mission, asked, initial, horizon, now, 0.5, chosen)
    assert aim.startswith("as many requests as possible")
    assert {one.activity_id for one in other.activities} == {"uplink-lsat-1", "first", "second"}
