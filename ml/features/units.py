"""Units of features: enough algebra to derive the unit of an expression from those of its parameters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.errors import InputError

__all__ = ["NUMBER", "SECOND", "Unit", "parse_unit"]

_FACTOR: Final = re.compile(r"([A-Za-z%°µΩ]+)(?:\^?(-?[1-9]))?")
_OFFSET: Final = "degC"
_DIFFERENCE: Final = "K"


@dataclass(frozen=True)
class Unit:
    """A product of powers of named units; ``rad/s`` is {rad: 1, s: -1}. No powers: a pure number."""

    powers: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_offset(self) -> bool:
        """Whether zero means something else than nothing, so that sums and ratios mean nothing (degrees Celsius)."""
        return _OFFSET in self.powers

    def of_differences(self) -> Unit:
        """The unit of a difference of two values."""
        return Unit({_DIFFERENCE: 1}) if self.has_offset else self

    def over(self, other: Unit) -> Unit:
        """The unit of a ratio."""
        powers = Counter(self.powers)
        powers.subtract(other.powers)
        return Unit({name: power for name, power in powers.items() if power})

    def __str__(self) -> str:
        above = [_text(name, power) for name, power in sorted(self.powers.items()) if power > 0]
        below = [_text(name, -power) for name, power in sorted(self.powers.items()) if power < 0]
        return "/".join([" ".join(above) or "1", *below])


NUMBER: Final = Unit()
SECOND: Final = Unit({"s": 1})


def parse_unit(text: str) -> Unit:
    """A unit out of a text such as ``N m s``, ``rad/s`` or ``m/s^2``; empty or ``1`` for a pure number.

    Raises:
        InputError: It is none, or degrees Celsius stand in a product.
    """
    powers: Counter[str] = Counter()
    for place, part in enumerate(text.split("/")):
        sign = -1 if place else 1
        for factor in part.replace("·", " ").split():
            if factor == "1":
                continue
            found = _FACTOR.fullmatch(factor)
            if found is None:
                raise InputError(
                    "unit", f"{text!r} has {factor!r}, which is no unit; allowed are such as 'N m s', 'rad/s', '1'"
                )
            powers[found.group(1)] += sign * int(found.group(2) or 1)
    made = Unit({name: power for name, power in powers.items() if power})
    if made.has_offset and dict(made.powers) != {_OFFSET: 1}:
        raise InputError("unit", f"{text!r} has degC in a product, where only K means something")
    return made


def _text(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"
