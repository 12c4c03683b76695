"""What the names of a mission database's parameters stand for, members and elements included."""

from __future__ import annotations

import re
from typing import Final

from core.mdb.model import MissionDatabase
from core.mdb.references import Value
from core.mdb.types import DataType

__all__ = ["ParameterUnits"]

_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[\d+\]")


class ParameterUnits:
    """Units by name, and which parameters are of the packets' headers.

    Args:
        mdb: The definitions.
    """

    def __init__(self, mdb: MissionDatabase) -> None:
        self._mdb = mdb
        self._units: dict[str, str] = {}
        # A container that no other extends is a packet itself, not the header of others.
        headers = (root for root in mdb.roots() if mdb.children(root.name))
        self.header = frozenset(one.name for root in headers for one in mdb.parameters_in(root.name))

    def __getitem__(self, name: str) -> str:
        """The unit of a parameter, ``parameter.member`` or ``parameter[0]``; empty where it has none or is not known."""
        unit = self._units.get(name)
        if unit is None:
            kind = self._type(name)
            unit = self._units[name] = kind.unit if kind is not None else ""
        return unit

    def whole(self, name: str, value: Value) -> Value:
        """A stored value as the parameter's type tells it."""
        if not isinstance(value, float):
            return value
        kind = self._type(name)
        return value if kind is None else kind.whole(value)

    def _type(self, name: str) -> DataType | None:
        known = self._mdb.parameters.get(name)
        if known is not None:
            return known.type
        base = re.split(r"[.\[]", name, maxsplit=1)[0]
        known = self._mdb.parameters.get(base)
        kind = known.type if known is not None else None
        for step in _STEP.finditer(name.removeprefix(base)):
            if kind is None:
                return None
            member = step.group(1)
            kind = (
                kind.element if member is None else next((one.type for one in kind.members if one.name == member), None)
            )
        return kind
