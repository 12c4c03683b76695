"""How the cost of a first schedule, and of checking a plan, grows with the number of satellites."""

from __future__ import annotations

import time
from typing import Final

from core.mission.model import Mission
from core.plan.activity import Activity
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.model import InitialResources, Intent
from core.plan.schedule import schedule_requests
from evals.bench.model import BenchResult, Goal
from evals.bench.schedule.fleet import fleet_problem
from tools.initial import MissionFileReader

__all__ = ["run"]

_SATELLITES: Final = (1, 10, 100, 1000)
_REQUESTS: Final = 20  # of each satellite
_DAYS: Final = 7.0
_CHECK_REQUESTS: Final = 500
_CHECKED: Final = 60  # activities of the plan that is checked
_CLOSE_TO_LINEAR: Final = 15.0  # times the cost of a tenth of the satellites


def run() -> list[BenchResult]:
    """Two rows: seconds at a thousand satellites beside those at a hundred."""
    scheduled_s, checked_s = {}, {}
    for count in _SATELLITES:
        mission, requests, horizon = fleet_problem(count, _REQUESTS * count, _DAYS)
        started = time.perf_counter()
        schedule_requests(mission, requests, {}, horizon, horizon.start, 0.0)
        scheduled_s[count] = time.perf_counter() - started
        mission, requests, horizon = fleet_problem(count, _CHECK_REQUESTS, 1.0)
        plan = schedule_requests(mission, requests, {}, horizon, horizon.start, 0.0)
        checked_s[count] = _check_s(mission, plan.activities)
    return [
        _row("schedule_growth", scheduled_s, f"{_DAYS:.0f} days, {_REQUESTS} requests for each satellite"),
        _row("check_growth", checked_s, f"a day's plan of at most {_CHECKED} activities"),
    ]


def _check_s(mission: Mission, activities: tuple[Activity, ...]) -> float:
    """Seconds to fly and judge a plan of some of the activities, with all that their satellites begin with."""
    loads = {one.satellite: one for one in activities if one.type == "uplink"}
    work = [one for one in activities if one.type != "uplink"][:_CHECKED]
    kept: list[Activity] = [*work, *(loads[name] for name in dict.fromkeys(one.satellite for one in work))]
    start = min(one.window.start for one in activities).replace(hour=12, minute=0, second=0, microsecond=0)
    reader = MissionFileReader(mission)
    initial: list[InitialResources] = [reader.initial_resources(craft.id, start) for craft in mission.spacecraft]
    intent = Intent(text="a benchmark", author="planner", channel="cli", received_at=start)
    started = time.perf_counter()
    check_plan(draft_plan("plan-growth0", intent, kept, initial, mission, start), mission, start)
    return time.perf_counter() - started


def _row(name: str, seconds: dict[int, float], what: str) -> BenchResult:
    tenth, most = _SATELLITES[-2:]
    return BenchResult.compare(
        name,
        ours=seconds[most],
        peer=seconds[tenth],
        peer_name=f"the same with {tenth} satellites",
        unit="s",
        goal=_CLOSE_TO_LINEAR,
        goal_kind=Goal.AT_MOST,
        note=f"{what}: " + ", ".join(f"{count} satellites {s:.2f} s" for count, s in seconds.items()) + ".",
    )
