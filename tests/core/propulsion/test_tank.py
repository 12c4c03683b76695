"""Tank pressure and thrust: the native model against its reference, the gas law, and published properties of hydrazine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PhysicsError
from core.mission import reference_mission
from core.propulsion import pressure_pa, propulsion_model, thruster_flow
from core.propulsion.tank import liquid_density_kg_m3, vapour_pressure_pa

BUS = reference_mission().bus_of("LSAT-1")
NATIVE = propulsion_model(BUS.propulsion, BUS.thermal)


@given(st.floats(0.0, 18.0), st.floats(275.0, 320.0))
def test_the_native_tank_agrees_with_the_reference(propellant_kg: float, temp_k: float) -> None:
    expected_pa = pressure_pa(BUS.propulsion, propellant_kg, temp_k)
    assert NATIVE.pressure(propellant_kg, temp_k) == pytest.approx(expected_pa, rel=1e-12)
    flow = thruster_flow(BUS.propulsion, expected_pa, temp_k)
    assert NATIVE.thruster(expected_pa, temp_k) == pytest.approx(
        (flow.thrust_n, flow.specific_impulse_s, flow.flow_kg_s), rel=1e-12
    )


def test_the_tank_blows_down_from_22_to_5_5_bar() -> None:
    assert pressure_pa(BUS.propulsion, 18.0, 293.15) == pytest.approx(22e5, rel=1e-12)
    assert pressure_pa(BUS.propulsion, 0.0, 293.15) == pytest.approx(5.5e5, rel=2e-3)
    assert thruster_flow(BUS.propulsion, 22e5, 293.15).thrust_n == pytest.approx(1.0)
    assert thruster_flow(BUS.propulsion, 5.5e5, 293.15).thrust_n == pytest.approx(0.32)


def test_an_empty_tank_follows_the_gas_law() -> None:
    cold_pa, warm_pa = (
        pressure_pa(BUS.propulsion, 0.0, k) - vapour_pressure_pa(BUS.propulsion.tank, k) for k in (280.0, 310.0)
    )
    assert warm_pa / cold_pa == pytest.approx(310.0 / 280.0, rel=1e-12)


def test_a_full_tank_feels_the_liquid_expand() -> None:
    gain = pressure_pa(BUS.propulsion, 18.0, 303.15) / pressure_pa(BUS.propulsion, 18.0, 293.15)
    assert gain > 303.15 / 293.15


def test_hydrazine_has_its_published_properties() -> None:
    """CRC Handbook of Chemistry and Physics, 97th ed.: boils at 113.55 degC; NIOSH Pocket Guide: 10 mmHg at 68 degF."""
    tank = BUS.propulsion.tank
    assert liquid_density_kg_m3(tank, 298.15) == pytest.approx(1003.6)
    assert vapour_pressure_pa(tank, 386.7) == pytest.approx(101_325.0, rel=1e-9)
    assert vapour_pressure_pa(tank, 293.15) == pytest.approx(10.0 * 133.322, rel=0.1)  # given to one figure


def test_more_than_the_tank_holds_is_refused() -> None:
    with pytest.raises(PhysicsError, match="the tank holds"):
        pressure_pa(BUS.propulsion, 25.0, 293.15)
