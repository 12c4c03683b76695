"""Missions: spacecraft, ground stations, targets, flight rules, and the files they come from."""

from core.mission.catalogue import Catalogue, CatalogueObject, RejectedSet, parse_catalogue, read_catalogue
from core.mission.cdm import Cdm, CdmError, CdmObject, parse_cdm
from core.mission.cdm_writing import CdmFormat, write_cdm
from core.mission.files import (
    MissionReport,
    Problem,
    check_mission,
    load_mission,
    parse_mission,
    reference_mission,
    sentinel2a_mission,
)
from core.mission.omm import Omm, OmmError, parse_omm
from core.mission.omm_writing import write_omm
from core.mission.template import new_mission
from core.mission.tle import Tle, TleError, format_tle, parse_tle, tle_checksum

__all__ = [
    "Catalogue",
    "CatalogueObject",
    "Cdm",
    "CdmError",
    "CdmFormat",
    "CdmObject",
    "MissionReport",
    "Omm",
    "OmmError",
    "Problem",
    "RejectedSet",
    "Tle",
    "TleError",
    "check_mission",
    "format_tle",
    "load_mission",
    "new_mission",
    "parse_catalogue",
    "parse_cdm",
    "parse_mission",
    "parse_omm",
    "parse_tle",
    "read_catalogue",
    "reference_mission",
    "sentinel2a_mission",
    "tle_checksum",
    "write_cdm",
    "write_omm",
]
