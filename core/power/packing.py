"""The electrical design in the form that the native models compute with."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.mission.design import Battery, Converters, PowerLoads, SolarArray, ThermalDesign
from core.mission.design.thermal import CELSIUS_K
from native import _core

__all__ = ["power_model"]

_COULOMB_PER_A_H: Final = 3600.0


def power_model(
    array: SolarArray, battery: Battery, converters: Converters, loads: PowerLoads, thermal: ThermalDesign
) -> _core.PowerModel:
    """The native model: ageing applied, cells combined into the pack, names turned into places.

    Consumers keep their order, so bit ``i`` of a mask is ``loads.consumers[i]``.
    """
    cells = battery.cells
    pack = cells.series / cells.parallel
    ids = [one.id for one in loads.consumers]
    return _core.PowerModel(
        array=np.array(
            [
                array.area_m2,
                array.efficiency * array.remaining_share,
                array.temperature_coefficient_per_k,
                array.tracking_efficiency,
                array.articulated_axes,
                thermal.index(array.node),
            ]
        ),
        axis_body=np.array(array.axis_body),
        normal_body=np.array(array.normal_body),
        battery=np.array(
            [
                cells.parallel * cells.capacity_a_h * _COULOMB_PER_A_H * (1.0 - battery.capacity_fade),
                battery.coulombic_efficiency,
                battery.maximum_charge_a,
                battery.maximum_discharge_a,
                battery.end_of_charge_v,
                battery.minimum_voltage_v,
                thermal.index(battery.node),
            ]
        ),
        soc=np.array(cells.soc),
        open_circuit_v=cells.series * np.array(cells.open_circuit_v),
        resistance_temp_k=np.array(cells.resistance_temp_degc) + CELSIUS_K,
        resistance_soc=np.array(cells.resistance_soc),
        resistance_ohm=np.array(cells.resistance_ohm) * pack * (1.0 + battery.resistance_growth),
        converters=np.array(
            [
                converters.array_efficiency,
                converters.distribution_efficiency,
                converters.quiescent_w,
                thermal.index(converters.node),
            ]
        ),
        consumers=np.array([[one.power_w, one.heat_share, thermal.index(one.node)] for one in loads.consumers]),
        shed_consumers=np.array(
            [sum(1 << ids.index(one) for one in step.consumers) for step in loads.shedding], dtype=np.uint64
        ),
        shed_soc=np.array([[step.below_soc, step.restore_soc] for step in loads.shedding]).reshape(-1, 2),
    )
