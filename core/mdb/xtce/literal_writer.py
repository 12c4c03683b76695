"""Literals of XTCE files: references, conditions, integers, ranges and numbers, as XML."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from core.mdb.references import (
    AllOf,
    Comparison,
    Condition,
    DynamicInteger,
    FixedInteger,
    IntegerValue,
    LookupInteger,
    Reference,
    Value,
)
from core.mdb.types import Dimension, Range

__all__ = [
    "describe",
    "number_of",
    "range_of",
    "reference_of",
    "text_of",
    "truth",
    "write_condition",
    "write_dimensions",
    "write_integer",
    "write_size",
]


def write_size(parent: Element, size: IntegerValue | None) -> None:
    """The size of a text or binary value; -1 where it takes all that follows."""
    write_integer(parent, FixedInteger(-1) if size is None else size)


def write_integer(parent: Element, value: IntegerValue) -> None:
    """A fixed, dynamic or looked-up integer."""
    if isinstance(value, FixedInteger):
        SubElement(parent, "FixedValue").text = str(value.number)
    elif isinstance(value, DynamicInteger):
        dynamic = SubElement(parent, "DynamicValue")
        tag = "ArgumentInstanceRef" if value.reference.argument else "ParameterInstanceRef"
        SubElement(dynamic, tag, reference_of(value.reference))
        attributes = {"slope": number_of(value.slope), "intercept": number_of(value.intercept)}
        SubElement(dynamic, "LinearAdjustment", attributes)
    elif isinstance(value, LookupInteger):
        rows = SubElement(parent, "DiscreteLookupList")
        for condition, number in value.rows:
            write_condition(SubElement(rows, "DiscreteLookup", {"value": str(number)}), condition)


def write_condition(parent: Element, condition: Condition) -> None:
    """A match criterion in its plainest form."""
    plain = condition.conditions if isinstance(condition, AllOf) else (condition,)
    literals = [one for one in plain if isinstance(one, Comparison) and not isinstance(one.right, Reference)]
    if len(literals) < len(plain):
        _write_expression(SubElement(parent, "BooleanExpression"), condition)
        return
    holder = SubElement(parent, "ComparisonList") if isinstance(condition, AllOf) else parent
    for one in literals:
        assert not isinstance(one.right, Reference)
        attributes = {"comparisonOperator": str(one.operator), "value": text_of(one.right)}
        SubElement(holder, "Comparison", reference_of(one.left) | attributes)


def _write_expression(parent: Element, condition: Condition) -> None:
    if not isinstance(condition, Comparison):
        holder = SubElement(parent, "ANDedConditions" if isinstance(condition, AllOf) else "ORedConditions")
        for one in condition.conditions:
            _write_expression(holder, one)
        return
    element = SubElement(parent, "Condition")
    SubElement(element, _tag(condition.left), reference_of(condition.left))
    SubElement(element, "ComparisonOperator").text = str(condition.operator)
    if isinstance(condition.right, Reference):
        SubElement(element, _tag(condition.right), reference_of(condition.right))
    else:
        SubElement(element, "Value").text = text_of(condition.right)


def write_dimensions(parent: Element, dimensions: tuple[Dimension, ...]) -> None:
    """The dimensions of an array."""
    if dimensions:
        holder = SubElement(parent, "DimensionList")
        for one in dimensions:
            element = SubElement(holder, "Dimension")
            write_integer(SubElement(element, "StartingIndex"), one.first)
            write_integer(SubElement(element, "EndingIndex"), one.last)


def _tag(reference: Reference) -> str:
    return "ArgumentInstanceRef" if reference.argument else "ParameterInstanceRef"


def reference_of(reference: Reference) -> dict[str, str]:
    """The attributes that refer to a parameter or argument."""
    name = {"argumentRef": reference.name} if reference.argument else {"parameterRef": f"/{reference.name}"}
    return name if reference.calibrated else name | {"useCalibratedValue": "false"}


def range_of(one: Range) -> dict[str, str]:
    """The attributes of a range."""
    found = {}
    if one.minimum is not None:
        found["minExclusive" if one.minimum_excluded else "minInclusive"] = number_of(one.minimum)
    if one.maximum is not None:
        found["maxExclusive" if one.maximum_excluded else "maxInclusive"] = number_of(one.maximum)
    return found


def number_of(value: float) -> str:
    """A number that reads as the very same again."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def truth(value: bool) -> str:
    """A Boolean."""
    return "true" if value else "false"


def text_of(value: Value) -> str:
    """A literal of a comparison."""
    return truth(value) if isinstance(value, bool) else value.hex() if isinstance(value, bytes) else str(value)


def describe(element: Element, text: str) -> None:
    """Add a short description."""
    if text:
        element.set("shortDescription", text)
