"""Benchmarks of commanding: how soon a command leaves, with few or many waiting, and how fast frames are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ROWS"]

# The module of each row, imported when it runs. Each has ``run() -> list[BenchResult]``.
ROWS: Final[Mapping[str, str]] = {
    "command_release": "evals.bench.command.release",
    "command_framing": "evals.bench.command.framing",
}
