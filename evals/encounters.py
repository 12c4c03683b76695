"""A conjunction data message about a satellite of the reference mission."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.mission import Cdm, parse_cdm, reference_mission
from core.mission.conjunctions import ConjunctionFolder
from core.orbit import Sgp4Orbit, rtn_axes_gcrf
from core.time import format_utc, tai_s_from_utc

FloatArray = NDArray[np.float64]
CDM_ID = "CDM-20261123-0001"
OTHER = "COSMOS 2251 DEB"
_CROSSING_DEG = 74.0  # a debris cloud's plane against a sun-synchronous one


def cdm_text(
    tca_utc: datetime,
    created_utc: datetime,
    *,
    satellite: str = "LSAT-1",
    message_id: str = CDM_ID,
    miss_rtn_m: tuple[float, float, float] = (35.0, -25.0, 10.0),
    sigma_m: float = 60.0,
    crossing_deg: float = _CROSSING_DEG,
) -> str:
    """The text of a message: the satellite's own SGP4 state, and an object that crosses its path.

    Args:
        tca_utc: Closest approach.
        created_utc: When the message was written.
        satellite: Id of the satellite.
        message_id: Id of the message.
        miss_rtn_m: Where the other object passes, in the satellite's radial, transverse, normal axes; m.
        sigma_m: Standard deviation of the other object along its track; across it is a third.
        crossing_deg: Angle between both paths.
    """
    orbit = Sgp4Orbit.from_elements(reference_mission().craft(satellite).elements)
    state = orbit.propagate(np.array([tai_s_from_utc(tca_utc)]))
    r_m, v_m_s = state.r_gcrf_m[0], state.v_gcrf_m_s[0]
    axes = rtn_axes_gcrf(r_m, v_m_s)
    speed_m_s = float(np.linalg.norm(v_m_s))
    angle_rad = math.radians(crossing_deg)
    crossing = math.cos(angle_rad) * v_m_s + math.sin(angle_rad) * speed_m_s * axes[2]
    # Only the part of the miss across the relative velocity is a miss at the closest approach.
    relative = crossing - v_m_s
    along = relative / np.linalg.norm(relative)
    miss_m = axes.T @ np.array(miss_rtn_m)
    miss_m = miss_m - along * float(along @ miss_m)
    lines = [
        "CCSDS_CDM_VERS = 1.0",
        f"CREATION_DATE = {format_utc(created_utc).rstrip('Z')}",
        "ORIGINATOR = TEST",
        f"MESSAGE_ID = {message_id}",
        f"TCA = {format_utc(tca_utc).rstrip('Z')}",
        f"MISS_DISTANCE = {np.linalg.norm(miss_m):.1f} [m]",
        "COMMENT HBR = 8.0 [m]",
        *_object("OBJECT1", "UNKNOWN", satellite, r_m, v_m_s, (5.0, 20.0, 5.0)),
        *_object("OBJECT2", "33761", OTHER, r_m + miss_m, crossing, (sigma_m / 3, sigma_m, sigma_m / 3)),
    ]
    return "\n".join(lines) + "\n"


def folder_of(folder: Path, *texts: str) -> ConjunctionFolder:
    """The messages, written to files of a folder and read back."""
    for text in texts:
        parsed: Cdm = parse_cdm(text)
        (folder / f"{parsed.message_id}.cdm").write_text(text)
    return ConjunctionFolder(folder, reference_mission())


def _object(
    which: str, designator: str, name: str, r_m: FloatArray, v_m_s: FloatArray, sigma_rtn_m: tuple[float, float, float]
) -> list[str]:
    state = zip(("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"), (*r_m, *v_m_s), strict=True)
    radial_m2, transverse_m2, normal_m2 = (sigma**2 for sigma in sigma_rtn_m)
    return [
        f"OBJECT = {which}",
        f"OBJECT_DESIGNATOR = {designator}",
        f"OBJECT_NAME = {name}",
        "REF_FRAME = GCRF",
        *(f"{key} = {value / 1000:.9f} [{'km/s' if 'DOT' in key else 'km'}]" for key, value in state),
        f"CR_R = {radial_m2} [m**2]",
        "CT_R = 0.0 [m**2]",
        f"CT_T = {transverse_m2} [m**2]",
        "CN_R = 0.0 [m**2]",
        "CN_T = 0.0 [m**2]",
        f"CN_N = {normal_m2} [m**2]",
    ]
