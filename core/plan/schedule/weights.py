"""What candidates are worth in whole units: exact to add and compare, fine enough for the smallest preference."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from core.plan.schedule.problem import Problem

__all__ = ["Weights"]

_MOST_UNITS: Final = 2**44  # of everything at its best: far below what the solver's sums and a float64 hold exactly
_ABOVE_ALL: Final = 2.0  # times everything else: what is held stays above it


class Weights:
    """Whole weights of a problem's candidates, in proportion to their values.

    Requests that are each worth more than everything else together, and all alike, come first whatever they are worth:
    their weight is only as large as that needs, so that it does not drown what the others differ by.
    """

    def __init__(self, problem: Problem) -> None:
        values = [one.value for one in problem.candidates]
        best = [max((values[index] for index in group), default=0.0) for group in problem.of_request]
        top = max(best, default=0.0)
        first = {request for request, value in enumerate(best) if value == top}
        rest = math.fsum(value for value in best if value != top)
        alike = all(values[index] == top for request in first for index in problem.of_request[request])
        if alike and top > rest > 0.0:
            for request in first:
                for index in problem.of_request[request]:
                    values[index] = min(top, _ABOVE_ALL * rest)
                best[request] = min(top, _ABOVE_ALL * rest)
        sum_ = math.fsum(best)
        self._units = [round(value / sum_ * _MOST_UNITS) if sum_ > 0.0 else 0 for value in values]
        self.most = sum(max((self._units[index] for index in group), default=0) for group in problem.of_request)

    def __getitem__(self, index: int) -> int:
        return self._units[index]

    def of(self, chosen: Iterable[int]) -> int:
        """What some candidates weigh together."""
        return sum(self._units[index] for index in chosen)
