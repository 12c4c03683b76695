"""Control laws against their formulas: feedback, sharing among wheels, unloading by magnetorquers and thrusters."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.attitude import ControlLaw, inertia_kg_m2, wheel_axes
from core.attitude.craft import attitude_craft
from core.attitude.quaternion import from_rotation_vector, into_body
from core.mission import reference_mission

BUS = reference_mission().bus_of("LSAT-1")
CRAFT = attitude_craft(BUS)
AXES = wheel_axes(BUS.wheels)
BANDWIDTH_RAD_S = 2.0 * np.pi * 0.02
NO_TURN = np.array([1.0, 0.0, 0.0, 0.0])
small = st.tuples(*[st.floats(-0.05, 0.05)] * 3).map(np.array)


@settings(max_examples=30, deadline=None)
@given(small, small, small, small)
def test_feedback_is_stiffness_damping_and_what_is_fed_forward(
    phi: np.ndarray, omega: np.ndarray, omega_wanted: np.ndarray, acceleration: np.ndarray
) -> None:
    """Markley and Crassidis, section 7.2, with the gains as inertia times bandwidth: the readable reference."""
    omega, omega_wanted = 0.2 * omega, 0.2 * omega_wanted
    wheels = np.array([0.5, -0.4, 0.3, 0.2])
    error = from_rotation_vector(phi)
    torque, _ = CRAFT.control(error, omega, wheels, NO_TURN, omega_wanted, acceleration)
    wanted = into_body(error, omega_wanted)
    inertia = inertia_kg_m2(BUS)
    back = BANDWIDTH_RAD_S**2 * 2.0 * error[1:] + 2.0 * 0.9 * BANDWIDTH_RAD_S * (omega - wanted)
    ahead = into_body(error, acceleration) - np.cross(omega, wanted)
    gyroscopic = np.cross(omega, inertia @ omega + AXES.T @ wheels)
    np.testing.assert_allclose(torque, inertia @ (ahead - back) + gyroscopic, atol=1e-12)


def test_rodrigues_parameters_pull_as_the_quaternion_does_for_small_errors_and_harder_for_large() -> None:
    mrp = attitude_craft(BUS, ControlLaw.MRP)
    still, wheels = np.zeros(3), np.zeros(4)
    for angle, most in ((1e-4, 1e-6), (0.1, 0.01)):
        q = from_rotation_vector(np.array([angle, 0.0, 0.0]))
        one, two = (c.control(q, still, wheels, NO_TURN, still, still)[0] for c in (CRAFT, mrp))
        assert np.linalg.norm(two) >= np.linalg.norm(one)
        np.testing.assert_allclose(two, one, rtol=most)
        sigma = np.tan(angle / 4.0)
        expected = -inertia_kg_m2(BUS)[0, 0] * BANDWIDTH_RAD_S**2 * 4.0 * sigma
        np.testing.assert_allclose(two[0], expected, rtol=1e-12)


def test_a_large_error_does_not_command_more_than_the_slew_rate() -> None:
    """At the slew rate towards the goal the pull and the damping cancel."""
    q = from_rotation_vector(np.array([2.5, 0.0, 0.0]))
    towards = np.array([-BUS.slew_rate_rad_s, 0.0, 0.0])
    torque, _ = CRAFT.control(q, towards, np.zeros(4), NO_TURN, np.zeros(3), np.zeros(3))
    gyroscopic = np.cross(towards, inertia_kg_m2(BUS) @ towards)
    np.testing.assert_allclose(torque, gyroscopic, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(small, st.tuples(*[st.floats(-3.0, 3.0)] * 4).map(np.array))
def test_the_wheels_give_the_torque_asked_for_or_one_along_it(phi: np.ndarray, wheels: np.ndarray) -> None:
    torque, motors = CRAFT.control(from_rotation_vector(phi), np.zeros(3), wheels, NO_TURN, np.zeros(3), np.zeros(3))
    assert np.abs(motors).max() <= BUS.wheels.maximum_torque_n_m + 1e-15
    rotor = BUS.wheels.rotor_inertia_kg_m2
    assert rotor is not None
    rate = wheels / rotor
    friction = BUS.wheels.viscous_friction_n_m_s * rate + BUS.wheels.coulomb_friction_n_m * np.tanh(rate)
    given_torque = -AXES.T @ (motors - friction)
    if np.abs(motors).max() < BUS.wheels.maximum_torque_n_m - 1e-9:
        assert float(given_torque @ torque) <= float(torque @ torque) * (1.0 + 1e-9) + 1e-15
        np.testing.assert_allclose(np.cross(given_torque, torque), 0.0, atol=1e-12)


def test_the_null_space_brings_the_wheels_to_their_bias_without_torque() -> None:
    wheels = np.zeros(4)
    _, motors = CRAFT.control(NO_TURN, np.zeros(3), wheels, NO_TURN, np.zeros(3), np.zeros(3))
    np.testing.assert_allclose(AXES.T @ motors, 0.0, atol=1e-15)
    expected = 0.15 * BUS.wheels.momentum_capacity_n_m_s / 100.0 * np.array([1.0, -1.0, 1.0, -1.0])
    np.testing.assert_allclose(motors, expected, rtol=1e-9)


vectors = st.tuples(*[st.floats(-1.0, 1.0)] * 3).map(np.array).filter(lambda one: float(np.linalg.norm(one)) > 0.1)


@settings(max_examples=30, deadline=None)
@given(vectors, vectors)
def test_the_magnetic_torque_only_ever_lowers_the_momentum(momentum: np.ndarray, direction: np.ndarray) -> None:
    """Markley and Crassidis, section 7.5: the cross-product law."""
    field = 3e-5 * direction
    dipole = CRAFT.unloading_dipole(momentum, field)
    torque = np.cross(dipole, field)
    assert np.abs(dipole).max() <= BUS.magnetorquer_a_m2 + 1e-12
    assert float(torque @ momentum) <= 1e-15
    if np.abs(dipole).max() < BUS.magnetorquer_a_m2 - 1e-9:
        across = momentum - field * (momentum @ field) / (field @ field)
        np.testing.assert_allclose(torque, -across / 600.0, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(vectors)
def test_thrusters_lower_the_momentum_within_what_the_wheels_can_hold(momentum: np.ndarray) -> None:
    torques = np.array([np.cross(t.position_m, t.direction) for t in BUS.propulsion.thrusters])  # of 1 N
    duties = CRAFT.unloading_duties(momentum)
    assert (duties >= 0.0).all() and (duties <= 1.0).all()
    torque = duties @ torques
    assert float(torque @ momentum) < 0.0
    assert np.abs(np.linalg.pinv(AXES.T) @ torque).max() <= 0.5 * BUS.wheels.maximum_torque_n_m + 1e-12
