"""What if: a copy of a plan with changes, checked like any other, and how it differs; the plan itself stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.authority import Policies
from core.mission.conjunctions import ConjunctionMessage
from core.mission.model import Mission
from core.plan.activity import ResourceName
from core.plan.check import check_plan
from core.plan.edit import apply_changes
from core.plan.model import Alternative, MissionPlan, Repair, Severity

__all__ = ["WhatIf", "differences", "what_if", "with_alternatives"]


@dataclass(frozen=True)
class WhatIf:
    """A checked copy under its own id, which no approval of the original concerns, and how it differs from it."""

    plan: MissionPlan
    alternative: Alternative


def what_if(
    plan: MissionPlan,
    copy_id: str,
    description: str,
    changes: Sequence[Repair],
    mission: Mission,
    now_utc: datetime,
    conjunctions: Sequence[ConjunctionMessage] = (),
    policies: Policies | None = None,
) -> WhatIf:
    """A copy of a plan with some changes made, and what they would bring.

    Args:
        plan: The plan; it is not changed. Its differences count only if it was checked.
        copy_id: Id of the copy, which is a first revision without parent.
        description: What is asked, in words.
        changes: In order.
        mission: The mission it is for.
        now_utc: The time at which the copy is judged.
        conjunctions: Messages received about the plan's satellites.
        policies: Those in force; None for the package's alone.
    Raises:
        InputError: A change names an activity that is not there, or lacks what its kind needs.
        PhysicsError: No contact fits a move, or the orbit cannot be propagated.
    """
    changed = apply_changes(plan, changes, mission, now_utc)
    copied = MissionPlan.model_validate(
        changed.model_dump(exclude={"alternatives"}) | {"plan_id": copy_id, "revision": 1, "parent_revision": None}
    )
    checked = check_plan(copied, mission, now_utc, conjunctions, policies=policies)
    return WhatIf(checked, Alternative(description=description, differences=differences(plan, checked)))


def differences(before: MissionPlan, after: MissionPlan) -> dict[str, float]:
    """After minus before, by quantity with its unit; only what both plans know: a plan that was not flown has no charge."""
    out = {name: of(after) - of(before) for name, of in _COUNTED.items()}
    for name, of in _FLOWN.items():
        here, there = of(before), of(after)
        if here is not None and there is not None:
            out[name] = there - here
    units = {one.name: one for one in before.objectives}
    for one in after.objectives:
        same = units.get(one.name)
        if same is not None and same.unit == one.unit:
            out[f"objective {one.name}"] = one.value - same.value
    return out


def with_alternatives(plan: MissionPlan, others: Sequence[tuple[str, MissionPlan]]) -> MissionPlan:
    """The plan with other ways to the same end named beside it, each with how it differs; no approval is touched."""
    named = tuple(
        Alternative(description=description, differences=differences(plan, other)) for description, other in others
    )
    return plan.model_copy(update={"alternatives": (*plan.alternatives, *named)})


def _delta_v_m_s(plan: MissionPlan) -> float:
    return sum(abs(one.delta_v_m_s) for one in plan.activities if one.type == "burn")


def _volume_bytes(plan: MissionPlan) -> float:
    return float(sum(one.volume_bytes for one in plan.activities if one.type == "downlink"))


def _passes(plan: MissionPlan) -> float:
    return float(len({(c.station, c.window.start) for one in plan.activities if (c := one.contact) is not None}))


def _completion_s(plan: MissionPlan) -> float:
    return max((one.window.end.timestamp() for one in plan.activities), default=plan.horizon.start.timestamp())


def _lowest_soc(plan: MissionPlan) -> float | None:
    return min((min(one.values) for one in plan.profiles if one.resource is ResourceName.SOC), default=None)


def _blocking(plan: MissionPlan) -> float | None:
    report = plan.validation
    return None if report is None else float(sum(one.severity is Severity.BLOCK for one in report.findings))


_COUNTED: Final[dict[str, Callable[[MissionPlan], float]]] = {
    "activities": lambda plan: float(len(plan.activities)),
    "delta_v_m_s": _delta_v_m_s,
    "downlinked_bytes": _volume_bytes,
    "passes": _passes,
    "completion_s": _completion_s,
}
_FLOWN: Final[dict[str, Callable[[MissionPlan], float | None]]] = {
    "lowest_soc": _lowest_soc,
    "blocking_findings": _blocking,
}
