"""Passes in bulk against the single search, which skyfield checks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.mission import parse_tle
from core.mission.model import GroundStation, MeanElements
from core.orbit import Constellation, Sgp4Orbit, find_all_passes, find_passes
from core.time import parse_utc, tai_s_from_utc

START_TAI_S = tai_s_from_utc(parse_utc("2022-11-03T00:00:00Z"))
EDGE_TOLERANCE_S = 1e-2  # the cubic between samples, a metre, at edges that graze the mask
ANGLE_TOLERANCE_RAD = 2e-5


def station(name: str, latitude_deg: float, longitude_deg: float, mask_deg: float) -> GroundStation:
    return GroundStation(
        id=name,
        name=name,
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        height_m=120.0,
        minimum_elevation_deg=mask_deg,
        setup_s=0.0,
        bands=("S",),
        source="made for this test",
    )


STATIONS = [
    station("svalbard", 78.2, 15.4, 5.0),
    station("equator", 0.0, -50.0, 0.0),
    station("high_mask", 47.0, 8.0, 70.0),
    station("south", -53.0, -70.9, 10.0),
]


def orbits(folder: Path) -> list[MeanElements]:
    """Every two-hundredth real object, and one of each kind of high orbit."""
    lines = (folder / "flight" / "catalogue" / "active.tle").read_text().splitlines()
    every = [parse_tle(lines[k + 1], lines[k + 2]).elements for k in range(0, len(lines) - 2, 3)]
    eccentric = max(every, key=lambda one: one.eccentricity * (one.mean_motion_rev_day > 1.9))
    return [*every[::200], eccentric]


def test_passes_in_bulk_are_the_single_ones(reference_data: Path) -> None:
    elements = orbits(reference_data)
    end_tai_s = START_TAI_S + 2.0 * 86_400.0
    bulk = find_all_passes(Constellation(elements), STATIONS, START_TAI_S, end_tai_s)
    assert bulk.unsearched.size == 0
    compared = 0
    for satellite, one in enumerate(elements):
        for site, place in enumerate(STATIONS):
            single = find_passes(Sgp4Orbit.from_elements(one), place, START_TAI_S, end_tai_s)
            here = (bulk.satellite == satellite) & (bulk.station == site)
            assert here.sum() == len(single)
            for k, expected in zip(np.flatnonzero(here), single, strict=True):
                assert bulk.aos_tai_s[k] == pytest.approx(expected.aos_tai_s, abs=EDGE_TOLERANCE_S)
                assert bulk.los_tai_s[k] == pytest.approx(expected.los_tai_s, abs=EDGE_TOLERANCE_S)
                assert bulk.max_elevation_rad[k] == pytest.approx(expected.max_elevation_rad, abs=ANGLE_TOLERANCE_RAD)
                assert bulk.min_range_m[k] == pytest.approx(expected.min_range_m, abs=5.0)
                turn = math.remainder(bulk.aos_azimuth_rad[k] - expected.aos_azimuth_rad, 2.0 * math.pi)
                assert abs(turn) < 1e-3  # near the zenith azimuth runs fast
                assert bulk.truncated_start[k] == expected.truncated_start
                assert bulk.truncated_end[k] == expected.truncated_end
                compared += 1
    assert compared > 400


def test_grazing_passes_shorter_than_a_step_are_found(reference_data: Path) -> None:
    fleet = Constellation(orbits(reference_data)[:8])
    end_tai_s = START_TAI_S + 3.0 * 86_400.0
    plain = find_all_passes(fleet, STATIONS[1:2], START_TAI_S, end_tai_s)
    whole = ~plain.truncated_start & ~plain.truncated_end
    # A mask just below the culmination leaves a pass of seconds.
    for k in np.flatnonzero(whole)[:40]:
        mask_rad = float(plain.max_elevation_rad[k]) - 1e-5
        grazing = find_all_passes(fleet, STATIONS[1:2], START_TAI_S, end_tai_s, mask_rad)
        near = (grazing.satellite == plain.satellite[k]) & (
            np.abs(grazing.culmination_tai_s - plain.culmination_tai_s[k]) < 30.0
        )
        assert near.sum() == 1
        assert 0.0 < float((grazing.los_tai_s - grazing.aos_tai_s)[near][0]) < 200.0


def test_threads_change_nothing(reference_data: Path) -> None:
    fleet = Constellation(orbits(reference_data))
    one, two = (
        find_all_passes(fleet, STATIONS, START_TAI_S, START_TAI_S + 86_400.0, threads=threads) for threads in (1, 2)
    )
    assert np.array_equal(one.aos_tai_s, two.aos_tai_s) and np.array_equal(one.satellite, two.satellite)


def test_a_satellite_that_decays_is_named_and_the_others_are_searched(reference_data: Path) -> None:
    good = orbits(reference_data)[0]
    falling = good.model_copy(update={"mean_motion_rev_day": 16.4, "bstar_per_earth_radius": 0.05})
    found = find_all_passes(Constellation([falling, good]), STATIONS, START_TAI_S, START_TAI_S + 3.0 * 86_400.0)
    assert found.unsearched.tolist() == [0]
    assert len(found) > 0 and set(found.satellite.tolist()) == {1}


@pytest.mark.parametrize(("days", "mask_rad"), [(0.0, 0.1), (-1.0, 0.1), (401.0, 0.1), (1.0, 1.6), (1.0, float("nan"))])
def test_searches_without_sense_are_refused(reference_data: Path, days: float, mask_rad: float) -> None:
    fleet = Constellation(orbits(reference_data)[:1])
    with pytest.raises(InputError):
        find_all_passes(fleet, STATIONS, START_TAI_S, START_TAI_S + days * 86_400.0, mask_rad)
    with pytest.raises(InputError, match="station"):
        find_all_passes(fleet, [], START_TAI_S, START_TAI_S + 86_400.0)
