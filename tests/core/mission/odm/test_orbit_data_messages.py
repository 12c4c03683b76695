"""OEM and OPM against the samples of Orekit and GMAT, the standard's own examples, round trips, and damage."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import BarycentricInterpolator

from core.mission.odm import OdmError, OdmFormat, Oem, Opm, parse_oem, parse_opm, write_oem, write_opm
from core.time import parse_ascii

SAMPLES = "flight/orekit/ccsds/odm"
# What the names of the invalid samples say is wrong, and which keyword has to be named. Two more are halves of a file.
REFUSED_OEM = {
    "OEM-covariance-number-format-error.txt": "COVARIANCE",
    "OEM-ephemeris-number-format-error.txt": "OEM",
    "OEM-inconsistent-time-systems.txt": "TIME_SYSTEM",
    "OEM-keyword-within-covariance.txt": "USER_DEFINED_TEST_KEY",
    "OEM-keyword-within-ephemeris.txt": "USER_DEFINED_TEST_KEY",
    "OEM-too-few-covariance-columns.txt": "COVARIANCE",
    "OEM-too-large-covariance-dimension.txt": "COVARIANCE",
    "OEM-too-many-covariance-columns.txt": "COVARIANCE",
    "OEM-too-small-covariance-dimension.txt": "COVARIANCE",
    "OEM-wrong-keyword.txt": "WRONG_KEYWORD",
    "OEMExample7.txt.post": "CCSDS_OEM_VERS",
    "OEMExample7.txt.pre": "META_STOP",
}
REFUSED_OPM = {
    "OPM-incompatible-units.txt": "SOLAR_RAD_AREA",
    "OPM-number-format-error.txt": "EPOCH",
    "OPM-unknown-center.txt": "CENTER_NAME",
    "OPM-unknown-frame-mapper.txt": "REF_FRAME",
    "OPM-unknown-frame.txt": "REF_FRAME",
    "OPM-wrong-keyword.txt": "WRONG_KEYWORD",
    "spurious-metadata.xml": "metadata",
}


def _samples(reference_data: Path, kind: str) -> list[Path]:
    found = sorted((reference_data / SAMPLES / kind).iterdir())
    assert len(found) > 20
    return found


def test_every_oem_sample_is_read_or_refused_as_its_name_says(reference_data: Path) -> None:
    for path in _samples(reference_data, "oem"):
        if path.name in REFUSED_OEM:
            with pytest.raises(OdmError) as raised:
                parse_oem(path.read_text())
            assert raised.value.field == REFUSED_OEM[path.name], path.name
        else:
            message = parse_oem(path.read_text())
            assert all(len(one.epochs) == len(one.r_m) == len(one.v_m_s) > 0 for one in message.segments), path.name


def test_every_opm_sample_is_read_or_refused_as_its_name_says(reference_data: Path) -> None:
    for path in _samples(reference_data, "opm"):
        if path.name in REFUSED_OPM:
            with pytest.raises(OdmError) as raised:
                parse_opm(path.read_text())
            assert raised.value.field == REFUSED_OPM[path.name], path.name
        else:
            assert np.linalg.norm(parse_opm(path.read_text()).v_m_s) > 1000.0, path.name


def test_a_bad_number_is_named_with_line_and_column(reference_data: Path) -> None:
    text = (reference_data / SAMPLES / "oem" / "OEM-ephemeris-number-format-error.txt").read_text()
    with pytest.raises(OdmError, match="not a number") as raised:
        parse_oem(text)
    line, column = raised.value.line, raised.value.column
    assert line is not None and column is not None
    assert text.splitlines()[line - 1][column - 1 :].startswith("this-is-not-a-number")


def test_units_other_than_the_standards_are_converted(reference_data: Path) -> None:
    opm = parse_opm((reference_data / SAMPLES / "opm" / "OPM-non-standard-units.txt").read_text())
    np.testing.assert_allclose(opm.r_m, [6503514.0, 1239647.0, -717490.0], rtol=1e-15)
    np.testing.assert_allclose(opm.v_m_s, [-873.16, 8740.42, -4191.076], rtol=1e-15)
    assert opm.covariance is not None
    np.testing.assert_allclose(opm.covariance[0, 0], 3.331349476038534e2, rtol=1e-15)
    np.testing.assert_allclose(opm.covariance[5, 3], 1.86926319295459e-4, rtol=1e-15)


def test_elements_and_maneuvers_of_the_standards_example(reference_data: Path) -> None:
    """CCSDS 502.0-B-2, figure 3-2: a geostationary transfer with two maneuvers, times in GPS here."""
    opm = parse_opm((reference_data / SAMPLES / "opm" / "OPMExample5.txt").read_text())
    assert opm.keplerian is not None and opm.keplerian.mean_anomaly_rad is None
    assert opm.keplerian.semi_major_axis_m == pytest.approx(41_399_512.3)
    assert opm.keplerian.true_anomaly_rad == pytest.approx(math.radians(41.922339))
    assert [one.frame for one in opm.maneuvers] == ["EME2000", "RTN", "RTN"]
    assert [one.duration_s for one in opm.maneuvers] == [132.6, 0.0, 0.0]
    np.testing.assert_allclose(opm.maneuvers[0].delta_v_m_s, [-23.257, 16.8316, -8.93444], rtol=1e-12)
    # The elements belong to the state: the vis-viva equation holds to the digits that are written.
    speed_m_s, radius_m = np.linalg.norm(opm.v_m_s), np.linalg.norm(opm.r_m)
    axis_m = 1.0 / (2.0 / radius_m - speed_m_s**2 / opm.keplerian.mu_m3_s2)
    assert axis_m == pytest.approx(opm.keplerian.semi_major_axis_m, rel=1e-6)
    # GPS stands 19 s behind TAI and, in 2006, 14 s before UTC.
    assert opm.t_tai_s == pytest.approx(parse_ascii("2006-06-03T00:00:00Z") - 14.0, abs=1e-6)


def test_the_gmat_ephemeris_is_the_one_that_gmat_wrote_in_stk_form(reference_data: Path) -> None:
    (segment,) = parse_oem((reference_data / "flight/gmat/SampleOEMEphem.oem").read_text()).segments
    lines = (reference_data / "flight/gmat/SampleSTKEphem.e").read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if "EphemerisTimePosVel" in line) + 1
    rows = np.array([[float(x) for x in line.split()] for line in lines[begin:] if len(line.split()) == 7])
    assert segment.t_tai_s is not None and len(segment.t_tai_s) > 2000 and len(rows) > 2000
    # The STK file counts from 32 s before the message's first epoch, with steps of its own: ten of them around an epoch
    # are interpolated by a polynomial, which at 100 s is good to a millimetre.
    offsets_s = segment.t_tai_s - segment.t_tai_s[0] + 32.0
    for n in range(100, 2500, 100):
        k = int(np.searchsorted(rows[:, 0], offsets_s[n]))
        around = rows[k - 5 : k + 5]
        if len(set(around[:, 0])) == 10:
            state = BarycentricInterpolator(around[:, 0], 1000.0 * around[:, 1:])(offsets_s[n])
            np.testing.assert_allclose(segment.r_m[n], state[:3], atol=0.02)
            np.testing.assert_allclose(segment.v_m_s[n], state[3:], atol=2e-5)


def _same_oem(one: Oem, other: Oem) -> None:
    assert (one.originator, one.creation_date, one.message_id) == (
        other.originator,
        other.creation_date,
        other.message_id,
    )
    for mine, theirs in zip(one.segments, other.segments, strict=True):
        assert (mine.object_id, mine.centre, mine.frame, mine.time_system) == (
            theirs.object_id,
            theirs.centre,
            theirs.frame,
            theirs.time_system,
        )
        assert (mine.epochs, mine.usable, mine.interpolation) == (theirs.epochs, theirs.usable, theirs.interpolation)
        np.testing.assert_allclose(mine.r_m, theirs.r_m, rtol=1e-15)
        np.testing.assert_allclose(mine.v_m_s, theirs.v_m_s, rtol=1e-15)
        for first, second in zip(mine.covariances, theirs.covariances, strict=True):
            assert (first.epoch, first.frame) == (second.epoch, second.frame)
            np.testing.assert_allclose(first.matrix, second.matrix, rtol=1e-14)


@pytest.mark.parametrize("form", OdmFormat)
def test_an_oem_survives_being_written(reference_data: Path, form: OdmFormat) -> None:
    for path in _samples(reference_data, "oem"):
        if path.name not in REFUSED_OEM:
            message = parse_oem(path.read_text())
            _same_oem(message, parse_oem(write_oem(message, form)))


@pytest.mark.parametrize("form", OdmFormat)
def test_an_opm_survives_being_written(reference_data: Path, form: OdmFormat) -> None:
    for path in _samples(reference_data, "opm"):
        if path.name in REFUSED_OPM:
            continue
        one = parse_opm(path.read_text())
        other = parse_opm(write_opm(one, form))
        assert (one.object_id, one.centre, one.frame, one.time_system, one.epoch) == (
            other.object_id,
            other.centre,
            other.frame,
            other.time_system,
            other.epoch,
        )
        np.testing.assert_allclose([*one.r_m, *one.v_m_s], [*other.r_m, *other.v_m_s], rtol=1e-14)
        assert one.spacecraft == other.spacecraft
        assert (one.keplerian is None) == (other.keplerian is None)
        assert [(m.ignition, m.duration_s, m.frame) for m in one.maneuvers] == [
            (m.ignition, m.duration_s, m.frame) for m in other.maneuvers
        ]
        if one.covariance is not None:
            np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-14)


MINIMAL_OPM = """CCSDS_OPM_VERS = 2.0
CREATION_DATE = 2026-11-22T12:00:00
ORIGINATOR = TEST
OBJECT_NAME = LSAT-1
OBJECT_ID = 2026-001A
CENTER_NAME = EARTH
REF_FRAME = GCRF
TIME_SYSTEM = UTC
EPOCH = 2026-11-22T12:00:00.000
X = 6878.0 [km]
Y = 0.0
Z = 0.0
X_DOT = 0.0
Y_DOT = 7.6
Z_DOT = 0.0
MAN_EPOCH_IGNITION = 2026-11-22T13:00:00
MAN_DURATION = 60 [s]
MAN_DELTA_MASS = -0.1
MAN_REF_FRAME = RTN
MAN_DV_1 = 0
MAN_DV_2 = 0.001
MAN_DV_3 = 0
"""


@pytest.mark.parametrize(
    ("old", "new", "keyword"),
    [
        ("X = 6878.0 [km]", "X = nan", "X"),
        ("X = 6878.0 [km]", "X = 6878.0 [kg]", "X"),
        ("X = 6878.0 [km]\n", "", "X"),
        ("Y = 0.0\n", "Y = 0.0\nY = 1.0\n", "Y"),
        ("EPOCH = 2026-11-22", "EPOCH = 2026-02-30", "EPOCH"),
        ("T12:00:00.000\n", "T25:00:00.000\n", "EPOCH"),
        ("= UTC", "= XYZ", "TIME_SYSTEM"),
        ("MAN_DURATION = 60", "MAN_DURATION = -60", "MAN_DURATION"),
        ("MAN_DELTA_MASS = -0.1", "MAN_DELTA_MASS = 0.1", "MAN_DELTA_MASS"),
        ("MAN_EPOCH_IGNITION = 2026-11-22T13:00:00\n", "", "MAN_DURATION"),
        ("CCSDS_OPM_VERS = 2.0", "CCSDS_OEM_VERS = 2.0", "CCSDS_OPM_VERS"),
        ("CCSDS_OPM_VERS = 2.0", "CCSDS_OPM_VERS = two", "CCSDS_OPM_VERS"),
    ],
)
def test_damage_is_named_by_its_keyword(old: str, new: str, keyword: str) -> None:
    assert parse_opm(MINIMAL_OPM).maneuvers[0].delta_v_m_s[1] == pytest.approx(1.0)
    assert old in MINIMAL_OPM
    with pytest.raises(OdmError) as raised:
        parse_opm(MINIMAL_OPM.replace(old, new, 1))
    assert raised.value.field == keyword


def test_entities_are_refused() -> None:
    with pytest.raises(OdmError, match="document type"):
        parse_opm('<!DOCTYPE opm [<!ENTITY a "b">]><opm version="2.0"></opm>')


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400), st.integers(0, len(MINIMAL_OPM)), st.integers(0, 40))
def test_no_text_is_read_wrongly_or_breaks_the_reader(noise: str, at: int, cut: int) -> None:
    for text in (noise, MINIMAL_OPM[:at] + noise + MINIMAL_OPM[at + cut :]):
        for parse in (parse_opm, parse_oem):
            try:
                message = parse(text)
            except OdmError:
                continue
            assert isinstance(message, (Oem, Opm))
            states = [message] if isinstance(message, Opm) else message.segments
            assert all(np.isfinite(one.r_m).all() and np.isfinite(one.v_m_s).all() for one in states)
