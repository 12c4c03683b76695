"""The keywords of an orbit comprehensive message (CCSDS 502.0-B-3, section 6): texts, times, and numbers with units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["COV", "HEADER", "MAN", "MAN_ROW", "MAN_ROW_TEXTS", "META", "OD", "PERT", "PHYS", "TRAJ", "Keywords"]


@dataclass(frozen=True)
class Keywords:
    """What may stand in a block: numbers by their unit in the standard ("" measures nothing), times, and texts."""

    name: str
    texts: frozenset[str]
    times: frozenset[str]
    numbers: Mapping[str, str]

    @property
    def all(self) -> frozenset[str]:
        """Every keyword."""
        return self.texts | self.times | self.numbers.keys()


def _keywords(name: str, texts: str, times: str, numbers: Mapping[str, str]) -> Keywords:
    """Keywords of a block; the numbers are lists of keywords by unit."""
    by_keyword = {keyword: unit for unit, several in numbers.items() for keyword in several.split()}
    return Keywords(name, frozenset(texts.split()), frozenset(times.split()), by_keyword)


HEADER: Final = frozenset(("CCSDS_OCM_VERS", "CLASSIFICATION", "CREATION_DATE", "ORIGINATOR", "MESSAGE_ID"))
META: Final = _keywords(
    "metadata",
    """OBJECT_NAME INTERNATIONAL_DESIGNATOR CATALOG_NAME OBJECT_DESIGNATOR ALTERNATE_NAMES ORIGINATOR_POC
    ORIGINATOR_POSITION ORIGINATOR_PHONE ORIGINATOR_EMAIL ORIGINATOR_ADDRESS TECH_ORG TECH_POC TECH_POSITION TECH_PHONE
    TECH_EMAIL TECH_ADDRESS PREVIOUS_MESSAGE_ID NEXT_MESSAGE_ID ADM_MSG_LINK CDM_MSG_LINK PRM_MSG_LINK RDM_MSG_LINK
    TDM_MSG_LINK OPERATOR OWNER COUNTRY CONSTELLATION OBJECT_TYPE TIME_SYSTEM EPOCH_TZERO OPS_STATUS ORBIT_CATEGORY
    OCM_DATA_ELEMENTS NEXT_LEAP_EPOCH EOP_SOURCE INTERP_METHOD_EOP CELESTIAL_SOURCE""",
    "PREVIOUS_MESSAGE_EPOCH NEXT_MESSAGE_EPOCH START_TIME STOP_TIME",
    {
        "s": "SCLK_OFFSET_AT_EPOCH SCLK_SEC_PER_SI_SEC TAIMUTC_AT_TZERO NEXT_LEAP_TAIMUTC UT1MUTC_AT_TZERO",
        "d": "TIME_SPAN",
    },
)
TRAJ: Final = _keywords(
    "trajectory",
    """TRAJ_ID TRAJ_PREV_ID TRAJ_NEXT_ID TRAJ_BASIS TRAJ_BASIS_ID INTERPOLATION PROPAGATOR CENTER_NAME TRAJ_REF_FRAME
    TRAJ_TYPE ORB_AVERAGING TRAJ_UNITS""",
    "TRAJ_FRAME_EPOCH USEABLE_START_TIME USEABLE_STOP_TIME",
    {"": "INTERPOLATION_DEGREE ORB_REVNUM ORB_REVNUM_BASIS"},
)
PHYS: Final = _keywords(
    "physical description",
    "MANUFACTURER BUS_MODEL DOCKED_WITH OEB_PARENT_FRAME ATT_CONTROL_MODE ATT_ACTUATOR_TYPE",
    "OEB_PARENT_FRAME_EPOCH",
    {
        "m**2": """DRAG_CONST_AREA AREA_ALONG_OEB_MAX AREA_ALONG_OEB_INT AREA_ALONG_OEB_MIN AREA_MIN_FOR_PC
            AREA_MAX_FOR_PC AREA_TYP_FOR_PC RCS RCS_MIN RCS_MAX SRP_CONST_AREA""",
        "": """DRAG_COEFF_NOM OEB_Q1 OEB_Q2 OEB_Q3 OEB_QC SOLAR_RAD_COEFF VM_ABSOLUTE VM_APPARENT_MIN VM_APPARENT
            VM_APPARENT_MAX REFLECTANCE""",
        "%": "DRAG_UNCERTAINTY SOLAR_RAD_UNCERTAINTY",
        "kg": "INITIAL_WET_MASS WET_MASS DRY_MASS",
        "m": "OEB_MAX OEB_INT OEB_MIN",
        "deg": "ATT_KNOWLEDGE ATT_CONTROL ATT_POINTING",
        "#/yr": "AVG_MANEUVER_FREQ",
        "N": "MAX_THRUST",
        "km/s": "DV_BOL DV_REMAINING",
        "kg*m**2": "IXX IYY IZZ IXY IXZ IYZ",
    },
)
COV: Final = _keywords(
    "covariance",
    "COV_ID COV_PREV_ID COV_NEXT_ID COV_BASIS COV_BASIS_ID COV_REF_FRAME COV_TYPE COV_ORDERING COV_UNITS",
    "COV_FRAME_EPOCH",
    {"": "COV_SCALE_MIN COV_SCALE_MAX", "%": "COV_CONFIDENCE"},
)
MAN: Final = _keywords(
    "maneuver",
    """MAN_ID MAN_PREV_ID MAN_NEXT_ID MAN_BASIS MAN_BASIS_ID MAN_DEVICE_ID MAN_PURPOSE MAN_PRED_SOURCE MAN_REF_FRAME
    GRAV_ASSIST_NAME DC_TYPE DC_REF_DIR DC_BODY_FRAME DC_BODY_TRIGGER MAN_COMPOSITION MAN_UNITS""",
    "MAN_PREV_EPOCH MAN_NEXT_EPOCH MAN_FRAME_EPOCH DC_WIN_OPEN DC_WIN_CLOSE DC_EXEC_START DC_EXEC_STOP DC_REF_TIME",
    {
        "": "DC_MIN_CYCLES DC_MAX_CYCLES",
        "s": "DC_TIME_PULSE_DURATION DC_TIME_PULSE_PERIOD",
        "deg": "DC_PA_START_ANGLE DC_PA_STOP_ANGLE",
    },
)
PERT: Final = _keywords(
    "perturbations",
    """ATMOSPHERIC_MODEL GRAVITY_MODEL N_BODY_PERTURBATIONS OCEAN_TIDES_MODEL SOLID_TIDES_MODEL REDUCTION_THEORY
    ALBEDO_MODEL SHADOW_MODEL SHADOW_BODIES SRP_MODEL SW_DATA_SOURCE SW_INTERP_METHOD""",
    "SW_DATA_EPOCH",
    {
        "km": "EQUATORIAL_RADIUS",
        "km**3/s**2": "GM",
        "deg/s": "CENTRAL_BODY_ROTATION",
        "": "OBLATE_FLATTENING ALBEDO_GRID_SIZE",
        "nT": "FIXED_GEOMAG_KP FIXED_GEOMAG_AP FIXED_GEOMAG_DST",
        "SFU": """FIXED_F10P7 FIXED_F10P7_MEAN FIXED_M10P7 FIXED_M10P7_MEAN FIXED_S10P7 FIXED_S10P7_MEAN FIXED_Y10P7
            FIXED_Y10P7_MEAN""",
    },
)
OD: Final = _keywords(
    "orbit determination",
    "OD_ID OD_PREV_ID OD_METHOD SOLVE_STATES CONSIDER_PARAMS SENSORS DATA_TYPES",
    "OD_EPOCH",
    {
        "d": "DAYS_SINCE_FIRST_OBS DAYS_SINCE_LAST_OBS RECOMMENDED_OD_SPAN ACTUAL_OD_SPAN MAXIMUM_OBS_GAP",
        "": """OBS_AVAILABLE OBS_USED TRACKS_AVAILABLE TRACKS_USED GDOP SOLVE_N CONSIDER_N SENSORS_N WEIGHTED_RMS""",
        "m": "OD_EPOCH_EIGMAJ OD_EPOCH_EIGINT OD_EPOCH_EIGMIN OD_MAX_PRED_EIGMAJ OD_MIN_PRED_EIGMIN",
        "%": "OD_CONFIDENCE",
    },
)
# The fields of a maneuver's rows beside its two times, with their units.
MAN_ROW: Final[Mapping[str, str]] = {
    "MAN_DURA": "s",
    "DELTA_MASS": "kg",
    **{f"ACC_{axis}": "km/s**2" for axis in "XYZ"},
    **{f"{kind}_{axis}": "km/s" for kind in ("DV", "DEPLOY_DV") for axis in "XYZ"},
    **{f"THR_{axis}": "N" for axis in "XYZ"},
    **{f"{kind}_MAG_SIGMA": "%" for kind in ("ACC", "DV", "THR")},
    **{f"{kind}_DIR_SIGMA": "deg" for kind in ("ACC", "DV", "THR", "DEPLOY")},
    "THR_EFFIC": "n/a",
    "THR_ISP": "s",
    "DEPLOY_MASS": "kg",
    "DEPLOY_DV_SIGMA": "%",
    "DEPLOY_DV_RATIO": "n/a",
    "DEPLOY_DV_CDA": "m**2",
}
MAN_ROW_TEXTS: Final = frozenset(("ACC_INTERP", "THR_INTERP", "DEPLOY_ID"))
