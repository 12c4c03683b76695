"""One lumped node: heat capacity, radiation to space, dissipation, absorbed environment, thermostatic heater.

Source: Gilmore, Spacecraft Thermal Control Handbook, 2nd ed., chapter 2 (energy balance of an isothermal node).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["BATTERY_NODE", "STEFAN_BOLTZMANN_W_M2_K4", "ThermalNode", "heater_duty", "warm"]

STEFAN_BOLTZMANN_W_M2_K4: Final = 5.670_374_419e-8  # CODATA 2018


@dataclass(frozen=True)
class ThermalNode:
    """Properties of a node; the band between the set points is where the heater goes from full to off."""

    heat_capacity_j_k: float
    radiator_area_m2: float
    emissivity: float
    earth_infrared_w: float
    sunlit_absorbed_w: float
    dissipated_share: float
    heater_full_below_k: float
    heater_off_above_k: float
    minimum_k: float
    maximum_k: float


# A 10 kg Li-ion pack on its own radiator, sized for the reference bus; limits as usual for Li-ion cells.
BATTERY_NODE: Final = ThermalNode(
    heat_capacity_j_k=9_000.0,
    radiator_area_m2=0.09,
    emissivity=0.85,
    earth_infrared_w=8.0,
    sunlit_absorbed_w=10.0,
    dissipated_share=0.06,
    heater_full_below_k=281.15,
    heater_off_above_k=285.15,
    minimum_k=273.15,
    maximum_k=313.15,
)


def heater_duty(node: ThermalNode, temp_k: float) -> float:
    """Heater duty, 0 to 1, of a proportional thermostat."""
    span_k = node.heater_off_above_k - node.heater_full_below_k
    return min(1.0, max(0.0, (node.heater_off_above_k - temp_k) / span_k))


def warm(
    node: ThermalNode, temp_k: float, *, illumination: float, load_w: float, heater_w: float, duration_s: float
) -> float:
    """Temperature after a short step, K.

    The fourth power is linearised about the present temperature and stepped implicitly, so any step is stable.
    """
    absorbed_w = node.earth_infrared_w + node.sunlit_absorbed_w * illumination
    radiating = node.emissivity * STEFAN_BOLTZMANN_W_M2_K4 * node.radiator_area_m2
    gain_w = absorbed_w + node.dissipated_share * load_w + heater_w - radiating * temp_k**4
    slope_w_k = 4.0 * radiating * temp_k**3
    return temp_k + gain_w * duration_s / (node.heat_capacity_j_k + slope_w_k * duration_s)
