"""``llamaspace ml train|predict|table anomaly``: detectors of anomalies."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from rich.progress import Progress

from api.cli.audit import shell_actor
from api.cli.ml_versions import open_registry, progress_bar, told
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

__all__ = ["predict", "table", "train"]

_DATA = "OPS-SAT-AD"


def train(options: argparse.Namespace) -> int:
    """Train, and register the detector as a candidate.

    Raises:
        InputError: The data are missing or wrong.
    """
    _check(options)
    with open_registry(options.models) as registry, progress_bar() as bar:
        found = _trained(options, registry, bar)
    told_f1 = found.metrics["cross-validation F1"]
    sys.stdout.write(
        f"{found.registered.name} version {found.registered.version}: candidate, cross-validation F1 {told_f1:.3f}\n"
    )
    return 0


def predict(options: argparse.Namespace) -> int:
    """Write the prediction file of the test split; a detector that is not there is trained first.

    Raises:
        InputError: The data are missing or wrong, or the folder cannot be written to.
    """
    _check(options)
    with open_registry(options.models) as registry, progress_bar() as bar:
        try:
            chosen = chosen_detector(options.data, registry)
        except NotFound:
            chosen = _trained(options, registry, bar)
        path = predict_opssat(options.data, chosen.detector, options.out)
    sys.stdout.write(f"{path}\n")
    return 0


def table(options: argparse.Namespace) -> int:
    """Print what cross-validation says of detectors from several seeds, with what tells a segment's length and without.

    Raises:
        InputError: The data are missing or wrong.
    """
    if options.seeds < 1:
        raise InputError("--seeds", f"{options.seeds} seeds; at least 1 is needed")
    _check(options)
    seeds = range(1, options.seeds + 1)
    found = {}
    with progress_bar() as bar:
        for name, with_length in (("all", True), ("without length", False)):
            found[name] = opssat_table(options.data, seeds, partial(_told_seed, bar, name), with_length=with_length)
    if options.json:
        sys.stdout.write(json.dumps({"opssat": found}, indent=2) + "\n")
        return 0
    for name, rows in found.items():
        sys.stdout.write(
            f"## {_DATA}, {name}, {options.seeds} seeds\n\n| quantity | mean | standard deviation |\n|---|---|---|\n"
        )
        for quantity, (mean, spread) in rows.items():
            sys.stdout.write(f"| {quantity} | {mean:.4f} | {spread:.4f} |\n")
        sys.stdout.write("\n")
    return 0


def _told_seed(bar: Progress, name: str, seed: int) -> Callable[[float, str], None]:
    return told(bar, f"{name}, seed {seed}")


def _check(options: argparse.Namespace) -> None:
    if options.subset:
        raise InputError("--subset", "is of lifetime; anomaly has one data set")
    options.data = opssat_folder(options.data)


def _trained(options: argparse.Namespace, registry: ModelRegistry, bar: Progress) -> TrainedDetector:
    return train_opssat(
        options.data,
        registry,
        seed=options.seed,
        by=shell_actor(),
        at_utc=datetime.now(UTC),
        progress=told(bar, _DATA),
    )
