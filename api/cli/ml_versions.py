"""``llamaspace ml versions|approve|rollback|withdraw``: versions of models, and what people decide of them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.cli.audit import shell_actor
from core.events import EventLog
from core.store import open_database
from ml.models import ModelRegistry
from ml.models.registry import LIVE

__all__ = ["approve", "list_versions", "open_registry", "progress_bar", "reported", "roll_back", "told", "withdraw"]

_Report = Callable[[float, str], None]
_reader: ContextVar[_Report | None] = ContextVar(
    "_reader", default=None
)  # beside the bar: who runs a training as a job

_DATABASE = "models.db"


def list_versions(options: argparse.Namespace) -> int:
    """Print versions; 1 where there are none."""
    with open_registry(options.models) as registry:
        versions = registry.versions(options.name)
    if options.json:
        sys.stdout.write(json.dumps([asdict(one) for one in versions], indent=2) + "\n")
        return 0 if versions else 1
    shown = Table()
    for heading in ("model", "version", "state", "aliases", "registered", "by", "decided by"):
        shown.add_column(heading)
    for one in versions:
        aliases = ", ".join(one.aliases)
        registered, decided = one.registered_utc, one.decided_by or ""
        shown.add_row(one.name, str(one.version), one.state, aliases, registered, one.registered_by, decided)
    Console().print(shown)
    return 0 if versions else 1


def approve(options: argparse.Namespace) -> int:
    """Answer for a version and make it live.

    Raises:
        NotFound: There is none.
        Conflict: It has been withdrawn.
    """
    told = {"by": shell_actor(), "reason": options.reason, "at_utc": datetime.now(UTC)}
    with open_registry(options.models) as registry:
        registry.approve(options.name, options.version, **told)
        registry.point(options.name, LIVE, options.version, **told)
    sys.stdout.write(f"{options.name} version {options.version} is live\n")
    return 0


def roll_back(options: argparse.Namespace) -> int:
    """Make the version live that was live before.

    Raises:
        NotFound: None is live.
        Conflict: None was live before.
    """
    with open_registry(options.models) as registry:
        back = registry.roll_back(options.name, LIVE, by=shell_actor(), reason=options.reason, at_utc=datetime.now(UTC))
    sys.stdout.write(f"{back.name} version {back.version} is live again\n")
    return 0


def withdraw(options: argparse.Namespace) -> int:
    """Take a version out of use for ever.

    Raises:
        NotFound: There is none.
        Conflict: It is live, or withdrawn already.
    """
    with open_registry(options.models) as registry:
        registry.withdraw(
            options.name, options.version, by=shell_actor(), reason=options.reason, at_utc=datetime.now(UTC)
        )
    sys.stdout.write(f"{options.name} version {options.version} is withdrawn\n")
    return 0


@contextmanager
def open_registry(folder: Path) -> Iterator[ModelRegistry]:
    """The registry of a folder of models."""
    database = open_database(folder / _DATABASE)
    try:
        yield ModelRegistry(database, EventLog(database), folder)
    finally:
        database.close()


def progress_bar() -> Progress:
    """A bar on standard error, where it is no part of what is printed."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def told(bar: Progress, name: str) -> Callable[[float, str], None]:
    """Tells a bar how far something is, and what is being done."""
    task, reader = bar.add_task(name, total=1.0), _reader.get()

    def tell(share: float, what: str) -> None:
        bar.update(task, completed=share, description=f"{name}: {what}")
        if reader is not None:
            reader(share, f"{name}: {what}")

    return tell


@contextmanager
def reported(to: _Report) -> Iterator[None]:
    """Have somebody told as well what bars are told within."""
    token = _reader.set(to)
    try:
        yield
    finally:
        _reader.reset(token)
