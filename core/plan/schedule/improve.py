"""Large neighbourhood search: part of a schedule is set free and solved again by CP-SAT, the rest stays.

What CP-SAT gives back is taken only when every limit holds; of the battery and the propellant it learns what cannot go
together as it proposes it.
Source: Shaw, Using Constraint Programming and Local Search Methods to Solve Vehicle Routing Problems, CP 1998.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from core.plan.schedule.conflicts import conflicts
from core.plan.schedule.greedy import fill
from core.plan.schedule.ledger import Ledger, store_events, violations
from core.plan.schedule.problem import Candidate, Problem
from core.plan.schedule.weights import Weights

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

__all__ = ["improve"]

_SMALL: Final = 400  # candidates that are solved together at first
_LARGE: Final = 6000
_ROUND_S: Final = 2.0
_PATIENCE: Final = 8  # rounds without gain before more is solved together
_REACHES_S: Final = (300.0, 1800.0, 5400.0, 21_600.0)
_AT_ONCE: Final = 12_000  # candidates up to which all is tried at once first
_WHOLE: Final = 200_000  # candidates up to which all is tried at once at all
_PARTS_FIRST: Final = 0.4  # of the time, for the parts of a large problem
_KILOBYTE: Final = 1e3  # the solver counts in whole units
_CONSUMED: Final = frozenset({"RES-001", "RES-005"})  # battery and propellant
_SHORT: Final = 24  # users up to which it is worth to look for the fewest that do not go together


def improve(ledger: Ledger, until_s: float, seed: int) -> Iterator[Ledger]:
    """Better and better schedules, each valid; ends at ``time.monotonic()`` of ``until_s`` or when all is served.

    Args:
        ledger: The schedule to begin with; it is not changed.
        until_s: When to end.
        seed: Of the choice of neighbourhoods.
    """
    search = _Search(ledger, seed)
    begun = time.monotonic()
    if search.total > _AT_ONCE:
        # A large problem gains soon from its parts; as a whole it is only tried when they have had their turn.
        yield from search.parts(begun + _PARTS_FIRST * (until_s - begun))
    if search.total <= _WHOLE:
        # What has few limits in common is often proved best at once; what has many gains from the rest of the time.
        yield from search.whole(time.monotonic() + 0.5 * (until_s - time.monotonic()))
    yield from search.parts(until_s)


class _Search:
    """The best schedule so far, and the ways to better it; ``done`` when nothing better can be had."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        problem = ledger.problem
        self.problem, self.total, self.done = problem, len(problem.candidates), False
        self.best = ledger.copy()
        self._weights = Weights(problem)
        self._seed, self._places = seed, _Places(problem, Random(seed))
        self._size, self._idle = _SMALL, 0

    def whole(self, until_s: float) -> Iterator[Ledger]:
        """Everything at once."""
        if self.done:
            return
        found = _solve(self.best, set(self._places.requests), self._weights, until_s - time.monotonic(), self._seed)
        if found is not None:
            self.done = found.proved
            if self._is_better(found.ledger):
                yield self._take(found.ledger)

    def parts(self, until_s: float) -> Iterator[Ledger]:
        """One neighbourhood after another; larger ones when the small ones bring nothing any more."""
        while not self.done and time.monotonic() < until_s and self._weight(self.best) < self._weights.most:
            free = self._places.neighbourhood(self.best, min(self._size, self.total))
            limit_s = min(_ROUND_S, until_s - time.monotonic())
            found = _solve(self.best, free, self._weights, limit_s, self._places.random.randrange(1 << 30))
            if found is not None and self._is_better(found.ledger):
                self._idle = 0
                yield self._take(found.ledger)
                continue
            if self._size >= self.total:
                self.done = (
                    True  # the whole problem was solved and nothing better is there, or will be found in a round
                )
            self._idle += 1
            if self._idle >= _PATIENCE:
                self._size, self._idle = min(2 * self._size, _LARGE if self.total > _LARGE else self.total), 0

    def _take(self, ledger: Ledger) -> Ledger:
        self.best = ledger
        return ledger.copy()

    def _weight(self, ledger: Ledger) -> int:
        return self._weights.of(ledger.chosen.values())

    def _is_better(self, found: Ledger) -> bool:
        if self._weight(found) <= self._weight(self.best):
            return False
        changed = set(found.chosen.values()) ^ set(self.best.chosen.values())
        return not violations(self.problem, found.chosen.values(), changed)


