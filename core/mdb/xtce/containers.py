"""Containers of XTCE 1.2 files: of telemetry, and of telecommands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from core.mdb.containers import (
    Anchor,
    Argument,
    Container,
    ContainerReference,
    Entry,
    FixedBits,
    Item,
    Location,
    PacketRate,
    Parameter,
    Repeat,
)
from core.mdb.references import Condition
from core.mdb.xtce.literals import boolean, read_condition, read_dimensions, read_integer_value, read_number
from core.mdb.xtce.names import Scope
from core.mdb.xtce.xml_tree import Element

__all__ = ["EntryReader", "read_containers"]

_OPTIONS: Final = {"LocationInContainerInBits", "RepeatEntry", "IncludeCondition", "DimensionList"}
_WITHOUT_EFFECT: Final = {"TimeAssociation", "AncillaryDataSet", "LongDescription"}


def read_containers(scope: Scope, parameters: Mapping[str, Parameter]) -> dict[str, Container]:
    """Every telemetry container."""
    containers: dict[str, Container] = {}
    for name, element, home in scope.containers:
        if element.tag != "SequenceContainer":
            raise element.error(f"{element.tag} is not supported")
        base = element.find("BaseContainer")
        containers[name] = Container(
            name=name,
            entries=EntryReader(home, parameters).entries(element),
            base=home.resolve(home.containers, base, "containerRef") if base is not None else None,
            restriction=_restriction(base, home),
            abstract=boolean(element, "abstract", False),
            description=element.attributes.get("shortDescription", ""),
            rate=_rate(element.find("DefaultRateInStream")),
        )
    _check_loops(scope, containers)
    return containers


def _rate(element: Element | None) -> PacketRate | None:
    """The rate in packets per second; one that counts other packets is not followed."""
    if element is None or element.attributes.get("basis", "perSecond") != "perSecond":
        return None
    rate = PacketRate(read_number(element, "minimumValue"), read_number(element, "maximumValue"))
    ends = [one for one in (rate.minimum_hz, rate.maximum_hz) if one is not None]
    if any(not 0.0 <= one < math.inf for one in ends) or ends != sorted(ends):
        raise element.error("the rate does not go from a minimumValue of at least 0 to a maximumValue")
    return rate


def _restriction(base: Element | None, scope: Scope) -> Condition | None:
    criteria = base.find("RestrictionCriteria") if base is not None else None
    return read_condition(criteria, scope) if criteria is not None else None


def _check_loops(scope: Scope, containers: Mapping[str, Container]) -> None:
    """Refuse containers that stand in themselves or extend themselves."""
    done: set[str] = set()

    def visit(name: str, inside: tuple[str, ...]) -> None:
        if name in inside:
            raise scope.containers.elements[name][0].error("the container includes itself")
        if name in done:
            return
        one = containers[name]
        for entry in one.entries:
            if isinstance(entry.item, ContainerReference):
                visit(entry.item.name, (*inside, name))
        if one.base is not None:
            visit(one.base, (*inside, name))
        done.add(name)

    for name in containers:
        visit(name, ())


class EntryReader:
    """Reads the entries of containers of one space system.

    Args:
        scope: The system, with the arguments of the telecommand that is read.
        parameters: All there are.
        arguments: Of the telecommand.
    """

    def __init__(
        self, scope: Scope, parameters: Mapping[str, Parameter], arguments: Mapping[str, Argument] | None = None
    ) -> None:
        self._scope = scope
        self._parameters = parameters
        self._arguments = arguments or {}

    def entries(self, container: Element) -> tuple[Entry, ...]:
        """The entries of a container, in order."""
        return tuple(self._entry(one) for one in container.each("EntryList"))

    def _entry(self, element: Element) -> Entry:
        make = self._ITEMS.get(element.tag)
        if make is None:
            raise element.error(f"{element.tag} is not supported")
        for child in element.children:
            if child.tag not in _OPTIONS | _WITHOUT_EFFECT:
                raise child.error(f"{child.tag} in an entry is not supported")
        include, repeat = element.find("IncludeCondition"), element.find("RepeatEntry")
        return Entry(
            item=make(self, element),
            location=self._location(element.find("LocationInContainerInBits")),
            repeat=self._repeat(repeat) if repeat is not None else None,
            condition=read_condition(include, self._scope) if include is not None else None,
            dimensions=read_dimensions(element, self._scope),
        )

    def _parameter(self, element: Element) -> Item:
        name = self._scope.resolve(self._scope.parameters, element, "parameterRef")
        parameter = self._parameters[name]
        if parameter.type.encoding is None and not parameter.type.element and not parameter.type.members:
            raise element.error(f"the type {parameter.type.name} of {name} has no data encoding")
        return parameter

    def _container(self, element: Element) -> Item:
        return ContainerReference(self._scope.resolve(self._scope.containers, element, "containerRef"))

    def _argument(self, element: Element) -> Item:
        name = element.get("argumentRef")
        if name not in self._arguments:
            raise element.error(f"argumentRef {name!r} is not defined")
        return self._arguments[name]

    def _fixed(self, element: Element) -> Item:
        size, text = element.integer("sizeInBits"), element.get("binaryValue")
        try:
            octets = bytes.fromhex(text)
        except ValueError:
            raise element.error(f"binaryValue {text!r} is no hexadecimal") from None
        if not 1 <= size <= 65_536:
            raise element.error(f"sizeInBits {size} is outside 1 to 65536")
        bits = int.from_bytes(octets, "big")  # what is longer loses its most significant bits, as the schema says
        return FixedBits(bits & ((1 << size) - 1), size, element.attributes.get("name", ""))

    def _location(self, element: Element | None) -> Location | None:
        if element is None:
            return None
        anchor = element.attributes.get("referenceLocation", "previousEntry")
        if anchor not in set(Anchor):
            raise element.error(f"referenceLocation {anchor!r} is not one of {[str(one) for one in Anchor]}")
        return Location(read_integer_value(element, self._scope), Anchor(anchor))

    def _repeat(self, element: Element) -> Repeat:
        gap = element.find("Offset")
        return Repeat(
            read_integer_value(element.need("Count"), self._scope),
            read_integer_value(gap, self._scope) if gap is not None else None,
        )

    _ITEMS: Final[Mapping[str, Callable[[EntryReader, Element], Item]]] = {
        "ParameterRefEntry": _parameter,
        "ArrayParameterRefEntry": _parameter,
        "ContainerRefEntry": _container,
        "ArgumentRefEntry": _argument,
        "ArrayArgumentRefEntry": _argument,
        "FixedValueEntry": _fixed,
    }
