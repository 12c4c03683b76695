"""Conjunction data messages: Orekit's and NASA CARA's samples, damage to them, and where they are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyfield.framelib import ICRS_to_J2000

from core.errors import Conflict, InputError, NotFound
from core.events import EventLog
from core.frames import gcrf_from_eme2000, gcrf_from_itrf, itrf_from_gcrf
from core.mission import CdmError, parse_cdm, reference_mission
from core.mission.conjunctions import ConjunctionFolder, ConjunctionRepository
from core.store import open_database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_STATE = "X = {x} [km]\nY = 0 [km]\nZ = 0 [km]\nX_DOT = 0 [km/s]\nY_DOT = {speed} [km/s]\nZ_DOT = {climb} [km/s]\n"
_COVARIANCE = (
    "CR_R = 100 [m**2]\nCT_R = 0 [m**2]\nCT_T = 400 [m**2]\nCN_R = 0 [m**2]\nCN_T = 0 [m**2]\nCN_N = 100 [m**2]\n"
)


def message(
    message_id: str = "CDM-20261123-0001", name: str = "LSAT-1", miss_m: float = 50.0, designator: str = "UNKNOWN"
) -> str:
    """A small message: an object crosses in front of a satellite on the x axis."""
    first = _STATE.format(x=7000, speed=7.5, climb=0) + _COVARIANCE
    second = _STATE.format(x=7000 + miss_m / 1000, speed=0, climb=7.5) + _COVARIANCE
    return (
        "CCSDS_CDM_VERS = 1.0\nCREATION_DATE = 2026-11-22T10:00:00.000\nORIGINATOR = TEST\n"
        f"MESSAGE_ID = {message_id}\nTCA = 2026-327T06:00:00.000\nMISS_DISTANCE = {miss_m} [m]\n"
        f"COMMENT HBR = 12.5 [m]\nOBJECT = OBJECT1\nOBJECT_DESIGNATOR = {designator}\nOBJECT_NAME = {name}\n"
        f"REF_FRAME = GCRF\n{first}OBJECT = OBJECT2\nOBJECT_DESIGNATOR = 99999\nOBJECT_NAME = DEBRIS\nREF_FRAME = GCRF\n{second}"
    )


def repository(folder: Path) -> ConjunctionRepository:
    database = open_database(folder / "messages.db")
    return ConjunctionRepository(database, EventLog(database), reference_mission())


def test_every_public_message_of_cara_and_alfano_is_read(reference_data: Path) -> None:
    folders = [reference_data / "planning" / "cdm_pc", reference_data / "flight" / "orekit" / "ccsds" / "cdm"]
    files = [file for folder in folders for file in sorted(folder.glob("*.cdm"))]
    assert len(files) == 52
    for file in files:
        cdm = parse_cdm(file.read_text())
        apart_m = float(np.linalg.norm(cdm.objects[1].r_gcrf_m - cdm.objects[0].r_gcrf_m))
        assert apart_m == pytest.approx(cdm.miss_distance_m, abs=1.0), file.name
        assert cdm.hard_body_radius_m is not None, file.name


def test_the_example_of_the_standard_reads_the_same_as_kvn_and_xml(reference_data: Path) -> None:
    folder = reference_data / "flight" / "orekit" / "ccsds" / "cdm"
    kvn, xml = (parse_cdm((folder / f"CDMExample1.{form}").read_text()) for form in ("txt", "xml"))
    assert kvn.tca_utc == xml.tca_utc == datetime(2010, 3, 13, 22, 37, 52, 618000, tzinfo=UTC)
    assert (kvn.objects[1].name, kvn.objects[1].designator) == ("FENGYUN 1C DEB", "30337")
    for ours, theirs in zip(kvn.objects, xml.objects, strict=True):
        np.testing.assert_array_equal(ours.r_gcrf_m, theirs.r_gcrf_m)
        np.testing.assert_array_equal(ours.covariance_rtn_m2, theirs.covariance_rtn_m2)
    assert kvn.objects[0].covariance_rtn_m2[1, 0] == kvn.objects[0].covariance_rtn_m2[0, 1] == -8.579
    assert xml.stated_probability == 4.835e-5


def test_an_itrf_message_of_the_space_force_has_its_relative_speed_in_gcrf(reference_data: Path) -> None:
    file = reference_data / "flight" / "orekit" / "ccsds" / "cdm" / "ION_SCV8_vs_STARLINK_1233.txt"
    first, second = parse_cdm(file.read_text()).objects
    assert np.linalg.norm(second.r_gcrf_m - first.r_gcrf_m) == pytest.approx(55, abs=1)
    assert np.linalg.norm(second.v_gcrf_m_s - first.v_gcrf_m_s) == pytest.approx(14544, abs=2)  # RELATIVE_SPEED
    assert first.area_m2 == 1.2007


def test_a_message_whose_states_contradict_its_miss_distance_is_refused(reference_data: Path) -> None:
    """The second example of the standard has invented states, 55,000 km apart."""
    text = (reference_data / "flight" / "orekit" / "ccsds" / "cdm" / "CDMExample3.txt").read_text()
    with pytest.raises(CdmError, match="contradicts the objects' states") as raised:
        parse_cdm(text)
    assert raised.value.line == 8


@pytest.mark.parametrize(
    ("old", "new", "keyword", "line"),
    [
        ("TCA = 2026-327T06:00:00.000\n", "", "TCA", None),
        ("TCA = 2026-327T06:00:00.000", "TCA = tomorrow", "TCA", 5),
        ("MISS_DISTANCE = 50.0 [m]", "MISS_DISTANCE = 0.05 [km]", "MISS_DISTANCE", 6),
        ("X = 7000 [km]", "X = 7000000 [m]", "X", 12),
        ("X = 7000 [km]", "X = NaN [km]", "X", 12),
        ("CR_R = 100 [m**2]", "CR_R = much", "CR_R", 18),
        ("CR_R = 100 [m**2]", "CR_R = 100 [m**2]\nCR_R = 100 [m**2]", "CR_R", 19),
        ("REF_FRAME = GCRF", "REF_FRAME = TEME", "REF_FRAME", 11),
        ("OBJECT = OBJECT2", "OBJECT = OBJECT3", "OBJECT", 24),
        ("CCSDS_CDM_VERS = 1.0", "CCSDS_CDM_VERS = 9.0", "CCSDS_CDM_VERS", 1),
        ("CCSDS_CDM_VERS = 1.0\n", "", "CREATION_DATE", 1),
        ("ORIGINATOR = TEST", "a sentence", "CDM", 3),
        ("OBJECT_NAME = LSAT-1", "OBJECT_NAME = LSAT\x00-1", "OBJECT_NAME", 10),
        ("Y_DOT = 7.5", "Y_DOT = 0", "X", 12),
    ],
)
def test_damage_is_named_by_keyword_and_line(old: str, new: str, keyword: str, line: int | None) -> None:
    with pytest.raises(CdmError) as raised:
        parse_cdm(message().replace(old, new, 1))
    assert (raised.value.field, raised.value.line) == (keyword, line)


def test_xml_that_declares_entities_is_refused() -> None:
    with pytest.raises(CdmError, match="document type"):
        parse_cdm('<!DOCTYPE cdm [<!ENTITY a "b">]><cdm version="1.0"><header/></cdm>')


@given(st.integers(0, 900), st.text(max_size=12))
def test_any_damage_is_read_or_named_and_never_crashes(place: int, inserted: str) -> None:
    text = message()
    try:
        parse_cdm(text[:place] + inserted + text[place + len(inserted) :])
    except CdmError as error:
        assert error.field


def test_frames_turn_into_gcrf_as_skyfield_has_them_and_back() -> None:
    vector = np.array([7.0e6, -1.2e6, 3.0e6])
    # First order in the frame bias: 23 mas squared leave 1e-14 of the length.
    np.testing.assert_allclose(gcrf_from_eme2000(vector), np.asarray(ICRS_to_J2000).T @ vector, atol=2e-5)
    t_tai_s, r_m, v_m_s = np.array([8.4e8]), vector[np.newaxis], np.array([[10.0, 7000.0, -500.0]])
    back = gcrf_from_itrf(t_tai_s, *itrf_from_gcrf(t_tai_s, r_m, v_m_s))
    np.testing.assert_allclose(back[0], r_m, atol=1e-8)
    np.testing.assert_allclose(back[1], v_m_s, atol=1e-10)


def test_a_message_is_stored_once_under_its_own_id_and_survives_reopening(tmp_path: Path) -> None:
    store = repository(tmp_path)
    first = store.receive(message(), actor="user:planner", at_utc=NOW)
    again = store.receive(message(), actor="user:planner", at_utc=NOW)
    assert first.conjunction_id == again.conjunction_id == "CDM-20261123-0001"
    assert (first.satellite, first.own, first.other.name) == ("LSAT-1", 0, "DEBRIS")
    reopened = repository(tmp_path)
    assert [one.conjunction_id for one in reopened.messages("LSAT-1")] == ["CDM-20261123-0001"]
    assert reopened.messages("LSAT-2") == []
    assert reopened.message("CDM-20261123-0001").received_utc == NOW
    events = EventLog(open_database(tmp_path / "messages.db")).read(kinds=("conjunction.received",))
    assert [one.subject for one in events] == ["CDM-20261123-0001"]


def test_another_text_under_the_same_message_id_conflicts(tmp_path: Path) -> None:
    store = repository(tmp_path)
    store.receive(message(), actor="user:planner", at_utc=NOW)
    with pytest.raises(Conflict, match="CDM-20261123-0001"):
        store.receive(message(miss_m=60.0), actor="user:planner", at_utc=NOW)


def test_foreign_message_ids_get_the_next_id_of_the_day(tmp_path: Path) -> None:
    store = repository(tmp_path)
    names = [
        store.receive(message(one), actor="user:planner", at_utc=NOW).conjunction_id
        for one in ("CDM-20261123-0001", "JSPOC-1", "JSPOC-2")
    ]
    assert names == ["CDM-20261123-0001", "CDM-20261123-0002", "CDM-20261123-0003"]


def test_a_message_about_other_satellites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CdmError, match="not satellites of this mission"):
        repository(tmp_path).receive(message(name="GALAXY 15"), actor="user:planner", at_utc=NOW)
    with pytest.raises(NotFound, match="CDM-20261123-0009"):
        repository(tmp_path).message("CDM-20261123-0009")


def test_a_folder_of_messages_names_them_by_id_or_file(tmp_path: Path) -> None:
    (tmp_path / "one.cdm").write_text(message("CDM-20261123-0004"))
    (tmp_path / "CDM-20261123-0005.cdm").write_text(message("4711", name="lsat 2"))
    folder = ConjunctionFolder(tmp_path, reference_mission())
    assert [one.conjunction_id for one in folder.messages()] == ["CDM-20261123-0004", "CDM-20261123-0005"]
    assert folder.message("CDM-20261123-0005").satellite == "LSAT-2"
    (tmp_path / "broken.cdm").write_text("hello")
    with pytest.raises(InputError, match=r"broken\.cdm"):
        ConjunctionFolder(tmp_path, reference_mission())
    with pytest.raises(InputError, match="not a folder"):
        ConjunctionFolder(tmp_path / "absent", reference_mission())
