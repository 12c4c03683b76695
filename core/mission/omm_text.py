"""The written forms of an OMM: KVN, XML, JSON and CSV, read to keyword and value with the place of each."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.parsers.expat
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.errors import InputError
from core.mission.places import JsonObject, Place, csv_columns, json_objects, place_of

__all__ = ["Entries", "Entry", "OmmError", "OmmFormat", "read_entries"]


class OmmError(InputError):
    """An OMM is wrong; ``line`` and ``column`` say where, counted from 1: of the value, or of what stands in its place."""

    default_code = "bad-omm"

    def __init__(self, keyword: str, message: str, at: Place | None = None) -> None:
        self.line = at.line if at else None
        self.column = at.column if at else None
        super().__init__(keyword, f"{message} ({at})" if at else message, line=self.line, column=self.column)


class OmmFormat(StrEnum):
    """How a message is written."""

    KVN = "kvn"
    XML = "xml"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True)
class Entry:
    value: str
    at: Place | None = None


class Entries(dict[str, Entry]):
    """The keywords of one message, and where it begins."""

    def __init__(self, at: Place) -> None:
        super().__init__()
        self.at = at


_COVARIANCE: Final = frozenset(
    f"C{row}_{column}"
    for k, row in enumerate(("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"))
    for column in ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")[: k + 1]
)
_KEYWORDS: Final = _COVARIANCE | frozenset(
    (
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
    )
)
_UNITS: Final = {
    "MEAN_MOTION": "rev/day",
    **dict.fromkeys(("INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY"), "deg"),
    "BSTAR": "1/ER",
    "MEAN_MOTION_DOT": "rev/day**2",
    "MEAN_MOTION_DDOT": "rev/day**3",
    "SEMI_MAJOR_AXIS": "km",
}
# XML elements that only group others, and how often each may occur in one message.
_XML_GROUPS: Final = frozenset(
    (
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
    )
)


def read_entries(text: str) -> list[Entries]:
    """Keyword and value of every message of a text, whatever its format.

    Raises:
        OmmError: Syntax, an unknown or repeated keyword, or a wrong unit; names the keyword, the line and the column.
    """
    return _READERS[_format_of(text)](text)


def _format_of(text: str) -> OmmFormat:
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start == "<":
        return OmmFormat.XML
    if start and start in "[{":
        return OmmFormat.JSON
    first_line = text.lstrip("\ufeff \t\r\n").splitlines()[0] if start else ""
    return OmmFormat.CSV if "," in first_line and "=" not in first_line else OmmFormat.KVN


def _known(keyword: str, at: Place | None) -> str:
    if keyword not in _KEYWORDS and not keyword.startswith("USER_DEFINED"):
        raise OmmError(keyword[:80] or "OMM", "is not an OMM keyword", at)
    return keyword


def _add(entries: Entries, keyword: str, value: str, at: Place | None) -> None:
    if _known(keyword, at) == "COMMENT" or keyword.startswith("USER_DEFINED"):
        return
    if keyword in entries:
        raise OmmError(keyword, "is given twice", at)
    entries[keyword] = Entry(value.strip(), at)


def _read_kvn(text: str) -> list[Entries]:
    messages: list[Entries] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip().lstrip("\ufeff")
        if not line or line.startswith("COMMENT"):
            continue
        keyword, equals, value = (part.strip() for part in line.partition("="))
        start = Place(number, len(raw) - len(raw.lstrip("\ufeff \t")) + 1)
        if not equals:
            raise OmmError("OMM", f"{line[:60]!r} is not KEYWORD = value", start)
        if keyword == "CCSDS_OMM_VERS":
            messages.append(Entries(start))
        if not messages:
            raise OmmError(keyword[:80], "comes before CCSDS_OMM_VERS, the first keyword of a message", start)
        _known(keyword, start)
        after = raw.index("=") + 1
        at = Place(number, after + len(raw[after:]) - len(raw[after:].lstrip()) + 1)
        _add(messages[-1], keyword, _without_unit(keyword, value, at), at)
    return messages


def _without_unit(keyword: str, value: str, at: Place) -> str:
    match = re.fullmatch(r"(.*\S)\s*\[([^]]*)\]", value)
    if match is None:
        return value
    _check_unit(keyword, match.group(2).strip(), Place(at.line, (at.column or 1) + match.start(2)))
    return match.group(1)


def _check_unit(keyword: str, unit: str, at: Place | None) -> None:
    expected = _UNITS.get(keyword)
    if expected is not None and unit.lower() != expected.lower():
        raise OmmError(keyword, f"unit {unit!r} is not {expected}", at)


class _XmlReader:
    """Builds messages from expat's events; declarations of entities are refused."""

    def __init__(self) -> None:
        self.messages: list[Entries] = []
        self._parser = xml.parsers.expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._groups: set[str] = set()
        self._keyword: str | None = None
        self._text = ""
        self._begins: Place | None = None

    def read(self, text: str) -> list[Entries]:
        try:
            self._parser.Parse(text, True)
        except xml.parsers.expat.ExpatError as error:
            raise OmmError(
                "OMM",
                f"is not well-formed XML: {xml.parsers.expat.errors.messages[error.code]}",
                Place(error.lineno, error.offset + 1),
            ) from error
        return self.messages

    @property
    def _here(self) -> Place:
        return Place(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _doctype(self, *_: object) -> None:
        raise OmmError("OMM", "a document type declaration is not allowed", self._here)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rsplit(":", 1)[-1]
        if tag in _XML_GROUPS:
            self._open_group(tag, attributes.get("version"))
            return
        self._keyword, self._text, self._begins = tag, "", None
        if not self.messages:
            raise OmmError(tag[:80], "stands outside an omm element", self._here)
        _known(tag, self._here)
        if "units" in attributes:
            _check_unit(tag, attributes["units"], self._here)

    def _open_group(self, tag: str, version: str | None) -> None:
        if tag == "omm":
            if version is None:
                raise OmmError("CCSDS_OMM_VERS", "is missing: the omm element has no version", self._here)
            self.messages.append(Entries(self._here))
            self.messages[-1]["CCSDS_OMM_VERS"] = Entry(version, self._here)
            self._groups = set()
        elif tag != "ndm":
            if tag in self._groups:
                raise OmmError(tag, "occurs twice in one message", self._here)
            self._groups.add(tag)

    def _characters(self, data: str) -> None:
        if self._begins is None and data.strip():
            blank = data[: len(data) - len(data.lstrip())]
            inside = place_of(blank, len(blank))
            column = (self._here.column or 1) + len(blank) if inside.line == 1 else inside.column
            self._begins = Place(self._here.line + inside.line - 1, column)
        self._text += data

    def _end(self, name: str) -> None:
        if self._keyword == name.rsplit(":", 1)[-1]:
            _add(self.messages[-1], self._keyword, self._text, self._begins or self._here)
            self._keyword = None


def _read_json(text: str) -> list[Entries]:
    bare = text.lstrip("\ufeff")
    try:
        loaded = json.loads(bare)
    except json.JSONDecodeError as error:
        raise OmmError("OMM", f"is not JSON: {error.msg}", Place(error.lineno, error.colno)) from error
    except RecursionError as error:
        raise OmmError("OMM", "is nested too deeply") from error
    messages = loaded if isinstance(loaded, list) else [loaded]
    if not all(isinstance(one, dict) for one in messages):
        raise OmmError("OMM", "is not a JSON object of keywords", Place(1))
    return [_from_mapping(one, places) for one, places in zip(messages, json_objects(bare), strict=True)]


def _from_mapping(loaded: dict[str, object], places: JsonObject) -> Entries:
    entries = Entries(places.at)
    for keyword, value in loaded.items():
        at = places.values.get(keyword)
        if value is not None and not isinstance(value, (str, int, float)):
            raise OmmError(str(keyword)[:80], "is not a number or text", at)
        if keyword in _KEYWORDS and keyword in places.repeated:
            raise OmmError(keyword, "is given twice", places.repeated[keyword])
        if keyword in _KEYWORDS and value is not None:  # catalogues add keywords of their own to JSON and CSV
            _add(entries, keyword, str(value), at)
    return entries


def _read_csv(text: str) -> list[Entries]:
    bare = text.lstrip("\ufeff")
    rows = csv.reader(io.StringIO(bare, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows)]
        numbered = [(rows.line_num, row) for row in rows if row]
    except csv.Error as error:
        raise OmmError("OMM", f"is not CSV: {error}", Place(rows.line_num)) from error
    lines = io.StringIO(bare, newline="").readlines()
    return [_from_row(header, row, line, lines[line - 1]) for line, row in numbered]


def _from_row(header: list[str], row: list[str], line: int, raw: str) -> Entries:
    if len(row) != len(header):
        raise OmmError("OMM", f"{len(row)} values for {len(header)} columns", Place(line, 1))
    columns = csv_columns(raw)
    begins: list[int | None] = (
        [*columns] if len(columns) == len(row) else [None] * len(row)
    )  # a value over several lines
    entries = Entries(Place(line, 1))
    for keyword, value, column in zip(header, row, begins, strict=True):
        if keyword in _KEYWORDS and value.strip():
            _add(entries, keyword, value, Place(line, column))
    return entries


_READERS: Final[dict[OmmFormat, Callable[[str], list[Entries]]]] = {
    OmmFormat.KVN: _read_kvn,
    OmmFormat.XML: lambda text: _XmlReader().read(text),
    OmmFormat.JSON: _read_json,
    OmmFormat.CSV: _read_csv,
}
