"""``llamaspace bench``: our figures beside the peers', measured in one run."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from core.errors import InputError
from evals.bench.model import BenchReport, BenchResult, Goal
from evals.bench.page import accuracy_page
from evals.bench.run import run_benchmarks

__all__ = ["bench"]


def bench(options: argparse.Namespace) -> int:
    """Run the rows and print a table, or one JSON document; with ``--page`` also write them as a page.

    Raises:
        InputError: There is no such benchmark, its peers are not installed, or the page's folder is not there.
    """
    if options.page is not None and not options.page.parent.is_dir():
        raise InputError("--page", f"cannot write {options.page}: there is no folder {options.page.parent}")
    console = Console(stderr=True)
    with console.status("benchmarks") as status:
        report = run_benchmarks(options.name, lambda row: status.update(row))
    if options.page is not None:
        options.page.write_text(accuracy_page(report, datetime.now(UTC)), encoding="utf-8")
    if options.json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    else:
        _print(report)
    return 0


def _print(report: BenchReport) -> None:
    table = Table(title=report.machine, title_justify="left")
    for heading in ("work", "ours", "peer", "ratio", "goal", "error", "peer's error", "met"):
        table.add_column(heading)
    for one in report.results:
        table.add_row(
            one.name,
            f"{one.ours:.4g} {one.unit}",
            f"{one.peer:.4g} ({one.peer_name})",
            f"{one.ratio:.2f}",
            f"{'≥' if one.goal_kind is Goal.AT_LEAST else '≤'} {one.goal:g}",
            _error(one.error, one),
            _error(one.peer_error, one),
            "yes" if one.meets_goal else "no",
        )
    Console().print(table)
    for line in report.missing:
        sys.stdout.write(f"left out: {line}\n")


def _error(value: float | None, row: BenchResult) -> str:
    return "" if value is None else f"{value:.3g} {row.error_unit or ''}".strip()
