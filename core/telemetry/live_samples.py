"""Of a decoded batch, the samples that live readers need: of each parameter the newest, and the one that arrived last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from core.mdb.batch import Column
from core.mdb.types import AlarmLevel
from core.telemetry.archive import ArchivedSample
from core.telemetry.parameter_units import ParameterUnits
from core.telemetry.stream import StreamItem

if TYPE_CHECKING:
    from core.telemetry.column_archive import StoredPart

__all__ = ["LiveSamples", "live_samples"]

Rows = NDArray[np.int64]
_LEVELS: Final = tuple(str(one) for one in AlarmLevel)


@dataclass(frozen=True)
class LiveSamples:
    """Samples of one satellite.

    Args:
        newest: By time of generation; a parameter comes once for each container that has it.
        arrived: The last of each parameter to arrive, with how many came before it in the batch.
    """

    newest: list[ArchivedSample]
    arrived: list[StreamItem]


@dataclass
class _Arrived:
    row: int
    sample: ArchivedSample
    count: int


def live_samples(part: StoredPart, units: ParameterUnits) -> LiveSamples:
    """The samples of a batch that live readers get; parameters of packet headers are left out."""
    newest: list[ArchivedSample] = []
    arrived: dict[str, _Arrived] = {}
    for name, rows, sample in _parameters(part, units):
        times = part.generated_tai_s[rows]
        last = len(rows) - 1
        latest = last - int(np.argmax(times[::-1]))
        made = sample(last)
        newest.append(made if latest == last else sample(latest))
        known = arrived.get(name)
        if known is None:
            arrived[name] = _Arrived(int(rows[last]), made, len(rows))
            continue
        known.count += len(rows)
        if rows[last] > known.row:
            known.row, known.sample = int(rows[last]), made
    return LiveSamples(newest, [StreamItem(one.sample, one.count - 1) for one in arrived.values()])


def _parameters(part: StoredPart, units: ParameterUnits) -> Iterator[tuple[str, Rows, Callable[[int], ArchivedSample]]]:
    """Each parameter with the packets that have it, in the order of arrival, and its sample in one of these."""
    satellite, times = part.rows.satellite, part.generated_tai_s
    for batch in part.decoded.containers:
        for name, column in batch.columns.items():
            if name in units.header:
                continue

            def of_column(
                at: int, name: str = name, column: Column = column, rows: Rows = batch.rows
            ) -> ArchivedSample:
                level = 0 if column.levels is None else int(column.levels[at])
                return ArchivedSample.of(
                    satellite, name, float(times[rows[at]]), column.value(at), units[name], _LEVELS[level]
                )

            yield name, batch.rows, of_column
    for row, packet in part.decoded.interpreted:
        for name, one in packet.parameters.items():
            if name in units.header:
                continue
            sample = ArchivedSample.of(satellite, name, float(times[row]), one.value, units[name], str(one.limit_state))
            yield name, np.array([row]), lambda _at, sample=sample: sample  # type: ignore[misc]
