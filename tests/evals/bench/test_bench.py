"""Benchmarks: verdicts follow from figures, rows are found by name, a missing peer is said."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from evals.bench import run as bench_run
from evals.bench.model import BenchReport, BenchResult, Goal, PeerMissing
from evals.bench.page import accuracy_page
from evals.bench.run import SUITES, rows_named, run_benchmarks

_FIGURE = st.floats(1e-6, 1e9)


def _row(ours: float, peer: float, goal: float, kind: Goal, error: float | None = None) -> BenchResult:
    return BenchResult.compare(
        "work",
        ours=ours,
        peer=peer,
        peer_name="peer",
        unit="1/s",
        goal=goal,
        goal_kind=kind,
        error=error,
        error_goal=1e-4 if error is not None else None,
    )


@given(ours=_FIGURE, peer=_FIGURE, goal=st.floats(0.1, 10.0))
def test_a_rate_meets_its_goal_exactly_when_a_time_of_the_same_ratio_does_not(
    ours: float, peer: float, goal: float
) -> None:
    rate = _row(ours, peer, goal, Goal.AT_LEAST)
    time = _row(ours, peer, goal, Goal.AT_MOST)
    assert rate.ratio == ours / peer
    assert rate.meets_goal != time.meets_goal or rate.ratio == goal


def test_a_fast_row_that_is_not_exact_enough_misses_its_goal() -> None:
    assert _row(20.0, 10.0, 1.1, Goal.AT_LEAST, error=1e-5).meets_goal
    assert not _row(20.0, 10.0, 1.1, Goal.AT_LEAST, error=1e-3).meets_goal


def test_every_row_of_every_suite_can_be_named() -> None:
    for suite, rows in SUITES.items():
        assert rows_named(suite) == dict(rows)
        for row in rows:
            assert list(rows_named(row)) == [row]


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(InputError, match="there is no benchmark 'warp': one of flight"):
        rows_named("warp")


def test_a_row_without_its_peer_is_listed_and_the_others_run(monkeypatch: pytest.MonkeyPatch) -> None:
    here, gone = ModuleType("bench_here"), ModuleType("bench_gone")
    here.run = lambda: [_row(2.0, 1.0, 1.5, Goal.AT_LEAST)]  # type: ignore[attr-defined]

    def absent() -> list[BenchResult]:
        raise PeerMissing("fastsat")

    gone.run = absent  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bench_here", here)
    monkeypatch.setitem(sys.modules, "bench_gone", gone)
    monkeypatch.setattr(bench_run, "SUITES", {"test": {"here": "bench_here", "gone": "bench_gone"}})
    report = run_benchmarks("test")
    assert [one.name for one in report.results] == ["work"]
    assert "fastsat" in report.missing[0] and "bench" in report.missing[0]
    with pytest.raises(PeerMissing, match="fastsat"):
        run_benchmarks("gone")


def test_the_page_tells_every_row_and_what_is_left_out() -> None:
    report = BenchReport(
        machine="a machine",
        results=(_row(20.0, 10.0, 1.1, Goal.AT_LEAST, error=1e-5), _row(5.0, 10.0, 0.4, Goal.AT_MOST)),
        missing=("the peer fastsat is not installed",),
    )
    page = accuracy_page(report, datetime(2026, 11, 23, tzinfo=UTC))
    rows = [line for line in page.splitlines() if line.startswith("| work")]
    assert len(rows) == 3  # the heading begins with the same word
    assert "≥ 1.1, met" in page and "≤ 0.4, missed" in page and "2026-11-23" in page
    assert "Left out: the peer fastsat is not installed." in page
