"""Checks a schedule of the agile Earth observation cases against the benchmark's rules, with none of the solver's code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from evals.planning.independent import (
    FloatArray,
    IndependentOrbit,
    angle_deg,
    ground_m,
    instant,
    is_lit,
    spin,
    sun_direction,
    turn_s,
)
from evals.planning.verdict import Verdict

__all__ = ["check_aeossp"]

_TOUCH: Final = 1e-6  # degrees, seconds: the benchmark's own tolerance


@dataclass(frozen=True)
class _Image:
    number: int
    craft: str
    task: str
    start: datetime
    end: datetime


class _Case:
    def __init__(self, folder: Path) -> None:
        read: Any = {
            name: yaml.load((folder / f"{name}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
            for name in ("mission", "satellites", "tasks")
        }
        self.mission = read["mission"]["mission"]
        self.start, self.end = instant(self.mission["horizon_start"]), instant(self.mission["horizon_end"])
        self.crafts = {one["satellite_id"]: one for one in read["satellites"]["satellites"]}
        self.tasks = {one["task_id"]: one for one in read["tasks"]["tasks"]}
        self.orbits = {name: IndependentOrbit(one["tle_line1"], one["tle_line2"]) for name, one in self.crafts.items()}
        self.places = {
            name: ground_m(one["latitude_deg"], one["longitude_deg"], one["altitude_m"])
            for name, one in self.tasks.items()
        }

    def sight(self, image: _Image, when: datetime) -> FloatArray:
        """From the satellite to the target, inertial axes."""
        return spin(when) @ self.places[image.task] - self.orbits[image.craft].at(when)


def check_aeossp(case: Path, solution: Path) -> Verdict:
    """Every broken rule of a solution, and the metrics of what is in it."""
    known = _Case(case)
    images: list[_Image] = []
    faults: list[str] = []
    for number, one in enumerate(json.loads(solution.read_text(encoding="utf-8"))["actions"]):
        image = _Image(
            number, one["satellite_id"], one["task_id"], instant(one["start_time"]), instant(one["end_time"])
        )
        found = [*_of_structure(known, image)]
        found = found or [*_of_geometry(known, image)]
        faults += [f"action {number} ({image.craft}, {image.task}): {what}" for what in found]
        images.append(image)
    drawn_wh = 0.0
    for name in known.crafts:
        mine = sorted((one for one in images if one.craft == name), key=lambda one: one.start)
        turns = [*_turns(known, mine)]
        faults += [f"{name}: {what}" for _, what in turns if what]
        least_wh, used_wh = _battery(known, name, mine, [seconds for seconds, _ in turns])
        drawn_wh += used_wh
        if least_wh < -_TOUCH:
            faults.append(f"{name}: the battery falls to {least_wh:.3f} Wh")
    return Verdict(_metrics(known, images, drawn_wh), tuple(faults))


def _of_structure(case: _Case, image: _Image) -> Iterator[str]:
    if image.craft not in case.crafts or image.task not in case.tasks:
        yield "names what is not there"
        return
    task = case.tasks[image.task]
    if not case.start <= image.start < image.end <= case.end:
        yield "is not in the horizon"
    if image.start < instant(task["release_time"]) or image.end > instant(task["due_time"]):
        yield "is not in the task's window"
    if (image.end - image.start).total_seconds() != task["required_duration_s"]:
        yield f"does not last {task['required_duration_s']} s"
    if any((t - case.start).total_seconds() % case.mission["action_time_step_s"] for t in (image.start, image.end)):
        yield "is off the grid"
    if case.crafts[image.craft]["sensor"]["sensor_type"] != task["required_sensor_type"]:
        yield "has the wrong sensor"


def _of_geometry(case: _Case, image: _Image) -> Iterator[str]:
    limit_deg = case.crafts[image.craft]["attitude_model"]["max_off_nadir_deg"]
    step = timedelta(seconds=case.mission["geometry_sample_step_s"])
    for k in range(round((image.end - image.start) / step) + 1):
        when = min(image.start + k * step, image.end)
        sight = case.sight(image, when)
        if sight @ (spin(when) @ case.places[image.task]) >= 0.0:
            yield f"the target is below the horizon at {when}"
        off_deg = angle_deg(-case.orbits[image.craft].at(when), sight)
        if off_deg > limit_deg + _TOUCH:
            yield f"is {off_deg:.4f} deg off nadir at {when}, over {limit_deg}"


def _turns(case: _Case, mine: list[_Image]) -> Iterator[tuple[float, str]]:
    """Seconds to turn and settle before each image of a satellite, and what is wrong with them."""
    before: _Image | None = None
    for image in mine:
        agile = case.crafts[image.craft]["attitude_model"]
        held = -case.orbits[image.craft].at(image.start) if before is None else case.sight(before, before.end)
        needed_s = agile["settling_time_s"] + turn_s(
            angle_deg(held, case.sight(image, image.start)),
            agile["max_slew_velocity_deg_per_s"],
            agile["max_slew_acceleration_deg_per_s2"],
        )
        gap_s = (image.start - (case.start if before is None else before.end)).total_seconds()
        short = f"action {image.number} has {gap_s} s to turn, and needs {needed_s:.3f} s"
        yield needed_s, short if gap_s + _TOUCH < needed_s else ""
        before = image


def _battery(case: _Case, name: str, mine: list[_Image], turns_s: list[float]) -> tuple[float, float]:
    """The lowest charge and what was drawn in all, Wh."""
    power = case.crafts[name]["resource_model"]
    step = timedelta(seconds=case.mission["resource_sample_step_s"])
    loads = [(one.start, one.end, power["imaging_power_w"]) for one in mine]
    loads += [
        (one.start - timedelta(seconds=seconds), one.start, power["slew_power_w"])
        for one, seconds in zip(mine, turns_s, strict=True)
    ]
    edges = {case.start + k * step for k in range(int((case.end - case.start) / step) + 1)} | {case.end}
    times = sorted(edges | {t for begin, end, _ in loads for t in (begin, end) if case.start <= t <= case.end})
    middles = [a + (b - a) / 2 for a, b in pairwise(times)]
    seconds = np.array([(b - a).total_seconds() for a, b in pairwise(times)])
    load_w = np.full(len(middles), float(power["idle_power_w"]))
    stamps = np.array([when.timestamp() for when in middles])
    for begin, end, watts in loads:
        load_w[(stamps >= begin.timestamp()) & (stamps < end.timestamp())] += watts
    sun = sun_direction(case.start + (case.end - case.start) / 2)  # it moves by less than a degree in the horizon
    lit = np.array([is_lit(r, sun) for r in case.orbits[name].many(middles)])
    change_wh = (lit * power["sunlit_charge_power_w"] - load_w) * seconds / 3600.0
    level = least = float(power["initial_battery_wh"])
    for change in change_wh.tolist():
        level += change
        least = min(least, level)
        level = min(level, power["battery_capacity_wh"])
    return least, float((load_w * seconds).sum() / 3600.0)


def _metrics(case: _Case, images: list[_Image], drawn_wh: float) -> dict[str, float]:
    done: dict[str, datetime] = {}
    for one in images:
        if one.task in case.tasks:
            done[one.task] = min(one.end, done.get(one.task, one.end))
    waits = [(end - instant(case.tasks[name]["release_time"])).total_seconds() for name, end in done.items()]
    weight = sum(one["weight"] for one in case.tasks.values())
    return {
        "CR": len(done) / len(case.tasks),
        "WCR": sum(case.tasks[name]["weight"] for name in done) / weight,
        "TAT": sum(waits) / len(waits) if waits else 0.0,
        "PC": drawn_wh,
    }
