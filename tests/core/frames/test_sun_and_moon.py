"""The Sun and the Moon against JPL's own ephemerides and ERFA's."""

from __future__ import annotations

from pathlib import Path

import erfa
import numpy as np
import pytest
import skyfield
from jplephem.spk import SPK

from core.frames import (
    EphemerisSpanError,
    moon_position_gcrf_m,
    sun_moon_ephemeris,
    sun_position_gcrf_m,
    tdb_s_from_tai_s,
)
from core.time import jd_tt
from native import _core

AUTHORITY = Path(__file__).parents[2] / "authorities" / "ephemeris" / "de440.csv"
MOON_TOLERANCE_M = 2.0  # of DE440: the fit's 16-bit tail counts quarters of a metre
SUN_TOLERANCE_M = 400.0  # of DE440: coefficients count hundreds of metres
AU_M = 149_597_870_700.0
LIGHT_DAYS_PER_AU = 499.004784 / 86_400.0


def test_the_shipped_ephemeris_is_de440() -> None:
    rows = np.loadtxt(AUTHORITY, delimiter=",")
    ephemeris = sun_moon_ephemeris()
    moon_m, sun_m = ephemeris.moon_gcrf_m(rows[:, 0]), ephemeris.sun_gcrf_m(rows[:, 0])
    assert np.linalg.norm(moon_m - 1000.0 * rows[:, 1:4], axis=1).max() < MOON_TOLERANCE_M
    assert np.linalg.norm(sun_m - 1000.0 * rows[:, 4:7], axis=1).max() < SUN_TOLERANCE_M


def test_the_moon_and_the_sun_agree_with_de430_as_jplephem_reads_it() -> None:
    # skyfield carries a few days of DE430 for its own tests.
    path = Path(skyfield.__file__).parent / "tests" / "data" / "de430-2015-03-02.bsp"
    with SPK.open(str(path)) as kernel:
        jd = np.linspace(2_457_083.0, 2_457_087.0, 40)
        earth = kernel[3, 399].compute(jd)
        moon_m = 1000.0 * (kernel[3, 301].compute(jd) - earth).T
        sun_m = 1000.0 * (kernel[0, 10].compute(jd) - kernel[0, 3].compute(jd) - earth).T
    t_tdb_s = (jd - 2_451_545.0) * 86_400.0
    ephemeris = sun_moon_ephemeris()
    # DE430 and DE440 differ by a few metres of the Moon and a few hundred of the Sun.
    assert np.linalg.norm(ephemeris.moon_gcrf_m(t_tdb_s) - moon_m, axis=1).max() < 5.0
    assert np.linalg.norm(ephemeris.sun_gcrf_m(t_tdb_s) - sun_m, axis=1).max() < 1000.0


def test_the_apparent_sun_agrees_with_erfa_from_1972_to_2099() -> None:
    t_tai_s = np.linspace(-8.8e8, 3.15e9, 400)
    whole, part = np.array([jd_tt(t) for t in t_tai_s]).T
    heliocentric, barycentric = erfa.epv00(whole, part)
    earlier_helio, earlier_bary = erfa.epv00(whole, part - LIGHT_DAYS_PER_AU)
    towards = (earlier_bary["p"] - earlier_helio["p"]) - barycentric["p"]
    distance_au = np.linalg.norm(towards, axis=1)
    v_c = barycentric["v"] * LIGHT_DAYS_PER_AU
    apparent = erfa.ab(towards / distance_au[:, None], v_c, distance_au, np.sqrt(1.0 - (v_c**2).sum(axis=1)))
    ours_m = sun_position_gcrf_m(t_tai_s)
    ours = ours_m / np.linalg.norm(ours_m, axis=1)[:, None]
    apart_arcsec = np.degrees(np.arcsin(np.linalg.norm(np.cross(ours, apparent), axis=1))) * 3600.0
    assert apart_arcsec.max() < 0.03  # epv00 is good to some 10 km of 1.5e8 km
    distance_m = np.linalg.norm(heliocentric["p"], axis=1) * AU_M
    assert np.abs(np.linalg.norm(ours_m, axis=1) / distance_m - 1.0).max() < 2e-6


def test_the_moon_agrees_with_erfa() -> None:
    t_tai_s = np.linspace(-3.1e8, 1.57e9, 300)
    expected_m = np.array([erfa.moon98(*jd_tt(t))["p"] for t in t_tai_s]) * AU_M
    # Meeus' series, whose own stated accuracy is 10 arcsec.
    assert np.linalg.norm(moon_position_gcrf_m(t_tai_s) - expected_m, axis=1).max() < 60e3


def test_tdb_is_erfas() -> None:
    t_tai_s = np.linspace(-8.0e8, 2.5e9, 300)
    expected_s = np.array([erfa.dtdb(*jd_tt(t), 0.0, 0.0, 0.0, 0.0) for t in t_tai_s])
    # A float64 of this size resolves 4e-7 s.
    assert np.abs(tdb_s_from_tai_s(t_tai_s) - t_tai_s - 32.184 - expected_s).max() < 1.2e-5


@pytest.mark.parametrize("t_tai_s", [-9.0e8, 3.2e9])
def test_outside_its_span_the_ephemeris_refuses(t_tai_s: float) -> None:
    with pytest.raises(EphemerisSpanError, match="1972 to 2099") as caught:
        sun_position_gcrf_m(np.array([0.0, t_tai_s]))
    assert caught.value.facts["t_tdb_s"] == pytest.approx(t_tai_s, abs=40.0)
    with pytest.raises(_core.NativeError) as raised:
        sun_moon_ephemeris().moon_gcrf_m(np.array([t_tai_s]))
    assert raised.value.code == 20


def test_coefficients_that_do_not_cover_the_span_are_refused() -> None:
    spans = np.zeros((2, 3, 5))
    with pytest.raises(_core.NativeError, match="coefficients"):
        _core.SunMoonEphemeris(0.0, 30.0, 0.01, 10.0, spans, 15.0, spans)
