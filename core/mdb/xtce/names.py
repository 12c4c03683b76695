"""Space systems and the names in them: every reference of a file to the one thing that it means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.mdb.xtce.xml_tree import Element

__all__ = ["Names", "Scope", "open_names"]


@dataclass
class Names:
    """The elements of one sort, by qualified name, with the system that each stands in."""

    sort: str
    elements: dict[str, tuple[Element, Scope]] = field(default_factory=dict)

    def add(self, scope: Scope, element: Element) -> None:
        """Register an element; a second one of the same name is an error."""
        name = scope.qualified(element.get("name"))
        if name in self.elements:
            raise element.error(f"the {self.sort} is defined twice")
        self.elements[name] = (element, scope)

    def __contains__(self, name: str) -> bool:
        return name in self.elements

    def __iter__(self) -> Iterator[tuple[str, Element, Scope]]:
        for name, (element, scope) in self.elements.items():
            yield name, element, scope


@dataclass(frozen=True)
class Scope:
    """One space system: where it is in the tree, and what the tree holds."""

    path: tuple[str, ...]
    root: str
    parameter_types: Names
    parameters: Names
    argument_types: Names
    containers: Names
    command_containers: Names
    commands: Names
    arguments: tuple[Element, ...] = ()  # of the telecommand that is being read

    def qualified(self, name: str) -> str:
        """The name below the root of something in this system."""
        return "/".join((*self.path, name))

    def resolve(self, names: Names, element: Element, attribute: str) -> str:
        """The qualified name of what an attribute refers to.

        A bare name is looked for here and then in each system above; a path likewise, unless it is absolute.
        """
        reference = element.get(attribute)
        found = self.find(names, reference)
        if found is None:
            raise element.error(f"{attribute} {reference!r} is not defined")
        return found

    def find(self, names: Names, reference: str) -> str | None:
        """The qualified name of a reference; None where nothing has it."""
        parts = [part for part in reference.split("/") if part and part != "."]
        if reference.startswith("/"):
            return self._absolute(names, parts)
        for depth in range(len(self.path), -1, -1):
            name = _joined((*self.path[:depth], *parts))
            if name is not None and name in names:
                return name
        return self._absolute(names, parts)

    def _absolute(self, names: Names, parts: list[str]) -> str | None:
        for candidate in (parts[1:] if parts[:1] == [self.root] else None, parts):
            name = _joined(tuple(candidate)) if candidate else None
            if name is not None and name in names:
                return name
        return None


def open_names(root: Element) -> tuple[Scope, list[tuple[Scope, Element]]]:
    """The scope of the root, and every system with its element, all their definitions registered."""
    top = Scope(
        (),
        root.get("name"),
        Names("parameter type"),
        Names("parameter"),
        Names("argument type"),
        Names("container"),
        Names("command container"),
        Names("command"),
    )
    systems = list(_systems(root, top))
    for scope, system in systems:
        _register(scope, system)
    return top, systems


def _systems(element: Element, scope: Scope) -> Iterator[tuple[Scope, Element]]:
    yield scope, element
    for child in element.children:
        if child.tag == "SpaceSystem":
            yield from _systems(child, _below(scope, child.get("name")))


def _below(scope: Scope, name: str) -> Scope:
    return Scope(
        (*scope.path, name),
        scope.root,
        scope.parameter_types,
        scope.parameters,
        scope.argument_types,
        scope.containers,
        scope.command_containers,
        scope.commands,
    )


def _register(scope: Scope, system: Element) -> None:
    for part in ("TelemetryMetaData", "CommandMetaData"):
        for element in system.each(part, "ParameterTypeSet"):
            scope.parameter_types.add(scope, element)
        for element in system.each(part, "ParameterSet"):
            if element.tag == "Parameter":
                scope.parameters.add(scope, element)
    for element in system.each("TelemetryMetaData", "ContainerSet"):
        scope.containers.add(scope, element)
    for element in system.each("CommandMetaData", "ArgumentTypeSet"):
        scope.argument_types.add(scope, element)
    for element in system.each("CommandMetaData", "CommandContainerSet"):
        scope.command_containers.add(scope, element)
    for element in system.each("CommandMetaData", "MetaCommandSet"):
        if element.tag == "MetaCommand":
            scope.commands.add(scope, element)
            container = element.find("CommandContainer")
            if container is not None and scope.qualified(container.get("name")) not in scope.command_containers:
                scope.command_containers.add(scope, container)


def _joined(parts: tuple[str, ...]) -> str | None:
    """The parts as a name, ``..`` carried out; None where it leads above the root."""
    path: list[str] = []
    for part in parts:
        if part != "..":
            path.append(part)
        elif path:
            path.pop()
        else:
            return None
    return "/".join(path)
