"""Telecommands: their arguments, the authority they need, what must hold before, and how they are verified after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.mdb import references
from core.mdb.conditions import Comparison, Condition, Operator
from core.mdb.containers import Argument, Entry
from core.mdb.references import Value

__all__ = [
    "CommandClass",
    "CommandDefinition",
    "Consequence",
    "Significance",
    "TransmissionConstraint",
    "VerificationStage",
    "Verifier",
]


class CommandClass(StrEnum):
    """The authority that a telecommand needs, in rising order."""

    ROUTINE = "routine"
    VITAL = "vital"
    CRITICAL = "critical"
    HAZARDOUS = "hazardous"


class Consequence(StrEnum):
    """XTCE consequenceLevel: those of the 1.2 schema, and the concern levels of earlier ones."""

    NORMAL = "normal"
    VITAL = "vital"
    CRITICAL = "critical"
    FORBIDDEN = "forbidden"
    USER_1 = "user1"
    USER_2 = "user2"
    NONE = "none"
    WATCH = "watch"
    WARNING = "warning"
    DISTRESS = "distress"
    SEVERE = "severe"

    @property
    def command_class(self) -> CommandClass:
        """The command class; what a mission means by its own levels is not known here, so they need the most."""
        return _CLASS_OF[self]


_CLASS_OF: Final = {
    Consequence.NORMAL: CommandClass.ROUTINE,
    Consequence.NONE: CommandClass.ROUTINE,
    Consequence.WATCH: CommandClass.ROUTINE,
    Consequence.WARNING: CommandClass.VITAL,
    Consequence.DISTRESS: CommandClass.VITAL,
    Consequence.VITAL: CommandClass.VITAL,
    Consequence.CRITICAL: CommandClass.CRITICAL,
    Consequence.SEVERE: CommandClass.HAZARDOUS,
    Consequence.FORBIDDEN: CommandClass.HAZARDOUS,
    Consequence.USER_1: CommandClass.HAZARDOUS,
    Consequence.USER_2: CommandClass.HAZARDOUS,
}


@dataclass(frozen=True)
class Significance:
    """How much harm a telecommand can do."""

    consequence: Consequence = Consequence.NORMAL
    reason: str = ""
    system_at_risk: str = ""


@dataclass(frozen=True)
class TransmissionConstraint:
    """What telemetry has to show before a telecommand may leave (XTCE TransmissionConstraint).

    Args:
        condition: Over telemetry.
        timeout_s: How long it may be waited for, mission s; 0 refuses at once.
        suspendable: Whether an authorised person may set it aside.
    """

    condition: Condition
    timeout_s: float = 0.0
    suspendable: bool = False


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
    time fails the command, or, where ``required`` is not set, leaves it without proof and says so. ``container`` is the
    report's packet, where the definition names it. ``shows`` is a parameter and the argument whose value it has to show.
    """

    stage: VerificationStage
    timeout_s: float
    condition: Condition | None = None
    required: bool = True
    container: str | None = None
    shows: tuple[str, str] | None = None

    @property
    def by_telemetry(self) -> bool:
        """Whether telemetry can prove the stage, beside a report."""
        return self.condition is not None or self.shows is not None

    @property
    def condition_text(self) -> str:
        """What telemetry has to show, in words; empty where only a report proves the stage."""
        if self.shows is not None:
            return f"{self.shows[0]} == {self.shows[1]} of the command"
        return str(self.condition or "")

    def condition_for(self, arguments: Mapping[str, object]) -> Condition | None:
        """What telemetry has to show of a command with these arguments; None where only a report proves the stage."""
        if self.shows is None:
            return self.condition
        parameter, argument = self.shows
        value = arguments[argument]
        return Comparison(
            parameter=parameter, operator=Operator.EQUAL, value=value if isinstance(value, str) else float(str(value))
        )


@dataclass(frozen=True)
class CommandDefinition:
    """A telecommand that may be sent.

    Args:
        name: Its mnemonic, qualified with the systems below the root that it is in.
        arguments: All of them, those of its bases first.
        entries: The layout of the application data.
        significance: What it needs; contexts come first, in order.
        contexts: Significances that hold in a context.
        constraints: What must hold before it leaves; those of its bases too.
        verifiers: What shows how far it has come; those of its bases too, unless it has its own of that stage.
        idempotent: Whether executing it twice is the same as once; only then is it ever sent again under a new number.
        assigned: Raw values of parameters in the layout, by name, as the inheritance of containers fixes them.
        service, subtype: Of PUS (ECSS-E-ST-70-41C); None where it is no PUS telecommand.
        description: In a few words.
    """

    name: str
    arguments: tuple[Argument, ...]
    entries: tuple[Entry, ...]
    significance: Significance = Significance()
    contexts: tuple[tuple[references.Condition, Significance], ...] = ()
    constraints: tuple[TransmissionConstraint, ...] = ()
    verifiers: tuple[Verifier, ...] = ()
    idempotent: bool = False
    assigned: Mapping[str, Value] = field(default_factory=dict)
    service: int | None = None
    subtype: int | None = None
    description: str = ""

    @property
    def command_class(self) -> CommandClass:
        """The authority that it needs in any context: the highest of all its significances."""
        levels = [self.significance, *(one for _, one in self.contexts)]
        order = list(CommandClass)
        return max((one.consequence.command_class for one in levels), key=order.index)
