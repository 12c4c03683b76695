"""Large neighbourhood search: part of a schedule is set free and solved again by CP-SAT, the rest stays.

What CP-SAT gives back is taken only when every limit holds, the battery's among them, which it does not see.
Source: Shaw, Using Constraint Programming and Local Search Methods to Solve Vehicle Routing Problems, CP 1998.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import TYPE_CHECKING, Final

from core.plan.schedule.greedy import fill
from core.plan.schedule.ledger import Ledger, attitudes_clash, contacts_clash, store_events, violations
from core.plan.schedule.problem import Candidate, Problem

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

__all__ = ["improve"]

_Clash = Callable[[Problem, Candidate, Candidate], bool]
_SMALL: Final = 400  # candidates that are solved together at first
_LARGE: Final = 6000
_ROUND_S: Final = 2.0
_MEGABYTE: Final = 1e6  # the solver counts in whole units


def improve(ledger: Ledger, until_s: float, seed: int) -> Iterator[Ledger]:
    """Better and better schedules, each valid; ends at ``time.monotonic()`` of ``until_s`` or when all is served.

    Args:
        ledger: The schedule to begin with; it is not changed.
        until_s: When to end.
        seed: Of the choice of neighbourhoods.
    """
    problem, random = ledger.problem, Random(seed)
    best, size, idle = Ledger(problem, ledger.chosen.values()), _SMALL, 0
    total = len(problem.candidates)
    most = sum(max((problem.candidates[k].value for k in group), default=0.0) for group in problem.of_request)
    while time.monotonic() < until_s and best.value < most * (1.0 - 1e-9):
        free = _neighbourhood(best, min(size, total), random)
        found = _solve(best, free, min(_ROUND_S, until_s - time.monotonic()), random.randrange(1 << 30))
        if found is not None and found.value > best.value + 1e-9 and not violations(problem, found.chosen.values()):
            best, idle = found, 0
            yield Ledger(problem, best.chosen.values())
            continue
        if size >= total:
            return  # the whole problem was solved and nothing better is there, or will be found in a round
        idle += 1
        if idle >= 8:
            size, idle = min(2 * size, _LARGE if total > _LARGE else total), 0


def _neighbourhood(ledger: Ledger, size: int, random: Random) -> set[int]:
    """Requests that compete with an unserved one: those whose candidates are near its own in time, satellite or station."""
    problem = ledger.problem
    unserved = [k for k, group in enumerate(problem.of_request) if group and k not in ledger.chosen]
    everything = [k for k, group in enumerate(problem.of_request) if group]
    free: set[int] = set()
    count = 0
    while count < size and len(free) < len(everything):
        pool = unserved if unserved and random.random() < 0.8 else everything
        seed = random.choice(pool)
        centre = problem.candidates[random.choice(problem.of_request[seed])]
        reach_s = random.choice((1800.0, 5400.0, 21_600.0))
        near = {seed}
        for request, index in ledger.chosen.items():
            one = problem.candidates[index]
            if abs(one.start_s - centre.start_s) < reach_s and (
                one.satellite == centre.satellite or (one.station is not None and one.station == centre.station)
            ):
                near.add(request)
        if near <= free:
            near = {random.choice(everything)}
        for request in near - free:
            count += len(problem.of_request[request])
        free |= near
    return free


def _solve(ledger: Ledger, free: set[int], limit_s: float, seed: int) -> Ledger | None:
    """The best that CP-SAT finds for the free requests beside the others; None when it finds nothing in time."""
    from ortools.sat.python import cp_model

    problem = ledger.problem
    fixed = Ledger(problem, (index for request, index in ledger.chosen.items() if request not in free))
    if limit_s <= 0.0:
        return None
    model = cp_model.CpModel()
    chosen: dict[int, cp_model.IntVar] = {}
    for request in free:
        mine = [index for index in problem.of_request[request] if fixed.block(index) is None]
        for index in mine:
            chosen[index] = model.new_bool_var("")
        if mine:
            model.add_at_most_one(chosen[index] for index in mine)
    for a, b in _conflicts(problem, list(chosen)):
        model.add_at_most_one(chosen[a], chosen[b])
    for satellite in {problem.candidates[index].satellite for index in chosen}:
        _store(model, chosen, fixed, satellite)
    for index, variable in chosen.items():
        model.add_hint(variable, ledger.chosen.get(problem.candidates[index].request) == index)
    model.maximize(sum(round(problem.candidates[index].value * 1000.0) * chosen[index] for index in chosen))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limit_s
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    for index, variable in chosen.items():
        if solver.boolean_value(variable) and fixed.block(index) is None:
            fixed.add(index)
    fill(fixed, sorted(free))
    return fixed


def _store(model: cp_model.CpModel, chosen: dict[int, cp_model.IntVar], fixed: Ledger, satellite: int) -> None:
    """The satellite's store stays between empty and full after every event, in whole megabytes on the safe side."""
    problem = fixed.problem
    budget = problem.fleet.satellites[satellite]
    moving = {
        index: problem.candidates[index]
        for index in (*fixed.chosen.values(), *chosen)
        if problem.candidates[index].satellite == satellite and problem.candidates[index].data_bytes
    }
    if not moving:
        return
    of_candidate = {id(one): index for index, one in moving.items()}
    level = math.floor(budget.initial_data_bytes / _MEGABYTE)
    most = math.floor(budget.store_bytes / _MEGABYTE) if math.isfinite(budget.store_bytes) else None
    terms: list[cp_model.LinearExpr | int] = []
    for one in store_events(moving.values()):
        index = of_candidate[id(one)]
        # Rounded so that what is recorded counts little for a downlink, and what leaves counts fully.
        change = math.floor(one.data_bytes / _MEGABYTE)
        if index in chosen:
            terms.append(change * chosen[index])
        else:
            level += change
        total = sum(terms) + level
        if one.data_bytes < 0:
            model.add(total >= 0) if index not in chosen else model.add(total >= 0).only_enforce_if(chosen[index])
        elif most is not None:
            slack = len(moving)
            model.add(total <= most - slack)


def _conflicts(problem: Problem, indices: list[int]) -> Iterator[tuple[int, int]]:
    """Pairs of candidates that cannot both be taken."""
    by_satellite: dict[int, list[int]] = {}
    by_station: dict[int, list[int]] = {}
    for index in indices:
        one = problem.candidates[index]
        if one.turns:
            by_satellite.setdefault(one.satellite, []).append(index)
        if one.station is not None:
            by_station.setdefault(one.station, []).append(index)
    for mine in by_satellite.values():
        spans = {index: (problem.candidates[index].start_s, problem.candidates[index].end_s) for index in mine}
        yield from _pairs(problem, spans, problem.fleet.longest_turn_s, attitudes_clash)
    for station, mine in by_station.items():
        spans = {index: problem.candidates[index].contact for index in mine}
        yield from _pairs(problem, spans, problem.fleet.setup_s[station], contacts_clash)


def _pairs(
    problem: Problem, spans: dict[int, tuple[float, float]], margin_s: float, clash: _Clash
) -> Iterator[tuple[int, int]]:
    """Pairs that are near enough to clash, and do."""
    ordered = sorted(spans, key=lambda index: spans[index])
    for k, a in enumerate(ordered):
        for b in ordered[k + 1 :]:
            if spans[b][0] >= spans[a][1] + margin_s:
                break
            first, second = problem.candidates[a], problem.candidates[b]
            if first.request != second.request and clash(problem, first, second):
                yield a, b
