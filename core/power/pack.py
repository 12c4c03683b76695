"""The battery as open-circuit voltage behind a resistance, for one constant power; the reference of the native model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.mission.design import Battery
from core.mission.design.thermal import CELSIUS_K

__all__ = ["PackFlow", "open_circuit_v", "pack_flow", "resistance_ohm"]


@dataclass(frozen=True)
class PackFlow:
    """What a pack does when it is offered (positive) or asked for (negative) power at its terminals."""

    current_a: float  # positive charges
    voltage_v: float
    power_w: float
    heat_w: float
    soc_rate_s: float
    unmet_w: float
    refused_w: float


def open_circuit_v(battery: Battery, soc: float) -> float:
    """Voltage of the pack at rest."""
    cells = battery.cells
    return cells.series * float(np.interp(soc, cells.soc, cells.open_circuit_v))


def resistance_ohm(battery: Battery, soc: float, temp_k: float) -> float:
    """Resistance of the aged pack; bilinear, and constant beyond the table."""
    cells = battery.cells
    rows = [float(np.interp(soc, cells.resistance_soc, row)) for row in cells.resistance_ohm]
    one = float(np.interp(temp_k - CELSIUS_K, cells.resistance_temp_degc, rows))
    return one * cells.series / cells.parallel * (1.0 + battery.resistance_growth)


def pack_flow(battery: Battery, soc: float, temp_k: float, net_power_w: float) -> PackFlow:
    """Current, voltage and heat at a constant terminal power, within the limits of current, voltage and charge.

    The power ``(V + R I) I`` is solved for the current. Charging stops at the end-of-charge voltage (the current then
    tapers as the pack fills), discharging at the minimum voltage; what is not stored becomes heat.

    Args:
        battery: The design, with its ageing.
        soc: State of charge, 0 to 1.
        temp_k: Temperature of the pack.
        net_power_w: Power at the terminals; positive charges.
    Source: Patel, Spacecraft Power Systems, chapter 9 (Thevenin model of a battery).
    """
    open_v, ohm = open_circuit_v(battery, soc), resistance_ohm(battery, soc, temp_k)
    root = open_v**2 + 4.0 * ohm * net_power_w
    if net_power_w >= 0.0:
        taper_a = max(0.0, (battery.end_of_charge_v - open_v) / ohm)
        limit_a = min(battery.maximum_charge_a, taper_a) if soc < 1.0 else 0.0
        wanted_a = (math.sqrt(root) - open_v) / (2.0 * ohm)
        limited, current_a = wanted_a > limit_a, min(limit_a, wanted_a)
    else:
        floor_a = max(0.0, (open_v - battery.minimum_voltage_v) / ohm)
        limit_a = min(battery.maximum_discharge_a, floor_a, open_v / (2.0 * ohm)) if soc > 0.0 else 0.0
        wanted_a = (open_v - math.sqrt(root)) / (2.0 * ohm) if root > 0.0 else limit_a
        limited, current_a = root <= 0.0 or wanted_a > limit_a, -min(limit_a, wanted_a)
    voltage_v = open_v + ohm * current_a
    stored_a = battery.coulombic_efficiency * current_a if current_a > 0.0 else current_a
    capacity_c = battery.cells.parallel * battery.cells.capacity_a_h * 3600.0 * (1.0 - battery.capacity_fade)
    power_w = voltage_v * current_a
    return PackFlow(
        current_a=current_a,
        voltage_v=voltage_v,
        power_w=power_w,
        heat_w=power_w - open_v * stored_a,
        soc_rate_s=stored_a / capacity_c,
        unmet_w=max(0.0, power_w - net_power_w) if limited and net_power_w < 0.0 else 0.0,
        refused_w=max(0.0, net_power_w - power_w) if limited and net_power_w > 0.0 else 0.0,
    )
