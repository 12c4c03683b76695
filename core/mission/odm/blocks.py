"""Keyword blocks of a message: each keyword once, only known ones, numbers in SI."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mission.odm.errors import OdmError
from core.mission.odm.items import COVARIANCE_NAMES, Item, Line
from core.mission.odm.units import Unit, unit_of

__all__ = ["Block", "covariance_of", "number_in_row", "place_in_row"]

_UNITLESS: Final = Unit(1.0, (0, 0, 0, 0))


class Block:
    """Keywords of one part of a message, in order.

    Args:
        name: What the part is called in an error.
        allowed: The keywords that may occur; ``USER_DEFINED_…`` may always.
        units: The unit that the standard gives a keyword, and that its value has where none is written.
        echoes: Whether a keyword may come again with the value it has.
    """

    def __init__(
        self, name: str, allowed: Collection[str], units: Mapping[str, str] | None = None, *, echoes: bool = False
    ) -> None:
        self.name = name
        self._echoes = echoes
        self._allowed = allowed
        self._units = units or {}
        self._items: dict[str, Item] = {}

    def __contains__(self, keyword: str) -> bool:
        return keyword in self._items

    def __bool__(self) -> bool:
        return bool(self._items)

    def takes(self, keyword: str) -> bool:
        """Whether a keyword may stand in this block."""
        return keyword in self._allowed

    def add(self, item: Item) -> None:
        """Add an item; refuses an unknown keyword, and one that is there."""
        if item.keyword.startswith("USER_DEFINED"):
            return
        if item.keyword not in self._allowed:
            raise OdmError(item.keyword, f"is no keyword of the {self.name}", item.line)
        first = self._items.get(item.keyword)
        if first is not None and self._echoes and (first.value, first.unit) == (item.value, item.unit):
            return
        if first is not None:
            raise OdmError(item.keyword, f"is given twice; first in line {first.line}", item.line)
        self._items[item.keyword] = item

    def text(self, keyword: str) -> str:
        """A value that must be there."""
        item = self._items.get(keyword)
        if item is None or not (item.value or item.written):
            raise OdmError(keyword, f"is missing in the {self.name}", item.line if item else None)
        return self._text(item)

    def optional(self, keyword: str) -> str | None:
        """A value, or None."""
        item = self._items.get(keyword)
        return self._text(item) if item is not None and (item.value or item.written) else None

    def items(self) -> Iterator[Item]:
        """All items in the order in which they came."""
        return iter(self._items.values())

    def line(self, keyword: str) -> Line | None:
        """Where a keyword stands."""
        return self._items[keyword].line if keyword in self._items else None

    def number(self, keyword: str) -> float:
        """A finite number in SI that must be there."""
        self.text(keyword)
        item = self._items[keyword]
        try:
            value = float(item.value)
        except ValueError as error:
            raise OdmError(keyword, f"{item.value[:40]!r} is not a number", item.line) from error
        if not math.isfinite(value):
            raise OdmError(keyword, f"{item.value[:40]!r} is not finite", item.line)
        return value * self._scale(item)

    def optional_number(self, keyword: str) -> float | None:
        """A number in SI, or None."""
        return self.number(keyword) if keyword in self._items else None

    def _text(self, item: Item) -> str:
        """Brackets belong to the text of a keyword that measures nothing."""
        return item.value if item.keyword in self._units else item.written or item.value

    def _scale(self, item: Item) -> float:
        standard = self._units.get(item.keyword, "")
        expected = unit_of(standard) or _UNITLESS
        if item.unit is None:
            return expected.scale
        given = unit_of(item.unit)
        if given is None or not given.measures_like(expected):
            raise OdmError(item.keyword, f"unit {item.unit!r} does not measure what {standard or '1'} does", item.line)
        return given.scale


def covariance_of(block: Block) -> NDArray[np.float64] | None:
    """The symmetric 6 by 6 matrix of a block in m and m/s; None where it has none.

    Raises:
        OdmError: Only a part of it is there, or a variance is negative.
    """
    names = [name for row in COVARIANCE_NAMES for name in row]
    if not any(name in block for name in names):
        return None
    matrix = np.zeros((6, 6))
    for row, columns in enumerate(COVARIANCE_NAMES):
        for column, name in enumerate(columns):
            matrix[row, column] = matrix[column, row] = block.number(name)
            if row == column and matrix[row, row] < 0.0:
                raise OdmError(name, f"a variance of {block.text(name)} is negative", block.line(name))
    return matrix


def number_in_row(fields: Sequence[str], index: int, keyword: str, item: Item) -> float:
    """A finite number of a data row; an error names its place from 1."""
    try:
        value = float(fields[index])
    except ValueError as error:
        raise OdmError(keyword, f"{fields[index][:40]!r} is not a number", place_in_row(item, index)) from error
    if not math.isfinite(value):
        raise OdmError(keyword, f"{fields[index][:40]!r} is not finite", place_in_row(item, index))
    return value


def place_in_row(item: Item, index: int) -> Line:
    """Where a field of a data row stands."""
    if item.places:
        return item.places[min(index, len(item.places) - 1)]
    place = 0
    for number, field in enumerate(item.value.split()):
        place = item.value.index(field, place)
        if number == index:
            break
        place += len(field)
    return Line(item.line, (item.line.column or 1) + place)
