"""Rotation against closed forms: torque-free tops, a wheel that spins up or runs down, a bending mode; and what is kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ellipj

from core.attitude import AttitudeState, inertia_kg_m2, rotate_body, wheel_axes
from core.attitude.quaternion import into_body, out_of_body
from core.errors import InputError
from core.mission import reference_mission
from core.mission.design.attitude import AttitudeDesign, FlexibleModes
from core.mission.model import Bus

NO_TURN = np.array([1.0, 0.0, 0.0, 0.0])
T_S = np.linspace(0.0, 200.0, 401)


def _plain(
    inertia: tuple[float, float, float],
    rotor_kg_m2: float = 1e-12,
    viscous: float = 0.0,
    coulomb: float = 0.0,
    flexible: FlexibleModes | None = None,
) -> Bus:
    """A body with those principal moments and the reference wheels."""
    bus = reference_mission().bus_of("LSAT-1")
    friction = {"viscous_friction_n_m_s": viscous, "coulomb_friction_n_m": coulomb}
    wheels = bus.wheels.model_copy(update={"rotor_inertia_kg_m2": rotor_kg_m2, **friction})
    changed = {"inertia_kg_m2": inertia, "wheels": wheels, "attitude": AttitudeDesign(flexible=flexible)}
    return bus.model_copy(update=changed)


def test_a_torque_free_asymmetric_top_turns_by_jacobis_functions() -> None:
    """Hughes, Spacecraft Attitude Dynamics (1986), section 4.2; Wertz (1978), eq. 16-129 to 16-134."""
    a, b, c = 10.0, 20.0, 25.0
    start = np.array([0.05, 0.0, 0.2])
    energy2, momentum2 = float(start**2 @ [a, b, c]), float(start**2 @ [a**2, b**2, c**2])
    assert momentum2 > b * energy2  # the major axis is the one circled
    rate = math.sqrt((c - b) * (momentum2 - a * energy2) / (a * b * c))
    modulus2 = (b - a) * (c * energy2 - momentum2) / ((c - b) * (momentum2 - a * energy2))
    sn, cn, dn, _ = ellipj(rate * T_S, modulus2)
    second = math.sqrt((c * energy2 - momentum2) / (b * (c - b)))
    expected = np.stack([start[0] * cn, second * sn, start[2] * dn], axis=1)
    motion = rotate_body(_plain((a, b, c)), AttitudeState(NO_TURN, start, np.zeros(4)), T_S, step_s=0.05)
    omega = motion.omega_body_gcrf_rad_s
    # The middle component's sign follows the sense of the rotation; here b w2' = (c - a) w3 w1 > 0 at the start.
    np.testing.assert_allclose(omega, expected, atol=1e-9)


def test_a_symmetric_top_precesses_at_the_rate_of_the_textbook() -> None:
    """Wertz (1978), eq. 16-65: the transverse rate turns at (c - a) / a times the spin."""
    motion = rotate_body(
        _plain((20.0, 20.0, 30.0)), AttitudeState(NO_TURN, np.array([0.02, 0.0, 0.1]), np.zeros(4)), T_S
    )
    phase = 0.5 * 0.1 * T_S
    expected = np.stack([0.02 * np.cos(phase), 0.02 * np.sin(phase), np.full(len(T_S), 0.1)], axis=1)
    np.testing.assert_allclose(motion.omega_body_gcrf_rad_s, expected, atol=1e-9)


@settings(max_examples=8, deadline=None)
@given(st.tuples(*[st.floats(-0.03, 0.03)] * 3), st.tuples(*[st.floats(-2.0, 2.0)] * 4), st.floats(-0.03, 0.03))
def test_momentum_is_kept_whatever_the_wheels_do(
    omega: tuple[float, ...], wheels: tuple[float, ...], push: float
) -> None:
    bus = reference_mission().bus_of("LSAT-1")
    motor = np.tile([push, -push, 0.5 * push, 0.0], (len(T_S), 1))
    motion = rotate_body(
        bus, AttitudeState(NO_TURN, np.array(omega), np.array(wheels)), T_S[:100], motor_n_m=motor[:100]
    )
    drift = np.abs(motion.momentum_gcrf_n_m_s - motion.momentum_gcrf_n_m_s[0]).max()
    assert drift < 1e-9
    body = inertia_kg_m2(bus) @ np.array(omega)  # wheels locked, less the rotors' share, plus what the rotors hold
    axes, rotor = wheel_axes(bus.wheels), bus.wheels.rotor_inertia_kg_m2
    assert rotor is not None
    hub = body - rotor * axes.T @ (axes @ np.array(omega))
    np.testing.assert_allclose(motion.momentum_gcrf_n_m_s[0], hub + axes.T @ np.array(wheels), atol=1e-12)


def test_energy_is_kept_without_motors_and_friction() -> None:
    bus = _plain((21.0, 24.0, 29.0), rotor_kg_m2=0.006)
    state = AttitudeState(NO_TURN, np.array([0.03, -0.02, 0.01]), np.array([1.0, -0.5, 0.3, 2.0]))
    motion = rotate_body(bus, state, T_S)
    assert np.ptp(motion.kinetic_energy_j) < 1e-10 * motion.kinetic_energy_j[0]


def test_the_integration_is_of_order_four() -> None:
    bus = _plain((10.0, 20.0, 25.0))
    state = AttitudeState(NO_TURN, np.array([0.3, 0.2, 0.4]), np.zeros(4))
    t = np.array([0.0, 20.0])
    exact, coarse, fine = (rotate_body(bus, state, t, step_s=h).omega_body_gcrf_rad_s[-1] for h in (0.01, 0.4, 0.2))
    ratio = np.linalg.norm(coarse - exact) / np.linalg.norm(fine - exact)
    assert 12.0 < ratio < 20.0


def test_a_wheel_that_spins_up_turns_the_body_the_other_way() -> None:
    """About a principal axis: the body's momentum is minus the wheels' (Wertz, section 18.2)."""
    bus = _plain((21.0, 24.0, 29.0), rotor_kg_m2=0.006)
    motor = np.full((len(T_S), 4), 0.01)
    motion = rotate_body(bus, AttitudeState(NO_TURN, np.zeros(3), np.zeros(4)), T_S, motor_n_m=motor)
    up = math.sin(math.radians(bus.wheels.cant_deg))
    hub = 29.0 - 4 * 0.006 * up**2
    np.testing.assert_allclose(motion.wheel_n_m_s[:, 0], 0.01 * T_S, rtol=1e-12)
    np.testing.assert_allclose(motion.omega_body_gcrf_rad_s[:, 2], -4 * up * 0.01 * T_S / hub, rtol=1e-9, atol=1e-15)
    turned = 0.5 * 4 * up * 0.01 * T_S[-1] ** 2 / hub
    reference = out_of_body(motion.q_body_gcrf[-1], np.array([1.0, 0.0, 0.0]))
    np.testing.assert_allclose(reference, [math.cos(turned), -math.sin(turned), 0.0], atol=1e-8)


def test_a_wheel_runs_down_by_its_friction() -> None:
    """Viscous friction alone: the rate relative to the body decays exponentially."""
    viscous, rotor = 1e-4, 0.006
    bus = _plain((21.0, 24.0, 29.0), rotor_kg_m2=rotor, viscous=viscous)
    motion = rotate_body(bus, AttitudeState(NO_TURN, np.zeros(3), np.full(4, 1.0)), T_S)
    up = math.sin(math.radians(bus.wheels.cant_deg))
    hub = 29.0 - 4 * rotor * up**2
    relative = motion.wheel_n_m_s[:, 0] / rotor - up * motion.omega_body_gcrf_rad_s[:, 2]
    decay = viscous * (1.0 / rotor + 4 * up**2 / hub)
    np.testing.assert_allclose(relative, 1.0 / rotor * np.exp(-decay * T_S), rtol=1e-7)


def test_a_full_wheel_takes_no_more() -> None:
    bus = _plain((21.0, 24.0, 29.0), rotor_kg_m2=0.006)
    motor = np.full((len(T_S), 4), 0.1)
    motion = rotate_body(bus, AttitudeState(NO_TURN, np.zeros(3), np.zeros(4)), T_S, motor_n_m=motor)
    assert motion.wheel_n_m_s.max() <= bus.wheels.momentum_capacity_n_m_s + 0.1 * 0.1
    assert np.ptp(motion.omega_body_gcrf_rad_s[-100:, 2]) < 1e-12  # nothing turns the body any more


def test_a_bending_mode_rings_at_its_free_frequency() -> None:
    """A mode clamped at w rings at w / sqrt(1 - share) on a free body (Hughes, section 8.2)."""
    share, clamped_hz = 0.2, 0.5
    flexible = FlexibleModes(frequency_hz=(5.0, 5.0, clamped_hz), damping=0.0, inertia_share=(0.0, 0.0, share))
    bus = _plain((21.0, 24.0, 29.0), flexible=flexible)
    free = 2.0 * math.pi * clamped_hz / math.sqrt(1.0 - share)
    t = np.linspace(0.0, 20.0, 401)
    bend = np.array([0.0, 0.0, 0.01, 0.0, 0.0, 0.0])
    motion = rotate_body(bus, AttitudeState(NO_TURN, np.zeros(3), np.zeros(4)), t, bending=bend, step_s=0.01)
    np.testing.assert_allclose(motion.bending[:, 2], 0.01 * np.cos(free * t), atol=1e-8)
    assert np.abs(motion.momentum_gcrf_n_m_s).max() < 1e-12


def test_momentum_seen_from_the_body_is_the_fixed_one_turned(bus: Bus) -> None:
    state = AttitudeState(NO_TURN, np.array([0.01, 0.02, -0.01]), np.zeros(4))
    torque = np.tile([1e-3, -2e-3, 5e-4], (len(T_S), 1))
    motion = rotate_body(bus, state, T_S, torque_n_m=torque)
    # The change of momentum in GCRF is the integral of the torque turned out of the body; trapezoids of 0.5 s.
    outside = np.array([out_of_body(q, torque[0]) for q in motion.q_body_gcrf])
    gained = np.cumsum(0.5 * (outside[1:] + outside[:-1]) * np.diff(T_S)[:, np.newaxis], axis=0)
    change = motion.momentum_gcrf_n_m_s[1:] - motion.momentum_gcrf_n_m_s[0]
    np.testing.assert_allclose(change, gained, atol=5e-6)  # error of the trapezoids
    np.testing.assert_allclose(into_body(motion.q_body_gcrf[5], outside[5]), torque[0], atol=1e-15)


def test_bad_steps_and_shapes_are_refused(bus: Bus) -> None:
    state = AttitudeState(NO_TURN, np.zeros(3), np.zeros(4))
    with pytest.raises(InputError, match="step must be positive"):
        rotate_body(bus, state, T_S, step_s=0.0)
    with pytest.raises(InputError, match="wheel_n_m_s"):
        rotate_body(bus, AttitudeState(NO_TURN, np.zeros(3), np.zeros(3)), T_S)
