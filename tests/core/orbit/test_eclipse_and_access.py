"""Shadow and target access against geometry computed another way, from skyfield's positions and ERFA's Sun."""

from __future__ import annotations

import math
from typing import Any

import erfa
import numpy as np
import pytest
from numpy.typing import NDArray
from skyfield.api import wgs84
from skyfield.framelib import itrs

from core.errors import InputError
from core.orbit import find_eclipses, find_target_access, illumination, state_at, sun_position_gcrf_m
from core.time import jd_tt

DAY_S = 86_400.0
EARTH_RADIUS_M = 6_378_137.0
SUN_RADIUS_M = 695_700_000.0
EDGE_TOLERANCE_S = 0.02  # both have the same Sun; the search locates an edge to 0.1 ms


def erfa_sun_m(t_tai_s: NDArray[np.float64]) -> NDArray[np.float64]:
    whole, part = np.array([jd_tt(float(t)) for t in t_tai_s]).T
    # The Sun is seen where it was, relative to the Earth, when its light left (499 s an astronomical unit).
    return -erfa.epv00(whole, part - 499.004784 / 86_400.0)[0]["p"] * 149_597_870_700.0


def cone_distance_m(r_m: NDArray[np.float64], sun_m: NDArray[np.float64], sign: float) -> NDArray[np.float64]:
    """Distance outside the shadow cone (sign -1: umbra, +1: penumbra), from the cone's own axis and apex."""
    axis = sun_m / np.linalg.norm(sun_m, axis=1)[:, None]
    behind = -(r_m * axis).sum(axis=1)
    off_axis = np.linalg.norm(r_m + behind[:, None] * axis, axis=1)
    sine = (SUN_RADIUS_M + sign * EARTH_RADIUS_M) / np.linalg.norm(sun_m, axis=1)
    radius = EARTH_RADIUS_M / np.sqrt(1 - sine**2) + sign * behind * sine / np.sqrt(1 - sine**2)
    return np.where(behind > 0, off_axis - radius, 1e9)


