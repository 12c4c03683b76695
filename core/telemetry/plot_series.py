"""What a plot of one parameter shows: each value where there are few, else buckets; of texts, where they change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.errors import InputError
from core.telemetry.archive_queries import ArchiveQueries, Downsampled, ParameterValues

__all__ = ["ChangedValues", "PlotSeries", "plot_series"]

_LONGEST_BUCKET_S: Final = 360 * 86_400


@dataclass(frozen=True)
class ChangedValues:
    """Values that are no numbers: the first, the last, and those that differ from, or stand before, another one.

    Args:
        values: Those that are told.
        total: How many values the interval has.
    """

    values: ParameterValues
    total: int


PlotSeries = ParameterValues | Downsampled | ChangedValues


def plot_series(
    archive: ArchiveQueries, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, points: int
) -> PlotSeries:
    """A parameter over an interval, as so many points at most, both ends included.

    Numbers come as they are where they are so few and are still kept, else in buckets of the shortest length that makes
    no more than ``points``, and no shorter than a second. Of texts and octets those that say the same are left out.

    Raises:
        InputError: The interval is empty or endless, or texts change more often than there are points.
        NotFound: No packet of the satellite ever had the parameter.
    """
    if not (math.isfinite(start_tai_s) and math.isfinite(end_tai_s) and start_tai_s < end_tai_s):
        raise InputError("end", "must be after start")
    if (end_tai_s - start_tai_s) / points > _LONGEST_BUCKET_S:
        raise InputError("end", f"{points} points of 360 days each do not reach that far from start")
    try:
        bucket_s = max((end_tai_s - start_tai_s) / points, 1.0)
        buckets = archive.downsampled(satellite, parameter, start_tai_s, end_tai_s, bucket_s)
    except InputError as error:
        if error.field != "parameter":
            raise
        return _changes(archive.values(satellite, parameter, start_tai_s, end_tai_s), points)
    if int(buckets.count.sum()) > points or buckets.values_from_tai_s > start_tai_s:
        return buckets
    return archive.values(satellite, parameter, start_tai_s, end_tai_s)


def _changes(known: ParameterValues, points: int) -> ChangedValues:
    total = len(known.generated_tai_s)
    values = known.values.combine_chunks() if total else pa.array([], pa.string())
    differs = _differs(values, known.levels)
    kept = np.ones(total, dtype=bool)
    kept[1:-1] = differs[:-1] | differs[1:]  # what stands before a change says until when the value before was seen
    if int(kept.sum()) > points:
        raise InputError(
            "end", f"the value changes {int(differs.sum())} times, for more than {points} points: ask for less time"
        )
    places = np.flatnonzero(kept)
    chosen = ParameterValues(
        known.generated_tai_s[places],
        pa.chunked_array([values.take(pa.array(places))]),
        known.levels[places],
        known.kept_from_tai_s,
        known.definitions,
    )
    return ChangedValues(chosen, total)


def _differs(values: pa.Array, levels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether each value but the first is another one than the value before."""
    if len(values) < 2:
        return np.zeros(0, dtype=bool)
    before, after = values.slice(0, len(values) - 1), values.slice(1)
    other = pc.fill_null(pc.not_equal(before, after), False).to_numpy(zero_copy_only=False)
    null = before.is_null().to_numpy(zero_copy_only=False) != after.is_null().to_numpy(zero_copy_only=False)
    differs: NDArray[np.bool_] = other | null | (levels[1:] != levels[:-1])
    return differs
