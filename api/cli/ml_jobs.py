"""``llamaspace ml train --job``, ``ml job`` and ``llamaspace worker``: trainings in a queue."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from api.worker import Job, TrainingJobs

__all__ = ["show", "submit", "work"]


def submit(options: argparse.Namespace) -> int:
    """Put a training into the queue, and print its id.

    Raises:
        InputError: Celery is not installed.
    """
    job = TrainingJobs(options.models, options.broker).submit(_line(options))
    sys.stdout.write(f"{job.job_id}\n")
    return 0


def show(options: argparse.Namespace) -> int:
    """Print how far a job is; 1 where it failed or was lost.

    Raises:
        NotFound: There is no such job.
    """
    jobs = TrainingJobs(options.models, options.broker)
    job = jobs.wait(options.job_id) if options.wait else jobs.job(options.job_id)
    sys.stdout.write(json.dumps(asdict(job), indent=2) + "\n" if options.json else _words(job))
    return 1 if job.state in ("failed", "lost") else 0


def work(options: argparse.Namespace) -> int:
    """Carry out jobs until told to stop.

    Raises:
        InputError: Celery is not installed.
    """
    TrainingJobs(options.models, options.broker).work()
    return 0


def _line(options: argparse.Namespace) -> list[str]:
    """The options of the training itself, for a worker that runs elsewhere."""
    line = [options.subject, "--data", str(options.data.resolve()), "--models", str(options.models.resolve())]
    line += ["--seed", str(options.seed), "--detector", options.detector, *(["--ship"] if options.ship else [])]
    for one in options.subset or ():
        line += ["--subset", one]
    return line


def _words(job: Job) -> str:
    return f"{job.state}, {job.share:.0%}" + (f": {job.what}" if job.what else "") + "\n"
