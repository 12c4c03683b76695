"""The written forms of an orbit data message, KVN and XML, read to one stream of keywords, rows and marks.

XML is turned into what the KVN of the same message would hold: ``META_START`` and ``META_STOP`` around metadata, a row
for each state vector, and the rows of a covariance between ``COVARIANCE_START`` and ``COVARIANCE_STOP``.
"""

from __future__ import annotations

import re
import xml.parsers.expat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.mission.odm.errors import OdmError

__all__ = ["COVARIANCE_NAMES", "Item", "read_items"]

_MAXIMUM_CHARACTERS: Final = 200_000_000
_UNIT: Final = re.compile(r"(.*?)\s*\[([^][]*)\]\s*")
_KEYWORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_AXES: Final = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
COVARIANCE_NAMES: Final = tuple(tuple(f"C{row}_{column}" for column in _AXES[: k + 1]) for k, row in enumerate(_AXES))
_MARKS: Final = frozenset(("META_START", "META_STOP", "COVARIANCE_START", "COVARIANCE_STOP"))
_STATE: Final = ("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT", "X_DDOT", "Y_DDOT", "Z_DDOT")

_GROUPS: Final = frozenset(
    (
        "ndm",
        "oem",
        "opm",
        "header",
        "body",
        "segment",
        "metadata",
        "data",
        "stateVector",
        "covarianceMatrix",
        "keplerianElements",
        "spacecraftParameters",
        "maneuverParameters",
        "userDefinedParameters",
    )
)


@dataclass(frozen=True)
class Item:
    """A keyword with its value, a mark with none, or a row of data with no keyword."""

    keyword: str
    value: str
    line: int
    unit: str | None = None


def read_items(text: str, kind: str) -> Iterator[Item]:
    """The items of one message of a kind (``OEM``, ``OPM``), the version keyword first.

    Raises:
        OdmError: Syntax, a text that is too large, or a message of another kind.
    """
    if len(text) > _MAXIMUM_CHARACTERS:
        raise OdmError(kind, f"{len(text)} characters; the limit is {_MAXIMUM_CHARACTERS}")
    start = text.lstrip("\ufeff \t\r\n")
    items = iter(_XmlReader(kind, with_rows=kind == "OEM").read(text)) if start[:1] == "<" else _kvn(text, kind)
    first = next(items, None)
    version = f"CCSDS_{kind}_VERS"
    if first is None or first.keyword != version:
        raise OdmError(version, f"the message does not begin with {version}", first.line if first else None)
    if re.fullmatch(r"[123]\.\d+", first.value) is None:
        raise OdmError(version, f"{first.value[:20]!r} is not a version such as 2.0", first.line)
    yield first
    yield from items


def _kvn(text: str, kind: str) -> Iterator[Item]:
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip().lstrip("\ufeff")
        if not line or line.startswith("COMMENT"):
            continue
        keyword, equals, value = (part.strip() for part in line.partition("="))
        if equals:
            if _KEYWORD.fullmatch(keyword) is None:
                raise OdmError(kind, f"{keyword[:60]!r} is no keyword", number, _column(raw))
            yield _with_unit(keyword, value, number)
        elif line in _MARKS:
            yield Item(line, "", number)
        elif _KEYWORD.fullmatch(line):
            raise OdmError(line, "is neither a mark nor KEYWORD = value", number, _column(raw))
        else:
            yield Item("", line, number)


def _column(raw: str) -> int:
    return len(raw) - len(raw.lstrip()) + 1


def _with_unit(keyword: str, value: str, line: int) -> Item:
    found = _UNIT.fullmatch(value)
    return Item(keyword, found[1], line, found[2].strip()) if found else Item(keyword, value, line)


