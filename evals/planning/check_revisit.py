"""Checks a constellation and its looks against the benchmark's rules of revisit, with none of the solver's code."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from evals.planning.independent import FloatArray, Look, angle_deg, ground_m, instant, is_lit, sun_direction, turn_s
from evals.planning.independent_flight import IndependentFlight, earth_fixed_from_inertial, shape_of, state_of
from evals.planning.verdict import Verdict

__all__ = ["check_revisit"]

_TOUCH: Final = 1e-6  # degrees, metres, seconds
_LOOK_STEP: Final = timedelta(seconds=10)
_POWER_STEP: Final = timedelta(seconds=30)


class _Case:
    def __init__(self, folder: Path, satellites: list[dict[str, Any]]) -> None:
        assets, mission = (json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("assets", "mission"))
        self.start, self.end = instant(mission["horizon_start"]), instant(mission["horizon_end"])
        self.most, self.model = int(assets["max_num_satellites"]), assets["satellite_model"]
        self.targets: Mapping[str, dict[str, Any]] = {one["id"]: one for one in mission["targets"]}
        self.names = [one["satellite_id"] for one in satellites]
        self.states = np.array([state_of(one) for one in satellites]).reshape(-1, 6)
        self.flight: IndependentFlight | None = None

    def place_m(self, target: str) -> FloatArray:
        one = self.targets[target]
        return ground_m(one["latitude_deg"], one["longitude_deg"], one["altitude_m"])

    def craft_m(self, craft: str, times: list[datetime]) -> FloatArray:
        assert self.flight is not None
        return np.asarray(self.flight.inertial_m(times)[self.names.index(craft)])

    def sight(self, look: Look) -> FloatArray:
        """From the satellite to the target in the middle of a look, inertial axes."""
        spun = earth_fixed_from_inertial([look.middle])[0].T @ self.place_m(look.target)
        return np.asarray(spun - self.craft_m(look.craft, [look.middle])[0])


def check_revisit(case: Path, solution: Path) -> Verdict:
    """Every broken rule of a solution, and the metrics of the looks that break none."""
    document = json.loads(solution.read_text(encoding="utf-8"))
    known = _Case(case, document["satellites"])
    faults = [*_of_orbits(known)]
    looks: list[Look] = []
    for number, one in enumerate(document["actions"]):
        what = _unreadable(known, one)
        if what:
            faults.append(f"action {number} {what}")
            continue
        looks.append(Look(number, one["satellite_id"], one["target_id"], instant(one["start"]), instant(one["end"])))
        faults += [f"action {number} {what}" for what in _of_times(known, looks[-1])]
    if faults:
        return Verdict(_metrics(known, []), tuple(faults))
    if known.names:
        known.flight = IndependentFlight(known.states, known.start, known.end)
    good = []
    for look in looks:
        broken = [*_of_geometry(known, look)]
        faults += [f"action {look.number} ({look.craft}, {look.target}) {what}" for what in broken]
        good += [] if broken else [look]
    for name in known.names:
        mine = sorted((one for one in looks if one.craft == name), key=lambda one: one.start)
        turns = [*_turns(known, mine)]
        faults += [f"{name}: {what}" for _, what in turns if what]
        least_wh = _least_wh(known, name, mine, [seconds for seconds, _ in turns])
        if least_wh < -_TOUCH:
            faults.append(f"{name}: the battery falls to {least_wh:.3f} Wh")
    return Verdict(_metrics(known, good), tuple(faults))


def _of_orbits(case: _Case) -> Iterator[str]:
    low_m, high_m = case.model["min_altitude_m"], case.model["max_altitude_m"]
    if len(case.names) > case.most:
        yield f"{len(case.names)} satellites are more than {case.most}"
    for name, count in Counter(case.names).items():
        if count > 1:
            yield f"{name} is there {count} times"
    for name, state in zip(case.names, case.states, strict=True):
        shape = shape_of(state)
        if shape is None:
            yield f"{name} is in no orbit"
        elif shape.lowest_m < low_m - _TOUCH or shape.highest_m > high_m + _TOUCH:
            yield f"{name} flies from {shape.lowest_m:.0f} to {shape.highest_m:.0f} m, not in {low_m:.0f} to {high_m:.0f} m"


def _unreadable(case: _Case, one: Mapping[str, Any]) -> str:
    if one.get("action_type") != "observation":
        return f"is of the unknown type {one.get('action_type')!r}"
    if one.get("satellite_id") not in case.names or one.get("target_id") not in case.targets:
        return f"names what is not there: {one.get('satellite_id')!r}, {one.get('target_id')!r}"
    return ""


def _of_times(case: _Case, look: Look) -> Iterator[str]:
    if not case.start <= look.start < look.end <= case.end:
        yield "is not in the horizon"
    least_s = case.targets[look.target]["min_duration_sec"]
    if (look.end - look.start).total_seconds() < least_s - _TOUCH:
        yield f"is shorter than {least_s} s"


def _of_geometry(case: _Case, look: Look) -> Iterator[str]:
    target, sensor = case.targets[look.target], case.model["sensor"]
    count = -((look.start - look.end) // _LOOK_STEP)
    times = [look.start + k * _LOOK_STEP for k in range(count)]
    place_m = case.place_m(look.target)
    latitude, longitude = np.radians(target["latitude_deg"]), np.radians(target["longitude_deg"])
    zenith = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    for when, spin, inertial_m in zip(
        times, earth_fixed_from_inertial(times), case.craft_m(look.craft, times), strict=True
    ):
        craft_m = spin @ inertial_m
        away = craft_m - place_m
        range_m, height_deg = float(np.linalg.norm(away)), 90.0 - angle_deg(away, zenith)
        if height_deg < target["min_elevation_deg"] - _TOUCH:
            yield f"is at an elevation of {height_deg:.3f} deg at {when}"
        if range_m > min(target["max_slant_range_m"], sensor["max_range_m"]) + _TOUCH:
            yield f"is {range_m:.0f} m away at {when}"
        off_deg = angle_deg(craft_m, away)
        if off_deg > sensor["max_off_nadir_angle_deg"] + _TOUCH:
            yield f"is {off_deg:.3f} deg off nadir at {when}"


def _turns(case: _Case, mine: list[Look]) -> Iterator[tuple[float, str]]:
    """Seconds to turn and settle before each look of a satellite (none before the first), and what is wrong."""
    agile = case.model["attitude_model"]
    for k, look in enumerate(mine):
        if k == 0:
            yield 0.0, ""
            continue
        before = mine[k - 1]
        needed_s = agile["settling_time_sec"] + turn_s(
            angle_deg(case.sight(before), case.sight(look)),
            agile["max_slew_velocity_deg_per_sec"],
            agile["max_slew_acceleration_deg_per_sec2"],
        )
        gap_s = (look.start - before.end).total_seconds()
        short = f"action {look.number} has {gap_s} s to turn, and needs {needed_s:.3f} s"
        yield needed_s, short if gap_s + _TOUCH < needed_s else ""


def _least_wh(case: _Case, name: str, mine: list[Look], turns_s: list[float]) -> float:
    """The lowest charge."""
    power = case.model["resource_model"]
    loads = [(one.start, one.end, case.model["sensor"]["obs_discharge_rate_w"]) for one in mine]
    loads += [
        (one.start - timedelta(seconds=seconds), one.start, case.model["attitude_model"]["maneuver_discharge_rate_w"])
        for one, seconds in zip(mine, turns_s, strict=True)
    ]
    edges = {case.start + k * _POWER_STEP for k in range((case.end - case.start) // _POWER_STEP + 1)} | {case.end}
    times = sorted(edges | {t for begin, end, _ in loads for t in (begin, end) if case.start <= t <= case.end})
    middles = [a + (b - a) / 2 for a, b in pairwise(times)]
    stamps = np.array([when.timestamp() for when in middles])
    load_w = np.full(len(middles), float(power["idle_discharge_rate_w"]))
    for begin, end, watts in loads:
        load_w[(stamps >= begin.timestamp()) & (stamps < end.timestamp())] += watts
    sun = sun_direction(case.start + (case.end - case.start) / 2)  # it moves by two degrees in the horizon
    lit = np.array([is_lit(r, sun) for r in case.craft_m(name, middles)])
    seconds = np.array([(b - a).total_seconds() for a, b in pairwise(times)])
    change_wh = (lit * power["sunlight_charge_rate_w"] - load_w) * seconds / 3600.0
    level = least = float(power["initial_battery_wh"])
    for change in change_wh.tolist():
        level += change
        least = min(least, level)
        level = min(level, power["battery_capacity_wh"])
    return least


def _metrics(case: _Case, looks: list[Look]) -> dict[str, float]:
    seen: dict[str, set[datetime]] = defaultdict(set)
    for one in looks:
        seen[one.target].add(one.middle)
    longest_h = {
        name: max((b - a) / timedelta(hours=1) for a, b in pairwise([case.start, *sorted(seen[name]), case.end]))
        for name in case.targets
    }
    capped_h = (max(gap, case.targets[name]["expected_revisit_period_hours"]) for name, gap in longest_h.items())
    return {
        "capped_max_revisit_gap_hours": max(capped_h),
        "max_revisit_gap_hours": max(longest_h.values()),
        "num_satellites": float(len(case.names)),
    }
