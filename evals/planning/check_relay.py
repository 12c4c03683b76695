"""Checks a relay network and its contact plan against the benchmark's rules, with none of the solver's code."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np

from evals.planning.independent import FloatArray, angle_deg, ground_m, instant
from evals.planning.independent_flight import CASE_EARTH_M, IndependentFlight, shape_of, state_of
from evals.planning.verdict import Verdict

__all__ = ["check_relay"]

_TOUCH: Final = 1e-6
_CLEAR_M: Final = 1.0  # by which a line between satellites passes the Earth
_LIGHT_M_S: Final = 299_792_458.0  # exact, SI

_Ends = tuple[str, str]


@dataclass(frozen=True)
class _Link:
    number: int
    ends: _Ends  # in order
    samples: range


class _Case:
    def __init__(self, folder: Path, document: Mapping[str, Any]) -> None:
        read = {
            name: json.loads((folder / f"{name}.json").read_text("utf-8"))
            for name in ("manifest", "network", "demands")
        }
        manifest, network = read["manifest"], read["network"]
        self.limits: Mapping[str, float] = manifest["constraints"]
        self.start, self.end = instant(manifest["horizon_start"]), instant(manifest["horizon_end"])
        self.step = timedelta(seconds=manifest["routing_step_s"])
        self.count = (self.end - self.start) // self.step
        self.added: list[dict[str, Any]] = document["added_satellites"]
        self.backbone = [one["satellite_id"] for one in network["backbone_satellites"]]
        self.satellites = [*self.backbone, *(one["satellite_id"] for one in self.added)]
        self.states = np.array([state_of(one) for one in (*network["backbone_satellites"], *self.added)])
        self.sites = {one["endpoint_id"]: one for one in network["ground_endpoints"]}
        self.demands = {one["demand_id"]: one for one in read["demands"]["demanded_windows"]}

    def samples(self, document: Mapping[str, Any]) -> tuple[float, float]:
        """Start and end in steps of the grid."""
        return (instant(document["start_time"]) - self.start) / self.step, (
            instant(document["end_time"]) - self.start
        ) / self.step


def check_relay(case: Path, solution: Path) -> Verdict:
    """Every broken rule of a solution, and the metrics; without service where a rule is broken."""
    document = json.loads(solution.read_text(encoding="utf-8"))
    known = _Case(case, document)
    faults = [*_of_orbits(known)]
    links: list[_Link] = []
    for number, one in enumerate(document["actions"]):
        what = _unreadable(known, one)
        if what:
            faults.append(f"action {number} {what}")
        else:
            first, end = (round(edge) for edge in known.samples(one))
            links.append(_Link(number, _ends(one), range(first, end)))
    faults += _twice(links)
    if faults:
        return Verdict(_metrics(known, {}), tuple(faults))
    lengths_m: dict[int, dict[_Ends, float]] = defaultdict(dict)
    faults = [*_of_geometry(known, links, lengths_m), *_of_counts(known, lengths_m)]
    return Verdict(_metrics(known, {} if faults else lengths_m), tuple(faults))


def _of_orbits(case: _Case) -> Iterator[str]:
    limits = case.limits
    if len(case.added) > limits["max_added_satellites"]:
        yield f"{len(case.added)} added satellites are more than {limits['max_added_satellites']}"
    for name, count in Counter(case.satellites).items():
        if count > 1:
            yield f"{name} is there {count} times"
    for one in case.added:
        name, shape = one["satellite_id"], shape_of(state_of(one))
        if shape is None:
            yield f"{name} is in no orbit"
            continue
        for what, value, low, high in (
            ("lowest altitude", shape.lowest_m, limits["min_altitude_m"], np.inf),
            ("highest altitude", shape.highest_m, -np.inf, limits["max_altitude_m"]),
            ("eccentricity", shape.eccentricity, 0.0, limits.get("max_eccentricity", 1.0)),
            (
                "inclination",
                shape.inclination_deg,
                limits.get("min_inclination_deg", 0.0),
                limits.get("max_inclination_deg", 180.0),
            ),
        ):
            if not low - _TOUCH <= value <= high + _TOUCH:
                yield f"{name} has a {what} of {value:.6g}, not in {low} to {high}"


def _unreadable(case: _Case, one: Mapping[str, Any]) -> str:
    kind = one.get("action_type")
    if kind not in ("ground_link", "inter_satellite_link"):
        return f"is of the unknown type {kind!r}"
    a, b = _ends(one)
    there = [a in case.sites or b in case.sites, a in case.satellites or b in case.satellites]
    if (kind == "ground_link" and not all(there)) or (
        kind == "inter_satellite_link" and not (a in case.satellites and b in case.satellites)
    ):
        return f"names what is not there: {a!r}, {b!r}"
    if a == b:
        return f"links {a} with itself"
    first, end = case.samples(one)
    if abs(first - round(first)) > _TOUCH or abs(end - round(end)) > _TOUCH:
        return "is off the grid"
    if not 0 <= first < end <= case.count:
        return "is not in the horizon"
    return ""


def _ends(one: Mapping[str, Any]) -> _Ends:
    names = (
        ("endpoint_id", "satellite_id") if one["action_type"] == "ground_link" else ("satellite_id_1", "satellite_id_2")
    )
    a, b = sorted(str(one.get(name)) for name in names)
    return a, b


def _twice(links: Sequence[_Link]) -> Iterator[str]:
    used: dict[tuple[_Ends, int], int] = {}
    for link in links:
        again = {used[link.ends, k] for k in link.samples if (link.ends, k) in used}
        for other in sorted(again):
            yield f"action {link.number} is on the link of action {other} at the same time"
        used |= {(link.ends, k): link.number for k in link.samples}


def _of_geometry(case: _Case, links: Sequence[_Link], lengths_m: dict[int, dict[_Ends, float]]) -> Iterator[str]:
    """What is wrong with links at their samples; the lengths of the others are noted."""
    samples = sorted({k for link in links for k in link.samples})
    if not samples:
        return
    times: list[datetime] = [case.start + k * case.step for k in samples]
    positions_m = IndependentFlight(case.states, case.start, case.end).earth_fixed_m(times)
    at, row = {k: n for n, k in enumerate(samples)}, {name: n for n, name in enumerate(case.satellites)}
    for link in links:
        for k in link.samples:
            here_m = positions_m[:, at[k]]
            site = next((name for name in link.ends if name in case.sites), None)
            if site is None:
                a_m, b_m = (here_m[row[name]] for name in link.ends)
                what = _between(case, a_m, b_m)
                length_m = float(np.linalg.norm(b_m - a_m))
            else:
                craft_m = here_m[row[next(name for name in link.ends if name != site)]]
                what, length_m = _from_ground(case, case.sites[site], craft_m)
            if what:
                yield f"action {link.number} ({link.ends[0]}, {link.ends[1]}) {what} at sample {k}"
                break
            lengths_m[k][link.ends] = length_m


def _between(case: _Case, a_m: FloatArray, b_m: FloatArray) -> str:
    along = b_m - a_m
    length_m = float(np.linalg.norm(along))
    if length_m > case.limits["max_isl_range_m"]:
        return f"is {length_m:.0f} m long"
    share = min(max(float(-a_m @ along) / max(length_m**2, 1.0), 0.0), 1.0)
    nearest_m = float(np.linalg.norm(a_m + share * along))
    return f"meets the Earth, {nearest_m:.0f} m from its centre" if nearest_m <= CASE_EARTH_M + _CLEAR_M else ""


def _from_ground(case: _Case, site: Mapping[str, Any], craft_m: FloatArray) -> tuple[str, float]:
    latitude, longitude = np.radians(site["latitude_deg"]), np.radians(site["longitude_deg"])
    away = craft_m - ground_m(site["latitude_deg"], site["longitude_deg"], site["altitude_m"])
    zenith = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    length_m, height_deg = float(np.linalg.norm(away)), 90.0 - angle_deg(away, zenith)
    if height_deg < site["min_elevation_deg"]:
        return f"is at an elevation of {height_deg:.3f} deg", length_m
    return (f"is {length_m:.0f} m long" if length_m > case.limits.get("max_ground_range_m", np.inf) else ""), length_m


def _of_counts(case: _Case, lengths_m: Mapping[int, Mapping[_Ends, float]]) -> Iterator[str]:
    for k, links in sorted(lengths_m.items()):
        for name, count in Counter(name for ends in links for name in ends).items():
            most = case.limits["max_links_per_endpoint" if name in case.sites else "max_links_per_satellite"]
            if count > most:
                yield f"{name} has {count} links at sample {k}, over {most}"


def _metrics(case: _Case, lengths_m: Mapping[int, Mapping[_Ends, float]]) -> dict[str, float]:
    wanted = {name: range(*(round(edge) for edge in case.samples(one))) for name, one in case.demands.items()}
    served: Counter[str] = Counter()
    latencies_ms: list[float] = []
    for k in sorted({k for samples in wanted.values() for k in samples}):
        routes = _routes(case, [name for name in wanted if k in wanted[name]], lengths_m.get(k, {}))
        served.update(list(routes))
        latencies_ms += [1e3 * length_m / _LIGHT_M_S for length_m in routes.values()]
    shares = {name: served[name] / len(samples) for name, samples in wanted.items()}
    weight = sum(one["weight"] for one in case.demands.values())
    metrics = {
        "service_fraction": sum(case.demands[name]["weight"] * share for name, share in shares.items()) / weight,
        "worst_demand_service_fraction": min(shares.values()),
        "num_added_satellites": float(len(case.added)),
    }
    if latencies_ms:
        metrics["mean_latency_ms"] = float(np.mean(latencies_ms))
        metrics["latency_p95_ms"] = float(np.percentile(latencies_ms, 95))
    return metrics


def _routes(case: _Case, names: Sequence[str], lengths_m: Mapping[_Ends, float]) -> dict[str, float]:
    """The demands that are served with the lengths of their paths: most weight, then least length, no link twice."""
    ways = [[None, *_paths(case, case.demands[name], lengths_m)] for name in names]
    best: tuple[float, float, dict[str, float]] = (0.0, 0.0, {})
    for choice in product(*ways):
        taken = {name: path for name, path in zip(names, choice, strict=True) if path is not None}
        used = [link for path in taken.values() for link in path]
        if len(set(used)) == len(used):
            routes = {name: sum(lengths_m[link] for link in path) for name, path in taken.items()}
            weight = sum(case.demands[name]["weight"] for name in taken)
            best = max(best, (weight, -sum(routes.values()), routes), key=lambda one: one[:2])
    return best[2]


def _paths(case: _Case, demand: Mapping[str, Any], lengths_m: Mapping[_Ends, float]) -> Iterator[tuple[_Ends, ...]]:
    """Every path without loops over active links; no other site is on the way."""
    source, destination = demand["source_endpoint_id"], demand["destination_endpoint_id"]
    waiting: list[tuple[tuple[str, ...], tuple[_Ends, ...]]] = [((source,), ())]
    while waiting:
        nodes, links = waiting.pop()
        for link in lengths_m:
            if nodes[-1] not in link:
                continue
            after = link[1] if link[0] == nodes[-1] else link[0]
            if after == destination:
                yield (*links, link)
            elif after not in nodes and after not in case.sites:
                waiting.append(((*nodes, after), (*links, link)))
