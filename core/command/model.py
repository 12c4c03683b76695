"""A telecommand on its way: states, transitions and the contacts it may go up in."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core.mdb import CommandClass, Condition, VerificationStage

__all__ = [
    "BEFORE_RELEASE",
    "FINAL_STATES",
    "ON_THE_WAY",
    "Command",
    "CommandState",
    "Contact",
    "Dependency",
    "Restraint",
    "Route",
    "can_follow",
    "command_id_of",
]


class CommandState(StrEnum):
    """The life of a telecommand, in order; the last five are final."""

    DRAFTED = "drafted"
    VALIDATED = "validated"
    AUTHORISED = "authorised"
    SCHEDULED = "scheduled"
    RELEASED = "released"
    UPLINKED = "uplinked"
    ACCEPTED = "accepted"
    STARTED = "started"
    COMPLETED = "completed"
    REFUSED = "refused"  # by a stage on the ground, or by the spacecraft's acceptance check
    FAILED = "failed"  # on board, or never reported on
    UNVERIFIED = "unverified"  # its definition asks for no proof of the end, and none came
    EXPIRED = "expired"  # its time passed before it was released


FINAL_STATES: Final = frozenset(
    {
        CommandState.COMPLETED,
        CommandState.REFUSED,
        CommandState.FAILED,
        CommandState.UNVERIFIED,
        CommandState.EXPIRED,
    }
)
BEFORE_RELEASE: Final = frozenset({CommandState.VALIDATED, CommandState.AUTHORISED, CommandState.SCHEDULED})
ON_THE_WAY: Final = frozenset(
    {CommandState.RELEASED, CommandState.UPLINKED, CommandState.ACCEPTED, CommandState.STARTED}
)
_ORDER: Final = tuple(CommandState)
_GOOD_WAY: Final = ON_THE_WAY | BEFORE_RELEASE | {CommandState.COMPLETED}


def can_follow(before: CommandState, after: CommandState) -> bool:
    """Whether a transition is allowed: only forward, and out of no final state.

    Steps may be skipped, because a report can be lost: a completion proves the start.
    """
    return before not in FINAL_STATES and _ORDER.index(after) > _ORDER.index(before)


class Route(StrEnum):
    """How a telecommand gets executed at its time."""

    ON_BOARD_SCHEDULE = "on-board-schedule"  # inserted with its release time (service 11)
    DIRECT = "direct"  # sent at its time, within a contact


class Contact(BaseModel):
    """A pass of the plan through which commands go up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    station: str
    start: AwareDatetime
    end: AwareDatetime


class Dependency(BaseModel):
    """Another command that has to have come this far first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command_id: Annotated[str, Field(min_length=1, max_length=128)]
    state: CommandState = CommandState.COMPLETED

    def met_by(self, other: CommandState) -> bool:
        """Whether a state is the one waited for, or a later one on the same good way."""
        return other is self.state or (other in _GOOD_WAY and can_follow(self.state, other))


class Restraint(BaseModel):
    """What keeps an approved command back beside its time: none of it can let a command go that would not go without.

    ``priority`` only orders what may leave at the same time: the greater one first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    held_by: str = ""
    held_reason: str = ""
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    after: Annotated[tuple[Dependency, ...], Field(max_length=32)] = ()
    condition: Condition | None = None


class Command(BaseModel):
    """A telecommand of an approved plan or stack."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command_id: Annotated[str, Field(max_length=128)]
    plan_id: str
    revision: int
    revision_hash: str
    activity_id: str
    satellite: str
    mnemonic: str
    arguments: dict[str, Any]
    execute_at: AwareDatetime
    command_class: CommandClass
    application_data_hex: str
    service: int
    subtype: int
    contacts: tuple[Contact, ...]
    state: CommandState
    route: Route | None = None
    reason: str = ""
    request_count: int | None = None  # packet sequence count of the telecommand itself
    carrier_count: int | None = None  # that of the insertion that carries it, where there is one
    restraint: Restraint = Restraint()
    released_at: AwareDatetime | None = None
    proved: tuple[VerificationStage, ...] = ()  # beside what the state says
    unproved: tuple[VerificationStage, ...] = ()  # stages whose time passed without proof
    attempts: int = 0  # transmissions under a number of their own; more than one only where it is idempotent
    updated_at: AwareDatetime

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in FINAL_STATES


def command_id_of(plan_id: str, revision: int, activity_id: str, number: int) -> str:
    """The id of an activity's n-th command: the same for the same revision, so a second submission finds the first."""
    return f"{plan_id}-r{revision}-{activity_id}-{number}"
