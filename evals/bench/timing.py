"""Timing two pieces of work against each other in one process."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Medians", "alternate", "machine"]


@dataclass(frozen=True)
class Medians:
    """Median seconds of ours and of the peer."""

    ours_s: float
    peer_s: float


def alternate(ours: Callable[[], object], peer: Callable[[], object], *, repeats: int = 7) -> Medians:
    """Medians of both, run in turn so that a drift of the machine meets both; each is warmed up once, untimed."""
    ours()
    peer()
    ours_s, peer_s = [], []
    for _ in range(repeats):
        ours_s.append(_seconds(ours))
        peer_s.append(_seconds(peer))
    return Medians(statistics.median(ours_s), statistics.median(peer_s))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def machine() -> str:
    """Processor, cores that this process may use, and system."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.processor()
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
