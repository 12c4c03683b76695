"""Stored plans: revisions, states and approvals, each with its event, none half-written."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.errors import Conflict, NotFound
from core.events import EventLog
from core.mission.model import Mission
from core.plan.activity import ActivityStatus, BurnActivity, Proposer, Provenance, Window
from core.plan.edit import apply_changes
from core.plan.model import Approval, MissionPlan, PlanState, Repair, RepairKind
from core.plan.repository import PlanRepository
from core.store import open_database


@pytest.fixture
def events(tmp_path: Path) -> EventLog:
    return EventLog(open_database(tmp_path / "plans.db"))


@pytest.fixture
def plans(events: EventLog, tmp_path: Path) -> PlanRepository:
    return PlanRepository(open_database(tmp_path / "plans.db"), events)


def _edited(plan: MissionPlan, mission: Mission, now: datetime) -> MissionPlan:
    change = Repair(kind=RepairKind.SHIFT, activity_id="point-lsat-1-sun", shift_s=60.0, description="later")
    return apply_changes(plan, [change], mission, now)


def test_saving_twice_stores_one_revision_and_one_event(
    plans: PlanRepository, events: EventLog, story: MissionPlan, now: datetime
) -> None:
    plans.save(story, actor="agent", at_utc=now)
    plans.save(story, actor="agent", at_utc=now)
    assert [one.revision for one in plans.revisions(story.plan_id)] == [1]
    assert [one.kind for one in events.read(subject=story.plan_id)] == ["plan.drafted", "plan.validated"]
    assert plans.get(story.plan_id) == story


def test_another_content_under_the_same_revision_is_refused(
    plans: PlanRepository, story: MissionPlan, now: datetime
) -> None:
    plans.save(story, actor="agent", at_utc=now)
    with pytest.raises(Conflict, match="other content"):
        plans.save(story.model_copy(update={"activities": story.activities[:1]}), actor="agent", at_utc=now)


def test_a_new_revision_supersedes_the_old_one(
    plans: PlanRepository, events: EventLog, story: MissionPlan, mission: Mission, now: datetime
) -> None:
    plans.save(story, actor="agent", at_utc=now)
    plans.save(_edited(story, mission, now), actor="user:planner", at_utc=now)
    assert plans.get(story.plan_id, revision=1).state is PlanState.SUPERSEDED
    assert plans.get(story.plan_id).revision == 2
    assert "plan.superseded" in [one.kind for one in events.read(subject=story.plan_id)]
    assert [one.revision for one in plans.list_plans()] == [2]


def test_an_approval_of_another_revision_is_refused(
    plans: PlanRepository, story: MissionPlan, mission: Mission, now: datetime
) -> None:
    plans.save(story, actor="agent", at_utc=now)
    plans.save(_edited(story, mission, now), actor="user:planner", at_utc=now)
    approval = Approval(revision_hash=story.revision_hash(), by="planner", role="planner", at=now)
    with pytest.raises(Conflict, match="has changed"):
        plans.approve(story.plan_id, approval, complete=True, at_utc=now)


def test_approving_twice_by_the_same_person_counts_once(
    plans: PlanRepository, story: MissionPlan, now: datetime
) -> None:
    plans.save(story, actor="agent", at_utc=now)
    approval = Approval(revision_hash=story.revision_hash(), by="planner", role="planner", at=now)
    plans.approve(story.plan_id, approval, complete=False, at_utc=now)
    again = plans.approve(story.plan_id, approval, complete=False, at_utc=now)
    assert len(again.approvals) == 1


def test_saving_an_approved_revision_again_keeps_its_approval(
    plans: PlanRepository, story: MissionPlan, now: datetime
) -> None:
    plans.save(story, actor="agent", at_utc=now)
    approval = Approval(revision_hash=story.revision_hash(), by="planner", role="planner", at=now)
    plans.approve(story.plan_id, approval, complete=True, at_utc=now)
    plans.save(story, actor="agent", at_utc=now)
    assert plans.get(story.plan_id).state is PlanState.APPROVED


@pytest.mark.parametrize("state", [PlanState.RELEASED, PlanState.EXECUTING, PlanState.COMPLETED])
def test_a_plan_that_nobody_approved_cannot_move_on(
    state: PlanState, plans: PlanRepository, story: MissionPlan, now: datetime
) -> None:
    plans.save(story, actor="agent", at_utc=now)
    with pytest.raises(Conflict, match="cannot become"):
        plans.set_state(story.plan_id, state, actor="service", at_utc=now)
    assert plans.get(story.plan_id).state is PlanState.VALIDATED


def test_progress_does_not_change_what_was_approved(plans: PlanRepository, story: MissionPlan, now: datetime) -> None:
    plans.save(story, actor="agent", at_utc=now)
    done = {one.activity_id: ActivityStatus.COMPLETED for one in story.activities}
    changed = plans.set_activity_status(story.plan_id, done, at_utc=now)
    assert {one.status for one in changed.activities} == {ActivityStatus.COMPLETED}
    assert changed.revision_hash() == story.revision_hash()


def test_an_unknown_plan_is_not_found(plans: PlanRepository) -> None:
    with pytest.raises(NotFound, match="plan-nothere"):
        plans.get("plan-nothere")


def test_burns_of_approved_plans_are_to_come_until_the_plan_is_over(
    plans: PlanRepository, story: MissionPlan, now: datetime
) -> None:
    def burn(name: str, satellite: str) -> BurnActivity:
        return BurnActivity(
            activity_id=name,
            satellite=satellite,
            window=Window(start=now + timedelta(hours=2), end=now + timedelta(hours=2, seconds=30)),
            delta_v_m_s=0.5,
            propellant_kg=0.04,
            purpose="orbit_raise",
            provenance=Provenance(proposed_by=Proposer.OPERATOR, reason="test"),
        )

    mine = (burn("lift", "LSAT-1"), burn("other", "LSAT-2"))
    plan = story.model_copy(update={"plan_id": "plan-burns0", "activities": mine})
    plans.save(plan, actor="agent", at_utc=now)
    assert plans.commitments(("LSAT-1",), "plan-other0").burns == ()
    approval = Approval(revision_hash=plan.revision_hash(), by="planner", role="planner", at=now)
    plans.approve(plan.plan_id, approval, complete=True, at_utc=now)
    assert [one.activity_id for one in plans.commitments(("LSAT-1",), "plan-other0").burns] == ["lift"]
    assert plans.commitments(("LSAT-1",), plan.plan_id).burns == ()
    assert plans.commitments(("LSAT-3",), "plan-other0").burns == ()
