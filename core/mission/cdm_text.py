"""The syntax of a conjunction data message: keywords, values, units and lines, from KVN or XML (CCSDS 508.0-B-1)."""

from __future__ import annotations

import re
import xml.parsers.expat
from dataclasses import dataclass, field
from typing import Final

from core.errors import InputError

__all__ = ["CdmBlock", "CdmEntry", "CdmError", "CdmText", "read_cdm_text"]

_MAXIMUM_CHARACTERS: Final = 200_000  # a full message with both covariances has about 10,000
_UNIT: Final = re.compile(r"(.*?)\s*\[([^][]*)\]")
_HARD_BODY_RADIUS: Final = re.compile(r"^=?\s*HBR\s*=\s*(\S+)\s*(?:\[([^][]*)\])?\s*$")


class CdmError(InputError):
    """A conjunction data message is wrong; ``field`` is the keyword and ``line`` says where."""

    default_code = "bad-cdm"

    def __init__(self, keyword: str, message: str, line: int | None = None) -> None:
        super().__init__(keyword[:80] or "CDM", message if line is None else f"{message} (line {line})", line=line)
        self.line = line


@dataclass(frozen=True)
class CdmEntry:
    """A value as it is written, its unit if one is written, and its line."""

    value: str
    unit: str | None
    line: int


CdmBlock = dict[str, CdmEntry]


@dataclass
class CdmText:
    """The blocks of one message: what stands before the first object, and one block for each object."""

    header: CdmBlock = field(default_factory=dict)
    objects: list[CdmBlock] = field(default_factory=list)
    hard_body_radius: CdmEntry | None = None

    def add(self, keyword: str, entry: CdmEntry) -> None:
        """Put an entry into the block that is open; OBJECT opens the next one."""
        if keyword == "OBJECT":
            self.objects.append({})
        block = self.objects[-1] if self.objects else self.header
        if keyword in block:
            raise CdmError(keyword, f"is given twice; first in line {block[keyword].line}", entry.line)
        block[keyword] = entry

    def comment(self, text: str, line: int) -> None:
        """Take the hard-body radius out of a comment, which is where message centres write it."""
        match = _HARD_BODY_RADIUS.match(text.strip())
        if match:
            self.hard_body_radius = CdmEntry(match.group(1), match.group(2), line)


def read_cdm_text(text: str) -> CdmText:
    """The entries of one message.

    Raises:
        CdmError: Too long, no message, broken syntax or a keyword twice; names the keyword and the line.
    """
    if len(text) > _MAXIMUM_CHARACTERS:
        raise CdmError("CDM", f"has {len(text)} characters; at most {_MAXIMUM_CHARACTERS} are taken")
    content = text.lstrip("\ufeff \t\r\n")
    if not content:
        raise CdmError("CDM", "is empty")
    return _XmlReader().read(content) if content.startswith("<") else _read_kvn(text)


def _read_kvn(text: str) -> CdmText:
    message = CdmText()
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip().lstrip("\ufeff")
        if not line:
            continue
        if line.startswith("COMMENT"):
            message.comment(line.removeprefix("COMMENT"), number)
            continue
        keyword, equals, rest = (part.strip() for part in line.partition("="))
        if not equals or not re.fullmatch(r"[A-Z][A-Z0-9_]*", keyword):
            raise CdmError("CDM", f"{line[:60]!r} is not KEYWORD = value", number)
        if not message.header and keyword != "CCSDS_CDM_VERS":
            raise CdmError(keyword, "comes before CCSDS_CDM_VERS, the first keyword of a message", number)
        unit = _UNIT.fullmatch(rest)
        value = unit.group(1) if unit else rest
        message.add(keyword, CdmEntry(value, unit.group(2).strip() if unit else None, number))
    return message


class _XmlReader:
    """Reads a message from expat's events: a leaf element is a keyword; declarations of entities are refused."""

    def __init__(self) -> None:
        self._message = CdmText()
        self._parser = xml.parsers.expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._leaf: str | None = None
        self._unit: str | None = None
        self._text = ""

    def read(self, text: str) -> CdmText:
        try:
            self._parser.Parse(text, True)
        except xml.parsers.expat.ExpatError as error:
            reason = xml.parsers.expat.errors.messages[error.code]
            raise CdmError("CDM", f"is not well-formed XML: {reason}", error.lineno) from error
        return self._message

    def _doctype(self, *_: object) -> None:
        raise CdmError("CDM", "a document type declaration is not allowed", self._parser.CurrentLineNumber)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag, line = name.rsplit(":", 1)[-1], self._parser.CurrentLineNumber
        if tag == "cdm":
            if self._message.header:
                raise CdmError("CDM", "a second message; send one at a time", line)
            if "version" not in attributes:
                raise CdmError("CCSDS_CDM_VERS", "is missing: the cdm element has no version", line)
            self._message.add("CCSDS_CDM_VERS", CdmEntry(attributes["version"], None, line))
        elif not self._message.header and tag != "ndm":
            raise CdmError(tag, "stands outside a cdm element", line)
        self._leaf, self._unit, self._text = tag, attributes.get("units"), ""

    def _characters(self, data: str) -> None:
        self._text += data

    def _end(self, name: str) -> None:
        tag, value, line = name.rsplit(":", 1)[-1], self._text.strip(), self._parser.CurrentLineNumber
        if tag == self._leaf and value:
            if tag == "COMMENT":
                self._message.comment(value, line)
            else:
                self._message.add(tag, CdmEntry(value, self._unit, line))
        self._leaf, self._text = None, ""
