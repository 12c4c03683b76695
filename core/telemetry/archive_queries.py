"""What the column archive answers: values, numbers downsampled for plots, and the newest value at given instants."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import InputError, NotFound
from core.telemetry.archive_catalogue import Kept
from core.telemetry.archive_rows import Snapshot, file_rows, merged_rows, newest_before, nothing, type_of
from core.telemetry.archive_summaries import (
    COARSE_S,
    DAY_S,
    FINE_S,
    MONTH_S,
    Summary,
    SummaryFile,
    joined,
    numbers,
    read_summary,
    summarise,
)
from core.telemetry.packet_table import ARRIVAL, GENERATED, RECEIVED

__all__ = ["BUCKET_LENGTHS_S", "ArchiveQueries", "Downsampled", "ParameterValues", "ReceivedValues", "bucket_length_s"]

_MOST_BUCKETS: Final = 100_000
_MINUTE_S: Final = 60
# Each length divides a day or is a multiple of days; from a minute on each is a multiple of what summaries are made of.
BUCKET_LENGTHS_S: Final = (
    *(1, 2, 5, 10, 15, 20, 30),
    *(_MINUTE_S * one for one in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40)),
    *(COARSE_S * one for one in (1, 2, 3, 4, 6, 8, 12)),
    *(DAY_S * one for one in (1, 2, 3, 5, 10, 15, 30, 60, 90, 180, 360)),
)


@dataclass(frozen=True)
class ParameterValues:
    """Values by generation time; null where a packet had none that means something.

    Args:
        generated_tai_s: TAI s since J2000.
        values: Numbers, texts or octets.
        levels: Alarm levels, 0 normal to 5 severe; all 0 where there are no limits.
        kept_from_tai_s: Values generated before were removed by the retention policy; -inf where none were.
        definitions: Every definitions that the values in files were decoded with.
    """

    generated_tai_s: NDArray[np.float64]
    values: pa.ChunkedArray
    levels: NDArray[np.uint8]
    kept_from_tai_s: float = -math.inf
    definitions: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceivedValues:
    """Values by generation time, of the same time in the order of arrival; null where a packet had none that means something.

    Args:
        generated_tai_s, received_tai_s: TAI s since J2000.
        values: Numbers, texts or octets.
        kept_from_tai_s: Values generated before were removed by the retention policy; -inf where none were.
    """

    generated_tai_s: NDArray[np.float64]
    received_tai_s: NDArray[np.float64]
    values: pa.ChunkedArray
    kept_from_tai_s: float


@dataclass(frozen=True)
class Downsampled:
    """Numbers in buckets of equal length whose edges are multiples of it; empty buckets are left out.

    Values that are no numbers (NaN) count as none.

    Args:
        bucket_s: Length of each bucket.
        start_tai_s: Where each begins, TAI s since J2000; a value at the end of a bucket belongs to the next one.
        minimum, maximum, mean, count: Of all values in the bucket.
        level: The worst alarm level of these, 0 normal to 5 severe.
        values_from_tai_s: Single values generated before were removed by the retention policy; -inf where none were.
        kept_from_tai_s: The same for summaries: of what is before, nothing is known any more.
    """

    bucket_s: int
    start_tai_s: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    mean: NDArray[np.float64]
    count: NDArray[np.int64]
    level: NDArray[np.uint8]
    values_from_tai_s: float = -math.inf
    kept_from_tai_s: float = -math.inf


def bucket_length_s(at_least_s: float) -> int:
    """The shortest length of buckets that is not shorter.

    Raises:
        InputError: It is no positive number, or longer than the longest.
    """
    for length_s in BUCKET_LENGTHS_S:
        if 0 < at_least_s <= length_s:
            return length_s
    raise InputError("bucket_s", f"{at_least_s} s is not above 0 and at most {BUCKET_LENGTHS_S[-1]} s")


class ArchiveQueries(ABC):
    """Queries over files and log as one; the newest version of reprocessed telemetry unless another is named."""

    @abstractmethod
    def snapshot(self, satellite: str, version: int | None = None) -> AbstractContextManager[Snapshot]:
        """What of a satellite can be read, at one moment; its files stay as long as the block lasts."""

    def kept(self, satellite: str) -> Kept:
        """From where on a satellite's telemetry is still kept."""
        with self.snapshot(satellite) as snapshot:
            return snapshot.catalogue.kept_of(satellite)

    def parameters(self, satellite: str) -> list[str]:
        """Names of the parameters that packets of a satellite had."""
        with self.snapshot(satellite) as snapshot:
            columns = [one for (owner, _), one in snapshot.catalogue.columns.items() if owner == satellite]
            names = frozenset().union(*columns, *(one.table.column_names for one in snapshot.waiting))
        return sorted(one for one in names if ":" not in one and not one.endswith((".raw", ".limit")))

    def type_of(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, *, version: int | None = None
    ) -> pa.DataType:
        """The type that all values of an interval fit; text where there is no other. Null where there are none.

        Raises:
            NotFound: No packet of the satellite ever had the parameter.
        """
        with self.snapshot(satellite, version) as snapshot:
            _known(snapshot, parameter)
            return type_of(snapshot, parameter, start_tai_s, end_tai_s)

    def values(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, *, version: int | None = None
    ) -> ParameterValues:
        """Values generated in an interval, both ends included, each packet once.

        Raises:
            InputError: The interval ends before it begins.
            NotFound: No packet of the satellite ever had the parameter.
        """
        with self.snapshot(satellite, version) as snapshot:
            start_tai_s, kept_s = _kept(snapshot, parameter, start_tai_s, end_tai_s)
            rows = merged_rows(snapshot, parameter, start_tai_s, end_tai_s)
            files = snapshot.find(parameter, start_tai_s, end_tai_s)
        return _values(rows, kept_s, tuple(sorted({name for one in files for name in one.definitions})))

    def received_values(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, *, version: int | None = None
    ) -> ReceivedValues:
        """Values generated in an interval, both ends included, with the times of their reception.

        Raises:
            InputError: The interval ends before it begins.
            NotFound: No packet of the satellite ever had the parameter.
        """
        with self.snapshot(satellite, version) as snapshot:
            start_tai_s, kept_s = _kept(snapshot, parameter, start_tai_s, end_tai_s)
            rows = merged_rows(snapshot, parameter, start_tai_s, end_tai_s, (RECEIVED, ARRIVAL))
        if not rows.num_rows:
            return ReceivedValues(np.empty(0), np.empty(0), rows["value"], kept_s)
        times = rows[GENERATED].to_numpy()
        order = np.lexsort((rows[ARRIVAL].to_numpy(), times))
        values = rows["value"].take(pa.array(order))
        return ReceivedValues(times[order], rows[RECEIVED].to_numpy()[order], values, kept_s)

    def downsampled(
        self,
        satellite: str,
        parameter: str,
        start_tai_s: float,
        end_tai_s: float,
        bucket_s: float,
        *,
        version: int | None = None,
    ) -> Downsampled:
        """Least, greatest and mean value, how many, and the worst level, for each bucket that has one.

        Buckets are those that an interval touches, its end not included; each is whole, so that neighbouring and repeated
        queries agree. The answer says how long they are: the shortest of ``BUCKET_LENGTHS_S`` that is at least ``bucket_s``,
        and a minute or more where single values are no longer kept.

        Raises:
            InputError: The buckets are too many, or the parameter's values are no numbers.
            NotFound: No packet of the satellite ever had the parameter.
        """
        with self.snapshot(satellite, version) as snapshot:
            _known(snapshot, parameter)
            kept = snapshot.catalogue.kept_of(satellite)
            length_s = bucket_length_s(bucket_s)
            if start_tai_s < kept.values_tai_s and version is None:
                length_s = max(length_s, FINE_S)
            first_s, end_s = _edges(start_tai_s, end_tai_s, length_s)
            if length_s < FINE_S or version is not None or not _summarised(snapshot, parameter):
                parts = _from_rows(snapshot, parameter, max(first_s, kept.values_tai_s), end_s, length_s)
            else:
                parts = _from_summaries(snapshot, parameter, first_s, end_s, length_s)
            whole = joined(parts).over(length_s)
        mean = whole.total / whole.count
        arrays = (whole.start_s.astype(np.float64), whole.minimum, whole.maximum, mean, whole.count, whole.level)
        return Downsampled(length_s, *arrays, kept.values_tai_s, kept.summaries_tai_s)

    def values_at(
        self,
        satellite: str,
        parameter: str,
        instants_tai_s: NDArray[np.float64],
        *,
        version: int | None = None,
    ) -> ParameterValues:
        """The newest value up to each instant; the generation time is NaN and the value null where there was none yet.

        Raises:
            NotFound: No packet of the satellite ever had the parameter.
        """
        instants = np.asarray(instants_tai_s, dtype=np.float64)
        if not np.isfinite(instants).all():
            raise InputError("instants_tai_s", "an instant is not a finite number of seconds")
        with self.snapshot(satellite, version) as snapshot:
            _known(snapshot, parameter)
            kept_s = snapshot.catalogue.kept_of(satellite).values_tai_s
            rows = nothing()
            if len(instants) and np.max(instants) >= kept_s:
                first = max(float(np.min(instants)), kept_s)
                before = newest_before(snapshot, parameter, first, kept_s)
                within = merged_rows(snapshot, parameter, float(np.nextafter(first, np.inf)), float(np.max(instants)))
                rows = within if not before.num_rows else _behind(before, within)
        times = rows[GENERATED].to_numpy()
        place = np.searchsorted(times, instants, side="right") - 1
        taken = rows.take(pa.array(place, mask=place < 0))
        return _values(taken, kept_s, ())


