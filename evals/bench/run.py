"""Runs the rows of the benchmark suites by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from core.errors import InputError
from evals.bench import command, flight, schedule, telemetry, twin
from evals.bench.model import Benchmark, BenchReport, BenchResult, PeerMissing
from evals.bench.timing import machine

__all__ = ["SUITES", "rows_named", "run_benchmarks"]

SUITES: Final[Mapping[str, Mapping[str, str]]] = {
    "flight": flight.ROWS,
    "twin": twin.ROWS,
    "schedule": schedule.ROWS,
    "command": command.ROWS,
    "telemetry": telemetry.ROWS,
}

Progress = Callable[[str], None]


def rows_named(name: str | None) -> dict[str, str]:
    """Rows and their modules: all, those of a suite, or one row by its own name.

    Raises:
        InputError: There is no such suite or row; lists those there are.
    """
    every = {row: module for rows in SUITES.values() for row, module in rows.items()}
    if name is None:
        return every
    if name in SUITES:
        return dict(SUITES[name])
    if name in every:
        return {name: every[name]}
    raise InputError("NAME", f"there is no benchmark {name!r}: one of {', '.join([*SUITES, *every])}")


def run_benchmarks(name: str | None, progress: Progress | None = None) -> BenchReport:
    """Run rows one after another; a row whose peer is not installed is listed as missing.

    Raises:
        InputError: There is no such suite or row.
        PeerMissing: No row at all could run.
    """
    results: list[BenchResult] = []
    missing: list[PeerMissing] = []
    for row, module in rows_named(name).items():
        if progress is not None:
            progress(row)
        run: Benchmark = import_module(module).run
        try:
            results += run()
        except PeerMissing as absent:
            missing.append(absent)
    if missing and not results:
        raise missing[0]
    return BenchReport(
        machine=machine(), results=tuple(results), missing=tuple(dict.fromkeys(one.message for one in missing))
    )
