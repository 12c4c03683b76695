"""Burns on a falling thrust against an independent integration, limiting cases and properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from core.errors import PhysicsError
from core.mission import reference_mission
from core.mission.model import Bus
from core.propulsion import delta_v_m_s, plan_burn, tank_pressure_pa, thrust_n
from core.propulsion.tank import pressure_pa, thruster_flow

BUS = reference_mission().bus_of("LSAT-1")
ROOM_K = 293.15
G0_M_S2 = 9.806_65


def _steady(bus: Bus, impulse_s: float) -> Bus:
    """The bus with thrusters that give one thrust and impulse at any pressure."""
    curve = bus.propulsion.curve
    flat = curve.model_copy(
        update={
            "thrust_n": (1.0,) * len(curve.pressure_pa),
            "specific_impulse_s": (impulse_s,) * len(curve.pressure_pa),
        }
    )
    return bus.model_copy(update={"propulsion": bus.propulsion.model_copy(update={"curve": flat})})


def _integrated(bus: Bus, propellant_kg: float, duration_s: float) -> tuple[float, float]:
    """Velocity gained and propellant used after a time, by a Runge-Kutta method on time instead of on mass."""

    def rates(_t: float, state: NDArray[np.float64]) -> list[float]:
        gained, left = state
        del gained
        flow = thruster_flow(bus.propulsion, pressure_pa(bus.propulsion, float(left), ROOM_K), ROOM_K)
        count = bus.propulsion.thruster_count
        return [count * flow.thrust_n / (bus.dry_mass_kg + left), -count * flow.flow_kg_s]

    end = solve_ivp(rates, (0.0, duration_s), [0.0, propellant_kg], rtol=1e-9, atol=1e-12).y[:, -1]
    return float(end[0]), propellant_kg - float(end[1])


def test_the_tank_blows_down_from_22_bar() -> None:
    propulsion = BUS.propulsion
    assert tank_pressure_pa(propulsion, 18.0) == pytest.approx(22.0e5)
    pressures = [tank_pressure_pa(propulsion, left) for left in (18.0, 12.0, 6.0, 1.0)]
    assert pressures == sorted(pressures, reverse=True)
    assert tank_pressure_pa(propulsion, 0.0) == pytest.approx(5.5e5, rel=0.02)


def test_thrust_falls_with_pressure_along_the_curve() -> None:
    assert thrust_n(BUS.propulsion, 18.0) == pytest.approx(4.0)
    assert thrust_n(BUS.propulsion, 0.0) == pytest.approx(4 * 0.32, rel=0.02)


def test_steady_thrusters_give_the_rocket_equation() -> None:
    """Sutton and Biblarz, 9th ed., section 4.1."""
    bus = _steady(BUS, 220.0)
    assert delta_v_m_s(bus, 18.0, 18.0) == pytest.approx(220.0 * G0_M_S2 * math.log(168.0 / 150.0), rel=1e-12)
    burn = plan_burn(bus, 18.0, 10.0)
    assert burn.propellant_kg == pytest.approx(168.0 * -math.expm1(-10.0 / (220.0 * G0_M_S2)), rel=1e-6)
    assert burn.duration_s == pytest.approx(burn.propellant_kg * 220.0 * G0_M_S2 / 4.0, rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.5, 60.0), st.floats(8.0, 18.0))
def test_a_burn_is_what_an_integration_over_time_gives(wanted_m_s: float, propellant_kg: float) -> None:
    burn = plan_burn(BUS, propellant_kg, wanted_m_s)
    gained_m_s, used_kg = _integrated(BUS, propellant_kg, burn.duration_s)
    # 64 steps of propellant and linear reading between them.
    assert gained_m_s == pytest.approx(wanted_m_s, rel=2e-4)
    assert used_kg == pytest.approx(burn.propellant_kg, rel=2e-4)
    least, most = thrust_n(BUS.propulsion, propellant_kg - burn.propellant_kg), thrust_n(BUS.propulsion, propellant_kg)
    assert least < burn.thrust_n < most


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 150.0), st.floats(15.0, 18.0))
def test_a_burn_and_its_delta_v_are_inverse(wanted_m_s: float, propellant_kg: float) -> None:
    burn = plan_burn(BUS, propellant_kg, wanted_m_s)
    assert delta_v_m_s(BUS, propellant_kg, burn.propellant_kg) == pytest.approx(wanted_m_s, rel=2e-4)
    assert plan_burn(BUS, propellant_kg, -wanted_m_s) == burn


def test_a_burn_beyond_the_tank_is_refused_with_both_masses() -> None:
    with pytest.raises(PhysicsError) as caught:
        plan_burn(BUS, 5.0, 200.0)
    assert "5.00 kg are on board" in caught.value.message
    assert caught.value.facts["available_kg"] == 5.0
    with pytest.raises(PhysicsError):
        delta_v_m_s(BUS, 5.0, 5.1)


def test_no_burn_takes_nothing() -> None:
    burn = plan_burn(BUS, 17.0, 0.0)
    assert (burn.propellant_kg, burn.duration_s) == (0.0, 0.0)
