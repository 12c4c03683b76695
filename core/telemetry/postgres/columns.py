"""How tables of packets stand in PostgreSQL: names that fit, and types that it has."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["SATELLITE", "UTC", "column_types", "fitting_name", "suited"]

SATELLITE: Final = "packet:satellite"
UTC: Final = "packet:generated_utc"
_LONGEST_NAME: Final = 63  # octets, of an identifier
_DIGEST: Final = 8
_NUL: Final = "\x00"  # which PostgreSQL's texts cannot hold
_NUL_SHOWN: Final = "�"

_TYPES: Final[Mapping[pa.DataType, tuple[pa.DataType, str]]] = {
    pa.bool_(): (pa.bool_(), "boolean"),
    pa.int8(): (pa.int16(), "smallint"),
    pa.uint8(): (pa.int16(), "smallint"),
    pa.int16(): (pa.int16(), "smallint"),
    pa.uint16(): (pa.int32(), "integer"),
    pa.int32(): (pa.int32(), "integer"),
    pa.uint32(): (pa.int64(), "bigint"),
    pa.int64(): (pa.int64(), "bigint"),
    pa.uint64(): (pa.string(), "text"),  # beyond bigint; a number would be rounded
    pa.float32(): (pa.float32(), "real"),
    pa.float64(): (pa.float64(), "double precision"),
    pa.string(): (pa.string(), "text"),
    pa.large_string(): (pa.string(), "text"),
    pa.binary(): (pa.binary(), "bytea"),
    pa.large_binary(): (pa.binary(), "bytea"),
}
_UTC_TYPE: Final = pa.timestamp("us", tz="UTC")


def fitting_name(name: str) -> str:
    """A name as an identifier; one that is too long is cut, and told apart by a digest."""
    octets = name.encode()
    if len(octets) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(octets).hexdigest()[:_DIGEST]
    return octets[: _LONGEST_NAME - _DIGEST - 1].decode(errors="ignore") + "~" + digest


def column_types(table: pa.Table) -> dict[str, str]:
    """PostgreSQL's type of each column of a suited table."""
    known = dict(_TYPES.values())
    return {
        field.name: "timestamp with time zone" if field.type == _UTC_TYPE else known[field.type]
        for field in table.schema
    }


def suited(table: pa.Table, present: Mapping[str, str]) -> pa.Table:
    """The same values under names that fit, in types that PostgreSQL has.

    A column that another definition gave another type stands beside the older one, under its name and type.

    Args:
        table: Packets of one container.
        present: Types of the columns that the container's table has.
    """
    columns: dict[str, pa.ChunkedArray] = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if column.type == _UTC_TYPE:
            columns[name] = column
            continue
        kind, sql = _TYPES.get(column.type, (pa.string(), "text"))
        made = column.cast(kind)
        if kind == pa.string():
            made = pc.replace_substring(made, pattern=_NUL, replacement=_NUL_SHOWN)
        fits = fitting_name(name)
        columns[fits if present.get(fits, sql) == sql else fitting_name(f"{name} ({sql})")] = made
    return pa.table(columns)
