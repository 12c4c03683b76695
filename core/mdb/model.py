"""A mission database: all parameters, packets and telecommands of a mission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.errors import NotFound
from core.mdb.commands import CommandDefinition
from core.mdb.containers import Container, ContainerReference, Entry, Parameter

__all__ = ["MissionDatabase"]


@dataclass(frozen=True)
class MissionDatabase:
    """All definitions of a mission; names are qualified with the systems below the root that they are in.

    Args:
        name: Of the root system.
        parameters, containers, commands: By name, in the order of the file.
        content_hash: SHA-256 of the file.
        left_out: What the file holds and is not carried out (custom algorithms, streams), with line and reason.
    """

    name: str
    parameters: Mapping[str, Parameter]
    containers: Mapping[str, Container]
    commands: Mapping[str, CommandDefinition]
    content_hash: str = field(compare=False)
    left_out: tuple[str, ...] = field(default=(), compare=False)

    def command(self, mnemonic: str) -> CommandDefinition:
        """A telecommand by mnemonic; NotFound names those there are."""
        try:
            return self.commands[mnemonic]
        except KeyError:
            raise NotFound(
                f"command {mnemonic!r} is not one of {sorted(self.commands)}", code="unknown-command"
            ) from None

    def children(self, container: str) -> tuple[Container, ...]:
        """The containers that extend one, in the order of the file."""
        return self._children.get(container, ())

    def roots(self) -> tuple[Container, ...]:
        """The containers that packets begin with: those that extend none and stand in none, most extended ones first."""
        return self._roots

    def chain(self, container: str) -> tuple[Container, ...]:
        """A container with all that it extends, the most basic first."""
        chain = [self.containers[container]]
        while (base := chain[0].base) is not None:
            chain.insert(0, self.containers[base])
        return tuple(chain)

    def parameters_in(self, container: str) -> tuple[Parameter, ...]:
        """The parameters of a container's own entries, with those of containers that stand in it."""
        found: list[Parameter] = []
        self._collect(self.containers[container].entries, found)
        return tuple(found)

    def _collect(self, entries: tuple[Entry, ...], found: list[Parameter]) -> None:
        for entry in entries:
            if isinstance(entry.item, Parameter):
                found.append(entry.item)
            elif isinstance(entry.item, ContainerReference):
                for one in self.chain(entry.item.name):
                    self._collect(one.entries, found)

    @cached_property
    def _children(self) -> dict[str, tuple[Container, ...]]:
        found: dict[str, list[Container]] = {}
        for one in self.containers.values():
            if one.base is not None:
                found.setdefault(one.base, []).append(one)
        return {name: tuple(children) for name, children in found.items()}

    @cached_property
    def _roots(self) -> tuple[Container, ...]:
        inside = {
            entry.item.name
            for one in self.containers.values()
            for entry in one.entries
            if isinstance(entry.item, ContainerReference)
        }
        bases = [one for one in self.containers.values() if one.base is None]
        free = [one for one in bases if one.name not in inside] or bases
        return tuple(sorted(free, key=lambda one: -len(self.children(one.name))))
