"""Small synthetic fleets whose wear is known: two operating points, six live sensors among constants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ml.lifetime.histories import SENSORS, SETTINGS, Histories

LIVE_SENSORS = (1, 3, 6, 10, 11, 14)
_POINTS = np.array([[0.0, 0.0, 100.0], [35.0, 0.84, 100.0]])


def fleet(units: int, seed: int, shortest: int = 60, longest: int = 120) -> Histories:
    """Whole lives; wear grows with the square of the share of life gone, seen through noise."""
    random = np.random.default_rng(seed)
    response = np.random.default_rng(99).uniform(2.0, 4.0, len(LIVE_SENSORS)) * np.array([1, 1, -1, 1, -1, 1])
    rows: list[tuple[NDArray[np.float64], ...]] = []
    for unit in range(1, units + 1):
        length = int(random.integers(shortest, longest + 1))
        cycle = np.arange(1, length + 1)
        point = random.integers(0, 2, length)
        settings = _POINTS[point] + random.normal(0, [0.002, 0.0002, 0.0], (length, 3))
        sensors = np.full((length, len(SENSORS)), 100.0) + 10.0 * point[:, None]
        wear = (cycle / length) ** 2
        sensors[:, LIVE_SENSORS] += wear[:, None] * response + random.normal(0, 0.4, (length, len(LIVE_SENSORS)))
        sensors[:, LIVE_SENSORS] += random.normal(0, 0.3, len(LIVE_SENSORS))  # units differ when new
        rows.append((np.full(length, unit), cycle, settings, sensors))
    unit_, cycle_, settings_, sensors_ = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return Histories(unit_.astype(np.int64), cycle_.astype(np.int64), settings_, sensors_)


def cut(histories: Histories, seed: int, shortest: int = 25) -> tuple[Histories, NDArray[np.float64]]:
    """The same units up to a random cycle, and how long each lived on."""
    lengths = histories.lengths
    until = np.random.default_rng(seed).integers(shortest, lengths)
    return histories.until(until), (lengths - until).astype(float)


def write_histories(histories: Histories, path: Path) -> None:
    """A file as the turbofan data set has them."""
    columns: dict[str, Any] = {"unit": histories.unit, "cycle": histories.cycle}
    columns |= {name: histories.settings[:, number] for number, name in enumerate(SETTINGS)}
    columns |= {name: histories.sensors[:, number] for number, name in enumerate(SENSORS)}
    pq.write_table(pa.table(columns), path)
