"""What can be wrong with an orbit data message."""

from __future__ import annotations

from core.errors import InputError

__all__ = ["OdmError"]


class OdmError(InputError):
    """An orbit data message is wrong; ``field`` is the keyword, ``line`` and ``column`` say where, from 1."""

    default_code = "bad-odm"

    def __init__(self, keyword: str, message: str, line: int | None = None, column: int | None = None) -> None:
        column = column or getattr(line, "column", None)
        where = "" if line is None else f" (line {line}{f', column {column}' if column is not None else ''})"
        super().__init__(keyword[:80] or "ODM", message + where, line=line, column=column)
        self.line = line
        self.column = column
