"""Writes a mission database as an XTCE 1.2 file, which reads as the same database again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from core.mdb.commands import CommandDefinition, Significance, VerificationStage, Verifier
from core.mdb.conditions import ages_of
from core.mdb.containers import Argument, Container, ContainerReference, Entry, Parameter
from core.mdb.model import MissionDatabase
from core.mdb.references import Comparison, Operator, Reference
from core.mdb.xtce.literal_writer import (
    describe,
    number_of,
    text_of,
    truth,
    write_condition,
    write_dimensions,
    write_integer,
)
from core.mdb.xtce.type_writer import TypeWriter
from core.mdb.xtce.verification import match_condition

__all__ = ["write_mdb", "xtce_of"]

_ORDER: Final = (
    "ParameterTypeSet",
    "ParameterSet",
    "ContainerSet",
    "ArgumentTypeSet",
    "MetaCommandSet",
    "CommandContainerSet",
)
_NAMESPACE: Final = "http://www.omg.org/spec/XTCE/20180204"
_VERIFIERS: Final = {
    VerificationStage.ACCEPTED: "AcceptedVerifier",
    VerificationStage.STARTED: "ExecutionVerifier",
    VerificationStage.PROGRESS: "ExecutionVerifier",
    VerificationStage.COMPLETED: "CompleteVerifier",
}


def write_mdb(mdb: MissionDatabase, path: Path) -> None:
    """Write a file; what was there is replaced only when all is written."""
    partial = path.with_suffix(path.suffix + ".partial")
    partial.write_bytes(xtce_of(mdb))
    partial.replace(path)


def xtce_of(mdb: MissionDatabase) -> bytes:
    """The octets of an XTCE file.

    Inheritance between telecommands is written out, because the database holds each of them whole; systems, types and
    containers stay as they are.
    """
    tree = _Tree(mdb.name)
    for parameter in mdb.parameters.values():
        _write_parameter(tree, parameter)
    for container in mdb.containers.values():
        _write_container(tree, container)
    for command in mdb.commands.values():
        _write_command(tree, command)
    root = tree.finish()
    indent(root)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


class _Tree:
    """The space systems, with their sets in the order of the schema."""

    def __init__(self, name: str) -> None:
        self.root = Element("SpaceSystem", {"xmlns": _NAMESPACE, "name": name})
        self._systems: dict[str, Element] = {"": self.root}
        self._sets: dict[tuple[str, str, str], Element] = {}
        self.types = TypeWriter(name, self.place)

    def place(self, qualified: str, part: str, name: str) -> tuple[Element, str]:
        """The set in which a name stands, and the name within its system."""
        path, _, own = qualified.rpartition("/")
        key = (path, part, name)
        if key not in self._sets:
            self._system(path)
            self._sets[key] = Element(name)
        return self._sets[key], own

    def finish(self) -> Element:
        """The whole tree."""
        for part in ("CommandMetaData", "TelemetryMetaData"):
            for path, system in self._systems.items():
                holders = [self._sets[(path, part, name)] for name in _ORDER if (path, part, name) in self._sets]
                if holders:
                    parent = Element(part)
                    parent.extend(holders)
                    system.insert(0, parent)
        return self.root

    def _system(self, path: str) -> Element:
        if path not in self._systems:
            above, _, name = path.rpartition("/")
            self._systems[path] = SubElement(self._system(above), "SpaceSystem", {"name": name})
        return self._systems[path]


def _write_parameter(tree: _Tree, parameter: Parameter) -> None:
    reference = tree.types.reference(parameter.type, "Parameter")
    holder, own = tree.place(parameter.name, "TelemetryMetaData", "ParameterSet")
    element = SubElement(holder, "Parameter", {"name": own, "parameterTypeRef": reference})
    describe(element, parameter.description)
    if parameter.initial is not None:
        element.set("initialValue", parameter.initial)
    if parameter.source != "telemetered":
        SubElement(element, "ParameterProperties", {"dataSource": parameter.source})


def _write_container(tree: _Tree, container: Container) -> None:
    holder, own = tree.place(container.name, "TelemetryMetaData", "ContainerSet")
    element = SubElement(holder, "SequenceContainer", {"name": own})
    describe(element, container.description)
    if container.abstract:
        element.set("abstract", "true")
    if container.rate is not None:
        ends = {"minimumValue": container.rate.minimum_hz, "maximumValue": container.rate.maximum_hz}
        known = {name: number_of(value) for name, value in ends.items() if value is not None}
        SubElement(element, "DefaultRateInStream", {"basis": "perSecond", **known})
    _write_entries(element, container.entries)
    if container.base is not None:
        base = SubElement(element, "BaseContainer", {"containerRef": f"/{container.base}"})
        if container.restriction is not None:
            write_condition(SubElement(base, "RestrictionCriteria"), container.restriction)


def _write_entries(parent: Element, entries: Iterable[Entry]) -> None:
    holder = SubElement(parent, "EntryList")
    for entry in entries:
        element = SubElement(holder, *_entry(entry))
        if entry.location is not None:
            anchor = {"referenceLocation": str(entry.location.anchor)}
            write_integer(SubElement(element, "LocationInContainerInBits", anchor), entry.location.offset)
        if entry.repeat is not None:
            repeat = SubElement(element, "RepeatEntry")
            write_integer(SubElement(repeat, "Count"), entry.repeat.count)
            if entry.repeat.gap is not None:
                write_integer(SubElement(repeat, "Offset"), entry.repeat.gap)
        if entry.condition is not None:
            write_condition(SubElement(element, "IncludeCondition"), entry.condition)
        write_dimensions(element, entry.dimensions)


def _entry(entry: Entry) -> tuple[str, dict[str, str]]:
    item = entry.item
    if isinstance(item, Parameter):
        return "ParameterRefEntry", {"parameterRef": f"/{item.name}"}
    if isinstance(item, Argument):
        return "ArgumentRefEntry", {"argumentRef": item.name}
    if isinstance(item, ContainerReference):
        return "ContainerRefEntry", {"containerRef": f"/{item.name}"}
    octets = (item.size_bits + 7) // 8
    attributes = {"binaryValue": item.bits.to_bytes(octets, "big").hex(), "sizeInBits": str(item.size_bits)}
    return "FixedValueEntry", attributes | ({"name": item.name} if item.name else {})


def _write_command(tree: _Tree, command: CommandDefinition) -> None:
    references = [tree.types.reference(one.type, "Argument") for one in command.arguments]
    holder, own = tree.place(command.name, "CommandMetaData", "MetaCommandSet")
    if any(one.fixed is not None for one in command.arguments):
        base = SubElement(holder, "MetaCommand", {"name": f"{own}_base", "abstract": "true"})
        _write_arguments(base, command.arguments, references)
        element = SubElement(holder, "MetaCommand", {"name": own})
        inherited = SubElement(element, "BaseMetaCommand", {"metaCommandRef": f"{own}_base"})
        assignments = SubElement(inherited, "ArgumentAssignmentList")
        for one in command.arguments:
            if one.fixed is not None:
                given = {"argumentName": one.name, "argumentValue": one.fixed}
                SubElement(assignments, "ArgumentAssignment", given)
    else:
        element = SubElement(holder, "MetaCommand", {"name": own})
        _write_arguments(element, command.arguments, references)
    describe(element, command.description)
    _write_ancillary(element, command)
    _write_layout(tree, element, own, command)
    if command.constraints:
        constraints = SubElement(element, "TransmissionConstraintList")
        for constraint in command.constraints:
            attributes = {
                "timeOut": f"PT{number_of(constraint.timeout_s)}S",
                "suspendable": truth(constraint.suspendable),
            }
            written = SubElement(constraints, "TransmissionConstraint", attributes)
            write_condition(written, match_condition(constraint.condition))
    SubElement(element, "DefaultSignificance", _significance(command.significance))
    if command.contexts:
        contexts = SubElement(element, "ContextSignificanceList")
        for condition, significance in command.contexts:
            context = SubElement(contexts, "ContextSignificance")
            write_condition(SubElement(context, "ContextMatch"), condition)
            SubElement(context, "Significance", _significance(significance))
    if command.verifiers:
        verifiers = SubElement(element, "VerifierSet")
        for verifier in command.verifiers:
            _write_verifier(verifiers, verifier)


def _write_ancillary(element: Element, command: CommandDefinition) -> None:
    """What the standard has no word for."""
    ages = {f"PT{number_of(one)}S" for constraint in command.constraints for one in ages_of(constraint.condition)}
    if len(ages) > 1:
        raise ValueError(f"{command.name}: XTCE has no form for constraints with several ages ({sorted(ages)})")
    data = {"idempotent": "true"} if command.idempotent else {}
    for age in ages:
        data["maximumTelemetryAge"] = age
    if not data:
        return
    ancillary = SubElement(element, "AncillaryDataSet")
    for name, text in data.items():
        SubElement(ancillary, "AncillaryData", {"name": name}).text = text


def _write_arguments(element: Element, arguments: Iterable[Argument], references: list[str]) -> None:
    holder = SubElement(element, "ArgumentList")
    for one, reference in zip(arguments, references, strict=True):
        argument = SubElement(holder, "Argument", {"name": one.name, "argumentTypeRef": reference})
        describe(argument, one.description)
        if one.default is not None:
            argument.set("initialValue", one.default)


def _write_layout(tree: _Tree, element: Element, own: str, command: CommandDefinition) -> None:
    """The container; values that inheritance gave to parameters stand in the restriction of a base that has them all."""
    container = SubElement(element, "CommandContainer", {"name": f"{own}_layout"})
    if not command.assigned:
        _write_entries(container, command.entries)
        return
    holder, _ = tree.place(command.name, "CommandMetaData", "CommandContainerSet")
    _write_entries(SubElement(holder, "CommandContainer", {"name": f"{own}_fixed"}), command.entries)
    SubElement(container, "EntryList")
    base = SubElement(container, "BaseContainer", {"containerRef": f"{own}_fixed"})
    equalities = SubElement(SubElement(base, "RestrictionCriteria"), "ComparisonList")
    for name, value in command.assigned.items():
        SubElement(equalities, "Comparison", {"parameterRef": f"/{name}", "value": text_of(value)})


def _write_verifier(parent: Element, verifier: Verifier) -> None:
    element = SubElement(parent, _VERIFIERS[verifier.stage])
    if verifier.shows is not None:
        parameter, argument = verifier.shows
        shown = Comparison(Reference(parameter), Operator.EQUAL, Reference(argument, argument=True))
        write_condition(element, shown)
    elif verifier.condition is not None:
        write_condition(element, match_condition(verifier.condition))
    elif verifier.container is not None:
        SubElement(element, "ContainerRef", {"containerRef": f"/{verifier.container}"})
    attributes = {
        "timeToStopChecking": f"PT{number_of(verifier.timeout_s)}S",
        "timeWindowIsRelativeTo": "timeCommandReleased",
    }
    SubElement(element, "CheckWindow", attributes)


def _significance(one: Significance) -> dict[str, str]:
    attributes = {"consequenceLevel": str(one.consequence)}
    if one.reason:
        attributes["reasonForWarning"] = one.reason
    if one.system_at_risk:
        attributes["spaceSystemAtRisk"] = one.system_at_risk
    return attributes
