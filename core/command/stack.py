"""A stack: commands of one spacecraft in steps that wait for proof, time and telemetry, and branch; approved as a whole.

The document is fixed by its hash. Steps run in their order; a jump only leads forward, so that every run ends.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.command.model import Command, CommandState, Contact, command_id_of
from core.errors import CommandRefused, InputError, NotFound
from core.link.rollover import GroundAction
from core.mdb import Condition, MissionDatabase, VerificationStage, encode_command
from core.mdb.conditions import parameters_of
from core.mission.model import Mission

__all__ = [
    "BranchStep",
    "CommandStep",
    "EndStep",
    "HoldStep",
    "KeyStep",
    "Stack",
    "StackStep",
    "WaitConditionStep",
    "WaitTimeStep",
    "WaitVerifierStep",
    "check_stack",
    "draft_stack",
    "stack_commands",
]

StepId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
Seconds = Annotated[float, Field(gt=0, le=604_800, allow_inf_nan=False)]
_STAGE = "validate"


class _Step(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    step_id: StepId


class CommandStep(_Step):
    """Send a command in one of the stack's contacts, counted from 0."""

    kind: Literal["command"] = "command"
    command: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,39}$")]
    arguments: dict[str, Any] = Field(default_factory=dict)
    contact: Annotated[int, Field(ge=0, le=31)] = 0


class WaitVerifierStep(_Step):
    """Wait until the command of an earlier step has come so far; if it ends otherwise or in time does not: ``otherwise``,
    or the stack fails."""

    kind: Literal["wait_verifier"] = "wait_verifier"
    of: StepId
    stage: VerificationStage = VerificationStage.COMPLETED
    timeout_s: Seconds
    otherwise: StepId | None = None


class WaitTimeStep(_Step):
    """Wait for so many mission seconds."""

    kind: Literal["wait_time"] = "wait_time"
    duration_s: Seconds


class WaitConditionStep(_Step):
    """Wait until telemetry shows something; when time is over: ``otherwise``, or the stack fails."""

    kind: Literal["wait_condition"] = "wait_condition"
    condition: Condition
    timeout_s: Seconds
    otherwise: StepId | None = None


class BranchStep(_Step):
    """Go one of two ways by what telemetry shows now; where it shows nothing that counts, a person decides."""

    kind: Literal["branch"] = "branch"
    condition: Condition
    then: StepId
    otherwise: StepId


class HoldStep(_Step):
    """Wait for a person to let the stack go on."""

    kind: Literal["hold"] = "hold"
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class EndStep(_Step):
    """End, once every command that was sent has ended; a way that ends here may be declared a failure."""

    kind: Literal["end"] = "end"
    failed: bool = False


class KeyStep(_Step):
    """Change the link keys of the ground, in a change of keys that has begun for this very stack.

    ``prove`` waits until the spacecraft has answered the challenge with the new key; ``switch`` sends telecommands over
    the new key from then on, ``revert`` over the old one again, ``finish`` forgets the old one. Where it does not come
    about: ``otherwise``, or the stack fails.
    """

    kind: Literal["link_keys"] = "link_keys"
    action: GroundAction
    timeout_s: Seconds = 60.0
    otherwise: StepId | None = None


StackStep = Annotated[
    CommandStep | KeyStep | WaitVerifierStep | WaitTimeStep | WaitConditionStep | BranchStep | HoldStep | EndStep,
    Field(discriminator="kind"),
]


class Stack(BaseModel):
    """One revision of a stack."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack_id: Annotated[str, Field(pattern=r"^stack-[a-z0-9]{6,32}$")]
    revision: Annotated[int, Field(ge=1)]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    author: Annotated[str, Field(min_length=1, max_length=64)]
    satellite: Annotated[str, Field(min_length=1, max_length=64)]
    contacts: Annotated[tuple[Contact, ...], Field(min_length=1, max_length=32)]
    steps: Annotated[tuple[StackStep, ...], Field(min_length=1, max_length=500)]

    def stack_hash(self) -> str:
        """SHA-256 over the whole document: what an approval binds."""
        content = self.model_dump(mode="json")
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def step(self, step_id: str) -> StackStep:
        """A step by id; NotFound where there is none."""
        for one in self.steps:
            if one.step_id == step_id:
                return one
        raise NotFound(f"{self.stack_id} has no step {step_id!r}")

    def after(self, step_id: str) -> str:
        """The id of the step that follows in order."""
        ids = [one.step_id for one in self.steps]
        return ids[ids.index(step_id) + 1]

    def command_id(self, step_id: str) -> str:
        """The id of a step's command."""
        return command_id_of(self.stack_id, self.revision, step_id, 0)