@pytest.mark.parametrize(
    ("sign", "first", "last"), [(1.0, "start_tai_s", "end_tai_s"), (-1.0, "umbra_start_tai_s", "umbra_end_tai_s")]
)
def test_eclipse_edges_lie_on_the_shadow_cone(low: Any, sign: float, first: str, last: str) -> None:
    start = low.orbit.epoch_tai_s
    found = find_eclipses(low.orbit, start, start + DAY_S)

    def outside_m(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return cone_distance_m(low.peer.at(low.time(t)).position.m.T, erfa_sun_m(t), sign)

    coarse = np.arange(start, start + DAY_S, 60.0)
    enters = np.array([getattr(one, first) for one in found if getattr(one, first) > start + 1])
    leaves = np.array([getattr(one, last) for one in found if getattr(one, last) < start + DAY_S - 1])
    assert np.abs(np.diff((outside_m(coarse) < 0).astype(int))).sum() == len(enters) + len(leaves) > 25
    assert np.all(outside_m(enters - EDGE_TOLERANCE_S) > 0) and np.all(outside_m(enters + EDGE_TOLERANCE_S) < 0)
    assert np.all(outside_m(leaves - EDGE_TOLERANCE_S) < 0) and np.all(outside_m(leaves + EDGE_TOLERANCE_S) > 0)


def test_illumination_falls_and_rises_where_the_eclipse_says(low: Any) -> None:
    start = low.orbit.epoch_tai_s
    for one in find_eclipses(low.orbit, start + 3600.0, start + 20_000.0)[1:-1]:
        assert one.umbra_start_tai_s is not None and one.umbra_end_tai_s is not None
        t = np.array(
            [
                one.start_tai_s - 0.01,
                one.start_tai_s + 0.5,
                one.umbra_start_tai_s - 0.5,
                one.umbra_start_tai_s + 0.01,
                one.umbra_end_tai_s - 0.01,
                one.end_tai_s + 0.01,
            ]
        )
        light = illumination(low.orbit.propagate(t).r_gcrf_m, t)
        assert light[0] == 1.0 and light[5] == 1.0
        assert light[3] == 0.0 and light[4] == 0.0
        assert 1.0 > light[1] > light[2] > 0.0


def test_half_the_disc_is_hidden_when_the_limb_crosses_its_centre() -> None:
    t = np.array([0.0])
    sun = sun_position_gcrf_m(t)[0] / np.linalg.norm(sun_position_gcrf_m(t))
    across = np.cross(sun, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    r_m = 7e6
    limb = math.pi - math.asin(EARTH_RADIUS_M / r_m)
    seen = illumination((r_m * (math.cos(limb) * sun + math.sin(limb) * across))[np.newaxis, :], t)[0]
    # The Earth's edge is nearly straight across the Sun, and the Sun is not quite at infinity.
    assert abs(seen - 0.5) < 0.01


def test_access_windows_match_skyfields_geometry(low: Any) -> None:
    latitude, longitude, limit = math.radians(37.75), math.radians(14.99), math.radians(30.0)
    start, end = low.orbit.epoch_tai_s, low.orbit.epoch_tai_s + 6 * DAY_S
    found = find_target_access(low.orbit, latitude, longitude, 3300.0, start, end, limit)
    place_m = wgs84.latlon(37.75, 14.99, 3300.0).itrs_xyz.m

    def angle_rad(t: NDArray[np.float64]) -> NDArray[np.float64]:
        r_itrf_m = low.peer.at(low.time(t)).frame_xyz(itrs).m.T
        line = place_m - r_itrf_m
        lengths = np.linalg.norm(line, axis=1) * np.linalg.norm(r_itrf_m, axis=1)
        angle = np.arccos((line * -r_itrf_m).sum(axis=1) / lengths)
        return np.where(np.linalg.norm(line, axis=1) < 3e6, angle, math.pi)  # not through the Earth

    coarse = angle_rad(np.arange(start, end, 20.0)) < limit
    assert np.abs(np.diff(coarse.astype(int))).sum() == 2 * len(found) > 2
    for one in found:
        inside = np.linspace(one.start_tai_s, one.end_tai_s, 200)
        angles = angle_rad(inside)
        assert np.all(angles[1:-1] < limit)
        assert np.all(angle_rad(np.array([one.start_tai_s - 0.05, one.end_tai_s + 0.05])) > limit)
        assert abs(one.min_off_nadir_rad - angles.min()) < 1e-4
        assert abs(one.best_tai_s - inside[angles.argmin()]) < 2.0


def test_daylight_access_is_the_part_of_access_with_the_sun_up(low: Any) -> None:
    start = low.orbit.epoch_tai_s
    place = (math.radians(48.1), math.radians(11.6), 500.0, start, start + 6 * DAY_S, math.radians(40.0))
    every = find_target_access(low.orbit, *place)
    lit = find_target_access(low.orbit, *place, min_sun_elevation_rad=math.radians(10.0))
    bright = [one for one in every if one.sun_elevation_rad > math.radians(10.0)]
    assert 0 < len(lit) < len(every)
    assert [round(one.best_tai_s) for one in lit] == [round(one.best_tai_s) for one in bright]


@pytest.mark.parametrize("limit_rad", [0.0, -0.1, 2.0, float("nan")])
def test_an_impossible_off_nadir_limit_is_refused(low: Any, limit_rad: float) -> None:
    start = low.orbit.epoch_tai_s
    with pytest.raises(InputError, match="off_nadir"):
        find_target_access(low.orbit, 0.5, 0.5, 0.0, start, start + DAY_S, limit_rad)


def test_state_says_eclipse_where_the_search_does(low: Any) -> None:
    start = low.orbit.epoch_tai_s
    one = find_eclipses(low.orbit, start, start + 20_000.0)[1]
    assert state_at(low.orbit, 0.5 * (one.start_tai_s + one.end_tai_s)).in_eclipse
    assert not state_at(low.orbit, one.end_tai_s + 60.0).in_eclipse


def _steering_rad(low: Any, t_tai_s: NDArray[np.float64], place_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Roll and pitch (2, n) from skyfield's states: a turn about the flight direction, then what is left along it."""
    at = low.peer.at(low.time(t_tai_s))
    r, v = at.position.m.T, at.velocity.m_per_s.T
    turns = np.moveaxis(itrs.rotation_at(low.time(t_tai_s)), 2, 0)
    sight = np.einsum("nji,j->ni", turns, place_m) - r
    up = r / np.linalg.norm(r, axis=1)[:, None]
    normal = np.cross(r, v) / np.linalg.norm(np.cross(r, v), axis=1)[:, None]
    ahead = np.cross(normal, up)
    across, down, along = ((sight * axis).sum(axis=1) for axis in (normal, -up, ahead))
    return np.array([np.arctan2(across, down), np.arcsin(along / np.linalg.norm(sight, axis=1))])


def test_a_bus_that_only_rolls_sees_a_place_while_that_passes_its_side(low: Any) -> None:
    latitude, longitude = math.radians(37.75), math.radians(14.99)
    start, end = low.orbit.epoch_tai_s, low.orbit.epoch_tai_s + 6 * DAY_S
    free = find_target_access(low.orbit, latitude, longitude, 3300.0, start, end, math.radians(45.0))
    roll, pitch = math.radians(30.0), math.radians(3.0)
    found = find_target_access(
        low.orbit, latitude, longitude, 3300.0, start, end, math.radians(45.0), max_roll_rad=roll, max_pitch_rad=pitch
    )
    place_m = wgs84.latlon(37.75, 14.99, 3300.0).itrs_xyz.m
    assert 0 < len(found) <= len(free)
    for one in found:
        inside = np.linspace(one.start_tai_s + 0.05, one.end_tai_s - 0.05, 50)
        angles = np.abs(_steering_rad(low, inside, place_m))
        assert (angles[0] <= roll).all() and (angles[1] <= pitch).all()
        outside = np.abs(_steering_rad(low, np.array([one.start_tai_s - 0.05, one.end_tai_s + 0.05]), place_m))
        assert ((outside[0] > roll) | (outside[1] > pitch)).all()
        (whole,) = [wide for wide in free if wide.start_tai_s <= one.best_tai_s <= wide.end_tai_s]
        assert one.end_tai_s - one.start_tai_s < 0.3 * (whole.end_tai_s - whole.start_tai_s)
    everything = find_target_access(
        low.orbit, latitude, longitude, 3300.0, start, end, math.radians(45.0), max_roll_rad=3.0, max_pitch_rad=1.5
    )
    assert [one.start_tai_s for one in everything] == pytest.approx([one.start_tai_s for one in free], abs=1e-3)
    with pytest.raises(InputError, match="max_roll_rad"):
        find_target_access(low.orbit, latitude, longitude, 0.0, start, end, 0.5, max_roll_rad=0.0)
