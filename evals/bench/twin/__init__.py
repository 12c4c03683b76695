"""One benchmark for each row of the spacecraft's own models: power, heat, attitude, and how fast they fly together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ROWS"]

# The module of each row, imported when it runs. Each has ``run() -> list[BenchResult]``.
ROWS: Final[Mapping[str, str]] = {
    "twin_attitude": "evals.bench.twin.attitude",
    "twin_thrusters": "evals.bench.twin.thrusters",
    "twin_battery": "evals.bench.twin.power",
    "twin_thermal": "evals.bench.twin.thermal_speed",
    "plan_check": "evals.bench.twin.plan_check",
}
