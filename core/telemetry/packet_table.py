"""Decoded packets as Arrow tables, one for each container: what identifies a packet, its octets, and its values.

| column | holds |
|---|---|
| ``packet:generated_tai_s``, ``packet:received_tai_s`` | TAI s since J2000; where a packet has no time, that of its reception |
| ``packet:apid``, ``packet:sequence`` | of its primary header |
| ``packet:arrival`` | its number by the order of arrival, over all satellites |
| ``packet:service``, ``packet:subtype`` | of a PUS report; 0 where it is none |
| ``packet:octets`` | the whole packet |
| ``packet:error`` | why it was not decoded |
| parameter | engineering value; null where its bits mean none |
| parameter ``.raw`` | as sent, where that differs |
| parameter ``.limit`` | alarm level, 0 normal to 5 severe, where there are limits |

No parameter's name has a colon (XTCE 1.2, NameType), so none meets that of another column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.mdb.batch import Column, DecodedBatch
from core.mdb.telemetry import DecodedPacket
from core.mdb.types import AlarmLevel, ValueKind
from core.telemetry.packet_rows import PacketRows

__all__ = [
    "APID",
    "ARRIVAL",
    "ERROR",
    "GENERATED",
    "IDENTITY",
    "OCTETS",
    "RECEIVED",
    "SEQUENCE",
    "SERVICE",
    "SUBTYPE",
    "UNDECODED",
    "container_tables",
    "decoded_tables",
    "joined",
    "load_arrow",
    "without_duplicates",
]

GENERATED: Final = "packet:generated_tai_s"
RECEIVED: Final = "packet:received_tai_s"
OCTETS: Final = "packet:octets"
ERROR: Final = "packet:error"
ARRIVAL: Final = "packet:arrival"
SERVICE: Final = "packet:service"
SUBTYPE: Final = "packet:subtype"
APID: Final = "packet:apid"
SEQUENCE: Final = "packet:sequence"
IDENTITY: Final = (GENERATED, APID, SEQUENCE)
UNDECODED: Final = "-"  # the container of packets without a meaning
_INT64: Final = (-(1 << 63), (1 << 63) - 1)
_LEVELS: Final = {one: number for number, one in enumerate(AlarmLevel)}
_TEXT: Final = (ValueKind.STRING, ValueKind.ENUMERATED)


def load_arrow() -> None:
    """Have Arrow load now what it else loads with its first array: for a quarter of a second, in which telemetry would wait."""
    pa.array(np.zeros(1))


def container_tables(
    rows: PacketRows, generated_tai_s: NDArray[np.float64], arrivals: NDArray[np.int64], decoded: DecodedBatch
) -> dict[str, pa.Table]:
    """A table for each container of a batch.

    Args:
        generated_tai_s: Of each packet.
        arrivals: Their numbers by the order of arrival.
        decoded: What they mean.
    """
    return decoded_tables(_base(rows, generated_tai_s, arrivals), decoded)


def decoded_tables(base: pa.Table, decoded: DecodedBatch) -> dict[str, pa.Table]:
    """A table for each container: the columns of the packets themselves, and then their values."""
    tables: dict[str, pa.Table] = {}
    for one in decoded.containers:
        arrays = {name: made for column in one.columns.values() for name, made in _arrays(column).items()}
        tables[one.container] = _with(base.take(pa.array(one.rows)) if len(one.rows) < base.num_rows else base, arrays)
    grouped: dict[str, list[tuple[int, DecodedPacket]]] = defaultdict(list)
    for row, packet in decoded.interpreted:
        grouped[packet.name].append((row, packet))
    for name, packets in grouped.items():
        tables[name] = _with(base.take(pa.array([row for row, _ in packets])), _interpreted(packets))
    if decoded.undecodable:
        lost = sorted(decoded.undecodable)
        why = pa.array([decoded.undecodable[row] for row in lost], pa.string())
        tables[UNDECODED] = _with(base.take(pa.array(lost)), {ERROR: why})
    return tables


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of one container one behind the other; what fits no common type is told as text."""
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowTypeError:
        kinds: dict[str, set[pa.DataType]] = defaultdict(set)
        for table in tables:
            for one in table.schema:
                kinds[one.name].add(one.type)
        mixed = {name for name, types in kinds.items() if len(types) > 1}
        return pa.concat_tables([_as_text(one, mixed) for one in tables], promote_options="permissive")


