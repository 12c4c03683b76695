"""Faults to inject into simulated spacecraft by script: labelled telemetry of things that go wrong.

A script is a YAML file with a list ``faults``; each entry says what goes wrong with which satellite, from when (an instant,
or some time after an on-board event), and for how long.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from core.errors import InputError
from core.ground.simulator.reports import EventId
from core.mdb import MissionDatabase
from core.mission.model import Mission
from core.mission.parts import Identifier, Positive

__all__ = ["Fault", "FaultKind", "FaultScript", "FaultScriptError", "load_faults", "parse_faults"]

_MAXIMUM_BYTES: Final = 1_000_000
_ALL: Final = "all"


class FaultScriptError(InputError):
    """A fault script is wrong at a known line and field."""

    default_code = "bad-fault-script"

    def __init__(self, path: str, line: int | None, field: str, message: str) -> None:
        where = f"{path}:{line}" if line is not None else path
        super().__init__(field, f"{message} ({where})", path=path, line=line)
        self.line = line


class FaultKind(StrEnum):
    """What can go wrong."""

    HEATER_STUCK_OFF = "heater_stuck_off"
    HEATER_STUCK_ON = "heater_stuck_on"
    CELL_SHORT = "cell_short"
    ARRAY_STRING_LOSS = "array_string_loss"
    WHEEL_FRICTION = "wheel_friction"
    STAR_TRACKER_BLIND = "star_tracker_blind"
    THRUSTER_LEAK = "thruster_leak"
    GNSS_OUTAGE = "gnss_outage"
    SENSOR_STUCK = "sensor_stuck"
    SENSOR_NOISY = "sensor_noisy"
    SENSOR_DRIFTING = "sensor_drifting"
    CLEAR = "clear"


class _ScriptModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AfterEvent(_ScriptModel):
    """A time after an on-board event, the first one since the script was loaded."""

    event: str
    delay_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0

    @model_validator(mode="after")
    def _event_exists(self) -> AfterEvent:
        if self.event.upper() not in EventId.__members__:
            raise ValueError(f"event {self.event!r} is not one of {[one.name.lower() for one in EventId]}")
        return self


class _Timed(_ScriptModel):
    id: Identifier
    satellite: Identifier
    at: AwareDatetime | None = None
    after: AfterEvent | None = None
    duration_s: Positive | None = None  # until cleared, unless given

    @model_validator(mode="after")
    def _has_one_beginning(self) -> _Timed:
        if (self.at is None) is (self.after is None):
            raise ValueError("give either `at` (an instant with its zone) or `after` (an event)")
        return self


class HeaterFault(_Timed):
    """A heater that does not obey its thermostat."""

    fault: Literal[FaultKind.HEATER_STUCK_OFF, FaultKind.HEATER_STUCK_ON]
    heater: Identifier


class ShareFault(_Timed):
    """A share of the battery's capacity, or of the array's power, that is gone."""

    fault: Literal[FaultKind.CELL_SHORT, FaultKind.ARRAY_STRING_LOSS]
    lost_share: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


class FrictionFault(_Timed):
    """Wheel friction that jumps to a multiple of the design's."""

    fault: Literal[FaultKind.WHEEL_FRICTION]
    factor: Annotated[float, Field(gt=1, le=100, allow_inf_nan=False)]


class TrackerFault(_Timed):
    """A star tracker that sees nothing."""

    fault: Literal[FaultKind.STAR_TRACKER_BLIND]
    tracker: Identifier


class LeakFault(_Timed):
    """A thruster's valve that leaks as much as the thruster would use at this duty."""

    fault: Literal[FaultKind.THRUSTER_LEAK]
    duty: Annotated[float, Field(gt=0, le=0.1, allow_inf_nan=False)]


class GnssFault(_Timed):
    """No fixes."""

    fault: Literal[FaultKind.GNSS_OUTAGE]


class SensorFault(_Timed):
    """A reported value that stays as it was, is noisy by ``sigma``, or drifts by ``per_hour``, in its own unit."""

    fault: Literal[FaultKind.SENSOR_STUCK, FaultKind.SENSOR_NOISY, FaultKind.SENSOR_DRIFTING]
    parameter: str
    sigma: Positive | None = None
    per_hour: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _has_its_size(self) -> SensorFault:
        if (self.fault is FaultKind.SENSOR_NOISY) is (self.sigma is None):
            raise ValueError("sigma belongs to sensor_noisy, and to it alone")
        if (self.fault is FaultKind.SENSOR_DRIFTING) is (self.per_hour is None):
            raise ValueError("per_hour belongs to sensor_drifting, and to it alone")
        return self


