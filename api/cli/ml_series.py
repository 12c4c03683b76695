"""SMAP and MSL in ``llamaspace ml train|predict|table anomaly``: detectors of anomalies in series."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import Progress

from api.cli.audit import shell_actor
from api.cli.ml_versions import told
from core.errors import NotFound
from ml.anomaly.event_score import EventScore
from ml.anomaly.series_table import ArchiveTable, LiveTable, archive_table, live_tables
from ml.anomaly.smap_msl import (
    TrainedChannels,
    chosen_channels,
    predict_smap_msl,
    smap_msl_folder,
    train_smap_msl,
)
from ml.models import ModelRegistry

__all__ = ["SUBSET", "folder", "predict", "table", "train"]

SUBSET = "smap_msl"
_DATA = "SMAP and MSL"


def folder(data: Path) -> Path:
    """Where the data set is, in the folder of the raw data.

    Raises:
        InputError: It is not there.
    """
    return smap_msl_folder(data)


def train(data: Path, options: argparse.Namespace, registry: ModelRegistry, bar: Progress) -> str:
    """Train and register; a line to print."""
    del options  # nothing is drawn
    found = _trained(data, registry, bar)
    told_f05 = found.metrics.get("public test parts event-wise F0.5")
    reached = "no public labels" if told_f05 is None else f"event-wise F0.5 {told_f05:.3f} on public test parts"
    return f"{found.registered.name} version {found.registered.version}: candidate, {reached}"


def predict(data: Path, options: argparse.Namespace, registry: ModelRegistry, bar: Progress) -> Path:
    """Write the folder of prediction files; detectors that are not there are trained first."""
    try:
        chosen = chosen_channels(data, registry)
    except NotFound:
        chosen = _trained(data, registry, bar)
    return predict_smap_msl(data, chosen.detectors, options.out, told(bar, f"{_DATA}, predictions"))


def table(data: Path, options: argparse.Namespace, bar: Progress) -> tuple[dict[str, Any], str]:
    """The tables as a JSON document, and in Markdown."""
    del options
    archive = archive_table(data, told(bar, f"{_DATA}, archive"))
    live = live_tables(data, told(bar, f"{_DATA}, live"))
    document = {
        "archive": asdict(archive),
        "live": {name: asdict(one) | {"event-wise F0.5": one.nested.f05} for name, one in live.items()},
    }
    return document, "\n".join([*_archive_lines(archive), *_live_lines(live)]) + "\n"


def _trained(data: Path, registry: ModelRegistry, bar: Progress) -> TrainedChannels:
    return train_smap_msl(data, registry, by=shell_actor(), at_utc=datetime.now(UTC), progress=told(bar, _DATA))


def _archive_lines(found: ArchiveTable) -> Iterator[str]:
    yield from (f"## {_DATA}, archive, VUS-PR of TSB-AD-M, mean of {len(found.rows)} public series", "")
    yield from ("| detector | VUS-PR |", "|---|---|")
    yield f"| **ours, learners and smoothing chosen on channels of other kinds** | **{found.nested:.3f}** |"
    yield f"| 5 % to 95 % over resampled series | {found.low:.3f} to {found.high:.3f} |"
    yield f"| ours, as it ships | {found.shipped:.3f} |"
    yield f"| best choice in hindsight (a bound, no result) | {found.hindsight:.3f} |"
    yield from (f"| as it ships, {name} | {value:.3f} |" for name, value in found.variants.items())
    yield from (f"| published: {name} | {value:.3f} |" for name, value in found.published.items())
    yield from ("", "| series | channel | ours | as it ships | best published |", "|---|---|---|---|---|")
    for row in found.rows:
        series = row.file.removesuffix(".csv")
        best = f"{row.best_published:.3f} ({row.published_by})"
        yield f"| {series} | {row.channel} | {row.nested:.3f} | {row.shipped:.3f} | {best} |"
    yield ""


def _live_lines(found: dict[str, LiveTable]) -> Iterator[str]:
    for name, one in found.items():
        yield from (f"## {_DATA}, live alarms: {name}", "")
        yield "| detector | F0.5 | precision | recall | found | false alarms | per channel and day |"
        yield "|---|---|---|---|---|---|---|"
        yield _live_row("**learners and limits chosen on channels of other kinds**", one.nested, one.sampling_s)
        yield _live_row("as it ships", one.shipped, one.sampling_s)
        yield from ("", "| as it ships, but | F0.5 |", "|---|---|")
        yield from (f"| {what} | {value:.3f} |" for what, value in one.variants.items())
        yield ""
        yield f"Each learner alone is to pass its limit {one.promised_per_day:.3f} times per channel and day."
        yield ""


def _live_row(name: str, score: EventScore, sampling_s: float) -> str:
    events = score.found + score.missed
    per_day = score.false_alarms_per_day(sampling_s)
    shares = f"{score.f05:.3f} | {score.precision:.3f} | {score.recall:.3f}"
    return f"| {name} | {shares} | {score.found} of {events} | {score.false_alarms} | {per_day:.4f} |"
