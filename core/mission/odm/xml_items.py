"""Orbit data messages in XML, read to the items that the KVN of the same message would hold.

``META_START`` and ``META_STOP`` stand around metadata, a row for each state vector, the rows of a covariance between
``COVARIANCE_START`` and ``COVARIANCE_STOP``, and the blocks of a comprehensive message between marks of theirs.
"""

from __future__ import annotations

import xml.parsers.expat
from typing import Final

from core.mission.odm.errors import OdmError
from core.mission.odm.items import BLOCKS, COVARIANCE_NAMES, Item, Line

__all__ = ["XmlReader"]

_STATE: Final = ("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT", "X_DDOT", "Y_DDOT", "Z_DDOT")
_ROWS: Final = frozenset(("trajLine", "covLine", "manLine"))
_OCM_BLOCKS: Final = frozenset(name.lower() for name in BLOCKS)
_GROUPS: Final = frozenset(
    (
        "ndm",
        "oem",
        "opm",
        "ocm",
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


class XmlReader:
    """Builds items from expat's events; document types, and so entities, are refused."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._with_rows = kind == "OEM"
        self._items: list[Item] = []
        self._path: list[str] = []
        self._text = ""
        self._unit: str | None = None
        self._parameter = ""
        self._leaf = False
        self._fields: dict[str, Item] | None = None
        self._metadata = 0
        self._at = Line(1)
        self._parser = xml.parsers.expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, text: str) -> list[Item]:
        """All items of a text."""
        try:
            self._parser.Parse(text, True)
        except xml.parsers.expat.ExpatError as error:
            message = xml.parsers.expat.errors.messages[error.code]
            raise OdmError(self._kind, f"is not well-formed XML: {message}", error.lineno, error.offset + 1) from error
        return self._items

    @property
    def _line(self) -> Line:
        return Line(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _doctype(self, *_: object) -> None:
        raise OdmError(self._kind, "a document type declaration is not allowed", self._line)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rsplit(":", 1)[-1]
        self._path.append(tag)
        self._text, self._unit, self._leaf = "", attributes.get("units"), True
        self._parameter, self._at = attributes.get("parameter", ""), self._line
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
        elif self._is_block(tag):
            self._mark(f"{tag.upper()}_START")
        elif self._with_rows and tag in ("stateVector", "covarianceMatrix"):
            self._fields = {}

    def _characters(self, data: str) -> None:
        if not self._text.strip() and data.strip():
            blanks = len(data) - len(data.lstrip())
            self._at = Line(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + blanks + 1)
        self._text += data

    def _end(self, name: str) -> None:
        tag = self._path.pop()
        if self._is_block(tag):
            self._mark(f"{tag.upper()}_STOP")
        elif self._leaf and tag not in ("COMMENT", *_GROUPS):
            self._add(self._item(tag))
        elif tag == "metadata":
            self._mark("META_STOP")
        elif self._fields is not None and tag == "stateVector":
            self._state(self._fields)
        elif self._fields is not None and tag == "covarianceMatrix":
            self._covariance(self._fields)
        self._leaf = False

    def _is_block(self, tag: str) -> bool:
        return self._kind == "OCM" and tag in _OCM_BLOCKS

    def _item(self, tag: str) -> Item:
        value = " ".join(self._text.split())  # one line, as a value in KVN is
        if tag in _ROWS and self._kind == "OCM":
            return Item("", value, self._at)
        if tag == "USER_DEFINED":
            return Item(f"USER_DEFINED_{self._parameter}", value, self._at)
        written = f"{value} [{self._unit}]" if self._unit else ""
        if (
            tag.endswith("_UNITS") and value.startswith("[") and value.endswith("]")
        ):  # the units of a row, bracketed as in KVN
            return Item(tag, "", self._at, value[1:-1].strip(), value)
        return Item(tag, value, self._at, self._unit, written)

    def _add(self, item: Item) -> None:
        if self._fields is None:
            self._items.append(item)
        elif item.keyword in self._fields:
            raise OdmError(item.keyword, "is given twice", item.line)
        elif not item.keyword.startswith("USER_DEFINED"):
            self._fields[item.keyword] = item

    def _mark(self, keyword: str) -> None:
        if self._kind in ("OEM", "OCM"):
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
        self._row([fields[name] for name in present])
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
            self._row([fields[name] for name in row])
        self._mark("COVARIANCE_STOP")
        self._fields = None

    def _row(self, fields: list[Item]) -> None:
        value = " ".join(one.value for one in fields)
        self._items.append(Item("", value, fields[0].line, places=tuple(one.line for one in fields)))

    def _refuse_others(self, fields: dict[str, Item], allowed: tuple[str, ...]) -> None:
        for name, item in fields.items():
            if name not in allowed:
                raise OdmError(name, "does not belong here", item.line)
