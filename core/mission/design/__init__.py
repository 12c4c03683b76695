"""The design of a spacecraft, one module per subsystem."""

from core.mission.design.attitude import Wheels
from core.mission.design.payload import Antenna, Imager
from core.mission.design.power import Battery, Converters, PowerLoads, SolarArray
from core.mission.design.propulsion import MassItem, Propulsion
from core.mission.design.thermal import ThermalDesign

__all__ = [
    "Antenna",
    "Battery",
    "Converters",
    "Imager",
    "MassItem",
    "PowerLoads",
    "Propulsion",
    "SolarArray",
    "ThermalDesign",
    "Wheels",
]
