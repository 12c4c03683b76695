"""Beta angles and ground tracks in bulk against the single ones, which skyfield checks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from core.frames import EphemerisSpanError
from core.mission import parse_tle
from core.mission.model import MeanElements
from core.orbit import Constellation, Sgp4Orbit, all_beta_angles_rad, all_ground_tracks, beta_angle_rad, ground_track
from core.time import parse_utc, tai_s_from_utc

START_TAI_S = tai_s_from_utc(parse_utc("2022-11-03T00:00:00Z"))
TIMES = START_TAI_S + np.linspace(0.0, 80_000.0, 60)


@pytest.fixture(scope="module")
def elements(reference_data: Path) -> list[MeanElements]:
    """Every five-hundredth real object."""
    lines = (reference_data / "flight" / "catalogue" / "active.tle").read_text().splitlines()
    return [parse_tle(lines[k + 1], lines[k + 2]).elements for k in range(0, len(lines) - 2, 1500)]


def test_beta_angles_in_bulk_are_the_single_ones(elements: list[MeanElements]) -> None:
    found = all_beta_angles_rad(Constellation(elements), TIMES)
    assert found.shape == (len(elements), len(TIMES))
    for row, one in zip(found, elements, strict=True):
        # The single one leaves TEME by the same rotation: the difference is rounding.
        expected = beta_angle_rad(Sgp4Orbit.from_elements(one).propagate(TIMES))
        np.testing.assert_allclose(row, expected, atol=1e-9)


def test_ground_tracks_in_bulk_are_the_single_ones(elements: list[MeanElements]) -> None:
    found = all_ground_tracks(Constellation(elements), TIMES, threads=2)
    for index, one in enumerate(elements):
        single = ground_track(Sgp4Orbit.from_elements(one), TIMES)
        np.testing.assert_allclose(found.latitude_rad[index], single.latitude_rad, atol=1e-8)
        apart = np.remainder(found.longitude_rad[index] - single.longitude_rad + math.pi, 2.0 * math.pi) - math.pi
        np.testing.assert_allclose(apart * np.cos(single.latitude_rad), 0.0, atol=1e-8)
        np.testing.assert_allclose(found.height_m[index], single.height_m, atol=0.01)


def test_where_sgp4_fails_there_is_no_number(elements: list[MeanElements]) -> None:
    decaying = elements[0].model_copy(update={"mean_motion_rev_day": 16.4, "bstar_per_earth_radius": 0.5})
    times = START_TAI_S + np.array([0.0, 40.0 * 86_400.0])
    both = Constellation([elements[0], decaying])
    assert np.isnan(all_beta_angles_rad(both, times)).tolist()[0] == [False, False]
    assert np.isnan(all_beta_angles_rad(both, times))[1, 1]
    assert np.isnan(all_ground_tracks(both, times).height_m)[1, 1]


def test_without_a_sun_there_is_no_beta_angle(elements: list[MeanElements]) -> None:
    with pytest.raises(EphemerisSpanError):
        all_beta_angles_rad(Constellation(elements[:1]), np.array([4.0e9]))
