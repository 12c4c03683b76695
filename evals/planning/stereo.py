"""Stereo imaging: two looks at each target from one pass, under an angle that suits its scene."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from numpy.typing import NDArray

from core.frames import itrf_from_geodetic, rotate, sun_position_gcrf_m
from core.plan.schedule import Candidate, Fleet, Problem, Request, SatelliteBudget, solve
from core.time import parse_utc
from core.units import to_rad
from evals.planning.agility import Agility, Vector, angle_deg
from evals.planning.track import FloatArray, Tracks, tracks_of

__all__ = ["StereoCase", "read_stereo", "solve_stereo", "stereo_problem"]

_STEP_S: Final = 1.0
_MARGIN_DEG: Final = 0.05  # of off-nadir and of the Sun's height, for the difference between orientation models
_TURN_MARGIN_S: Final = 0.2
_GROUND_SPEED_M_S: Final = 6500.0  # the slowest that a strip grows
_WAYS: Final = 40  # pairs kept of one pass
_LOOKS: Final = 60  # instants of one pass that are looked at
_SAFE_OVERLAP: Final = 0.04  # above the limit, as the benchmark estimates it from a hundred points
_BANDS_DEG: Final = {  # convergence that suits a scene; the benchmark's README
    "urban_structured": (8.0, 18.0),
    "vegetated": (8.0, 14.0),
    "rugged": (10.0, 20.0),
    "open": (15.0, 25.0),
}
_BAND_FADE_DEG: Final = 10.0


@dataclass(frozen=True)
class Camera:
    """A satellite of the case."""

    name: str
    tle: tuple[str, str]
    agility: Agility
    max_off_nadir_deg: float
    half_view_rad: float
    pixel_rad: float
    least_s: float


@dataclass(frozen=True)
class Target:
    """A disk on the ground."""

    name: str
    r_itrf_m: FloatArray
    radius_m: float
    band_deg: tuple[float, float]


@dataclass(frozen=True)
class StereoCase:
    """One case, with the benchmark's thresholds and weights as they are in its mission file."""

    start: datetime
    end: datetime
    cameras: tuple[Camera, ...]
    targets: tuple[Target, ...]
    thresholds: dict[str, float]
    weights: dict[str, float]


