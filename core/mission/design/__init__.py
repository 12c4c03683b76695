"""The design of a spacecraft, one module per subsystem."""

from core.mission.design.attitude import AttitudeDesign, Wheels
from core.mission.design.payload import Antenna, Imager
from core.mission.design.power import Battery, Converters, PowerLoads, SolarArray
from core.mission.design.propulsion import MassItem, Propulsion
from core.mission.design.thermal import ThermalDesign
from core.mission.design.wear import ArrayWear, BatteryWear, Component, UseWear, Wear

__all__ = [
    "Antenna",
    "ArrayWear",
    "AttitudeDesign",
    "Battery",
    "BatteryWear",
    "Component",
    "Converters",
    "Imager",
    "MassItem",
    "PowerLoads",
    "Propulsion",
    "SolarArray",
    "ThermalDesign",
    "UseWear",
    "Wear",
    "Wheels",
]
