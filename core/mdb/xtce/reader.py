"""Reader of XTCE 1.2 mission databases, in any number of space systems.

What the standard has and is not carried out is an error with element and line, where leaving it out would change a value
or let a command go; it is listed in ``MissionDatabase.left_out`` where it would not (algorithms, streams, services).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from core.mdb.containers import Parameter
from core.mdb.model import MissionDatabase
from core.mdb.references import AllOf, Comparison, Condition
from core.mdb.xtce.commands import CommandReader
from core.mdb.xtce.containers import read_containers
from core.mdb.xtce.names import Scope, open_names
from core.mdb.xtce.types import Types
from core.mdb.xtce.xml_tree import Element, parse_xml

__all__ = ["load_mdb", "reference_mdb"]

_REFERENCE: Final = Path(__file__).parents[1] / "reference" / "lsat.xml"
_SOURCES: Final = ("telemetered", "derived", "constant", "local", "ground")
_LEFT_OUT: Final = {
    "AlgorithmSet": "the algorithm is not run; parameters that it would derive have no value",
    "StreamSet": "the stream is not read; frames are configured with the mission",
    "MessageSet": "messages are not read; packets are told apart by their containers",
    "ServiceSet": "services are not read",
}


def reference_mdb() -> MissionDatabase:
    """The database of the reference mission."""
    return load_mdb(_REFERENCE)


def load_mdb(path: Path, *parts: Path) -> MissionDatabase:
    """The mission database in an XTCE file.

    Args:
        path: The file of the root system.
        parts: Files of further systems, which stand below the root.
    Raises:
        DatabaseFileError: Unreadable, wrong or unsupported; names element and line.
    """
    root = _system(parse_xml(path))
    for part in parts:
        root.children.append(_system(parse_xml(part)))
    scope, systems = open_names(root)
    parameters = _parameters(scope)
    commands = CommandReader(scope, parameters, Types(scope.argument_types))
    database = MissionDatabase(
        name=root.get("name"),
        parameters=parameters,
        containers=read_containers(scope, parameters),
        commands=commands.concrete(),
        content_hash=hashlib.sha256(b"".join(one.read_bytes() for one in (path, *parts))).hexdigest(),
        left_out=tuple(_left_out(systems)),
    )
    _check_reports(database, scope)
    return replace(database, left_out=(*database.left_out, *dict.fromkeys(commands.left_out)))


def _check_reports(database: MissionDatabase, scope: Scope) -> None:
    """A packet that proves a stage must be a report of service 1, because only those name the telecommand."""
    for command in database.commands.values():
        for verifier in command.verifiers:
            chain = database.chain(verifier.container) if verifier.container is not None else ()
            if chain and not any(_is_service_1(one.restriction) for one in chain):
                element = scope.commands.elements[command.name][0]
                raise element.error(f"{verifier.container} proves {verifier.stage}, but is no report of service 1")


def _is_service_1(restriction: Condition | None) -> bool:
    if isinstance(restriction, Comparison):
        return restriction.left.name.rpartition("/")[2] == "service" and restriction.right == 1
    return isinstance(restriction, AllOf) and any(_is_service_1(one) for one in restriction.conditions)


def _system(root: Element) -> Element:
    if root.tag != "SpaceSystem":
        raise root.error("the root element must be SpaceSystem")
    return root


def _parameters(scope: Scope) -> dict[str, Parameter]:
    types = Types(scope.parameter_types)
    parameters = {}
    for name, element, home in scope.parameters:
        properties = element.find("ParameterProperties")
        source = properties.attributes.get("dataSource", "telemetered") if properties is not None else "telemetered"
        if source not in _SOURCES:
            raise element.error(f"dataSource {source!r} is not one of {list(_SOURCES)}")
        parameters[name] = Parameter(
            name=name,
            type=types.referred(element, "parameterTypeRef", home),
            description=element.attributes.get("shortDescription", ""),
            initial=element.attributes.get("initialValue"),
            source=source,
        )
    return parameters


def _left_out(systems: list[tuple[Scope, Element]]) -> Iterator[str]:
    for scope, system in systems:
        for holder in (system, *(child for child in system.children if child.tag.endswith("MetaData"))):
            for child in holder.children:
                if child.tag in _LEFT_OUT:
                    for one in child.children:
                        name = scope.qualified(one.attributes.get("name", one.tag))
                        yield f"{one.path}:{one.line}: {one.tag} {name}: {_LEFT_OUT[child.tag]}"
