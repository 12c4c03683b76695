"""Solves a scheduling problem: a valid schedule at once, better ones until the time is over, and why-not for the rest."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.plan.schedule.greedy import fill, greedy
from core.plan.schedule.improve import improve
from core.plan.schedule.ledger import Ledger
from core.plan.schedule.problem import Candidate, Problem

__all__ = ["Refusal", "Schedule", "Step", "Unplaced", "solve"]

_TOLD: Final = 12  # refusals per request; a reader wants reasons, not lists


@dataclass(frozen=True)
class Refusal:
    """One way to serve a request that was not taken: when, the blocking code, and the request in the way where one is."""

    start_s: float
    code: str
    satellite: str | None = None
    blocked_by: str | None = None


@dataclass(frozen=True)
class Unplaced:
    """A request that is not served, with the ways that were looked at."""

    request: int
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class Step:
    """The value of the schedule so many seconds after the start of the search."""

    seconds: float
    value: float
    served: int


@dataclass(frozen=True)
class Schedule:
    """What was chosen, what was not and why, and how the value grew.

    ``bound`` is what no schedule can exceed: every request with a candidate served at its best.
    """

    chosen: tuple[int, ...]
    value: float
    bound: float
    unplaced: tuple[Unplaced, ...]
    steps: tuple[Step, ...]


def solve(
    problem: Problem, budget_s: float, *, seed: int = 1, on_better: Callable[[Step], None] | None = None
) -> Schedule:
    """The best schedule found within a time budget; the first valid one is there after a fraction of a second.

    Args:
        problem: What to schedule.
        budget_s: Seconds of search; 0 gives the first schedule.
        seed: Of the search; the same seed and machine speed give the same schedule only without a time limit in reach.
        on_better: Told of every better schedule.
    """
    begun = time.monotonic()
    best = greedy(problem)
    steps = [Step(time.monotonic() - begun, best.value, len(best.chosen))]

    def tell() -> None:
        if on_better is not None:
            on_better(steps[-1])

    tell()
    if budget_s > 0.0:
        for better in improve(best, begun + budget_s, seed):
            best = better
            steps.append(Step(time.monotonic() - begun, best.value, len(best.chosen)))
            tell()
        fill(best, range(len(problem.requests)))
    return Schedule(
        chosen=tuple(sorted(best.chosen.values(), key=lambda index: problem.candidates[index].start_s)),
        value=best.value,
        bound=math.fsum(max((problem.candidates[k].value for k in group), default=0.0) for group in problem.of_request),
        unplaced=tuple(_why_not(best, k) for k in range(len(problem.requests)) if k not in best.chosen),
        steps=tuple(steps),
    )


def _why_not(ledger: Ledger, request: int) -> Unplaced:
    problem = ledger.problem
    told = [_refusal(ledger, index, problem.candidates[index]) for index in problem.of_request[request]]
    told += [Refusal(start_s, code) for start_s, code in problem.requests[request].looked_at]
    told.sort(key=lambda one: one.start_s)
    if not told:
        told = [Refusal(0.0, "GEO-001")]
    return Unplaced(request, tuple(told[:_TOLD]))


def _refusal(ledger: Ledger, index: int, one: Candidate) -> Refusal:
    problem, block = ledger.problem, ledger.block(index)
    satellite = problem.fleet.satellites[one.satellite].name
    assert block is not None  # what fits is taken
    other = None if block.by is None else problem.requests[problem.candidates[block.by].request].name
    return Refusal(one.start_s, block.code, satellite, other)
