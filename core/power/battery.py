"""Battery state of charge by energy balance."""

from __future__ import annotations

from core.mission.model import Battery

__all__ = ["charge"]


def charge(battery: Battery, soc: float, net_power_w: float, duration_s: float) -> float:
    """State of charge after a constant net power; clipped to 0 and 1.

    Args:
        battery: Capacity and efficiencies.
        soc: State of charge at the start, 0 to 1.
        net_power_w: Generation minus load at the bus; positive charges.
        duration_s: How long it lasts.
    """
    efficiency = battery.charge_efficiency if net_power_w >= 0 else 1.0 / battery.discharge_efficiency
    return min(1.0, max(0.0, soc + net_power_w * efficiency * duration_s / battery.capacity_j))