class _Places:
    """Where in time, on which satellite and over which station the candidates are."""

    def __init__(self, problem: Problem, random: Random) -> None:
        self.problem, self.random = problem, random
        self.requests = [k for k, group in enumerate(problem.of_request) if group]
        lines: dict[tuple[str, int], list[tuple[float, int]]] = {}
        for one in problem.candidates:
            for satellite in one.held:
                lines.setdefault(("satellite", satellite), []).append((one.start_s, one.request))
            for station in one.stations:
                lines.setdefault(("station", station), []).append((one.start_s, one.request))
        self._lines = {key: sorted(line) for key, line in lines.items()}

    def neighbourhood(self, ledger: Ledger, size: int) -> set[int]:
        """Requests that compete: those that a satellite or a station could serve in some stretch of time.

        Most stretches lie around a request that is not served. About ``size`` candidates belong to them.
        """
        unserved = [k for k in self.requests if k not in ledger.chosen]
        free: set[int] = set()
        count = 0
        while count < size and len(free) < len(self.requests):
            pool = unserved if unserved and self.random.random() < 0.8 else self.requests
            seed = self.random.choice(pool)
            centre = self.problem.candidates[self.random.choice(self.problem.of_request[seed])]
            reach_s = self.random.choice(_REACHES_S)
            near = [seed]
            for satellite in centre.held:
                near += self._near(("satellite", satellite), centre.start_s, reach_s)
            for station in centre.stations:
                near += self._near(("station", station), centre.start_s, reach_s)
            if free.issuperset(near):
                near = [self.random.choice(self.requests)]
            for request in near:
                if request not in free and count < size:
                    free.add(request)
                    count += len(self.problem.of_request[request])
        return free

    def _near(self, key: tuple[str, int], centre_s: float, reach_s: float) -> list[int]:
        line = self._lines[key]
        first, last = bisect_left(line, (centre_s - reach_s, -1)), bisect_left(line, (centre_s + reach_s, -1))
        near = sorted(line[first:last], key=lambda place: abs(place[0] - centre_s))
        return list(dict.fromkeys(request for _, request in near))


@dataclass(frozen=True)
class _Found:
    """A schedule, and whether nothing better can be had from what was free."""

    ledger: Ledger
    proved: bool


def _solve(ledger: Ledger, free: set[int], weights: Weights, limit_s: float, seed: int) -> _Found | None:
    """The best that CP-SAT finds for the free requests beside the others; None when it finds nothing in time."""
    from ortools.sat.python import cp_model

    problem = ledger.problem
    fixed = ledger.copy()
    for request in free & ledger.chosen.keys():
        fixed.remove(request)
    if limit_s <= 0.0:
        return None
    model = cp_model.CpModel()
    chosen: dict[int, cp_model.IntVar] = {}
    for request in sorted(free):
        mine = [index for index in problem.of_request[request] if fixed.clash(index) is None]
        for index in mine:
            chosen[index] = model.new_bool_var("")
        if mine:
            model.add_at_most_one(chosen[index] for index in mine)
    for group in conflicts(problem, list(chosen)):
        model.add_at_most_one(chosen[index] for index in group)
    for satellite in {problem.candidates[index].satellite for index in chosen}:
        _store(model, chosen, fixed, satellite)
    for index, variable in chosen.items():
        model.add_hint(variable, ledger.chosen.get(problem.candidates[index].request) == index)
    model.maximize(sum(weights[index] * variable for index, variable in chosen.items()))
    return _search(model, chosen, fixed, sorted(free), weights, limit_s, seed)


