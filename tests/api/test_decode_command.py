"""``llamaspace decode``: real packets to a table, nothing lost, and every fault named."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from api.cli.main import main
from tests.core.mdb.xtce_text import space_system, telemetry, unsigned

HEADER = "".join(f'<ParameterRefEntry parameterRef="{name}"/>' for name in ("id", "count", "length", "apid"))


def _database(tmp_path: Path) -> str:
    """Packets with a number; those of number 7 have a list of values."""
    repeat = (
        '<SequenceContainer name="List"><EntryList><ParameterRefEntry parameterRef="n"/><ParameterRefEntry parameterRef="x">'
        '<RepeatEntry><Count><DynamicValue><ParameterInstanceRef parameterRef="n"/></DynamicValue></Count></RepeatEntry>'
        '</ParameterRefEntry></EntryList><BaseContainer containerRef="P"><RestrictionCriteria><Comparison parameterRef="apid" '
        'value="7"/></RestrictionCriteria></BaseContainer></SequenceContainer>'
    )
    types = unsigned("u8") + unsigned("u16", 16)
    parameters = {"id": "u16", "count": "u16", "length": "u16", "apid": "u8", "n": "u8", "x": "u8"}
    path = tmp_path / "t.xml"
    path.write_text(space_system(telemetry(types, parameters, HEADER, repeat)))
    return str(path)


def _packet(*content: int) -> bytes:
    return b"\x08\x01\xc0\x00" + (len(content) - 1).to_bytes(2, "big") + bytes(content)


def test_real_packets_have_the_values_that_two_libraries_agree_on(reference_data: Path, tmp_path: Path) -> None:
    folder, out = reference_data / "mcs" / "jpss", tmp_path / "j.parquet"
    packets = folder / "J01_G011_LZ_2021-04-09T00-00-00Z_V01.DAT1"
    code = main(["decode", "--xtce", str(folder / "jpss1_geolocation_xtce_v1.xml"), str(packets), "--out", str(out)])
    table = pq.read_table(out)
    assert (code, table.num_rows, set(table["error"].to_pylist())) == (0, 7200, {None})
    with (folder / "jpss_expected_raw_720.csv").open() as file:
        rows = list(csv.DictReader(file))
    for name in rows[0]:
        assert table[name].to_pylist()[:720] == [float(row[name]) for row in rows], name


def test_what_cannot_be_decoded_has_its_row_and_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "p.bin"
    data.write_bytes(_packet(7, 2, 40, 50) + _packet(7, 9, 1) + _packet(3) + b"\x08\x01")
    out = tmp_path / "p.parquet"
    code = main(["decode", "--xtce", _database(tmp_path), str(data), "--out", str(out), "--json"])
    said = json.loads(capsys.readouterr().out)
    table = pq.read_table(out).to_pylist()
    assert (code, said["packets"], said["undecodable"], said["octets_left"]) == (1, 3, 1, 2)
    assert [row["container"] for row in table] == ["List", None, "P"]
    assert (table[0]["x"], table[0]["x.all"]) == (50, "[40, 50]")
    assert "the data ends" in table[1]["error"]
    assert table[2]["apid"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "x.txt"], "must end in .parquet or .csv"),
        (["--out", "x.csv", "--root", "Q"], "'Q' is not one of the containers"),
    ],
)
def test_bad_options_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    data = tmp_path / "p.bin"
    data.write_bytes(_packet(3))
    assert main(["decode", "--xtce", _database(tmp_path), str(data), *arguments]) == 2
    assert message in capsys.readouterr().err
