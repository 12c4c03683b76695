"""The data that the detector is trained, calibrated and judged on: flights by split, as Parquet with a list of what is in them.

Splits differ in seeds, times and satellites; ``test`` flights are of a satellite that no other split has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from core.ground.simulator.faults import Fault
from core.mdb import reference_mdb
from core.mission import reference_mission
from core.time import parse_utc, tai_s_from_utc
from evals.anomaly.faults import FAULT_KINDS, draw_fault
from evals.anomaly.flights import fly, telemetry_table
from ml.models.progress import Progress

__all__ = ["FLIGHTS_FILE", "Amounts", "FlightPlan", "Split", "plan_flights", "write_dataset"]

FLIGHTS_FILE: Final = "flights.json"
_DAY_S: Final = 86_400.0
_NOMINAL_S: Final = 2 * _DAY_S
_FAULT_LEAD_S: Final = 5 * 3600.0
_FAULT_S: Final = (2.0 * 3600.0, 6.0 * 3600.0)
_FAULT_TAIL_S: Final = 1800.0


class Split(StrEnum):
    """What flights are for."""

    TRAIN = "train"
    CALIBRATION = "calibration"  # thresholds, and every choice
    TEST = "test"


_SATELLITES: Final = {
    Split.TRAIN: ("LSAT-1", "LSAT-2", "LSAT-3"),
    Split.CALIBRATION: ("LSAT-1", "LSAT-2", "LSAT-3"),
    Split.TEST: ("LSAT-4",),
}
_FAULT_SATELLITES: Final = {
    Split.TRAIN: ("LSAT-1", "LSAT-2"),
    Split.CALIBRATION: ("LSAT-3",),
    Split.TEST: ("LSAT-4",),
}
# Days after the epoch of the elements, so that the splits see different days of the season.
_FIRST_UTC: Final = "2026-11-23T00:00:00Z"
_DAYS: Final = {Split.TRAIN: (0.0, 45.0), Split.CALIBRATION: (45.0, 60.0), Split.TEST: (60.0, 75.0)}
_SEEDS: Final = {Split.TRAIN: 10_000, Split.CALIBRATION: 20_000, Split.TEST: 30_000}


@dataclass(frozen=True)
class Amounts:
    """How many flights of two days without a fault, and how many with one."""

    nominal: dict[Split, int]
    faults: dict[Split, int]


@dataclass(frozen=True)
class FlightPlan:
    """One flight.

    Args:
        name: Of its file.
        fault: What goes wrong; None in a nominal one.
    """

    name: str
    split: Split
    satellite: str
    start_tai_s: float
    duration_s: float
    seed: int
    fault: Fault | None = None

    def row(self) -> dict[str, Any]:
        """For the list of flights."""
        fault = self.fault.model_dump(mode="json", exclude_none=True) if self.fault else None
        begin = tai_s_from_utc(self.fault.at) if self.fault is not None and self.fault.at is not None else None
        return asdict(self) | {"fault": fault, "fault_begin_tai_s": begin}


def plan_flights(amounts: Amounts) -> list[FlightPlan]:
    """All flights; the same amounts give the same ones, and larger amounts contain the smaller."""
    return [
        one
        for split in Split
        for plan, count in ((_nominal, amounts.nominal.get(split, 0)), (_faulty, amounts.faults.get(split, 0)))
        for one in plan(split, count)
    ]


def write_dataset(folder: Path, amounts: Amounts, progress: Progress, processes: int = 1) -> list[FlightPlan]:
    """Fly what is not in the folder yet, and write the list of all flights."""
    flights = plan_flights(amounts)
    folder.mkdir(parents=True, exist_ok=True)
    missing = [one for one in flights if not (folder / f"{one.name}.parquet").exists()]
    with ProcessPoolExecutor(processes) as pool:
        waiting = [pool.submit(_write, folder, one) for one in missing]
        for done, one in enumerate(as_completed(waiting), start=1):
            progress(done / len(missing), one.result())
    text = json.dumps([one.row() for one in flights], indent=1)
    (folder / FLIGHTS_FILE).write_text(text, encoding="utf-8")
    return flights


def _write(folder: Path, one: FlightPlan) -> str:
    faults = (one.fault,) if one.fault is not None else ()
    flown = fly(reference_mission(), one.satellite, reference_mdb(), one.start_tai_s, one.duration_s, one.seed, faults)
    unfinished = folder / f"{one.name}.unfinished"
    pq.write_table(telemetry_table(flown), unfinished, compression="zstd")
    unfinished.rename(folder / f"{one.name}.parquet")
    return one.name


def _start(split: Split, chance: np.random.Generator) -> float:
    first, last = _DAYS[split]
    return tai_s_from_utc(parse_utc(_FIRST_UTC)) + float(np.floor(chance.uniform(first, last) * _DAY_S))


def _nominal(split: Split, count: int) -> Iterator[FlightPlan]:
    for number in range(count):
        seed = _SEEDS[split] + number
        satellite = _SATELLITES[split][number % len(_SATELLITES[split])]
        start_tai_s = _start(split, np.random.default_rng([seed, 1]))
        yield FlightPlan(f"{split}-nominal-{number:03d}", split, satellite, start_tai_s, _NOMINAL_S, seed)


def _faulty(split: Split, count: int) -> Iterator[FlightPlan]:
    for number in range(count):
        seed = _SEEDS[split] + 5_000 + number
        chance = np.random.default_rng([seed, 1])
        satellite = _FAULT_SATELLITES[split][number % len(_FAULT_SATELLITES[split])]
        start_tai_s = _start(split, chance)
        begin_tai_s = start_tai_s + _FAULT_LEAD_S + float(np.floor(chance.uniform(0.0, 5400.0)))
        duration_s = float(np.floor(chance.uniform(*_FAULT_S)))
        kind = FAULT_KINDS[number % len(FAULT_KINDS)]
        fault = draw_fault(kind, satellite, begin_tai_s, duration_s, chance)
        length_s = begin_tai_s - start_tai_s + duration_s + _FAULT_TAIL_S
        yield FlightPlan(f"{split}-fault-{number:03d}", split, satellite, start_tai_s, length_s, seed, fault)
