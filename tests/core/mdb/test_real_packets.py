"""Real JPSS-1 packets with the mission's own XTCE, against values that two independent libraries agree on."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from core.link import split_packets
from core.mdb import DatabaseFileError, decode_packet, load_mdb

REFERENCE = Path(os.environ.get("LLAMASPACE_REFERENCE_DATA", "../shared/data")) / "mcs"


def _path(*parts: str) -> Path:
    path = REFERENCE.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"reference data {path} is absent")
    return path


def test_jpss_attitude_and_ephemeris_packets_decode_to_the_agreed_values() -> None:
    mdb = load_mdb(_path("jpss", "jpss1_geolocation_xtce_v1.xml"))
    packets = split_packets(_path("jpss", "J01_G011_LZ_2021-04-09T00-00-00Z_V01.DAT1").read_bytes())
    with _path("jpss", "jpss_expected_raw_720.csv").open() as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 720
    for row, raw in zip(expected, packets, strict=False):
        decoded = decode_packet(mdb, raw, error_control=False).parameters
        # SEC_HDR_FLG and the like are whole numbers; the rest are IEEE 754 floats printed in full: equality is exact.
        assert {name: float(decoded[name].raw) for name in row} == {name: float(value) for name, value in row.items()}


def test_the_large_database_of_a_real_cubesat_loads() -> None:
    mdb = load_mdb(_path("ctim", "ctim_xtce_v1.xml"))
    assert len(mdb.parameters) == 9493


def test_what_is_not_supported_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "algorithm.xml"
    path.write_text(
        "<SpaceSystem name='x'><TelemetryMetaData><ParameterTypeSet><IntegerParameterType name='t'>\n"
        "<IntegerDataEncoding><FromBinaryTransformAlgorithm name='f'/></IntegerDataEncoding></IntegerParameterType>"
        "</ParameterTypeSet><ParameterSet><Parameter name='p' parameterTypeRef='t'/></ParameterSet></TelemetryMetaData>"
        "</SpaceSystem>"
    )
    with pytest.raises(DatabaseFileError, match="an algorithm in place of an encoding is not supported") as caught:
        load_mdb(path)
    assert caught.value.line == 2


def test_a_container_that_includes_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "loop.xml"
    path.write_text(
        "<SpaceSystem name='x'><TelemetryMetaData><ContainerSet><SequenceContainer name='a'><EntryList>"
        "<ContainerRefEntry containerRef='a'/></EntryList></SequenceContainer></ContainerSet></TelemetryMetaData>"
        "</SpaceSystem>"
    )
    with pytest.raises(DatabaseFileError, match="includes itself"):
        load_mdb(path)
