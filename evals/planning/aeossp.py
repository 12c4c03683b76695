"""Agile Earth observation: which satellite takes which image when, so that the weight of what is taken is greatest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from core.frames import itrf_from_geodetic
from core.plan.schedule import Candidate, Fleet, Problem, Request, SatelliteBudget, Schedule, solve
from core.time import parse_utc
from core.units import to_rad
from evals.planning.agility import Agility, Vector, angle_deg
from evals.planning.track import FloatArray, Tracks, sunlit, tracks_of

__all__ = ["AeosspCase", "aeossp_problem", "read_aeossp", "solve_aeossp"]

_MARGIN_DEG: Final = 0.01  # of off-nadir, for the difference between Earth orientation models
_TURN_MARGIN_S: Final = 0.05
_RESERVE_WH: Final = 10.0  # turns draw before the image, where the model has them during it
_CHARGE_EVERY: Final = 12  # instants of the grid
_J_PER_WH: Final = 3600.0
_SOONER: Final = 1e-3  # of a task's weight: what is left of it when it is done as late as may be


@dataclass(frozen=True)
class Satellite:
    """A satellite of the case; watts and watt-hours as the case has them."""

    name: str
    tle: tuple[str, str]
    sensor: str
    agility: Agility
    max_off_nadir_deg: float
    resources: dict[str, float]


@dataclass(frozen=True)
class Task:
    """An image that is asked for; seconds since the horizon's start."""

    name: str
    r_itrf_m: FloatArray
    release_s: float
    due_s: float
    duration_s: float
    sensor: str
    weight: float


@dataclass(frozen=True)
class AeosspCase:
    """One case; ``step_s`` is the grid on which images begin and end and are checked."""

    start: datetime
    end: datetime
    step_s: float
    satellites: tuple[Satellite, ...]
    tasks: tuple[Task, ...]


def read_aeossp(case: Path) -> AeosspCase:
    """A case from its folder."""
    mission = _yaml(case / "mission.yaml")["mission"]
    start, end = parse_utc(mission["horizon_start"]), parse_utc(mission["horizon_end"])
    return AeosspCase(
        start,
        end,
        float(mission["action_time_step_s"]),
        tuple(_satellite(one) for one in _yaml(case / "satellites.yaml")["satellites"]),
        tuple(_task(one, start) for one in _yaml(case / "tasks.yaml")["tasks"]),
    )


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _satellite(one: dict[str, Any]) -> Satellite:
    attitude = one["attitude_model"]
    return Satellite(
        one["satellite_id"],
        (one["tle_line1"], one["tle_line2"]),
        one["sensor"]["sensor_type"],
        Agility(
            attitude["max_slew_velocity_deg_per_s"],
            attitude["max_slew_acceleration_deg_per_s2"],
            attitude["settling_time_s"],
        ),
        attitude["max_off_nadir_deg"],
        one["resource_model"],
    )


def _task(one: dict[str, Any], start: datetime) -> Task:
    return Task(
        one["task_id"],
        itrf_from_geodetic(to_rad(one["latitude_deg"]), to_rad(one["longitude_deg"]), one["altitude_m"]),
        (parse_utc(one["release_time"]) - start).total_seconds(),
        (parse_utc(one["due_time"]) - start).total_seconds(),
        float(one["required_duration_s"]),
        one["required_sensor_type"],
        float(one["weight"]),
    )


def solve_aeossp(case: AeosspCase, budget_s: float, told: Callable[[float, float], None] | None = None) -> str:
    """The best schedule found within a time budget, as the benchmark's solution document.

    What a turn draws depends on where it comes from; the model takes that of one over the off-nadir limit. Satellites whose
    real turns draw more than they have get a reserve, and the case is solved once more.
    """
    tracks = tracks_of([one.tle for one in case.satellites], case.start, case.end, case.step_s)
    reserves_wh = [_RESERVE_WH] * len(case.satellites)
    while True:
        problem = aeossp_problem(case, tracks, reserves_wh)
        schedule = solve(problem, budget_s, on_better=None if told is None else lambda s: told(s.seconds, s.value))
        short_wh = [_least_wh(case, tracks, problem, schedule, k) for k in range(len(case.satellites))]
        if min(short_wh) >= 0.0:
            return json.dumps({"actions": list(_actions(case, problem, schedule))}, indent=1)
        reserves_wh = [
            r + _RESERVE_WH - min(least, _RESERVE_WH) for r, least in zip(reserves_wh, short_wh, strict=True)
        ]


