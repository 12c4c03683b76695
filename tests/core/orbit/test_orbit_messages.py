"""Flights written as messages and flown from messages; frames against GMAT's ephemeris and the frames' own rotations."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from core.frames import dcm_gcrf_from_teme, gcrf_from_eme2000, itrf_from_gcrf
from core.mission.odm import (
    OdmError,
    OdmFormat,
    Opm,
    OpmManeuver,
    TimeSystem,
    parse_oem,
    parse_opm,
    write_oem,
    write_opm,
)
from core.orbit.messages import ephemeris_of_oem, maneuvers_of_opm, oem_of, opm_of, state_of_opm
from core.orbit.numerical import (
    Burn,
    CartesianState,
    ForceModel,
    Impulse,
    ManeuverAxes,
    SpacecraftProperties,
    propagate,
)
from core.time import parse_utc, tai_s_from_utc

START = tai_s_from_utc(parse_utc("2026-11-22T12:00:00Z"))
STATE = CartesianState(START, np.array([6.9e6, 1.0e5, -2.0e5]), np.array([0.0, 1000.0, 7500.0]))
CRAFT = SpacecraftProperties(168.0, 2.0, 2.2, 2.1, 1.3)
WHO = {"object_name": "LSAT-1", "object_id": "2026-001A", "originator": "TEST"}
MADE = datetime(2026, 11, 22, tzinfo=UTC)
KEPLER = ForceModel.kepler()


@pytest.mark.parametrize("form", OdmFormat)
@pytest.mark.parametrize("system", [TimeSystem.UTC, TimeSystem.TAI, TimeSystem.TT, TimeSystem.GPS])
def test_a_flight_survives_as_an_ephemeris_message(form: OdmFormat, system: TimeSystem) -> None:
    flown = propagate(STATE, START + np.arange(0.0, 3000.0, 300.0), CRAFT, KEPLER).ephemeris
    covariance = np.diag([100.0, 400.0, 25.0, 1e-4, 1e-4, 1e-4])
    message = oem_of(
        flown, **WHO, created_utc=MADE, time_system=system, covariances_gcrf=[(float(flown.t_tai_s[0]), covariance)]
    )
    (segment,) = parse_oem(write_oem(message, form)).segments
    back = ephemeris_of_oem(segment)
    np.testing.assert_allclose(back.t_tai_s, flown.t_tai_s, atol=1e-6, rtol=0.0)
    np.testing.assert_allclose(back.r_gcrf_m, flown.r_gcrf_m, atol=1e-6, rtol=0.0)
    np.testing.assert_allclose(back.v_gcrf_m_s, flown.v_gcrf_m_s, atol=1e-9, rtol=0.0)
    np.testing.assert_allclose(segment.covariances[0].matrix, covariance)


def test_a_state_survives_as_a_parameter_message() -> None:
    message = parse_opm(write_opm(opm_of(STATE, **WHO, created_utc=MADE, craft=CRAFT, covariance_gcrf=np.eye(6))))
    back = state_of_opm(message)
    np.testing.assert_allclose(back.r_gcrf_m, STATE.r_gcrf_m, rtol=1e-14)
    assert back.t_tai_s == pytest.approx(START, abs=1e-6)
    assert (message.spacecraft.mass_kg, message.spacecraft.drag_area_m2) == (168.0, 2.0)
    assert message.covariance is not None and message.covariance_frame == "GCRF"


def test_gmats_ephemeris_is_a_flight_about_the_earth(reference_data: Path) -> None:
    """GMAT wrote it in EME2000: two-body motion carries each state to the next within what J2 does in its step."""
    (segment,) = parse_oem((reference_data / "flight/gmat/SampleOEMEphem.oem").read_text()).segments
    found = ephemeris_of_oem(segment)
    np.testing.assert_allclose(found.r_gcrf_m, gcrf_from_eme2000(segment.r_m), rtol=1e-15)
    first = CartesianState(float(found.t_tai_s[0]), found.r_gcrf_m[0], found.v_gcrf_m_s[0])
    flown = propagate(first, found.t_tai_s[1:3], CRAFT, KEPLER)
    np.testing.assert_allclose(flown.r_gcrf_m, found.r_gcrf_m[1:3], atol=1000.0)


def test_every_frame_of_one_state_is_the_same_state() -> None:
    at = np.array([START])
    base = opm_of(STATE, **WHO, created_utc=MADE)
    r_itrf_m, v_itrf_m_s = itrf_from_gcrf(at, STATE.r_gcrf_m[None], STATE.v_gcrf_m_s[None])
    teme = dcm_gcrf_from_teme(at)[0].T
    for frame, r_m, v_m_s in (
        ("ITRF2014", r_itrf_m[0], v_itrf_m_s[0]),
        ("TEME", teme @ STATE.r_gcrf_m, teme @ STATE.v_gcrf_m_s),
        ("ICRF3", STATE.r_gcrf_m, STATE.v_gcrf_m_s),
    ):
        back = state_of_opm(replace(base, frame=frame, r_m=r_m, v_m_s=v_m_s))
        np.testing.assert_allclose(back.r_gcrf_m, STATE.r_gcrf_m, atol=1e-6)
        np.testing.assert_allclose(back.v_gcrf_m_s, STATE.v_gcrf_m_s, atol=1e-9)


def _with_maneuver(frame: str, duration_s: float, delta_v_m_s: list[float], change_kg: float | None) -> Opm:
    message = opm_of(STATE, **WHO, created_utc=MADE, craft=CRAFT)
    ignition = opm_of(replace(STATE, t_tai_s=START + 60.0), **WHO, created_utc=MADE).epoch
    burn = OpmManeuver(ignition, START + 60.0, duration_s, change_kg, frame, np.array(delta_v_m_s))
    return replace(message, maneuvers=(burn,))


def test_a_burn_of_a_message_changes_velocity_and_mass_as_it_says() -> None:
    (burn,) = maneuvers_of_opm(_with_maneuver("RTN", 10.0, [0.0, 1.0, 0.0], -0.08))
    assert isinstance(burn, Burn)
    flown = propagate(STATE, np.array([START + 70.0]), CRAFT, KEPLER, maneuvers=[burn])
    coasted = propagate(STATE, np.array([START + 70.0]), CRAFT, KEPLER)
    assert flown.mass_kg[0] == pytest.approx(CRAFT.mass_kg - 0.08, rel=1e-9)
    gained = np.linalg.norm(flown.v_gcrf_m_s[0] - coasted.v_gcrf_m_s[0])
    assert gained == pytest.approx(1.0, rel=1e-3)  # gravity turns a little of it in ten seconds


def test_axes_of_impulses() -> None:
    (along,) = maneuvers_of_opm(_with_maneuver("TNW", 0.0, [1.0, 2.0, 3.0], None))
    assert isinstance(along, Impulse)
    assert (along.axes, along.delta_v_m_s) == (ManeuverAxes.VELOCITY, (1.0, 3.0, -2.0))
    # N of TNW is W x T: the same change of velocity in GCRF, from the definitions.
    at = propagate(STATE, np.array([START + 60.0]), CRAFT, KEPLER)
    t = at.v_gcrf_m_s[0] / np.linalg.norm(at.v_gcrf_m_s[0])
    w = np.cross(at.r_gcrf_m[0], at.v_gcrf_m_s[0])
    w /= np.linalg.norm(w)
    expected = 1.0 * t + 2.0 * np.cross(w, t) + 3.0 * w
    flown = propagate(STATE, np.array([START + 60.001]), CRAFT, KEPLER, maneuvers=[along])
    coasted = propagate(STATE, np.array([START + 60.001]), CRAFT, KEPLER)
    np.testing.assert_allclose(flown.v_gcrf_m_s[0] - coasted.v_gcrf_m_s[0], expected, atol=1e-5)
    (inertial,) = maneuvers_of_opm(_with_maneuver("EME2000", 0.0, [0.0, 1.0, 0.0], None))
    assert isinstance(inertial, Impulse) and inertial.axes is ManeuverAxes.GCRF
    assert math.hypot(*inertial.delta_v_m_s) == pytest.approx(1.0)


def test_what_cannot_be_turned_into_gcrf_is_refused() -> None:
    base = opm_of(STATE, **WHO, created_utc=MADE)
    for changed, field in (
        (replace(base, frame="TOD"), "REF_FRAME"),
        (replace(base, centre="MOON"), "CENTER_NAME"),
        (replace(base, t_tai_s=None, time_system=TimeSystem.UT1), "TIME_SYSTEM"),
    ):
        with pytest.raises(OdmError) as raised:
            state_of_opm(changed)
        assert raised.value.field == field
    with pytest.raises(OdmError, match="SC_BODY"):
        maneuvers_of_opm(_with_maneuver("SC_BODY_1", 0.0, [1.0, 0.0, 0.0], None))
    with pytest.raises(OdmError, match="needs MASS"):
        maneuvers_of_opm(_with_maneuver("RTN", 10.0, [1.0, 0.0, 0.0], None))
