"""What a mission database holds: types, packet layouts and telecommands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final

from core.errors import NotFound
from core.mdb.conditions import Condition

__all__ = [
    "AlarmLevel",
    "Argument",
    "CommandClass",
    "CommandDefinition",
    "Consequence",
    "Container",
    "DataType",
    "Encoding",
    "EncodingKind",
    "MissionDatabase",
    "Parameter",
    "Range",
    "Restriction",
    "TransmissionConstraint",
    "ValueKind",
    "VerificationStage",
    "Verifier",
]


class EncodingKind(Enum):
    """How a value lies in bits."""

    UNSIGNED = "unsigned"
    TWOS_COMPLEMENT = "twosComplement"
    FLOAT = "IEEE754_1985"
    STRING = "string"
    BINARY = "binary"


class ValueKind(Enum):
    """What a value is to people."""

    INTEGER = "integer"
    FLOAT = "float"
    ENUMERATED = "enumerated"
    BOOLEAN = "boolean"
    STRING = "string"
    BINARY = "binary"


class AlarmLevel(StrEnum):
    """How far outside its limits a value is, in rising order (XTCE ConcernLevels)."""

    NORMAL = "normal"
    WATCH = "watch"
    WARNING = "warning"
    DISTRESS = "distress"
    CRITICAL = "critical"
    SEVERE = "severe"


class CommandClass(StrEnum):
    """The authority that a telecommand needs, in rising order."""

    ROUTINE = "routine"
    VITAL = "vital"
    CRITICAL = "critical"
    HAZARDOUS = "hazardous"


class Consequence(StrEnum):
    """XTCE consequenceLevel."""

    NONE = "none"
    WATCH = "watch"
    WARNING = "warning"
    DISTRESS = "distress"
    CRITICAL = "critical"
    SEVERE = "severe"

    @property
    def command_class(self) -> CommandClass:
        """The command class: two neighbouring levels below critical share one."""
        return _CLASS_OF[self]


_CLASS_OF: Final = {
    Consequence.NONE: CommandClass.ROUTINE,
    Consequence.WATCH: CommandClass.ROUTINE,
    Consequence.WARNING: CommandClass.VITAL,
    Consequence.DISTRESS: CommandClass.VITAL,
    Consequence.CRITICAL: CommandClass.CRITICAL,
    Consequence.SEVERE: CommandClass.HAZARDOUS,
}


@dataclass(frozen=True)
class Encoding:
    """Bits of a value; ``size_bits`` is None where it takes all that follows."""

    kind: EncodingKind
    size_bits: int | None
    little_endian: bool = False


@dataclass(frozen=True)
class Range:
    """A closed interval; an end that is None is open."""

    minimum: float | None = None
    maximum: float | None = None

    def contains(self, value: float) -> bool:
        """Whether a value lies inside; a NaN does not."""
        above = value == value if self.minimum is None else value >= self.minimum
        return above and (self.maximum is None or value <= self.maximum)

    def __str__(self) -> str:
        if self.minimum is None:
            return f"at most {self.maximum:g}"
        return f"at least {self.minimum:g}" if self.maximum is None else f"{self.minimum:g} to {self.maximum:g}"


@dataclass(frozen=True)
class DataType:
    """Type of a parameter or an argument.

    ``calibrator`` holds polynomial coefficients from the constant term up; ``alarms`` the ranges outside which a
    value is at that level.
    """

    name: str
    kind: ValueKind
    encoding: Encoding
    unit: str = ""
    calibrator: tuple[float, ...] = ()
    labels: Mapping[int, str] = field(default_factory=dict)
    valid: tuple[Range, ...] = ()
    alarms: Mapping[AlarmLevel, Range] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    """A telemetry parameter."""

    name: str
    type: DataType
    description: str = ""


@dataclass(frozen=True)
class Restriction:
    """A parameter of the base container that must have this value."""

    parameter: str
    value: str


@dataclass(frozen=True)
class Container:
    """A packet layout: its base's entries, then its own."""

    name: str
    entries: tuple[Parameter, ...]
    base: str | None = None
    restrictions: tuple[Restriction, ...] = ()
    abstract: bool = False


@dataclass(frozen=True)
class Argument:
    """An argument of a telecommand; ``fixed`` where the definition assigns it."""

    name: str
    type: DataType
    fixed: str | None = None
    description: str = ""


@dataclass(frozen=True)
class TransmissionConstraint:
    """What telemetry has to show before a telecommand may leave (XTCE TransmissionConstraint).

    ``timeout_s`` is how long it may be waited for, mission s; 0 refuses at once.
    """

    condition: Condition
    timeout_s: float = 0.0


class VerificationStage(StrEnum):
    """Steps of an execution that can be verified, in order (ECSS-E-ST-70-41C service 1, XTCE VerifierSet)."""

    ACCEPTED = "accepted"
    STARTED = "started"
    PROGRESS = "progress"
    COMPLETED = "completed"


@dataclass(frozen=True)
class Verifier:
    """How a stage is proved: by a service 1 report (``condition`` None), or by what telemetry shows after it was sent.

    ``timeout_s`` counts in mission s from the moment that the command is due on board; a stage that is not proved in
    time fails the command, or, where ``required`` is not set, leaves it without proof and says so.
    """

    stage: VerificationStage
    timeout_s: float
    condition: Condition | None = None
    required: bool = True


@dataclass(frozen=True)
class CommandDefinition:
    """A telecommand that may be sent.

    ``idempotent`` says that executing it twice is the same as once; only such a command is ever sent again under a new
    number.
    """

    name: str
    service: int
    subtype: int
    arguments: tuple[Argument, ...]  # in the order of the application data
    consequence: Consequence
    description: str = ""
    constraints: tuple[TransmissionConstraint, ...] = ()
    verifiers: tuple[Verifier, ...] = ()
    idempotent: bool = False

    @property
    def command_class(self) -> CommandClass:
        """The authority that it needs."""
        return self.consequence.command_class


@dataclass(frozen=True)
class MissionDatabase:
    """All definitions of a mission."""

    name: str
    parameters: Mapping[str, Parameter]
    containers: Mapping[str, Container]
    commands: Mapping[str, CommandDefinition]
    content_hash: str

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
        return tuple(one for one in self.containers.values() if one.base == container)

    def roots(self) -> tuple[Container, ...]:
        """The containers that extend none."""
        return tuple(one for one in self.containers.values() if one.base is None)
