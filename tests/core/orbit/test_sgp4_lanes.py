"""SGP4 side by side against its scalar reference, the verification set and python-sgp4."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sgp4.api import Satrec, SatrecArray

from core.errors import InputError
from core.mission import parse_tle
from core.orbit import Constellation, TemeStates
from core.time import parse_utc, tai_s_from_utc
from native import _core

FloatArray = NDArray[np.float64]

SET = Path(__file__).resolve().parents[2] / "authorities" / "sgp4"
LANES = [lanes for lanes in ("portable", "avx2", "avx512") if _core.has_lanes(lanes)]
# The theory ends Kepler's equation at steps of 1e-12 rad: rounding decides on which side of it a step falls.
KEPLER_TOLERANCE_RAD = 1.1e-12
ROUNDING_M = 1e-6


def row_of(peer: Satrec) -> list[float]:
    epoch_days = peer.jdsatepoch - 2433281.5 + peer.jdsatepochF
    return [epoch_days, peer.no_kozai, peer.ecco, peer.inclo, peer.nodeo, peer.argpo, peer.mo, peer.bstar]


def fly(
    rows: list[list[float]], offsets_min: FloatArray, minutes: FloatArray, lanes: str, threads: int = 1
) -> TemeStates:
    states = TemeStates.empty(len(rows), minutes.size)
    _core.Sgp4Batch(np.array(rows)).propagate_grid(
        offsets_min, minutes, states.r_teme_m, states.v_teme_m_s, states.codes, lanes, threads
    )
    return states


@cache
def catalogue(folder: Path) -> list[Satrec]:
    lines = (folder / "flight" / "catalogue" / "active.tle").read_text().splitlines()
    return [Satrec.twoline2rv(lines[k + 1], lines[k + 2]) for k in range(0, len(lines) - 2, 3)][::9]


def assert_same(ours: TemeStates, theirs: TemeStates, factor: float = 1.0) -> None:
    assert np.array_equal(ours.codes, theirs.codes)
    good = ours.codes == 0
    distance_m = np.linalg.norm(theirs.r_teme_m, axis=2)[good]
    apart_m = np.linalg.norm(ours.r_teme_m - theirs.r_teme_m, axis=2)[good]
    assert np.all(apart_m <= factor * (KEPLER_TOLERANCE_RAD * distance_m + ROUNDING_M))
    speed_m_s = np.linalg.norm(theirs.v_teme_m_s, axis=2)[good]
    apart_m_s = np.linalg.norm(ours.v_teme_m_s - theirs.v_teme_m_s, axis=2)[good]
    assert np.all(apart_m_s <= factor * (1e-11 * speed_m_s + 1e-9))


@pytest.mark.parametrize("lanes", LANES)
def test_the_verification_set_is_flown_as_the_scalar_code_flies_it(lanes: str) -> None:
    lines = [line for line in (SET / "SGP4-VER.TLE").read_text().splitlines() if line[:2] in ("1 ", "2 ")]
    for line1, line2 in zip(lines[::2], lines[1::2], strict=True):
        first, last, step = (float(word) for word in line2[69:].split())
        minutes = np.append(np.arange(first, last, step), last)
        row = row_of(Satrec.twoline2rv(line1, line2[:69]))
        assert_same(fly([row], np.zeros(1), minutes, lanes), fly([row], np.zeros(1), minutes, "scalar"))


@pytest.mark.parametrize("lanes", LANES)
def test_lanes_agree_with_python_sgp4_on_a_catalogue(reference_data: Path, lanes: str) -> None:
    peers = catalogue(reference_data)
    jd, minutes = 2459886.5, np.arange(-300.0, 1200.0, 47.0)
    offsets = np.array([(jd - peer.jdsatepoch) * 1440.0 - peer.jdsatepochF * 1440.0 for peer in peers])
    codes, r_km, v_km_s = SatrecArray(peers).sgp4(np.full(minutes.size, jd), minutes / 1440.0)
    theirs = TemeStates(r_km * 1000.0, v_km_s * 1000.0, codes)
    assert_same(fly([row_of(peer) for peer in peers], offsets, minutes, lanes), theirs)


elements = st.tuples(
    st.floats(0.9, 16.5),
    st.floats(0.0, 0.85),
    st.floats(1e-6, math.pi - 1e-6),
    st.floats(0.0, 6.28),
    st.floats(0.0, 6.28),
    st.floats(0.0, 6.28),
    st.floats(-1e-3, 1e-2),
    st.floats(-20_000.0, 20_000.0),
)


@settings(max_examples=150, deadline=None)
@given(elements)
def test_any_elements_fly_as_the_scalar_code_flies_them(one: tuple[float, ...]) -> None:
    motion, ecc, incl, node, perigee, anomaly, bstar, start = one
    row = [26000.25, motion * 2.0 * math.pi / 1440.0, ecc, incl, node, perigee, anomaly, bstar]
    minutes = np.linspace(0.0, 3000.0, 13)
    reference = fly([row], np.array([start]), minutes, "scalar")
    for lanes in LANES:
        # Decaying and nearly parabolic orbits lose digits in both alike.
        assert_same(fly([row], np.array([start]), minutes, lanes), reference, factor=1e4)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("epochs", [0, 1, 2, 3, 7, 8, 9, 17])
def test_any_number_of_epochs_is_flown(epochs: int, lanes: str) -> None:
    row = [28000.0, 15.2 * 2.0 * np.pi / 1440.0, 0.001, 1.7, 0.5, 1.0, 2.0, 1e-4]
    minutes = np.arange(epochs, dtype=np.float64) * 13.0
    assert_same(fly([row], np.zeros(1), minutes, lanes), fly([row], np.zeros(1), minutes, "scalar"))


@pytest.mark.parametrize("lanes", LANES)
def test_times_that_lanes_cannot_reduce_are_left_to_the_scalar_code(lanes: str) -> None:
    row = [28000.0, 1.0027 * 2.0 * np.pi / 1440.0, 0.001, 0.1, 0.5, 1.0, 2.0, 0.0]
    minutes = np.linspace(-3e8, 3e8, 5)
    ours, reference = (fly([row], np.zeros(1), minutes, which) for which in (lanes, "scalar"))
    assert np.array_equal(ours.r_teme_m, reference.r_teme_m, equal_nan=True)


@pytest.mark.parametrize("minute", [np.nan, np.inf, -1.1e9])
def test_times_without_end_are_refused(minute: float) -> None:
    row = [28000.0, 1.0027 * 2.0 * np.pi / 1440.0, 0.001, 0.1, 0.5, 1.0, 2.0, 0.0]
    with pytest.raises(_core.NativeError, match="1e9 minutes"):
        fly([row], np.zeros(1), np.array([0.0, minute, 1.0]), "automatic")
    with pytest.raises(_core.NativeError, match="1e9 minutes"):
        _core.Sgp4Batch(np.array([row])).propagate(np.array([[0.0, minute]]))


def test_threads_change_nothing(reference_data: Path) -> None:
    rows = [row_of(peer) for peer in catalogue(reference_data)[:60]]
    offsets, minutes = np.linspace(-900.0, 900.0, 60), np.arange(0.0, 300.0, 11.0)
    one, three = (fly(rows, offsets, minutes, "automatic", threads) for threads in (1, 3))
    assert np.array_equal(one.r_teme_m, three.r_teme_m, equal_nan=True)
    assert np.array_equal(one.codes, three.codes)


def test_a_constellation_reuses_its_arrays_and_keeps_the_microsecond(reference_data: Path) -> None:
    lines = (reference_data / "flight" / "catalogue" / "active.tle").read_text().splitlines()[:90]
    elements_of = [parse_tle(lines[k + 1], lines[k + 2]).elements for k in range(0, 90, 3)]
    peers = [Satrec.twoline2rv(lines[k + 1], lines[k + 2]) for k in range(0, 90, 3)]
    fleet = Constellation(elements_of)
    start_tai_s = tai_s_from_utc(parse_utc("2022-11-03T06:00:00Z"))
    out = TemeStates.empty(len(fleet), 25)
    states = fleet.propagate_teme(start_tai_s, np.arange(25) * 60.0, out=out)
    assert states is out
    codes, r_km, v_km_s = SatrecArray(peers).sgp4(np.full(25, 2459886.5), 0.25 + np.arange(25) / 1440.0)
    assert_same(states, TemeStates(r_km * 1000.0, v_km_s * 1000.0, codes))
    with pytest.raises(InputError, match="out"):
        fleet.propagate_teme(start_tai_s, np.arange(24) * 60.0, out=out)
    wrong = TemeStates(out.r_teme_m.astype(np.float32), out.v_teme_m_s, out.codes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="out"):
        fleet.propagate_teme(start_tai_s, np.arange(25) * 60.0, out=wrong)
    with pytest.raises(InputError, match="at least one"):
        Constellation([])


def test_lanes_that_do_not_exist_are_refused() -> None:
    with pytest.raises(_core.NativeError, match="sse9"):
        _core.has_lanes("sse9")
