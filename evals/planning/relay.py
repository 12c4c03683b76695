"""Relay networks: which satellites to add, and which links to use when, so that demands are served by short ways."""

from __future__ import annotations

import heapq
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.plan.schedule import Candidate, Fleet, Problem, Request, SatelliteBudget, solve
from core.time import parse_utc, tai_s_from_utc
from core.units import to_rad
from evals.planning.relay_constellation import RelayNeed, Wanted, choose_relays, links_of
from evals.planning.relay_links import Links, Site
from evals.planning.track import FloatArray

__all__ = ["Demand", "RelayCase", "read_relay", "relay_problem", "solve_relay"]

_CASE_EARTH_M: Final = 6_378_136.3  # radius from which the cases count altitudes, and that no link may touch
_MARGIN_RAD: Final = to_rad(0.02)  # of elevation, for the difference between orientation models
_MARGIN_M: Final = 1000.0
_WAYS: Final = 6  # paths kept of a demand at an instant
_ADDED_SHARE: Final = 0.8  # of the time
_LENGTH_SHARE: Final = 1e-2  # of a demand's value: what the longest path loses, less than what tells demands apart
_LONGEST_M: Final = 2e8
_PER_SERVICE: Final = 1e3  # value of a demand that is served throughout: the solver counts lengths of some 20 km apart
_STATE: Final = ("x_m", "y_m", "z_m", "vx_m_s", "vy_m_s", "vz_m_s")

Link = tuple[str, str, str]


@dataclass(frozen=True)
class Demand:
    """A pair of sites that is to be connected at samples from ``first`` until before ``end``."""

    name: str
    source: int
    destination: int
    first: int
    end: int
    weight: float

    @property
    def worth(self) -> float:
        """What each served sample adds to the service."""
        return self.weight / (self.end - self.first)


@dataclass(frozen=True)
class RelayCase:
    """One case; ``limits`` as its manifest has them."""

    start: datetime
    epoch: datetime
    step_s: float
    samples: int
    limits: dict[str, float]
    backbone: tuple[str, ...]
    backbone_gcrf: FloatArray
    sites: tuple[Site, ...]
    demands: tuple[Demand, ...]


def read_relay(case: Path) -> RelayCase:
    """A case from its folder."""
    files = {
        name: json.loads((case / f"{name}.json").read_text("utf-8")) for name in ("manifest", "network", "demands")
    }
    manifest, network = files["manifest"], files["network"]
    start, end, step_s = (
        parse_utc(manifest["horizon_start"]),
        parse_utc(manifest["horizon_end"]),
        manifest["routing_step_s"],
    )
    sites = tuple(_site(one) for one in network["ground_endpoints"])
    places = {one.name: k for k, one in enumerate(sites)}

    def demand(one: dict[str, Any]) -> Demand:
        first, last = (
            round((parse_utc(one[name]) - start).total_seconds() / step_s) for name in ("start_time", "end_time")
        )
        ends = places[one["source_endpoint_id"]], places[one["destination_endpoint_id"]]
        return Demand(one["demand_id"], *ends, first, last, one["weight"])

    backbone = network["backbone_satellites"]
    return RelayCase(
        start,
        parse_utc(manifest["epoch"]),
        float(step_s),
        round((end - start).total_seconds() / step_s),
        manifest["constraints"],
        tuple(one["satellite_id"] for one in backbone),
        np.array([[one[name] for name in _STATE] for one in backbone]),
        sites,
        tuple(demand(one) for one in files["demands"]["demanded_windows"]),
    )


def _site(one: dict[str, Any]) -> Site:
    place = (to_rad(one["latitude_deg"]), to_rad(one["longitude_deg"]), one["altitude_m"])
    return Site(one["endpoint_id"], place, to_rad(one["min_elevation_deg"]) + _MARGIN_RAD)


def solve_relay(case: RelayCase, budget_s: float, seed: int = 1) -> str:
    """The best network and contact plan found within a time budget, as the benchmark's solution document."""
    begun = time.monotonic()
    samples = sorted({k for one in case.demands for k in range(one.first, one.end)})
    need = _need(case, samples)
    most = int(case.limits["max_added_satellites"])
    added = choose_relays(need, _wanted(case, samples), most, _ADDED_SHARE * budget_s, seed)
    links = links_of(need, np.concatenate([case.backbone_gcrf, added]))
    problem = relay_problem(case, links, samples)
    schedule = solve(problem, max(0.0, budget_s - (time.monotonic() - begun)), seed=seed)
    names = [one.name for one in problem.fleet.satellites]
    active: dict[Link, list[int]] = defaultdict(list)
    for index in schedule.chosen:
        one = problem.candidates[index]
        for link in _links_along(case, names, one):
            active[link].append(round(one.start_s / case.step_s))
    return json.dumps(
        {
            "added_satellites": [
                {"satellite_id": name, **dict(zip(_STATE, row.tolist(), strict=True))}
                for name, row in zip(names[len(case.backbone) :], added, strict=True)
            ],
            "actions": [action for link in sorted(active) for action in _actions(case, link, sorted(active[link]))],
        },
        indent=1,
    )


