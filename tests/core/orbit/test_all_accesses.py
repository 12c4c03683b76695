"""Eclipses and target access in bulk against the single searches, which skyfield and brute force check."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.frames import EphemerisSpanError
from core.mission import parse_tle
from core.mission.model import MeanElements
from core.orbit import (
    Constellation,
    PropagationError,
    Sgp4Orbit,
    find_all_eclipses,
    find_all_target_access,
    find_eclipses,
    find_target_access,
)
from core.time import parse_utc, tai_s_from_utc

START_TAI_S = tai_s_from_utc(parse_utc("2022-11-03T00:00:00Z"))
SPAN_S = 40_000.0
EDGE_S = 1e-3  # both are located to 0.1 ms
# An edge where the place only just comes into reach, or the satellite into the shadow, moves with the root of that.
GRAZING_S = 1.0
BEST_S = 0.05  # the moment of a flat extremum; its value is compared more tightly
PLACES = np.array([[math.radians(lat), math.radians(lon), h] for lat, lon, h in ((48.9, 2.4, 35), (-33.9, 151.2, 10), (78.2, 15.6, 450))])  # fmt: skip


@pytest.fixture(scope="module")
def elements(reference_data: Path) -> list[MeanElements]:
    """Every three-hundredth real object, a geostationary one, and the most eccentric one."""
    lines = (reference_data / "flight" / "catalogue" / "active.tle").read_text().splitlines()
    every = [parse_tle(lines[k + 1], lines[k + 2]).elements for k in range(0, len(lines) - 2, 3)]
    still = min(every, key=lambda one: abs(one.mean_motion_rev_day - 1.0027) + one.eccentricity)
    return [*every[::300], still, max(every, key=lambda one: one.eccentricity)]


def test_eclipses_in_bulk_are_the_single_ones(elements: list[MeanElements]) -> None:
    found = find_all_eclipses(Constellation(elements), START_TAI_S, START_TAI_S + SPAN_S, threads=2)
    assert found.start_tai_s.size > 80 and np.all(np.diff(found.satellite) >= 0)
    for index, one in enumerate(elements):
        mine = found.satellite == index
        single = find_eclipses(Sgp4Orbit.from_elements(one), START_TAI_S, START_TAI_S + SPAN_S)
        assert mine.sum() == len(single)
        for row, expected in zip(np.flatnonzero(mine), single, strict=True):
            assert found.start_tai_s[row] == pytest.approx(expected.start_tai_s, abs=EDGE_S)
            assert found.end_tai_s[row] == pytest.approx(expected.end_tai_s, abs=EDGE_S)
            assert math.isnan(found.umbra_start_tai_s[row]) == (expected.umbra_start_tai_s is None)
            if expected.umbra_start_tai_s is not None and expected.umbra_end_tai_s is not None:
                assert found.umbra_start_tai_s[row] == pytest.approx(expected.umbra_start_tai_s, abs=EDGE_S)
                assert found.umbra_end_tai_s[row] == pytest.approx(expected.umbra_end_tai_s, abs=EDGE_S)


@settings(max_examples=12, deadline=None)
@given(
    off_nadir_deg=st.floats(5.0, 80.0),
    sun_deg=st.one_of(st.none(), st.floats(-20.0, 40.0)),
    roll_deg=st.one_of(st.none(), st.floats(2.0, 60.0)),
    pitch_deg=st.one_of(st.none(), st.floats(0.5, 60.0)),
    first=st.integers(0, 22),
    begin_s=st.floats(0.0, 40_000.0),
    data=st.data(),
)
def test_access_in_bulk_is_the_single_one(
    elements: list[MeanElements],
    off_nadir_deg: float,
    sun_deg: float | None,
    roll_deg: float | None,
    pitch_deg: float | None,
    first: int,
    begin_s: float,
    data: st.DataObject,
) -> None:
    latitude_deg, longitude_deg = data.draw(st.floats(-89.0, 89.0)), data.draw(st.floats(-180.0, 180.0))
    places = np.vstack([PLACES[:1], [math.radians(latitude_deg), math.radians(longitude_deg), 0.0]])
    chosen = [elements[first], elements[-1 - first % 2]]
    start, end = START_TAI_S + begin_s, START_TAI_S + begin_s + SPAN_S
    rad = [None if one is None else math.radians(one) for one in (sun_deg, roll_deg, pitch_deg)]
    limits = (math.radians(off_nadir_deg), rad[0])
    found = find_all_target_access(
        Constellation(chosen), places, start, end, *limits, max_roll_rad=rad[1], max_pitch_rad=rad[2]
    )
    for satellite, one in enumerate(chosen):
        orbit = Sgp4Orbit.from_elements(one)
        for target, place in enumerate(places):
            single = find_target_access(orbit, *place, start, end, *limits, max_roll_rad=rad[1], max_pitch_rad=rad[2])
            mine = (found.satellite == satellite) & (found.target == target)
            assert mine.sum() == len(single)
            for row, expected in zip(np.flatnonzero(mine), single, strict=True):
                edge_s = EDGE_S if expected.end_tai_s - expected.start_tai_s > 10.0 else GRAZING_S
                assert found.start_tai_s[row] == pytest.approx(expected.start_tai_s, abs=edge_s)
                assert found.end_tai_s[row] == pytest.approx(expected.end_tai_s, abs=edge_s)
                assert found.min_off_nadir_rad[row] == pytest.approx(expected.min_off_nadir_rad, abs=1e-5)


def test_many_places_at_once_are_the_single_searches(elements: list[MeanElements]) -> None:
    limit = math.radians(45.0)
    found = find_all_target_access(
        Constellation(elements), PLACES, START_TAI_S, START_TAI_S + 2.0 * SPAN_S, limit, math.radians(5.0), threads=2
    )
    assert found.start_tai_s.size > 20
    for satellite, one in enumerate(elements):
        orbit = Sgp4Orbit.from_elements(one)
        for target, place in enumerate(PLACES):
            mine = (found.satellite == satellite) & (found.target == target)
            single = find_target_access(
                orbit, *place, START_TAI_S, START_TAI_S + 2.0 * SPAN_S, limit, math.radians(5.0)
            )
            np.testing.assert_allclose(found.start_tai_s[mine], [a.start_tai_s for a in single], atol=EDGE_S, rtol=0.0)
            np.testing.assert_allclose(found.end_tai_s[mine], [a.end_tai_s for a in single], atol=EDGE_S, rtol=0.0)
            np.testing.assert_allclose(found.best_tai_s[mine], [a.best_tai_s for a in single], atol=BEST_S, rtol=0.0)
            sun_rad = [a.sun_elevation_rad for a in single]
            np.testing.assert_allclose(found.sun_elevation_rad[mine], sun_rad, atol=1e-5)


def test_a_satellite_that_cannot_be_flown_is_said(elements: list[MeanElements]) -> None:
    decaying = elements[0].model_copy(update={"mean_motion_rev_day": 16.4, "bstar_per_earth_radius": 0.5})
    constellation, end_s = Constellation([elements[0], decaying]), START_TAI_S + 20.0 * 86_400.0
    with pytest.raises(PropagationError):
        find_eclipses(Sgp4Orbit.from_elements(decaying), START_TAI_S, end_s)
    assert find_all_eclipses(constellation, START_TAI_S, end_s).unsearched.tolist() == [1]
    assert find_all_target_access(constellation, PLACES[:1], START_TAI_S, end_s, 0.5).unsearched.tolist() == [1]


def test_searches_without_sense_are_refused(elements: list[MeanElements]) -> None:
    constellation, end = Constellation(elements[:1]), START_TAI_S + 1000.0
    with pytest.raises(InputError, match="end after its start"):
        find_all_eclipses(constellation, START_TAI_S, START_TAI_S)
    with pytest.raises(InputError, match="max_off_nadir_rad"):
        find_all_target_access(constellation, PLACES, START_TAI_S, end, 2.0)
    with pytest.raises(InputError, match="max_roll_rad"):
        find_all_target_access(constellation, PLACES, START_TAI_S, end, 0.5, max_roll_rad=-1.0)
    with pytest.raises(InputError, match="geodetic"):
        find_all_target_access(constellation, np.zeros(3), START_TAI_S, end, 0.5)
    with pytest.raises(EphemerisSpanError):
        find_all_eclipses(constellation, 4.0e9, 4.0e9 + 100.0)
    with pytest.raises(EphemerisSpanError):
        find_all_target_access(constellation, PLACES, 4.0e9, 4.0e9 + 100.0, 0.5)
