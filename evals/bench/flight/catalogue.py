"""The real catalogue that the SGP4, access and screening rows fly, from the reference data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from core.mission import Tle, parse_tle
from evals.bench.reference import reference_data

__all__ = ["Entry", "catalogue"]


@dataclass(frozen=True)
class Entry:
    """One object: its lines as published, and what they say."""

    line1: str
    line2: str
    tle: Tle


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every object of 2022-11-03, in the file's order."""
    lines = (reference_data() / "flight" / "catalogue" / "active.tle").read_text(encoding="ascii").splitlines()
    return tuple(
        Entry(lines[k + 1], lines[k + 2], parse_tle(lines[k + 1], lines[k + 2])) for k in range(0, len(lines) - 2, 3)
    )
