"""The rocket equation and blowdown against closed forms and numerical integration."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from core.errors import PhysicsError
from core.mission import reference_mission
from core.propulsion import delta_v_m_s, plan_burn, tank_pressure_pa, thrust_n

BUS = reference_mission().bus_of("LSAT-1")
EXHAUST_M_S = 220.0 * 9.806_65


def test_the_tank_blows_down_from_22_to_5_5_bar() -> None:
    propulsion = BUS.propulsion
    assert tank_pressure_pa(propulsion, 18.0) == pytest.approx(22.0e5)
    assert tank_pressure_pa(propulsion, 0.0) == pytest.approx(5.5e5)
    # Boyle: a ratio of 4 means that the gas first fills a third of the propellant's volume.
    for used in (0.0, 0.25, 0.5, 1.0):
        gas = 1.0 / 3.0 + used
        assert tank_pressure_pa(propulsion, 18.0 * (1.0 - used)) * gas == pytest.approx(22.0e5 / 3.0)


def test_thrust_falls_with_pressure() -> None:
    assert thrust_n(BUS.propulsion, 18.0) == pytest.approx(4.0)
    assert thrust_n(BUS.propulsion, 0.0) == pytest.approx(1.0)


def test_all_the_propellant_gives_the_rocket_equations_delta_v() -> None:
    assert delta_v_m_s(BUS, 18.0, 18.0) == pytest.approx(EXHAUST_M_S * math.log(168.0 / 150.0), rel=1e-12)


def test_a_mass_ratio_of_e_gives_the_exhaust_velocity() -> None:
    """Sutton and Biblarz, 9th ed., section 4.1: delta-v equals the exhaust velocity where the mass ratio is e."""
    fuel_kg = 150.0 * (math.e - 1.0)
    bus = BUS.model_copy(update={"propulsion": BUS.propulsion.model_copy(update={"propellant_mass_kg": 300.0})})
    assert delta_v_m_s(bus, fuel_kg, fuel_kg) == pytest.approx(EXHAUST_M_S, rel=1e-12)
    assert plan_burn(bus, fuel_kg, EXHAUST_M_S * (1 - 1e-9)).propellant_kg == pytest.approx(fuel_kg, rel=1e-6)


@given(st.floats(0.01, 200.0), st.floats(15.0, 18.0))
def test_a_burn_and_its_delta_v_are_inverse(wanted_m_s: float, propellant_kg: float) -> None:
    burn = plan_burn(BUS, propellant_kg, wanted_m_s)
    assert delta_v_m_s(BUS, propellant_kg, burn.propellant_kg) == pytest.approx(wanted_m_s, rel=1e-9)
    assert plan_burn(BUS, propellant_kg, -wanted_m_s) == burn


@given(st.floats(0.5, 60.0), st.floats(8.0, 18.0))
def test_a_burn_lasts_as_long_as_the_falling_thrust_needs(wanted_m_s: float, propellant_kg: float) -> None:
    burn = plan_burn(BUS, propellant_kg, wanted_m_s)
    exact_s, _ = quad(
        lambda used: EXHAUST_M_S / thrust_n(BUS.propulsion, propellant_kg - used), 0.0, burn.propellant_kg
    )
    assert burn.duration_s == pytest.approx(exact_s, rel=1e-9)
    assert (
        thrust_n(BUS.propulsion, propellant_kg - burn.propellant_kg)
        < burn.thrust_n
        < thrust_n(BUS.propulsion, propellant_kg)
    )


def test_a_burn_beyond_the_tank_is_refused_with_both_masses() -> None:
    with pytest.raises(PhysicsError) as caught:
        plan_burn(BUS, 5.0, 200.0)
    assert "5.00 kg are on board" in caught.value.message
    assert caught.value.facts["available_kg"] == 5.0
    with pytest.raises(PhysicsError):
        delta_v_m_s(BUS, 5.0, 5.1)
