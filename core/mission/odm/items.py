"""What the written forms of an orbit data message are read to: keywords, rows and marks that know where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["BLOCKS", "COVARIANCE_NAMES", "Item", "Line"]

_AXES: Final = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
COVARIANCE_NAMES: Final = tuple(tuple(f"C{row}_{column}" for column in _AXES[: k + 1]) for k, row in enumerate(_AXES))
# The blocks of an orbit comprehensive message, by their marks in KVN; XML names them in small letters.
BLOCKS: Final = ("TRAJ", "PHYS", "COV", "MAN", "PERT", "OD", "USER")


class Line(int):
    """A line from 1, with the column from 1 in it where that is known."""

    column: int | None

    def __new__(cls, number: int, column: int | None = None) -> Line:
        line = super().__new__(cls, number)
        line.column = column
        return line


@dataclass(frozen=True)
class Item:
    """A keyword with its value, a mark with none, or a row of data with no keyword.

    ``written`` is the value with what may be its unit, for the keywords whose brackets are part of a text. ``places`` are
    those of the fields of a row that was put together from elements.
    """

    keyword: str
    value: str
    line: Line
    unit: str | None = None
    written: str = ""
    places: tuple[Line, ...] = ()
