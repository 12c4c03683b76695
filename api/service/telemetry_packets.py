"""Packets and values as JSON: each column of a piece is written once, whoever wants it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from core.mdb.types import AlarmLevel
from core.telemetry.packet_feed import FeedPart, FeedPiece, merged
from core.telemetry.packet_selection import PACKET_COLUMNS, PacketSelection
from core.telemetry.packet_table import ARRIVAL, ERROR, GENERATED
from core.telemetry.parameter_units import ParameterUnits
from core.time import format_utc, utc_from_tai_s

__all__ = ["WrittenPiece", "newest_values", "written_value"]

_ALWAYS: Final = (ARRIVAL, GENERATED)
_LEVELS: Final = tuple(str(one) for one in AlarmLevel)
_NO_NUMBERS: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


class WrittenPiece:
    """A piece of packets and what has been written of it.

    Args:
        piece: The packets.
        units: Of parameters.
    """

    def __init__(self, piece: FeedPiece, units: ParameterUnits) -> None:
        self.after = piece.after
        self.through = piece.through
        self._blocks = [_Block(one, units) for one in merged(piece.parts)]
        self._known: dict[tuple[PacketSelection, bool], bytes] = {}
        self.rows = piece.rows
        self.octets = 0

    def blocks(self, wanted: PacketSelection) -> bytes:
        """The blocks that somebody wants as JSON, commas between them; the same octets, not copies, for all who want them."""
        known = self._known.get((wanted, False))
        if known is None:
            before = sum(one.octets for one in self._blocks)
            known = b",".join([made for one in self._blocks if (made := one.written(wanted))])
            self._known[wanted, False] = known
            self.octets += len(known) + sum(one.octets for one in self._blocks) - before
        return known

    def streams(self, wanted: PacketSelection) -> bytes:
        """The blocks that somebody wants as Arrow IPC streams, one behind the other; the same octets for all who want them."""
        known = self._known.get((wanted, True))
        if known is None:
            known = self._known[wanted, True] = b"".join(one.stream(wanted) for one in self._blocks)
            self.octets += len(known)
        return known


def newest_values(piece: FeedPiece, wanted: PacketSelection, units: ParameterUnits) -> bytes:
    """The newest value of each parameter in a piece as JSON, commas between them, with how many came before it."""
    newest: dict[tuple[str, str], tuple[float, int, dict[str, Any]]] = {}
    counts: dict[tuple[str, str], int] = {}
    for part in merged(piece.parts):
        table = part.table
        times, arrivals = table[GENERATED].to_numpy(), table[ARRIVAL].to_numpy()
        for name in wanted.parameters_of(table.column_names):
            column, raw, limit = table[name], f"{name}.raw", f"{name}.limit"
            if column.null_count and raw in table.column_names:
                there = pc.or_(column.is_valid(), table[raw].is_valid()).to_numpy()
            else:
                there = column.is_valid().to_numpy()
            rows = np.flatnonzero(there)
            if not rows.size:
                continue
            key = (part.satellite, name)
            counts[key] = counts.get(key, 0) + len(rows)
            row = int(rows[np.lexsort((arrivals[rows], times[rows]))[-1]])
            place = (float(times[row]), int(arrivals[row]))
            if key in newest and newest[key][:2] >= place:
                continue
            value = column[row].as_py()
            level = table[limit][row].as_py() or 0 if limit in table.column_names else 0
            newest[key] = (
                *place,
                {
                    "satellite": part.satellite,
                    "parameter": name,
                    "value": written_value(table[raw][row].as_py() if value is None else value),
                    "unit": units[name],
                    "limit_state": _LEVELS[level],
                    "at": format_utc(utc_from_tai_s(place[0])),
                    "generated_tai_s": place[0],
                },
            )
    told = [{**about, "replaced": counts[key] - 1} for key, (_, _, about) in newest.items()]
    return orjson.dumps(told)[1:-1]


class _Block:
    """Packets of one container."""

    def __init__(self, part: FeedPart, units: ParameterUnits) -> None:
        self._part = part
        self._units = units
        self._columns: dict[str, bytes] = {}

    @property
    def octets(self) -> int:
        """Of all columns that have been written."""
        return sum(len(one) for one in self._columns.values())

    def written(self, wanted: PacketSelection) -> bytes:
        """A JSON object of what is wanted; empty where nothing is."""
        part = self._part
        if not wanted.wants_packet(part.satellite, part.container):
            return b""
        names = part.table.column_names
        parameters = wanted.parameters_of(names)
        if not parameters and not wanted.whole_packets:
            return b""
        about = PACKET_COLUMNS if wanted.containers else _ALWAYS
        members = [self._about(), *(self._packet_column(one) for one in about)]
        if wanted.containers and ERROR in names:
            members.append(self._packet_column(ERROR))
        members.append(b'"parameters":{' + b",".join(self._parameter(one) for one in parameters) + b"}")
        return b"{" + b",".join(members) + b"}"

    def stream(self, wanted: PacketSelection) -> bytes:
        """An Arrow IPC stream of what is wanted; empty where nothing is. Columns are those of ``packet_table``."""
        part = self._part
        names = part.table.column_names
        chosen = wanted.columns_of(names) if wanted.wants_packet(part.satellite, part.container) else []
        if not chosen:
            return b""
        if not wanted.containers:
            chosen = [one for one in chosen if ":" not in one or one in _ALWAYS]
        fields, columns = [], []
        for name in chosen:
            column, (base, _, beside) = part.table[name], name.rpartition(".")
            if beside == "limit" and not _any_level(column):
                continue
            if beside == "raw" and not part.table[base].null_count:
                continue
            unit = "" if ":" in name else self._units[name]
            fields.append(pa.field(name, column.type, metadata={"unit": unit} if unit else None))
            columns.append(column)
        about = {name: str(value) for name, value in self._identity().items()}
        table = pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=about)).combine_chunks()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]

    def _identity(self) -> dict[str, str | float]:
        # Of a whole second, whose UTC has no rounding.
        whole_tai_s = float(np.floor(self._part.table[GENERATED][0].as_py()))
        return {
            "satellite": self._part.satellite,
            "container": self._part.container,
            "unix_minus_tai_s": utc_from_tai_s(whole_tai_s).timestamp() - whole_tai_s,
        }

    def _about(self) -> bytes:
        known = self._columns.get("")
        if known is None:
            known = self._columns[""] = orjson.dumps(self._identity())[1:-1]
        return known

    def _packet_column(self, name: str) -> bytes:
        known = self._columns.get(name)
        if known is None:
            column = self._part.table[name]
            values = column.to_pylist() if name == ERROR else column.to_numpy()
            short = name.partition(":")[2]
            known = self._columns[name] = orjson.dumps(short) + b":" + _dumps(values)
        return known

    def _parameter(self, name: str) -> bytes:
        known = self._columns.get(name)
        if known is None:
            table = self._part.table
            raw, limit = f"{name}.raw", f"{name}.limit"
            members = [b'"unit":' + orjson.dumps(self._units[name])]
            column = table[name]
            if not column.null_count or raw not in table.column_names:
                members.append(b'"values":' + _values(column))
            else:
                # As the archive tells it: where there is no engineering value, what was sent.
                missing = np.flatnonzero(column.is_null().to_numpy())
                both = zip(column.to_pylist(), table[raw].to_pylist(), strict=True)
                members.append(
                    b'"values":' + _dumps([written_value(sent if one is None else one) for one, sent in both])
                )
                members.append(b'"uncalibrated":' + _dumps(missing))
            if limit in table.column_names and _any_level(table[limit]):
                members.append(b'"levels":' + _dumps(table[limit].fill_null(0).to_numpy()))
            known = self._columns[name] = orjson.dumps(name) + b":{" + b",".join(members) + b"}"
        return known


def _any_level(column: pa.ChunkedArray) -> bool:
    return bool(pc.max(column).as_py())


def written_value(value: Any) -> Any:
    """A value as JSON has it: truths as 0 and 1, octets in hexadecimal, numbers that are none as texts."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not np.isfinite(value):
        return _NO_NUMBERS[str(value)]
    return value


def _values(column: pa.ChunkedArray) -> bytes:
    kind = column.type
    if not column.null_count and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        numbers = column.to_numpy()
        # JSON has no NaN, and its writer would say null for infinity too.
        if not pa.types.is_floating(kind) or np.isfinite(numbers).all():
            return _dumps(numbers)
    if pa.types.is_boolean(kind):
        column = pc.cast(column, pa.uint8())
    if pa.types.is_string(kind):
        return orjson.dumps(column.to_pylist())
    return orjson.dumps([written_value(one) for one in column.to_pylist()])


def _dumps(values: Any) -> bytes:
    if isinstance(values, np.ndarray):
        values = np.ascontiguousarray(values)
    return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)
