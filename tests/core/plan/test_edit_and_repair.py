"""Edits make new revisions that nobody has approved; repairs change when, never what."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.mission.model import Mission
from core.plan.activity import DownlinkActivity, PointingActivity, UplinkActivity, Window
from core.plan.check import check_plan
from core.plan.commanding import expand
from core.plan.diff import diff_plans
from core.plan.edit import apply_changes
from core.plan.model import Approval, MissionPlan, Repair, RepairKind
from core.plan.repair import AUTOMATIC, repair_plan


def _point(plan: MissionPlan) -> PointingActivity:
    return next(one for one in plan.activities if isinstance(one, PointingActivity))


def _shift(plan: MissionPlan, seconds: float) -> Repair:
    return Repair(kind=RepairKind.SHIFT, activity_id=_point(plan).activity_id, shift_s=seconds, description="later")


def test_an_edit_is_a_new_revision_with_its_difference(story: MissionPlan, mission: Mission, now: datetime) -> None:
    edited = apply_changes(story, [_shift(story, 600.0)], mission, now)
    point = _point(story)
    assert (edited.revision, edited.parent_revision, edited.state) == (2, 1, "draft")
    assert edited.validation is None and edited.profiles == ()
    assert edited.diff is not None and edited.diff.changed == {point.activity_id: ("commands", "window")}
    assert _point(edited).window.start == point.window.start + timedelta(seconds=600)


def test_any_edit_voids_approvals(story: MissionPlan, mission: Mission, now: datetime) -> None:
    approval = Approval(revision_hash=story.revision_hash(), by="planner", role="planner", at=now)
    approved = story.model_copy(update={"approvals": (approval,)})
    edited = apply_changes(approved, [_shift(story, 60.0)], mission, now)
    assert edited.approvals == ()
    assert edited.revision_hash() != approval.revision_hash


@settings(max_examples=30, deadline=None)
@given(seconds=st.integers(min_value=-3600, max_value=3600).filter(bool))
def test_a_shift_and_its_opposite_give_the_same_activities(
    seconds: int, story: MissionPlan, mission: Mission, now: datetime
) -> None:
    there = apply_changes(story, [_shift(story, seconds)], mission, now)
    back = apply_changes(there, [_shift(story, -seconds)], mission, now)
    assert diff_plans(story, back).changed == {}
    assert there.revision_hash() != story.revision_hash()


def test_dropping_an_activity_frees_what_was_anchored_to_it(
    story: MissionPlan, mission: Mission, now: datetime
) -> None:
    down = next(one for one in story.activities if isinstance(one, DownlinkActivity))
    edited = apply_changes(
        story, [Repair(kind=RepairKind.DROP, activity_id=down.activity_id, description="without")], mission, now
    )
    assert edited.diff is not None and edited.diff.removed == (down.activity_id,)
    assert _point(edited).anchor is None


def test_moving_an_anchor_moves_what_follows(story: MissionPlan, mission: Mission, now: datetime) -> None:
    down = next(one for one in story.activities if isinstance(one, DownlinkActivity))
    move = Repair(kind=RepairKind.MOVE_TO_CONTACT, activity_id=down.activity_id, shift_s=1.0, description="next pass")
    edited = apply_changes(story, [move], mission, now)
    moved = next(one for one in edited.activities if isinstance(one, DownlinkActivity))
    assert moved.contact.window.start > down.contact.window.end
    assert _point(edited).window.start >= moved.window.end


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (Repair(kind=RepairKind.SHIFT, activity_id="gone", shift_s=1.0, description=""), "activity_id"),
        (Repair(kind=RepairKind.SHIFT, activity_id="point-lsat-1-sun", description=""), "shift_s"),
        (Repair(kind=RepairKind.SHORTEN, activity_id="point-lsat-1-sun", duration_s=0.0, description=""), "duration_s"),
        (
            Repair(kind=RepairKind.REDUCE_VOLUME, activity_id="point-lsat-1-sun", volume_bytes=5, description=""),
            "volume_bytes",
        ),
        (Repair(kind=RepairKind.MOVE_TO_CONTACT, activity_id="point-lsat-1-sun", description=""), "activity_id"),
    ],
)
def test_an_impossible_edit_names_its_field(
    change: Repair, field: str, story: MissionPlan, mission: Mission, now: datetime
) -> None:
    with pytest.raises(InputError) as refused:
        apply_changes(story, [change], mission, now)
    assert refused.value.field == field


def _rushed(plan: MissionPlan) -> MissionPlan:
    down = next(one for one in plan.activities if isinstance(one, DownlinkActivity))
    point = _point(plan)
    length = point.window.end - point.window.start
    start = down.window.end + timedelta(seconds=5)
    moved = point.model_copy(update={"window": Window(start=start, end=start + length)})
    moved = moved.model_copy(update={"commands": expand(moved)})
    return plan.model_copy(update={"activities": tuple(moved if one is point else one for one in plan.activities)})


def test_a_rushed_slew_is_repaired_by_waiting(story: MissionPlan, mission: Mission, now: datetime) -> None:
    broken = check_plan(_rushed(story), mission, now)
    outcome = repair_plan(broken, mission, now)
    assert outcome.applied and not outcome.exhausted
    repaired = check_plan(outcome.plan, mission, now)
    assert repaired.state == "validated"
    assert _point(repaired).window.duration_s == pytest.approx(_point(story).window.duration_s)


def test_a_missing_command_contact_is_added(story: MissionPlan, mission: Mission, now: datetime) -> None:
    bare = tuple(one for one in story.activities if not isinstance(one, UplinkActivity))
    broken = check_plan(story.model_copy(update={"activities": bare}), mission, now)
    repaired = check_plan(repair_plan(broken, mission, now).plan, mission, now)
    assert repaired.state == "validated"


def test_less_data_than_asked_for_is_offered_but_never_taken(
    story: MissionPlan, mission: Mission, now: datetime
) -> None:
    empty = tuple(one.model_copy(update={"data_stored_bytes": 100_000_000}) for one in story.initial)
    broken = check_plan(story.model_copy(update={"initial": empty}), mission, now)
    outcome = repair_plan(broken, mission, now)
    assert outcome.exhausted and outcome.plan is broken
    assert broken.validation is not None
    offers = [repair for one in broken.validation.findings for repair in one.repairs]
    assert [one.kind for one in offers] == [RepairKind.REDUCE_VOLUME]
    assert not set(AUTOMATIC) & {one.kind for one in offers}
    taken = check_plan(apply_changes(broken, offers, mission, now), mission, now)
    assert taken.state == "validated"
