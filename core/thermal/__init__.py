"""Thermal: the nodal network, its limits, and its heat from outside."""

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

__all__ = [
    "EARTH_INFRARED_W_M2",
    "NodeMargin",
    "ThermalFlight",
    "ThermalModelError",
    "albedo_share",
    "fly_temperatures",
    "node_margins",
    "reflectance_map",
    "steady_state_k",
    "thermal_network",
    "view_of_earth",
]
