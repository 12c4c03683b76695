"""Which satellites to add to a relay network: one after another where it serves most, then moved, then shorter ways.

For one demand at one instant only the way to each satellite from its source and from its destination matters, so that a
thousand candidates for one more place in the network are judged at once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evals.planning.flown import circular_states, flown_tracks_at
from evals.planning.relay_links import Links, Site, ground_lengths_m, space_lengths_m
from evals.planning.track import FloatArray

__all__ = ["RelayNeed", "Wanted", "choose_relays", "links_of"]

_BATCH: Final = 64
_MOST_CANDIDATES: Final = 3000
_LIBRARY_SHARE: Final = 0.25  # of the time, to fly candidates
_HEIGHT_MARGIN_M: Final = 500.0
_INCLINATION_MARGIN_RAD: Final = np.radians(0.01)
_SPREADS: Final = (1.0, 0.3, 0.1, 0.03)
_STRIDE_M: Final = (1e5, 0.2, 0.6, 0.6)  # of a move: radius, then inclination, node and argument in radians


@dataclass(frozen=True)
class RelayNeed:
    """The network as it is, and what may be added to it.

    ``backbone_gcrf`` has shape (satellites, 6), of ``epoch``; ``t_tai_s`` are the instants of demand. Limits of orbits are
    (least, most).
    """

    epoch: datetime
    t_tai_s: FloatArray
    backbone_gcrf: FloatArray
    sites: tuple[Site, ...]
    radius_m: tuple[float, float]
    inclination_rad: tuple[float, float]
    space_range_m: float
    ground_range_m: float
    earth_m: float


@dataclass(frozen=True)
class Wanted:
    """Demands at instants, as columns of equal length; ``worth`` is what each adds to the service."""

    instant: NDArray[np.int64]
    source: NDArray[np.int64]
    destination: NDArray[np.int64]
    worth: FloatArray


@dataclass(frozen=True)
class _Flown:
    """Orbits (radius, inclination, node, argument of latitude) with their positions, shape (orbits, instants, 3)."""

    orbits: FloatArray
    r_itrf_m: FloatArray

    def only(self, kept: list[int]) -> _Flown:
        return _Flown(self.orbits[kept], self.r_itrf_m[kept])

    def with_one(self, other: _Flown, k: int) -> _Flown:
        return _Flown(
            np.concatenate([self.orbits, other.orbits[k : k + 1]]),
            np.concatenate([self.r_itrf_m, other.r_itrf_m[k : k + 1]]),
        )


@dataclass(frozen=True, order=True)
class _Score:
    """What a network is worth: the service first, rounded so that equals are equal, then short ways."""

    service: float
    negative_way_m: float


def links_of(need: RelayNeed, states_gcrf: FloatArray) -> Links:
    """The links of satellites (shape (m, 6), of the epoch) at the instants of demand."""
    return _links(need, flown_tracks_at(states_gcrf, need.epoch, need.t_tai_s).r_itrf_m)


def choose_relays(need: RelayNeed, wanted: Wanted, most: int, seconds: float, seed: int = 1) -> FloatArray:
    """Initial states (GCRF, shape (added, 6)) of as few satellites as serve what is wanted, by ways as short as may be."""
    begun = time.monotonic()
    random = np.random.default_rng(seed)
    search = _Search(need, wanted, _library(need, begun + _LIBRARY_SHARE * seconds, random), random)
    until = begun + seconds
    best = search.nothing
    while len(best.orbits) < most and not search.is_full(best) and time.monotonic() < until:
        best = search.settled(search.added(best), until)
    best = search.fewer(best, begun + 0.6 * seconds)
    return _states(search.shorter(best, until).orbits)


class _Search:
    def __init__(self, need: RelayNeed, wanted: Wanted, library: _Flown, random: np.random.Generator) -> None:
        self._need, self._wanted, self._library, self._random = need, wanted, library, random
        self._backbone_m = flown_tracks_at(need.backbone_gcrf, need.epoch, need.t_tai_s).r_itrf_m
        self._all = round(float(wanted.worth.sum()), 9)
        self.nothing = _Flown(np.empty((0, 4)), np.empty((0, len(need.t_tai_s), 3)))

    def score(self, added: _Flown) -> _Score:
        """Of the network with some satellites added."""
        from_source_m, from_destination_m, straight_m = self._ways(added)
        del from_source_m, from_destination_m
        return self._scores(straight_m[None, :])[0]

    def is_full(self, added: _Flown) -> bool:
        """Whether all that is wanted is served."""
        return self.score(added).service >= self._all

    def added(self, now: _Flown) -> _Flown:
        """With the best of the library beside what is there."""
        return now.with_one(self._library, self._best(now, self._library)[0])

    def settled(self, now: _Flown, until: float) -> _Flown:
        """Each satellite exchanged in turn for a better one, until none is or all is served."""
        value = self.score(now)
        tried = 0
        while tried < len(now.orbits) and value.service < self._all and time.monotonic() < until:
            one = tried
            others = now.only([k for k in range(len(now.orbits)) if k != one])
            tried += 1
            for offered in (self._library, self._about(now.orbits[one])):
                k, better = self._best(others, offered)
                if better.service > value.service:
                    now, value, tried = others.with_one(offered, k), better, 0
                    break
        return now

    def fewer(self, now: _Flown, until: float) -> _Flown:
        """With fewer satellites, where they serve as much."""
        service = self.score(now).service
        while len(now.orbits) and time.monotonic() < until:
            without = [now.only([k for k in range(len(now.orbits)) if k != one]) for one in range(len(now.orbits))]
            for less in sorted(without, key=self.score, reverse=True):
                less = self.settled(less, until)
                if self.score(less).service >= service:
                    now = less
                    break
            else:
                return now
        return now

    def shorter(self, now: _Flown, until: float) -> _Flown:
        """The same service over shorter ways: one satellite at a time is moved, or exchanged at first."""
        value, turn = self.score(now), 0
        while len(now.orbits) and time.monotonic() < until:
            one = turn % len(now.orbits)
            others = now.only([k for k in range(len(now.orbits)) if k != one])
            offered = self._library if turn < len(now.orbits) else self._about(now.orbits[one])
            k, better = self._best(others, offered)
            if better > value:
                now, value = _in_place(now, one, offered, k), better
            turn += 1
        return now

    def _about(self, orbit: FloatArray) -> _Flown:
        scale = self._random.choice(_SPREADS, _BATCH)[:, None] * np.array(_STRIDE_M)
        tried = orbit + scale * self._random.standard_normal((_BATCH, 4))
        low, high = _bounds(self._need)
        tried[:, :2] = np.clip(tried[:, :2], low[:2], high[:2])
        return _flown(self._need, tried)

    def _best(self, now: _Flown, offered: _Flown) -> tuple[int, _Score]:
        """Which of the orbits on offer is best beside what is there."""
        from_source_m, from_destination_m, straight_m = self._ways(now)
        best: tuple[int, _Score] | None = None
        for first in range(0, len(offered.orbits), _BATCH):
            r_itrf_m = offered.r_itrf_m[first : first + _BATCH]
            up_m = self._reached(r_itrf_m, now, from_source_m, self._wanted.source)
            down_m = self._reached(r_itrf_m, now, from_destination_m, self._wanted.destination)
            scores = self._scores(np.minimum(up_m + down_m, straight_m))
            k = max(range(len(scores)), key=lambda one: scores[one])
            if best is None or scores[k] > best[1]:
                best = first + k, scores[k]
        assert best is not None
        return best

    def _scores(self, way_m: FloatArray) -> list[_Score]:
        served = np.isfinite(way_m)
        service = (served * self._wanted.worth).sum(axis=1).round(9)
        mean_m = np.where(served, way_m, 0.0).sum(axis=1) / np.maximum(served.sum(axis=1), 1)
        return [_Score(*pair) for pair in zip(service.tolist(), (-mean_m).tolist(), strict=True)]

    def _ways(self, added: _Flown) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Lengths from each source and each destination to each satellite (wanted, satellites), and from end to end."""
        links = _links(self._need, np.concatenate([self._backbone_m, added.r_itrf_m]))
        between_m = links.space_m.copy()
        diagonal = np.arange(between_m.shape[1])
        between_m[:, diagonal, diagonal] = 0.0
        for k in diagonal.tolist():  # Floyd and Warshall, all instants at once
            np.minimum(between_m, between_m[:, :, k, None] + between_m[:, None, k, :], out=between_m)
        at, wanted = self._wanted.instant, self._wanted
        from_source_m = (links.ground_m[at, wanted.source, :, None] + between_m[at]).min(axis=1)
        to_m = links.ground_m[at, wanted.destination]
        from_destination_m = (to_m[:, :, None] + between_m[at]).min(axis=1)
        return from_source_m, from_destination_m, (from_source_m + to_m).min(axis=1)

    def _reached(self, r_itrf_m: FloatArray, now: _Flown, ways_m: FloatArray, site: NDArray[np.int64]) -> FloatArray:
        """How far each of some new satellites is from one end of each demand, shape (new, wanted)."""
        need, at = self._need, self._wanted.instant
        present_m = np.concatenate([self._backbone_m, now.r_itrf_m])
        across_m = space_lengths_m(r_itrf_m, present_m, need.space_range_m, need.earth_m)
        over_m = (across_m[at] + ways_m[:, None, :]).min(axis=2)
        direct_m = ground_lengths_m(r_itrf_m, need.sites, need.ground_range_m)[at, site]
        reached_m: FloatArray = np.minimum(over_m, direct_m).T
        return reached_m


