"""XML elements with the line they stand on; document types and entities are refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from core.mdb.errors import DatabaseFileError

__all__ = ["Element", "parse_xml"]


@dataclass
class Element:
    """An element without its namespace prefix."""

    path: str
    line: int
    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def error(self, message: str) -> DatabaseFileError:
        """An error that points here."""
        name = self.attributes.get("name")
        return DatabaseFileError(self.path, self.line, f"{self.tag} {name!r}" if name else self.tag, message)

    def get(self, attribute: str) -> str:
        """An attribute that must be there."""
        if attribute not in self.attributes:
            raise self.error(f"attribute {attribute!r} is missing")
        return self.attributes[attribute]

    def find(self, *path: str) -> Element | None:
        """The first descendant along a path of tags."""
        found: Element | None = self
        for tag in path:
            found = next((child for child in found.children if child.tag == tag), None) if found else None
        return found

    def need(self, *path: str) -> Element:
        """The first descendant along a path, which must be there."""
        found = self.find(*path)
        if found is None:
            raise self.error(f"element {'/'.join(path)} is missing")
        return found

    def each(self, *path: str) -> Iterator[Element]:
        """All children of the descendant along a path; none where there is no such descendant."""
        parent = self.find(*path)
        if parent is not None:
            yield from parent.children

    def integer(self, attribute: str, default: int | None = None) -> int:
        """An integer attribute."""
        if attribute not in self.attributes and default is not None:
            return default
        try:
            return int(self.get(attribute), 0)
        except ValueError:
            raise self.error(f"{attribute}={self.get(attribute)!r} is no integer") from None

    def number(self, attribute: str) -> float | None:
        """A numeric attribute, None where absent."""
        if attribute not in self.attributes:
            return None
        try:
            return float(self.get(attribute))
        except ValueError:
            raise self.error(f"{attribute}={self.get(attribute)!r} is no number") from None


def parse_xml(path: Path) -> Element:
    """The root element of a file.

    Raises:
        DatabaseFileError: Unreadable, not well-formed, or with a document type (no entity is ever expanded).
    """
    parser = expat.ParserCreate(namespace_separator="\n")
    stack: list[Element] = [Element(str(path), 0, "document", {})]

    def start(name: str, attributes: dict[str, str]) -> None:
        local = {key.rpartition("\n")[2]: value for key, value in attributes.items()}
        element = Element(str(path), parser.CurrentLineNumber, name.rpartition("\n")[2], local)
        stack[-1].children.append(element)
        stack.append(element)

    def characters(text: str) -> None:
        stack[-1].text += text

    def doctype(*_: object) -> None:
        raise DatabaseFileError(str(path), parser.CurrentLineNumber, "DOCTYPE", "document types are not accepted")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: stack.pop()
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(path.read_bytes(), True)
    except OSError as error:
        raise DatabaseFileError(str(path), 0, "file", f"cannot be read: {error.strerror}") from error
    except expat.ExpatError as error:
        raise DatabaseFileError(str(path), error.lineno, "document", f"not well-formed: {error}") from error
    return stack[0].children[0]
