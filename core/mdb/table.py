"""Decoded packets as a table: a row for each packet, a column for each parameter, and what could not be decoded with why.

| column | holds |
|---|---|
| ``packet`` | number of the packet in the file |
| ``container`` | the container that it matched; null where none did |
| ``error`` | why it was not decoded; null where it was |
| parameter | engineering value; null where the packet has none, or its bits mean none |
| parameter ``.raw`` | as sent, where that differs (calibrated, labelled) |
| parameter ``.limit`` | alarm level, where there are limits |
| parameter ``.all`` | every value, as JSON, where it came more than once in a packet; the parameter itself has the last |
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.mdb.batch import BatchDecoder, Column, ContainerBatch, DecodedBatch
from core.mdb.encoding import FloatEncoding, IntegerEncoding, IntegerForm, StringEncoding
from core.mdb.model import MissionDatabase
from core.mdb.telemetry import DecodedPacket, Sample
from core.mdb.types import AlarmLevel, DataType, ValueKind

__all__ = ["TableWriter"]

_LEVELS: Final = pa.array([str(one) for one in AlarmLevel])
_LEVEL_TYPE: Final = pa.dictionary(pa.int8(), pa.string())
_TEXT: Final = (ValueKind.STRING, ValueKind.ENUMERATED)


class TableWriter:
    """Makes tables of one schema from batches.

    Args:
        mdb: The definitions.
        decoder: Their decoder.
    """

    def __init__(self, mdb: MissionDatabase, decoder: BatchDecoder) -> None:
        self._types: dict[str, DataType] = {}
        self._repeatable: set[str] = set()
        for layout in decoder.program.layouts:
            for one in layout.fields:
                self._types.setdefault(one.name, one.type)
            if layout.interpreted:
                self._add_interpreted(mdb, layout.container)
        self.schema = pa.schema(
            [pa.field("packet", pa.int64()), pa.field("container", pa.string()), pa.field("error", pa.string())]
            + [pa.field(name, kind) for name, kind in self._fields()]
        )

    def table(self, batch: DecodedBatch, count: int, first: int) -> pa.Table:
        """The packets of a batch, of which the first has this number."""
        made: dict[str, Any] = {"packet": np.arange(first, first + count)}
        made["container"] = _containers(batch, count)
        made["error"] = [batch.undecodable.get(row) for row in range(count)]
        for one in batch.containers:
            self._add_batch(made, one, count)
        for row, packet in batch.interpreted:
            self._add_packet(made, row, packet, count)
        arrays = [self._array(made.get(one.name), one.type, count) for one in self.schema]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _add_interpreted(self, mdb: MissionDatabase, container: str) -> None:
        below = [container, *(one.name for one in mdb.children(container))]
        for name in [one.name for one in mdb.chain(container)] + below:
            for parameter in mdb.parameters_in(name):
                self._types.setdefault(parameter.name, parameter.type)
                self._repeatable.add(parameter.name)
        for child in mdb.children(container):
            self._add_interpreted(mdb, child.name)

    def _fields(self) -> Iterator[tuple[str, pa.DataType]]:
        for name, kind in self._types.items():
            yield name, _engineering_type(kind)
            if _differs(kind):
                yield f"{name}.raw", _raw_type(kind)
            if kind.alarms.ranges or kind.context_alarms or kind.alarms.labels or kind.alarms.conditions:
                yield f"{name}.limit", _LEVEL_TYPE
            if name in self._repeatable:
                yield f"{name}.all", pa.string()

    def _add_batch(self, made: dict[str, Any], one: ContainerBatch, count: int) -> None:
        for name, column in one.columns.items():
            _spread(made, name, one.rows, _engineering(column), count, column.valid)
            if _differs(column.field.type):
                _spread(made, f"{name}.raw", one.rows, column.raw, count, None)
            if column.levels is not None:
                _spread(made, f"{name}.limit", one.rows, column.levels, count, None)

    def _add_packet(self, made: dict[str, Any], row: int, packet: DecodedPacket, count: int) -> None:
        lists: dict[str, dict[str, Any]] = {}
        for name, sample in packet.parameters.items():
            if name in self._types:
                self._put_sample(made, name, row, sample, count)
                if name in packet.repeated:
                    every = json.dumps([_plain(one) for one in packet.repeated[name]])
                    _put(made, f"{name}.all", row, every, count)
            else:
                parent = name.partition("[")[0].partition(".")[0]
                lists.setdefault(parent, {})[name.removeprefix(parent)] = _plain(sample)
        for name, values in lists.items():
            _put(made, name, row, json.dumps(values), count)

    def _put_sample(self, made: dict[str, Any], name: str, row: int, sample: Sample, count: int) -> None:
        kind = self._types[name]
        value = sample.value if sample.valid else None
        _put(made, name, row, value, count)
        if _differs(kind):
            _put(made, f"{name}.raw", row, sample.raw, count)
        if f"{name}.limit" in self.schema.names:
            _put(made, f"{name}.limit", row, list(AlarmLevel).index(sample.limit_state), count)

    def _array(self, values: Any, kind: pa.DataType, count: int) -> pa.Array:
        if values is None:
            return pa.nulls(count, kind)
        if isinstance(values, np.ma.MaskedArray):
            mask = np.broadcast_to(np.ma.getmaskarray(values), (count,))
            if kind == _LEVEL_TYPE:
                return pa.DictionaryArray.from_arrays(pa.array(values.data.astype(np.int8), mask=mask), _LEVELS)
            return pa.array(values.data, mask=mask).cast(kind, safe=False)
        if kind == pa.string():
            return pa.array([None if one is None else str(one) for one in values], kind)
        return pa.array(values, kind, from_pandas=False)


def _containers(batch: DecodedBatch, count: int) -> list[str | None]:
    names: list[str | None] = [None] * count
    for one in batch.containers:
        for row in one.rows.tolist():
            names[row] = one.container
    for row, packet in batch.interpreted:
        names[row] = packet.name
    return names


def _engineering(column: Column) -> Any:
    kind = column.field.type.kind
    if kind in _TEXT:
        return column.texts()
    if column.raw.ndim == 2:
        return [one.tobytes() for one in column.raw]
    return column.engineering


def _spread(
    made: dict[str, Any],
    name: str,
    rows: NDArray[np.int64],
    values: Any,
    count: int,
    valid: NDArray[np.bool_] | None,
) -> None:
    """Values of some rows into a column of all; what stands nowhere stays null."""
    if isinstance(values, list):
        target = made.setdefault(name, [None] * count)
        if not isinstance(target, list):
            target = made[name] = target.tolist()
        for row, value in zip(rows.tolist(), values, strict=True):
            target[row] = value
        return
    target = made.get(name)
    if target is None:
        target = made[name] = np.ma.masked_all(count, dtype=values.dtype)  # type: ignore[no-untyped-call]
    elif isinstance(target, list):
        for row, value in zip(rows.tolist(), values.tolist(), strict=True):
            target[row] = value
        return
    target[rows] = values
    if valid is not None:
        target[rows[~valid]] = np.ma.masked


def _put(made: dict[str, Any], name: str, row: int, value: Any, count: int) -> None:
    target = made.setdefault(name, [None] * count)
    if isinstance(target, np.ma.MaskedArray):
        target = made[name] = target.tolist()
    target[row] = value


def _plain(sample: Sample) -> Any:
    value = sample.value if sample.valid else None
    return value.hex() if isinstance(value, bytes) else value


def _differs(kind: DataType) -> bool:
    return kind.kind is ValueKind.ENUMERATED or bool(kind.calibrator or kind.contexts) or kind.epoch is not None


def _engineering_type(kind: DataType) -> pa.DataType:
    if kind.kind is ValueKind.BOOLEAN:
        return pa.bool_()
    if kind.kind in _TEXT or kind.kind in (ValueKind.ARRAY, ValueKind.AGGREGATE):
        return pa.string()
    if kind.kind is ValueKind.BINARY:
        return pa.binary()
    return _raw_type(kind) if kind.kind is ValueKind.INTEGER and not _differs(kind) else pa.float64()


def _raw_type(kind: DataType) -> pa.DataType:
    encoding = kind.encoding
    if isinstance(encoding, FloatEncoding):
        return pa.float64()
    if isinstance(encoding, IntegerEncoding):
        wide = encoding.size_bits == 64 and encoding.form is IntegerForm.UNSIGNED
        return pa.uint64() if wide else pa.int64()
    return pa.string() if isinstance(encoding, StringEncoding) else pa.binary()
