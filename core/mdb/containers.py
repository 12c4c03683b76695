"""Packet layouts: what follows what, where, how often and on which condition."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.mdb.references import Condition, IntegerValue
from core.mdb.types import DataType, Dimension

__all__ = [
    "Anchor",
    "Argument",
    "Container",
    "ContainerReference",
    "Entry",
    "FixedBits",
    "Item",
    "Location",
    "PacketRate",
    "Parameter",
    "Repeat",
]


@dataclass(frozen=True)
class Parameter:
    """A telemetry parameter.

    Args:
        name: Qualified with the systems below the root that it is in.
        type: Its type.
        description: In a few words.
        initial: Its value before any is sent, as text.
        source: Where it comes from: telemetered, derived, constant, local or ground.
    """

    name: str
    type: DataType
    description: str = ""
    initial: str | None = None
    source: str = "telemetered"


@dataclass(frozen=True)
class Argument:
    """An argument of a telecommand.

    Args:
        name: Of the argument.
        type: Its type; the calibrator goes from engineering to raw values.
        fixed: The value that the definition assigns, as text; None where the operator gives it.
        description: In a few words.
        default: The value where none is given, as text.
    """

    name: str
    type: DataType
    fixed: str | None = None
    description: str = ""
    default: str | None = None


@dataclass(frozen=True)
class ContainerReference:
    """Another container, in whose place its entries stand."""

    name: str


@dataclass(frozen=True)
class FixedBits:
    """Bits that are always the same."""

    bits: int
    size_bits: int
    name: str = ""


Item = Parameter | Argument | ContainerReference | FixedBits


class Anchor(StrEnum):
    """What a location is relative to."""

    CONTAINER_START = "containerStart"
    CONTAINER_END = "containerEnd"
    PREVIOUS_ENTRY = "previousEntry"


@dataclass(frozen=True)
class Location:
    """Where an entry begins (of the container's end: where it ends), in bits from an anchor."""

    offset: IntegerValue
    anchor: Anchor = Anchor.PREVIOUS_ENTRY


@dataclass(frozen=True)
class Repeat:
    """An entry several times, with bits between."""

    count: IntegerValue
    gap: IntegerValue | None = None


@dataclass(frozen=True)
class Entry:
    """One thing in a container; ``dimensions`` where they are not those of the array's type."""

    item: Item
    location: Location | None = None
    repeat: Repeat | None = None
    condition: Condition | None = None
    dimensions: tuple[Dimension, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether it simply follows the entry before it, once and always."""
        return self.location is None and self.repeat is None and self.condition is None

    @property
    def name(self) -> str:
        """The name of what it holds."""
        return self.item.name


@dataclass(frozen=True)
class PacketRate:
    """How often packets come while there is contact, in packets per second; an end that is None is open."""

    minimum_hz: float | None = None
    maximum_hz: float | None = None


@dataclass(frozen=True)
class Container:
    """A packet layout: its base's entries, then its own.

    Args:
        name: Qualified with the systems below the root that it is in.
        entries: In order.
        base: The container that it extends.
        restriction: What must hold for a packet of the base to be one of these; None where nothing must.
        abstract: Whether no packet is just this.
        description: In a few words.
        rate: How often packets come; None where nothing is said.
    """

    name: str
    entries: tuple[Entry, ...]
    base: str | None = None
    restriction: Condition | None = None
    abstract: bool = False
    description: str = ""
    rate: PacketRate | None = None
