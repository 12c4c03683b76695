"""References between definitions, conditions over values, and integers that come from them (XTCE 1.2 §4.3)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from core.mdb.errors import PacketUndecodable

__all__ = [
    "AllOf",
    "AnyOf",
    "Comparison",
    "Condition",
    "DynamicInteger",
    "FixedInteger",
    "IntegerValue",
    "LookupInteger",
    "Operator",
    "Raw",
    "Reference",
    "Value",
    "Values",
    "parameters_of",
]

Raw = int | float | str | bytes
Value = int | float | str | bytes | bool


class Values(Protocol):
    """Where references find their values."""

    def raw(self, name: str) -> Raw | None:
        """As it was sent; None where there is no value yet."""

    def value(self, name: str) -> Value | None:
        """In engineering units; None where there is no value yet."""


@dataclass(frozen=True)
class Reference:
    """A parameter, or an argument of the same telecommand; arguments and parameters have separate names.

    Args:
        name: Of the parameter or argument.
        calibrated: Whether its engineering value is meant, or the raw one.
        argument: Whether it is an argument.
    """

    name: str
    calibrated: bool = True
    argument: bool = False

    def of(self, values: Values) -> Value | None:
        """Its value."""
        return values.value(self.name) if self.calibrated else values.raw(self.name)


class Operator(StrEnum):
    """XTCE ComparisonOperators."""

    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


_COMPARE: Final[Mapping[Operator, Callable[[object, object], bool]]] = {
    Operator.EQUAL: operator.eq,
    Operator.UNEQUAL: operator.ne,
    Operator.LESS: operator.lt,  # type: ignore[dict-item]
    Operator.LESS_OR_EQUAL: operator.le,  # type: ignore[dict-item]
    Operator.GREATER: operator.gt,  # type: ignore[dict-item]
    Operator.GREATER_OR_EQUAL: operator.ge,  # type: ignore[dict-item]
}


@dataclass(frozen=True)
class Comparison:
    """A value against a literal, or against another value."""

    left: Reference
    operator: Operator
    right: Value | Reference

    def holds(self, values: Values) -> bool:
        """Whether it is so; a value that is not there compares false, whatever the operator."""
        left = self.left.of(values)
        right = self.right.of(values) if isinstance(self.right, Reference) else self.right
        if left is None or right is None or isinstance(left, str) != isinstance(right, str):
            return False
        return _COMPARE[self.operator](left, right)

    def __str__(self) -> str:
        right = self.right.name if isinstance(self.right, Reference) else repr(self.right)
        return f"{self.left.name} {self.operator} {right}"


@dataclass(frozen=True)
class AllOf:
    """Every one of them; of none: true."""

    conditions: tuple[Condition, ...]

    def holds(self, values: Values) -> bool:
        """Whether all hold."""
        return all(one.holds(values) for one in self.conditions)

    def __str__(self) -> str:
        return "(" + " and ".join(str(one) for one in self.conditions) + ")"


@dataclass(frozen=True)
class AnyOf:
    """At least one of them."""

    conditions: tuple[Condition, ...]

    def holds(self, values: Values) -> bool:
        """Whether one holds."""
        return any(one.holds(values) for one in self.conditions)

    def __str__(self) -> str:
        return "(" + " or ".join(str(one) for one in self.conditions) + ")"


Condition = Comparison | AllOf | AnyOf


def parameters_of(condition: Condition) -> frozenset[str]:
    """The names that a condition needs values of."""
    if isinstance(condition, Comparison):
        right = {condition.right.name} if isinstance(condition.right, Reference) else set()
        return frozenset({condition.left.name} | right)
    return frozenset().union(*(parameters_of(one) for one in condition.conditions))


@dataclass(frozen=True)
class FixedInteger:
    """An integer that stands in the definition."""

    number: int

    def of(self, values: Values) -> int:
        """The integer."""
        return self.number


@dataclass(frozen=True)
class DynamicInteger:
    """slope * value + intercept, of another value."""

    reference: Reference
    slope: float = 1.0
    intercept: float = 0.0

    def of(self, values: Values) -> int:
        """The integer.

        Raises:
            PacketUndecodable: The value is not there, or no whole number comes of it.
        """
        value = self.reference.of(values)
        if isinstance(value, (str, bytes)) or value is None:
            raise PacketUndecodable(f"{self.reference.name} has no number, but a size or position depends on it")
        number = self.slope * value + self.intercept
        if number != number or abs(number) > 1 << 53 or number != int(number):
            raise PacketUndecodable(f"{self.reference.name} = {value} gives {number}, which is no whole number")
        return int(number)


@dataclass(frozen=True)
class LookupInteger:
    """The integer of the first row whose condition holds."""

    rows: tuple[tuple[Condition, int], ...]

    def of(self, values: Values) -> int:
        """The integer; PacketUndecodable where no row holds."""
        for condition, number in self.rows:
            if condition.holds(values):
                return number
        raise PacketUndecodable("no row of a discrete lookup holds, but a size or position depends on it")


IntegerValue = FixedInteger | DynamicInteger | LookupInteger
