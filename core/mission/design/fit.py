"""Whether the subsystems of a design fit together: masses add up, every load and tank heats a node that exists, and the
body that turns can be."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.mission.design.attitude import AttitudeDesign
from core.mission.design.power import Battery, Converters, PowerLoads, SolarArray
from core.mission.design.propulsion import MassItem, Propulsion
from core.mission.design.thermal import ThermalDesign

__all__ = ["require_body", "require_mass_budget", "require_nodes", "require_thrust"]

_MASS_AGREEMENT_KG: Final = 0.1
_THRUST_OFF_DEG: Final = 10.0
_ALONG_ARRAY: Final = 0.9  # cosine beyond which an axis lies along the array's


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


def require_body(inertia_kg_m2: tuple[float, float, float], attitude: AttitudeDesign, array: SolarArray) -> None:
    """ValueError unless the inertia matrix is that of a body and pointing an axis leaves the array its freedom."""
    (xx, yy, zz), (xy, xz, yz) = inertia_kg_m2, attitude.products_of_inertia_kg_m2
    least, middle, largest = np.linalg.eigvalsh([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    if least <= 0.0 or least + middle < largest:
        raise ValueError(
            f"attitude.products_of_inertia_kg_m2 {attitude.products_of_inertia_kg_m2} give principal moments "
            f"{least:.4g}, {middle:.4g} and {largest:.4g} kg m2; a body has positive ones, none above the others' sum"
        )
    cosine = float(np.dot(array.axis_body, array.normal_body))
    if abs(cosine) > 1.0e-4:
        raise ValueError(f"solar_array.normal_body has a component of {cosine:.3g} along axis_body; it must have none")
    for name in ("payload_boresight", "antenna_boresight", "thrust_axis"):
        if abs(float(np.dot(getattr(attitude.axes, name), array.axis_body))) > _ALONG_ARRAY:
            raise ValueError(
                f"attitude.axes.{name} lies along solar_array.axis_body: pointing it would leave the array no freedom"
            )


def require_thrust(propulsion: Propulsion, attitude: AttitudeDesign) -> None:
    """ValueError unless all thrusters together push along the axis that a burn is pointed with."""
    axis = np.array(attitude.axes.thrust_axis)
    force = np.sum([one.direction for one in propulsion.thrusters], axis=0)
    off_deg = float(np.degrees(np.arctan2(np.linalg.norm(np.cross(force, axis)), force @ axis)))
    if off_deg > _THRUST_OFF_DEG:
        raise ValueError(
            f"propulsion.thrusters push together {off_deg:.1f} deg away from attitude.axes.thrust_axis; at most "
            f"{_THRUST_OFF_DEG:g} deg, or burns would go elsewhere"
        )
