"""A mission, a clock that stands, and the story's plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from core.mission import reference_mission
from core.mission.model import Mission
from core.plan.activity import Activity
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.model import Intent, MissionPlan
from core.time import parse_utc
from evals.proposals import propose
from tools.initial import MissionFileReader

NOW = parse_utc("2026-11-22T12:00:00Z")


@pytest.fixture(scope="session")
def mission() -> Mission:
    return reference_mission()


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def make_plan(mission: Mission) -> Callable[[Sequence[Activity]], MissionPlan]:
    """Drafts and checks a plan of some activities."""

    def make(activities: Sequence[Activity]) -> MissionPlan:
        reader = MissionFileReader(mission)
        initial = [reader.initial_resources(craft.id, NOW) for craft in mission.spacecraft]
        intent = Intent(text="a test", author="operator", channel="cli", received_at=NOW)
        return check_plan(draft_plan("plan-test00", intent, activities, initial, mission, NOW), mission, NOW)

    return make


@pytest.fixture(scope="session")
def story(mission: Mission, make_plan: Callable[[Sequence[Activity]], MissionPlan]) -> MissionPlan:
    """Downlink 800 MB from LSAT-1 at Svalbard, then point it at the Sun for 45 minutes."""
    calls = [
        (
            "schedule_downlink",
            {"satellite": "LSAT-1", "station": "svalbard", "data_volume_mb": 800, "deadline": "2026-11-23T12:00:00Z"},
        ),
        ("point_attitude", {"satellite": "LSAT-1", "pointing": "sun", "duration_min": 45}),
    ]
    return make_plan(propose(mission, NOW, calls))


@pytest.fixture(scope="session")
def busy(mission: Mission, make_plan: Callable[[Sequence[Activity]], MissionPlan]) -> MissionPlan:
    """Two satellites with an image, a downlink, a pointing and a mode change."""
    calls = [
        ("schedule_imaging", {"satellite": "LSAT-1", "target": "Port of Rotterdam", "end": "2026-11-23T12:00:00Z"}),
        ("schedule_downlink", {"satellite": "LSAT-1", "station": "kiruna", "data_volume_mb": 1000}),
        ("point_attitude", {"satellite": "LSAT-1", "pointing": "sun", "duration_min": 20}),
        ("set_mode", {"satellite": "LSAT-3", "mode": "standby"}),
    ]
    return make_plan(propose(mission, NOW, calls))
