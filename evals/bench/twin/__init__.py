"""One benchmark for each part of the digital twin that another simulator has too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ROWS"]

# The module of each row, imported when it runs: peers are heavy, and optional. Each has ``run() -> list[BenchResult]``.
ROWS: Final[Mapping[str, str]] = {
    "attitude": "evals.bench.twin.attitude",
}
