"""Findings of a plan file that somebody edited by hand tell what would be right."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.cli.main import main
from core.mission.model import Mission
from core.plan.activity import DownlinkActivity, Window
from core.plan.check import check_plan
from core.plan.model import MissionPlan


def explained(plan: MissionPlan, mission: Mission, now: datetime) -> dict[str, str]:
    report = check_plan(plan, mission, now).validation
    assert report is not None
    return {one.code: one.explanation for one in report.findings}


def with_downlink(plan: MissionPlan, **changes: object) -> MissionPlan:
    changed = [one.model_copy(update=changes) if isinstance(one, DownlinkActivity) else one for one in plan.activities]
    return plan.model_copy(update={"activities": tuple(changed)})


def test_a_moved_activity_names_its_stale_command_and_the_right_one(
    story: MissionPlan, mission: Mission, now: datetime
) -> None:
    start = story.horizon.end + timedelta(minutes=5)
    moved = with_downlink(story, window=Window(start=start, end=start + timedelta(seconds=60)))
    told = explained(moved, mission, now)
    assert "where START_DOWNLINK(volume_bytes=800000000, duration_s=60, station=svalbard) at" in told["CON-003"]
    assert "widen `horizon`" in told["TMP-002"] and "2026-11-22T12:00:00Z to" in told["TMP-002"]
    bare = with_downlink(story, commands=())
    assert "it has no command where START_DOWNLINK" in explained(bare, mission, now)["CON-003"]


def test_an_unknown_name_is_told_with_its_activity(story: MissionPlan, mission: Mission, now: datetime) -> None:
    downlink = next(one for one in story.activities if isinstance(one, DownlinkActivity))
    typo = with_downlink(story, contact=downlink.contact.model_copy(update={"station": "svalbrad"}))
    assert explained(typo, mission, now)["STR-003"].startswith(f"{downlink.activity_id}: station 'svalbrad'")


def test_all_wrong_fields_of_a_file_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"plan_id": "Plan 1", "revision": 0}')
    assert main(["plan", "validate", str(path)]) == 2
    told = capsys.readouterr().err
    assert "plan_id:" in told and "revision:" in told and "activities: Field required" in told
