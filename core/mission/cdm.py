"""Conjunction data messages (CCSDS 508.0-B-1): two objects, when they are closest, and how well that is known.

States become GCRF on the way in, whatever frame the message uses; covariances stay in each object's own RTN axes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.frames import gcrf_from_eme2000, gcrf_from_itrf
from core.mission.cdm_text import CdmBlock, CdmEntry, CdmError, CdmText, read_cdm_text
from core.time import parse_utc, tai_s_from_utc
from core.units import KM

__all__ = ["Cdm", "CdmError", "CdmFrame", "CdmObject", "parse_cdm"]

FloatArray = NDArray[np.float64]

_STATE: Final = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_COVARIANCE: Final = (("CR_R",), ("CT_R", "CT_T"), ("CN_R", "CN_T", "CN_N"))
_RATES: Final = (
    ("CRDOT_R", "CRDOT_T", "CRDOT_N", "CRDOT_RDOT"),
    ("CTDOT_R", "CTDOT_T", "CTDOT_N", "CTDOT_RDOT", "CTDOT_TDOT"),
    ("CNDOT_R", "CNDOT_T", "CNDOT_N", "CNDOT_RDOT", "CNDOT_TDOT", "CNDOT_NDOT"),
)
_UNITS: Final[Mapping[str, str]] = {
    "MISS_DISTANCE": "m",
    "RELATIVE_SPEED": "m/s",
    "AREA_PC": "m**2",
    "HBR": "m",
    **dict.fromkeys(_STATE[:3], "km"),
    **dict.fromkeys(_STATE[3:], "km/s"),
    **{name: "m**2" for row in _COVARIANCE for name in row},
    **{name: "m**2/s**2" if name.count("DOT") == 2 else "m**2/s" for row in _RATES for name in row},
}
_ORDINAL_DATE: Final = re.compile(r"(\d{4})-(\d{3})T(.+)")
_LARGEST_RADIUS_M: Final = 1e9  # beyond the Moon: a state in metres under a kilometre keyword shows
# Rounded miss distances and states differ by metres; a unit mistake differs by a factor of a thousand.
_MISS_TOLERANCE_M: Final = 100.0
_MISS_TOLERANCE_RATIO: Final = 0.05


class CdmFrame(StrEnum):
    """Reference frames that a message's states may be in."""

    EME2000 = "EME2000"
    GCRF = "GCRF"
    ITRF = "ITRF"


@dataclass(frozen=True)
class CdmObject:
    """One of the two objects, at the time of closest approach.

    ``covariance_rtn_m2`` is the position covariance, shape (3, 3), in the object's radial, transverse, normal axes.
    ``area_m2`` is AREA_PC, the collision cross-section, where the message gives it. ``state_covariance_rtn`` is that of
    position and velocity together, shape (6, 6), in m and m/s, where the message gives all of it.
    """

    designator: str
    name: str
    r_gcrf_m: FloatArray
    v_gcrf_m_s: FloatArray
    covariance_rtn_m2: FloatArray
    area_m2: float | None
    state_covariance_rtn: FloatArray | None = None


@dataclass(frozen=True)
class Cdm:
    """One message. ``stated_probability`` is the originator's; ``hard_body_radius_m`` comes from ``COMMENT HBR``."""

    message_id: str
    originator: str
    created_utc: datetime
    tca_utc: datetime
    miss_distance_m: float
    stated_probability: float | None
    hard_body_radius_m: float | None
    objects: tuple[CdmObject, CdmObject]


def parse_cdm(text: str) -> Cdm:
    """A message from KVN or XML text.

    Raises:
        CdmError: A needed keyword is missing, twice, not a number or in another unit, a frame cannot be converted, or
            the miss distance contradicts the states; names the keyword and the line.
    """
    message = read_cdm_text(text)
    head = message.header
    _version(head)
    if len(message.objects) != 2:
        raise CdmError("OBJECT", f"{len(message.objects)} objects; a message has OBJECT1 and OBJECT2")
    for expected, block in zip(("OBJECT1", "OBJECT2"), message.objects, strict=True):
        if block["OBJECT"].value != expected:
            raise CdmError("OBJECT", f"{block['OBJECT'].value!r} stands where {expected} belongs", block["OBJECT"].line)
    tca_utc = _instant(head, "TCA")
    first, second = (_object(block, tca_utc) for block in message.objects)
    cdm = Cdm(
        message_id=_text(head, "MESSAGE_ID"),
        originator=_text(head, "ORIGINATOR"),
        created_utc=_instant(head, "CREATION_DATE"),
        tca_utc=tca_utc,
        miss_distance_m=_number(head, "MISS_DISTANCE", least=0.0),
        stated_probability=_optional_number(head, "COLLISION_PROBABILITY", least=0.0, most=1.0),
        hard_body_radius_m=_hard_body_radius_m(message),
        objects=(first, second),
    )
    _check_miss(cdm, head["MISS_DISTANCE"])
    return cdm


def _version(head: CdmBlock) -> None:
    entry = _entry(head, "CCSDS_CDM_VERS")
    if entry.value not in ("1.0", "2.0"):
        raise CdmError("CCSDS_CDM_VERS", f"version {entry.value!r} is not 1.0 or 2.0", entry.line)


