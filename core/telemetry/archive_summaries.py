"""Summaries of numbers over equal lengths of time: least, greatest, sum, count and worst level, exact for their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.telemetry.packet_table import GENERATED

__all__ = [
    "COARSE_S",
    "DAY_S",
    "FINE_S",
    "MONTH_S",
    "Summary",
    "SummaryFile",
    "joined",
    "numbers",
    "read_summaries",
    "read_summary",
    "summarise",
    "summarise_table",
    "write_summaries",
]

FINE_S: Final = 60  # one file of a container holds a day of them
COARSE_S: Final = 3600  # one file of a container holds 30 days of them
DAY_S: Final = 86_400
MONTH_S: Final = 30 * DAY_S
_SCHEMA: Final = pa.schema(
    [
        ("start", pa.int64()),
        ("origin", pa.int64()),
        ("minimum", pa.float64()),
        ("maximum", pa.float64()),
        ("total", pa.float64()),
        ("count", pa.int64()),
        ("level", pa.uint8()),
    ]
)


@dataclass(frozen=True)
class Summary:
    """Numbers of one parameter over lengths of time; arrays of equal length.

    Args:
        start_s: Where each begins, TAI s since J2000: a multiple of the length.
        origin: Number of the file, or of the day, that the rows are of; the same start may be there once for each.
        minimum, maximum, total, count: Of the values that are numbers.
        level: The worst alarm level of these, 0 normal to 5 severe.
    """

    start_s: NDArray[np.int64]
    origin: NDArray[np.int64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    total: NDArray[np.float64]
    count: NDArray[np.int64]
    level: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.start_s)

    def where(self, chosen: NDArray[np.bool_]) -> Summary:
        """Some of them."""
        return Summary(*(one[chosen] for one in self._arrays()))

    def within(self, start_s: float, end_s: float) -> Summary:
        """Those that begin in an interval, its end not included."""
        return self.where((self.start_s >= start_s) & (self.start_s < end_s))

    def over(self, length_s: int, origin: int = 0) -> Summary:
        """The same numbers over a length that is a multiple of theirs, each start once, by time."""
        if not len(self):
            return self
        start = self.start_s // length_s * length_s
        order = np.argsort(start, kind="stable")
        start = start[order]
        cuts = _cuts(start)
        with np.errstate(invalid="ignore"):  # infinities of both signs have no sum
            return Summary(
                start[cuts],
                np.full(len(cuts), origin, dtype=np.int64),
                np.minimum.reduceat(self.minimum[order], cuts),
                np.maximum.reduceat(self.maximum[order], cuts),
                np.add.reduceat(self.total[order], cuts),
                np.add.reduceat(self.count[order], cuts),
                np.maximum.reduceat(self.level[order], cuts),
            )

    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self.start_s, self.origin, self.minimum, self.maximum, self.total, self.count, self.level


@dataclass(frozen=True)
class SummaryFile:
    """A file with the summaries of one container over a day (fine) or 30 days (coarse).

    Args:
        path: Where it is.
        satellite, container: Of what.
        length_s: Of each summary.
        period: Number of the day, or of the 30 days, since J2000.
        parameters: Those in it, in its order.
        made_from: Coarse ones: by the number of each day in it, the name of the fine file that it was made from.
    """

    path: Path
    satellite: str
    container: str
    length_s: int
    period: int
    parameters: tuple[str, ...]
    made_from: Mapping[int, str]


def numbers(column: pa.ChunkedArray) -> NDArray[np.float64] | None:
    """A column's values as float64, NaN where there is none; None where the column holds no numbers or truths."""
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        return None
    made: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
    return made


def summarise(
    times_tai_s: NDArray[np.float64],
    values: NDArray[np.float64],
    levels: NDArray[np.uint8] | None,
    length_s: int,
    origin: int = 0,
) -> Summary:
    """Summaries of rows by time; values that are not a number are left out, and lengths without any.

    Args:
        times_tai_s: Not falling.
        values, levels: Of each row; no levels where all are normal.
        length_s: Of each summary.
        origin: What the summaries say that they are of.
    """
    return _Buckets(times_tai_s, length_s, origin).summarise(values, levels)


