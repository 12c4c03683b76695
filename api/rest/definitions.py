"""What may be sent and asked of telemetry: the mission database's commands and parameters, for people who write commands."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from api.auth.dependencies import CurrentRuntime, Viewer
from core.mdb import CommandClass, CommandDefinition, Consequence, MissionDatabase, VerificationStage
from core.mdb.containers import Argument, Parameter
from core.mdb.types import Range

__all__ = ["router"]

router = APIRouter(prefix="/commands", tags=["command definitions"])


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RangeAnswer(_Body):
    """An interval in the argument's unit; an end that is null is open."""

    minimum: float | None
    maximum: float | None
    minimum_excluded: bool
    maximum_excluded: bool


class ArgumentAnswer(_Body):
    """An argument that the operator gives; of ``ranges`` one has to contain it, of ``labels`` it has to be one.

    ``ranges_are_raw`` says that the ranges are of what is sent, before calibration. ``characters`` is how many characters
    or octets a text or binary argument may have. ``default`` is used where none is given; null means that it must be.
    """

    name: str
    kind: str
    unit: str
    description: str
    default: str | None
    labels: tuple[str, ...]
    ranges: tuple[RangeAnswer, ...]
    ranges_are_raw: bool
    characters: RangeAnswer | None


class ConstraintAnswer(_Body):
    """What telemetry has to show before it may leave, and how long that may be waited for."""

    condition: str
    timeout_s: float


class VerifierAnswer(_Body):
    """How a stage is proved; ``condition`` is null where a service 1 report does."""

    stage: VerificationStage
    timeout_s: float
    condition: str | None
    required: bool


class DefinitionAnswer(_Body):
    """A telecommand that may be sent."""

    name: str
    description: str
    command_class: CommandClass
    consequence: Consequence
    risk: str
    idempotent: bool
    arguments: tuple[ArgumentAnswer, ...]
    constraints: tuple[ConstraintAnswer, ...]
    verifiers: tuple[VerifierAnswer, ...]


class ParameterAnswer(_Body):
    """A parameter that a condition may compare; with ``labels``, to one of them."""

    name: str
    kind: str
    unit: str
    labels: tuple[str, ...]


class DefinitionsAnswer(_Body):
    """Commands and telemetry parameters, each by name."""

    commands: tuple[DefinitionAnswer, ...]
    parameters: tuple[ParameterAnswer, ...]


@router.get("/definitions")
def definitions(_user: Viewer, runtime: CurrentRuntime) -> DefinitionsAnswer:
    """The commands that may be sent, with their arguments, and the parameters that a condition may compare."""
    mdb: MissionDatabase = runtime.mdb
    return DefinitionsAnswer(
        commands=tuple(_definition(mdb.commands[name]) for name in sorted(mdb.commands)),
        parameters=tuple(_parameter(mdb.parameters[name]) for name in sorted(mdb.parameters)),
    )


def _definition(command: CommandDefinition) -> DefinitionAnswer:
    return DefinitionAnswer(
        name=command.name,
        description=command.description,
        command_class=command.command_class,
        consequence=command.significance.consequence,
        risk=command.significance.reason,
        idempotent=command.idempotent,
        arguments=tuple(_argument(one) for one in command.arguments if one.fixed is None),
        constraints=tuple(
            ConstraintAnswer(condition=str(one.condition), timeout_s=one.timeout_s) for one in command.constraints
        ),
        verifiers=tuple(
            VerifierAnswer(
                stage=one.stage,
                timeout_s=one.timeout_s,
                condition=one.condition_text or None,
                required=one.required,
            )
            for one in command.verifiers
        ),
    )


def _argument(argument: Argument) -> ArgumentAnswer:
    kind = argument.type
    return ArgumentAnswer(
        name=argument.name,
        kind=kind.kind.value,
        unit=kind.unit,
        description=argument.description,
        default=argument.default,
        labels=kind.all_labels,
        ranges=tuple(_range(one) for one in kind.valid),
        ranges_are_raw=kind.valid_raw,
        characters=None if kind.characters is None else _range(kind.characters),
    )


def _range(one: Range) -> RangeAnswer:
    return RangeAnswer(
        minimum=one.minimum,
        maximum=one.maximum,
        minimum_excluded=one.minimum_excluded,
        maximum_excluded=one.maximum_excluded,
    )


def _parameter(parameter: Parameter) -> ParameterAnswer:
    kind = parameter.type
    return ParameterAnswer(name=parameter.name, kind=kind.kind.value, unit=kind.unit, labels=kind.all_labels)