def _object(block: CdmBlock, tca_utc: datetime) -> CdmObject:
    state = [_number(block, keyword) * KM for keyword in _STATE]
    r_gcrf_m, v_gcrf_m_s = _in_gcrf(block, np.array(state[:3]), np.array(state[3:]), tca_utc)
    covariance = np.zeros((3, 3))
    for row, names in enumerate(_COVARIANCE):
        for column, name in enumerate(names):
            covariance[row, column] = covariance[column, row] = _number(block, name)
    return CdmObject(
        designator=_text(block, "OBJECT_DESIGNATOR"),
        name=_text(block, "OBJECT_NAME"),
        r_gcrf_m=r_gcrf_m,
        v_gcrf_m_s=v_gcrf_m_s,
        covariance_rtn_m2=covariance,
        area_m2=_optional_number(block, "AREA_PC", least=0.0),
        state_covariance_rtn=_state_covariance(block, covariance),
    )


def _state_covariance(block: CdmBlock, position_m2: FloatArray) -> FloatArray | None:
    rates = [[_optional_number(block, name) for name in row] for row in _RATES]
    whole = np.zeros((6, 6))
    whole[:3, :3] = position_m2
    for row, values in enumerate(rates, start=3):
        for column, value in enumerate(values):
            if value is None:
                return None
            whole[row, column] = whole[column, row] = value
    return whole


def _in_gcrf(block: CdmBlock, r_m: FloatArray, v_m_s: FloatArray, tca_utc: datetime) -> tuple[FloatArray, FloatArray]:
    entry = _entry(block, "REF_FRAME")
    if entry.value not in list(CdmFrame):
        raise CdmError("REF_FRAME", f"{entry.value!r} is not one of {', '.join(CdmFrame)}", entry.line)
    if not 0.0 < float(np.linalg.norm(r_m)) < _LARGEST_RADIUS_M or not np.any(np.cross(r_m, v_m_s)):
        raise CdmError("X", "the position and velocity are not those of an orbit about the Earth", block["X"].line)
    if entry.value == CdmFrame.EME2000:
        return gcrf_from_eme2000(r_m), gcrf_from_eme2000(v_m_s)
    if entry.value == CdmFrame.ITRF:
        r_gcrf_m, v_gcrf_m_s = gcrf_from_itrf(np.array([tai_s_from_utc(tca_utc)]), r_m[np.newaxis], v_m_s[np.newaxis])
        return r_gcrf_m[0], v_gcrf_m_s[0]
    return r_m, v_m_s


def _check_miss(cdm: Cdm, entry: CdmEntry) -> None:
    from_states_m = float(np.linalg.norm(cdm.objects[1].r_gcrf_m - cdm.objects[0].r_gcrf_m))
    allowed_m = max(_MISS_TOLERANCE_M, _MISS_TOLERANCE_RATIO * from_states_m)
    if abs(from_states_m - cdm.miss_distance_m) > allowed_m:
        raise CdmError(
            "MISS_DISTANCE",
            f"{cdm.miss_distance_m:g} m contradicts the objects' states, which are {from_states_m:.1f} m apart",
            entry.line,
        )


def _hard_body_radius_m(message: CdmText) -> float | None:
    if message.hard_body_radius is None:
        return None
    return _number({"HBR": message.hard_body_radius}, "HBR", least=1e-3)


def _entry(block: CdmBlock, keyword: str) -> CdmEntry:
    entry = block.get(keyword)
    if entry is None:
        opened = block.get("OBJECT")
        raise CdmError(keyword, f"is missing in {opened.value}" if opened else "is missing")
    if not entry.value:
        raise CdmError(keyword, "has no value", entry.line)
    return entry


def _text(block: CdmBlock, keyword: str) -> str:
    entry = _entry(block, keyword)
    if len(entry.value) > 120:
        raise CdmError(keyword, f"has {len(entry.value)} characters; at most 120 are taken", entry.line)
    if not entry.value.isprintable():
        raise CdmError(keyword, "has characters that cannot be printed", entry.line)
    return entry.value


def _instant(block: CdmBlock, keyword: str) -> datetime:
    entry = _entry(block, keyword)
    text = entry.value
    try:
        ordinal = _ORDINAL_DATE.fullmatch(text)
        if ordinal:
            day = datetime.strptime(f"{ordinal.group(1)} {ordinal.group(2)}", "%Y %j").replace(tzinfo=UTC)
            text = f"{day:%Y-%m-%d}T{ordinal.group(3)}"
        return parse_utc(text, keyword)
    except (InputError, ValueError) as error:
        raise CdmError(
            keyword, f"{entry.value!r} is not a UTC time such as 2026-11-23T12:00:00.000", entry.line
        ) from error


def _number(block: CdmBlock, keyword: str, *, least: float = -math.inf, most: float = math.inf) -> float:
    entry = _entry(block, keyword)
    expected = _UNITS.get(keyword)
    if entry.unit is not None and expected is not None and entry.unit.lower() != expected:
        raise CdmError(keyword, f"unit {entry.unit!r} is not {expected}", entry.line)
    try:
        value = float(entry.value)
    except ValueError as error:
        raise CdmError(keyword, f"{entry.value[:40]!r} is not a number", entry.line) from error
    if not math.isfinite(value) or not least <= value <= most:
        raise CdmError(keyword, f"{entry.value[:40]} is not a finite number from {least:g} to {most:g}", entry.line)
    return value


def _optional_number(
    block: CdmBlock, keyword: str, *, least: float = -math.inf, most: float = math.inf
) -> float | None:
    entry = block.get(keyword)
    if entry is None or entry.value.lower() in ("", "nan", "n/a"):
        return None
    return _number(block, keyword, least=least, most=most)
