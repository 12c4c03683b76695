"""A dry run: what remains of an approved plan, flown in the twin from what telemetry says now.

It runs in a process of its own, asked over its standard input and answering on its standard output, one JSON document a
line: a flight takes a good part of a second, and nothing that is due waits for it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from core.errors import LlamaSpaceError
from core.mission.model import Mission
from core.plan.activity import Activity, Window
from core.plan.checks import CHECKS, CheckContext
from core.plan.model import InitialResources, MissionPlan, Severity
from core.plan.simulate import simulate
from core.time import add_s

__all__ = ["DryRunAnswer", "DryRunQuestion", "MeasuredResources", "fly_rest", "main", "remaining_plan"]

_STATE_CHECKS: Final = ("RES", "ATT", "FRU")  # what depends on the state that it starts from
_LEAST_REST_S: Final = 60.0


class MeasuredResources(BaseModel):
    """A satellite's resources as telemetry last told them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    satellite: str
    soc: float
    data_stored_bytes: int
    propellant_kg: float
    mode: str
    as_of: AwareDatetime
    temperatures_k: dict[str, float] = {}


class DryRunQuestion(BaseModel):
    """A plan, the moment from which its rest is flown, and what is measured of its satellites."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    plan: MissionPlan
    now: AwareDatetime
    measured: tuple[MeasuredResources, ...]


class DryRunAnswer(BaseModel):
    """What the flight says; ``code`` and ``reason`` are empty where nothing speaks against it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    flown_from: AwareDatetime
    code: str = ""
    reason: str = ""
    failed: str = ""  # why there is no answer


def fly_rest(question: DryRunQuestion, mission: Mission) -> DryRunAnswer:
    """Fly what remains of a plan and judge it by the checks that depend on the state."""
    rest = remaining_plan(question.plan, question.now, {one.satellite: one for one in question.measured})
    if rest is None:
        return DryRunAnswer(key=question.key, flown_from=question.now)
    try:
        context = CheckContext(rest, mission, simulate(rest, mission), question.now, (), None)
        found = [finding for group in _STATE_CHECKS for finding in CHECKS[group](context)]
    except LlamaSpaceError as error:
        return DryRunAnswer(key=question.key, flown_from=question.now, failed=error.message)
    blocking = next((one for one in found if one.severity is Severity.BLOCK), None)
    if blocking is None:
        return DryRunAnswer(key=question.key, flown_from=question.now)
    return DryRunAnswer(key=question.key, flown_from=question.now, code=blocking.code, reason=blocking.explanation)


def remaining_plan(
    plan: MissionPlan, now_utc: datetime, measured: Mapping[str, MeasuredResources]
) -> MissionPlan | None:
    """The plan from now on, starting with what was measured; None where nothing remains to be flown."""
    if add_s(now_utc, _LEAST_REST_S) >= plan.horizon.end:
        return None
    rest = tuple(_from_now_on(one, now_utc) for one in plan.activities if one.window.end > now_utc)
    if plan.activities and not rest:
        return None
    initial = tuple(_starting(one, measured.get(one.satellite), now_utc) for one in plan.initial)
    horizon = Window(start=max(now_utc, plan.horizon.start), end=plan.horizon.end)
    return plan.model_copy(update={"horizon": horizon, "initial": initial, "activities": rest})


def _from_now_on(activity: Activity, now_utc: datetime) -> Activity:
    if activity.window.start >= now_utc:
        return activity
    return activity.model_copy(update={"window": Window(start=now_utc, end=activity.window.end)})


def _starting(initial: InitialResources, measured: MeasuredResources | None, now_utc: datetime) -> InitialResources:
    if measured is None or measured.as_of <= initial.as_of:
        return initial
    return initial.model_copy(
        update={
            "soc": measured.soc,
            "data_stored_bytes": measured.data_stored_bytes,
            "propellant_kg": measured.propellant_kg,
            "mode": measured.mode,
            "temperatures_k": measured.temperatures_k,
            "source": "telemetry",
            "as_of": measured.as_of,
        }
    )


def main() -> None:
    """Read the mission, then questions; answer each. Ends with its input, so also when who asks has died."""
    mission = Mission.model_validate_json(sys.stdin.readline())
    for line in sys.stdin:
        answer = fly_rest(DryRunQuestion.model_validate_json(line), mission)
        sys.stdout.write(answer.model_dump_json() + "\n")
        sys.stdout.flush()
