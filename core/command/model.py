"""A telecommand on its way: states, transitions and the contacts it may go up in."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core.mdb import CommandClass

__all__ = [
    "FINAL_STATES",
    "ON_THE_WAY",
    "Command",
    "CommandState",
    "Contact",
    "Route",
    "can_follow",
    "command_id_of",
]


class CommandState(StrEnum):
    """The life of a telecommand, in order; the last four are final."""

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
    EXPIRED = "expired"  # its time passed before it was released


FINAL_STATES: Final = frozenset(
    {CommandState.COMPLETED, CommandState.REFUSED, CommandState.FAILED, CommandState.EXPIRED}
)
ON_THE_WAY: Final = frozenset(
    {CommandState.RELEASED, CommandState.UPLINKED, CommandState.ACCEPTED, CommandState.STARTED}
)
_ORDER: Final = tuple(CommandState)


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


class Command(BaseModel):
    """A telecommand of an approved plan."""

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
    updated_at: AwareDatetime

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in FINAL_STATES


def command_id_of(plan_id: str, revision: int, activity_id: str, number: int) -> str:
    """The id of an activity's n-th command: the same for the same revision, so a second submission finds the first."""
    return f"{plan_id}-r{revision}-{activity_id}-{number}"
