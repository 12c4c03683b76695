"""The written forms of an orbit data message, KVN and XML, read to one stream of keywords, rows and marks.

XML is turned into what the KVN of the same message would hold: ``META_START`` and ``META_STOP`` around metadata, a row
for each state vector, and the rows of a covariance between ``COVARIANCE_START`` and ``COVARIANCE_STOP``. The blocks of a
comprehensive message stand between ``TRAJ_START`` and ``TRAJ_STOP``, and so on, in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from core.mission.odm.errors import OdmError
from core.mission.odm.items import BLOCKS, Item, Line
from core.mission.odm.xml_items import XmlReader

__all__ = ["read_items"]

_MAXIMUM_CHARACTERS: Final = 200_000_000
_UNIT: Final = re.compile(r"(.*?)\s*\[([^][]*)\]\s*")
_KEYWORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_MARKS: Final = frozenset(f"{name}_{edge}" for name in ("META", "COVARIANCE", *BLOCKS) for edge in ("START", "STOP"))


def read_items(text: str, kind: str) -> Iterator[Item]:
    """The items of one message of a kind (``OEM``, ``OPM``, ``OCM``), the version keyword first.

    Raises:
        OdmError: Syntax, a text that is too large, or a message of another kind.
    """
    if len(text) > _MAXIMUM_CHARACTERS:
        raise OdmError(kind, f"{len(text)} characters; the limit is {_MAXIMUM_CHARACTERS}")
    start = text.lstrip("\ufeff \t\r\n")
    items = iter(XmlReader(kind).read(text)) if start[:1] == "<" else _kvn(text, kind)
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
        place = Line(number, _column(raw))
        if equals:
            if _KEYWORD.fullmatch(keyword) is None:
                raise OdmError(kind, f"{keyword[:60]!r} is no keyword", place)
            yield _with_unit(keyword, value, place)
        elif line in _MARKS:
            yield Item(line, "", place)
        elif _KEYWORD.fullmatch(line):
            raise OdmError(line, "is neither a mark nor KEYWORD = value", place)
        else:
            yield Item("", line, place)


def _column(raw: str) -> int:
    return len(raw) - len(raw.lstrip()) + 1


def _with_unit(keyword: str, value: str, line: Line) -> Item:
    found = _UNIT.fullmatch(value)
    return Item(keyword, found[1], line, found[2].strip(), value) if found else Item(keyword, value, line)
