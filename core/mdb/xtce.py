"""Reader of XTCE 1.2 mission databases.

Supported: integer, float, enumerated, boolean, string and binary types with fixed sizes, units, polynomial
calibrators and static alarm ranges; sequence containers with inheritance and equality restrictions; telecommands with
inheritance, argument assignments, valid ranges and significance. Anything else is an error with element and line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeVar

from core.mdb.model import (
    Argument,
    CommandDefinition,
    Consequence,
    Container,
    DataType,
    MissionDatabase,
    Parameter,
    Restriction,
)
from core.mdb.xml_tree import Element, parse_xml
from core.mdb.xtce_types import read_type

__all__ = ["load_mdb", "reference_mdb"]

T = TypeVar("T")

_SERVICE: Final = "service"
_SUBTYPE: Final = "subtype"
_REFERENCE: Final = Path(__file__).parent / "reference" / "lsat.xml"


def reference_mdb() -> MissionDatabase:
    """The database of the reference mission."""
    return load_mdb(_REFERENCE)


def load_mdb(path: Path) -> MissionDatabase:
    """The mission database in an XTCE file.

    Raises:
        DatabaseFileError: Unreadable, wrong or unsupported; names element and line.
    """
    root = parse_xml(path)
    if root.tag != "SpaceSystem":
        raise root.error("the root element must be SpaceSystem")
    parameters = _parameters(root)
    return MissionDatabase(
        name=root.get("name"),
        parameters=parameters,
        containers=_containers(root, parameters),
        commands=_Commands(root).concrete(),
        content_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _parameters(root: Element) -> dict[str, Parameter]:
    types = _types(root, "TelemetryMetaData", "ParameterTypeSet")
    parameters = {}
    for element in root.each("TelemetryMetaData", "ParameterSet"):
        name = element.get("name")
        parameters[name] = Parameter(
            name, _referred(element, "parameterTypeRef", types), element.attributes.get("shortDescription", "")
        )
    return parameters


def _types(root: Element, *path: str) -> dict[str, DataType]:
    types: dict[str, DataType] = {}
    for element in root.each(*path):
        if element.get("name") in types:
            raise element.error("the type is defined twice")
        types[element.get("name")] = read_type(element)
    return types


def _referred(element: Element, attribute: str, known: dict[str, T]) -> T:
    name = element.get(attribute).rpartition("/")[2]
    if name not in known:
        raise element.error(f"{attribute} {name!r} is not defined")
    return known[name]


def _containers(root: Element, parameters: dict[str, Parameter]) -> dict[str, Container]:
    elements = {one.get("name"): one for one in root.each("TelemetryMetaData", "ContainerSet")}
    containers: dict[str, Container] = {}
    for element in elements.values():
        if element.tag != "SequenceContainer":
            raise element.error(f"{element.tag} is not supported")
        base = element.find("BaseContainer")
        if base is not None:
            _referred(base, "containerRef", elements)
        container = Container(
            name=element.get("name"),
            entries=tuple(_entries(element, parameters, elements, ())),
            base=base.get("containerRef").rpartition("/")[2] if base else None,
            restrictions=_restrictions(base) if base else (),
            abstract=element.attributes.get("abstract") == "true",
        )
        containers[container.name] = container
    return containers


def _entries(
    element: Element, parameters: dict[str, Parameter], elements: dict[str, Element], inside: tuple[str, ...]
) -> Iterator[Parameter]:
    """The parameters of a container; another container that it includes is written out in its place."""
    name = element.get("name")
    if name in inside:
        raise element.error("the container includes itself")
    for entry in element.each("EntryList"):
        if entry.children or entry.tag not in {"ParameterRefEntry", "ContainerRefEntry"}:
            raise entry.error(f"{entry.tag} with these options is not supported")
        if entry.tag == "ParameterRefEntry":
            yield _referred(entry, "parameterRef", parameters)
            continue
        included = _referred(entry, "containerRef", elements)
        if included.find("BaseContainer") is not None:
            raise entry.error("including a container that extends another is not supported")
        yield from _entries(included, parameters, elements, (*inside, name))


def _restrictions(base: Element) -> tuple[Restriction, ...]:
    criteria = base.find("RestrictionCriteria")
    if criteria is None:
        return ()
    comparisons = list(criteria.each("ComparisonList")) or criteria.children
    for one in comparisons:
        if one.tag != "Comparison" or one.attributes.get("comparisonOperator", "==") != "==":
            raise one.error("only equality comparisons are supported")
    return tuple(Restriction(one.get("parameterRef").rpartition("/")[2], one.get("value")) for one in comparisons)


class _Commands:
    """Resolves the inheritance of telecommands."""

    def __init__(self, root: Element) -> None:
        self._types = _types(root, "CommandMetaData", "ArgumentTypeSet")
        self._elements = {one.get("name"): one for one in root.each("CommandMetaData", "MetaCommandSet")}

    def concrete(self) -> dict[str, CommandDefinition]:
        """Every telecommand that is not abstract."""
        return {
            name: self._definition(element)
            for name, element in self._elements.items()
            if element.attributes.get("abstract") != "true"
        }

    def _definition(self, element: Element) -> CommandDefinition:
        chain = self._chain(element)
        assigned = self._assignments(chain)
        declared = {argument.name: argument for one in chain for argument in self._declared(one, assigned)}
        unknown = assigned.keys() - declared.keys()
        if unknown:
            raise element.error(f"assigned arguments {sorted(unknown)} are not declared")
        return CommandDefinition(
            name=element.get("name"),
            service=self._header(element, declared, _SERVICE),
            subtype=self._header(element, declared, _SUBTYPE),
            arguments=tuple(self._entries(chain, declared)),
            consequence=self._consequence(chain),
            description=element.attributes.get("shortDescription", ""),
        )

    def _chain(self, element: Element) -> list[Element]:
        """From the most basic definition to this one."""
        chain = [element]
        while (base := chain[0].find("BaseMetaCommand")) is not None:
            parent = _referred(base, "metaCommandRef", self._elements)
            if parent in chain:
                raise element.error("the command is its own base")
            chain.insert(0, parent)
        return chain

    def _assignments(self, chain: list[Element]) -> dict[str, str]:
        return {
            one.get("argumentName"): one.get("argumentValue")
            for element in chain
            for one in element.each("BaseMetaCommand", "ArgumentAssignmentList")
        }

    def _declared(self, element: Element, assigned: dict[str, str]) -> list[Argument]:
        return [
            Argument(
                name=one.get("name"),
                type=_referred(one, "argumentTypeRef", self._types),
                fixed=assigned.get(one.get("name")),
                description=one.attributes.get("shortDescription", ""),
            )
            for one in element.each("ArgumentList")
        ]

    def _entries(self, chain: list[Element], declared: dict[str, Argument]) -> list[Argument]:
        entries = [one for element in chain for one in element.each("CommandContainer", "EntryList")]
        for one in entries:
            if one.tag != "ArgumentRefEntry":
                raise one.error(f"{one.tag} is not supported")
        return [_referred(one, "argumentRef", declared) for one in entries]

    def _header(self, element: Element, declared: dict[str, Argument], name: str) -> int:
        argument = declared.get(name)
        if argument is None or argument.fixed is None or not argument.fixed.isdigit() or int(argument.fixed) > 255:
            raise element.error(f"the command must assign {name!r} a number from 0 to 255")
        return int(argument.fixed)

    def _consequence(self, chain: list[Element]) -> Consequence:
        for element in reversed(chain):
            significance = element.find("DefaultSignificance")
            if significance is not None:
                level = significance.attributes.get("consequenceLevel", "none")
                if level not in set(Consequence):
                    raise significance.error(
                        f"consequenceLevel {level!r} is not one of {[str(one) for one in Consequence]}"
                    )
                return Consequence(level)
        return Consequence.NONE
