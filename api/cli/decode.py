"""``llamaspace decode``: a file of packets to a table of engineering values."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from core.errors import InputError
from core.mdb import load_mdb
from core.mdb.batch import BatchDecoder
from core.mdb.table import TableWriter

__all__ = ["decode_file"]

_HEADER: Final = 6  # octets of a space packet's primary header, CCSDS 133.0-B-2
_LENGTH_AT: Final = 4
_MOST_CELLS: Final = 8_000_000
_MOST_PACKETS: Final = 100_000


def decode_file(options: argparse.Namespace) -> int:
    """Decode every packet of a file; 1 where some could not be, each with its reason in the table."""
    mdb = load_mdb(*options.xtce)
    if options.root is not None and options.root not in mdb.containers:
        raise InputError("--root", f"{options.root!r} is not one of the containers")
    decoder = BatchDecoder(mdb, error_control=options.error_control, root=options.root)
    writer = TableWriter(mdb, decoder)
    try:
        data = options.packets.read_bytes()
    except OSError as error:
        raise InputError("PACKETS", f"cannot read {options.packets}: {error.strerror or error}") from error
    offsets, rest = _packet_offsets(data, options.skip)
    undecodable = 0
    rows = max(1_000, min(_MOST_PACKETS, _MOST_CELLS // len(writer.schema)))
    with _open(options.out, writer.schema) as out:
        for first, data_part, places in _parts(data, offsets, rows, options.skip):
            batch = decoder.decode(data_part, places)
            undecodable += len(batch.undecodable)
            out.write_table(writer.table(batch, len(places) - 1, first))
    _report(options, len(offsets), undecodable, rest, mdb.left_out)
    return 1 if undecodable or rest else 0


def _packet_offsets(data: bytes, skip: int) -> tuple[list[tuple[int, int]], int]:
    """Begin and end of each packet by the lengths in their headers, and octets at the end that are no whole packet."""
    found, at = [], 0
    while at + skip + _HEADER <= len(data):
        begin = at + skip
        end = begin + _HEADER + int.from_bytes(data[begin + _LENGTH_AT : begin + _HEADER], "big") + 1
        if end > len(data):
            break
        found.append((begin, end))
        at = end
    return found, len(data) - at


def _parts(
    data: bytes, offsets: list[tuple[int, int]], rows: int, skip: int
) -> Iterator[tuple[int, bytes | memoryview, NDArray[np.int64]]]:
    for first in range(0, len(offsets), rows):
        some = offsets[first : first + rows]
        if skip:  # what stands between packets is left out
            lengths = [end - begin for begin, end in some]
            yield first, b"".join(data[begin:end] for begin, end in some), np.concatenate(([0], np.cumsum(lengths)))
        else:
            yield first, data, np.array([begin for begin, _ in some] + [some[-1][1]], dtype=np.int64)


def _open(path: Path, schema: pa.Schema) -> AbstractContextManager[Any]:
    try:
        if path.suffix == ".csv":
            return closing(_CsvWriter(path, schema))
        if path.suffix == ".parquet":
            return parquet.ParquetWriter(path, schema, compression="zstd")  # type: ignore[no-any-return]
    except OSError as error:
        raise InputError("--out", f"cannot write {path}: {error.strerror or error}") from error
    raise InputError("--out", f"{path.name} must end in .parquet or .csv")


class _CsvWriter:
    """A CSV file with the interface of the Parquet one; octets are written as hexadecimal."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        plain = [pa.field(one.name, _plain(one.type)) for one in schema]
        self._schema = pa.schema(plain)
        self._writer = csv.CSVWriter(path, self._schema)

    def write_table(self, table: pa.Table) -> None:
        columns = [_hexadecimal(one) for one in table.columns]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_binary(kind) or pa.types.is_dictionary(kind) else kind


def _hexadecimal(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_binary(column.type):
        return pa.chunked_array([[None if one is None else one.hex() for one in column.to_pylist()]], pa.string())
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _report(options: argparse.Namespace, packets: int, undecodable: int, rest: int, left_out: tuple[str, ...]) -> None:
    if options.json:
        document = {
            "packets": packets,
            "undecodable": undecodable,
            "octets_left": rest,
            "left_out": list(left_out),
            "out": str(options.out),
        }
        sys.stdout.write(json.dumps(document) + "\n")
        return
    sys.stdout.write(f"{packets} packets, {undecodable} not decodable, {rest} octets at the end are no whole packet\n")
    sys.stdout.writelines(f"not carried out: {one}\n" for one in left_out)
