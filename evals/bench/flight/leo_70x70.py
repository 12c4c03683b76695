"""A day in low orbit with a 70 x 70 field and all forces, beside satkit."""

from __future__ import annotations

from evals.bench.flight.leo_day import compare_day
from evals.bench.model import BenchResult

__all__ = ["run"]


def run() -> list[BenchResult]:
    """One row: milliseconds of a day, and each one's error against its own tight solution."""
    return compare_day("leo_70x70", 70, 0.5)