def _in_place(now: _Flown, one: int, offered: _Flown, k: int) -> _Flown:
    orbits, r_itrf_m = now.orbits.copy(), now.r_itrf_m.copy()
    orbits[one], r_itrf_m[one] = offered.orbits[k], offered.r_itrf_m[k]
    return replace(now, orbits=orbits, r_itrf_m=r_itrf_m)


def _library(need: RelayNeed, until: float, random: np.random.Generator) -> _Flown:
    """As many orbits as can be flown in the time."""
    parts: list[_Flown] = []
    while len(parts) * _BATCH < _MOST_CANDIDATES and (not parts or time.monotonic() < until):
        low, high = _bounds(need)
        drawn = random.uniform(low, high, (_BATCH, 4))
        drawn[::2, 0] = high[0]  # high orbits are in sight of most
        parts.append(_flown(need, drawn))
    return _Flown(np.concatenate([one.orbits for one in parts]), np.concatenate([one.r_itrf_m for one in parts]))


def _bounds(need: RelayNeed) -> tuple[FloatArray, FloatArray]:
    (near_m, far_m), (flat_rad, steep_rad) = need.radius_m, need.inclination_rad
    low = np.array([near_m + _HEIGHT_MARGIN_M, flat_rad + _INCLINATION_MARGIN_RAD, 0.0, 0.0])
    return low, np.array([far_m - _HEIGHT_MARGIN_M, steep_rad - _INCLINATION_MARGIN_RAD, 2.0 * np.pi, 2.0 * np.pi])


def _flown(need: RelayNeed, orbits: FloatArray) -> _Flown:
    return _Flown(orbits, flown_tracks_at(_states(orbits), need.epoch, need.t_tai_s).r_itrf_m)


def _states(orbits: FloatArray) -> FloatArray:
    return circular_states(orbits[:, 0], orbits[:, 1], orbits[:, 2], orbits[:, 3])


def _links(need: RelayNeed, r_itrf_m: FloatArray) -> Links:
    return Links(
        ground_lengths_m(r_itrf_m, need.sites, need.ground_range_m),
        space_lengths_m(r_itrf_m, r_itrf_m, need.space_range_m, need.earth_m),
    )
