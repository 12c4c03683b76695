"""Other schedules of the same requests, so that a planner chooses between ways and not only takes the one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from core.mission.model import Mission
from core.plan.activity import Activity, Window
from core.plan.model import InitialResources
from core.plan.schedule.planning import ScheduledPlan, schedule_requests
from core.plan.schedule.requests import DownlinkRequest, ScheduleRequest

__all__ = ["alternative_schedules"]

_Wishes = Callable[[Sequence[ScheduleRequest]], list[ScheduleRequest]]
_DATA_FIRST: Final = 10.0  # times the priority of a downlink


def alternative_schedules(
    mission: Mission,
    requests: Sequence[ScheduleRequest],
    initial: Mapping[str, InitialResources],
    horizon: Window,
    now_utc: datetime,
    budget_s: float,
    chosen: ScheduledPlan,
) -> list[tuple[str, ScheduledPlan]]:
    """Schedules with other aims that come out otherwise than the chosen one, each with its aim in words.

    Args:
        mission: Satellites, stations, limits.
        requests: As they were scheduled.
        initial: What each satellite starts with, by id.
        horizon: When it may happen.
        now_utc: From when on people review the plan.
        budget_s: Seconds of search for each.
        chosen: What the alternatives stand beside.
    """
    known = {_times(chosen.activities)}
    out: list[tuple[str, ScheduledPlan]] = []
    for aim, wishes in _AIMS.items():
        other = schedule_requests(mission, wishes(requests), initial, horizon, now_utc, budget_s)
        if _times(other.activities) not in known:
            known.add(_times(other.activities))
            out.append((aim, other))
    return out


def _times(activities: Sequence[Activity]) -> frozenset[tuple[str, str, datetime]]:
    return frozenset((one.activity_id, one.satellite, one.window.start) for one in activities)


def _alike(requests: Sequence[ScheduleRequest]) -> list[ScheduleRequest]:
    return [one.model_copy(update={"priority": 1.0}) for one in requests]


def _data_first(requests: Sequence[ScheduleRequest]) -> list[ScheduleRequest]:
    highest = max((one.priority for one in requests), default=1.0)
    return [
        one.model_copy(update={"priority": highest * _DATA_FIRST}) if isinstance(one, DownlinkRequest) else one
        for one in requests
    ]


_AIMS: Final[dict[str, _Wishes]] = {
    "as many requests as possible, whatever their priority": _alike,
    "data down before anything else": _data_first,
}