def without_duplicates(table: pa.Table) -> pa.Table:
    """Rows by generation time, of which each packet is there once: the one that stands first.

    Packets are the same where their octets are: identities alone may meet, such as after a restart of the spacecraft.
    """
    generated, apids, sequences = (table[name].to_numpy() for name in IDENTITY)
    rising = generated[1:] > generated[:-1]
    if rising.all():
        return table
    order = np.lexsort((sequences, apids, generated))
    same = np.ones(len(order) - 1, dtype=bool)
    for key in (generated, apids, sequences):
        same &= key[order[1:]] == key[order[:-1]]
    if same.any() and OCTETS in table.column_names:
        octets = table[OCTETS].take(pa.array(order))
        same &= pc.equal(octets.slice(1), octets.slice(0, len(order) - 1)).to_numpy(zero_copy_only=False)
    return table.take(pa.array(order[np.concatenate(([True], ~same))]))


def _base(rows: PacketRows, generated_tai_s: NDArray[np.float64], arrivals: NDArray[np.int64]) -> pa.Table:
    offsets = (rows.offsets - rows.offsets[0]).astype(np.int32)
    data = np.ascontiguousarray(rows.data[rows.offsets[0] : rows.offsets[-1]])
    packets = pa.BinaryArray.from_buffers(pa.binary(), len(rows), [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    return pa.table(
        {
            GENERATED: generated_tai_s,
            RECEIVED: np.asarray(rows.received_tai_s, dtype=np.float64),
            IDENTITY[1]: rows.apids,
            IDENTITY[2]: rows.sequences,
            ARRIVAL: arrivals,
            SERVICE: rows.services,
            SUBTYPE: rows.subtypes,
            OCTETS: packets,
        }
    )


def _as_text(table: pa.Table, names: set[str]) -> pa.Table:
    arrays = {
        name: pa.array([None if one is None else str(one) for one in table[name].to_pylist()], pa.string())
        for name in table.column_names
        if name in names
    }
    return pa.table({name: arrays.get(name, table[name]) for name in table.column_names})


def _with(base: pa.Table, arrays: dict[str, pa.Array]) -> pa.Table:
    return pa.Table.from_arrays([*base.columns, *arrays.values()], names=[*base.column_names, *arrays])


def _arrays(column: Column) -> dict[str, pa.Array]:
    name, kind = column.field.name, column.field.type.kind
    mask = None if column.valid is None else ~column.valid
    made: dict[str, pa.Array] = {}
    if kind in _TEXT:
        made[name] = _texts(column)
        if column.labels is not None:
            made[f"{name}.raw"] = pa.array(column.raw)
    elif column.raw.ndim == 2:
        made[name] = pa.array([one.tobytes() for one in column.raw], pa.binary())
    else:
        made[name] = pa.array(column.engineering, mask=mask)
        if column.values is not None or (mask is not None and mask.any()):
            made[f"{name}.raw"] = pa.array(column.raw)
    if column.levels is not None:
        made[f"{name}.limit"] = pa.array(column.levels)
    return made


def _texts(column: Column) -> pa.Array:
    labels = column.labels
    if labels is None or (labels < 0).any():
        return pa.array(column.texts(), pa.string())
    return pa.array(list(column.field.labels), pa.string()).take(pa.array(labels))


def _interpreted(packets: list[tuple[int, DecodedPacket]]) -> dict[str, pa.Array]:
    names = dict.fromkeys(name for _, packet in packets for name in packet.parameters)
    made: dict[str, pa.Array] = {}
    for name in names:
        samples = [packet.parameters.get(name) for _, packet in packets]
        values = [None if one is None or not one.valid else one.value for one in samples]
        if any(one is not None for one in values):  # a column of nothing has no type that fits others
            made[name] = _plain_array(values)
        if any(one is not None and one.raw != one.value for one in samples):
            made[f"{name}.raw"] = _plain_array([None if one is None else one.raw for one in samples])
        levels = [None if one is None else _LEVELS[one.limit_state] for one in samples]
        if any(levels):
            made[f"{name}.limit"] = pa.array(levels, pa.uint8())
    return made


def _plain_array(values: list[Any]) -> pa.Array:
    """One type for all of them; whole numbers become float64 where they meet others in a file of the container."""
    kinds = {type(one) for one in values if one is not None}
    if kinds == {int} and all(one is None or _INT64[0] <= one <= _INT64[1] for one in values):
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if one is None else float(one) for one in values], pa.float64())
    if len(kinds) == 1 and kinds <= {bool, bytes}:
        return pa.array(values)
    return pa.array([None if one is None else str(one) for one in values], pa.string())
