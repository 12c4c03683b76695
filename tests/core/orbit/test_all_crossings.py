"""Nodes, apsides and keep-out in bulk against the single searches, which skyfield checks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.frames import EphemerisSpanError
from core.mission import parse_tle
from core.mission.model import MeanElements
from core.orbit import (
    Constellation,
    PropagationError,
    Sgp4Orbit,
    find_all_apsides,
    find_all_keep_out,
    find_all_nodes,
    find_apsides,
    find_keep_out,
    find_nodes,
)
from core.time import parse_utc, tai_s_from_utc

START_TAI_S = tai_s_from_utc(parse_utc("2022-11-03T00:00:00Z"))
END_TAI_S = START_TAI_S + 40_000.0
EDGE_S = 1e-3  # both are located to 0.1 ms; a tangential edge of keep-out moves more, and is compared by its angle


@pytest.fixture(scope="module")
def elements(reference_data: Path) -> list[MeanElements]:
    """Every two-hundred-and-fiftieth real object, and the most eccentric one."""
    lines = (reference_data / "flight" / "catalogue" / "active.tle").read_text().splitlines()
    every = [parse_tle(lines[k + 1], lines[k + 2]).elements for k in range(0, len(lines) - 2, 3)]
    return [*every[::250], max(every, key=lambda one: one.eccentricity)]


def test_nodes_in_bulk_are_the_single_ones(elements: list[MeanElements]) -> None:
    found = find_all_nodes(Constellation(elements), START_TAI_S, END_TAI_S, threads=2)
    assert found.t_tai_s.size > 100 and np.all(np.diff(found.satellite) >= 0)
    for index, one in enumerate(elements):
        if index in found.unsearched:
            continue
        mine, single = found.satellite == index, find_nodes(Sgp4Orbit.from_elements(one), START_TAI_S, END_TAI_S)
        np.testing.assert_allclose(found.t_tai_s[mine], single.t_tai_s, atol=EDGE_S, rtol=0.0)
        assert (found.ascending[mine] == single.ascending).all()
        apart = np.remainder(found.longitude_rad[mine] - single.longitude_rad + math.pi, 2.0 * math.pi) - math.pi
        assert np.abs(apart).max(initial=0.0) < 1e-6


def test_apsides_in_bulk_are_the_single_ones(elements: list[MeanElements]) -> None:
    found = find_all_apsides(Constellation(elements), START_TAI_S, END_TAI_S)
    for index, one in enumerate(elements):
        mine, single = found.satellite == index, find_apsides(Sgp4Orbit.from_elements(one), START_TAI_S, END_TAI_S)
        np.testing.assert_allclose(found.t_tai_s[mine], single.t_tai_s, atol=0.01, rtol=0.0)
        assert (found.pericentre[mine] == single.pericentre).all()
        np.testing.assert_allclose(found.radius_m[mine], single.radius_m, atol=1e-3, rtol=0.0)


@pytest.mark.parametrize("moon", [False, True])
def test_keep_out_in_bulk_is_the_single_one(elements: list[MeanElements], moon: bool) -> None:
    boresight, limit = np.array([1.0, 1.0, 0.4]), math.radians(35.0)
    found = find_all_keep_out(Constellation(elements), boresight, limit, START_TAI_S, END_TAI_S, moon=moon)
    total = 0
    for index, one in enumerate(elements):
        orbit = Sgp4Orbit.from_elements(one)
        single = find_keep_out(orbit, boresight, limit, START_TAI_S, END_TAI_S, moon=moon)
        mine = found.satellite == index
        total += int(mine.sum())
        # 20 arcseconds of aberration, which the single search leaves out.
        np.testing.assert_allclose(found.start_tai_s[mine], single.start_tai_s, atol=0.5, rtol=0.0)
        np.testing.assert_allclose(found.end_tai_s[mine], single.end_tai_s, atol=0.5, rtol=0.0)
        np.testing.assert_allclose(found.least_angle_rad[mine], single.least_angle_rad, atol=2e-3, rtol=0.0)
    assert total > 20


def test_a_satellite_that_cannot_be_flown_is_said(elements: list[MeanElements]) -> None:
    decaying = elements[0].model_copy(update={"mean_motion_rev_day": 16.4, "bstar_per_earth_radius": 0.5})
    constellation, end_s = Constellation([elements[0], decaying]), START_TAI_S + 20.0 * 86_400.0
    with pytest.raises(PropagationError):
        find_nodes(Sgp4Orbit.from_elements(decaying), START_TAI_S, end_s)
    assert find_all_nodes(constellation, START_TAI_S, end_s).unsearched.tolist() == [1]
    assert find_all_apsides(constellation, START_TAI_S, end_s).unsearched.tolist() == [1]
    assert find_all_keep_out(constellation, np.ones(3), 0.5, START_TAI_S, end_s).unsearched.tolist() == [1]


def test_searches_without_sense_are_refused(elements: list[MeanElements]) -> None:
    constellation = Constellation(elements[:1])
    with pytest.raises(InputError, match="end after its start"):
        find_all_nodes(constellation, START_TAI_S, START_TAI_S)
    with pytest.raises(InputError, match="no direction"):
        find_all_keep_out(constellation, np.zeros(3), 0.5, START_TAI_S, END_TAI_S)
    with pytest.raises(InputError, match="between 0 and pi"):
        find_all_keep_out(constellation, np.ones(3), 4.0, START_TAI_S, END_TAI_S)
    with pytest.raises(EphemerisSpanError):
        find_all_keep_out(constellation, np.ones(3), 0.5, 4.0e9, 4.0e9 + 100.0)
