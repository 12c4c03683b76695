"""One benchmark for each row of flight dynamics work that operators compare libraries by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ROWS"]

# The module of each row, imported when it runs: peers are heavy, and optional. Each has ``run() -> list[BenchResult]``.
ROWS: Final[Mapping[str, str]] = {
    "sgp4_batch": "evals.bench.flight.sgp4_batch",
    "sgp4_verification": "evals.bench.flight.sgp4_verification",
    "leo_20x20": "evals.bench.flight.leo_20x20",
    "leo_70x70": "evals.bench.flight.leo_70x70",
    "orekit_day": "evals.bench.flight.orekit_day",
    "lambert": "evals.bench.flight.lambert",
    "access": "evals.bench.flight.access",
    "orekit_passes": "evals.bench.flight.orekit_passes",
    "screening": "evals.bench.flight.screening",
    "collision_probability": "evals.bench.flight.collision_probability",
    "laser_ranging": "evals.bench.flight.laser_ranging",
    "orekit_ranging": "evals.bench.flight.orekit_ranging",
}
