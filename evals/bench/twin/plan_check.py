"""How fast a plan is flown and judged: a day of four satellites with sixty activities, and the twin at both fidelities."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Final

import numpy as np

from core.mission import reference_mission
from core.plan.activity import Window
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.model import Intent, MissionPlan
from core.plan.simulate import Fidelity, simulate
from core.time import add_s, parse_utc
from evals.bench.model import BenchResult, Goal
from evals.proposals import propose
from tools.initial import MissionFileReader

__all__ = ["run"]

_NOW: Final = parse_utc("2026-11-22T12:00:00Z")
_DAY_S: Final = 86_400.0
_ACTIVITIES: Final = 60
_CHECK_GOAL_MS: Final = 1000.0
_SCREENING_GOAL: Final = 20_000.0  # times real time
_FULL_GOAL: Final = 2_000.0


def run() -> list[BenchResult]:
    """Milliseconds of one check, and times real time of the twin; no peer joins these models, so goals stand beside."""
    plan = busy_day()
    mission = reference_mission()
    one = plan.model_copy(update={"initial": plan.initial[:1]})
    quick, full = (simulate(one, mission, fidelity).runs[one.initial[0].satellite] for fidelity in Fidelity)
    soc = float(np.abs(quick.soc - full.soc).max())
    momentum = float(np.abs(quick.wheel_momentum_n_m_s - full.wheel_momentum_n_m_s).max())
    error_deg = float(np.degrees(full.flight.attitude.error_rad[full.flight.attitude.settled]).max())
    note = (
        f"One satellite of that plan; the fidelities differ by {soc:.1e} of charge and {momentum:.1e} N m s in a wheel, and "
        f"the full one is within {error_deg:.1e} deg of its commanded attitude where settled."
    )
    check_ms = _milliseconds(lambda: check_plan(plan, mission, _NOW), 9)
    screening_ms = _milliseconds(lambda: simulate(one, mission), 9)
    full_ms = _milliseconds(lambda: simulate(one, mission, Fidelity.FULL), 5)
    length = len(plan.activities)
    return [
        _row(
            "plan_check", check_ms, _CHECK_GOAL_MS, "ms", Goal.AT_MOST, f"{length} activities, 24 h, four satellites."
        ),
        _row("twin_screening", 1e3 * _DAY_S / screening_ms, _SCREENING_GOAL, "x real time", Goal.AT_LEAST, note),
        _row("twin_full", 1e3 * _DAY_S / full_ms, _FULL_GOAL, "x real time", Goal.AT_LEAST, note),
    ]


def busy_day() -> MissionPlan:
    """A day of four satellites with sixty activities that the tools place."""
    mission, random = reference_mission(), Random(1)
    names = [craft.id for craft in mission.spacecraft]
    calls = []
    for number in range(_ACTIVITIES):
        satellite, kind = names[number % len(names)], random.random()
        if kind < 0.4:
            station = random.choice(["svalbard", "kiruna", "fairbanks"])
            calls.append(("schedule_downlink", {"satellite": satellite, "station": station, "data_volume_mb": 30}))
        elif kind < 0.7:
            pointing = random.choice(["sun", "inertial"])
            calls.append(("point_attitude", {"satellite": satellite, "pointing": pointing, "duration_min": 10}))
        else:
            mode = random.choice(["standby", "nominal"])
            calls.append(("set_mode", {"satellite": satellite, "mode": mode}))
    reader = MissionFileReader(mission)
    initial = [reader.initial_resources(name, _NOW) for name in names]
    intent = Intent(text="a busy day", author="operator", channel="cli", received_at=_NOW)
    plan = draft_plan("plan-bench00", intent, propose(mission, _NOW, calls), initial, mission, _NOW)
    return plan.model_copy(update={"horizon": _whole_day(plan.horizon.start)})


def _whole_day(start: datetime) -> Window:
    return Window(start=start, end=add_s(start, _DAY_S))


def _milliseconds(work: Callable[[], object], repeats: int) -> float:
    work()
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        taken.append(1e3 * (time.perf_counter() - begun))
    return statistics.median(taken)


def _row(name: str, value: float, goal: float, unit: str, kind: Goal, note: str) -> BenchResult:
    return BenchResult.compare(
        name,
        ours=value,
        peer=goal,
        peer_name="required (no peer)",
        unit=unit,
        goal=1.0,
        goal_kind=kind,
        note=note,
    )
