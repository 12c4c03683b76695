"""The picture of a plan: whatever the plan, it is drawn, and codes that block stand in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from core.mission.model import Mission
from core.plan.activity import DownlinkActivity
from core.plan.check import check_plan
from core.plan.model import MissionPlan
from core.plan.picture import draw_plan


def drawn(plan: MissionPlan, folder: Path) -> str:
    draw_plan(plan, folder / "plan.svg")
    return (folder / "plan.svg").read_text()


def test_two_satellites_share_the_axes_in_units_that_people_read(busy: MissionPlan, tmp_path: Path) -> None:
    picture = drawn(busy, tmp_path)
    for words in ("LSAT-3", "state of charge", "stored data", "GB", "battery temperature", "2026-Nov"):
        assert f"<!-- {words}" in picture, words


def test_blocking_codes_stand_beside_their_activity_also_without_a_flight(
    story: MissionPlan, mission: Mission, now: datetime, tmp_path: Path
) -> None:
    downlink = next(one for one in story.activities if isinstance(one, DownlinkActivity))
    for changes, code in (
        ({"commands": ()}, "CON-003"),
        ({"contact": downlink.contact.model_copy(update={"station": "svalbrad"})}, "STR-003"),
    ):
        spoilt = [
            one.model_copy(update=changes) if one.activity_id == downlink.activity_id else one
            for one in story.activities
        ]
        plan = check_plan(story.model_copy(update={"activities": tuple(spoilt)}), mission, now)
        assert f"<!-- {code}" in drawn(plan, tmp_path)