def _kept(snapshot: Snapshot, parameter: str, start_tai_s: float, end_tai_s: float) -> tuple[float, float]:
    """From when on an interval of a parameter has values, and from when on any are kept."""
    _known(snapshot, parameter)
    if not start_tai_s <= end_tai_s:
        raise InputError("end_tai_s", f"{end_tai_s} is before the beginning, {start_tai_s}")
    kept_s = snapshot.catalogue.kept_of(snapshot.satellite).values_tai_s
    return max(start_tai_s, kept_s), kept_s


def _values(rows: pa.Table, kept_from_tai_s: float, definitions: tuple[str, ...]) -> ParameterValues:
    levels = rows["level"].fill_null(0).to_numpy().astype(np.uint8)
    return ParameterValues(rows[GENERATED].to_numpy(), rows["value"], levels, kept_from_tai_s, definitions)


def _behind(before: pa.Table, within: pa.Table) -> pa.Table:
    return pa.concat_tables([before, within], promote_options="permissive") if within.num_rows else before


def _known(snapshot: Snapshot, parameter: str) -> None:
    if snapshot.catalogue.containers(snapshot.satellite, parameter):
        return
    if not any(parameter in one.table.column_names for one in snapshot.waiting):
        raise NotFound(f"no packet of {snapshot.satellite} ever had a parameter {parameter!r}")