def relay_problem(case: RelayCase, links: Links, samples: Sequence[int]) -> Problem:
    """Each demand at each instant a request, its shortest paths the candidates.

    A satellite has too few links for two paths, and a site has one: both are held by the path that uses them. A served
    demand counts more than the length of all paths.
    """
    count = links.space_m.shape[1]
    names = (*case.backbone, *(f"added_{k + 1:03d}" for k in range(count - len(case.backbone))))
    requests: list[Request] = []
    candidates: list[Candidate] = []
    at = {sample: k for k, sample in enumerate(samples)}
    for demand in case.demands:
        worth = _PER_SERVICE * demand.worth
        for sample in range(demand.first, demand.end):
            for length_m, path in _paths(links, at[sample], demand):
                candidates.append(
                    Candidate(
                        request=len(requests),
                        satellite=path[0],
                        relays=path[1:],
                        station=demand.source,
                        far_station=demand.destination,
                        start_s=sample * case.step_s,
                        end_s=(sample + 1) * case.step_s,
                        value=worth * (1.0 - _LENGTH_SHARE * min(length_m / _LONGEST_M, 1.0)),
                    )
                )
            requests.append(Request(demand.name, worth))
    sites = tuple(one.name for one in case.sites)
    fleet = Fleet(tuple(SatelliteBudget(name) for name in names), sites, (0.0,) * len(sites))
    return Problem(case.samples * case.step_s, fleet, tuple(requests), tuple(candidates))


def _paths(links: Links, instant: int, demand: Demand) -> list[tuple[float, tuple[int, ...]]]:
    """The shortest paths from a source to a destination over satellites, without loops (best first search)."""
    up_m, down_m = links.ground_m[instant, demand.source], links.ground_m[instant, demand.destination]
    neighbours = [np.flatnonzero(np.isfinite(row)).tolist() for row in links.space_m[instant]]
    waiting: list[tuple[float, bool, tuple[int, ...]]]
    waiting = [(float(up_m[k]), False, (k,)) for k in np.flatnonzero(np.isfinite(up_m)).tolist()]
    heapq.heapify(waiting)
    found: list[tuple[float, tuple[int, ...]]] = []
    times_at: dict[int, int] = defaultdict(int)
    while waiting and len(found) < _WAYS:
        length_m, arrived, path = heapq.heappop(waiting)
        if arrived:
            found.append((length_m, path))
            continue
        times_at[path[-1]] += 1
        if times_at[path[-1]] > _WAYS:
            continue
        if np.isfinite(down_m[path[-1]]):
            heapq.heappush(waiting, (length_m + float(down_m[path[-1]]), True, path))
        for k in neighbours[path[-1]]:
            if k not in path:
                heapq.heappush(waiting, (length_m + float(links.space_m[instant, path[-1], k]), False, (*path, k)))
    return found


def _need(case: RelayCase, samples: Sequence[int]) -> RelayNeed:
    limits = case.limits
    return RelayNeed(
        epoch=case.epoch,
        t_tai_s=tai_s_from_utc(case.start) + case.step_s * np.array(samples, dtype=np.float64),
        backbone_gcrf=case.backbone_gcrf,
        sites=case.sites,
        radius_m=(_CASE_EARTH_M + limits["min_altitude_m"], _CASE_EARTH_M + limits["max_altitude_m"]),
        inclination_rad=(to_rad(limits["min_inclination_deg"]), to_rad(limits["max_inclination_deg"])),
        space_range_m=limits["max_isl_range_m"] - _MARGIN_M,
        ground_range_m=limits.get("max_ground_range_m", np.inf) - _MARGIN_M,
        earth_m=_CASE_EARTH_M + _MARGIN_M,
    )


def _wanted(case: RelayCase, samples: Sequence[int]) -> Wanted:
    """Of the demands of each instant those that are worth most together with every site in one of them only."""
    rows = [
        (k, one.source, one.destination, one.worth)
        for k, sample in enumerate(samples)
        for one in _apart([one for one in case.demands if one.first <= sample < one.end])
    ]
    instant, source, destination, worth = (np.array(column) for column in zip(*rows, strict=True))
    return Wanted(instant, source, destination, worth / sum(one.weight for one in case.demands))


def _apart(demands: list[Demand]) -> tuple[Demand, ...]:
    groups = (group for size in range(len(demands), 0, -1) for group in combinations(demands, size))
    free = (
        group
        for group in groups
        if len({end for one in group for end in (one.source, one.destination)}) == 2 * len(group)
    )
    return max(free, key=lambda group: sum(one.worth for one in group))


def _links_along(case: RelayCase, names: Sequence[str], one: Candidate) -> Iterator[Link]:
    for station in one.stations:
        yield "ground_link", case.sites[station].name, names[one.served_by(station)]
    for a, b in pairwise(one.held):
        first, second = sorted((names[a], names[b]))
        yield "inter_satellite_link", first, second


def _actions(case: RelayCase, link: Link, samples: list[int]) -> Iterator[dict[str, str]]:
    """One action for each run of samples in which a link is used."""
    kind, first, second = link
    ends = ("endpoint_id", "satellite_id") if kind == "ground_link" else ("satellite_id_1", "satellite_id_2")
    for run in np.split(np.array(samples), np.flatnonzero(np.diff(samples) > 1) + 1):
        yield {
            "action_type": kind,
            ends[0]: first,
            ends[1]: second,
            "start_time": _iso(case, int(run[0])),
            "end_time": _iso(case, int(run[-1]) + 1),
        }


def _iso(case: RelayCase, sample: int) -> str:
    return (case.start + timedelta(seconds=sample * case.step_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
