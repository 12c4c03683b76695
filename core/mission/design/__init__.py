"""The design of a spacecraft, one module per subsystem."""

from core.mission.design.attitude import Wheels
from core.mission.design.payload import Antenna, Imager
from core.mission.design.power import Battery, PowerLoads, SolarArray
from core.mission.design.propulsion import Propulsion

__all__ = ["Antenna", "Battery", "Imager", "PowerLoads", "Propulsion", "SolarArray", "Wheels"]
