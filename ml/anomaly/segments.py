"""Segments of telemetry channels, each told by the statistics of its samples: the table of the OPS-SAT-AD data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from numpy.typing import NDArray

from core.errors import InputError

__all__ = ["QUANTITIES", "SEGMENT_INPUTS", "Segments", "load_segments"]

_NOT_NEGATIVE: Final = (
    "duration",
    "len",
    "var",
    "std",
    "n_peaks",
    "smooth10_n_peaks",
    "smooth20_n_peaks",
    "diff_peaks",
    "diff2_peaks",
    "diff_var",
    "diff2_var",
    "gaps_squared",
    "len_weighted",
    "var_div_duration",
    "var_div_len",
)
QUANTITIES: Final = (*_NOT_NEGATIVE, "mean", "kurtosis", "skew")
SEGMENT_INPUTS: Final = (
    ("channel", ""),
    ("sampling", "s"),
    *((one, "s" if one == "duration" else "as in the data set") for one in QUANTITIES),
)
_STD_TOLERANCE: Final = 1e-3  # of the standard deviation: its square is the variance


@dataclass(frozen=True)
class Segments:
    """Segments, one per row.

    Args:
        number: Of each segment.
        channel: Name of its channel.
        sampling_s: Time between its samples.
        quantities: Each of ``QUANTITIES``, shape (segments,).
        anomalous: What experts say; None where labels are held out.
    """

    number: NDArray[np.int64]
    channel: NDArray[np.str_]
    sampling_s: NDArray[np.float64]
    quantities: Mapping[str, NDArray[np.float64]]
    anomalous: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.number)

    def of_rows(self, rows: NDArray[np.int64]) -> Segments:
        """Some of them."""
        return Segments(
            self.number[rows],
            self.channel[rows],
            self.sampling_s[rows],
            {name: one[rows] for name, one in self.quantities.items()},
            None if self.anomalous is None else self.anomalous[rows],
        )


def load_segments(path: Path) -> Segments:
    """The segments of a file.

    Raises:
        InputError: It cannot be read, a column is missing, or a column is not what it says.
    """
    try:
        table = pc.read_csv(path, convert_options=pc.ConvertOptions(column_types={"channel": pa.string()}))
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError("data", f"{path} cannot be read: {error}") from error
    needed = ("segment", "channel", "sampling", *QUANTITIES)
    if missing := [one for one in needed if one not in table.column_names]:
        raise InputError(missing[0], f"{path.name} has no such column")
    if not table.num_rows:
        raise InputError("segment", f"{path.name} has no rows")
    number = _numbers(table, "segment", path.name)
    if len(np.unique(number)) != len(number):
        raise InputError("segment", f"{path.name}: a number occurs twice")
    sampling_s = _numbers(table, "sampling", path.name)
    if not (sampling_s > 0.0).all():
        raise InputError("sampling", f"{path.name}: {sampling_s.min():g} s; it must be above 0")
    quantities = {one: _numbers(table, one, path.name) for one in QUANTITIES}
    for name in _NOT_NEGATIVE:
        if quantities[name].min() < 0.0:
            raise InputError(name, f"{path.name}: {quantities[name].min():g}; it cannot be negative")
    _check_scale(quantities, path.name)
    channel = np.array(table["channel"].to_pylist(), dtype=np.str_)
    return Segments(number.astype(np.int64), channel, sampling_s, quantities, _labels(table, path.name))


def _numbers(table: pa.Table, name: str, file: str) -> NDArray[np.float64]:
    try:
        values: NDArray[np.float64] = table[name].cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise InputError(name, f"{file}: not all are numbers: {error}") from error
    if bad := int(np.count_nonzero(~np.isfinite(values))):
        raise InputError(name, f"{file}: {bad} of {len(values)} are not finite")
    return values


def _check_scale(quantities: Mapping[str, NDArray[np.float64]], file: str) -> None:
    """Columns in units that do not fit each other would be seen as anomalies, or hide them."""
    std, variance = quantities["std"], quantities["var"]
    if not np.allclose(std**2, variance, rtol=2.0 * _STD_TOLERANCE, atol=0.0):
        raise InputError("std", f"{file}: its square is not var; are both in the same unit?")


def _labels(table: pa.Table, file: str) -> NDArray[np.bool_] | None:
    if "anomaly" not in table.column_names:
        return None
    values = _numbers(table, "anomaly", file)
    if not np.isin(values, (0.0, 1.0)).all():
        raise InputError("anomaly", f"{file}: labels are 0 and 1")
    return values > 0.5
