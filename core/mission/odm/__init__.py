"""CCSDS Orbit Data Messages 502.0-B: ephemerides (OEM) and orbit parameters with maneuvers (OPM), in KVN and XML."""

from core.mission.odm.epochs import Epoch
from core.mission.odm.errors import OdmError
from core.mission.odm.oem import CovarianceAt, Oem, OemSegment, parse_oem
from core.mission.odm.opm import KeplerianElements, Opm, OpmManeuver, SpacecraftParameters, parse_opm
from core.mission.odm.references import TimeSystem
from core.mission.odm.writing import OdmFormat, write_oem, write_opm

__all__ = [
    "CovarianceAt",
    "Epoch",
    "KeplerianElements",
    "OdmError",
    "OdmFormat",
    "Oem",
    "OemSegment",
    "Opm",
    "OpmManeuver",
    "SpacecraftParameters",
    "TimeSystem",
    "parse_oem",
    "parse_opm",
    "write_oem",
    "write_opm",
]
