"""Histories of units that wear out: one row per cycle, with settings and sensors; and the turbofan data set's files.

The data set is NASA's C-MAPSS (Saxena and Goebel 2008): units run to failure in training, cut at a random life in testing.
Rows are sorted by unit and cycle, and every unit begins at its first cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import InputError

__all__ = ["SENSORS", "SETTINGS", "SUBSETS", "Histories", "load_histories", "load_true_lives"]

SUBSETS: Final = ("FD001", "FD002", "FD003", "FD004")
SETTINGS: Final = ("setting_1", "setting_2", "setting_3")
SENSORS: Final = tuple(f"s{number:02d}" for number in range(1, 22))
_MOST_MISSING: Final = 0.05  # of a sensor's values; what is missing holds the value before


@dataclass(frozen=True)
class Histories:
    """Histories of units, row by row.

    Args:
        unit: Number of the unit of each row, shape (n,).
        cycle: Cycle of the row, from 1, shape (n,).
        settings: Operating point, shape (n, 3).
        sensors: Values in the order of ``SENSORS``, in the data set's units, shape (n, 21).
    """

    unit: NDArray[np.int64]
    cycle: NDArray[np.int64]
    settings: NDArray[np.float64]
    sensors: NDArray[np.float64]

    @property
    def units(self) -> NDArray[np.int64]:
        """Numbers of the units, in order."""
        return np.unique(self.unit)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cycles of each unit, in the order of ``units``."""
        return np.unique(self.unit, return_counts=True)[1]

    @property
    def last_rows(self) -> NDArray[np.int64]:
        """Row of the last cycle of each unit."""
        return np.cumsum(self.lengths) - 1

    @property
    def remaining(self) -> NDArray[np.float64]:
        """Cycles from each row to its unit's last one: the remaining life where units ran to failure."""
        return (np.repeat(self.lengths, self.lengths) - self.cycle).astype(float)

    def of_units(self, units: Sequence[int] | NDArray[np.int64]) -> Histories:
        """Those of some units."""
        return self._rows(np.isin(self.unit, units))

    def until(self, cycles: NDArray[np.int64]) -> Histories:
        """Each unit's history up to a cycle, in the order of ``units``."""
        return self._rows(self.cycle <= np.repeat(cycles, self.lengths))

    def _rows(self, keep: NDArray[np.bool_]) -> Histories:
        return Histories(self.unit[keep], self.cycle[keep], self.settings[keep], self.sensors[keep])


def load_histories(path: Path) -> Histories:
    """The histories of a file of the turbofan data set.

    Raises:
        InputError: A column is missing, unknown or no number; cycles have gaps; too many values are missing.
    """
    table = _table(path, ("unit", "cycle", *SETTINGS, *SENSORS))
    unit, cycle = (_whole_numbers(table, name) for name in ("unit", "cycle"))
    order = np.lexsort((cycle, unit))
    unit, cycle = unit[order], cycle[order]
    lengths = np.unique(unit, return_counts=True)[1]
    expected = np.concatenate([np.arange(1, one + 1) for one in lengths])
    if (wrong := np.flatnonzero(cycle != expected)).size:
        row = wrong[0]
        raise InputError(
            "cycle",
            f"unit {unit[row]} has cycle {cycle[row]} where {expected[row]} is due; cycles run from 1 without gaps",
        )
    settings = np.column_stack([_filled(table, name, order, unit) for name in SETTINGS])
    sensors = np.column_stack([_filled(table, name, order, unit) for name in SENSORS])
    return Histories(unit, cycle, settings, sensors)


def load_true_lives(path: Path, units: NDArray[np.int64]) -> NDArray[np.float64]:
    """The remaining cycles of test units, from the file of their labels.

    Raises:
        InputError: It cannot be read, or is of other units.
    """
    table = _table(path, ("unit", "rul"))
    unit, lives = _whole_numbers(table, "unit"), _whole_numbers(table, "rul")
    if not np.array_equal(np.sort(unit), units):
        raise InputError("unit", f"{path.name} labels other units than those of the histories")
    return lives[np.argsort(unit)].astype(float)


def _table(path: Path, columns: Sequence[str]) -> pa.Table:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError("data", f"{path} cannot be read: {error}") from error
    missing = [one for one in columns if one not in table.column_names]
    unknown = [one for one in table.column_names if one not in columns]
    if missing or unknown:
        raise InputError(
            missing[0] if missing else unknown[0],
            f"{path.name} lacks {missing or 'nothing'} and has {unknown or 'nothing'} beside what is known; "
            "was a column renamed?",
        )
    if not table.num_rows:
        raise InputError("data", f"{path.name} has no rows")
    return table


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    kind = table.schema.field(name).type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        raise InputError(name, f"values are {kind}, not numbers")
    values: NDArray[np.float64] = table[name].cast(pa.float64()).to_numpy().astype(float)
    return values


def _whole_numbers(table: pa.Table, name: str) -> NDArray[np.int64]:
    values = _numbers(table, name)
    if not (np.isfinite(values) & (values == np.round(values)) & (values >= 0)).all():
        raise InputError(name, "is to be whole numbers from 0 on")
    return values.astype(np.int64)


def _filled(table: pa.Table, name: str, order: NDArray[np.int64], unit: NDArray[np.int64]) -> NDArray[np.float64]:
    """A column in order; a missing value is the one before it in the unit, at its begin the one after."""
    values = _numbers(table, name)[order]
    bad = ~np.isfinite(values)
    if not bad.any():
        return values
    for one in np.unique(unit[bad]):
        mine = np.flatnonzero(unit == one)
        known = mine[~bad[mine]]
        if len(known) < (1 - _MOST_MISSING) * len(mine):
            raise InputError(
                name,
                f"{len(mine) - len(known)} of {len(mine)} values of unit {one} are missing; at most {_MOST_MISSING:.0%} may be",
            )
        nearest = known[np.maximum(np.searchsorted(known, mine, side="right") - 1, 0)]
        values[mine] = values[nearest]
    return values
