"""Parameters out of the archive into files for other tools: Parquet, CSV and NetCDF, each at its own times or aligned."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import csv

from core.errors import InputError
from core.store.durable_file import write_durably
from core.telemetry.archive_queries import ArchiveQueries, ParameterValues
from core.telemetry.netcdf_file import write_netcdf
from core.telemetry.utc_times import utc_microseconds

__all__ = ["ExportRequest", "Exported", "export"]

_CHUNK_S: Final = 86_400.0
_CHUNK_INSTANTS: Final = 500_000
_MOST_INSTANTS: Final = 100_000_000
_EXACT: Final = 1 << 53  # whole numbers up to this are exact in float64
_TIME: Final = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class ExportRequest:
    """What to export.

    Args:
        satellite: Whose telemetry.
        parameters: Their names.
        start_tai_s, end_tai_s: Generated between these, both included, TAI s since J2000.
        units: Of parameters that have one.
        aligned_to: Parameter at whose times all others are given, each with its newest value up to then.
        step_s: Give all parameters every so many seconds instead; with neither, each is given at its own times.
        version: Of reprocessed telemetry; None for the newest.
    Raises:
        InputError: It is no interval, has no parameter, names one twice, or both ways of alignment.
    """

    satellite: str
    parameters: tuple[str, ...]
    start_tai_s: float
    end_tai_s: float
    units: Mapping[str, str] = field(default_factory=dict)
    aligned_to: str | None = None
    step_s: float | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        if not (-math.inf < self.start_tai_s <= self.end_tai_s < math.inf):
            raise InputError("end_tai_s", f"{self.end_tai_s} is not a time after the beginning, {self.start_tai_s}")
        if not self.parameters or len(set(self.parameters)) != len(self.parameters):
            raise InputError("parameters", f"{list(self.parameters)} must be one or more, each once")
        if self.aligned_to is not None and self.step_s is not None:
            raise InputError("step_s", "values are aligned to a parameter's times or to steps, not to both")
        if self.step_s is not None and not 0 < self.step_s < math.inf:
            raise InputError("step_s", f"{self.step_s} s is not a positive length")
        if self.step_s is not None and (self.end_tai_s - self.start_tai_s) / self.step_s > _MOST_INSTANTS:
            raise InputError("step_s", f"{self.step_s} s makes more than {_MOST_INSTANTS} instants")


@dataclass(frozen=True)
class Exported:
    """What was written.

    Args:
        path: Where.
        rows: How many: instants if aligned, else values of all parameters.
        kept_from_tai_s: What was generated before was removed by the retention policy; -inf where nothing of it was.
    """

    path: Path
    rows: int
    kept_from_tai_s: float


def export(archive: ArchiveQueries, request: ExportRequest, out: Path) -> Exported:
    """Write parameters into a file, whose name ends in .parquet, .csv or .nc; it is there whole or not at all.

    Aligned values stand in a table with a column for each parameter. Others stand below one another, in NetCDF in variables
    with a dimension and times of their own. Times are UTC for people and TAI seconds since J2000, which leap seconds do not
    touch.

    Raises:
        InputError: The file's name has another ending, it cannot be written, or a NetCDF file cannot hold as much.
        NotFound: No packet of the satellite ever had one of the parameters.
    """
    write = _WRITERS.get(out.suffix)
    if write is None:
        raise InputError("out", f"{out.name} must end in {', '.join(_WRITERS)}")
    source = (_Own if request.aligned_to is None and request.step_s is None else _Aligned)(archive, request)
    try:
        rows = write_durably(out, lambda unfinished: write(source, unfinished))
    except OSError as error:
        raise InputError("out", f"{out} cannot be written: {error.strerror or error}") from error
    return Exported(out, rows, archive.kept(request.satellite).values_tai_s)


class _Source(ABC):
    """Tables of an export, chunk by chunk, and as a whole for a format that is written at once."""

    def __init__(self, archive: ArchiveQueries, request: ExportRequest) -> None:
        self.archive = archive
        self.request = request
        self.kinds = {name: self._kind(name) for name in request.parameters}

    @property
    @abstractmethod
    def schema(self) -> pa.Schema:
        """Of every chunk."""

    @abstractmethod
    def chunks(self) -> Iterator[pa.Table]:
        """By time."""

    @abstractmethod
    def series(self) -> Iterator[tuple[str, NDArray[np.float64], Mapping[str, pa.ChunkedArray]]]:
        """Dimension, times and parameters that have them."""

    def _kind(self, name: str) -> pa.DataType:
        request = self.request
        span = (request.satellite, name, request.start_tai_s, request.end_tai_s)
        kind = self.archive.type_of(*span, version=request.version)
        return pa.float64() if pa.types.is_null(kind) or pa.types.is_floating(kind) else kind

    def _field(self, name: str) -> pa.Field:
        unit = self.request.units.get(name, "")
        return pa.field(name, self.kinds[name], metadata={"unit": unit} if unit else None)


class _Own(_Source):
    """Each parameter at its own times: a row for each value."""

    @property
    def schema(self) -> pa.Schema:
        return pa.schema(
            [
                ("generated_utc", _TIME),
                ("generated_tai_s", pa.float64()),
                ("parameter", pa.string()),
                ("unit", pa.string()),
                ("value", pa.float64()),
                ("text", pa.string()),
                ("level", pa.uint8()),
            ]
        )

    def chunks(self) -> Iterator[pa.Table]:
        for name in self.request.parameters:
            for found in self._values(name):
                yield self._table(name, found)

    def series(self) -> Iterator[tuple[str, NDArray[np.float64], Mapping[str, pa.ChunkedArray]]]:
        for name in self.request.parameters:
            parts = list(self._values(name))
            column = pa.chunked_array([one.values.cast(self.kinds[name]).combine_chunks() for one in parts])
            yield f"{name}_time", np.concatenate([one.generated_tai_s for one in parts]), {name: column}

    def _values(self, name: str) -> Iterator[ParameterValues]:
        request = self.request
        first = request.start_tai_s
        while first <= request.end_tai_s:
            last = min(first + _CHUNK_S, request.end_tai_s)
            if last < request.end_tai_s:
                last = float(np.nextafter(last, -np.inf))
            yield self.archive.values(request.satellite, name, first, last, version=request.version)
            first = float(np.nextafter(last, np.inf))

    def _table(self, name: str, found: ParameterValues) -> pa.Table:
        numbers, texts = _as_numbers_and_texts(found.values)
        count = len(found.generated_tai_s)
        columns = [
            _utc(found.generated_tai_s),
            pa.array(found.generated_tai_s),
            pa.array([name] * count, pa.string()),
            pa.array([self.request.units.get(name)] * count, pa.string()),
            numbers,
            texts,
            pa.array(found.levels),
        ]
        return pa.Table.from_arrays(columns, schema=self.schema)


class _Aligned(_Source):
    """All parameters at the same instants: a row for each, with the newest values up to it."""

    @property
    def schema(self) -> pa.Schema:
        fields = [self._field(name) for name in self.request.parameters]
        return pa.schema([("time_utc", _TIME), ("time_tai_s", pa.float64()), *fields])

    def chunks(self) -> Iterator[pa.Table]:
        for instants in self._instants():
            columns = [self._at(name, instants) for name in self.request.parameters]
            yield pa.Table.from_arrays([_utc(instants), pa.array(instants), *columns], schema=self.schema)

    def series(self) -> Iterator[tuple[str, NDArray[np.float64], Mapping[str, pa.ChunkedArray]]]:
        whole = pa.concat_tables([self.schema.empty_table(), *self.chunks()])
        yield "time", whole["time_tai_s"].to_numpy(), {name: whole[name] for name in self.request.parameters}

    def _instants(self) -> Iterator[NDArray[np.float64]]:
        request = self.request
        if request.step_s is not None:
            count = int((request.end_tai_s - request.start_tai_s) / request.step_s) + 1
            for first in range(0, count, _CHUNK_INSTANTS):
                steps = np.arange(first, min(first + _CHUNK_INSTANTS, count))
                yield (request.start_tai_s + steps * request.step_s).astype(np.float64)
            return
        leader = _Own(self.archive, _only(request, str(request.aligned_to)))
        for found in leader._values(str(request.aligned_to)):
            if len(found.generated_tai_s):
                yield np.unique(found.generated_tai_s)

    def _at(self, name: str, instants: NDArray[np.float64]) -> pa.ChunkedArray:
        request = self.request
        found = self.archive.values_at(request.satellite, name, instants, version=request.version)
        return found.values.cast(self.kinds[name])


def _only(request: ExportRequest, name: str) -> ExportRequest:
    return ExportRequest(request.satellite, (name,), request.start_tai_s, request.end_tai_s, version=request.version)


def _utc(times_tai_s: NDArray[np.float64]) -> pa.Array:
    return pa.array(utc_microseconds(times_tai_s), _TIME)


def _as_numbers_and_texts(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Numbers as float64; texts, octets (hexadecimal) and whole numbers too large to be exact as text."""
    kind = values.type
    nothing = pa.nulls(len(values), pa.string())
    if pa.types.is_integer(kind):
        large = [str(one) if one is not None and abs(one) > _EXACT else None for one in values.to_pylist()]
        return values.cast(pa.float64(), safe=False), pa.array(large, pa.string())
    if pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return values.cast(pa.float64(), safe=False), nothing
    return pa.nulls(len(values), pa.float64()), _plain(values)


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_binary(values.type):
        return pa.chunked_array([[None if one is None else one.hex() for one in values.to_pylist()]], pa.string())
    return values.cast(pa.string())


