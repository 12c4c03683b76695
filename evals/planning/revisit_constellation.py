"""The fewest orbits from which every target is seen often enough: a cover among many, then orbits moved to fit better.

A target's windows are all stretches of its revisit period, begun every so many seconds. Targets are revisited in time where
every window holds a pass of some satellite, so that satellites are chosen as columns that cover windows.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evals.planning.cover import cover
from evals.planning.flown import circular_states, flown_tracks
from evals.planning.track import FloatArray

__all__ = ["RevisitNeed", "choose_orbits"]

BoolArray = NDArray[np.bool_]

_STEP_S: Final = 60.0  # of the search for passes; the nearest moment is interpolated
_SEARCH_WINDOW_S: Final = 600.0
_FINE_WINDOW_S: Final = 120.0
_SLACK_S: Final = 60.0  # for a look that is not at the nearest moment
_BATCH: Final = 64
_LIBRARY_SHARE: Final = 0.2  # of the time, to fly candidates
_COVER_SHARE: Final = 0.15
_MOST_CANDIDATES: Final = 8000
_INCLINATIONS_RAD: Final = (np.radians(20.0), np.radians(110.0))
_MARGIN_RAD: Final = np.radians(0.06)  # of off-nadir
_HEIGHT_MARGIN_M: Final = 500.0
_WAY_AROUND_RAD: Final = 2.0 * np.pi
_GROUND_RATE_RAD_S: Final = 1.1e-3  # no low orbit passes faster
_HEAT: Final = 6.0  # windows: what a worse move may lose at first
_SPREADS: Final = (1.0, 0.3, 0.1, 0.03, 0.01)


@dataclass(frozen=True)
class RevisitNeed:
    """What is to be seen how often, and what orbits may be.

    ``targets_itrf_m`` and ``periods_s`` have shape (targets, 3) and (targets,). A look lasts ``look_s``; radii are from
    the Earth's centre.
    """

    start: datetime
    end: datetime
    targets_itrf_m: FloatArray
    periods_s: FloatArray
    look_s: float
    off_nadir_rad: float
    range_m: float
    least_radius_m: float
    most_radius_m: float


@dataclass(frozen=True)
class _Passes:
    """When an orbit passes a target near enough; three columns of equal length."""

    orbit: NDArray[np.int64]
    target: NDArray[np.int64]
    t_s: FloatArray


def choose_orbits(need: RevisitNeed, most: int, seconds: float, seed: int = 1) -> FloatArray:
    """Initial states (GCRF, m and m/s, shape (satellites, 6)) of as few satellites as revisit every target in time.

    Where ``most`` satellites are not enough, those that leave the fewest windows without a pass.
    """
    begun = time.monotonic()
    random = np.random.default_rng(seed)
    library = _library(need, begun + _LIBRARY_SHARE * seconds, random)
    covers = np.concatenate([_covered(need, _states(one), _SEARCH_WINDOW_S) for one in _batches(library)])
    found = cover(covers.reshape(len(library), -1), most, _COVER_SHARE * seconds, seed)
    done, bare, fewer = library[list(found.columns)], found.bare, library[list(found.fewer)]
    del covers
    until = begun + seconds
    while True:
        fewer, left = _moved(need, fewer, until, random)
        if left and not bare:
            return _states(done)
        done, bare = fewer, left
        if left or len(fewer) == 1 or time.monotonic() >= until:
            return _states(done)
        fewer = _without_the_least(need, fewer)


def _library(need: RevisitNeed, until: float, random: np.random.Generator) -> FloatArray:
    """Circular orbits (radius, inclination, node, argument of latitude), as many as can be flown in the time."""
    begun, batches = time.monotonic(), [_drawn(need, _BATCH, random)]
    _covered(need, _states(batches[0]), _SEARCH_WINDOW_S)
    each_s = (time.monotonic() - begun) / _BATCH
    count = int(min(_MOST_CANDIDATES, max(_BATCH, (until - time.monotonic()) / each_s)))
    return np.concatenate([batches[0], _drawn(need, count, random)])


def _drawn(need: RevisitNeed, count: int, random: np.random.Generator) -> FloatArray:
    # High orbits see most, so half are near the top; the rest try every period there is.
    low, high = need.least_radius_m + _HEIGHT_MARGIN_M, need.most_radius_m - _HEIGHT_MARGIN_M
    near_top = random.uniform(high - 0.2 * (high - low), high, count)
    radius_m = np.where(random.random(count) < 0.5, near_top, random.uniform(low, high, count))
    return np.column_stack(
        [radius_m, random.uniform(*_INCLINATIONS_RAD, count), random.uniform(0.0, _WAY_AROUND_RAD, (count, 2))]
    )


def _states(orbits: FloatArray) -> FloatArray:
    return circular_states(orbits[:, 0], orbits[:, 1], orbits[:, 2], orbits[:, 3])


def _batches(orbits: FloatArray) -> Iterator[FloatArray]:
    for first in range(0, len(orbits), _BATCH):
        yield orbits[first : first + _BATCH]


def _covered(need: RevisitNeed, states_gcrf: FloatArray, window_s: float) -> BoolArray:
    """Whether an orbit passes a target in a window, shape (orbits, targets, windows); windows past the end are covered."""
    passes = _passes(need, states_gcrf)
    horizon_s = (need.end - need.start).total_seconds()
    long_s = need.periods_s - window_s - _SLACK_S
    count = int((horizon_s - long_s.min()) // window_s) + 1
    edges = np.zeros((len(states_gcrf), len(long_s), count + 1), dtype=np.int32)
    first = np.maximum(np.ceil((passes.t_s - long_s[passes.target]) / window_s), 0.0).astype(np.int64)
    last = (passes.t_s // window_s).astype(np.int64)
    np.add.at(edges, (passes.orbit, passes.target, np.minimum(first, count)), 1)
    np.add.at(edges, (passes.orbit, passes.target, np.minimum(last + 1, count)), -1)
    covered = np.cumsum(edges[:, :, :count], axis=2) > 0
    return covered | (np.arange(count) * window_s > (horizon_s - long_s)[:, None])


def _passes(need: RevisitNeed, states_gcrf: FloatArray) -> _Passes:
    """Passes that stay near enough for a whole look about their nearest moment."""
    r_itrf_m = flown_tracks(states_gcrf, need.start, need.end, _STEP_S).r_itrf_m
    radius_m = np.linalg.norm(r_itrf_m, axis=2)
    ground_m = np.linalg.norm(need.targets_itrf_m, axis=1)
    cosine = np.einsum("onx,tx->otn", r_itrf_m, need.targets_itrf_m / ground_m[:, None], optimize=True)
    cosine /= radius_m[:, None, :]
    before, middle, after = cosine[:, :, :-2], cosine[:, :, 1:-1], cosine[:, :, 2:]
    orbit, target, k = np.nonzero((middle >= before) & (middle > after) & (middle > 0.9))
    a, b, c = before[orbit, target, k], middle[orbit, target, k], after[orbit, target, k]
    past = 0.5 * (a - c) / (a - 2.0 * b + c)
    apart_rad = np.arccos(np.minimum(b - 0.25 * (a - c) * past, 1.0))
    reach_rad = _reach_rad(need, radius_m[orbit, k + 1], ground_m[target])
    fit = apart_rad < reach_rad
    return _Passes(orbit[fit], target[fit], (k[fit] + 1.0 + past[fit]) * _STEP_S)


def _reach_rad(need: RevisitNeed, radius_m: FloatArray, ground_m: FloatArray) -> FloatArray:
    """How far beside the track a target may be, at the Earth's centre, to be in view for a look; NaN for never."""
    off_rad = need.off_nadir_rad - _MARGIN_RAD
    by_angle = np.arcsin(np.minimum(radius_m / ground_m * np.sin(off_rad), 1.0)) - off_rad
    cosine = (radius_m**2 + ground_m**2 - need.range_m**2) / (2.0 * radius_m * ground_m)
    by_range = np.where(cosine < 1.0, np.arccos(np.clip(cosine, -1.0, 1.0)), 0.0)
    half_rad = 0.5 * need.look_s * _GROUND_RATE_RAD_S
    return np.asarray(np.sqrt(np.maximum(np.minimum(by_angle, by_range) ** 2 - half_rad**2, 0.0)))


