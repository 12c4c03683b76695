"""The published comparison: every row of a report as a page for readers."""

from __future__ import annotations

from datetime import datetime

from core.time import as_utc
from evals.bench.model import BenchReport, BenchResult, Goal

__all__ = ["accuracy_page"]

_HEAD = """# Accuracy and speed beside other libraries

Every row was measured by `llamaspace bench flight --page docs/accuracy.md` in one run: both programs did the same work
in one process, in turn, and the figures are medians. Ratios travel between machines, seconds do not. Peers come with
`pip install "llamaspace[bench]"`; the data of a row is named with it.

"""


def accuracy_page(report: BenchReport, made_utc: datetime) -> str:
    """A Markdown page of a report: a table, then what a reader must know of each row.

    Args:
        report: The rows.
        made_utc: When they were measured.
    """
    lines = [
        _HEAD + f"Measured {as_utc(made_utc):%Y-%m-%d} on {report.machine}.\n",
        "| work | ours | peer | ratio | goal | our error | peer's error |",
        "|---|---|---|---|---|---|---|",
        *map(_row, report.results),
        "",
        *(f"- **{one.name}**: {one.note.rstrip('.')}." for one in report.results if one.note),
    ]
    if report.missing:
        lines += ["", *(f"Left out: {one}." for one in report.missing)]
    return "\n".join(lines) + "\n"


def _row(one: BenchResult) -> str:
    goal = f"{'≥' if one.goal_kind is Goal.AT_LEAST else '≤'} {one.goal:g}, {'met' if one.meets_goal else 'missed'}"
    cells = (
        one.name,
        f"{one.ours:.4g} {one.unit}",
        f"{one.peer:.4g} ({one.peer_name})",
        f"{one.ratio:.2f}",
        goal,
        _error(one.error, one),
        _error(one.peer_error, one),
    )
    return f"| {' | '.join(cells)} |"


def _error(value: float | None, one: BenchResult) -> str:
    return "" if value is None else f"{value:.2g} {one.error_unit or ''}".strip()
