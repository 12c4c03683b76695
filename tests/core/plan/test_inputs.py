"""Staleness: any change of what findings rest on is named, and nothing else is."""

from __future__ import annotations

from datetime import datetime

from core.mission.model import Mission
from core.plan.check import check_plan
from core.plan.inputs import stale_inputs
from core.plan.model import MissionPlan
from evals.faults.originals import harmless_catalogue


def test_a_plan_that_was_just_judged_is_fresh(story: MissionPlan, mission: Mission, now: datetime) -> None:
    judged = check_plan(story, mission, now, (), harmless_catalogue(now))
    assert stale_inputs(judged, mission, (), harmless_catalogue(now)) == ()


def test_every_changed_input_is_named(story: MissionPlan, mission: Mission, now: datetime) -> None:
    first, *others = mission.targets
    edited = mission.model_copy(update={"targets": (first.model_copy(update={"height_m": 1.0}), *others)})
    assert stale_inputs(story, edited, (), None) == ("mission",)
    assert stale_inputs(story, mission, (), harmless_catalogue(now)) == ("catalogue",)
    activity, *rest = story.activities
    moved = story.model_copy(update={"activities": (activity.model_copy(update={"activity_id": "other"}), *rest)})
    assert stale_inputs(moved, mission, (), None) == ("plan",)
    report = story.validation
    assert report is not None
    older = report.model_copy(update={"input_hashes": {**report.input_hashes, "models": "2020.01-1"}})
    assert stale_inputs(story.model_copy(update={"validation": older}), mission, (), None) == ("models",)


def test_a_plan_that_was_never_judged_is_stale(story: MissionPlan, mission: Mission) -> None:
    assert stale_inputs(story.model_copy(update={"validation": None}), mission, (), None) == ("validation",)
