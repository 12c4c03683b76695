"""CCSDS Orbit Data Messages 502.0-B in KVN and XML.

Ephemerides (OEM), orbit parameters with maneuvers (OPM), and all of it together with covariances, the craft and its force
models (OCM).
"""

from core.mission.odm.epochs import Epoch
from core.mission.odm.errors import OdmError
from core.mission.odm.ocm import Ocm, parse_ocm
from core.mission.odm.ocm_rows import OcmCovariance, OcmManeuver, OcmManeuverRow, OcmTrajectory
from core.mission.odm.ocm_values import ElementSet, Moment, OcmFields
from core.mission.odm.ocm_writing import write_ocm
from core.mission.odm.oem import CovarianceAt, Oem, OemSegment, parse_oem
from core.mission.odm.opm import KeplerianElements, Opm, OpmManeuver, SpacecraftParameters, parse_opm
from core.mission.odm.references import TimeSystem
from core.mission.odm.writing import OdmFormat, write_oem, write_opm

__all__ = [
    "CovarianceAt",
    "ElementSet",
    "Epoch",
    "KeplerianElements",
    "Moment",
    "Ocm",
    "OcmCovariance",
    "OcmFields",
    "OcmManeuver",
    "OcmManeuverRow",
    "OcmTrajectory",
    "OdmError",
    "OdmFormat",
    "Oem",
    "OemSegment",
    "Opm",
    "OpmManeuver",
    "SpacecraftParameters",
    "TimeSystem",
    "parse_ocm",
    "parse_oem",
    "parse_opm",
    "write_ocm",
    "write_oem",
    "write_opm",
]
