"""A planner changes a plan: a new revision, checked again, which nobody has approved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from agent.state import DecisionKind, ReviewDecision
from api.auth.accounts import User
from api.service.runtime import Runtime
from core.errors import Conflict, InputError
from core.plan.activity import Activity
from core.plan.draft import draft_plan
from core.plan.edit import apply_changes
from core.plan.model import Intent, MissionPlan, PlanState, Repair
from core.time import format_utc

__all__ = ["create_plan", "edit_plan", "revalidate_plan"]

_OPEN = (PlanState.DRAFT, PlanState.VALIDATED)


def create_plan(runtime: Runtime, text: str, activities: Sequence[Activity], user: User) -> MissionPlan:
    """A plan that a person wrote by hand, checked like any other."""
    if not activities:
        raise InputError("activities", "a plan needs at least one activity")
    now = runtime.clock.now_utc()
    intent = Intent(text=text, author=user.username, channel="api", received_at=now)
    initial = [runtime.telemetry.initial_resources(one, now) for one in dict.fromkeys(a.satellite for a in activities)]
    seed = "|".join([user.username, format_utc(now), *(one.model_dump_json() for one in activities)])
    plan_id = f"plan-{hashlib.sha256(seed.encode()).hexdigest()[:16]}"
    held = runtime.plans.commitments([one.satellite for one in initial], plan_id).bookings
    plan = draft_plan(plan_id, intent, activities, initial, runtime.mission, now, held=held)
    return _save(runtime, runtime.check(plan), user)


def edit_plan(runtime: Runtime, plan_id: str, changes: Sequence[Repair], revision_hash: str, user: User) -> MissionPlan:
    """Apply changes to the revision that the planner saw.

    Raises:
        Conflict: The plan has changed since (``precondition``), or is past editing.
        InputError, PhysicsError: A change cannot be made.
    """
    plan = runtime.plans.get(plan_id)
    if plan.revision_hash() != revision_hash:
        raise Conflict(
            f"{plan_id} has changed since you saw it: it is at revision {plan.revision}", code="precondition"
        )
    if plan.state not in _OPEN:
        raise Conflict(f"{plan_id} is {plan.state} and can no longer be edited", code="plan-state")
    now = runtime.clock.now_utc()
    held = runtime.plans.commitments(plan.satellites, plan_id).bookings
    changed = apply_changes(plan, changes, runtime.mission, now, held)
    revised = runtime.check(changed)
    saved = _save(runtime, revised, user)
    runtime.intents.decide(
        plan_id, ReviewDecision(kind=DecisionKind.EDIT, by=user.username, role=user.role, revision=saved.revision)
    )
    return saved


def revalidate_plan(runtime: Runtime, plan_id: str, user: User) -> MissionPlan:
    """Check the newest revision again, now; a plan past review is judged but not changed."""
    plan = runtime.plans.get(plan_id)
    checked = runtime.check(plan)
    if plan.state not in _OPEN:
        return checked.model_copy(update={"state": plan.state})
    return _save(runtime, checked, user)


def _save(runtime: Runtime, plan: MissionPlan, user: User) -> MissionPlan:
    saved = runtime.plans.save(plan, actor=f"user:{user.username}", at_utc=runtime.clock.now_utc())
    runtime.announce_plan(saved)
    return saved
