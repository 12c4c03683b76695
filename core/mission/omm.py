"""CCSDS Orbit Mean-Elements Messages (502.0-B) in KVN, XML, JSON and CSV, read to mean elements.

The theory must be SGP4 in TEME and UTC, as that is what the elements mean to our propagator; anything else is refused
rather than reinterpreted.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import xml.parsers.expat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from core.errors import InputError
from core.mission.model import MeanElements

__all__ = ["Omm", "OmmError", "OmmFormat", "parse_omm"]

_MAXIMUM_CHARACTERS: Final = 10_000_000
_EARTH_MU_KM3_S2: Final = 398600.8  # WGS 72, as SGP4 uses it


class OmmError(InputError):
    """An OMM is wrong; ``line`` says where if the format has lines."""

    default_code = "bad-omm"

    def __init__(self, keyword: str, message: str, line: int | None = None) -> None:
        super().__init__(keyword, message if line is None else f"{message} (line {line})", line=line)
        self.line = line


class OmmFormat(StrEnum):
    """How a message is written."""

    KVN = "kvn"
    XML = "xml"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True)
class Omm:
    """One message."""

    object_name: str
    object_id: str | None
    norad_id: int | None
    elements: MeanElements


@dataclass(frozen=True)
class _Entry:
    value: str
    line: int | None = None


_Entries = dict[str, _Entry]

_COVARIANCE: Final = frozenset(
    f"C{row}_{column}"
    for k, row in enumerate(("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"))
    for column in ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")[: k + 1]
)
_KEYWORDS: Final = _COVARIANCE | frozenset(
    [
        "CCSDS_OMM_VERS",
        "CLASSIFICATION",
        "CREATION_DATE",
        "ORIGINATOR",
        "MESSAGE_ID",
        "OBJECT_NAME",
        "OBJECT_ID",
        "CENTER_NAME",
        "REF_FRAME",
        "REF_FRAME_EPOCH",
        "TIME_SYSTEM",
        "MEAN_ELEMENT_THEORY",
        "EPOCH",
        "SEMI_MAJOR_AXIS",
        "MEAN_MOTION",
        "ECCENTRICITY",
        "INCLINATION",
        "RA_OF_ASC_NODE",
        "ARG_OF_PERICENTER",
        "MEAN_ANOMALY",
        "GM",
        "MASS",
        "SOLAR_RAD_AREA",
        "SOLAR_RAD_COEFF",
        "DRAG_AREA",
        "DRAG_COEFF",
        "EPHEMERIS_TYPE",
        "CLASSIFICATION_TYPE",
        "NORAD_CAT_ID",
        "ELEMENT_SET_NO",
        "REV_AT_EPOCH",
        "BSTAR",
        "BTERM",
        "MEAN_MOTION_DOT",
        "MEAN_MOTION_DDOT",
        "AGOM",
        "COV_REF_FRAME",
        "COMMENT",
    ]
)
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
_UNITS: Final = {
    "MEAN_MOTION": "rev/day",
    **dict.fromkeys(_ANGLES, "deg"),
    "BSTAR": "1/ER",
    "MEAN_MOTION_DOT": "rev/day**2",
    "MEAN_MOTION_DDOT": "rev/day**3",
    "SEMI_MAJOR_AXIS": "km",
}
# XML elements that only group others, and how often each may occur in one message.
_XML_GROUPS: Final = frozenset(
    [
        "ndm",
        "omm",
        "header",
        "body",
        "segment",
        "metadata",
        "data",
        "meanElements",
        "spacecraftParameters",
        "tleParameters",
        "covarianceMatrix",
        "userDefinedParameters",
    ]
)


def parse_omm(text: str) -> list[Omm]:
    """Every message of a text, whatever its format.

    Raises:
        OmmError: Syntax, an unknown keyword, a missing or bad value, or a theory, frame or time system other than
            SGP4, TEME and UTC; names the keyword and, where there is one, the line.
    """
    if len(text) > _MAXIMUM_CHARACTERS:
        raise OmmError("OMM", f"{len(text)} characters; the limit is {_MAXIMUM_CHARACTERS}")
    messages = _READERS[_format_of(text)](text)
    if not messages:
        raise OmmError("OMM", "the text holds no message")
    return [_message(entries) for entries in messages]


def _format_of(text: str) -> OmmFormat:
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start == "<":
        return OmmFormat.XML
    if start and start in "[{":
        return OmmFormat.JSON
    first_line = text.lstrip("\ufeff \t\r\n").splitlines()[0] if start else ""
    return OmmFormat.CSV if "," in first_line and "=" not in first_line else OmmFormat.KVN


def _known(keyword: str, line: int | None) -> str:
    if keyword not in _KEYWORDS and not keyword.startswith("USER_DEFINED"):
        raise OmmError(keyword[:80] or "OMM", "is not an OMM keyword", line)
    return keyword


def _add(entries: _Entries, keyword: str, value: str, line: int | None) -> None:
    if _known(keyword, line) == "COMMENT" or keyword.startswith("USER_DEFINED"):
        return
    if keyword in entries:
        raise OmmError(keyword, "is given twice", line)
    entries[keyword] = _Entry(value.strip(), line)


def _read_kvn(text: str) -> list[_Entries]:
    messages: list[_Entries] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip().lstrip("\ufeff")
        if not line or line.startswith("COMMENT"):
            continue
        keyword, equals, value = (part.strip() for part in line.partition("="))
        if not equals:
            raise OmmError("OMM", f"{line[:60]!r} is not KEYWORD = value", number)
        if keyword == "CCSDS_OMM_VERS":
            messages.append({})
        if not messages:
            raise OmmError(keyword[:80], "comes before CCSDS_OMM_VERS, the first keyword of a message", number)
        _add(messages[-1], keyword, _without_unit(keyword, value, number), number)
    return messages


def _without_unit(keyword: str, value: str, line: int) -> str:
    match = re.fullmatch(r"(.*\S)\s*\[([^]]*)\]", value)
    if match is None:
        return value
    _check_unit(keyword, match.group(2).strip(), line)
    return match.group(1)


def _check_unit(keyword: str, unit: str, line: int | None) -> None:
    expected = _UNITS.get(keyword)
    if expected is not None and unit.lower() != expected.lower():
        raise OmmError(keyword, f"unit {unit!r} is not {expected}", line)


class _XmlReader:
    """Builds messages from expat's events; declarations of entities are refused."""

    def __init__(self) -> None:
        self.messages: list[_Entries] = []
        self._parser = xml.parsers.expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._groups: set[str] = set()
        self._keyword: str | None = None
        self._text = ""

    def read(self, text: str) -> list[_Entries]:
        try:
            self._parser.Parse(text, True)
        except xml.parsers.expat.ExpatError as error:
            raise OmmError(
                "OMM", f"is not well-formed XML: {xml.parsers.expat.errors.messages[error.code]}", error.lineno
            ) from error
        return self.messages

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber

    def _doctype(self, *_: object) -> None:
        raise OmmError("OMM", "a document type declaration is not allowed", self._line)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rsplit(":", 1)[-1]
        if tag in _XML_GROUPS:
            self._open_group(tag, attributes.get("version"))
            return
        self._keyword, self._text = tag, ""
        if not self.messages:
            raise OmmError(tag[:80], "stands outside an omm element", self._line)
        _known(tag, self._line)
        if "units" in attributes:
            _check_unit(tag, attributes["units"], self._line)

    def _open_group(self, tag: str, version: str | None) -> None:
        if tag == "omm":
            if version is None:
                raise OmmError("CCSDS_OMM_VERS", "is missing: the omm element has no version", self._line)
            self.messages.append({"CCSDS_OMM_VERS": _Entry(version, self._line)})
            self._groups = set()
        elif tag != "ndm":
            if tag in self._groups:
                raise OmmError(tag, "occurs twice in one message", self._line)
            self._groups.add(tag)

    def _characters(self, data: str) -> None:
        self._text += data

    def _end(self, name: str) -> None:
        if self._keyword == name.rsplit(":", 1)[-1]:
            _add(self.messages[-1], self._keyword, self._text, self._line)
            self._keyword = None


