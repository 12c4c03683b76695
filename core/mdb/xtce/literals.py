"""What stands in a file as text: references, typed literals, conditions, integers and durations."""

from __future__ import annotations

import re
from typing import Final

from core.mdb.references import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    DynamicInteger,
    FixedInteger,
    IntegerValue,
    LookupInteger,
    Operator,
    Reference,
    Value,
)
from core.mdb.types import Dimension
from core.mdb.xtce.names import Scope
from core.mdb.xtce.xml_tree import Element

__all__ = [
    "boolean",
    "duration_s_of",
    "read_condition",
    "read_dimensions",
    "read_duration_s",
    "read_integer_value",
    "read_number",
    "read_reference",
]

_DEEPEST: Final = 32
_DURATION: Final = re.compile(
    r"(-)?P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_UNITS_S: Final = (86_400.0, 3_600.0, 60.0, 1.0)
_TRUTHS: Final = {"true": True, "false": False, "1": True, "0": False}


def boolean(element: Element, attribute: str, default: bool) -> bool:
    """An attribute that is true or false."""
    text = element.attributes.get(attribute)
    if text is None:
        return default
    if text not in _TRUTHS:
        raise element.error(f"{attribute}={text!r} is not one of {sorted(_TRUTHS)}")
    return _TRUTHS[text]


def read_number(element: Element, attribute: str) -> float | None:
    """An attribute that is a number; None where it is not given."""
    text = element.attributes.get(attribute)
    try:
        return None if text is None else float(text)
    except ValueError:
        raise element.error(f"{attribute}={text!r} is no number") from None


def read_duration_s(element: Element, attribute: str, default: float | None = None) -> float:
    """An XML duration of days and less, in seconds; years and months have no fixed length and are refused."""
    if attribute not in element.attributes and default is not None:
        return default
    return duration_s_of(element, attribute, element.get(attribute))


def duration_s_of(element: Element, name: str, text: str) -> float:
    """The same of a text that stands elsewhere in an element; errors call it by ``name``."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()[1:]):
        raise element.error(f"{name}={text!r} is no duration such as PT10S (of days, hours, minutes, seconds)")
    sign, *parts = match.groups()
    seconds = sum(float(part) * unit for part, unit in zip(parts, _UNITS_S, strict=True) if part)
    if sign and seconds:
        raise element.error(f"{name}={text!r} is negative")
    return seconds


def read_reference(element: Element, scope: Scope) -> Reference:
    """The parameter or argument that an element refers to."""
    calibrated = boolean(element, "useCalibratedValue", True)
    if element.integer("instance", 0) != 0:
        raise element.error("only the present instance (instance 0) of a parameter is supported")
    if "argumentRef" in element.attributes:
        name = element.get("argumentRef")
        if name.partition(".")[0] not in {one.get("name") for one in scope.arguments}:
            raise element.error(f"argumentRef {name!r} is not defined")
        return Reference(name, calibrated, argument=True)
    return Reference(_parameter(element, scope)[0], calibrated)


def _parameter(element: Element, scope: Scope) -> tuple[str, Element, Scope]:
    """The name of a parameter (or of a member of an aggregate) and its type."""
    text = element.get("parameterRef")
    whole = scope.find(scope.parameters, text)
    members: list[str] = []
    while whole is None:  # a member of an aggregate: name.member, or name/member
        head, separator, member = max((text.rpartition(one) for one in "./"), key=lambda parts: len(parts[0]))
        if not separator or not head:
            raise element.error(f"parameterRef {element.get('parameterRef')!r} is not defined")
        text, members = head, [member, *members]
        whole = scope.find(scope.parameters, text)
    parameter, inside = scope.parameters.elements[whole]
    kind, within = inside.parameter_types.elements[
        inside.resolve(inside.parameter_types, parameter, "parameterTypeRef")
    ]
    for member in members:
        found = next((one for one in kind.each("MemberList") if one.attributes.get("name") == member), None)
        if found is None:
            raise element.error(f"{text} has no member {member!r}")
        kind, within = within.parameter_types.elements[within.resolve(within.parameter_types, found, "typeRef")]
    return ".".join((whole, *members)), kind, within


def read_condition(element: Element, scope: Scope) -> Condition | None:
    """The condition in a match criterion (comparison, list of comparisons, or Boolean expression); None where it is empty."""
    for child in element.children:
        if child.tag == "Comparison":
            return _comparison(child, scope)
        if child.tag == "ComparisonList":
            return AllOf(tuple(_comparison(one, scope) for one in child.children))
        if child.tag == "BooleanExpression":
            return _expression(child, scope, 0)
        if child.tag == "CustomAlgorithm":
            raise child.error("a custom algorithm as a condition is not supported")
    return None


def _expression(element: Element, scope: Scope, depth: int) -> Condition:
    parts = tuple(_part(one, scope, depth) for one in element.children)
    if len(parts) != 1:
        raise element.error(f"a Boolean expression has one condition, {len(parts)} stand here")
    return parts[0]


def _part(element: Element, scope: Scope, depth: int) -> Condition:
    if depth > _DEEPEST:
        raise element.error(f"conditions nest deeper than {_DEEPEST}")
    if element.tag == "Condition":
        return _checked(element, scope)
    if element.tag not in {"ANDedConditions", "ORedConditions"}:
        raise element.error(f"{element.tag} is no condition")
    parts = tuple(_part(one, scope, depth + 1) for one in element.children)
    if not parts:
        raise element.error("there is no condition in it")
    return AllOf(parts) if element.tag == "ANDedConditions" else AnyOf(parts)


def _comparison(element: Element, scope: Scope) -> Comparison:
    if element.tag != "Comparison":
        raise element.error(f"{element.tag} is no comparison")
    operator = _operator(element, element.attributes.get("comparisonOperator", "=="))
    inner = element.find("ParameterInstanceRef") or element.find("ArgumentInstanceRef") or element
    return _typed(inner, read_reference(inner, scope), operator, element.get("value"), scope)


def _checked(element: Element, scope: Scope) -> Comparison:
    references = [one for one in element.children if one.tag in {"ParameterInstanceRef", "ArgumentInstanceRef"}]
    operator = _operator(element, element.need("ComparisonOperator").text.strip())
    if not references:
        raise element.error("a condition needs a reference")
    left = read_reference(references[0], scope)
    if len(references) == 2:
        return Comparison(left, operator, read_reference(references[1], scope))
    return _typed(references[0], left, operator, element.need("Value").text, scope)


def _operator(element: Element, text: str) -> Operator:
    if text not in set(Operator):
        raise element.error(f"comparison operator {text!r} is not one of {[str(one) for one in Operator]}")
    return Operator(text)


def _typed(element: Element, left: Reference, operator: Operator, text: str, scope: Scope) -> Comparison:
    """A comparison whose literal has the type of the value; an enumeration may be compared by number too."""
    kind = _type_element(element, left, scope)
    base = kind.tag.removesuffix("ParameterType").removesuffix("ArgumentType")
    if base in {"String"}:
        return Comparison(left, operator, text)
    if base == "Enumerated" and left.calibrated:
        if text in {one.attributes.get("label") for one in kind.each("EnumerationList")}:
            return Comparison(left, operator, text)
        left = Reference(left.name, calibrated=False, argument=left.argument)
    if base == "Boolean":
        truths = {
            kind.attributes.get("oneStringValue", "True"): True,
            kind.attributes.get("zeroStringValue", "False"): False,
        }
        truth: bool | None = truths.get(text, _TRUTHS.get(text.lower()))
        if truth is None:
            raise element.error(f"{text!r} is not one of {sorted(truths)}")
        return Comparison(left, operator, truth)
    return Comparison(left, operator, _number(element, text))


def _type_element(element: Element, left: Reference, scope: Scope) -> Element:
    if not left.argument:
        return _parameter(element, scope)[1]
    name = left.name.partition(".")[0]
    declared = next(one for one in scope.arguments if one.get("name") == name)
    return scope.argument_types.elements[scope.resolve(scope.argument_types, declared, "argumentTypeRef")][0]


def _number(element: Element, text: str) -> Value:
    for convert in (lambda one: int(one, 0), int, float):
        try:
            return convert(text.strip())
        except ValueError:
            continue
    raise element.error(f"{text!r} is no number, and {element.attributes.get('parameterRef', 'the value')} is one")


def read_integer_value(element: Element, scope: Scope) -> IntegerValue:
    """A fixed integer, one that follows from another value, or one from a table of conditions."""
    fixed = element.find("FixedValue")
    if fixed is not None:
        return FixedInteger(_whole(fixed, fixed.text))
    dynamic = element.find("DynamicValue")
    if dynamic is not None:
        inner = dynamic.find("ParameterInstanceRef") or dynamic.find("ArgumentInstanceRef")
        if inner is None:
            raise dynamic.error("a dynamic value needs a reference")
        adjustment = dynamic.find("LinearAdjustment")
        slope = adjustment.number("slope") if adjustment else None
        intercept = adjustment.number("intercept") if adjustment else None
        return DynamicInteger(
            read_reference(inner, scope), 1.0 if slope is None else slope, 0.0 if intercept is None else intercept
        )
    rows = []
    for one in element.each("DiscreteLookupList"):
        condition = read_condition(one, scope)
        if condition is None:
            raise one.error("a row of a lookup needs a condition")
        rows.append((condition, one.integer("value")))
    if not rows:
        raise element.error("a fixed, dynamic or looked-up integer is missing")
    return LookupInteger(tuple(rows))


def read_dimensions(element: Element, scope: Scope) -> tuple[Dimension, ...]:
    """The dimensions of an array, the slowest index first."""
    return tuple(
        Dimension(
            read_integer_value(one.need("StartingIndex"), scope), read_integer_value(one.need("EndingIndex"), scope)
        )
        for one in element.each("DimensionList")
    )


def _whole(element: Element, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise element.error(f"{text!r} is no integer") from None
