"""Columns of packets in Parquet: any values come back, also in DuckDB, and each kind of column is written as it should be."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.telemetry.column_encoding import parquet_options

KINDS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.uint8(): st.integers(0, 255),
    pa.uint16(): st.integers(0, 2**16 - 1),
    pa.uint32(): st.integers(0, 2**32 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): st.floats(allow_nan=False),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(max_size=6),
    pa.binary(): st.binary(max_size=6),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 40))
    columns = {}
    for kind, values in KINDS.items():
        drawn = draw(st.lists(st.none() | values, min_size=1, max_size=rows))
        columns[f"{kind}.raw"] = pa.array([drawn[row % len(drawn)] for row in range(rows)], kind)
    return pa.table(columns)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_every_value_comes_back(table: pa.Table) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        pq.write_table(table, path, **parquet_options(table))
        assert pq.read_table(path).equals(table)
        with duckdb.connect() as connection:
            assert connection.read_parquet(str(path)).to_arrow_table().to_pylist() == table.to_pylist()


def test_values_that_are_no_numbers_come_back(tmp_path: Path) -> None:
    values = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])
    table = pa.table({"value": values})
    pq.write_table(table, tmp_path / "rows.parquet", **parquet_options(table))
    np.testing.assert_array_equal(
        pq.read_table(tmp_path / "rows.parquet")["value"].to_numpy().view("u8"), values.view("u8")
    )


@pytest.mark.parametrize(
    ("values", "codec", "encoding"),
    [
        (np.arange(5000), "LZ4", "DELTA_BINARY_PACKED"),
        (np.zeros(5000, dtype=np.uint8), "LZ4", "DELTA_BINARY_PACKED"),
        (np.repeat(np.arange(50) * 7919 % 1000, 100), "ZSTD", "PLAIN"),
        (np.sin(np.arange(5000)), "LZ4", "BYTE_STREAM_SPLIT"),
        (np.repeat(np.sin(np.arange(50)), 100), "ZSTD", "PLAIN"),
        (np.array(["nominal", "safe"] * 2500), "ZSTD", "PLAIN"),
    ],
    ids=["counting", "constant", "held", "ever other floats", "held floats", "texts"],
)
def test_each_kind_is_written_as_it_should_be(tmp_path: Path, values: Any, codec: str, encoding: str) -> None:
    table = pa.table({"value": values})
    pq.write_table(table, tmp_path / "rows.parquet", **parquet_options(table))
    column = pq.read_metadata(tmp_path / "rows.parquet").row_group(0).column(0)
    assert column.compression == codec
    assert encoding in column.encodings


def test_files_are_not_larger_than_with_zstd_for_everything(tmp_path: Path) -> None:
    draw = np.random.default_rng(11)
    rows = np.arange(20_000)
    held = np.repeat(draw.integers(0, 60_000, 200), 100)
    table = pa.table(
        {
            "counted": rows,
            "held": held,
            "held calibrated": 0.003 * held - 80.0,
            "noisy": held + draw.integers(-2, 3, len(rows)),
            "smooth": 50.0 * np.sin(rows / 1000.0),
            "random": draw.integers(0, 60_000, len(rows)),
            "level": np.zeros(len(rows), dtype=np.uint8),
        }
    )
    pq.write_table(table, tmp_path / "ours.parquet", **parquet_options(table))
    pq.write_table(table, tmp_path / "zstd.parquet", compression="zstd", compression_level=1, use_dictionary=False)
    assert (tmp_path / "ours.parquet").stat().st_size < (tmp_path / "zstd.parquet").stat().st_size
