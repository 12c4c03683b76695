"""Series in a NetCDF file (classic format with 64-bit offsets) with the attributes of the CF conventions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import InputError
from core.telemetry.utc_times import utc_microseconds

__all__ = ["write_netcdf"]

_MOST_OCTETS: Final = (1 << 31) - 4  # of one variable, NetCDF classic format with 64-bit offsets
_INT32: Final = (-(1 << 31), (1 << 31) - 1)

Series = tuple[str, NDArray[np.float64], Mapping[str, pa.ChunkedArray]]


def write_netcdf(path: Path, series: Iterable[Series], units: Mapping[str, str], about: Mapping[str, str]) -> int:
    """Write series of values; how many times they have in all.

    Each dimension has its times twice: as UTC, in seconds since 1970 as common calendars count them, and as TAI.

    Args:
        path: Where.
        series: A dimension's name, its times as TAI seconds since J2000, and the variables that have it.
        units: Of variables that have one.
        about: Attributes of the whole file.
    Raises:
        InputError: A variable is larger than the format holds.
    """
    # Imported here: it takes a moment, and few need it.
    from scipy.io import netcdf_file  # type: ignore[import-untyped]

    rows = 0
    with netcdf_file(path, "w", version=2) as file:
        file.Conventions = "CF-1.11"
        for name, text in about.items():
            setattr(file, name, text)
        for dimension, times, variables in series:
            rows += len(times)
            plain = _plain_name(dimension)
            file.createDimension(plain, len(times))
            utc = {"standard_name": "time", "long_name": "time of generation, UTC", "calendar": "standard"}
            seconds = utc_microseconds(times) / 1e6
            _variable(file, plain, (plain,), seconds, {**utc, "units": "seconds since 1970-01-01 00:00:00"})
            tai = {"long_name": "time of generation, TAI since 2000-01-01T12:00:00 TAI", "units": "s"}
            _variable(file, f"{plain}_tai", (plain,), times, tai)
            for name, column in variables.items():
                _values(file, plain, name, column, units.get(name, ""))
    return rows


def _values(file: Any, dimension: str, name: str, column: pa.ChunkedArray, unit: str) -> None:
    plain = _plain_name(name)
    attributes: dict[str, Any] = {"long_name": name}
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        octets = [_octets(one) for one in column.to_pylist()]
        width = max([1, *map(len, octets)])
        file.createDimension(f"{plain}_length", width)
        letters = np.array(octets, dtype=f"S{width}").view("S1").reshape(len(octets), width)
        _variable(file, plain, (dimension, f"{plain}_length"), letters, attributes | {"_Encoding": "utf-8"})
        return
    if unit:
        attributes["units"] = unit
    if pa.types.is_boolean(kind) and not column.null_count:
        data = column.cast(pa.int8()).to_numpy()
    elif pa.types.is_integer(kind) and not column.null_count and _fits(column):
        data = column.to_numpy().astype(np.int32)
    else:
        data = column.cast(pa.float64(), safe=False).to_numpy()
        attributes["_FillValue"] = np.nan
    _variable(file, plain, (dimension,), data, attributes)


def _octets(value: str | bytes | None) -> bytes:
    if value is None:
        return b""
    return value.encode() if isinstance(value, str) else value.hex().encode()


def _fits(column: pa.ChunkedArray) -> bool:
    data = column.to_numpy()
    return not len(data) or (int(data.min()) >= _INT32[0] and int(data.max()) <= _INT32[1])


def _variable(
    file: Any, name: str, dimensions: tuple[str, ...], data: NDArray[Any], attributes: Mapping[str, Any]
) -> None:
    if data.nbytes > _MOST_OCTETS:
        raise InputError("out", f"{name} has {data.nbytes} octets, a NetCDF file holds {_MOST_OCTETS}; use .parquet")
    made = file.createVariable(name, data.dtype, dimensions)
    made[:] = data
    for key, value in attributes.items():
        setattr(made, key, value)


def _plain_name(name: str) -> str:
    """As the format and its conventions allow it; the whole name is in an attribute."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one == "_") else "_" for one in name)
    return plain if plain[:1].isalpha() else f"p_{plain}"