def check_stack(stack: Stack, mission: Mission, mdb: MissionDatabase) -> None:
    """Refuse a stack that could not run as it reads.

    Raises:
        InputError: Names the step and what is wrong: an unknown command, an argument out of range, a jump that does not lead
            forward, a step that no way reaches, a way that does not end.
    """
    if stack.satellite not in {one.id for one in mission.spacecraft}:
        raise InputError("satellite", f"{stack.satellite!r} is not one of {[one.id for one in mission.spacecraft]}")
    stations = [one.id for one in mission.stations]
    for number, contact in enumerate(stack.contacts):
        if contact.station not in stations:
            raise InputError(f"contacts.{number}.station", f"{contact.station!r} is not one of {stations}")
        if contact.end <= contact.start:
            raise InputError(f"contacts.{number}.end", "must be after start")
    ids = [one.step_id for one in stack.steps]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise InputError("steps", f"step ids are used twice: {twice}")
    for position, step in enumerate(stack.steps):
        field = f"steps.{step.step_id}"
        for target in _jumps(step):
            if target not in ids:
                raise InputError(field, f"leads to {target!r}, which is no step")
            if ids.index(target) <= position:
                raise InputError(field, f"leads back to {target!r}; a stack has no loops")
        _check_step(stack, step, ids[:position], field, mdb)
    _check_ways(stack, ids)


def draft_stack(stack: Stack, mission: Mission, mdb: MissionDatabase, now_utc: datetime) -> list[Command]:
    """Every command that any way through a stack may send, encoded, to be signed as one set.

    Raises:
        CommandRefused: A contact is over, or the stack sends nothing.
    """
    drafted = stack_commands(stack, mission, mdb, now_utc)
    if not drafted:
        raise CommandRefused("the stack sends no command", stage=_STAGE)
    for one in drafted:
        contact = one.contacts[0]
        if contact.end <= now_utc:
            raise CommandRefused(
                f"step {one.activity_id}: its contact with {contact.station} ended at {contact.end.isoformat()}",
                stage=_STAGE,
            )
    return drafted


def stack_commands(stack: Stack, mission: Mission, mdb: MissionDatabase, now_utc: datetime) -> list[Command]:
    """The same, whatever the time: the commands as they were or will be signed."""
    drafted = []
    for step in stack.steps:
        if not isinstance(step, CommandStep):
            continue
        contact = stack.contacts[step.contact]
        encoded = encode_command(mdb, step.command, step.arguments)
        mission.craft(stack.satellite)
        drafted.append(
            Command(
                command_id=stack.command_id(step.step_id),
                plan_id=stack.stack_id,
                revision=stack.revision,
                revision_hash=stack.stack_hash(),
                activity_id=step.step_id,
                satellite=stack.satellite,
                mnemonic=step.command,
                arguments=step.arguments,
                execute_at=contact.start,
                command_class=mdb.command(step.command).command_class,
                application_data_hex=encoded.application_data.hex(),
                service=encoded.service,
                subtype=encoded.subtype,
                contacts=(contact,),
                state=CommandState.DRAFTED,
                updated_at=now_utc,
            )
        )
    return drafted


def _jumps(step: StackStep) -> tuple[str, ...]:
    """Where a step may lead beside the next one."""
    if isinstance(step, BranchStep):
        return (step.then, step.otherwise)
    if isinstance(step, (KeyStep, WaitVerifierStep, WaitConditionStep)) and step.otherwise is not None:
        return (step.otherwise,)
    return ()


def _check_step(stack: Stack, step: StackStep, before: Sequence[str], field: str, mdb: MissionDatabase) -> None:
    if isinstance(step, CommandStep):
        try:
            encode_command(mdb, step.command, step.arguments)
        except NotFound as error:
            raise InputError(f"{field}.command", error.message) from error
        if step.contact >= len(stack.contacts):
            raise InputError(f"{field}.contact", f"{step.contact} is outside 0 to {len(stack.contacts) - 1}")
    elif isinstance(step, WaitVerifierStep):
        if step.of not in before or not isinstance(stack.step(step.of), CommandStep):
            raise InputError(f"{field}.of", f"{step.of!r} is no command step before it")
    elif isinstance(step, (WaitConditionStep, BranchStep)):
        unknown = sorted(parameters_of(step.condition) - mdb.parameters.keys())
        if unknown:
            raise InputError(f"{field}.condition", f"there is no telemetry parameter {unknown[0]!r}")


def _check_ways(stack: Stack, ids: list[str]) -> None:
    reached = {ids[0]}
    for position, step in enumerate(stack.steps):
        if step.step_id not in reached:
            raise InputError(f"steps.{step.step_id}", "no way through the stack reaches it")
        reached.update(_ways_on(step, ids, position))


def _ways_on(step: StackStep, ids: list[str], position: int) -> Iterator[str]:
    yield from _jumps(step)
    if isinstance(step, (EndStep, BranchStep)):
        return
    if position + 1 == len(ids):
        raise InputError(f"steps.{step.step_id}", "the stack runs on past its last step; let it end with an end step")
    yield ids[position + 1]
