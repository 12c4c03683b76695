"""Where a value stands in a text: line and column, as editors count them, in JSON and CSV too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

__all__ = ["JsonObject", "Place", "csv_columns", "json_objects", "place_of"]

_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


@dataclass(frozen=True)
class Place:
    """A line, and a column in it where that is known; both counted from 1."""

    line: int
    column: int | None = None

    def __str__(self) -> str:
        return f"line {self.line}" if self.column is None else f"line {self.line}, column {self.column}"


def place_of(text: str, offset: int) -> Place:
    """The place of a character, by its offset from the start of the text."""
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


@dataclass
class JsonObject:
    """One object of a JSON text: where it begins, where the value of each key does, and keys that occur again."""

    at: Place
    values: dict[str, Place] = field(default_factory=dict)
    repeated: dict[str, Place] = field(default_factory=dict)


def json_objects(text: str) -> list[JsonObject]:
    """The outermost objects of a valid JSON text, in order; keys are as written, without escapes resolved."""
    found: list[JsonObject] = []
    stack: list[str] = []
    key: str | None = None
    named = False
    lines = _line_starts(text)
    for token, offset in _tokens(text):
        inside = stack.count("{") == 1 and stack[-1] == "{"
        if named:  # the token after a colon of an outermost object
            place = _place(lines, offset)
            (found[-1].repeated if key in found[-1].values else found[-1].values)[str(key)] = place
            named = False
        if token in "{[":
            if token == "{" and "{" not in stack:
                found.append(JsonObject(_place(lines, offset)))
            stack.append(token)
        elif token in "}]":
            stack.pop()
        elif token == ":":
            named = inside
        elif token != ",":
            key = token[1:-1] if inside and token.startswith('"') else key
    return found


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    for match in _JSON_TOKEN.finditer(text):
        yield match.group(), match.start()


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _place(line_starts: list[int], offset: int) -> Place:
    low, high = 0, len(line_starts)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if line_starts[middle] <= offset else (low, middle)
    return Place(low + 1, offset - line_starts[low] + 1)


def csv_columns(line: str) -> list[int]:
    """The columns, from 1, at which the fields of a line of comma-separated values begin."""
    columns, quoted = [1], False
    for index, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            columns.append(index + 2)
    return columns
