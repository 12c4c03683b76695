"""Small edits that faults are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, cast

from core.mission.model import Mission
from core.plan.activity import (
    Activity,
    ActivityBase,
    Window,
)
from core.plan.commanding import expand
from core.plan.inputs import input_hashes
from core.plan.model import InitialResources, MissionPlan
from core.time import add_s
from evals.faults.model import Original, Planted

__all__ = [
    "activities",
    "changed",
    "every_initial",
    "first",
    "in_mission",
    "later",
    "moved",
    "plan_with",
    "span",
    "swapped",
    "whole",
]

A = TypeVar("A", bound=ActivityBase)


def first(one: Original, kind: type[A]) -> A:
    """The plan's first activity of a kind, by start."""
    chosen: list[A] = [item for item in one.plan.activities if isinstance(item, kind)]
    return min(chosen, key=lambda item: item.window.start)


def span(start: datetime, seconds: float) -> Window:
    """A window from an instant on."""
    return Window(start=start, end=add_s(start, seconds))


def later(window: Window, seconds: float) -> Window:
    """The window moved."""
    return Window(start=add_s(window.start, seconds), end=add_s(window.end, seconds))


def moved(activity: A, seconds: float) -> A:
    """The activity at another time, anchors and bounds left as they are."""
    return changed(activity, window=later(activity.window, seconds))


def changed(activity: A, **updates: object) -> A:
    """The activity with other values, and the commands that follow from them."""
    made = activity.model_copy(update=updates)
    return made.model_copy(update={"commands": expand(cast("Activity", made))})


def plan_with(one: Original, **updates: object) -> Planted:
    """The plan with other values; stored results are left out, as an editor would."""
    cleared: dict[str, object] = {"profiles": (), "objectives": (), "validation": None}
    return Planted(one.plan.model_copy(update={**cleared, **updates}), one.site)


def activities(one: Original, *chosen: Activity) -> Planted:
    """The plan with other activities, over a horizon that holds them."""
    end = max([one.plan.horizon.end, *(item.window.end for item in chosen)])
    return plan_with(one, activities=chosen, horizon=Window(start=one.plan.horizon.start, end=end))


def swapped(one: Original, *pairs: tuple[Activity, Activity]) -> Planted:
    """The plan with some activities replaced, its horizon kept."""
    table = {before.activity_id: after for before, after in pairs}
    return plan_with(one, activities=tuple(table.get(item.activity_id, item) for item in one.plan.activities))


def every_initial(one: Original, change: Callable[[InitialResources], dict[str, object]]) -> Planted:
    """The plan with other initial states."""
    return plan_with(one, initial=tuple(item.model_copy(update=change(item)) for item in one.plan.initial))


def in_mission(one: Original, planted: Planted, mission: Mission) -> Planted:
    """Judged in another mission, with the plan's hash of it brought up to date."""
    hashes = input_hashes(mission, planted.plan.satellites)
    plan: MissionPlan = planted.plan.model_copy(update={"input_hashes": hashes})
    return replace(planted, plan=plan, site=replace(one.site, mission=mission))


def whole(*chosen: Activity) -> Window:
    """From the first start to the last end."""
    return Window(start=min(item.window.start for item in chosen), end=max(item.window.end for item in chosen))
