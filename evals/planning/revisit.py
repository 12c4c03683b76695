"""Revisit constellations: which few satellites, and which looks of theirs, so that no target waits too long."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.frames import azimuth_elevation, itrf_from_geodetic, sez_from_itrf
from core.plan.schedule import Candidate, Fleet, Problem, Request, SatelliteBudget, solve
from core.time import parse_utc
from core.units import to_rad
from evals.planning.agility import Agility, Vector, angle_deg
from evals.planning.flown import flown_tracks
from evals.planning.revisit_constellation import RevisitNeed, choose_orbits
from evals.planning.track import FloatArray, Tracks, sunlit

__all__ = ["RevisitCase", "read_revisit", "revisit_problem", "solve_revisit"]

_STEP_S: Final = 5.0
_CASE_EARTH_M: Final = 6_378_136.3  # radius from which the cases count altitudes
_MARGIN_DEG: Final = 0.05  # of off-nadir and elevation, for the difference between orientation models
_MARGIN_M: Final = 500.0
_TURN_MARGIN_S: Final = 0.5
_WAYS: Final = 5  # starts kept of one pass
_ORBITS_SHARE: Final = 0.9  # of the time
_J_PER_WH: Final = 3600.0
_CHARGE_EVERY: Final = 12  # instants of the grid


@dataclass(frozen=True)
class Place:
    """A target of the case."""

    name: str
    geodetic_rad_m: tuple[float, float, float]
    period_s: float
    least_s: float
    elevation_deg: float
    range_m: float

    @property
    def r_itrf_m(self) -> FloatArray:
        """Where it is."""
        return itrf_from_geodetic(*self.geodetic_rad_m)


@dataclass(frozen=True)
class RevisitCase:
    """One case; ``power`` and ``sensor`` as the case has them."""

    start: datetime
    end: datetime
    most_satellites: int
    places: tuple[Place, ...]
    agility: Agility
    sensor: dict[str, float]
    power: dict[str, float]
    turning_w: float
    altitudes_m: tuple[float, float]


def read_revisit(case: Path) -> RevisitCase:
    """A case from its folder."""
    assets, mission = (json.loads((case / f"{name}.json").read_text("utf-8")) for name in ("assets", "mission"))
    model = assets["satellite_model"]
    attitude = model["attitude_model"]
    return RevisitCase(
        parse_utc(mission["horizon_start"]),
        parse_utc(mission["horizon_end"]),
        assets["max_num_satellites"],
        tuple(_place(one) for one in mission["targets"]),
        Agility(
            attitude["max_slew_velocity_deg_per_sec"],
            attitude["max_slew_acceleration_deg_per_sec2"],
            attitude["settling_time_sec"],
        ),
        model["sensor"],
        model["resource_model"],
        attitude["maneuver_discharge_rate_w"],
        (model["min_altitude_m"], model["max_altitude_m"]),
    )


def _place(one: dict[str, Any]) -> Place:
    return Place(
        one["id"],
        (to_rad(one["latitude_deg"]), to_rad(one["longitude_deg"]), one["altitude_m"]),
        one["expected_revisit_period_hours"] * 3600.0,
        one["min_duration_sec"],
        one["min_elevation_deg"],
        one["max_slant_range_m"],
    )


def solve_revisit(case: RevisitCase, budget_s: float, seed: int = 1) -> str:
    """The best constellation and schedule found within a time budget, as the benchmark's solution document."""
    begun = time.monotonic()
    states = choose_orbits(_need(case), case.most_satellites, _ORBITS_SHARE * budget_s, seed)
    problem = revisit_problem(case, states)
    schedule = solve(problem, max(0.0, budget_s - (time.monotonic() - begun)), seed=seed)
    names = [one.name for one in problem.fleet.satellites]
    actions = []
    for index in schedule.chosen:
        one = problem.candidates[index]
        actions.append(
            {
                "action_type": "observation",
                "satellite_id": names[one.satellite],
                "target_id": problem.requests[one.request].name,
                "start": _iso(case.start, one.start_s),
                "end": _iso(case.start, one.end_s),
            }
        )
    satellites = [{"satellite_id": names[k], **_cartesian(row)} for k, row in enumerate(states)]
    return json.dumps({"satellites": satellites, "actions": actions}, indent=1)


def _need(case: RevisitCase) -> RevisitNeed:
    # The highest elevation and the shortest range that any target asks for; the tracks are chosen by them.
    elevation_rad = to_rad(max(one.elevation_deg for one in case.places) + _MARGIN_DEG)
    top_m = _CASE_EARTH_M + case.altitudes_m[1]
    by_elevation_rad = float(np.arcsin(np.cos(elevation_rad) * _CASE_EARTH_M / top_m))
    return RevisitNeed(
        case.start,
        case.end,
        np.array([one.r_itrf_m for one in case.places]),
        np.array([one.period_s for one in case.places]),
        max(one.least_s for one in case.places) + _STEP_S,
        min(to_rad(case.sensor["max_off_nadir_angle_deg"]), by_elevation_rad),
        min(case.sensor["max_range_m"], *(one.range_m for one in case.places)),
        _CASE_EARTH_M + case.altitudes_m[0],
        top_m,
    )