def aeossp_problem(case: AeosspCase, tracks: Tracks, reserves_wh: Sequence[float]) -> Problem:
    """The case as requests and candidates: every start on the grid in every access of every task."""
    candidates = [one for k, task in enumerate(case.tasks) for one in _ways(case, tracks, k, task)]
    longest_s = max(one.agility.turn_s(180.0) for one in case.satellites) + _TURN_MARGIN_S

    def turn_s(first: Candidate, second: Candidate) -> float:
        return _turn_s(case.satellites[first.satellite], first, second) + _TURN_MARGIN_S

    budgets = tuple(_budget(one, tracks, k, reserves_wh[k]) for k, one in enumerate(case.satellites))
    requests = tuple(Request(task.name, task.weight) for task in case.tasks)
    fleet = Fleet(budgets, turn_s=turn_s, longest_turn_s=longest_s)
    return Problem((case.end - case.start).total_seconds(), fleet, requests, tuple(candidates))


def _turn_s(craft: Satellite, first: Candidate, second: Candidate) -> float:
    away, towards = first.pointing, second.pointing
    assert isinstance(away, tuple) and isinstance(towards, tuple)
    return craft.agility.turn_s(angle_deg(away[1], towards[0]))


def _least_wh(case: AeosspCase, tracks: Tracks, problem: Problem, schedule: Schedule, satellite: int) -> float:
    """The lowest charge of a satellite with the turns that its images really need."""
    craft = case.satellites[satellite]
    mine = [problem.candidates[k] for k in schedule.chosen if problem.candidates[k].satellite == satellite]
    power, edges_s = craft.resources, tracks.t_tai_s - tracks.t_tai_s[0]
    lit = sunlit(tracks.r_gcrf_m[satellite], tracks.t_tai_s)
    drawn_j = np.full(len(edges_s) - 1, power["idle_power_w"] * case.step_s)
    drawn_j -= np.where(lit[1:] & lit[:-1], power["sunlit_charge_power_w"] * case.step_s, 0.0)
    before: Candidate | None = None
    for one in mine:
        turn_s = craft.agility.turn_s(craft.max_off_nadir_deg) if before is None else _turn_s(craft, before, one)
        drawn_j += power["imaging_power_w"] * _within_s(edges_s, one.start_s, one.end_s)
        drawn_j += power["slew_power_w"] * _within_s(edges_s, one.start_s - turn_s, one.start_s)
        before = one
    level_j = least_j = power["initial_battery_wh"] * _J_PER_WH
    for step_j in drawn_j.tolist():
        level_j = min(level_j - step_j, power["battery_capacity_wh"] * _J_PER_WH)
        least_j = min(least_j, level_j)
    return least_j / _J_PER_WH


def _within_s(edges_s: FloatArray, start_s: float, end_s: float) -> FloatArray:
    """How much of each step of a grid is between two instants."""
    return np.asarray(np.maximum(np.minimum(edges_s[1:], end_s) - np.maximum(edges_s[:-1], start_s), 0.0))


