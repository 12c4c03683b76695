"""Checks a stereo schedule against the benchmark's rules, with none of the solver's code.

Overlap is counted on an even lattice of the disk, where the benchmark draws a hundred random points; only pairs are looked at,
as a third look can only raise the quality that is reported.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from evals.planning.independent import (
    FloatArray,
    IndependentOrbit,
    Look,
    angle_deg,
    ground_m,
    instant,
    spin,
    sun_direction,
    turn_s,
)
from evals.planning.verdict import Verdict

__all__ = ["check_stereo"]

_TOUCH: Final = 1e-6
_SAMPLE_S: Final = 1.0
_STRIP_S: Final = 8.0
_POLAR_M: Final = 6_356_752.314245  # WGS 84
_EQUATOR_M: Final = 6_378_137.0  # WGS 84
_BANDS_DEG: Final = {
    "urban_structured": (8.0, 18.0),
    "vegetated": (8.0, 14.0),
    "rugged": (10.0, 20.0),
    "open": (15.0, 25.0),
}


@dataclass(frozen=True)
class _Look(Look):
    along_deg: float
    across_deg: float


class _Case:
    def __init__(self, folder: Path) -> None:
        read: Any = {
            name: yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
            for name in ("mission", "satellites", "targets")
        }
        self.mission = read["mission"]["mission"]
        self.limits = self.mission["validity_thresholds"]
        self.start, self.end = instant(self.mission["horizon_start"]), instant(self.mission["horizon_end"])
        self.crafts = {one["id"]: one for one in read["satellites"]}
        self.targets = {one["id"]: one for one in read["targets"]}
        self.orbits = {name: IndependentOrbit(one["tle_line1"], one["tle_line2"]) for name, one in self.crafts.items()}
        self.places = {
            name: ground_m(one["latitude_deg"], one["longitude_deg"], one["elevation_ref_m"])
            for name, one in self.targets.items()
        }

    def fixed(self, craft: str, when: datetime) -> FloatArray:
        """Earth-fixed position."""
        return spin(when).T @ self.orbits[craft].at(when)

    def boresight(self, look: _Look, when: datetime) -> tuple[FloatArray, FloatArray]:
        """Earth-fixed position and where the camera looks, a unit vector."""
        half = timedelta(seconds=0.5)
        here = self.fixed(look.craft, when)
        velocity = self.fixed(look.craft, when + half) - self.fixed(look.craft, when - half)
        down = -here / np.linalg.norm(here)
        ahead = velocity - (velocity @ down) * down
        ahead /= np.linalg.norm(ahead)
        aside = np.cross(ahead, down)
        towards = down + math.tan(math.radians(look.along_deg)) * ahead
        towards = towards + math.tan(math.radians(look.across_deg)) * aside
        return here, towards / np.linalg.norm(towards)


def check_stereo(case: Path, solution: Path) -> Verdict:
    """Every broken rule of a solution, and the metrics of its pairs."""
    known = _Case(case)
    looks = [_look(k, one) for k, one in enumerate(json.loads(solution.read_text(encoding="utf-8"))["actions"])]
    faults = [f"action {look.number}: {what}" for look in looks for what in _of_look(known, look)]
    for craft in known.crafts:
        mine = sorted((one for one in looks if one.craft == craft), key=lambda one: one.start)
        faults += [f"{craft}: {what}" for a, b in pairwise(mine) if (what := _turn(known, a, b))]
    best = dict.fromkeys(known.targets, 0.0)
    for a, b in combinations(looks, 2):
        if a.target == b.target:
            best[a.target] = max(best[a.target], _quality(known, a, b))
    covered = sum(quality > 0.0 for quality in best.values())
    return Verdict(
        {"coverage_ratio": covered / len(best), "normalized_quality": sum(best.values()) / len(best)}, tuple(faults)
    )


def _look(number: int, one: dict[str, Any]) -> _Look:
    return _Look(
        number,
        one["satellite_id"],
        one["target_id"],
        instant(one["start_time"]),
        instant(one["end_time"]),
        one["off_nadir_along_deg"],
        one["off_nadir_across_deg"],
    )


def _of_look(case: _Case, look: _Look) -> Iterator[str]:
    craft = case.crafts[look.craft]
    if not case.start <= look.start < look.end <= case.end:
        yield "is not in the horizon"
    if not craft["min_obs_duration_s"] <= (look.end - look.start).total_seconds() <= craft["max_obs_duration_s"]:
        yield "is too short or too long"
    steered_deg = math.degrees(
        math.atan(math.hypot(math.tan(math.radians(look.along_deg)), math.tan(math.radians(look.across_deg))))
    )
    if steered_deg > craft["max_off_nadir_deg"] + _TOUCH:
        yield f"is steered {steered_deg:.3f} deg from nadir"
    if _ground(case, look, look.middle) is None:
        yield "looks past the Earth"
    when = look.start
    while when <= look.end:
        yield from _of_access(case, look, when)
        when += timedelta(seconds=_SAMPLE_S)


def _of_access(case: _Case, look: _Look, when: datetime) -> Iterator[str]:
    place, here = case.places[look.target], case.fixed(look.craft, when)
    if (here - place) @ place <= 0.0:
        yield f"the Earth hides the target at {when}"
    off_deg = angle_deg(-here, place - here)
    if off_deg > case.crafts[look.craft]["max_off_nadir_deg"] + _TOUCH:
        yield f"the target is {off_deg:.4f} deg from nadir at {when}"
    height_deg = 90.0 - angle_deg(place, spin(when).T @ sun_direction(when))
    if height_deg < case.limits["min_solar_elevation_deg"]:
        yield f"the Sun stands at {height_deg:.3f} deg at {when}"


def _turn(case: _Case, a: _Look, b: _Look) -> str:
    craft = case.crafts[a.craft]
    turned_deg = angle_deg(case.boresight(a, a.end)[1], case.boresight(b, b.start)[1])
    needed_s = craft["settling_time_s"] + turn_s(
        turned_deg, craft["max_slew_velocity_deg_per_s"], craft["max_slew_acceleration_deg_per_s2"]
    )
    gap_s = (b.start - a.end).total_seconds()
    return f"action {b.number} has {gap_s} s to turn, needs {needed_s:.3f} s" if gap_s + _TOUCH < needed_s else ""


def _ground(case: _Case, look: _Look, when: datetime) -> FloatArray | None:
    """Where the boresight meets the ellipsoid; None where it does not."""
    here, towards = case.boresight(look, when)
    scale = np.array([1.0 / _EQUATOR_M, 1.0 / _EQUATOR_M, 1.0 / _POLAR_M])
    p, d = here * scale, towards * scale
    a, b, c = float(d @ d), float(p @ d), float(p @ p) - 1.0
    inside = b * b - a * c
    return None if inside < 0.0 else here + (-b - math.sqrt(inside)) / a * towards


def _quality(case: _Case, a: _Look, b: _Look) -> float:
    """Of a pair, 0 where it is none."""
    apart_s = abs((a.middle - b.middle).total_seconds())
    same = a.craft == b.craft
    if apart_s > case.mission["max_stereo_pair_separation_s"]:
        return 0.0
    if same and not _one_pass(case, a, b):
        return 0.0
    if not same and not case.mission["allow_cross_satellite_stereo"]:
        return 0.0
    place = case.places[a.target]
    turned_deg = angle_deg(case.fixed(a.craft, a.middle) - place, case.fixed(b.craft, b.middle) - place)
    scales = [_range_m(case, look) * case.crafts[look.craft]["pixel_ifov_deg"] for look in (a, b)]
    ratio = max(scales) / min(scales)
    overlap = _overlap(case, a, b)
    limits = case.limits
    if (
        not limits["min_convergence_deg"] <= turned_deg <= limits["max_convergence_deg"]
        or ratio > limits["max_pixel_scale_ratio"]
        or overlap < limits["min_overlap_fraction"]
    ):
        return 0.0
    low, high = _BANDS_DEG[case.targets[a.target]["scene_type"]]
    geometry = max(0.0, 1.0 - max(low - turned_deg, turned_deg - high, 0.0) / 10.0)
    weights = case.mission["quality_model"]["pair_weights"]
    return float(
        weights["geometry"] * geometry
        + weights["overlap"] * min(1.0, overlap / 0.95)
        + weights["resolution"] * max(0.0, 1.0 - (ratio - 1.0) / 0.5)
    )


def _one_pass(case: _Case, a: _Look, b: _Look) -> bool:
    first, second = sorted((a, b), key=lambda one: one.start)
    when = first.end
    while when < second.start:
        if any(_of_access(case, a, when)):
            return False
        when += timedelta(seconds=_SAMPLE_S)
    return True


def _range_m(case: _Case, look: _Look) -> float:
    ground = _ground(case, look, look.middle)
    return math.inf if ground is None else float(np.linalg.norm(ground - case.fixed(look.craft, look.middle)))


def _overlap(case: _Case, a: _Look, b: _Look) -> float:
    """Share of the target's disk that is in both strips."""
    radius_m = case.targets[a.target]["aoi_radius_m"]
    axis = np.linspace(-radius_m, radius_m, 61)
    east, north = np.meshgrid(axis, axis)
    disk = np.stack([east, north], axis=-1)[np.hypot(east, north) <= radius_m]
    seen = np.ones(len(disk), dtype=bool)
    for look in (a, b):
        view_deg = 0.5 * case.crafts[look.craft]["cross_track_pixels"] * case.crafts[look.craft]["pixel_ifov_deg"]
        half_m = _range_m(case, look) * math.tan(math.radians(view_deg))
        seen &= _distances_m(disk, _strip(case, look)) <= half_m
    return float(seen.mean())


def _strip(case: _Case, look: _Look) -> FloatArray:
    """The line along which the camera looks, east and north of the target, m, shape (n, 2)."""
    place = case.places[look.target]
    up = place / np.linalg.norm(place)
    east = np.cross([0.0, 0.0, 1.0], up)
    east /= np.linalg.norm(east)
    axes = np.array([east, np.cross(up, east)])
    times = [look.start]
    while times[-1] + timedelta(seconds=_STRIP_S) < look.end:
        times.append(times[-1] + timedelta(seconds=_STRIP_S))
    points = [_ground(case, look, when) for when in (*times, look.end)]
    return np.array([axes @ (point - place) for point in points if point is not None])


def _distances_m(points: FloatArray, line: FloatArray) -> FloatArray:
    nearest = np.full(len(points), np.inf)
    for a, b in pairwise(line):
        along = np.clip((points - a) @ (b - a) / max(float((b - a) @ (b - a)), 1e-9), 0.0, 1.0)
        nearest = np.minimum(nearest, np.linalg.norm(points - a - along[:, None] * (b - a), axis=1))
    return nearest