def _read_json(text: str) -> list[_Entries]:
    try:
        loaded = json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise OmmError("OMM", f"is not JSON: {error.msg}", error.lineno) from error
    except RecursionError as error:
        raise OmmError("OMM", "is nested too deeply") from error
    return [_from_mapping(one) for one in (loaded if isinstance(loaded, list) else [loaded])]


def _from_mapping(loaded: object) -> _Entries:
    if not isinstance(loaded, dict):
        raise OmmError("OMM", "is not a JSON object of keywords")
    entries: _Entries = {}
    for keyword, value in loaded.items():
        if value is not None and not isinstance(value, (str, int, float)):
            raise OmmError(str(keyword)[:80], "is not a number or text")
        if keyword in _KEYWORDS and value is not None:  # catalogues add keywords of their own to JSON and CSV
            _add(entries, keyword, str(value), None)
    return entries


def _read_csv(text: str) -> list[_Entries]:
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows)]
        numbered = [(rows.line_num, row) for row in rows if row]
    except csv.Error as error:
        raise OmmError("OMM", f"is not CSV: {error}", rows.line_num) from error
    return [_from_row(header, row, line) for line, row in numbered]


def _from_row(header: list[str], row: list[str], line: int) -> _Entries:
    if len(row) != len(header):
        raise OmmError("OMM", f"{len(row)} values for {len(header)} columns", line)
    entries: _Entries = {}
    for keyword, value in zip(header, row, strict=True):
        if keyword in _KEYWORDS and value.strip():
            _add(entries, keyword, value, line)
    return entries


_READERS: Final[dict[OmmFormat, Callable[[str], list[_Entries]]]] = {
    OmmFormat.KVN: _read_kvn,
    OmmFormat.XML: lambda text: _XmlReader().read(text),
    OmmFormat.JSON: _read_json,
    OmmFormat.CSV: _read_csv,
}


def _required(entries: _Entries, keyword: str) -> _Entry:
    entry = entries.get(keyword)
    if entry is None or not entry.value:
        raise OmmError(keyword, "is missing", entry.line if entry else None)
    return entry


