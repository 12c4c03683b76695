"""All-against-all screening of the catalogue, 24 h and 5 km: beside astroz."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from typing import Any, Final

from core.orbit import Constellation, Screening, screen
from core.time import tai_s_from_utc
from evals.bench.flight.catalogue import catalogue
from evals.bench.model import BenchResult, Goal, PeerMissing
from evals.bench.timing import alternate

__all__ = ["run"]

_START: Final = datetime(2022, 11, 3, 12, tzinfo=UTC)
_DAY_S: Final = 86_400.0
_CHECK_S: Final = 3.0 * 3600.0
_FAST_M_S: Final = 10.0  # below, the peer says that it may miss approaches
_THRESHOLD_M: Final = 5_000.0

Pairs = set[tuple[int, int]]


def run() -> list[BenchResult]:
    """One row: seconds for a day; the error is the number of pairs of the first three hours that are not found."""
    entries = catalogue()
    try:
        astroz: Any = importlib.import_module("astroz")
    except ImportError as error:
        raise PeerMissing("astroz") from error
    theirs = astroz.Constellation("\n".join(f"OBJECT\n{one.line1}\n{one.line2}" for one in entries))
    ours = Constellation([one.tle.elements for one in entries])
    start_tai_s = tai_s_from_utc(_START)
    numbers = [one.tle.norad_id for one in entries]
    found = _ours(screen(ours, start_tai_s, _CHECK_S, _THRESHOLD_M), numbers)
    check = _theirs(
        astroz.screen(theirs, _CHECK_S / 60.0, threshold=_THRESHOLD_M / 1e3, start_time=_START), theirs.satnums
    )
    took = alternate(
        lambda: screen(ours, start_tai_s, _DAY_S, _THRESHOLD_M),
        lambda: astroz.screen(theirs, _DAY_S / 60.0, threshold=_THRESHOLD_M / 1e3, start_time=_START),
        repeats=3,
    )
    both = found | check
    return [
        BenchResult.compare(
            "screening",
            ours=took.ours_s,
            peer=took.peer_s,
            peer_name="astroz",
            unit="s",
            goal=0.5,
            goal_kind=Goal.AT_MOST,
            error=float(len(both - found)),
            peer_error=float(len(both - check)),
            error_unit="pairs missed",
            error_goal=0.0,
            note=f"{len(entries)} objects; {len(both)} pairs in the first 3 h at over 10 m/s",
        )
    ]


def _ours(result: Screening, numbers: list[int]) -> Pairs:
    fast = result.relative_speed_m_s > _FAST_M_S
    pairs = zip(result.first[fast].tolist(), result.second[fast].tolist(), strict=True)
    return {_ordered(numbers[first], numbers[second]) for first, second in pairs}


def _theirs(result: Any, numbers: list[int]) -> Pairs:
    fast = result.speed > _FAST_M_S / 1e3
    pairs = zip(result.i[fast].tolist(), result.j[fast].tolist(), strict=True)
    return {_ordered(numbers[first], numbers[second]) for first, second in pairs}


def _ordered(first: int, second: int) -> tuple[int, int]:
    return min(first, second), max(first, second)
