"""``llamaspace ml train|predict|table anomaly``: detectors of anomalies, for each data set that is there."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from types import ModuleType

from api.cli import ml_segments, ml_series
from api.cli.ml_versions import open_registry, progress_bar
from core.errors import InputError

__all__ = ["predict", "table", "train"]

_SUBSETS: dict[str, ModuleType] = {one.SUBSET: one for one in (ml_segments, ml_series)}


def train(options: argparse.Namespace) -> int:
    """Train on each data set, and register what came of it as candidates.

    Raises:
        InputError: The data are missing or wrong.
    """
    chosen = _chosen(options)
    with open_registry(options.models) as registry, progress_bar() as bar:
        lines = [_SUBSETS[name].train(data, options, registry, bar) for name, data in chosen.items()]
    sys.stdout.write("".join(f"{one}\n" for one in lines))
    return 0


def predict(options: argparse.Namespace) -> int:
    """Write the prediction files of each data set; a detector that is not there is trained first.

    Raises:
        InputError: The data are missing or wrong, or the folder cannot be written to.
    """
    chosen = _chosen(options)
    with open_registry(options.models) as registry, progress_bar() as bar:
        paths = [_SUBSETS[name].predict(data, options, registry, bar) for name, data in chosen.items()]
    sys.stdout.write("".join(f"{one}\n" for one in paths))
    return 0


def table(options: argparse.Namespace) -> int:
    """Print what detectors reach, by data set.

    Raises:
        InputError: The data are missing or wrong.
    """
    chosen = _chosen(options)
    with progress_bar() as bar:
        found = {name: _SUBSETS[name].table(data, options, bar) for name, data in chosen.items()}
    if options.json:
        sys.stdout.write(json.dumps({name: document for name, (document, _) in found.items()}, indent=2) + "\n")
    else:
        sys.stdout.write("".join(text for _, text in found.values()))
    return 0


def _chosen(options: argparse.Namespace) -> dict[str, Path]:
    """The folder of each data set asked for; of each that is there, where none is."""
    if options.subset:
        for one in options.subset:
            if one not in _SUBSETS:
                raise InputError("--subset", f"{one!r} is not one of {', '.join(_SUBSETS)}")
        return {one: _SUBSETS[one].folder(options.data) for one in options.subset}
    found, missing = {}, []
    for name, subset in _SUBSETS.items():
        try:
            found[name] = subset.folder(options.data)
        except InputError as error:
            missing.append(error)
    if not found:
        raise InputError("--data", "; ".join(one.message.removeprefix("--data: ") for one in missing))
    return found