def _number(entries: _Entries, keyword: str) -> float:
    entry = _required(entries, keyword)
    try:
        value = float(entry.value)
    except ValueError as error:
        raise OmmError(keyword, f"{entry.value[:60]!r} is not a number", entry.line) from error
    if not math.isfinite(value):
        raise OmmError(keyword, f"{entry.value[:60]!r} is not finite", entry.line)
    return value


def _require_sgp4(entries: _Entries) -> None:
    # JSON and CSV catalogues leave these out: there they are SGP4, TEME and UTC by convention.
    for keyword, meanings in _FIXED.items():
        entry = entries.get(keyword)
        if entry is not None and entry.value.upper() not in meanings:
            raise OmmError(keyword, f"{entry.value[:60]!r} is not supported; it must be {meanings[0]}", entry.line)
        if entry is None and "CCSDS_OMM_VERS" in entries:
            raise OmmError(keyword, "is missing")
    kind = entries.get("EPHEMERIS_TYPE")
    if kind is not None and kind.value not in ("0", "2"):
        raise OmmError("EPHEMERIS_TYPE", f"{kind.value[:60]!r} is not SGP4 (0 or 2)", kind.line)


def _epoch_utc(entries: _Entries) -> datetime:
    entry = _required(entries, "EPOCH")
    text = entry.value.removesuffix("Z")
    match = re.fullmatch(r"(\d{4})-(\d{3})T(.*)", text)
    try:
        if match is None:
            return _without_zone(text)
        time_of_day = _without_zone(f"{match.group(1)}-01-01T{match.group(3)}")
        day = int(match.group(2))
        if not 1 <= day <= 366:
            raise OmmError("EPOCH", f"day {day} of the year is not in 1 to 366", entry.line)
        return time_of_day + timedelta(days=day - 1)
    except ValueError as error:
        raise OmmError("EPOCH", f"{entry.value[:60]!r} is not a CCSDS time", entry.line) from error


def _without_zone(text: str) -> datetime:
    """A CCSDS calendar time, rounded to the microsecond: the standard allows more digits than datetime."""
    seconds, point, fraction = text.partition(".")
    parsed = datetime.strptime(seconds, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    if not point:
        return parsed
    if not fraction.isdigit():
        raise ValueError(text)
    return parsed + timedelta(microseconds=round(float(f"0.{fraction}") * 1e6))


def _mean_motion_rev_day(entries: _Entries) -> float:
    if "MEAN_MOTION" in entries:
        return _number(entries, "MEAN_MOTION")
    if "SEMI_MAJOR_AXIS" not in entries:
        raise OmmError("MEAN_MOTION", "is missing")
    axis_km = _number(entries, "SEMI_MAJOR_AXIS")
    if axis_km <= 0.0:
        raise OmmError("SEMI_MAJOR_AXIS", f"{axis_km} km is not positive", entries["SEMI_MAJOR_AXIS"].line)
    return 86_400.0 / (2.0 * math.pi) * math.sqrt(_EARTH_MU_KM3_S2 / axis_km**3)


def _message(entries: _Entries) -> Omm:
    _require_sgp4(entries)
    values: dict[str, float | datetime] = {
        "epoch_utc": _epoch_utc(entries),
        "mean_motion_rev_day": _mean_motion_rev_day(entries),
        "eccentricity": _number(entries, "ECCENTRICITY"),
    }
    values |= {field: _number(entries, keyword) % _turn(keyword) for keyword, field in _ANGLES.items()}
    values |= {field: _number(entries, keyword) for keyword, field in _OPTIONAL.items() if keyword in entries}
    if "OBJECT_ID" not in entries and "CCSDS_OMM_VERS" in entries:
        raise OmmError("OBJECT_ID", "is missing")
    return Omm(
        object_name=_required(entries, "OBJECT_NAME").value,
        object_id=_optional(entries, "OBJECT_ID"),
        norad_id=_norad_id(entries),
        elements=_validated(values, entries),
    )


def _turn(keyword: str) -> float:
    return math.inf if keyword == "INCLINATION" else 360.0


def _optional(entries: _Entries, keyword: str) -> str | None:
    return (entries[keyword].value or None) if keyword in entries else None


def _norad_id(entries: _Entries) -> int | None:
    entry = entries.get("NORAD_CAT_ID")
    if entry is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", entry.value):
        raise OmmError("NORAD_CAT_ID", f"{entry.value[:60]!r} is not a catalogue number", entry.line)
    return int(entry.value)


def _validated(values: dict[str, float | datetime], entries: _Entries) -> MeanElements:
    try:
        return MeanElements.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        keyword = _keyword_of(field, (*_ANGLES.items(), *_OPTIONAL.items()))
        entry = entries.get(keyword)
        raise OmmError(keyword, f"{first['input']}: {first['msg']}", entry.line if entry else None) from error


def _keyword_of(field: str, pairs: Iterable[tuple[str, str]]) -> str:
    named = {name: keyword for keyword, name in pairs} | {"epoch_utc": "EPOCH", "mean_motion_rev_day": "MEAN_MOTION"}
    return named.get(field, field.upper())
