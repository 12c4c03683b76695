"""The frames, centres and time systems that orbit data messages may name (SANA registries; CCSDS 502.0-B-3, annex B)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from core.mission.odm.errors import OdmError

__all__ = ["TimeSystem", "known_centre", "known_frame", "known_time_system", "known_working_frame"]


class TimeSystem(StrEnum):
    """How the epochs of a message count."""

    GMST = "GMST"
    GPS = "GPS"
    MET = "MET"
    MRT = "MRT"
    SCLK = "SCLK"
    TAI = "TAI"
    TCB = "TCB"
    TCG = "TCG"
    TDB = "TDB"
    TT = "TT"
    UT1 = "UT1"
    UTC = "UTC"


_FRAMES: Final = frozenset(
    ("EME2000", "GCRF", "GRC", "GTOD", "ICRF", "ITRF", "MCI", "MOD", "TDR", "TEME", "TEMEOFDATE", "TOD", "WGS84", "CIRF", "TIRF", "PEF", "EFG")
)  # fmt: skip
_LOCAL_FRAME: Final = re.compile(
    r"(EQW|PQW)_INERTIAL|(LVLH|NSW|NTW|RSW|SEZ|TNW|VNC)_(INERTIAL|ROTATING)|RTN|RSW|RIC|QSW|TNW|LVLH|VVLH|UVW"
)
_BODY_FRAME: Final = re.compile(
    r"(ACC|ACTUATOR|AST|CSS|DSS|ESA|GYRO_FRAME|IMU_FRAME|INSTRUMENT|MTA|RW|SA|SC_BODY|SENSOR|STARTRACKER|TAM)_\w{1,8}"
)
_SAME_FRAME: Final = {"J2000": "EME2000", "TEMEOFDATE": "TEME"}
_DATED_FRAME: Final = re.compile(r"(ITRF|ICRF)-?(\d{1,4})")
_BODIES: Final = frozenset(
    (
        "SUN",
        "MERCURY",
        "VENUS",
        "EARTH",
        "MOON",
        "MARS",
        "PHOBOS",
        "DEIMOS",
        "JUPITER",
        "IO",
        "EUROPA",
        "GANYMEDE",
        "CALLISTO",
        "SATURN",
        "TITAN",
        "ENCELADUS",
        "URANUS",
        "NEPTUNE",
        "TRITON",
        "PLUTO",
        "CHARON",
        "CERES",
        "VESTA",
        "EROS",
    )
)
_BARYCENTRES: Final = frozenset(("SOLAR SYSTEM BARYCENTER", "SSB", "EARTH MOON BARYCENTER", "EMB", "EARTH BARYCENTER"))


def known_frame(text: str, keyword: str, line: int | None) -> str:
    """A frame's name in its one spelling.

    Raises:
        OdmError: Nobody has registered it: its numbers would mean nothing.
    """
    name = re.sub(r"[\s_]+", "", text.upper())
    name = _SAME_FRAME.get(name, name)
    if name in _FRAMES:
        return name
    dated = _DATED_FRAME.fullmatch(name)
    if dated:
        return dated[1] + dated[2]
    raise OdmError(keyword, f"{text!r} is not a registered reference frame such as GCRF, EME2000, ITRF2014, TEME", line)


def known_working_frame(text: str, keyword: str, line: int | None) -> str:
    """A frame of covariances and maneuvers: celestial, along the orbit (``RSW_ROTATING``) or of the body (``SENSOR_3``).

    Raises:
        OdmError: It is in none of the three registries.
    """
    name = re.sub(r"\s+", "_", text.strip().upper())
    if _LOCAL_FRAME.fullmatch(name) or _BODY_FRAME.fullmatch(name):
        return name
    return known_frame(text, keyword, line)


def known_centre(text: str, line: int | None) -> str:
    """A centre's name in capitals, with single blanks.

    Raises:
        OdmError: It is no body or barycentre that we know.
    """
    name = re.sub(r"[\s_-]+", " ", text.upper()).strip()
    if name in _BODIES or name in _BARYCENTRES:
        return name
    if name.endswith(" BARYCENTER") and name.removesuffix(" BARYCENTER") in _BODIES:
        return name
    raise OdmError("CENTER_NAME", f"{text!r} is no body or barycentre that we know, such as EARTH or SSB", line)


def known_time_system(text: str, line: int | None) -> TimeSystem:
    """A time system.

    Raises:
        OdmError: There is none of that name; lists them.
    """
    try:
        return TimeSystem(text.strip().upper())
    except ValueError as error:
        raise OdmError("TIME_SYSTEM", f"{text!r} is not one of {', '.join(TimeSystem)}", line) from error
