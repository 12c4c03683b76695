"""The design of a spacecraft, one module per subsystem."""

from core.mission.design.attitude import AttitudeDesign, Wheels
from core.mission.design.payload import Antenna, Imager
from core.mission.design.power import Battery, PowerLoads, SolarArray
from core.mission.design.propulsion import Propulsion

__all__ = ["Antenna", "AttitudeDesign", "Battery", "Imager", "PowerLoads", "Propulsion", "SolarArray", "Wheels"]