def _moved(need: RevisitNeed, orbits: FloatArray, until: float, random: np.random.Generator) -> tuple[FloatArray, int]:
    """Orbits moved one at a time until every window has a pass, and how many windows of the best have none."""
    covered = _covered(need, _states(orbits), _FINE_WINDOW_S).reshape(len(orbits), -1)
    bare = int((~covered.any(axis=0)).sum())
    best, least = orbits.copy(), bare
    begun, now = time.monotonic(), orbits.copy()
    while least and time.monotonic() < until:
        heat = _HEAT * (until - time.monotonic()) / max(until - begun, 1e-9)
        one = int(random.integers(len(now)))
        tried = _near(need, now[one], random)
        mine = _covered(need, _states(tried), _FINE_WINDOW_S).reshape(len(tried), -1)
        others = np.delete(covered, one, axis=0).any(axis=0)
        left = (~mine[:, ~others]).sum(axis=1)
        k = int(left.argmin())
        if left[k] <= bare + heat * random.exponential():
            now[one], covered[one], bare = tried[k], mine[k], int(left[k])
            if bare < least:
                best, least = now.copy(), bare
    return best, least


def _near(need: RevisitNeed, orbit: FloatArray, random: np.random.Generator) -> FloatArray:
    """Orbits about one, some near and some far, inside the limits."""
    scale = random.choice(_SPREADS, _BATCH)[:, None] * np.array([3e4, 0.15, 0.5, 0.5])
    tried: FloatArray = orbit + scale * random.standard_normal((_BATCH, 4))
    low, high = need.least_radius_m + _HEIGHT_MARGIN_M, need.most_radius_m - _HEIGHT_MARGIN_M
    tried[:, 0] = np.clip(tried[:, 0], low, high)
    tried[:, 1] = np.clip(tried[:, 1], 0.0, np.pi)
    return tried


def _without_the_least(need: RevisitNeed, orbits: FloatArray) -> FloatArray:
    """The orbits less the one whose passes are missed least."""
    covered = _covered(need, _states(orbits), _FINE_WINDOW_S).reshape(len(orbits), -1)
    alone = covered.sum(axis=0) == 1
    missed: Sequence[int] = [int((covered[k] & alone).sum()) for k in range(len(orbits))]
    return np.delete(orbits, int(np.argmin(missed)), axis=0)
