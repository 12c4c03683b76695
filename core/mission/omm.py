"""CCSDS Orbit Mean-Elements Messages (502.0-B), read to mean elements.

The theory must be SGP4 in TEME and UTC, as that is what the elements mean to our propagator; anything else is refused
rather than reinterpreted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import ValidationError

from core.errors import InputError
from core.mission.model import MeanElements
from core.mission.omm_text import Entries, Entry, OmmError, OmmFormat, read_entries
from core.time import read_ascii

__all__ = ["Omm", "OmmError", "OmmFormat", "parse_omm"]

_MAXIMUM_CHARACTERS: Final = 10_000_000
_EARTH_MU_KM3_S2: Final = 398600.8  # WGS 72, as SGP4 uses it


@dataclass(frozen=True)
class Omm:
    """One message."""

    object_name: str
    object_id: str | None
    norad_id: int | None
    elements: MeanElements


_ANGLES: Final = {
    "INCLINATION": "inclination_deg",
    "RA_OF_ASC_NODE": "raan_deg",
    "ARG_OF_PERICENTER": "argument_of_perigee_deg",
    "MEAN_ANOMALY": "mean_anomaly_deg",
}
_OPTIONAL: Final = {
    "BSTAR": "bstar_per_earth_radius",
    "MEAN_MOTION_DOT": "mean_motion_dot_rev_day2",
    "MEAN_MOTION_DDOT": "mean_motion_ddot_rev_day3",
}
_FIXED: Final = {  # keyword -> values that mean what our propagator assumes
    "CENTER_NAME": ("EARTH",),
    "REF_FRAME": ("TEME",),
    "TIME_SYSTEM": ("UTC",),
    "MEAN_ELEMENT_THEORY": ("SGP4", "SGP/SGP4"),
}


def parse_omm(text: str) -> list[Omm]:
    """Every message of a text, whatever its format.

    Raises:
        OmmError: Syntax, an unknown keyword, a missing or bad value, or a theory, frame or time system other than
            SGP4, TEME and UTC; names the keyword, and the line and the column of the value or of the message that lacks it.
    """
    if len(text) > _MAXIMUM_CHARACTERS:
        raise OmmError("OMM", f"{len(text)} characters; the limit is {_MAXIMUM_CHARACTERS}")
    messages = read_entries(text)
    if not messages:
        raise OmmError("OMM", "the text holds no message")
    return [_message(entries) for entries in messages]


def _required(entries: Entries, keyword: str) -> Entry:
    entry = entries.get(keyword)
    if entry is None or not entry.value:
        raise OmmError(keyword, "is missing", entry.at if entry else entries.at)
    return entry


def _number(entries: Entries, keyword: str) -> float:
    entry = _required(entries, keyword)
    try:
        value = float(entry.value)
    except ValueError as error:
        raise OmmError(keyword, f"{entry.value[:60]!r} is not a number", entry.at) from error
    if not math.isfinite(value):
        raise OmmError(keyword, f"{entry.value[:60]!r} is not finite", entry.at)
    return value


def _require_sgp4(entries: Entries) -> None:
    # JSON and CSV catalogues leave these out: there they are SGP4, TEME and UTC by convention.
    for keyword, meanings in _FIXED.items():
        entry = entries.get(keyword)
        if entry is not None and entry.value.upper() not in meanings:
            raise OmmError(keyword, f"{entry.value[:60]!r} is not supported; it must be {meanings[0]}", entry.at)
        if entry is None and "CCSDS_OMM_VERS" in entries:
            raise OmmError(keyword, "is missing", entries.at)
    kind = entries.get("EPHEMERIS_TYPE")
    if kind is not None and kind.value not in ("0", "2"):
        raise OmmError("EPHEMERIS_TYPE", f"{kind.value[:60]!r} is not SGP4 (0 or 2)", kind.at)


def _epoch_utc(entries: Entries) -> datetime:
    """The epoch, rounded to the microsecond: the standard allows more digits than datetime."""
    entry = _required(entries, "EPOCH")
    try:
        read = read_ascii(entry.value, "EPOCH")
    except InputError as error:
        raise OmmError("EPOCH", error.message.removeprefix("EPOCH: "), entry.at) from error
    return read.day + timedelta(microseconds=round(read.of_day_s * 1_000_000))


def _mean_motion_rev_day(entries: Entries) -> float:
    if "MEAN_MOTION" in entries:
        return _number(entries, "MEAN_MOTION")
    if "SEMI_MAJOR_AXIS" not in entries:
        raise OmmError("MEAN_MOTION", "is missing", entries.at)
    axis_km = _number(entries, "SEMI_MAJOR_AXIS")
    if axis_km <= 0.0:
        raise OmmError("SEMI_MAJOR_AXIS", f"{axis_km} km is not positive", entries["SEMI_MAJOR_AXIS"].at)
    return 86_400.0 / (2.0 * math.pi) * math.sqrt(_EARTH_MU_KM3_S2 / axis_km**3)


def _message(entries: Entries) -> Omm:
    _require_sgp4(entries)
    values: dict[str, float | datetime] = {
        "epoch_utc": _epoch_utc(entries),
        "mean_motion_rev_day": _mean_motion_rev_day(entries),
        "eccentricity": _number(entries, "ECCENTRICITY"),
    }
    values |= {field: _number(entries, keyword) % _turn(keyword) for keyword, field in _ANGLES.items()}
    values |= {field: _number(entries, keyword) for keyword, field in _OPTIONAL.items() if keyword in entries}
    if "OBJECT_ID" not in entries and "CCSDS_OMM_VERS" in entries:
        raise OmmError("OBJECT_ID", "is missing", entries.at)
    return Omm(
        object_name=_required(entries, "OBJECT_NAME").value,
        object_id=_optional(entries, "OBJECT_ID"),
        norad_id=_norad_id(entries),
        elements=_validated(values, entries),
    )


def _turn(keyword: str) -> float:
    return math.inf if keyword == "INCLINATION" else 360.0


def _optional(entries: Entries, keyword: str) -> str | None:
    return (entries[keyword].value or None) if keyword in entries else None


def _norad_id(entries: Entries) -> int | None:
    entry = entries.get("NORAD_CAT_ID")
    if entry is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", entry.value):
        raise OmmError("NORAD_CAT_ID", f"{entry.value[:60]!r} is not a catalogue number", entry.at)
    return int(entry.value)


def _validated(values: dict[str, float | datetime], entries: Entries) -> MeanElements:
    try:
        return MeanElements.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        keyword = _keyword_of(field, (*_ANGLES.items(), *_OPTIONAL.items()))
        entry = entries.get(keyword)
        raise OmmError(keyword, f"{first['input']}: {first['msg']}", entry.at if entry else entries.at) from error


def _keyword_of(field: str, pairs: Iterable[tuple[str, str]]) -> str:
    named = {name: keyword for keyword, name in pairs} | {"epoch_utc": "EPOCH", "mean_motion_rev_day": "MEAN_MOTION"}
    return named.get(field, field.upper())
