"""OMM in all four written forms, against the samples of Orekit and python-sgp4, and against damage."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sgp4 import omm as sgp4_omm

from core.mission import Omm, OmmError, parse_omm, write_omm
from core.mission.model import MeanElements
from core.mission.omm_text import OmmFormat

KVN = """CCSDS_OMM_VERS = 2.0
CREATION_DATE = 2007-065T16:00:00
ORIGINATOR = TEST
OBJECT_NAME = GOES 9
OBJECT_ID = 1995-025A
CENTER_NAME = EARTH
REF_FRAME = TEME
TIME_SYSTEM = UTC
MEAN_ELEMENT_THEORY = SGP/SGP4
EPOCH = 2007-064T10:34:41.4264
MEAN_MOTION = 1.00273272 [rev/day]
ECCENTRICITY = 0.0005013
INCLINATION = 3.0539 [deg]
RA_OF_ASC_NODE = 81.7939
ARG_OF_PERICENTER = 249.2363
MEAN_ANOMALY = 150.1602
NORAD_CAT_ID = 23581
BSTAR = 0.0001
"""
ACCEPTED = [
    "OMMExample1.txt",
    "OMMExample2.txt",
    "OMMExample2.xml",
    "OMMExample4.txt",
    "OMMExample4.xml",
    "OMM-with-units.xml",
    "OMM-empty-object-id.txt",
    "OMM-empty-object-id.xml",
]
REFUSED = {
    "OMM-number-format-error.txt": "ARG_OF_PERICENTER",
    "OMM-wrong-keyword.txt": "WRONG_KEYWORD",
    "spurious-metadata.xml": "metadata",
    "OMMExample3.txt": "REF_FRAME",  # true-of-date mean elements of an unknown theory: not SGP4's
    "OMMExample3_utc.txt": "REF_FRAME",
    "OMMExample5.txt": "MEAN_ELEMENT_THEORY",  # SGP4-XP, which is not public
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_valid_samples_are_read(reference_data: Path, name: str) -> None:
    (omm,) = parse_omm((reference_data / "flight/orekit/ccsds/odm/omm" / name).read_text())
    assert omm.norad_id in (23581, 7646)
    assert (omm.object_id is None) == ("empty-object-id" in name)
    expected = (1.00273272, 3.0539) if omm.norad_id == 23581 else (13.82309053, 49.8237)
    assert (omm.elements.mean_motion_rev_day, omm.elements.inclination_deg) == expected


@pytest.mark.parametrize("name", REFUSED)
def test_invalid_samples_are_refused_at_their_keyword(reference_data: Path, name: str) -> None:
    with pytest.raises(OmmError) as raised:
        parse_omm((reference_data / "flight/orekit/ccsds/odm/omm" / name).read_text())
    assert raised.value.field == REFUSED[name]
    assert raised.value.line is not None and raised.value.column is not None


def test_csv_and_xml_of_one_object_agree(reference_data: Path) -> None:
    folder = reference_data / "flight" / "sgp4-vectors"
    (csv,), (xml,) = (parse_omm((folder / f"sample_omm.{form}").read_text()) for form in ("csv", "xml"))
    assert csv == xml
    (json,) = parse_omm((folder / "sample_omm.json").read_text())
    assert json.object_name == csv.object_name == "VANGUARD 1"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("MEAN_MOTION = 1.00273272 [rev/day]\n", "", "MEAN_MOTION"),
        ("[rev/day]", "[rad/s]", "MEAN_MOTION"),
        ("0.0005013", "1.5", "ECCENTRICITY"),
        ("0.0005013", "nan", "ECCENTRICITY"),
        ("2007-064T", "2007-400T", "EPOCH"),
        ("2007-064T10", "yesterday", "EPOCH"),
        ("TIME_SYSTEM = UTC", "TIME_SYSTEM = TAI", "TIME_SYSTEM"),
        ("REF_FRAME = TEME\n", "", "REF_FRAME"),
        ("NORAD_CAT_ID = 23581", "NORAD_CAT_ID = 23x", "NORAD_CAT_ID"),
        ("BSTAR = 0.0001", "BSTAR = 0.0001\nBSTAR = 0.0002", "BSTAR"),
        ("BSTAR = 0.0001", "BSTAR 0.0001", "OMM"),
    ],
)
def test_damage_is_refused_at_its_keyword(old: str, new: str, field: str) -> None:
    with pytest.raises(OmmError) as raised:
        parse_omm(KVN.replace(old, new, 1))
    assert raised.value.field == field


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '[{"EPOCH": {}}]', "<omm/>", "<a", "A,B\n1", '<!DOCTYPE x [<!ENTITY e "x">]><omm version="2.0"/>'],
)
def test_text_that_holds_no_message_is_refused(text: str) -> None:
    with pytest.raises(OmmError):
        parse_omm(text)


PLACES = [
    # damage, and the text at which the error must point
    ("kvn", "0.0005013", "0.0x05013", "0.0x05013"),
    ("kvn", "2007-064T10", "2007-400T10", "2007-400T10"),
    ("kvn", "[rev/day]", "[rad/s]", "rad/s]"),
    ("kvn", "REF_FRAME = TEME", "  REF_FRAME =   GCRF", "GCRF"),
    ("kvn", "OBJECT_NAME", "OBJECT_NOM", "OBJECT_NOM"),
    ("kvn", "MEAN_ANOMALY = ", "MEAN_ANOMALY ", "MEAN_ANOMALY "),
    ("xml", ">TEME<", "> GCRF<", "GCRF<"),
    ("xml", "<INCLINATION>34.", "<INCLINATION>\n    x34.", "x34."),
    ("xml", "<ECCENTRICITY>", "<EXCENTRICITY>", "<EXCENTRICITY>"),
    ("xml", "</ECCENTRICITY>", "</ECCENTRICITE>", "ECCENTRICITE>"),
    ("json", '"ECCENTRICITY": 0.1841322', '"ECCENTRICITY": "a"', '"a"'),
    ("json", '"MEAN_ANOMALY":', '"BSTAR": 1, "MEAN_ANOMALY":', "0.00035436"),
    ("json", '"EPOCH": "2025-02-14T14:36:48.662784"', '"EPOCH":  {"a": [1]}', "{"),
    ("json", '"EPOCH": "2025-02-14T14:36:48.662784",', "", "{"),
    ("json", '"INCLINATION": 34.2493', '"INCLINATION": 190', "190"),
    ("csv", ",34.2", ",x34.2", "x34.2"),
]


@pytest.mark.parametrize(("form", "old", "new", "pointed"), PLACES)
def test_damage_is_refused_at_its_line_and_column(
    reference_data: Path, form: str, old: str, new: str, pointed: str
) -> None:
    whole = KVN if form == "kvn" else (reference_data / "flight/sgp4-vectors" / f"sample_omm.{form}").read_text()
    assert old in whole
    damaged = whole.replace(old, new, 1)
    with pytest.raises(OmmError) as raised:
        parse_omm(damaged)
    line, column = raised.value.line, raised.value.column
    assert line is not None and column is not None
    assert f"line {line}, column {column}" in raised.value.message
    assert damaged.splitlines()[line - 1][column - 1 :].startswith(pointed)


@given(st.integers(0, len(KVN)), st.text(max_size=20))
def test_inserted_text_never_crashes_the_reader(place: int, noise: str) -> None:
    try:
        parse_omm(KVN[:place] + noise + KVN[place:])
    except OmmError as error:
        assert error.field


_ELEMENTS = st.builds(
    MeanElements,
    epoch_utc=st.integers(0, 2_000_000_000_000_000).map(
        lambda us: datetime(1980, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    ),
    mean_motion_rev_day=st.floats(0.1, 17.5),
    eccentricity=st.floats(0.0, 0.9),
    inclination_deg=st.floats(0.0, 180.0),
    raan_deg=st.floats(0.0, 359.9),
    argument_of_perigee_deg=st.floats(0.0, 359.9),
    mean_anomaly_deg=st.floats(0.0, 359.9),
    bstar_per_earth_radius=st.floats(-1.0, 1.0),
    mean_motion_dot_rev_day2=st.floats(-1.0, 1.0),
)
_NAMES = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="=[],\"'"), min_size=1, max_size=20
)


@pytest.mark.parametrize("form", OmmFormat)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(_NAMES, st.integers(1, 339_999), _ELEMENTS), min_size=1, max_size=4))
def test_messages_survive_being_written(form: OmmFormat, given_: list[tuple[str, int, MeanElements]]) -> None:
    messages = [Omm(name, "1998-067A", number, elements) for name, number, elements in given_]
    text = write_omm(messages, form, creation_utc=datetime(2026, 11, 22, tzinfo=UTC), originator="LLAMASPACE")
    assert parse_omm(text) == messages


def test_a_written_message_means_the_same_to_python_sgp4(reference_data: Path) -> None:
    """python-sgp4 reads our XML and CSV as it reads the samples that it ships."""
    sample = (reference_data / "flight/sgp4-vectors/sample_omm.xml").read_text()
    (omm,) = parse_omm(sample)
    for form, reader in ((OmmFormat.XML, sgp4_omm.parse_xml), (OmmFormat.CSV, sgp4_omm.parse_csv)):
        text = write_omm([omm], form, creation_utc=datetime(2026, 11, 22, tzinfo=UTC), originator="LLAMASPACE")
        fields = next(iter(reader(io.StringIO(text))))
        assert float(fields["MEAN_MOTION"]) == omm.elements.mean_motion_rev_day
        assert float(fields["BSTAR"]) == omm.elements.bstar_per_earth_radius
        assert fields["OBJECT_NAME"] == omm.object_name
