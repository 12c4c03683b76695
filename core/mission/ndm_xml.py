"""Navigation data messages as XML (CCSDS 505.0-B): elements around keywords, shared by all that write them."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

__all__ = ["Leaf", "document", "element", "leaves", "message"]

# Keyword, value, unit.
Leaf = tuple[str, str, str | None]


def document(inner: str) -> str:
    """A text that holds one root element."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{inner}'


def message(kind: str, version: str, inner: str) -> str:
    """A message element of a kind such as ``oem`` with its version."""
    return f'<{kind} id="CCSDS_{kind.upper()}_VERS" version="{version}">\n{inner}</{kind}>\n'


def element(name: str, inner: str) -> str:
    """An element around others."""
    return f"<{name}>\n{inner}</{name}>\n"


def leaves(entries: Iterable[Leaf]) -> str:
    """Keywords with their values and units."""
    return "".join(
        f"<{keyword}{f' units={quoteattr(unit)}' if unit else ''}>{escape(value)}</{keyword}>\n"
        for keyword, value, unit in entries
    )
