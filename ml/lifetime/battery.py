"""Fade of a battery's capacity: the rest of a cell's life from its first discharges and from whole lives of like cells.

A cell's own first discharges tell its fade badly: rests let capacity recover for some discharges, and the first of a new cell fade
more slowly than later ones. So the drop from where the cell stands is the mean over the drops of reference cells after as many
discharges, and of the cell's own line, which counts as one more cell: no weight is tuned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.stats import theilslopes  # type: ignore[import-untyped]

from core.errors import InputError

__all__ = ["HELD_OUT", "FadeScores", "LoadedCells", "leave_one_out", "load_cells", "predict_capacity"]

HELD_OUT: Final = ("B0018", 50, 132)  # the cell, discharges that are known, last one that is predicted
_KNOWN: Final = 50  # discharges that are known of a cell in the comparison
_FEWEST_KNOWN: Final = 20
_ANCHOR: Final = 20  # last known discharges, whose line tells where the cell stands
_SMOOTHED: Final = 7  # discharges of a reference's running mean
_CAPACITY_AH: Final = (0.05, 10.0)  # an 18650 cell has about 2 A h; mA h would be far outside

LoadedCells = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class FadeScores:
    """RMSE of the capacity over the rest of a cell's life: ours, and of the straight line through what is known."""

    cell: str
    rmse_ah: float
    line_rmse_ah: float


def load_cells(path: Path) -> LoadedCells:
    """Capacity of each discharge of each cell, in A h.

    Raises:
        InputError: A column is missing, a discharge too, or a capacity is none in A h.
    """
    try:
        table = pq.read_table(path, columns=["battery", "discharge_no", "capacity"])
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError("data", f"{path} cannot be read: {error}") from error
    if missing := [one for one in ("battery", "discharge_no", "capacity") if one not in table.column_names]:
        raise InputError(missing[0], f"{path.name} has no such column")
    names = np.array(table["battery"].to_pylist())
    numbers, capacities = table["discharge_no"].to_numpy(), table["capacity"].to_numpy().astype(float)
    found = {}
    for name in np.unique(names):
        order = np.argsort(numbers[names == name])
        mine, capacity = numbers[names == name][order], capacities[names == name][order]
        if not np.array_equal(mine, np.arange(1, len(mine) + 1)):
            raise InputError("discharge_no", f"{name}: discharges are to be numbered from 1 without gaps")
        found[str(name)] = _checked(str(name), capacity)
    return found


def predict_capacity(known_ah: NDArray[np.float64], references: LoadedCells, last: int) -> NDArray[np.float64]:
    """Capacity of the discharges after the known ones, up to a number, in A h.

    Args:
        known_ah: Of the discharges from the first on.
        references: Whole lives of like cells.
        last: Number of the last discharge that is asked for.

    Raises:
        InputError: Too few discharges are known, no reference lived on from there, or a capacity is none in A h.
    """
    known = len(known_ah)
    if known < _FEWEST_KNOWN:
        raise InputError("capacity", f"{known} discharges are known; {_FEWEST_KNOWN} are needed for a prediction")
    if last <= known:
        raise InputError("last", f"discharge {last} is not after the {known} that are known")
    usable = {name: one for name, one in references.items() if len(one) > known + _ANCHOR}
    if not usable:
        raise InputError("references", f"no cell has lived {_ANCHOR} discharges past discharge {known}")
    known_ah = _checked("the cell", known_ah)
    ahead = np.arange(1, last - known + 1)
    slope, _ = _line(known_ah)
    drops = [-slope * ahead]
    drops += [_drop(_checked(name, one), known, ahead) for name, one in usable.items()]
    stand = _stand(known_ah)
    found: NDArray[np.float64] = np.maximum(stand - np.mean(drops, axis=0), 0.0)
    return found


def leave_one_out(cells: LoadedCells, known: int = _KNOWN) -> list[FadeScores]:
    """Each cell's rest of life from its first discharges and the other cells, beside the straight line."""
    found = []
    for name, capacity in cells.items():
        others = {other: one for other, one in cells.items() if other != name}
        truth = capacity[known:]
        ours = predict_capacity(capacity[:known], others, len(capacity))
        slope, constant = np.polyfit(np.arange(1, known + 1), capacity[:known], 1)
        line = constant + slope * np.arange(known + 1, len(capacity) + 1)
        found.append(FadeScores(name, _rmse(ours, truth), _rmse(line, truth)))
    return found


def _drop(capacity: NDArray[np.float64], known: int, ahead: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much a reference lost after a discharge; past its end it goes on like in its last third."""
    halves = np.minimum(_SMOOTHED // 2, np.minimum(np.arange(len(capacity)), np.arange(len(capacity))[::-1]))
    smooth = np.array([capacity[at - half : at + half + 1].mean() for at, half in enumerate(halves)])
    drop = _stand(capacity[:known]) - smooth[known:]
    slope = theilslopes(drop[-len(drop) // 3 :])[0]
    beyond = np.maximum(ahead - len(drop), 0)
    found: NDArray[np.float64] = drop[np.minimum(ahead, len(drop)) - 1] + slope * beyond
    return found


def _stand(known_ah: NDArray[np.float64]) -> float:
    """Where a cell stands: the end of the line through its last discharges."""
    slope, middle = _line(known_ah[-_ANCHOR:])
    return middle + slope * (_ANCHOR - 1) / 2


def _line(capacity: NDArray[np.float64]) -> tuple[float, float]:
    """Slope per discharge and value in the middle of a line that outliers do not turn (Theil and Sen)."""
    slope, constant, _, _ = theilslopes(capacity)
    return float(slope), float(constant + slope * (len(capacity) - 1) / 2)


def _checked(name: str, capacity: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = _CAPACITY_AH
    if not ((capacity >= low) & (capacity <= high)).all():
        raise InputError("capacity", f"{name}: every capacity is to be between {low:g} and {high:g} A h; is it in A h?")
    if len(capacity) >= _FEWEST_KNOWN and np.ptp(capacity) == 0:
        raise InputError("capacity", f"{name}: one value in all of {len(capacity)} discharges; a stuck channel?")
    return capacity


def _rmse(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean((predicted - truth) ** 2)))
