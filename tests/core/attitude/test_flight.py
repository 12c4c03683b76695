"""Attitude flights: the two modes against each other, momentum against the torques, sensors, failures, bad input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.attitude import (
    AttitudeEnvironment,
    AttitudeFlight,
    AttitudeState,
    FlightFactors,
    FlightMode,
    PointingLaw,
    PointingSegment,
    TrackerOutage,
    attitude_environment,
    environment_torques,
    fly_attitude,
    fly_attitude_members,
    inertia_kg_m2,
    resting_state,
    wheel_axes,
)
from core.attitude.quaternion import conjugate, multiply, out_of_body, rotation_angle_rad
from core.errors import InputError
from core.frames import itrf_from_geodetic
from core.mission.design.attitude import FlexibleModes
from core.mission.model import Bus

EARTH_RADIUS_M = 6_378_137.0


def _segments(environment: AttitudeEnvironment, *laws: tuple[float, PointingLaw]) -> list[PointingSegment]:
    first = float(environment.t_tai_s[0])
    rome = itrf_from_geodetic(np.radians(41.903), np.radians(12.496), 20.0)
    return [PointingSegment(first + start_s, law, place_itrf_m=rome) for start_s, law in laws]


def _timeline(environment: AttitudeEnvironment) -> list[PointingSegment]:
    law = PointingLaw
    return _segments(
        environment,
        (0.0, law.NADIR),
        (3_000.0, law.SUN),
        (9_000.0, law.NADIR),
        (12_000.0, law.VELOCITY),
        (15_000.0, law.SUN),
        (20_000.0, law.INERTIAL),
        (22_000.0, law.TARGET),
        (30_000.0, law.NADIR),
        (38_000.0, law.SAFE_SPIN),
    )


def _flown(bus: Bus, environment: AttitudeEnvironment, mode: FlightMode) -> AttitudeFlight:
    segments = _timeline(environment)
    return fly_attitude(bus, resting_state(bus, environment, segments[0]), segments, environment, mode)


@pytest.fixture(scope="module")
def full(bus: Bus, half_day: AttitudeEnvironment) -> AttitudeFlight:
    return _flown(bus, half_day, FlightMode.FULL)


def test_screening_agrees_with_the_full_flight(bus: Bus, half_day: AttitudeEnvironment, full: AttitudeFlight) -> None:
    """Measured: 0.003 deg and 0.002 N m s in the wheels while settled; 0.03 deg in slews."""
    screened = _flown(bus, half_day, FlightMode.SCREENING)
    apart = np.degrees(rotation_angle_rad(multiply(full.q_body_gcrf, conjugate(screened.q_body_gcrf))))
    both = full.settled & screened.settled
    assert both.mean() > 0.95
    assert apart[both].max() < 0.01
    assert apart.max() < 0.1
    assert np.abs(full.wheel_n_m_s - screened.wheel_n_m_s)[both].max() < 0.01
    assert (full.settled != screened.settled).mean() < 0.02
    np.testing.assert_allclose(screened.wheel_power_w.mean(), full.wheel_power_w.mean(), rtol=0.05)
    np.testing.assert_allclose(screened.dipole_a_m2.mean(axis=0), full.dipole_a_m2.mean(axis=0), rtol=0.05)
    assert full.blocked_slews == screened.blocked_slews == 0


@pytest.mark.parametrize("mode", [FlightMode.SCREENING, FlightMode.FULL])
def test_without_torquers_the_momentum_is_the_integral_of_the_torques(
    mode: FlightMode, bus: Bus, half_day: AttitudeEnvironment
) -> None:
    """From the flown attitudes and an independent sum: nothing creates or loses momentum in slews and control."""
    weak = bus.model_copy(update={"magnetorquer_a_m2": 1e-12})
    segments = _segments(half_day, (0.0, PointingLaw.NADIR), (6_000.0, PointingLaw.SUN), (20_000.0, PointingLaw.NADIR))
    flight = fly_attitude(weak, resting_state(weak, half_day, segments[0]), segments, half_day, mode)
    axes, rotor = wheel_axes(bus.wheels), bus.wheels.rotor_inertia_kg_m2
    assert rotor is not None
    hub = inertia_kg_m2(bus) - rotor * axes.T @ axes
    body = flight.omega_body_gcrf_rad_s @ hub + flight.wheel_n_m_s @ axes
    momentum = out_of_body(flight.q_body_gcrf, body)
    torque = out_of_body(flight.q_body_gcrf, environment_torques(weak, half_day, flight.q_body_gcrf).total_n_m)
    steps = np.diff(half_day.t_tai_s)[:, np.newaxis]
    gained = np.vstack([np.zeros(3), np.cumsum(0.5 * (torque[1:] + torque[:-1]) * steps, axis=0)])
    assert np.linalg.norm(gained[-1]) > 0.1  # there is something to keep
    # 2e-3 N m s: trapezoids of 30 s through eclipse edges and slews.
    np.testing.assert_allclose(momentum - momentum[0], gained, atol=2e-3)


def test_magnetorquers_keep_the_wheels_from_filling_up(full: AttitudeFlight, bus: Bus) -> None:
    axes = wheel_axes(bus.wheels)
    held = np.linalg.norm(full.wheel_n_m_s @ axes, axis=1)
    assert held[full.settled].max() < 0.2
    assert held[-1] < 0.05
    assert full.dipole_a_m2.max() <= bus.magnetorquer_a_m2
    assert full.jet_on_s.max() == 0.0


def test_half_the_control_step_flies_the_same(bus: Bus, half_day: AttitudeEnvironment, full: AttitudeFlight) -> None:
    assert bus.attitude is not None
    control = bus.attitude.control.model_copy(update={"step_s": 0.25})
    finer = bus.model_copy(update={"attitude": bus.attitude.model_copy(update={"control": control})})
    again = _flown(finer, half_day, FlightMode.FULL)
    apart = np.degrees(rotation_angle_rad(multiply(full.q_body_gcrf, conjugate(again.q_body_gcrf))))
    assert apart[full.settled & again.settled].max() < 0.01
    assert np.abs(full.wheel_n_m_s - again.wheel_n_m_s)[full.settled & again.settled].max() < 0.005


def test_blinding_and_margins_are_those_of_the_angles(
    bus: Bus, half_day: AttitudeEnvironment, full: AttitudeFlight
) -> None:
    assert bus.attitude is not None
    r = half_day.r_gcrf_m
    sun, moon = half_day.sun_gcrf_m - r, half_day.moon_gcrf_m - r
    limb_rad = np.arcsin(EARTH_RADIUS_M / np.linalg.norm(r, axis=1))

    def between(boresight: np.ndarray, directions: np.ndarray) -> np.ndarray:
        unit = directions / np.linalg.norm(directions, axis=1)[:, np.newaxis]
        return np.arccos(np.clip((boresight * unit).sum(axis=1), -1.0, 1.0))

    lit = half_day.illumination > 0.0
    for index, tracker in enumerate(bus.attitude.star_trackers):
        boresight = out_of_body(full.q_body_gcrf, np.array(tracker.boresight))
        blinded = lit & (between(boresight, sun) < np.radians(tracker.sun_exclusion_deg) + 0.00465)
        blinded |= between(boresight, -r) < limb_rad + np.radians(tracker.earth_exclusion_deg)
        blinded |= between(boresight, moon) < np.radians(tracker.moon_exclusion_deg) + 0.0045
        assert 0.02 < blinded.mean() < 0.6
        assert (blinded == full.blinded[:, index]).mean() > 0.998  # the Sun's and Moon's discs are rounded here
    imager = out_of_body(full.q_body_gcrf, np.array([0.0, 0.0, 1.0]))
    expected = np.where(lit, between(imager, sun) - np.radians(30.0), np.pi)
    np.testing.assert_allclose(full.keep_out_margin_rad[:, 0], expected, atol=1e-7)
    assert full.keep_out_margin_rad.min() > 0.0


def test_a_sensed_flight_knows_its_attitude_and_says_how_well(bus: Bus, half_day: AttitudeEnvironment) -> None:
    segments = _segments(half_day, (0.0, PointingLaw.NADIR))
    first = float(half_day.t_tai_s[0])
    start = resting_state(bus, half_day, segments[0])
    out = [TrackerOutage(name, first + 6_000.0, first + 12_000.0) for name in ("tracker_py", "tracker_my")]
    flight = fly_attitude(bus, start, segments, half_day, FlightMode.SENSED, outages=out, seed=3)
    arcsec = np.degrees(flight.estimate_error_rad) * 3600.0
    assert np.median(arcsec[20:190]) < 6.0  # of trackers with 4 arcsec across and 30 about the boresight
    assert flight.blinded[201:399].all()
    assert 6.0 < arcsec[300:399].max() < 300.0  # gyro with Sun and field
    assert arcsec[420:].max() < 30.0
    assert np.degrees(flight.error_rad[420:]).max() < 0.02
    again = fly_attitude(bus, start, segments, half_day, FlightMode.SENSED, outages=out, seed=3)
    other = fly_attitude(bus, start, segments, half_day, FlightMode.SENSED, outages=out, seed=4)
    assert np.array_equal(again.q_body_gcrf, flight.q_body_gcrf)
    assert not np.array_equal(other.q_body_gcrf, flight.q_body_gcrf)


def test_a_tumbling_spacecraft_is_detumbled_and_spins_to_the_sun(bus: Bus, half_day: AttitudeEnvironment) -> None:
    tumbling = AttitudeState(np.array([1.0, 0.0, 0.0, 0.0]), np.radians([4.0, -3.0, 5.0]), np.zeros(4))
    segments = _segments(half_day, (0.0, PointingLaw.SAFE_SPIN))
    flight = fly_attitude(bus, tumbling, segments, half_day, FlightMode.SENSED)
    rate_deg_s = np.degrees(np.linalg.norm(flight.omega_body_gcrf_rad_s, axis=1))
    assert not flight.settled[:100].any()
    assert rate_deg_s[300:].max() < 1.2  # B-dot within two revolutions
    assert flight.settled[-100:].all()
    assert rate_deg_s[-1] == pytest.approx(0.2, abs=1e-3)
    assert np.abs(flight.wheel_n_m_s).max() < 1.5


def test_full_wheels_are_unloaded_by_thrusters(bus: Bus, half_day: AttitudeEnvironment) -> None:
    segments = _segments(half_day, (0.0, PointingLaw.NADIR))
    start = replace(resting_state(bus, half_day, segments[0]), wheel_n_m_s=np.array([3.9, 3.0, 2.0, 3.5]))
    flight = fly_attitude(bus, start, segments, half_day, FlightMode.FULL)
    assert flight.jet_on_s.sum() > 5.0
    assert np.abs(flight.wheel_n_m_s[3:]).max() < 0.9 * bus.wheels.momentum_capacity_n_m_s
    assert np.degrees(flight.error_rad).max() < 0.05


@pytest.mark.parametrize("mode", [FlightMode.SCREENING, FlightMode.FULL])
def test_a_torque_from_a_burn_goes_into_the_wheels(mode: FlightMode, bus: Bus, half_day: AttitudeEnvironment) -> None:
    """2 mN m about y for ten minutes: 1.2 N m s, with ramps of one sample at both ends."""
    seconds = half_day.t_tai_s - half_day.t_tai_s[0]
    burning = ((seconds >= 3_000.0) & (seconds < 3_600.0)).astype(float)
    applied = np.outer(burning, [0.0, 2e-3, 0.0])
    burnt = attitude_environment(
        half_day.t_tai_s,
        half_day.r_gcrf_m,
        half_day.v_gcrf_m_s,
        half_day.density_kg_m3,
        half_day.illumination,
        applied,
    )
    segments = _segments(half_day, (0.0, PointingLaw.NADIR))
    weak = bus.model_copy(update={"magnetorquer_a_m2": 1e-12})
    start = resting_state(weak, half_day, segments[0])
    axes = wheel_axes(bus.wheels)
    held = [fly_attitude(weak, start, segments, around, mode).wheel_n_m_s @ axes for around in (half_day, burnt)]
    after = int(np.argmax(seconds >= 3_700.0))
    assert held[1][after, 1] - held[0][after, 1] == pytest.approx(1.2, abs=0.05)


def test_members_differ_as_their_factors_say(bus: Bus, half_day: AttitudeEnvironment) -> None:
    segments = _segments(half_day, (0.0, PointingLaw.NADIR), (3_000.0, PointingLaw.SUN))
    start = resting_state(bus, half_day, segments[0])
    ones = np.ones(3)
    factors = FlightFactors(np.array([1.0, 1.1, 1.0]), ones, np.array([1.0, 1.0, 8.0]), ones, ones)
    many = fly_attitude_members(bus, [start] * 3, segments, half_day, FlightMode.FULL, factors=factors)
    alone = fly_attitude(bus, start, segments, half_day, FlightMode.FULL)
    assert np.array_equal(many.member(0).q_body_gcrf, alone.q_body_gcrf)
    assert many.q_body_gcrf.shape == (3, len(half_day.t_tai_s), 4)
    for other in (1, 2):
        assert np.abs(many.wheel_n_m_s[other] - many.wheel_n_m_s[0]).max() > 1e-3


def test_bending_modes_ring_but_do_not_unsettle_the_control(bus: Bus, half_day: AttitudeEnvironment) -> None:
    assert bus.attitude is not None
    modes = FlexibleModes(frequency_hz=(0.8, 1.0, 0.6), damping=0.005, inertia_share=(0.05, 0.02, 0.06))
    soft = bus.model_copy(update={"attitude": bus.attitude.model_copy(update={"flexible": modes})})
    flight = _flown(soft, half_day, FlightMode.FULL)
    assert flight.settled.mean() > 0.95


def test_bad_starts_and_designs_are_refused(bus: Bus, half_day: AttitudeEnvironment) -> None:
    segments = _segments(half_day, (0.0, PointingLaw.NADIR))
    good = resting_state(bus, half_day, segments[0])
    cases = [
        (replace(good, wheel_n_m_s=np.full(4, 4.5)), "4.500 N m s is beyond the wheels' 4 N m s"),
        (replace(good, wheel_n_m_s=np.zeros(3)), "4 wheel momenta"),
        (replace(good, omega_body_gcrf_rad_s=np.full(3, np.nan)), "all finite"),
        (replace(good, q_body_gcrf=np.full(4, 0.6)), "has length 1.2"),
    ]
    for start, complaint in cases:
        with pytest.raises(InputError, match=complaint):
            fly_attitude(bus, start, segments, half_day, FlightMode.FULL)
    with pytest.raises(InputError, match="'other' is not one of"):
        fly_attitude(bus, good, segments, half_day, FlightMode.FULL, outages=[TrackerOutage("other", 0.0, 1.0)])
    for wrong in (np.array([np.nan]), np.array([-1.0]), np.ones(2)):
        factors = replace(FlightFactors.nominal(1), density=wrong)
        with pytest.raises(InputError, match="needs 1 finite values, none negative"):
            fly_attitude_members(bus, [good], segments, half_day, FlightMode.SCREENING, factors=factors)
    plain = bus.model_copy(update={"attitude": None})
    with pytest.raises(InputError, match="lacks gyro, star_trackers, sun_sensors, magnetometer"):
        fly_attitude(plain, good, segments, half_day, FlightMode.SENSED)
    assert fly_attitude(plain, good, segments, half_day, FlightMode.FULL).settled.all()