def _write_parquet(source: _Source, path: Path) -> int:
    rows = 0
    with pq.ParquetWriter(path, source.schema, compression="zstd") as writer:
        for table in source.chunks():
            writer.write_table(table)
            rows += table.num_rows
    return rows


def _write_csv(source: _Source, path: Path) -> int:
    rows = 0
    schema = pa.schema([(_heading(one), _csv_type(one.type)) for one in source.schema])
    with csv.CSVWriter(path, schema) as writer:
        for table in source.chunks():
            columns = [_csv_column(one) for one in table.columns]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            rows += table.num_rows
    return rows


def _csv_type(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_binary(kind) or pa.types.is_timestamp(kind) else kind


def _csv_column(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(values.type):
        texts = [f"{one:%Y-%m-%dT%H:%M:%S.%fZ}" for one in values.to_pylist()]
        return pa.chunked_array([texts], pa.string())
    return _plain(values) if pa.types.is_binary(values.type) else values


def _heading(one: pa.Field) -> str:
    unit = (one.metadata or {}).get(b"unit", b"").decode()
    return f"{one.name} [{unit}]" if unit else str(one.name)


def _write_netcdf(source: _Source, path: Path) -> int:
    request = source.request
    about = {"source": f"telemetry of {request.satellite}"}
    return write_netcdf(path, list(source.series()), request.units, about)


_WRITERS: Final[Mapping[str, Callable[[_Source, Path], int]]] = {
    ".parquet": _write_parquet,
    ".csv": _write_csv,
    ".nc": _write_netcdf,
}