def _search(
    model: cp_model.CpModel,
    chosen: dict[int, cp_model.IntVar],
    fixed: Ledger,
    free: list[int],
    weights: Weights,
    limit_s: float,
    seed: int,
) -> _Found | None:
    """Solve; where a limit that the solver does not see refuses what it took, tell it what cannot go together, and again."""
    from ortools.sat.python import cp_model

    until_s = time.monotonic() + limit_s
    best: Ledger | None = None
    while (left_s := until_s - time.monotonic()) > 0.0:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = left_s
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.linearization_level = 2  # packing: the relaxation is what proves it best
        status = solver.solve(model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        found = fixed.copy()
        refused = _add(found, [index for index, variable in chosen.items() if solver.boolean_value(variable)])
        covers = [cover for index in refused if (cover := _cover(found, index, chosen))]
        fill(found, free)
        if best is None or weights.of(found.chosen.values()) > weights.of(best.chosen.values()):
            best = found
        if not refused or not covers:
            return _Found(best, status == cp_model.OPTIMAL and not refused)
        for cover in covers:
            model.add(sum(chosen[index] for index in cover) <= len(cover) - 1)
    return _Found(best, False) if best is not None else None


def _cover(ledger: Ledger, refused: int, chosen: Container[int]) -> list[int]:
    """Free candidates of one satellite that its battery or its tank cannot serve together; empty where that is not why.

    Whatever else is chosen takes more and gives nothing back, so they never go together.
    """
    problem = ledger.problem
    block, one = ledger.block(refused), problem.candidates[refused]
    if block is None or block.code not in _CONSUMED:
        return []
    users = [
        index
        for index in ledger.chosen.values()
        if problem.candidates[index].satellite == one.satellite and _consumes(problem.candidates[index])
    ]
    kept = [index for index in users if index not in chosen]
    needed = [index for index in users if index in chosen]
    for index in tuple(needed):
        rest = [other for other in needed if other != index]
        if len(needed) <= _SHORT and Ledger(problem, [*kept, *rest]).block(refused) == block:
            needed = rest
    return [*needed, refused]


def _consumes(one: Candidate) -> bool:
    return one.energy_j > 0.0 or one.propellant_kg > 0.0


def _add(ledger: Ledger, taken: list[int]) -> list[int]:
    """Take what the solver took, in any order that works; what a limit that it does not see refuses comes back."""
    waiting = sorted(taken, key=lambda index: ledger.problem.candidates[index].start_s)
    while waiting:
        left = []
        for index in waiting:
            if ledger.block(index) is None:
                ledger.add(index)
            else:
                left.append(index)
        if len(left) == len(waiting):
            break
        waiting = left
    return waiting


def _store(model: cp_model.CpModel, chosen: dict[int, cp_model.IntVar], fixed: Ledger, satellite: int) -> None:
    """The satellite's store stays between empty and full after every event, in whole kilobytes on the safe side."""
    problem = fixed.problem
    budget = problem.fleet.satellites[satellite]
    moving = {
        index: problem.candidates[index]
        for index in (*fixed.chosen.values(), *chosen)
        if problem.candidates[index].satellite == satellite and problem.candidates[index].data_bytes
    }
    of_candidate = {id(one): index for index, one in moving.items()}
    events = [of_candidate[id(one)] for one in store_events(moving.values())]
    recorded = budget.initial_data_bytes + sum(one.data_bytes for one in moving.values() if one.data_bytes > 0)
    if any(one.data_bytes < 0 for one in moving.values()):
        _levels(model, chosen, problem, events, math.floor, budget.initial_data_bytes, (0, math.ceil(recorded)))
    if recorded > budget.store_bytes:
        sent = sum(one.data_bytes for one in moving.values() if one.data_bytes < 0)
        limits = (math.floor(sent), budget.store_bytes)
        _levels(model, chosen, problem, events, math.ceil, budget.initial_data_bytes, limits)


def _levels(
    model: cp_model.CpModel,
    chosen: dict[int, cp_model.IntVar],
    problem: Problem,
    events: list[int],
    whole: Callable[[float], int],
    initial_bytes: float,
    limits_bytes: tuple[float, float],
) -> None:
    """A level after each event, each from the one before."""
    low, high = math.floor(limits_bytes[0] / _KILOBYTE), math.floor(limits_bytes[1] / _KILOBYTE)
    level: cp_model.LinearExprT = whole(initial_bytes / _KILOBYTE)
    for index in events:
        change = whole(problem.candidates[index].data_bytes / _KILOBYTE)
        after = model.new_int_var(low, high, "")
        model.add(after == level + change * chosen.get(index, 1))
        level = after