def _edges(start_tai_s: float, end_tai_s: float, length_s: int) -> tuple[int, int]:
    if not (math.isfinite(start_tai_s) and math.isfinite(end_tai_s) and start_tai_s <= end_tai_s):
        raise InputError("end_tai_s", f"from {start_tai_s} to {end_tai_s} is no interval with a beginning and an end")
    first_s = math.floor(start_tai_s) // length_s * length_s
    end_s = max(-(-math.ceil(end_tai_s) // length_s) * length_s, first_s + length_s)
    if (end_s - first_s) // length_s > _MOST_BUCKETS:
        raise InputError("bucket_s", f"{length_s} s makes more than {_MOST_BUCKETS} buckets of the interval")
    return first_s, end_s


def _summarised(snapshot: Snapshot, parameter: str) -> bool:
    """Whether a column is a parameter with numbers: other columns have no summaries."""
    return ":" not in parameter and not parameter.endswith((".raw", ".limit"))


def _from_rows(snapshot: Snapshot, parameter: str, start_tai_s: float, end_s: int, length_s: int) -> list[Summary]:
    """Summaries of single rows, file by file, so that memory stays small."""
    last = float(np.nextafter(end_s, -np.inf))
    parts = [
        _summarised_rows(file_rows(one, parameter, start_tai_s, last), parameter, length_s)
        for one in snapshot.find(parameter, start_tai_s, last)
    ]
    return [*parts, *_from_log(snapshot, parameter, start_tai_s, last, length_s)]


def _from_summaries(snapshot: Snapshot, parameter: str, first_s: int, end_s: int, length_s: int) -> list[Summary]:
    kept = snapshot.catalogue.kept_of(snapshot.satellite)
    start_s = max(first_s, kept.summaries_tai_s)
    parts = []
    for container in snapshot.catalogue.containers(snapshot.satellite, parameter):
        files = snapshot.catalogue.summaries.get((snapshot.satellite, container), {})
        done: set[int] = set()
        if length_s % COARSE_S == 0:
            for coarse in _touching(files, COARSE_S, start_s, end_s, parameter):
                days = [
                    day
                    for day, name in coarse.made_from.items()
                    if (fine := files.get((FINE_S, day))) is not None and fine.path.name == name
                ]
                done.update(days)
                whole = read_summary(coarse, parameter)
                parts.append(whole.where(np.isin(whole.origin, days)).within(start_s, end_s))
        parts += [
            read_summary(one, parameter).within(start_s, end_s)
            for one in _touching(files, FINE_S, start_s, end_s, parameter)
            if one.period not in done
        ]
    last = float(np.nextafter(end_s, -np.inf))
    parts += _from_log(snapshot, parameter, max(first_s, kept.values_tai_s), last, length_s)
    if not any(len(one) for one in parts):
        _check_numbers(snapshot, parameter, first_s, last)
    return parts


def _touching(
    files: Mapping[tuple[int, int], SummaryFile], length_s: int, start_s: float, end_s: float, parameter: str
) -> list[SummaryFile]:
    """Files of summaries of a length with a parameter that an interval touches."""
    period_s = DAY_S if length_s == FINE_S else MONTH_S
    return [
        one
        for (length, period), one in files.items()
        if length == length_s
        and period * period_s < end_s
        and (period + 1) * period_s > start_s
        and parameter in one.parameters
    ]


def _from_log(
    snapshot: Snapshot, parameter: str, start_tai_s: float, last_tai_s: float, length_s: int
) -> list[Summary]:
    rows = snapshot.waiting_rows(parameter, start_tai_s, last_tai_s)
    return [_summarised_rows(one, parameter, length_s) for one in rows]


def _summarised_rows(rows: pa.Table, parameter: str, length_s: int) -> Summary:
    values = numbers(rows["value"])
    if values is None:
        raise InputError("parameter", f"the values of {parameter} are {rows['value'].type}, no numbers to plot")
    return summarise(rows[GENERATED].to_numpy(), values, rows["level"].fill_null(0).to_numpy(), length_s)


def _check_numbers(snapshot: Snapshot, parameter: str, start_tai_s: float, last_tai_s: float) -> None:
    """Tell a parameter without numbers from one without values in an interval."""
    for one in snapshot.find(parameter, start_tai_s, last_tai_s)[:1]:
        _summarised_rows(file_rows(one, parameter, start_tai_s, last_tai_s), parameter, FINE_S)