class ClearFault(_Timed):
    """The end of another fault of the same satellite, or of all."""

    fault: Literal[FaultKind.CLEAR]
    clears: Identifier


Fault = Annotated[
    HeaterFault | ShareFault | FrictionFault | TrackerFault | LeakFault | GnssFault | SensorFault | ClearFault,
    Field(discriminator="fault"),
]


class FaultScript(_ScriptModel):
    """All faults of a run."""

    faults: tuple[Fault, ...] = ()

    def of(self, satellite: str) -> tuple[Fault, ...]:
        """Those of one satellite."""
        return tuple(one for one in self.faults if one.satellite == satellite)


def load_faults(path: Path, mission: Mission, mdb: MissionDatabase) -> FaultScript:
    """The script in a YAML file.

    Raises:
        FaultScriptError: Unreadable, not YAML, or an entry that is wrong or does not fit the mission; names line and field.
    """
    try:
        if path.stat().st_size > _MAXIMUM_BYTES:
            raise FaultScriptError(str(path), None, "file", f"is larger than {_MAXIMUM_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FaultScriptError(str(path), None, "file", f"cannot be read: {error}") from error
    return parse_faults(text, mission, mdb, str(path))


def parse_faults(text: str, mission: Mission, mdb: MissionDatabase, path: str = "faults") -> FaultScript:
    """The script in a text; ``path`` only appears in messages. Errors as :func:`load_faults`."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise FaultScriptError(
            path, mark.line + 1 if mark else None, "file", f"is not YAML: {error.problem}"
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FaultScriptError(path, None, "file", f"is not YAML: {error}") from error
    try:
        script = TypeAdapter(FaultScript).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        # The tag of a discriminated entry stands in the place of the error, not in the file.
        place = [part for part in first["loc"] if part not in list(FaultKind)]
        message = first["msg"].removeprefix("Value error, ")
        raise FaultScriptError(path, _line(root, place), _dotted(place), message) from error
    _check(script, mission, mdb, root, path)
    return script


def _check(script: FaultScript, mission: Mission, mdb: MissionDatabase, root: yaml.Node | None, path: str) -> None:
    """Everything that an entry names exists."""
    ids: set[tuple[str, str]] = set()
    for number, one in enumerate(script.faults):

        def refuse(field: str, message: str, number: int = number) -> FaultScriptError:
            place: list[str | int] = ["faults", number, field]
            return FaultScriptError(path, _line(root, place), _dotted(place), message)

        satellites = [craft.id for craft in mission.spacecraft]
        if one.satellite not in satellites:
            raise refuse("satellite", f"{one.satellite!r} is not one of {satellites}")
        if (one.satellite, one.id) in ids:
            raise refuse("id", f"{one.id!r} is given twice for {one.satellite}")
        for field, (value, known) in _names(one, mission, mdb, ids).items():
            if value not in known:
                raise refuse(field, f"{value!r} is not one of {known}")
        ids.add((one.satellite, one.id))


def _names(
    one: Fault, mission: Mission, mdb: MissionDatabase, ids: set[tuple[str, str]]
) -> dict[str, tuple[str, list[str]]]:
    """What an entry names, by field, with what there is."""
    bus = mission.bus_of(one.satellite)
    if isinstance(one, HeaterFault):
        return {"heater": (one.heater, [heater.id for heater in bus.thermal.heaters])}
    if isinstance(one, TrackerFault):
        return {"tracker": (one.tracker, [t.id for t in bus.attitude.star_trackers] if bus.attitude else [])}
    if isinstance(one, SensorFault):
        numbers = [name for name, parameter in mdb.parameters.items() if parameter.type.kind.value in _NUMBERS]
        return {"parameter": (one.parameter, numbers)}
    if isinstance(one, ClearFault):
        earlier = [name for satellite, name in sorted(ids) if satellite == one.satellite]
        return {"clears": (one.clears, [*earlier, _ALL])}
    return {}


_NUMBERS: Final = {"float", "integer"}


def _line(root: yaml.Node | None, place: list[Any]) -> int | None:
    """The line of the deepest part of a place that the file has."""
    node, line = root, None
    for part in place:
        if node is None:
            break
        line = node.start_mark.line + 1
        node = _child(node, part)
    return node.start_mark.line + 1 if node is not None else line


def _child(node: yaml.Node, part: Any) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    return None


def _dotted(place: list[Any]) -> str:
    return ".".join(str(part) for part in place) or "file"
