"""``llamaspace ml train|predict|table lifetime``: models of remaining useful life."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from rich.progress import Progress

from api.cli.audit import shell_actor
from api.cli.ml_versions import open_registry, progress_bar, told
from core.errors import InputError, NotFound
from ml.lifetime.battery import leave_one_out, load_cells
from ml.lifetime.histories import SUBSETS
from ml.lifetime.tables import TableRow, subset_table
from ml.lifetime.turbofan import (
    BLIND,
    TrainedSubset,
    chosen_model,
    explain_subset,
    predict_battery,
    predict_subset,
    train_subset,
    turbofan_folder,
)
from ml.models import ModelRegistry

__all__ = ["predict", "table", "train"]

_LABELLED = ("FD001", "FD002")


def train(options: argparse.Namespace) -> int:
    """Train the subsets asked for, all without, and register them as candidates.

    Raises:
        InputError: The data are missing or wrong.
    """
    options.data = turbofan_folder(options.data)
    with open_registry(options.models) as registry, progress_bar() as bar:
        found = [_trained(options, one, registry, bar) for one in _subsets(options, SUBSETS)]
    for one in found:
        error = one.metrics["cross-validation RMSE in cycles"]
        sys.stdout.write(
            f"{one.registered.name} version {one.registered.version}: candidate, cross-validation RMSE {error:.2f} cycles\n"
        )
    return 0


def predict(options: argparse.Namespace) -> int:
    """Write the prediction files of what is held out; a model that is not there is trained first.

    Raises:
        InputError: The data are missing or wrong, or the folder cannot be written to.
    """
    options.data = turbofan_folder(options.data)
    with open_registry(options.models) as registry, progress_bar() as bar:
        written = []
        for subset in _subsets(options, BLIND):
            try:
                chosen = chosen_model(options.data, subset, registry)
            except NotFound:
                chosen = _trained(options, subset, registry, bar)
            written.append(predict_subset(options.data, subset, chosen.model, options.out))
            if options.drivers:
                written.append(explain_subset(options.data, subset, chosen.model, options.out))
    if not options.subset:
        written.append(predict_battery(options.data, options.out))
    for path in written:
        sys.stdout.write(f"{path}\n")
    return 0


def table(options: argparse.Namespace) -> int:
    """Print what models from several seeds do on the labelled test splits, and the battery's comparison.

    Raises:
        InputError: The data are missing or wrong.
    """
    if options.seeds < 1:
        raise InputError("--seeds", f"{options.seeds} seeds; at least 1 is needed")
    options.data = turbofan_folder(options.data)
    seeds, found = range(1, options.seeds + 1), {}
    with progress_bar() as bar:
        for subset in _subsets(options, _LABELLED):
            found[subset] = subset_table(options.data, subset, seeds, _per_seed(bar, subset))
    cells = leave_one_out(load_cells(options.data / "nasa_battery_discharge_B0005_6_7.parquet"))
    if options.json:
        document = {
            "turbofan": {subset: [asdict(one) for one in rows] for subset, rows in found.items()},
            "battery": [asdict(one) for one in cells],
        }
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return 0
    for subset, rows in found.items():
        sys.stdout.write(_markdown(subset, rows, options.seeds))
    sys.stdout.write("## Battery\n\n| cell | RMSE, A h | straight line, A h |\n|---|---|---|\n")
    for one in cells:
        sys.stdout.write(f"| {one.cell} | {one.rmse_ah:.4f} | {one.line_rmse_ah:.4f} |\n")
    return 0


def _trained(options: argparse.Namespace, subset: str, registry: ModelRegistry, bar: Progress) -> TrainedSubset:
    return train_subset(
        options.data,
        subset,
        registry,
        seed=options.seed,
        by=shell_actor(),
        at_utc=datetime.now(UTC),
        progress=told(bar, subset),
    )


def _subsets(options: argparse.Namespace, usual: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(options.subset or usual)
    for one in chosen:
        if one not in SUBSETS:
            raise InputError("--subset", f"{one!r} is not one of {', '.join(SUBSETS)}")
    return chosen


def _per_seed(bar: Progress, subset: str) -> Callable[[int], Callable[[float, str], None]]:
    return lambda seed: told(bar, f"{subset} seed {seed}")


def _markdown(subset: str, rows: list[TableRow], seeds: int) -> str:
    lines = [f"## {subset}, {seeds} seeds", "", "| quantity | mean | standard deviation |", "|---|---|---|"]
    lines += [f"| {one.quantity} | {one.mean:.3f} | {one.spread:.3f} |" for one in rows]
    return "\n".join(lines) + "\n\n"
