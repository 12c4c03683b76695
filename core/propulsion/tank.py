"""A hydrazine tank under a fixed amount of gas: pressure from mass, mass from pressure; the readable reference.

The gas is ideal and shares the tank with the propellant's vapour. Source: Sutton and Biblarz, Rocket Propulsion Elements,
9th ed., section 6.4; Yendler, Review of Propellant Gauging Methods, AIAA 2006-939 (PVT method).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.constants import STANDARD_GRAVITY_M_S2
from core.errors import PhysicsError
from core.mission.design.propulsion import Propulsion, Tank
from core.mission.design.thermal import CELSIUS_K

__all__ = [
    "MOLAR_GAS_CONSTANT_J_MOL_K",
    "ThrusterFlow",
    "gas_volume_m3",
    "liquid_density_kg_m3",
    "pressurant_mol",
    "pressure_pa",
    "thruster_flow",
    "vapour_pressure_pa",
]

MOLAR_GAS_CONSTANT_J_MOL_K: Final = 8.314_462_618  # CODATA 2018
_WARM_K: Final = 298.15
_ATMOSPHERE_PA: Final = 101_325.0  # CGPM 10 (1954), resolution 4


def liquid_density_kg_m3(tank: Tank, temp_k: float) -> float:
    """Density of the propellant."""
    return tank.density_25c_kg_m3 + tank.density_slope_kg_m3_k * (temp_k - _WARM_K)


def vapour_pressure_pa(tank: Tank, temp_k: float) -> float:
    """Vapour pressure after Clausius and Clapeyron, through 25 degC and the boiling point."""
    if tank.vapour_25c_pa == 0.0:
        return 0.0
    share = (1.0 / _WARM_K - 1.0 / temp_k) / (1.0 / _WARM_K - 1.0 / tank.boiling_k)
    return tank.vapour_25c_pa * math.exp(math.log(_ATMOSPHERE_PA / tank.vapour_25c_pa) * share)


def gas_volume_m3(tank: Tank, propellant_kg: float, temp_k: float) -> float:
    """Room that the propellant leaves.

    Raises:
        PhysicsError: It leaves none.
    """
    liquid_m3 = propellant_kg / liquid_density_kg_m3(tank, temp_k)
    if not liquid_m3 < tank.volume_m3:
        raise PhysicsError(
            f"{propellant_kg:.3f} kg of propellant at {temp_k:.1f} K fill {1e3 * liquid_m3:.2f} l; the tank holds "
            f"{1e3 * tank.volume_m3:.2f} l",
            code="propellant",
            propellant_kg=propellant_kg,
        )
    return tank.volume_m3 - liquid_m3


def pressurant_mol(propulsion: Propulsion) -> float:
    """Gas that was loaded: what makes ``pressure_begin_pa`` with the tank filled, at the temperature of the fill."""
    tank = propulsion.tank
    temp_k = tank.loaded_at_degc + CELSIUS_K
    gas_pa = propulsion.pressure_begin_pa - vapour_pressure_pa(tank, temp_k)
    gas_m3 = gas_volume_m3(tank, propulsion.propellant_mass_kg, temp_k)
    return gas_pa * gas_m3 / (MOLAR_GAS_CONSTANT_J_MOL_K * temp_k)


def pressure_pa(propulsion: Propulsion, propellant_kg: float, temp_k: float) -> float:
    """Tank pressure with so much propellant at a temperature."""
    tank = propulsion.tank
    gas_m3 = gas_volume_m3(tank, propellant_kg, temp_k)
    return pressurant_mol(propulsion) * MOLAR_GAS_CONSTANT_J_MOL_K * temp_k / gas_m3 + vapour_pressure_pa(tank, temp_k)


@dataclass(frozen=True)
class ThrusterFlow:
    """One thruster, held open."""

    thrust_n: float
    specific_impulse_s: float
    flow_kg_s: float


def thruster_flow(propulsion: Propulsion, inlet_pa: float, temp_k: float) -> ThrusterFlow:
    """Thrust, specific impulse and mass flow at an inlet pressure and a propellant temperature."""
    curve = propulsion.curve
    off_k = temp_k - (curve.reference_degc + CELSIUS_K)
    thrust_n = float(np.interp(inlet_pa, curve.pressure_pa, curve.thrust_n)) * (1.0 + curve.thrust_per_k * off_k)
    impulse_s = float(np.interp(inlet_pa, curve.pressure_pa, curve.specific_impulse_s)) * (
        1.0 + curve.specific_impulse_per_k * off_k
    )
    return ThrusterFlow(thrust_n, impulse_s, thrust_n / (impulse_s * STANDARD_GRAVITY_M_S2))