def revisit_problem(case: RevisitCase, states_gcrf: FloatArray) -> Problem:
    """Every pass of a satellite over a target a request, its best moments the candidates.

    A pass is worth one, and more the longer the target would wait without it.
    """
    tracks = flown_tracks(states_gcrf, case.start, case.end, _STEP_S)
    requests: list[Request] = []
    candidates: list[Candidate] = []
    for k, place in enumerate(case.places):
        passes = [(one, starts) for one in range(len(states_gcrf)) for starts in _starts(case, tracks, one, place)]
        worth = _worth(case, place, np.array([float(np.median(starts)) * _STEP_S for _, starts in passes]))
        for (satellite, starts), value in zip(passes, worth.tolist(), strict=True):
            ways = [_candidate(case, tracks, len(requests), satellite, k, start, value) for start in starts]
            requests.append(Request(place.name, value))
            candidates += ways
    budgets = tuple(_budget(case, tracks, k) for k in range(len(states_gcrf)))
    fleet = Fleet(budgets, turn_s=_turn_s(case), longest_turn_s=case.agility.turn_s(180.0) + _TURN_MARGIN_S)
    return Problem((case.end - case.start).total_seconds(), fleet, tuple(requests), tuple(candidates))


def _turn_s(case: RevisitCase) -> Any:
    def turn_s(first: Candidate, second: Candidate) -> float:
        assert isinstance(first.pointing, tuple) and isinstance(second.pointing, tuple)
        return case.agility.turn_s(angle_deg(first.pointing, second.pointing)) + _TURN_MARGIN_S

    return turn_s


def _steps(place: Place) -> int:
    steps = int(np.ceil(place.least_s / _STEP_S))
    return steps + steps % 2  # the middle is on the grid


def _starts(case: RevisitCase, tracks: Tracks, satellite: int, place: Place) -> Iterator[list[int]]:
    """Of each pass the starts from which a look stays in view, the one about its middle first."""
    steps, seen = _steps(place), _seen(case, tracks.r_itrf_m[satellite], place)
    count = np.cumsum(np.concatenate([[0], seen]))
    whole = np.flatnonzero(count[steps + 1 :] - count[: -steps - 1] == steps + 1)
    for stretch in np.split(whole, np.flatnonzero(np.diff(whole) > 1) + 1):
        if stretch.size:
            spread = np.linspace(0, stretch.size - 1, min(_WAYS, stretch.size)).round().astype(np.int64)
            middle = stretch[stretch.size // 2]
            yield sorted({int(middle), *stretch[spread].tolist()}, key=lambda start: abs(start - int(middle)))


def _seen(case: RevisitCase, r_itrf_m: FloatArray, place: Place) -> NDArray[np.bool_]:
    """Whether the place may be looked at, shape (n,)."""
    sight_m = r_itrf_m - place.r_itrf_m
    range_m = np.linalg.norm(sight_m, axis=1)
    elevation_rad = azimuth_elevation(sez_from_itrf(r_itrf_m, *place.geodetic_rad_m)).elevation_rad
    nadir = np.einsum("ij,ij->i", sight_m, r_itrf_m) / range_m / np.linalg.norm(r_itrf_m, axis=1)
    off_deg = case.sensor["max_off_nadir_angle_deg"] - _MARGIN_DEG
    return np.asarray(
        (elevation_rad >= to_rad(place.elevation_deg + _MARGIN_DEG))
        & (range_m <= min(place.range_m, case.sensor["max_range_m"]) - _MARGIN_M)
        & (nadir >= np.cos(to_rad(off_deg)))
    )


def _worth(case: RevisitCase, place: Place, t_s: FloatArray) -> FloatArray:
    """One for each pass, and the hours by which the target would wait too long without it."""
    order = np.argsort(t_s)
    edges = np.concatenate([[0.0], t_s[order], [(case.end - case.start).total_seconds()]])
    worth = np.empty(len(t_s))
    worth[order] = 1.0 + np.maximum(edges[2:] - edges[:-2] - place.period_s, 0.0) / 3600.0
    return worth


def _candidate(
    case: RevisitCase, tracks: Tracks, request: int, satellite: int, place: int, start: int, value: float
) -> Candidate:
    target = case.places[place]
    steps = _steps(target)
    middle = start + steps // 2
    instant = np.array([middle])
    sight = tracks.gcrf_from_itrf(target.r_itrf_m, instant)[0] - tracks.r_gcrf_m[satellite, middle]
    x, y, z = (sight / np.linalg.norm(sight)).tolist()
    pointing: Vector = (x, y, z)
    turning_j = case.turning_w * case.agility.turn_s(180.0)
    return Candidate(
        request=request,
        satellite=satellite,
        start_s=start * _STEP_S,
        end_s=(start + steps) * _STEP_S,
        value=value,
        energy_j=case.sensor["obs_discharge_rate_w"] * steps * _STEP_S + turning_j,
        pointing=pointing,
    )


def _budget(case: RevisitCase, tracks: Tracks, satellite: int) -> SatelliteBudget:
    lit = sunlit(tracks.r_gcrf_m[satellite], tracks.t_tai_s)
    net_w = (
        np.where(lit[1:] & lit[:-1], case.power["sunlight_charge_rate_w"], 0.0) - case.power["idle_discharge_rate_w"]
    )
    charge_j = np.concatenate([[0.0], np.cumsum(net_w * _STEP_S)])
    kept = np.unique(np.append(np.arange(0, len(charge_j), _CHARGE_EVERY), len(charge_j) - 1))
    return SatelliteBudget(
        f"revisit_{satellite + 1:03d}",
        battery_j=case.power["battery_capacity_wh"] * _J_PER_WH,
        initial_battery_j=case.power["initial_battery_wh"] * _J_PER_WH,
        charge_times_s=tracks.t_tai_s[kept] - tracks.t_tai_s[0],
        charge_j=charge_j[kept],
    )


def _cartesian(state: FloatArray) -> dict[str, float]:
    return dict(zip(("x_m", "y_m", "z_m", "vx_m_s", "vy_m_s", "vz_m_s"), state.tolist(), strict=True))


def _iso(start: datetime, seconds: float) -> str:
    return (start + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
