"""OPS-SAT-AD in ``llamaspace ml train|predict|table anomaly``: detectors of anomalous segments."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import Progress

from api.cli.audit import shell_actor
from api.cli.ml_versions import told
from core.errors import InputError, NotFound
from ml.anomaly.opssat import (
    TrainedDetector,
    chosen_detector,
    opssat_folder,
    opssat_table,
    predict_opssat,
    train_opssat,
)
from ml.models import ModelRegistry

__all__ = ["SUBSET", "folder", "predict", "table", "train"]

SUBSET = "opssat"
_DATA = "OPS-SAT-AD"


def folder(data: Path) -> Path:
    """Where the data set is, in the folder of the raw data.

    Raises:
        InputError: It is not there.
    """
    return opssat_folder(data)


def train(data: Path, options: argparse.Namespace, registry: ModelRegistry, bar: Progress) -> str:
    """Train and register; a line to print."""
    found = _trained(data, options, registry, bar)
    told_f1 = found.metrics["cross-validation F1"]
    return f"{found.registered.name} version {found.registered.version}: candidate, cross-validation F1 {told_f1:.3f}"


def predict(data: Path, options: argparse.Namespace, registry: ModelRegistry, bar: Progress) -> Path:
    """Write the prediction file of the test split; a detector that is not there is trained first."""
    try:
        chosen = chosen_detector(data, registry)
    except NotFound:
        chosen = _trained(data, options, registry, bar)
    return predict_opssat(data, chosen.detector, options.out)


def table(data: Path, options: argparse.Namespace, bar: Progress) -> tuple[dict[str, Any], str]:
    """What cross-validation says of detectors from several seeds, as a JSON document and in Markdown.

    Raises:
        InputError: The number of seeds or the data are wrong.
    """
    if options.seeds < 1:
        raise InputError("--seeds", f"{options.seeds} seeds; at least 1 is needed")
    seeds = range(1, options.seeds + 1)
    found = {}
    for name, with_length in (("all", True), ("without length", False)):
        found[name] = opssat_table(data, seeds, partial(_told_seed, bar, name), with_length=with_length)
    lines = []
    for name, rows in found.items():
        lines += [
            f"## {_DATA}, {name}, {options.seeds} seeds",
            "",
            "| quantity | mean | standard deviation |",
            "|---|---|---|",
        ]
        lines += [f"| {quantity} | {mean:.4f} | {spread:.4f} |" for quantity, (mean, spread) in rows.items()]
        lines.append("")
    return found, "\n".join(lines) + "\n"


def _told_seed(bar: Progress, name: str, seed: int) -> Callable[[float, str], None]:
    return told(bar, f"{name}, seed {seed}")


def _trained(data: Path, options: argparse.Namespace, registry: ModelRegistry, bar: Progress) -> TrainedDetector:
    return train_opssat(
        data, registry, seed=options.seed, by=shell_actor(), at_utc=datetime.now(UTC), progress=told(bar, _DATA)
    )