def _ways(case: AeosspCase, tracks: Tracks, number: int, task: Task) -> Iterator[Candidate]:
    first, last = round(task.release_s / case.step_s), round(task.due_s / case.step_s)
    steps = round(task.duration_s / case.step_s)
    mine = [k for k, one in enumerate(case.satellites) if one.sensor == task.sensor]
    limits_deg = np.array([case.satellites[k].max_off_nadir_deg for k in mine])
    seen = _seen(tracks.r_itrf_m[mine, first : last + 1], task.r_itrf_m, limits_deg - _MARGIN_DEG)
    # A start is possible where every instant from it to the end of the image is.
    count = np.cumsum(np.pad(seen, ((0, 0), (1, 0))), axis=1)
    whole = count[:, steps + 1 :] - count[:, : -steps - 1] == steps + 1
    for row, satellite in enumerate(mine):
        for start in np.flatnonzero(whole[row]).tolist():
            # Every satellite looks to nadir at first.
            if (first + start) * case.step_s > case.satellites[satellite].agility.turn_s(limits_deg[row]):
                yield _candidate(case, tracks, number, satellite, first + start, steps)


def _seen(r_itrf_m: FloatArray, place_itrf_m: FloatArray, limits_deg: FloatArray) -> np.ndarray[Any, Any]:
    """Whether the place is before the horizon and within the off-nadir limit, shape (satellites, instants)."""
    sight = place_itrf_m - r_itrf_m
    over = sight @ place_itrf_m < 0.0
    cosine = -np.einsum("ijk,ijk->ij", sight, r_itrf_m)
    cosine /= np.linalg.norm(sight, axis=2) * np.linalg.norm(r_itrf_m, axis=2)
    return np.asarray(over & (cosine >= np.cos(np.radians(limits_deg))[:, None]))


def _candidate(case: AeosspCase, tracks: Tracks, number: int, satellite: int, start: int, steps: int) -> Candidate:
    task, craft = case.tasks[number], case.satellites[satellite]
    instants = np.array([start, start + steps])
    sight = tracks.gcrf_from_itrf(task.r_itrf_m, instants) - tracks.r_gcrf_m[satellite, instants]
    sight /= np.linalg.norm(sight, axis=1, keepdims=True)
    start_s, end_s = start * case.step_s, (start + steps) * case.step_s
    late = (end_s - task.duration_s - task.release_s) / max(task.due_s - task.release_s, 1.0)
    turn_s = craft.agility.turn_s(craft.max_off_nadir_deg)
    power = craft.resources
    pointing: tuple[Vector, Vector] = (tuple(sight[0].tolist()), tuple(sight[1].tolist()))
    return Candidate(
        request=number,
        satellite=satellite,
        start_s=start_s,
        end_s=end_s,
        value=task.weight * (1.0 - _SOONER * late),
        energy_j=power["imaging_power_w"] * task.duration_s + power["slew_power_w"] * turn_s,
        pointing=pointing,
    )


def _budget(craft: Satellite, tracks: Tracks, number: int, reserve_wh: float) -> SatelliteBudget:
    t_tai_s = tracks.t_tai_s
    step_s = float(t_tai_s[1] - t_tai_s[0])
    lit = sunlit(tracks.r_gcrf_m[number], t_tai_s)
    net_w = (
        np.where(lit[1:] & lit[:-1], craft.resources["sunlit_charge_power_w"], 0.0) - craft.resources["idle_power_w"]
    )
    charge_j = np.concatenate([[0.0], np.cumsum(net_w * step_s)])
    kept = np.unique(np.append(np.arange(0, len(t_tai_s), _CHARGE_EVERY), len(t_tai_s) - 1))
    return SatelliteBudget(
        craft.name,
        battery_j=craft.resources["battery_capacity_wh"] * _J_PER_WH,
        initial_battery_j=craft.resources["initial_battery_wh"] * _J_PER_WH,
        minimum_battery_j=reserve_wh * _J_PER_WH,
        charge_times_s=t_tai_s[kept] - t_tai_s[0],
        charge_j=charge_j[kept],
    )


def _actions(case: AeosspCase, problem: Problem, schedule: Schedule) -> Iterator[dict[str, str]]:
    for index in schedule.chosen:
        one = problem.candidates[index]
        yield {
            "type": "observation",
            "satellite_id": case.satellites[one.satellite].name,
            "task_id": case.tasks[one.request].name,
            "start_time": _iso(case.start, one.start_s),
            "end_time": _iso(case.start, one.end_s),
        }


def _iso(start: datetime, seconds: float) -> str:
    return (start + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
