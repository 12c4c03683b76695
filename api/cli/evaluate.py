"""``llamaspace eval``: runs cases and scores them."""

from __future__ import annotations

import argparse
import json
import sys

from rich.console import Console
from rich.progress import Progress

from agent.clock import FixedClock
from agent.deps import AgentDeps
from api.cli.deps import deps_for, mission_of
from core.errors import InputError
from evals.model import CaseContext
from evals.run import run_cases

__all__ = ["evaluate"]


def evaluate(options: argparse.Namespace) -> int:
    """Write the report; a progress bar goes to standard error.

    Raises:
        InputError: The report's folder is not there; said before any case is run.
    """
    if options.out is not None and not options.out.parent.is_dir():
        raise InputError("--out", f"cannot write {options.out}: there is no folder {options.out.parent}")
    mission = mission_of(options.mission)

    def deps_of(context: CaseContext) -> AgentDeps:
        return deps_for(mission, FixedClock(context.now), options.model, context.telemetry)

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("cases", total=None)
        report = run_cases(options.cases, deps_of, lambda done, total: bar.update(task, completed=done, total=total))
    text = json.dumps(report.as_document(), indent=2) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        options.out.write_text(text)
        sys.stdout.write(f"{len(report.cases)} cases, report in {options.out}\n")
    return 0
