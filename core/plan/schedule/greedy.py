"""A valid schedule at once: the most valuable and least flexible requests first, each at its best free candidate."""

from __future__ import annotations

from core.plan.schedule.ledger import Ledger
from core.plan.schedule.problem import Problem

__all__ = ["fill", "greedy"]


def greedy(problem: Problem) -> Ledger:
    """A schedule to begin with; repeated until nothing more fits, as a recording may make a downlink possible."""
    ledger = Ledger(problem)
    fill(ledger, range(len(problem.requests)))
    return ledger


def fill(ledger: Ledger, requests: range | list[int]) -> None:
    """Serve as many of the requests as fit beside what is chosen already."""
    problem = ledger.problem
    waiting = [k for k in requests if problem.of_request[k] and k not in ledger.chosen]
    waiting.sort(key=lambda k: (-problem.requests[k].value, len(problem.of_request[k]), k))
    while waiting:
        left = [k for k in waiting if not _place(ledger, k)]
        if len(left) == len(waiting):
            return
        waiting = left


def _place(ledger: Ledger, request: int) -> bool:
    problem = ledger.problem
    best_first = sorted(
        problem.of_request[request],
        key=lambda index: (-problem.candidates[index].value, problem.candidates[index].end_s),
    )
    for index in best_first:
        if ledger.block(index) is None:
            ledger.add(index)
            return True
    return False
