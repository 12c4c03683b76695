"""Thermal: the nodal network and its heat from outside; and the lumped battery node with its heater."""

from core.thermal.albedo import albedo_share, reflectance_map
from core.thermal.limits import NodeMargin, node_margins
from core.thermal.network import (
    EARTH_INFRARED_W_M2,
    ThermalFlight,
    ThermalModelError,
    fly_temperatures,
    steady_state_k,
    thermal_network,
    view_of_earth,
)
from core.thermal.node import BATTERY_NODE, ThermalNode, heater_duty, warm

__all__ = [
    "BATTERY_NODE",
    "EARTH_INFRARED_W_M2",
    "NodeMargin",
    "ThermalFlight",
    "ThermalModelError",
    "ThermalNode",
    "albedo_share",
    "fly_temperatures",
    "heater_duty",
    "node_margins",
    "reflectance_map",
    "steady_state_k",
    "thermal_network",
    "view_of_earth",
    "warm",
]
