"""One benchmark for each thing that a scheduler is asked for: a valid schedule soon, a better one in time, at any scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ROWS"]

# The module of each row, imported when it runs. Each has ``run() -> list[BenchResult]``.
ROWS: Final[Mapping[str, str]] = {
    "schedule_week": "evals.bench.schedule.week",
    "schedule_scale": "evals.bench.schedule.scale",
}
