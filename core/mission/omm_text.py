"""The written forms of an OMM: KVN, XML, JSON and CSV, read to keyword and value with the line of each."""

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

__all__ = ["Entries", "Entry", "OmmError", "OmmFormat", "read_entries"]


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
class Entry:
    value: str
    line: int | None = None


Entries = dict[str, Entry]

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
        OmmError: Syntax, an unknown or repeated keyword, or a wrong unit; names the keyword and the line.
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


def _known(keyword: str, line: int | None) -> str:
    if keyword not in _KEYWORDS and not keyword.startswith("USER_DEFINED"):
        raise OmmError(keyword[:80] or "OMM", "is not an OMM keyword", line)
    return keyword


def _add(entries: Entries, keyword: str, value: str, line: int | None) -> None:
    if _known(keyword, line) == "COMMENT" or keyword.startswith("USER_DEFINED"):
        return
    if keyword in entries:
        raise OmmError(keyword, "is given twice", line)
    entries[keyword] = Entry(value.strip(), line)


def _read_kvn(text: str) -> list[Entries]:
    messages: list[Entries] = []
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
        self.messages: list[Entries] = []
        self._parser = xml.parsers.expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._groups: set[str] = set()
        self._keyword: str | None = None
        self._text = ""

    def read(self, text: str) -> list[Entries]:
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
            self.messages.append({"CCSDS_OMM_VERS": Entry(version, self._line)})
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


def _read_json(text: str) -> list[Entries]:
    try:
        loaded = json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise OmmError("OMM", f"is not JSON: {error.msg}", error.lineno) from error
    except RecursionError as error:
        raise OmmError("OMM", "is nested too deeply") from error
    return [_from_mapping(one) for one in (loaded if isinstance(loaded, list) else [loaded])]


def _from_mapping(loaded: object) -> Entries:
    if not isinstance(loaded, dict):
        raise OmmError("OMM", "is not a JSON object of keywords")
    entries: Entries = {}
    for keyword, value in loaded.items():
        if value is not None and not isinstance(value, (str, int, float)):
            raise OmmError(str(keyword)[:80], "is not a number or text")
        if keyword in _KEYWORDS and value is not None:  # catalogues add keywords of their own to JSON and CSV
            _add(entries, keyword, str(value), None)
    return entries


def _read_csv(text: str) -> list[Entries]:
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows)]
        numbered = [(rows.line_num, row) for row in rows if row]
    except csv.Error as error:
        raise OmmError("OMM", f"is not CSV: {error}", rows.line_num) from error
    return [_from_row(header, row, line) for line, row in numbered]


def _from_row(header: list[str], row: list[str], line: int) -> Entries:
    if len(row) != len(header):
        raise OmmError("OMM", f"{len(row)} values for {len(header)} columns", line)
    entries: Entries = {}
    for keyword, value in zip(header, row, strict=True):
        if keyword in _KEYWORDS and value.strip():
            _add(entries, keyword, value, line)
    return entries


_READERS: Final[dict[OmmFormat, Callable[[str], list[Entries]]]] = {
    OmmFormat.KVN: _read_kvn,
    OmmFormat.XML: lambda text: _XmlReader().read(text),
    OmmFormat.JSON: _read_json,
    OmmFormat.CSV: _read_csv,
}
