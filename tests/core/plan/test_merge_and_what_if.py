"""Two sides of one plan merge without losing either's work; a what-if leaves the plan and its approvals alone."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.mission.model import Mission
from core.plan.activity import Activity
from core.plan.edit import replace_activities
from core.plan.merge import merge_plans
from core.plan.model import Approval, MissionPlan, Repair, RepairKind
from core.plan.whatif import differences, what_if, with_alternatives
from core.time import add_s

KEPT = {"status", "commands"}
TASTE = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def edited(plan: MissionPlan, changes: dict[str, Activity | None], now: datetime) -> MissionPlan:
    """A revision with some activities changed or left out."""
    kept = (changes.get(one.activity_id, one) for one in plan.activities)
    return replace_activities(plan, tuple(one for one in kept if one is not None), now)


def reworded(one: Activity, text: str) -> Activity:
    return one.model_copy(update={"provenance": one.provenance.model_copy(update={"reason": text})})


def later(one: Activity) -> Activity:
    return one.model_copy(update={"latest_end": add_s(one.window.end, 3600.0)})


def content(plan: MissionPlan) -> dict[str, object]:
    return {one.activity_id: one.model_dump(mode="json", exclude=KEPT) for one in plan.activities}


@TASTE
@given(data=st.data())
def test_edits_of_different_activities_are_both_kept(data: st.DataObject, busy: MissionPlan, now: datetime) -> None:
    ids = [one.activity_id for one in busy.activities]
    whose = data.draw(st.lists(st.sampled_from(["mine", "theirs", "nobody"]), min_size=len(ids), max_size=len(ids)))
    drop = data.draw(st.lists(st.booleans(), min_size=len(ids), max_size=len(ids)))
    changes: dict[str, dict[str, Activity | None]] = {"mine": {}, "theirs": {}, "nobody": {}}
    for one, side, dropped in zip(busy.activities, whose, drop, strict=True):
        changes[side][one.activity_id] = None if dropped else later(one)
    changes["nobody"] = {}
    mine, theirs = edited(busy, changes["mine"], now), edited(busy, changes["theirs"], now)
    merged = merge_plans(busy, mine, theirs, now)
    assert merged.conflicts == ()
    assert content(merged.plan) == content(edited(busy, changes["mine"] | changes["theirs"], now))
    turned = merge_plans(busy, theirs, mine, now)
    assert content(turned.plan) == content(merged.plan)


def test_a_merge_with_itself_changes_nothing(busy: MissionPlan, now: datetime) -> None:
    mine = edited(busy, {busy.activities[0].activity_id: later(busy.activities[0])}, now)
    for merged in (merge_plans(busy, mine, mine, now), merge_plans(busy, mine, busy, now)):
        assert merged.conflicts == ()
        assert content(merged.plan) == content(mine)


def test_different_fields_of_one_activity_are_both_kept(busy: MissionPlan, now: datetime) -> None:
    one = busy.activities[1]
    mine = edited(busy, {one.activity_id: later(one)}, now)
    theirs = edited(busy, {one.activity_id: reworded(one, "another reason")}, now)
    merged = merge_plans(busy, mine, theirs, now)
    assert merged.conflicts == ()
    (found,) = [other for other in merged.plan.activities if other.activity_id == one.activity_id]
    assert found.latest_end == later(one).latest_end
    assert found.provenance.reason == "another reason"


def test_one_field_changed_twice_is_a_conflict_that_keeps_mine(busy: MissionPlan, now: datetime) -> None:
    one = busy.activities[1]
    mine = edited(busy, {one.activity_id: reworded(one, "mine")}, now)
    theirs = edited(busy, {one.activity_id: reworded(one, "theirs")}, now)
    merged = merge_plans(busy, mine, theirs, now)
    assert [(found.activity_id, found.field) for found in merged.conflicts] == [(one.activity_id, "provenance")]
    assert content(merged.plan) == content(mine)


def test_a_change_of_what_the_other_side_removed_is_a_conflict(busy: MissionPlan, now: datetime) -> None:
    one = busy.activities[1]
    removed = edited(busy, {one.activity_id: None}, now)
    changed = edited(busy, {one.activity_id: later(one)}, now)
    (found,) = merge_plans(busy, removed, changed, now).conflicts
    assert (found.activity_id, found.field, found.mine) == (one.activity_id, "*", None)


def test_a_merged_plan_is_a_draft_after_both_sides(busy: MissionPlan, now: datetime) -> None:
    approval = Approval(revision_hash=busy.revision_hash(), by="ada", role="flight_director", at=now)
    mine = edited(busy, {}, now).model_copy(update={"approvals": (approval,)})
    theirs = edited(edited(busy, {}, now), {}, now)
    merged = merge_plans(busy, mine, theirs, now).plan
    assert (merged.state, merged.approvals, merged.validation) == ("draft", (), None)
    assert (merged.revision, merged.parent_revision) == (theirs.revision + 1, theirs.revision)


def test_revisions_of_another_plan_are_refused(busy: MissionPlan, story: MissionPlan, now: datetime) -> None:
    other = story.model_copy(update={"plan_id": "plan-another"})
    with pytest.raises(InputError, match=r"theirs\.plan_id"):
        merge_plans(busy, busy, other, now)


def test_a_what_if_is_checked_and_leaves_the_plan_alone(mission: Mission, busy: MissionPlan, now: datetime) -> None:
    before = busy.model_dump_json()
    downlink = next(one for one in busy.activities if one.type == "downlink")
    drop = Repair(kind=RepairKind.DROP, activity_id=downlink.activity_id, description="without it")
    asked = what_if(busy, "plan-whatif", "no downlink", [drop], mission, now)
    assert busy.model_dump_json() == before
    assert (asked.plan.plan_id, asked.plan.revision, asked.plan.approvals) == ("plan-whatif", 1, ())
    assert asked.plan.validation is not None
    assert asked.plan.revision_hash() != busy.revision_hash()
    assert asked.alternative.differences["activities"] == -1.0
    assert asked.alternative.differences["passes"] == -1.0
    assert asked.alternative.differences["downlinked_bytes"] == -float(downlink.volume_bytes)
    assert asked.alternative.differences["lowest_soc"] >= 0.0


def test_a_plan_does_not_differ_from_itself(busy: MissionPlan) -> None:
    assert set(differences(busy, busy).values()) == {0.0}


def test_alternatives_do_not_change_what_an_approval_binds(busy: MissionPlan, story: MissionPlan) -> None:
    named = with_alternatives(busy, [("the story", story)])
    assert named.alternatives[-1].description == "the story"
    assert named.alternatives[-1].differences["activities"] == len(story.activities) - len(busy.activities)
    assert named.revision_hash() == busy.revision_hash()
