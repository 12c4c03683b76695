"""The search over Lambert transfers finds what closed forms know; finite burns do what impulses did."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError, PhysicsError
from core.orbit.maneuver import (
    Engine,
    FiniteBurn,
    TargetingError,
    Track,
    best_two_impulse_transfer,
    centred_burn,
    hohmann_transfer,
    plane_and_altitude_transfer,
    target_burn,
)
from core.orbit.two_body import propagate_kepler

MU = EARTH_MU_M3_S2
FloatArray = np.ndarray


def track(radius_m: float, inclination_rad: float, angle_rad: float) -> Track:
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    tilt = np.array([0.0, math.cos(inclination_rad), math.sin(inclination_rad)])
    r = radius_m * (c * np.array([1.0, 0, 0]) + s * tilt)
    v = math.sqrt(MU / radius_m) * (-s * np.array([1.0, 0, 0]) + c * tilt)
    return lambda t_s: propagate_kepler(r, v, t_s)


def test_the_best_transfer_between_coplanar_orbits_is_hohmanns() -> None:
    hohmann = hohmann_transfer(6.9e6, 8.2e6)
    found = best_two_impulse_transfer(track(6.9e6, 0.2, 0.0), track(8.2e6, 0.2, 1.0), 0.0, 30_000.0)
    assert found.total_delta_v_m_s == pytest.approx(hohmann.total_delta_v_m_s, rel=2e-3)
    assert found.total_delta_v_m_s >= hohmann.total_delta_v_m_s - 1e-6
    assert found.arrival_s - found.departure_s == pytest.approx(hohmann.duration_s, rel=0.1)


def test_the_best_transfer_is_flown_and_meets_the_target() -> None:
    chaser, target = track(6.9e6, 0.3, 0.0), track(7.3e6, 0.34, 2.0)
    found = best_two_impulse_transfer(chaser, target, 0.0, 30_000.0, most_revolutions=1)
    r, v = chaser(np.array([found.departure_s]))
    t_s = found.arrival_s - found.departure_s
    r_end, v_end = propagate_kepler(r[0], v[0] + found.departure_delta_v_m_s, t_s)
    r_wanted, v_wanted = target(np.array([found.arrival_s]))
    assert r_end == pytest.approx(r_wanted[0], abs=1e-2)
    assert v_end + found.arrival_delta_v_m_s == pytest.approx(v_wanted[0], abs=1e-5)
    least = plane_and_altitude_transfer(6.9e6, 7.3e6, 0.04).total_delta_v_m_s
    assert least <= found.total_delta_v_m_s < 1.3 * least


def test_a_fly_by_costs_less_and_a_low_perigee_is_left_out() -> None:
    chaser, target = track(6.9e6, 0.3, 0.0), track(8.5e6, 0.3, 2.0)
    meet = best_two_impulse_transfer(chaser, target, 0.0, 12_000.0)
    pass_by = best_two_impulse_transfer(chaser, target, 0.0, 12_000.0, arrival_counts=False)
    assert np.linalg.norm(pass_by.departure_delta_v_m_s) < meet.total_delta_v_m_s
    assert not pass_by.arrival_delta_v_m_s.any()
    with pytest.raises(PhysicsError, match="no transfer"):
        best_two_impulse_transfer(chaser, target, 0.0, 12_000.0, least_perigee_radius_m=7e6)
    with pytest.raises(InputError, match="empty"):
        best_two_impulse_transfer(chaser, target, 10.0, 10.0)


RADIUS_M = 6.878e6
START_R, START_V = np.array([RADIUS_M, 0.0, 0.0]), np.array([0.0, math.sqrt(MU / RADIUS_M), 0.0])
ENGINE = Engine(thrust_n=4.0, specific_impulse_s=220.0)


def flown(burn: FiniteBurn, end_s: float = 9_000.0) -> FloatArray:
    """Integrates two-body motion with the burn, its direction fixed in inertial axes."""
    flow = burn.engine.mass_flow_kg_s

    def rate(t: float, y: FloatArray) -> FloatArray:
        mass = burn.mass_kg - flow * (t - burn.start_s)
        thrust = burn.direction * burn.engine.thrust_n / mass
        return np.concatenate([y[3:], -MU * y[:3] / np.linalg.norm(y[:3]) ** 3 + thrust])

    r, v = propagate_kepler(START_R, START_V, burn.start_s)
    after = solve_ivp(
        rate, (burn.start_s, burn.end_s), np.concatenate([r, v]), method="DOP853", rtol=1e-12, atol=1e-8
    ).y[:, -1]
    return np.concatenate(propagate_kepler(after[:3], after[3:], end_s - burn.end_s))


def test_a_centred_burn_spends_half_before_the_impulse_and_the_propellant_of_the_rocket_equation() -> None:
    burn = centred_burn(3_000.0, np.array([0.0, 30.0, 40.0]), 150.0, ENGINE)
    exhaust = 220.0 * 9.80665
    assert burn.propellant_kg == pytest.approx(150.0 * (1.0 - math.exp(-50.0 / exhaust)), rel=1e-12)
    before_s = 3_000.0 - burn.start_s
    spent = exhaust * math.log(150.0 / (150.0 - burn.engine.mass_flow_kg_s * before_s))
    assert spent == pytest.approx(25.0, rel=1e-12)
    assert before_s > burn.duration_s / 2.0  # heavier at first, so the first half takes longer


def test_a_targeted_burn_arrives_where_the_impulse_did() -> None:
    impulse_s = 2_000.0
    r, v = propagate_kepler(START_R, START_V, impulse_s)
    delta_v = 20.0 * v / np.linalg.norm(v)
    wanted = np.concatenate(propagate_kepler(r, v + delta_v, 9_000.0 - impulse_s))[:3]
    guess = centred_burn(impulse_s, delta_v, 150.0, ENGINE)
    untargeted_m = float(np.linalg.norm(flown(guess)[:3] - wanted))
    found = target_burn(lambda burn: flown(burn)[:3], guess, wanted, np.full(3, 0.1))
    assert untargeted_m > 50.0
    assert np.abs(flown(found.burn)[:3] - wanted).max() < 0.1
    assert 1 <= found.rounds <= 4
    # Making up for gravity losses of a burn of 12 minutes costs some parts in a hundred.
    assert np.linalg.norm(found.burn.delta_v_m_s) == pytest.approx(20.0, rel=5e-2)


def test_a_target_out_of_reach_is_said() -> None:
    guess = centred_burn(2_000.0, np.array([0.0, 5.0, 0.0]), 150.0, ENGINE)
    with pytest.raises(TargetingError, match="misses by") as raised:
        target_burn(lambda burn: np.array([1.0 + burn.delta_v_m_s[0] ** 2]), guess, np.zeros(1), np.array([1e-3]))
    assert raised.value.code == "MAN-001" and raised.value.facts["tolerance"] == [1e-3]
    with pytest.raises(InputError, match="delta-v above 0"):
        centred_burn(0.0, np.zeros(3), 150.0, ENGINE)
    with pytest.raises(InputError, match="thrust_n"):
        Engine(0.0, 220.0)
