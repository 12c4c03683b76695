"""Gauging and leaks against simulated measurements whose truth is known, and burn rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, PhysicsError
from core.mission import reference_mission
from core.mission.design.propulsion import ElectricThruster
from core.propulsion import (
    BurnRecord,
    PropellantEstimate,
    bookkeeping_estimate,
    burn_breaches,
    combined_estimate,
    leak_test,
    plan_electric_burn,
    plume_breaches,
    pressure_pa,
    pvt_estimate,
)

PROPULSION = reference_mission().bus_of("LSAT-1").propulsion


@given(st.floats(0.5, 18.0), st.floats(278.0, 315.0))
def test_pvt_inverts_the_tank(propellant_kg: float, temp_k: float) -> None:
    measured_pa = pressure_pa(PROPULSION, propellant_kg, temp_k)
    estimate = pvt_estimate(PROPULSION, measured_pa, temp_k, sigma_pressure_pa=2000.0, sigma_temp_k=0.5)
    assert estimate.mass_kg == pytest.approx(propellant_kg, abs=1e-9)


def test_the_stated_uncertainty_is_the_scatter_of_noisy_measurements() -> None:
    rng = np.random.default_rng(7)
    true_pa = pressure_pa(PROPULSION, 9.0, 291.0)
    found = [
        pvt_estimate(
            PROPULSION, true_pa + 3000.0 * rng.normal(), 291.0 + 0.6 * rng.normal(), sigma_pressure_pa=3000.0,
            sigma_temp_k=0.6, pressurant_share_sigma=0.0,
        )
        for _ in range(2000)
    ]  # fmt: skip
    scatter_kg = float(np.std([one.mass_kg for one in found]))
    assert found[0].sigma_kg == pytest.approx(scatter_kg, rel=0.06)  # 2000 draws: 1.6 % each way, three of them


def test_pvt_grows_vaguer_as_the_tank_empties_and_bookkeeping_with_every_burn() -> None:
    vague = [
        pvt_estimate(
            PROPULSION, pressure_pa(PROPULSION, m, 293.0), 293.0, sigma_pressure_pa=2000.0, sigma_temp_k=0.5
        ).sigma_kg
        for m in (16.0, 8.0, 1.0)
    ]
    assert vague == sorted(vague)
    loaded = PropellantEstimate(18.0, 0.02)
    burns = [BurnRecord(300.0, 218.0)] * 10
    one, ten = (bookkeeping_estimate(loaded, burns[:count]) for count in (1, 10))
    used_kg = 300.0 / (218.0 * 9.80665)
    assert ten.mass_kg == pytest.approx(18.0 - 10.0 * used_kg)
    assert ten.sigma_kg == pytest.approx((0.02**2 + (0.02 * 10.0 * used_kg) ** 2 + 10.0 * (0.03 * used_kg) ** 2) ** 0.5)
    assert ten.sigma_kg > one.sigma_kg


def test_two_estimates_combine_by_their_variances_unless_they_contradict() -> None:
    both = combined_estimate(PropellantEstimate(10.0, 0.3), PropellantEstimate(10.6, 0.6))
    assert both.mass_kg == pytest.approx(10.12)
    assert both.sigma_kg == pytest.approx((0.3**-2 + 0.6**-2) ** -0.5)
    with pytest.raises(InputError, match=r"10\.00 kg and 8\.00 kg differ by 2\.00 kg") as caught:
        combined_estimate(PropellantEstimate(10.0, 0.1), PropellantEstimate(8.0, 0.1))
    assert caught.value.code == "gauging-disagrees"


def test_a_pressure_of_another_tank_is_refused() -> None:
    with pytest.raises(InputError, match="the tank holds 0 to 18 kg"):
        pvt_estimate(PROPULSION, 40e5, 293.0, sigma_pressure_pa=2000.0, sigma_temp_k=0.5)


def _days(loss_kg_s: float, seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    t_s = np.arange(0.0, 10 * 86_400.0, 3600.0)
    temp_k = 291.0 + 2.0 * np.sin(2.0 * np.pi * t_s / 5700.0)
    booked = np.full(len(t_s), 12.0)
    true_kg = booked - loss_kg_s * t_s
    measured = [pressure_pa(PROPULSION, float(m), float(k)) for m, k in zip(true_kg, temp_k, strict=True)]
    return t_s, np.array(measured) + 1000.0 * rng.normal(size=len(t_s)) + 4000.0, temp_k, booked


def test_a_leak_is_found_and_a_tight_tank_is_not_accused() -> None:
    leaking = leak_test(PROPULSION, *_days(2e-8, 3), sigma_pressure_pa=1000.0)
    assert leaking.leaking
    assert leaking.loss_kg_s == pytest.approx(2e-8, abs=4.0 * leaking.sigma_kg_s)
    accused = [leak_test(PROPULSION, *_days(0.0, seed), sigma_pressure_pa=1000.0).leaking for seed in range(20)]
    assert not any(accused)  # 4 sigma: one in 30 000
    with pytest.raises(InputError, match="at least 3"):
        leak_test(PROPULSION, *(np.zeros(2) for _ in range(4)), sigma_pressure_pa=1.0)


def test_burn_rules_say_value_and_limit() -> None:
    assert burn_breaches(PROPULSION, 300.0, 10.0, 290.0) == ()
    found = {one.rule: (one.value, one.limit) for one in burn_breaches(PROPULSION, 1000.0, 2.0, 274.0)}
    assert found == {"maximum_burn_s": (1000.0, 900.0), "reserve_kg": (2.0, 3.0), "freezing_k": (274.0, 274.7)}
    assert burn_breaches(PROPULSION, 0.01, 10.0, 290.0)[0].rule == "minimum_on_s"


def test_a_part_behind_the_nozzles_is_in_their_plumes() -> None:
    points = np.array([[-1.0, 0.3, 0.3], [0.5, 0.0, 0.0], [-9.0, 0.0, 0.0]])
    found = plume_breaches(PROPULSION, points, ("boom", "imager", "far"), 3.0)
    assert {one.subject for one in found} >= {"t1 and boom"}
    assert all("boom" in one.subject for one in found)


def test_an_electric_push_takes_the_time_of_its_impulse() -> None:
    """A Hall thruster of 300 W: a 168 kg spacecraft gains 20 m/s."""
    thruster = ElectricThruster(
        power_w=300.0, thrust_n=0.0165, specific_impulse_s=1300.0, propellant_mass_kg=5.0, efficiency=0.35
    )
    burn = plan_electric_burn(thruster, 168.0, 5.0, 20.0)
    assert burn.propellant_kg == pytest.approx(168.0 * (1.0 - np.exp(-20.0 / (1300.0 * 9.80665))), rel=1e-12)
    assert burn.duration_s == pytest.approx(168.0 * 20.0 / 0.0165, rel=1e-3)
    assert burn.energy_j == pytest.approx(300.0 * burn.duration_s)
    with pytest.raises(PhysicsError, match="are left"):
        plan_electric_burn(thruster, 168.0, 0.1, 20.0)
