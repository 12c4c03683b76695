"""Exports hold what the archive answers, with units and both times, whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.io import netcdf_file

from core.errors import InputError, NotFound
from core.link import Telemetry, encode_telemetry
from core.mdb import encode_container, reference_mdb
from core.mdb.batch import BatchDecoder, packet_offsets
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.export import ExportRequest, export
from core.telemetry.packet_rows import PacketRows, pus_times
from core.telemetry.utc_times import utc_microseconds
from core.time import tai_s_from_utc, utc_from_tai_s

MDB = reference_mdb()
T0_TAI_S = tai_s_from_utc(datetime(2026, 3, 1, 23, 50, tzinfo=UTC))
BASE = {one.name: 0 for one in MDB.containers["Housekeeping"].entries} | {
    "structure_id": 1,
    "pointing": "nadir",
    "in_eclipse": False,
    "downlink_active": False,
}
COUNT = 300


def housekeeping(number: int) -> bytes:
    mode = "safe" if number % 3 == 0 else "nominal"
    data = encode_container(MDB, "Housekeeping", BASE | {"mode": mode, "soc": number / 1000})  # type: ignore[operator]
    return encode_telemetry(Telemetry(673, number, 3, 25, number, T0_TAI_S + 7 * number, data))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ColumnArchive]:
    made = ColumnArchive(tmp_path_factory.mktemp("archive"), BatchDecoder(MDB), pus_times)
    for first, last in ((0, 200), (200, COUNT)):
        raw = [housekeeping(one) for one in range(first, last)]
        data = np.frombuffer(b"".join(raw), dtype=np.uint8)
        made.append(PacketRows("LSAT-1", data, packet_offsets([len(one) for one in raw]), np.full(len(raw), 9e8)))
        if first == 0:
            made.compact()  # the rest stays in the log
    yield made
    made.close()


def asked(*parameters: str, **about: object) -> ExportRequest:
    span = (T0_TAI_S, T0_TAI_S + 7 * COUNT)
    return ExportRequest("LSAT-1", parameters, *span, units={"soc": "1"}, **about)  # type: ignore[arg-type]


def test_each_at_its_own_times_in_parquet_and_csv(archive: ColumnArchive, tmp_path: Path) -> None:
    known = archive.values("LSAT-1", "soc", -np.inf, np.inf)
    made = export(archive, asked("soc", "mode"), tmp_path / "a.parquet")
    table = pq.read_table(made.path)
    assert made.rows == table.num_rows == 2 * COUNT
    soc = table.filter(np.array(table["parameter"].to_pylist()) == "soc")
    assert soc["value"].to_pylist() == known.values.to_pylist()
    assert soc["generated_tai_s"].to_pylist() == known.generated_tai_s.tolist()
    assert soc["level"].to_pylist() == known.levels.tolist()
    assert set(soc["unit"].to_pylist()) == {"1"}
    assert soc["generated_utc"][0].as_py() == datetime(2026, 3, 1, 23, 50, tzinfo=UTC)
    assert table["text"].to_pylist()[COUNT:] == archive.values("LSAT-1", "mode", -np.inf, np.inf).values.to_pylist()
    export(archive, asked("soc", "mode"), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(one["value"]) for one in rows if one["parameter"] == "soc"] == known.values.to_pylist()
    assert rows[0]["generated_utc"] == "2026-03-01T23:50:00.000000Z"


def test_aligned_values_are_the_newest_up_to_each_instant(archive: ColumnArchive, tmp_path: Path) -> None:
    made = export(archive, asked("soc", "mode", step_s=10.0), tmp_path / "b.parquet")
    table = pq.read_table(made.path)
    assert made.rows == 7 * COUNT // 10 + 1
    numbers = [min(int(10 * step / 7 + 1e-9), COUNT - 1) for step in range(made.rows)]
    stored = archive.values("LSAT-1", "soc", -np.inf, np.inf).values.to_pylist()
    assert table["soc"].to_pylist() == [stored[one] for one in numbers]
    assert table["mode"].to_pylist() == ["safe" if one % 3 == 0 else "nominal" for one in numbers]
    assert table.schema.field("soc").metadata == {b"unit": b"1"}
    export(archive, asked("soc", aligned_to="mode"), tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text().splitlines()[0] == '"time_utc","time_tai_s","soc [1]"'


def test_netcdf_has_units_and_times_of_the_conventions(archive: ColumnArchive, tmp_path: Path) -> None:
    known = archive.values("LSAT-1", "soc", -np.inf, np.inf)
    for request, dimension in ((asked("soc", "mode"), "soc_time"), (asked("soc", "mode", aligned_to="mode"), "time")):
        made = export(archive, request, tmp_path / "c.nc")
        with netcdf_file(made.path, mmap=False) as file:
            assert file.Conventions == b"CF-1.11"
            soc, time = file.variables["soc"], file.variables[dimension]
            assert soc.dimensions == (dimension,) and soc.units == b"1"
            assert soc[:].tolist() == known.values.to_pylist()
            assert (time.standard_name, time.units) == (b"time", b"seconds since 1970-01-01 00:00:00")
            assert time[0] == datetime(2026, 3, 1, 23, 50, tzinfo=UTC).timestamp()
            assert file.variables[f"{dimension}_tai"][:].tolist() == known.generated_tai_s.tolist()
            assert b"".join(file.variables["mode"][0]).rstrip(b"\0") == b"safe"


def test_what_cannot_be_exported_leaves_nothing(archive: ColumnArchive, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must end in .parquet, .csv, .nc"):
        export(archive, asked("soc"), tmp_path / "a.txt")
    with pytest.raises(NotFound, match="'nothing'"):
        export(archive, asked("soc", "nothing"), tmp_path / "a.csv")
    with pytest.raises(InputError, match="each once"):
        asked("soc", "soc")
    with pytest.raises(InputError, match="not to both"):
        asked("soc", aligned_to="mode", step_s=1.0)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        export(archive, asked("soc"), tmp_path / "file" / "a.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_utc_of_many_times_is_that_of_each_also_at_a_leap_second() -> None:
    leap_tai_s = tai_s_from_utc(datetime(2017, 1, 1, tzinfo=UTC))
    for begin_s in (leap_tai_s - 3.0, T0_TAI_S):
        times = begin_s + np.arange(40) / 8
        expected = [utc_from_tai_s(one).timestamp() for one in times.tolist()]
        assert (utc_microseconds(times) / 1e6).tolist() == pytest.approx(expected, abs=2e-6)
