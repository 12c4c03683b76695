"""``llamaspace ml simulate``, and ``ml train|table anomaly --detector spacecraft``: the detector of the reference mission."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from api.cli.audit import shell_actor
from api.cli.ml_versions import open_registry, progress_bar, told
from core.errors import InputError
from core.mdb import reference_mdb
from evals.anomaly.dataset import Amounts, Split, write_dataset
from evals.anomaly.table import FaultTable, NominalTable, fault_table, nominal_table
from ml.anomaly.spacecraft import ship, train_spacecraft
from ml.anomaly.spacecraft_model import SHIPPED, shipped_model

__all__ = ["simulate", "table", "train"]

_AMOUNTS: Final = {
    "full": Amounts(
        nominal={Split.TRAIN: 36, Split.CALIBRATION: 24, Split.TEST: 15},
        faults={Split.TRAIN: 154, Split.CALIBRATION: 66, Split.TEST: 100},
    ),
    "small": Amounts(nominal=dict.fromkeys(Split, 1), faults=dict.fromkeys(Split, 1)),
}


def simulate(options: argparse.Namespace) -> int:
    """Fly the flights that the detector is trained and judged on, those that are not there yet.

    Raises:
        InputError: A number is out of range.
    """
    if options.processes < 1:
        raise InputError("--processes", f"{options.processes} processes; at least 1 is needed")
    with progress_bar() as bar:
        flights = write_dataset(options.out, _AMOUNTS[options.flights], told(bar, "flights"), options.processes)
    sys.stdout.write(f"{len(flights)} flights in {options.out}\n")
    return 0


def train(options: argparse.Namespace) -> int:
    """Train, and register the detector as a candidate; with ``--ship``, put it in the place of the shipped one.

    Raises:
        InputError: The data are missing or wrong.
    """
    at_utc = datetime.now(UTC)
    with progress_bar() as bar:
        made = train_spacecraft(
            options.data, reference_mdb(), seed=options.seed, at_utc=at_utc, progress=told(bar, "spacecraft")
        )
    if options.ship:
        ship(made, SHIPPED)
        sys.stdout.write(f"{made.manifest.name}: shipped with this version\n")
        return 0
    with open_registry(options.models) as registry:
        registered = made.register(registry, by=shell_actor(), at_utc=at_utc)
    sys.stdout.write(f"{registered.name} version {registered.version}: candidate\n")
    return 0


def table(options: argparse.Namespace) -> int:
    """Print what the shipped detector does on the injected faults and the nominal days of a split.

    Raises:
        InputError: The data are missing or wrong.
    """
    model, mdb = shipped_model(), reference_mdb()
    with progress_bar() as bar:
        make = partial(told, bar)
        faults = fault_table(options.data, options.split, model, mdb, make("faults"))
        nominal = nominal_table(options.data, options.split, model, mdb, make("nominal days"))
    if options.json:
        sys.stdout.write(json.dumps(_document(model.name, faults, nominal), indent=2) + "\n")
        return 0
    sys.stdout.write(f"## {model.name}, split {options.split}\n\n| quantity | value |\n|---|---|\n")
    for name, value in _figures(faults, nominal).items():
        sys.stdout.write(f"| {name} | {value:.4g} |\n")
    sys.stdout.write(
        "\n| fault | sizes | told as | sensor | right sensor | right type | severity within one | delay, min |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    for row in _rows(faults):
        sys.stdout.write("| " + " | ".join(str(one) for one in row.values()) + " |\n")
    return 0


def _document(model: str, faults: FaultTable, nominal: NominalTable) -> dict[str, Any]:
    return {"model": model, "figures": _figures(faults, nominal), "faults": _rows(faults)}


def _figures(faults: FaultTable, nominal: NominalTable) -> dict[str, float]:
    return faults.figures() | {"nominal days": nominal.days, "false alarms per spacecraft and day": nominal.per_day}


def _rows(faults: FaultTable) -> list[dict[str, Any]]:
    rows = []
    for one in faults.outcomes:
        fault, anomaly = one.flight.fault or {}, one.told
        sizes = {name: value for name, value in fault.items() if name not in ("id", "satellite", "at", "fault")}
        rows.append(
            {
                "fault": fault["fault"],
                "sizes": ", ".join(f"{name} {_short(value)}" for name, value in sizes.items()),
                "told as": f"{anomaly.kind}, {anomaly.severity.name.lower()}" if anomaly else "not found",
                "sensor": anomaly.evidence[0].parameter if anomaly else "",
                "right sensor": one.right_sensor,
                "right type": one.right_kind,
                "severity within one": one.near_severity,
                "delay, min": round(one.delay_s / 60.0, 1) if one.delay_s is not None else "",
            }
        )
    return rows


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
