"""A week of 100 satellites and 2,000 requests: how soon the first valid schedule is there, and how far a minute improves it."""

from __future__ import annotations

import time
from typing import Final

from core.plan.schedule import schedule_requests
from core.plan.schedule.solve import Step
from evals.bench.model import BenchResult, Goal
from evals.bench.schedule.fleet import fleet_problem

__all__ = ["run"]

_SATELLITES: Final = 100
_REQUESTS: Final = 2000
_DAYS: Final = 7.0
_FIRST_GOAL_S: Final = 5.0
_SEARCH_S: Final = 60.0
_TOLD_S: Final = (0.0, 5.0, 15.0, 30.0, 45.0, 60.0)
_LEAST_GAIN: Final = 1.01
_FIXED_VALUE: Final = 1e6


def run() -> list[BenchResult]:
    """Two rows: seconds from requests to a whole plan, and value after the search beside the greedy start."""
    mission, requests, horizon = fleet_problem(_SATELLITES, _REQUESTS, _DAYS)
    started = time.perf_counter()
    first = schedule_requests(mission, requests, {}, horizon, horizon.start, 0.0)
    first_s = time.perf_counter() - started
    steps: list[Step] = []
    best = schedule_requests(mission, requests, {}, horizon, horizon.start, _SEARCH_S, on_better=steps.append)
    # Contacts that load commands, and burns, have a value of their own that keeps them in place.
    fixed = _FIXED_VALUE * (steps[0].value // _FIXED_VALUE)
    told = "; ".join(
        f"{at_s:.0f} s {max(s.value for s in steps if s.seconds <= at_s or s is steps[0]) - fixed:.0f}"
        for at_s in _TOLD_S
    )
    return [
        BenchResult.compare(
            "schedule_first",
            ours=first_s,
            peer=_FIRST_GOAL_S,
            peer_name="required (no peer)",
            unit="s",
            goal=1.0,
            goal_kind=Goal.AT_MOST,
            note=f"{_SATELLITES} satellites, {_REQUESTS} requests, {_DAYS:.0f} days; {len(first.unplanned)} not served.",
        ),
        BenchResult.compare(
            "schedule_minute",
            ours=best.schedule.value - fixed,
            peer=steps[0].value - fixed,
            peer_name="greedy start",
            unit="value",
            goal=_LEAST_GAIN,
            goal_kind=Goal.AT_LEAST,
            note=f"value after {told}; all requests at their best would be {best.schedule.bound - fixed:.0f}.",
        ),
    ]