def read_stereo(case: Path) -> StereoCase:
    """A case from its folder."""
    files: dict[str, Any] = {
        name: yaml.safe_load((case / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("mission", "satellites", "targets")
    }
    mission = files["mission"]["mission"]
    return StereoCase(
        parse_utc(mission["horizon_start"]),
        parse_utc(mission["horizon_end"]),
        tuple(_camera(one) for one in files["satellites"]),
        tuple(_target(one) for one in files["targets"]),
        mission["validity_thresholds"],
        mission["quality_model"]["pair_weights"],
    )


def _camera(one: dict[str, Any]) -> Camera:
    return Camera(
        one["id"],
        (one["tle_line1"], one["tle_line2"]),
        Agility(one["max_slew_velocity_deg_per_s"], one["max_slew_acceleration_deg_per_s2"], one["settling_time_s"]),
        one["max_off_nadir_deg"],
        to_rad(0.5 * one["cross_track_pixels"] * one["pixel_ifov_deg"]),
        to_rad(one["pixel_ifov_deg"]),
        one["min_obs_duration_s"],
    )


def _target(one: dict[str, Any]) -> Target:
    place = itrf_from_geodetic(to_rad(one["latitude_deg"]), to_rad(one["longitude_deg"]), one["elevation_ref_m"])
    return Target(one["id"], place, one["aoi_radius_m"], _BANDS_DEG[one["scene_type"]])


@dataclass(frozen=True)
class _Look:
    """One observation of a pass: when, how the camera is steered, and where it looks at its start, middle and end."""

    start_s: float
    end_s: float
    along_deg: float
    across_deg: float
    at_start: Vector
    at_end: Vector


def solve_stereo(case: StereoCase, budget_s: float) -> str:
    """The best schedule found within a time budget, as the benchmark's solution document."""
    problem, pairs = stereo_problem(case)
    schedule = solve(problem, budget_s)
    actions = [
        {
            "type": "observation",
            "satellite_id": case.cameras[problem.candidates[index].satellite].name,
            "target_id": case.targets[problem.candidates[index].request].name,
            "start_time": _iso(case.start, look.start_s),
            "end_time": _iso(case.start, look.end_s),
            "off_nadir_along_deg": look.along_deg,
            "off_nadir_across_deg": look.across_deg,
        }
        for index in schedule.chosen
        for look in pairs[index]
    ]
    return json.dumps({"actions": actions}, indent=1)


def stereo_problem(case: StereoCase) -> tuple[Problem, list[tuple[_Look, _Look]]]:
    """Each target a request, each good pair of looks of one pass a candidate; and the looks of each candidate.

    A covered target counts more than the quality of all others.
    """
    tracks = tracks_of([one.tle for one in case.cameras], case.start, case.end, _STEP_S)
    sun = rotate(tracks.dcm_itrf_from_gcrf, sun_position_gcrf_m(tracks.t_tai_s))
    candidates: list[Candidate] = []
    pairs: list[tuple[_Look, _Look]] = []
    share = 1.0 / (len(case.targets) + 1.0)
    for number, camera in enumerate(case.cameras):
        near = _near(tracks.r_itrf_m[number], case.targets, camera)
        for k, target in enumerate(case.targets):
            for instants in _passes(case, tracks, number, target, sun, np.flatnonzero(near[:, k])):
                for quality, pair in _pairs(case, tracks, number, target, instants):
                    candidates.append(
                        Candidate(
                            request=k,
                            satellite=number,
                            start_s=pair[0].start_s,
                            end_s=pair[1].end_s,
                            value=1.0 + share * quality,
                            pointing=(pair[0].at_start, pair[1].at_end),
                        )
                    )
                    pairs.append(pair)

    def turn_s(first: Candidate, second: Candidate) -> float:
        away, towards = first.pointing, second.pointing
        assert isinstance(away, tuple) and isinstance(towards, tuple)
        return case.cameras[first.satellite].agility.turn_s(angle_deg(away[1], towards[0])) + _TURN_MARGIN_S

    longest_s = max(one.agility.turn_s(180.0) for one in case.cameras) + _TURN_MARGIN_S
    fleet = Fleet(tuple(SatelliteBudget(one.name) for one in case.cameras), turn_s=turn_s, longest_turn_s=longest_s)
    requests = tuple(Request(one.name, 1.0 + share) for one in case.targets)
    return Problem((case.end - case.start).total_seconds(), fleet, requests, tuple(candidates)), pairs


def _near(r_itrf_m: FloatArray, targets: Sequence[Target], camera: Camera) -> NDArray[np.bool_]:
    """When the ground track is near enough to each target, shape (instants, targets)."""
    radius_m = np.linalg.norm(r_itrf_m, axis=1)
    places = np.array([one.r_itrf_m for one in targets])
    ground_m = np.linalg.norm(places, axis=1)
    off_rad = to_rad(camera.max_off_nadir_deg + 1.0)
    reach_rad = math.asin(min(1.0, radius_m.max() / ground_m.min() * math.sin(off_rad))) - off_rad
    cosine = (r_itrf_m / radius_m[:, None]) @ (places / ground_m[:, None]).T
    return np.asarray(cosine > math.cos(reach_rad))


def _passes(
    case: StereoCase, tracks: Tracks, number: int, target: Target, sun_itrf_m: FloatArray, near: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """Stretches of instants in which the camera may look at the target by daylight."""
    if not near.size:
        return
    r_itrf_m = tracks.r_itrf_m[number, near]
    sight = target.r_itrf_m - r_itrf_m
    cosine = -np.einsum("ij,ij->i", sight, r_itrf_m) / (
        np.linalg.norm(sight, axis=1) * np.linalg.norm(r_itrf_m, axis=1)
    )
    towards = sun_itrf_m[near] - target.r_itrf_m
    sine = (towards @ target.r_itrf_m) / (np.linalg.norm(towards, axis=1) * np.linalg.norm(target.r_itrf_m))
    least_sun_deg = case.thresholds["min_solar_elevation_deg"] + _MARGIN_DEG
    limit_deg = case.cameras[number].max_off_nadir_deg - _MARGIN_DEG
    fit = near[(cosine >= math.cos(to_rad(limit_deg))) & (sine >= math.sin(to_rad(least_sun_deg)))]
    for stretch in np.split(fit, np.flatnonzero(np.diff(fit) > 1) + 1):
        if stretch.size > 2:
            yield stretch


def _pairs(
    case: StereoCase, tracks: Tracks, number: int, target: Target, instants: NDArray[np.int64]
) -> list[tuple[float, tuple[_Look, _Look]]]:
    """The best pairs of looks of one pass with their quality; of equals the quickest."""
    camera = case.cameras[number]
    steps = max(math.ceil(camera.least_s / _STEP_S), math.ceil(2.0 * target.radius_m / _GROUND_SPEED_M_S / _STEP_S))
    steps += steps % 2  # the middle is on the grid
    starts = instants[instants + steps <= instants[-1]]
    starts = starts[:: max(1, len(starts) // _LOOKS)]
    if len(starts) < 2:
        return []
    middle_m = tracks.r_itrf_m[number, starts + steps // 2]
    sight = target.r_itrf_m - middle_m
    range_m = np.linalg.norm(sight, axis=1)
    unit = sight / range_m[:, None]
    angles_deg = np.degrees(np.arccos(np.clip(unit @ unit.T, -1.0, 1.0)))
    quality = _quality(case, target, angles_deg, range_m, camera)
    first, second = np.nonzero(np.triu(quality > 0.0, 1))
    order = np.argsort(-quality[first, second].round(2) + 1e-4 * (second - first), kind="stable")
    looks: dict[int, _Look] = {}
    out: list[tuple[float, tuple[_Look, _Look]]] = []
    for a, b in zip(first[order].tolist(), second[order].tolist(), strict=True):
        for k in (a, b):
            if k not in looks:
                looks[k] = _look(tracks, number, unit[k], int(starts[k]), steps)
        pair = (looks[a], looks[b])
        turn_s = camera.agility.turn_s(angle_deg(pair[0].at_end, pair[1].at_start)) + _TURN_MARGIN_S
        if pair[1].start_s - pair[0].end_s >= turn_s:
            out.append((float(quality[a, b]), pair))
            if len(out) == _WAYS:
                break
    return out


def _quality(
    case: StereoCase, target: Target, angles_deg: FloatArray, range_m: FloatArray, camera: Camera
) -> FloatArray:
    """What each pair of looks is worth, 0 for what is no pair."""
    limits, weights = case.thresholds, case.weights
    low, high = target.band_deg
    geometry = np.clip(1.0 - np.maximum(low - angles_deg, angles_deg - high).clip(0.0) / _BAND_FADE_DEG, 0.0, 1.0)
    ratio = np.maximum.outer(range_m, range_m) / np.minimum.outer(range_m, range_m)
    covered = _band_of_disk(range_m * math.tan(camera.half_view_rad) / target.radius_m)
    overlap = np.minimum.outer(covered, covered)
    worth = (
        weights["geometry"] * geometry
        + weights["overlap"] * np.minimum(1.0, overlap / 0.95)
        + weights["resolution"] * np.clip(1.0 - (ratio - 1.0) / 0.5, 0.0, 1.0)
    )
    valid = (
        (angles_deg >= limits["min_convergence_deg"] + _MARGIN_DEG)
        & (angles_deg <= limits["max_convergence_deg"] - _MARGIN_DEG)
        & (ratio <= limits["max_pixel_scale_ratio"] - 0.01)
        & (overlap >= limits["min_overlap_fraction"] + _SAFE_OVERLAP)
    )
    return np.asarray(np.where(valid, worth, 0.0))


def _band_of_disk(half_width: FloatArray) -> FloatArray:
    """Share of the unit disk within a band through its centre."""
    x = np.minimum(half_width, 1.0)
    return np.asarray((np.arcsin(x) + x * np.sqrt(1.0 - x * x)) * 2.0 / math.pi)


def _look(tracks: Tracks, number: int, unit: FloatArray, start: int, steps: int) -> _Look:
    """The steering that looks at the target in the middle, and where it looks at the start and at the end."""
    r_itrf_m = tracks.r_itrf_m[number]
    axes = _axes(r_itrf_m, start + steps // 2)
    along, across, nadir = (axes @ unit).tolist()
    tangents = np.array([along / nadir, across / nadir, 1.0])
    ends = []
    for instant in (start, start + steps):
        towards = _axes(r_itrf_m, instant).T @ tangents
        x, y, z = (towards / np.linalg.norm(towards)).tolist()
        ends.append((x, y, z))
    return _Look(
        start * _STEP_S,
        (start + steps) * _STEP_S,
        math.degrees(math.atan(tangents[0])),
        math.degrees(math.atan(tangents[1])),
        ends[0],
        ends[1],
    )


def _axes(r_itrf_m: FloatArray, instant: int) -> FloatArray:
    """Along the track, across it, and down, of the Earth-fixed motion; rows."""
    before, after = max(instant - 1, 0), min(instant + 1, len(r_itrf_m) - 1)
    velocity = r_itrf_m[after] - r_itrf_m[before]
    down = -r_itrf_m[instant] / np.linalg.norm(r_itrf_m[instant])
    along = velocity - (velocity @ down) * down
    along /= np.linalg.norm(along)
    return np.array([along, np.cross(along, down), down])


def _iso(start: datetime, seconds: float) -> str:
    return (start + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
