"""The propulsion design in the form that the native models compute with."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.mission.design import Propulsion, ThermalDesign
from core.mission.design.thermal import CELSIUS_K
from native import _core

__all__ = ["MOLAR_GAS_CONSTANT_J_MOL_K", "propulsion_model"]

MOLAR_GAS_CONSTANT_J_MOL_K: Final = 8.314_462_618  # CODATA 2018


def propulsion_model(propulsion: Propulsion, thermal: ThermalDesign) -> _core.PropulsionModel:
    """The native model; the amount of gas follows from the fill to ``pressure_begin_pa`` at its temperature."""
    tank, curve = propulsion.tank, propulsion.curve

    def model(pressurant_mol: float) -> _core.PropulsionModel:
        return _core.PropulsionModel(
            tank=np.array(
                [
                    thermal.index(tank.node),
                    tank.volume_m3,
                    pressurant_mol,
                    tank.density_25c_kg_m3,
                    tank.density_slope_kg_m3_k,
                    tank.vapour_25c_pa,
                    tank.boiling_k,
                ]
            ),
            pressure_pa=np.array(curve.pressure_pa),
            thrust_n=np.array(curve.thrust_n),
            specific_impulse_s=np.array(curve.specific_impulse_s),
            temperature=np.array([curve.reference_degc + CELSIUS_K, curve.thrust_per_k, curve.specific_impulse_per_k]),
        )

    loaded_k = tank.loaded_at_degc + CELSIUS_K
    liquid = model(1.0)
    gas_m3 = tank.volume_m3 - propulsion.propellant_mass_kg / liquid.density(loaded_k)
    gas_pa = propulsion.pressure_begin_pa - liquid.vapour_pressure(loaded_k)
    return model(gas_pa * gas_m3 / (MOLAR_GAS_CONSTANT_J_MOL_K * loaded_k))