def summarise_table(table: pa.Table, length_s: int, origin: int) -> dict[str, Summary]:
    """Summaries of each parameter with numbers of a container's rows, which stand by time."""
    buckets = _Buckets(table[GENERATED].to_numpy(), length_s, origin)
    made = {}
    for name in table.column_names:
        if ":" in name or name.endswith((".raw", ".limit")):
            continue
        values = numbers(table[name])
        if values is not None:
            limit = f"{name}.limit"
            levels = table[limit].fill_null(0).to_numpy() if limit in table.column_names else None
            made[name] = buckets.summarise(values, levels)
    return made


def joined(parts: Iterable[Summary]) -> Summary:
    """All of them, one behind the other."""
    columns = zip(*(one._arrays() for one in [_NONE, *parts]), strict=True)
    return Summary(*(np.concatenate(one) for one in columns))


def write_summaries(path: Path, content: Mapping[str, Summary]) -> tuple[str, ...]:
    """Write a file with one batch for each parameter; their order."""
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA, options=options) as writer:
        for name in sorted(content):
            writer.write_batch(pa.record_batch([pa.array(one) for one in content[name]._arrays()], schema=_SCHEMA))
    return tuple(sorted(content))


def read_summary(file: SummaryFile, parameter: str) -> Summary:
    """One parameter's summaries, of which a start may be there several times; only its part of the file is read."""
    with pa.memory_map(str(file.path)) as source:
        return _summary(pa.ipc.open_file(source).get_batch(file.parameters.index(parameter)))


def read_summaries(file: SummaryFile) -> dict[str, Summary]:
    """Everything in a file."""
    with pa.memory_map(str(file.path)) as source:
        reader = pa.ipc.open_file(source)
        return {name: _summary(reader.get_batch(place)) for place, name in enumerate(file.parameters)}


class _Buckets:
    """Where the lengths begin in rows by time; found once for all parameters of a container."""

    def __init__(self, times_tai_s: NDArray[np.float64], length_s: int, origin: int) -> None:
        self._origin = origin
        number = np.floor(times_tai_s / length_s)
        number -= times_tai_s < number * length_s  # the division may round up to the next one
        self._cuts = _cuts(number)
        self._start_s = number[self._cuts].astype(np.int64) * length_s

    def summarise(self, values: NDArray[np.float64], levels: NDArray[np.uint8] | None) -> Summary:
        cuts, start_s = self._cuts, self._start_s
        if not len(cuts):
            return _NONE
        missing = np.isnan(values)
        count = np.diff(cuts, append=len(values))
        low = high = terms = values
        if missing.any():
            count = count - np.add.reduceat(missing, cuts, dtype=np.int64)
            low, high = np.where(missing, np.inf, values), np.where(missing, -np.inf, values)
            terms = np.where(missing, 0.0, values)
            levels = None if levels is None else np.where(missing, np.uint8(0), levels)
        with np.errstate(invalid="ignore"):
            made = Summary(
                start_s,
                np.full(len(cuts), self._origin, dtype=np.int64),
                np.minimum.reduceat(low, cuts),
                np.maximum.reduceat(high, cuts),
                np.add.reduceat(terms, cuts),
                count.astype(np.int64),
                np.zeros(len(cuts), dtype=np.uint8) if levels is None else np.maximum.reduceat(levels, cuts),
            )
        return made.where(made.count > 0) if missing.any() else made


def _cuts(rising: NDArray[Any]) -> NDArray[np.int64]:
    """Where each run of equal numbers begins."""
    if not len(rising):
        return np.empty(0, dtype=np.int64)
    return np.concatenate(([0], np.flatnonzero(rising[1:] != rising[:-1]) + 1))


def _summary(batch: pa.RecordBatch) -> Summary:
    return Summary(*(batch.column(place).to_numpy() for place in range(len(_SCHEMA))))


def _arrays(parts: Sequence[Any], kinds: Sequence[Any]) -> list[NDArray[Any]]:
    return [np.asarray(one, dtype=kind) for one, kind in zip(parts, kinds, strict=True)]


_NONE: Final = Summary(*_arrays([[]] * 7, [np.int64, np.int64, np.float64, np.float64, np.float64, np.int64, np.uint8]))
