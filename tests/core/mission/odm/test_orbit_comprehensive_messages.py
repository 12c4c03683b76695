"""OCM against the samples of Orekit, which hold the standard's own examples; round trips and damage."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.frames import itrf_from_geodetic
from core.mission.odm import ElementSet, Ocm, OcmFields, OdmError, OdmFormat, TimeSystem, parse_ocm, write_ocm
from core.mission.odm.ocm_keywords import COV, MAN, MAN_ROW, META, OD, PERT, PHYS, TRAJ
from core.mission.odm.ocm_values import ELEMENT_UNITS, scale_of
from core.time import parse_ascii

SAMPLES = "flight/orekit/ccsds/odm/ocm"
REFUSED = {
    "OCM-incompatible-units-dimension.txt": "TRAJ_UNITS",
    "OCM-incompatible-units-scale.txt": "TRAJ_UNITS",
    "OCM-missing-maneuver-time.txt": "MAN_COMPOSITION",
    "OCM-missing-revnum-basis.txt": "ORB_REVNUM_BASIS",
    "OCM-missing-t0.txt": "EPOCH_TZERO",
    "OCM-spurious-metadata-section.txt": "META_START",
    "OCM-unknown-frame-center.txt": "CENTER_NAME",
    "OCM-unknown-frame.txt": "TRAJ_REF_FRAME",
    "OCM-wrong-nb-elements.txt": "TRAJ_UNITS",
    "OCM-wrong-time-span.txt": "TIME_SPAN",
}
MINIMAL = """CCSDS_OCM_VERS = 3.0
CREATION_DATE = 2026-11-22T12:00:00
ORIGINATOR = TEST
META_START
TIME_SYSTEM = TAI
EPOCH_TZERO = 2026-11-22T12:00:00
META_STOP
TRAJ_START
TRAJ_REF_FRAME = GCRF
0.0 6878.0 0.0 0.0 0.0 7.6 0.0
  60.0 6863.0 455.0 3.0 -0.5 7.58 0.1
