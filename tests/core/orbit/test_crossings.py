"""Nodes, apsides, ground track, beta angle and keep-out against skyfield's positions and closed forms."""

from __future__ import annotations

import math
from typing import Any

import erfa
import numpy as np
import pytest
from skyfield.api import wgs84

from core.errors import InputError
from core.frames import dcm_rtn_from_gcrf, moon_position_gcrf_m, rotate, sun_position_gcrf_m
from core.orbit import (
    Ephemeris,
    beta_angle_rad,
    find_apsides,
    find_keep_out,
    find_nodes,
    ground_track,
)
from core.time import jd_tt

DAY_S = 86_400.0


def test_nodes_lie_on_the_equator_of_skyfields_teme(twins: Any) -> None:
    start = twins.orbit.epoch_tai_s
    nodes = find_nodes(twins.orbit, start, start + 2.0 * DAY_S)
    assert len(nodes.t_tai_s) == pytest.approx(2 * 2.0 * DAY_S / twins.orbit.period_s, abs=2.0)
    assert np.array_equal(nodes.ascending[1:], ~nodes.ascending[:-1])
    heights_km = []
    for t in nodes.t_tai_s:
        whole, part = jd_tt(float(t))
        jd = (whole, part - 69.184 / DAY_S)  # TT - UTC in 2022
        _, r_km, v_km_s = twins.peer.model.sgp4(*jd)
        heights_km.append(r_km[2] / v_km_s[2])
    assert np.abs(heights_km).max() < 1e-3  # seconds to the equator


def test_apsides_are_extremes_of_the_distance(twins: Any) -> None:
    start = twins.orbit.epoch_tai_s
    apses = find_apsides(twins.orbit, start, start + DAY_S)
    assert apses.pericentre.sum() >= 1 and (~apses.pericentre).sum() >= 1

    def radius_m(t_tai_s: Any) -> Any:
        return np.linalg.norm(twins.peer.at(twins.time(t_tai_s)).position.m, axis=0)

    here, before, after = radius_m(apses.t_tai_s), radius_m(apses.t_tai_s - 20.0), radius_m(apses.t_tai_s + 20.0)
    assert np.abs(here - apses.radius_m).max() < 10.0
    sign = np.where(apses.pericentre, 1.0, -1.0)
    assert np.all(sign * (before - here) > 0.0) and np.all(sign * (after - here) > 0.0)


def test_the_ground_track_is_skyfields(twins: Any) -> None:
    t = twins.orbit.epoch_tai_s + np.linspace(0.0, DAY_S, 60)
    ours = ground_track(twins.orbit, t)
    theirs = wgs84.geographic_position_of(twins.peer.at(twins.time(t)))
    assert np.abs(ours.latitude_rad - theirs.latitude.radians).max() < 2e-8
    apart = np.remainder(ours.longitude_rad - theirs.longitude.radians + math.pi, 2.0 * math.pi) - math.pi
    assert np.abs(apart * np.cos(ours.latitude_rad)).max() < 2e-8
    assert np.abs(ours.height_m - theirs.elevation.m).max() < 0.5


def test_beta_is_the_suns_height_over_the_plane() -> None:
    # On the day of the solstice a plane along the equator has the obliquity as its beta angle.
    t = np.array([7.085e8 + 32.0])
    whole, part = jd_tt(float(t[0]))
    sun = -erfa.epv00(whole, part)[0]["p"]
    expected = math.asin(sun[2] / np.linalg.norm(sun))
    flat = Ephemeris(t, np.array([[7e6, 0.0, 0.0]]), np.array([[0.0, 7.5e3, 0.0]]))
    assert beta_angle_rad(flat)[0] == pytest.approx(expected, abs=2e-4)
    back = Ephemeris(t, flat.r_gcrf_m, -flat.v_gcrf_m_s)
    assert beta_angle_rad(back)[0] == -beta_angle_rad(flat)[0]


@pytest.mark.parametrize("moon", [False, True])
def test_keep_out_is_where_the_angle_is_too_small(twins: Any, moon: bool) -> None:
    start, end = twins.orbit.epoch_tai_s, twins.orbit.epoch_tai_s + DAY_S
    boresight, limit = np.array([2.0, 2.0, 0.5]), math.radians(45.0)
    found = find_keep_out(twins.orbit, boresight, limit, start, end, moon=moon)
    t = np.linspace(start, end, 4000)
    states = twins.orbit.propagate(t)
    body_m = (moon_position_gcrf_m if moon else sun_position_gcrf_m)(t) - states.r_gcrf_m
    seen = rotate(dcm_rtn_from_gcrf(states.r_gcrf_m, states.v_gcrf_m_s), body_m)
    angle = np.arccos(seen @ boresight / np.linalg.norm(boresight) / np.linalg.norm(seen, axis=1))
    inside = np.zeros(t.size, dtype=bool)
    for a, b in zip(found.start_tai_s, found.end_tai_s, strict=True):
        inside |= (t >= a) & (t <= b)
    clear_of_edges = np.abs(angle - limit) > 1e-6
    assert np.array_equal(inside[clear_of_edges], (angle < limit)[clear_of_edges])
    assert found.least_angle_rad.size == found.start_tai_s.size
    if found.least_angle_rad.size:
        assert found.least_angle_rad.min() == pytest.approx(angle.min(), abs=2e-3)


def test_searches_without_sense_are_refused(low: Any) -> None:
    start = low.orbit.epoch_tai_s
    with pytest.raises(InputError, match="window"):
        find_nodes(low.orbit, start, start)
    with pytest.raises(InputError, match="boresight"):
        find_keep_out(low.orbit, np.zeros(3), 0.5, start, start + 60.0)
    with pytest.raises(InputError, match="least_angle_rad"):
        find_keep_out(low.orbit, np.ones(3), 4.0, start, start + 60.0)


def test_a_span_without_a_crossing_has_no_events(low: Any) -> None:
    start = float(find_nodes(low.orbit, low.orbit.epoch_tai_s, low.orbit.epoch_tai_s + DAY_S).t_tai_s[0]) + 60.0
    assert find_nodes(low.orbit, start, start + 600.0).t_tai_s.size == 0
    assert find_keep_out(low.orbit, np.array([0.0, 0.0, 1.0]), 1e-3, start, start + 600.0).start_tai_s.size == 0