class _XmlReader:
    """Builds items from expat's events; document types, and so entities, are refused."""

    def __init__(self, kind: str, *, with_rows: bool) -> None:
        self._kind = kind
        self._with_rows = with_rows
        self._items: list[Item] = []
        self._path: list[str] = []
        self._text = ""
        self._unit: str | None = None
        self._leaf = False
        self._fields: dict[str, Item] | None = None
        self._metadata = 0
        self._parser = xml.parsers.expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, text: str) -> list[Item]:
        try:
            self._parser.Parse(text, True)
        except xml.parsers.expat.ExpatError as error:
            message = xml.parsers.expat.errors.messages[error.code]
            raise OdmError(self._kind, f"is not well-formed XML: {message}", error.lineno, error.offset + 1) from error
        return self._items

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber

    def _doctype(self, *_: object) -> None:
        raise OdmError(self._kind, "a document type declaration is not allowed", self._line)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rsplit(":", 1)[-1]
        self._path.append(tag)
        self._text, self._unit, self._leaf = "", attributes.get("units"), True
        if len(self._path) > 12:
            raise OdmError(tag, "is nested too deeply", self._line)
        if tag == self._kind.lower():
            self._items.append(Item(f"CCSDS_{self._kind}_VERS", attributes.get("version", ""), self._line))
        elif tag == "segment":
            self._metadata = 0
        elif tag == "metadata":
            self._metadata += 1
            if self._metadata > 1:
                raise OdmError(tag, "occurs twice in one segment", self._line)
            self._mark("META_START")
        elif self._with_rows and tag in ("stateVector", "covarianceMatrix"):
            self._fields = {}

    def _characters(self, data: str) -> None:
        self._text += data

    def _end(self, name: str) -> None:
        tag = self._path.pop()
        if self._leaf and tag not in ("COMMENT", *_GROUPS):
            item = Item(tag, self._text.strip(), self._line, self._unit)
            if tag == "USER_DEFINED":
                pass
            elif self._fields is None:
                self._items.append(item)
            elif tag in self._fields:
                raise OdmError(tag, "is given twice", self._line)
            else:
                self._fields[tag] = item
        elif tag == "metadata":
            self._mark("META_STOP")
        elif self._fields is not None and tag == "stateVector":
            self._state(self._fields)
        elif self._fields is not None and tag == "covarianceMatrix":
            self._covariance(self._fields)
        self._leaf = False

    def _mark(self, keyword: str) -> None:
        if self._with_rows:
            self._items.append(Item(keyword, "", self._line))

    def _state(self, fields: dict[str, Item]) -> None:
        self._refuse_others(fields, _STATE)
        present = [name for name in _STATE if name in fields]
        if present not in (list(_STATE[:7]), list(_STATE)):
            missing = next((name for name in _STATE if name not in fields), "EPOCH")
            raise OdmError(missing, "is missing in a state vector", self._line)
        for name, unit in zip(present[1:], ("km",) * 3 + ("km/s",) * 3 + ("km/s**2",) * 3, strict=False):
            if fields[name].unit not in (None, unit):
                raise OdmError(name, f"unit {fields[name].unit!r} is not {unit}", fields[name].line)
        self._items.append(Item("", " ".join(fields[name].value for name in present), fields["EPOCH"].line))
        self._fields = None

    def _covariance(self, fields: dict[str, Item]) -> None:
        names = [name for row in COVARIANCE_NAMES for name in row]
        self._refuse_others(fields, ("EPOCH", "COV_REF_FRAME", *names))
        self._mark("COVARIANCE_START")
        self._items += [fields[name] for name in ("EPOCH", "COV_REF_FRAME") if name in fields]
        for row in COVARIANCE_NAMES:
            missing = [name for name in row if name not in fields]
            if missing:
                raise OdmError(missing[0], "is missing in a covariance matrix", self._line)
            self._items.append(Item("", " ".join(fields[name].value for name in row), fields[row[0]].line))
        self._mark("COVARIANCE_STOP")
        self._fields = None

    def _refuse_others(self, fields: dict[str, Item], allowed: tuple[str, ...]) -> None:
        for name, item in fields.items():
            if name not in allowed:
                raise OdmError(name, "does not belong here", item.line)
