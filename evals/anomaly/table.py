"""How well a detector tells injected faults, and how often it is wrong on nominal days: every number from flights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.mdb import MissionDatabase
from evals.anomaly.expectations import Expectation, expectation
from ml.anomaly.anomaly import Anomaly
from ml.anomaly.judgement import Judgement
from ml.anomaly.spacecraft_flights import Flight, flight_rows, flights_in
from ml.anomaly.spacecraft_inputs import STEP_S, Rows
from ml.anomaly.spacecraft_model import SpacecraftModel
from ml.anomaly.spacecraft_scorer import SpacecraftScorer
from ml.models.progress import Progress

__all__ = ["FaultOutcome", "FaultTable", "NominalTable", "fault_table", "judged", "nominal_table"]

_DAY_S: Final = 86_400.0


@dataclass(frozen=True)
class FaultOutcome:
    """What became of one injected fault.

    Args:
        flight: In which it was.
        expected: The right answer.
        told: The anomaly that is told of it: of those that began while it was there, the one with the highest score; None
            where there is none.
        delay_s: From the fault's beginning to the first anomaly that began while it was there.
    """

    flight: Flight
    expected: Expectation
    told: Anomaly | None
    delay_s: float | None

    @property
    def right_sensor(self) -> bool:
        """Whether the first sensor is a right one."""
        return self.told is not None and self.told.evidence[0].parameter in self.expected.sensors

    @property
    def right_kind(self) -> bool:
        """Whether the kind is a right one."""
        return self.told is not None and self.told.kind in self.expected.kinds

    @property
    def near_severity(self) -> bool:
        """Whether the severity is at most one step off."""
        return self.told is not None and abs(self.told.severity - self.expected.severity) <= 1


@dataclass(frozen=True)
class FaultTable:
    """Of all faults of a split; what was not found at all counts as wrong everywhere."""

    outcomes: tuple[FaultOutcome, ...]

    def figures(self) -> dict[str, float]:
        """In 100 faults, and the median delay in minutes of those that were found."""
        per_cent = 100.0 / max(len(self.outcomes), 1)
        delays = [one.delay_s for one in self.outcomes if one.delay_s is not None]
        return {
            "faults": float(len(self.outcomes)),
            "found, of 100": per_cent * len(delays),
            "right sensor first, of 100": per_cent * sum(one.right_sensor for one in self.outcomes),
            "right type, of 100": per_cent * sum(one.right_kind for one in self.outcomes),
            "severity within one step, of 100": per_cent * sum(one.near_severity for one in self.outcomes),
            "median delay, min": float(np.median(delays)) / 60.0 if delays else float("nan"),
        }


@dataclass(frozen=True)
class NominalTable:
    """Of nominal flights: how many anomalies were told in how many days."""

    days: float
    false_alarms: tuple[Anomaly, ...]

    @property
    def per_day(self) -> float:
        """False alarms per spacecraft and day."""
        return len(self.false_alarms) / max(self.days, 1e-9)


def fault_table(data: Path, split: str, model: SpacecraftModel, mdb: MissionDatabase, progress: Progress) -> FaultTable:
    """All faulty flights of a split.

    Raises:
        InputError: There are none, or one cannot be read.
    """
    judgement, flights = Judgement(model, mdb), flights_in(data, split, faulty=True)
    made = []
    for number, one in enumerate(flights, start=1):
        made.append(_outcome(one, judged(model, judgement, one.satellite, flight_rows(one, mdb))))
        progress(number / len(flights), one.name)
    return FaultTable(tuple(made))


def nominal_table(
    data: Path, split: str, model: SpacecraftModel, mdb: MissionDatabase, progress: Progress
) -> NominalTable:
    """All nominal flights of a split.

    Raises:
        InputError: There are none, or one cannot be read.
    """
    judgement, flights = Judgement(model, mdb), flights_in(data, split, faulty=False)
    days, found = 0.0, list[Anomaly]()
    for number, one in enumerate(flights, start=1):
        rows = flight_rows(one, mdb)
        days += len(rows) * STEP_S / _DAY_S
        found += judged(model, judgement, one.satellite, rows)
        progress(number / len(flights), one.name)
    return NominalTable(days, tuple(found))


def judged(model: SpacecraftModel, judgement: Judgement, satellite: str, rows: Rows) -> Sequence[Anomaly]:
    """The anomalies of rows."""
    return SpacecraftScorer(model, judgement, satellite).take(rows)


def _outcome(flight: Flight, found: Sequence[Anomaly]) -> FaultOutcome:
    assert flight.fault is not None and flight.fault_begin_tai_s is not None and flight.fault_end_tai_s is not None
    begin, end = flight.fault_begin_tai_s, flight.fault_end_tai_s
    within = [one for one in found if begin <= one.begin_tai_s <= end]
    told = max(within, key=lambda one: one.score, default=None)
    delay_s = min((one.begin_tai_s - begin for one in within), default=None)
    return FaultOutcome(flight, expectation(flight.fault), told, delay_s)
