"""Valid plans have no finding that blocks; every group of checks runs; what is told without blocking is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from core.mission.model import Mission
from core.plan.model import MissionPlan, Severity
from evals.proposals import propose

Mutation = Callable[[MissionPlan], MissionPlan]


def test_valid_plans_have_no_blocking_finding(story: MissionPlan, busy: MissionPlan) -> None:
    for plan in (story, busy):
        assert plan.validation is not None
        assert plan.state == "validated"
        assert [one.code for one in plan.validation.findings if one.severity is not Severity.INFO] == []


def test_every_group_of_checks_ran(story: MissionPlan) -> None:
    assert story.validation is not None
    groups = {"STR", "TMP", "RES", "GEO", "ATT", "GND", "MAN", "COL", "AUT", "FRU", "CON"}
    assert set(story.validation.checks_run) == groups


@pytest.fixture(scope="module")
def raised(mission: Mission, now: datetime, make_plan: Callable[..., MissionPlan]) -> MissionPlan:
    return make_plan(propose(mission, now, [("plan_orbit_raise", {"satellite": "LSAT-2", "target_altitude_km": 540})]))


def test_a_burn_is_unknown_until_screened_and_needs_two_people(raised: MissionPlan) -> None:
    assert raised.validation is not None
    severities = {one.code: one.severity for one in raised.validation.findings}
    assert severities == {"COL-004": Severity.UNKNOWN, "AUT-001": Severity.INFO}
    assert raised.state == "draft"


def test_pointing_in_shadow_is_told_but_does_not_block(story: MissionPlan) -> None:
    assert story.validation is not None
    assert all(one.severity is Severity.INFO for one in story.validation.findings if one.code == "GEO-004")
