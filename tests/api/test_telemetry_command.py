"""``llamaspace telemetry export``: beside a running owner, with units, and with clear refusals."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from api.cli.main import main
from core.link import Telemetry, encode_telemetry
from core.mdb import encode_container, reference_mdb
from core.mdb.batch import BatchDecoder, packet_offsets
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.packet_rows import PacketRows, pus_times
from core.time import tai_s_from_utc

MDB = reference_mdb()
T0_TAI_S = tai_s_from_utc(datetime(2026, 3, 1, tzinfo=UTC))
SPAN = ["--start", "2026-03-01T00:00:00Z", "--end", "2026-03-01T01:00:00Z"]


def _archive(folder: Path) -> ColumnArchive:
    values = {one.name: 0 for one in MDB.containers["Housekeeping"].entries} | {
        "structure_id": 1,
        "mode": "nominal",
        "pointing": "nadir",
        "in_eclipse": False,
        "downlink_active": False,
    }
    raw = []
    for number in range(20):
        data = encode_container(MDB, "Housekeeping", values | {"bus_voltage_v": 28.0, "soc": number / 100})  # type: ignore[operator]
        raw.append(encode_telemetry(Telemetry(673, number, 3, 25, number, T0_TAI_S + 60 * number, data)))
    archive = ColumnArchive(folder / "telemetry", BatchDecoder(MDB), pus_times)
    octets = np.frombuffer(b"".join(raw), dtype=np.uint8)
    archive.append(PacketRows("LSAT-1", octets, packet_offsets([len(one) for one in raw]), np.full(20, 9e8)))
    return archive


def test_parameters_are_exported_beside_the_process_that_has_the_archive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = _archive(tmp_path)
    asked = ["telemetry", "export", "--data", str(tmp_path), "--satellite", "LSAT-1", "--parameter", "soc", *SPAN]
    for step in ("log", "files"):
        out = tmp_path / f"{step}.parquet"
        assert main([*asked, "--out", str(out), "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"out": str(out), "rows": 20, "kept_from_utc": None}
        assert pq.read_table(out)["value"].to_pylist() == pytest.approx([one / 100 for one in range(20)], abs=0.005)
        archive.compact()
    assert main([*asked, "--out", str(tmp_path / "a.nc"), "--step", "30"]) == 0
    assert capsys.readouterr().out == f"121 rows in {tmp_path / 'a.nc'}\n"
    late = ["--start", "2027-01-01T00:00:00Z", "--end", "2027-01-02T00:00:00Z"]
    assert main([*asked[:-4], *late, "--out", str(tmp_path / "none.csv")]) == 1
    archive.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--satellite": "NONE"}, "--satellite: 'NONE' is not one of ['LSAT-1']"),
        ({"--parameter": "none"}, "no packet of LSAT-1 ever had a parameter 'none'"),
        ({"--out": "x.xls"}, "must end in .parquet, .csv, .nc"),
        ({"--start": "yesterday"}, "--start"),
        ({"--start": "2026-03-02T00:00:00Z"}, "--end: 2026-03-01T01:00:00Z is before --start"),
        ({"--data": "/nowhere"}, "there is no telemetry archive in /nowhere/telemetry"),
    ],
)
def test_what_is_wrong_is_named(
    change: dict[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _archive(tmp_path).close()
    given = {"--data": str(tmp_path), "--satellite": "LSAT-1", "--parameter": "soc", "--out": str(tmp_path / "a.csv")}
    given |= dict(zip(SPAN[::2], SPAN[1::2], strict=True))
    words = [word for pair in (given | change).items() for word in pair]
    assert main(["telemetry", "export", *words]) == 2
    assert said in capsys.readouterr().err
