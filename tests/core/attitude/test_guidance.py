"""Pointing laws against directions computed here; slews within their limits, and round the forbidden cones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.attitude import (
    AttitudeEnvironment,
    KeepOutError,
    PointingLaw,
    PointingSegment,
    Sky,
    attitude_environment,
    commanded_pointing,
    inertia_kg_m2,
    plan_slew,
    pointing,
    slew_between_s,
    wheel_axes,
)
from core.attitude.quaternion import (
    conjugate,
    from_rotation_vector,
    into_body,
    multiply,
    out_of_body,
    rotation_angle_rad,
)
from core.errors import InputError
from core.frames import gcrf_from_itrf, itrf_from_geodetic
from core.mission import reference_mission
from core.mission.model import Bus
from core.orbit import Sgp4Orbit

X, Y, Z = np.eye(3)
ROME_ITRF_M = itrf_from_geodetic(math.radians(41.903), math.radians(12.496), 20.0)


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def _segment(environment: AttitudeEnvironment, law: PointingLaw, **more: np.ndarray) -> PointingSegment:
    return PointingSegment(float(environment.t_tai_s[0]), law, **more)


def test_each_law_points_its_axis_where_its_name_says(bus: Bus, half_day: AttitudeEnvironment) -> None:
    r, v = half_day.r_gcrf_m, half_day.v_gcrf_m_s
    normal = _unit(np.cross(r, v))
    place, _ = gcrf_from_itrf(half_day.t_tai_s, np.tile(ROME_ITRF_M, (len(r), 1)), np.zeros((len(r), 3)))
    along = _unit(np.cross(normal, r))
    cases = [
        (PointingLaw.SUN, {}, -Z, _unit(half_day.sun_gcrf_m - r)),
        (PointingLaw.SAFE_SPIN, {}, -Z, _unit(half_day.sun_gcrf_m - r)),
        (PointingLaw.NADIR, {}, Z, -_unit(r)),
        (PointingLaw.VELOCITY, {}, X, _unit(v)),
        (PointingLaw.THRUST, {"direction_rtn": np.array([0.0, -2.0, 0.0])}, X, -along),
        (PointingLaw.THRUST, {"direction_rtn": np.array([0.0, 0.0, 1.0])}, X, normal),
        (PointingLaw.TARGET, {"place_itrf_m": ROME_ITRF_M}, Z, _unit(place - r)),
        (PointingLaw.STATION, {"place_itrf_m": ROME_ITRF_M}, Z, _unit(place - r)),
    ]
    for law, more, axis, direction in cases:
        track = pointing(bus, half_day, _segment(half_day, law, **more))
        # 2e-6 rad: the pole and the rate of the Earth are held for half a day.
        np.testing.assert_allclose(out_of_body(track.q_body_gcrf, axis), direction, atol=2e-6)


def test_nadir_pointing_flies_x_forward_and_turns_once_a_revolution(bus: Bus, half_day: AttitudeEnvironment) -> None:
    track = pointing(bus, half_day, _segment(half_day, PointingLaw.NADIR))
    normal = _unit(np.cross(half_day.r_gcrf_m, half_day.v_gcrf_m_s))
    np.testing.assert_allclose(out_of_body(track.q_body_gcrf, Y), -normal, atol=1e-9)
    assert (out_of_body(track.q_body_gcrf, X) * half_day.v_gcrf_m_s).sum(axis=1).min() > 0.0
    momentum = np.linalg.norm(np.cross(half_day.r_gcrf_m, half_day.v_gcrf_m_s), axis=1)
    expected = -momentum / np.linalg.norm(half_day.r_gcrf_m, axis=1) ** 2
    np.testing.assert_allclose(track.omega_body_gcrf_rad_s[:, 1], expected, rtol=1e-5)


@pytest.mark.parametrize("law", [PointingLaw.SUN, PointingLaw.NADIR, PointingLaw.SAFE_SPIN, PointingLaw.TARGET])
def test_the_rate_is_that_with_which_the_attitude_changes(
    law: PointingLaw, bus: Bus, half_day: AttitudeEnvironment
) -> None:
    more = {"place_itrf_m": ROME_ITRF_M} if law is PointingLaw.TARGET else {}
    t = half_day.t_tai_s[0] + np.linspace(1000.0, 7000.0, 50)
    segment = _segment(half_day, law, **more)
    here, later = pointing(bus, half_day, segment, t), pointing(bus, half_day, segment, t + 1.0)
    middle = pointing(bus, half_day, segment, t + 0.5).omega_body_gcrf_rad_s
    predicted = np.array([multiply(from_rotation_vector(w), q) for w, q in zip(middle, here.q_body_gcrf, strict=True)])
    turned = rotation_angle_rad(multiply(later.q_body_gcrf, conjugate(predicted)))
    assert turned.max() < 1e-7


def test_between_samples_of_30_s_nadir_is_that_of_a_grid_of_1_s(bus: Bus) -> None:
    orbit = Sgp4Orbit.from_elements(reference_mission().craft("LSAT-1").elements)
    grids = []
    for step_s in (30.0, 1.0):
        t = orbit.epoch_tai_s + np.arange(0.0, 1801.0, step_s)
        state = orbit.propagate(t)
        grids.append(attitude_environment(t, state.r_gcrf_m, state.v_gcrf_m_s, np.zeros(len(t)), np.ones(len(t))))
    fine = grids[1].t_tai_s[:-1]
    nadir = [pointing(bus, one, _segment(one, PointingLaw.NADIR), fine) for one in grids]
    turned = rotation_angle_rad(multiply(nadir[0].q_body_gcrf, conjugate(nadir[1].q_body_gcrf)))
    assert turned.max() < 2e-6  # 0.4 arcsec: the velocity between samples is that of two bodies


turns = st.tuples(*[st.floats(-1.0, 1.0)] * 3).map(np.array).filter(lambda one: float(np.linalg.norm(one)) > 0.05)


@settings(max_examples=25, deadline=None)
@given(turns, turns)
def test_a_slew_keeps_rate_and_wheel_torque_and_ends_where_it_should(a: np.ndarray, b: np.ndarray) -> None:
    bus = reference_mission().bus_of("LSAT-1")
    start, end = from_rotation_vector(a), from_rotation_vector(b)
    assume(float(rotation_angle_rad(multiply(end, conjugate(start)))) > 1e-3)
    plan = plan_slew(bus, start, end)
    times = np.linspace(0.0, plan.turning_s, 400)
    track = np.array([plan.attitude(t) for t in times])
    np.testing.assert_allclose(abs(track[0] @ start), 1.0, atol=1e-9)
    np.testing.assert_allclose(abs(track[-1] @ end), 1.0, atol=1e-9)
    step_s = times[1]
    rate = rotation_angle_rad(multiply(track[1:], conjugate(track[:-1]))) / step_s
    assert rate.max() <= bus.slew_rate_rad_s * (1.0 + 1e-6)
    (leg,) = plan.legs
    share = np.linalg.pinv(wheel_axes(bus.wheels).T) @ inertia_kg_m2(bus) @ leg.axis * leg.acceleration_rad_s2
    assert np.abs(share).max() == pytest.approx(0.7 * bus.wheels.maximum_torque_n_m, rel=1e-9)
    assert slew_between_s(bus, start, end) == plan.turning_s + bus.settle_s


def test_a_half_turn_takes_its_angle_over_the_rate_and_one_ramp(bus: Bus) -> None:
    plan = plan_slew(bus, np.array([1.0, 0.0, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0]))
    (leg,) = plan.legs
    ramp_s = bus.slew_rate_rad_s / leg.acceleration_rad_s2
    assert plan.turning_s == pytest.approx(math.pi / bus.slew_rate_rad_s + ramp_s, rel=1e-12)
    assert plan_slew(bus, leg.q_end, leg.q_end).duration_s == 0.0


def test_a_slew_across_the_sun_goes_round_it(bus: Bus) -> None:
    """The imager turns by 120 degrees with the Sun in the middle of its way."""
    start = from_rotation_vector(math.radians(-60.0) * X)
    end = from_rotation_vector(math.radians(60.0) * X)
    direct = plan_slew(bus, start, end)
    sun = out_of_body(direct.attitude(direct.turning_s / 2.0), Z)
    plan = plan_slew(bus, start, end, Sky(sun_gcrf=sun))
    angles = [
        math.degrees(math.acos(float(out_of_body(plan.attitude(t), Z) @ sun)))
        for t in np.linspace(0.0, plan.turning_s, 300)
    ]
    assert min(angles) >= 30.0
    assert plan.turning_s < 2.0 * direct.turning_s
    np.testing.assert_allclose(abs(plan.legs[-1].q_end @ end), 1.0, atol=1e-9)


def test_an_attitude_inside_a_cone_is_refused_with_its_angle(bus: Bus) -> None:
    end = from_rotation_vector(0.6 * X)
    with pytest.raises(KeepOutError, match=r"imager_sun points 0.0 deg from the sun; at least 30.0 deg") as raised:
        plan_slew(bus, np.array([1.0, 0.0, 0.0, 0.0]), end, Sky(sun_gcrf=out_of_body(end, Z)))
    assert raised.value.facts["keep_out"] == "imager_sun"


def test_a_commanded_slew_lasts_as_long_as_the_plan_and_ends_on_the_moving_law(
    bus: Bus, half_day: AttitudeEnvironment
) -> None:
    first = float(half_day.t_tai_s[0])
    to = from_rotation_vector(np.array([1.0, 0.3, -0.4]))
    start = np.array([1.0, 0.0, 0.0, 0.0])
    segments = [
        PointingSegment(first, PointingLaw.INERTIAL),
        PointingSegment(first + 600.0, PointingLaw.INERTIAL, q_body_gcrf=to),
        PointingSegment(first + 1200.0, PointingLaw.NADIR),
    ]
    t = first + np.arange(0.0, 3000.0, 1.0)
    commanded = commanded_pointing(bus, half_day, segments, start, np.zeros(3), t)
    assert commanded.blocked_slews == 0
    lasted = int(commanded.slewing[commanded.segment == 1].sum())
    assert lasted == math.ceil(plan_slew(bus, start, to).turning_s)
    moving = commanded.track.omega_body_gcrf_rad_s
    change = np.linalg.norm(np.diff(moving, axis=0), axis=1)
    assert change.max() < 0.02  # no jump: at most the acceleration about the lightest axis for a second
    settled = (commanded.segment == 2) & ~commanded.slewing
    nadir = pointing(bus, half_day, PointingSegment(first, PointingLaw.NADIR), t)
    off = rotation_angle_rad(multiply(commanded.track.q_body_gcrf, conjugate(nadir.q_body_gcrf)))
    assert off[settled].max() < 1e-9
    boresight = into_body(commanded.track.q_body_gcrf[0], np.array([1.0, 0.0, 0.0]))
    np.testing.assert_allclose(boresight, X, atol=1e-12)


def test_segments_without_what_they_need_are_refused(bus: Bus, half_day: AttitudeEnvironment) -> None:
    first = float(half_day.t_tai_s[0])
    with pytest.raises(InputError, match="target pointing needs three finite numbers"):
        pointing(bus, half_day, PointingSegment(first, PointingLaw.TARGET))
    with pytest.raises(InputError, match="points nowhere"):
        pointing(bus, half_day, PointingSegment(first, PointingLaw.THRUST, direction_rtn=np.zeros(3)))
    with pytest.raises(InputError, match="not a unit quaternion"):
        pointing(bus, half_day, PointingSegment(first, PointingLaw.INERTIAL, q_body_gcrf=np.full(4, 0.6)))
    with pytest.raises(InputError, match="needs its quaternion"):
        pointing(bus, half_day, PointingSegment(first, PointingLaw.INERTIAL))
    out_of_order = [PointingSegment(first + 10.0, PointingLaw.SUN), PointingSegment(first, PointingLaw.SUN)]
    with pytest.raises(InputError, match="must follow each other"):
        commanded_pointing(bus, half_day, out_of_order, np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(3))