TRAJ_STOP
PHYS_START
WET_MASS = 168 [kg]
PHYS_STOP
COV_START
COV_REF_FRAME = RSW_ROTATING
COV_TYPE = CARTP
COV_ORDERING = FULL
0.0 1e-4 2e-6 0 2e-6 4e-4 0 0 0 1e-4
COV_STOP
MAN_START
MAN_ID = M1
MAN_DEVICE_ID = THR_01
MAN_REF_FRAME = RSW_ROTATING
MAN_COMPOSITION = TIME_ABSOLUTE, TIME_RELATIVE, MAN_DURA, DELTA_MASS, DV_X, DV_Y, DV_Z
2026-11-22T13:00:00 3600.0 60.0 -0.1 0.0 0.001 0.0
MAN_STOP
USER_START
USER_DEFINED_NOTE = a [b]
USER_STOP
"""


def _samples(reference_data: Path) -> list[Path]:
    found = sorted((reference_data / SAMPLES).iterdir())
    assert len(found) == 22
    return found


def _read(reference_data: Path, name: str) -> Ocm:
    return parse_ocm((reference_data / SAMPLES / name).read_text())


def test_every_sample_is_read_or_refused_as_its_name_says(reference_data: Path) -> None:
    for path in _samples(reference_data):
        if path.name in REFUSED:
            with pytest.raises(OdmError) as raised:
                parse_ocm(path.read_text())
            assert raised.value.field == REFUSED[path.name], path.name
            assert raised.value.line is not None or "missing" in raised.value.message, path.name
        else:
            parse_ocm(path.read_text())


def test_burns_and_deployments_of_the_standards_example(reference_data: Path) -> None:
    """CCSDS 502.0-B-3, figure G-17: ten objects deployed, then 100 s of 0.5 N along the track."""
    ocm = _read(reference_data, "OCMExample3.txt")
    deploy, burn = ocm.maneuvers
    assert deploy.frame == burn.frame == "RSW_ROTATING"
    assert [one.texts["DEPLOY_ID"] for one in deploy.rows] == [f"CUBESAT_{k}" for k in range(10, 20)]
    for one in deploy.rows:  # 1 m/s each, 20 degrees off the track: the comment in the message
        assert one.deployment_m_s is not None
        assert np.linalg.norm(one.deployment_m_s) == pytest.approx(1.0, abs=1e-4)
        assert one.deployment_m_s[1] == pytest.approx(-math.cos(math.radians(20.0)), abs=1e-5)
    (row,) = burn.rows
    np.testing.assert_allclose(row.thrust_n, [0.0, 0.5, 0.0])
    assert row.duration_s == 100.0
    assert (row.numbers["THR_ISP"], row.numbers["THR_MAG_SIGMA"]) == (300.0, pytest.approx(0.05))
    assert row.numbers["THR_DIR_SIGMA"] == pytest.approx(math.radians(1.0))
    assert row.moment.t_tai_s == pytest.approx(parse_ascii("1998-12-18T14:28:15.1172Z") + 500.0, abs=1e-6)
    assert burn.velocity_changes() == ()
    assert ocm.spacecraft.mass_kg == 100.0 and ocm.spacecraft.drag_area_m2 == 10.0
    assert ocm.perturbations is not None and ocm.perturbations.number("GM") == pytest.approx(3.986004415e14)
    r_m, v_m_s, a_m_s2 = ocm.trajectories[0].cartesian()
    assert v_m_s is not None and a_m_s2 is not None
    np.testing.assert_allclose(r_m[0], [2_789_600.0, -280_000.0, -1_746_800.0])
    np.testing.assert_allclose(a_m_s2[0], [8.0, 1.0, -159.0])


def test_every_keyword_of_the_large_sample_arrives(reference_data: Path) -> None:
    ocm = _read(reference_data, "OCMExample4.txt")
    assert [one.element_set for one in ocm.trajectories] == [
        ElementSet.CARTPVA,
        ElementSet.CARTP,
        ElementSet.KEPLERIAN,
    ]
    np.testing.assert_allclose(ocm.trajectories[2].elements[0, 2], math.radians(0.122138))
    lower, upper = ocm.covariances
    assert lower.matrices[1, 5, 0] == pytest.approx(16.1e6) and lower.of_states()[1].frame == "MOD"
    # The correlation that stands in the lower half is of the covariance in the upper one.
    assert upper.matrices[0, 0, 1] == upper.matrices[0, 1, 0] == pytest.approx(20.0e6)
    assert (upper.frame, upper.fields.number("COV_CONFIDENCE")) == ("TNW_INERTIAL", 0.5)
    first = ocm.maneuvers[0].velocity_changes()[0]
    np.testing.assert_allclose(first.delta_v_m_s, [25.0, 1.5, 0.29])
    assert (first.duration_s, first.delta_mass_kg) == (200.0, -5.0)
    assert ocm.maneuvers[1].fields.text("DC_BODY_FRAME") == "SENSOR_3"
    assert ocm.physical is not None and ocm.physical.number("DRAG_UNCERTAINTY") == pytest.approx(0.1)
    assert ocm.determination is not None and ocm.determination.number("ACTUAL_OD_SPAN") == pytest.approx(2.3 * 86400.0)
    assert ocm.determination.text("SOLVE_STATES") == "POS[3], VEL[3]"
    assert ocm.metadata.number("TIME_SPAN") == pytest.approx(0.041550925925 * 86400.0)


def test_geodetic_elements_are_the_cartesian_ones_of_the_twin_sample(reference_data: Path) -> None:
    """Two files of one orbit: longitude, latitude, flight-path angle, azimuth, height, speed; and Cartesian."""
    geodetic = _read(reference_data, "OCMExample5Geodetic.txt").trajectories[0]
    r_m, v_m_s, _ = _read(reference_data, "OCMExample5ITRF.txt").trajectories[0].cartesian()
    assert v_m_s is not None and len(r_m) == len(geodetic.elements)
    for mine, row in zip(r_m, geodetic.elements, strict=True):
        np.testing.assert_allclose(itrf_from_geodetic(row[1], row[0], row[4]), mine, atol=1e-2)
    np.testing.assert_allclose(np.linalg.norm(v_m_s, axis=1), geodetic.elements[:, 5], rtol=1e-9)


def test_times_that_cannot_be_converted_stay_as_they_are_written(reference_data: Path) -> None:
    ocm = _read(reference_data, "OCMExample2.txt")
    assert ocm.time_system is TimeSystem.UT1
    (trajectory,) = ocm.trajectories
    assert trajectory.frame == "EFG" and trajectory.t_tai_s is None
    assert trajectory.moments[0].written == "1998-12-18T14:28:25.1172"
    xml = _read(reference_data, "OCMExample2.xml")
    assert xml.trajectories[0].moments[0].since_tzero_s == 0.0
    assert xml.user_defined == {"EARTH_MODEL": "WGS-84"}


def _same_fields(one: OcmFields | None, other: OcmFields | None) -> None:
    assert (one is None) == (other is None)
    if one is None or other is None:
        return
    assert {**one.values, "COV_ORDERING": 0}.keys() == {**other.values, "COV_ORDERING": 0}.keys()
    for keyword, value in one.values.items():
        if keyword != "COV_ORDERING":
            expected = pytest.approx(value, rel=1e-14) if isinstance(value, float) else value
            assert other.values[keyword] == expected, keyword


@pytest.mark.parametrize("form", OdmFormat)
def test_a_message_survives_being_written(reference_data: Path, form: OdmFormat) -> None:
    for path in _samples(reference_data):
        if path.name in REFUSED:
            continue
        one = parse_ocm(path.read_text())
        other = parse_ocm(write_ocm(one, form))
        assert (one.originator, one.message_id, one.classification) == (
            other.originator,
            other.message_id,
            other.classification,
        )
        assert (one.clock, one.user_defined) == (other.clock, other.user_defined)
        for mine, theirs in (
            (one.metadata, other.metadata),
            (one.physical, other.physical),
            (one.perturbations, other.perturbations),
            (one.determination, other.determination),
            *((a.fields, b.fields) for a, b in zip(one.trajectories, other.trajectories, strict=True)),
            *((a.fields, b.fields) for a, b in zip(one.covariances, other.covariances, strict=True)),
            *((a.fields, b.fields) for a, b in zip(one.maneuvers, other.maneuvers, strict=True)),
        ):
            _same_fields(mine, theirs)
        for a, b in zip(one.trajectories, other.trajectories, strict=True):
            assert (a.frame, a.centre, a.moments) == (b.frame, b.centre, b.moments)
            np.testing.assert_allclose(a.elements, b.elements, rtol=1e-14)
        for c, d in zip(one.covariances, other.covariances, strict=True):
            assert c.moments == d.moments
            np.testing.assert_allclose(c.matrices, d.matrices, rtol=1e-14)
        for m, n in zip(one.maneuvers, other.maneuvers, strict=True):
            for x, y in zip(m.rows, n.rows, strict=True):
                assert (x.moment, x.texts) == (y.moment, y.texts)
                assert x.numbers == pytest.approx(y.numbers, rel=1e-14)


@pytest.mark.parametrize(
    ("old", "new", "keyword"),
    [
        ("0.0 6878.0 0.0", "0.0 6878.0 nan", "TRAJ"),
        ("  60.0 6863.0", "  0.0 6863.0", "TRAJ"),
        ("7.58 0.1", "7.58", "TRAJ"),
        ("= GCRF", "= GCRF2", "TRAJ_REF_FRAME"),
        ("WET_MASS = 168 [kg]", "WET_MASS = 168 [m]", "WET_MASS"),
        ("WET_MASS = 168", "WET_MASS = -168", "WET_MASS"),
        ("PHYS_STOP\n", "", "COV_START"),
        ("2e-6 4e-4", "3e-6 4e-4", "COV"),
        ("0 0 0 1e-4", "0 0 0 -1e-4", "COV"),
        ("COV_REF_FRAME = RSW_ROTATING", "COV_REF_FRAME = XYZ", "COV_REF_FRAME"),
        (" 3600.0 60.0", " 3601.0 60.0", "TIME_RELATIVE"),
        (" 3600.0 60.0", " 3600.0 -60.0", "MAN_DURA"),
        (" -0.1 ", " 0.1 ", "DELTA_MASS"),
        ("2026-11-22T13:00:00 3600.0", "3600.0 3600.0", "TIME_ABSOLUTE"),
        ("MAN_DURA, ", "MAN_DURA, SPIN, ", "MAN_COMPOSITION"),
        ("MAN_ID = M1\n", "MAN_ID = M1\nDC_TYPE = TIME\n", "DC_WIN_OPEN"),
        ("USER_STOP", "OTHER = 1\nUSER_STOP", "OTHER"),
        ("= 3.0\n", "= three\n", "CCSDS_OCM_VERS"),
        ("TAI\n", "TAI\nTRAJ_ID = 1\n", "TRAJ_ID"),
    ],
)
def test_damage_is_named_by_its_keyword(old: str, new: str, keyword: str) -> None:
    assert parse_ocm(MINIMAL).user_defined == {"NOTE": "a [b]"}
    assert old in MINIMAL
    with pytest.raises(OdmError) as raised:
        parse_ocm(MINIMAL.replace(old, new, 1))
    assert raised.value.field == keyword


def test_a_bad_number_is_named_with_line_and_column_in_both_forms() -> None:
    damaged = MINIMAL.replace("455.0 3.0", "455.0 bad")
    for text in (damaged, write_ocm(parse_ocm(MINIMAL), OdmFormat.XML).replace("455.0 3.0", "455.0 bad")):
        with pytest.raises(OdmError) as raised:
            parse_ocm(text)
        line, column = raised.value.line, raised.value.column
        assert line is not None and column is not None
        assert text.splitlines()[line - 1][column - 1 :].startswith("bad")


def test_a_bad_value_in_xml_is_named_with_its_column() -> None:
    text = write_ocm(parse_ocm(MINIMAL), OdmFormat.XML).replace(">168.0<", ">heavy<")
    with pytest.raises(OdmError) as raised:
        parse_ocm(text)
    line, column = raised.value.line, raised.value.column
    assert raised.value.field == "WET_MASS" and line is not None and column is not None
    assert text.splitlines()[line - 1][column - 1 :].startswith("heavy")


def test_every_unit_of_the_tables_has_a_scale() -> None:
    units = {unit for block in (META, TRAJ, PHYS, COV, MAN, PERT, OD) for unit in block.numbers.values()}
    units |= set(MAN_ROW.values()) | {unit for several in ELEMENT_UNITS.values() for unit in several}
    assert all(scale_of(unit) > 0.0 for unit in units)
    assert (scale_of("km**3/s**2"), scale_of("%"), scale_of("SFU")) == (1e9, 0.01, 1.0)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.integers(0, len(MINIMAL)), st.integers(0, 40))
def test_no_text_is_read_wrongly_or_breaks_the_reader(noise: str, at: int, cut: int) -> None:
    try:
        ocm = parse_ocm(MINIMAL[:at] + noise + MINIMAL[at + cut :])
    except OdmError:
        return
    assert all(np.isfinite(one.elements).all() for one in ocm.trajectories)
    assert parse_ocm(write_ocm(ocm)).clock == ocm.clock
