"""Whether the subsystems of a design fit together: masses add up, and every load and tank heats a node that exists."""

from __future__ import annotations

from typing import Final

from core.mission.design.power import Battery, Converters, PowerLoads, SolarArray
from core.mission.design.propulsion import MassItem, Propulsion
from core.mission.design.thermal import ThermalDesign

__all__ = ["require_mass_budget", "require_nodes"]

_MASS_AGREEMENT_KG: Final = 0.1


def require_mass_budget(dry_mass_kg: float, budget: tuple[MassItem, ...]) -> None:
    """ValueError unless the items add up to the dry mass."""
    total_kg = sum(line.mass_kg for line in budget)
    if abs(total_kg - dry_mass_kg) > _MASS_AGREEMENT_KG:
        raise ValueError(
            f"mass_budget adds up to {total_kg:.1f} kg; dry_mass_kg is {dry_mass_kg:.1f} kg "
            f"(they may differ by {_MASS_AGREEMENT_KG:g} kg)"
        )


def require_nodes(
    declared: tuple[str, ...],
    thermal: ThermalDesign,
    array: SolarArray,
    battery: Battery,
    converters: Converters,
    loads: PowerLoads,
    propulsion: Propulsion,
) -> None:
    """ValueError unless every node that is declared or heated is in the network, and the heaters fit their budget."""
    missing = sorted(set(declared) - set(thermal.node_ids))
    if missing:
        raise ValueError(f"thermal.nodes lacks {missing}, which thermal_nodes lists")
    undeclared = sorted(set(thermal.node_ids) - set(declared))
    if undeclared:
        raise ValueError(f"thermal_nodes lacks {undeclared}, which thermal.nodes describes")
    thermal.require([array.node], "solar_array.node")
    thermal.require([battery.node], "battery.node")
    thermal.require([converters.node], "converters.node")
    thermal.require([propulsion.tank.node], "propulsion.tank.node")
    for consumer in loads.consumers:
        thermal.require([consumer.node], f"loads.consumers {consumer.id}")
    heaters_w = sum(heater.power_w for heater in thermal.heaters)
    if heaters_w > loads.heaters_w + 0.5:
        raise ValueError(f"thermal.heaters draw {heaters_w:g} W together; loads.heaters_w allows {loads.heaters_w:g} W")
