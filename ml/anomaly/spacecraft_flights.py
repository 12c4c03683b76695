"""Flights of the training data: folders of Parquet, a file a flight, with a list of what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from core.errors import InputError
from core.mdb import MissionDatabase
from ml.anomaly.spacecraft_inputs import INSTANT_PARAMETER, Rows, first_of_each_step, rows_of, spacecraft_features
from ml.features.samples import Samples, sayable
from ml.features.table import feature_table, lookbacks_s
from ml.features.windows import Instants

__all__ = ["Flight", "flight_rows", "flights_in", "list_flights"]

_LIST: Final = "flights.json"
_TIME: Final = "generated_tai_s"


@dataclass(frozen=True)
class Flight:
    """One flight: what is in it.

    Args:
        path: Of its telemetry.
        fault: What was injected, as the simulator's scripts tell it; None in a nominal flight.
        fault_begin_tai_s, fault_end_tai_s: When it was there.
    """

    name: str
    split: str
    satellite: str
    path: Path
    fault: dict[str, Any] | None
    fault_begin_tai_s: float | None
    fault_end_tai_s: float | None


def list_flights(folder: Path) -> list[Flight]:
    """All flights of a folder.

    Raises:
        InputError: It has no list of flights, or the list is wrong.
    """
    try:
        found = json.loads((folder / _LIST).read_text(encoding="utf-8"))
        return [_flight(folder, one) for one in found]
    except OSError as error:
        raise InputError("--data", f"{folder / _LIST} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("--data", f"{folder / _LIST} is no list of flights: {error!r}") from error


def flights_in(folder: Path, split: str, *, faulty: bool) -> list[Flight]:
    """Those of a split.

    Raises:
        InputError: There are none.
    """
    found = [one for one in list_flights(folder) if one.split == split and (one.fault is not None) is faulty]
    if not found:
        raise InputError("--data", f"{folder} has no {'faulty' if faulty else 'nominal'} flight of the split {split!r}")
    return found


def flight_rows(flight: Flight, mdb: MissionDatabase) -> Rows:
    """What the detector sees of a flight.

    Raises:
        InputError: Its file cannot be read, or lacks a parameter.
    """
    try:
        table = pq.read_table(flight.path)
    except (OSError, ValueError) as error:
        raise InputError("--data", f"{flight.path} cannot be read: {error}") from error
    features = spacecraft_features(mdb)
    times = table[_TIME].to_numpy()
    missing = [one for one in lookbacks_s(features) if one not in table.column_names]
    if missing:
        raise InputError("--data", f"{flight.path} lacks the parameter {missing[0]}")
    series: dict[str, Samples] = {one: sayable(times, times, table[one]) for one in lookbacks_s(features)}
    instants = first_of_each_step(series[INSTANT_PARAMETER].generated_tai_s)
    whole_from = dict.fromkeys(series, -np.inf)
    return rows_of(feature_table(features, series, whole_from, Instants(instants)))


def _flight(folder: Path, row: dict[str, Any]) -> Flight:
    begin = row["fault_begin_tai_s"]
    end = None if begin is None else begin + float(row["fault"]["duration_s"])
    path = folder / f"{row['name']}.parquet"
    return Flight(row["name"], row["split"], row["satellite"], path, row["fault"], begin, end)


def each_rows(flights: list[Flight], mdb: MissionDatabase) -> Iterator[tuple[Flight, Rows]]:
    """Flights one by one, with their rows."""
    for one in flights:
        yield one, flight_rows(one, mdb)
