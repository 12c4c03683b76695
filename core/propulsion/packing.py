"""The propulsion design in the form that the native models compute with."""

from __future__ import annotations

import numpy as np

from core.mission.design import Propulsion, ThermalDesign
from core.mission.design.thermal import CELSIUS_K
from core.propulsion.tank import pressurant_mol
from native import _core

__all__ = ["propulsion_model"]


def propulsion_model(propulsion: Propulsion, thermal: ThermalDesign) -> _core.PropulsionModel:
    """The native model; the amount of gas follows from the fill to ``pressure_begin_pa`` at its temperature."""
    tank, curve = propulsion.tank, propulsion.curve
    return _core.PropulsionModel(
        tank=np.array(
            [
                thermal.index(tank.node),
                tank.volume_m3,
                pressurant_mol(propulsion),
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
