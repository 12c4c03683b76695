"""The messages of the telemetry stream: what clients ask, and what they get."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from api.problems import Problem
from api.service.alarms import AlarmEntryAnswer
from api.service.anomalies import AlertEntryAnswer
from api.service.step_feed import StepsOf

__all__ = [
    "INCOMING",
    "AlarmSteps",
    "AnomalySteps",
    "ArrowHead",
    "Block",
    "Format",
    "Hello",
    "Mode",
    "NewestSample",
    "NewestValues",
    "Outgoing",
    "ParameterColumn",
    "Ping",
    "Pong",
    "Replay",
    "ReplayAction",
    "ReplayControl",
    "ReplayPlace",
    "ReplayState",
    "ReplayTold",
    "Samples",
    "StreamProblem",
    "Subscribe",
    "Subscribed",
    "Unsubscribe",
    "Unsubscribed",
]

Value = int | float | str | None
_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Name = Annotated[str, Field(min_length=1, max_length=128)]
_Names = Annotated[tuple[_Name, ...], Field(max_length=500)]
_Instant = Annotated[str, Field(min_length=1, max_length=40)]
_Speed = Annotated[float, Field(ge=0.1, le=10_000, allow_inf_nan=False)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Mode(StrEnum):
    """``newest``: of each parameter the newest value, at most so often; ``every``: each sample once, in order of arrival."""

    NEWEST = "newest"
    EVERY = "every"


class Format(StrEnum):
    """``json``: text; ``arrow``: binary messages of every sample, half as long, with Arrow IPC streams behind their head."""

    JSON = "json"
    ARROW = "arrow"


class Replay(_Message):
    """Telemetry of the archive as if it came now.

    Attributes:
        start, end: UTC, both included; without an end up to the present.
        speed: How many seconds of it pass in a second.
        paused: Begin in pause, to step.
        version: The newest version of reprocessed telemetry up to this one; without it the newest.
    """

    start: _Instant
    end: _Instant | None = None
    speed: _Speed = 1.0
    paused: bool = False
    version: Annotated[int, Field(ge=0, le=2**31)] | None = None


class Subscribe(_Message):
    """Ask for telemetry.

    Attributes:
        id: What messages of it carry.
        satellites: Their ids; none for all.
        parameters: Names, in which ``*`` stands for any characters; none for all.
        containers: Names of packets, or patterns: their packets come with what identifies them.
        alarms: Steps of alarms instead of values; ``parameters`` are then those of the alarms.
        anomalies: Steps of alerts of anomalies instead of values; ``parameters`` are then those that lead them.
        mode: Newest values or every sample.
        maximum_hz: Messages in a second, at most.
        after: A cursor: go on after it, with all that has come since. Only for every sample, alarms and anomalies.
        replay: Out of the archive instead of live.
        format: Of samples, in mode ``every``.
    """

    type: Literal["subscribe"] = "subscribe"
    id: _Id
    satellites: _Names = ()
    parameters: _Names = ()
    containers: _Names = ()
    alarms: bool = False
    anomalies: bool = False
    mode: Mode = Mode.NEWEST
    maximum_hz: Annotated[float, Field(ge=0.01, le=100, allow_inf_nan=False)] = 10.0
    after: Annotated[int, Field(ge=0, le=2**53)] | None = None
    replay: Replay | None = None
    format: Format = Format.JSON

    @property
    def steps_of(self) -> StepsOf | None:
        """Whose steps; None where values are wanted."""
        return StepsOf.ALARMS if self.alarms else StepsOf.ANOMALIES if self.anomalies else None


class Unsubscribe(_Message):
    """Ask for no more of a subscription."""

    type: Literal["unsubscribe"]
    id: _Id


class ReplayAction(StrEnum):
    """What to do with a replay. A step goes on to the next packet, and pauses."""

    PLAY = "play"
    PAUSE = "pause"
    STEP = "step"
    SEEK = "seek"
    SPEED = "speed"


class ReplayControl(_Message):
    """Change a replay; ``to`` (UTC) is for ``seek``, ``speed`` for ``speed``."""

    type: Literal["replay"]
    id: _Id
    action: ReplayAction
    to: _Instant | None = None
    speed: _Speed | None = None


class Ping(_Message):
    """Are you there?"""

    type: Literal["ping"]


INCOMING: TypeAdapter[Subscribe | Unsubscribe | ReplayControl | Ping] = TypeAdapter(
    Annotated[Subscribe | Unsubscribe | ReplayControl | Ping, Field(discriminator="type")]
)


class Hello(_Message):
    """The first message of a socket; ``cursor`` is of the packet that arrived last."""

    type: Literal["hello"] = "hello"
    satellites: tuple[str, ...]
    cursor: int


class Subscribed(_Message):
    """A subscription begins.

    Attributes:
        cursor: After this its messages begin; absent in a replay.
        kept_from: By satellite, UTC: values generated before have been removed by the retention policy.
    """

    type: Literal["subscribed"] = "subscribed"
    id: str
    mode: Mode
    maximum_hz: float
    cursor: int | None = None
    replay: bool = False
    kept_from: Mapping[str, str] = {}


class Unsubscribed(_Message):
    """Nothing of it comes any more."""

    type: Literal["unsubscribed"] = "unsubscribed"
    id: str


class ReplayState(StrEnum):
    """What a replay does."""

    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"


class ReplayPlace(_Message):
    """The replay's own clock: up to where messages have brought it."""

    at: str
    at_tai_s: float
    speed: float
    state: ReplayState


class ParameterColumn(_Message):
    """Values of one parameter, one for each packet of the block.

    Attributes:
        unit: Empty where there is none.
        values: Numbers, texts, octets in hexadecimal, truths as 0 and 1; "NaN", "Infinity" and "-Infinity" as texts; null
            where a packet does not have the parameter.
        levels: 0 normal, 1 watch, 2 warning, 3 distress, 4 critical, 5 severe; absent where all of them are normal.
        uncalibrated: Numbers of the packets whose value is as it was sent, because nothing calibrates it.
    """

    unit: str
    values: tuple[Value, ...]
    levels: tuple[int, ...] | None = None
    uncalibrated: tuple[int, ...] | None = None


class Block(_Message):
    """Packets of one container of one spacecraft; columns of equal length.

    Attributes:
        unix_minus_tai_s: Added to TAI seconds since J2000 it gives seconds of UTC since 1970, at the first packet.
        arrival: Rises over all packets of all spacecraft.
        generated_tai_s: TAI seconds since J2000.
        received_tai_s, apid, sequence, service, subtype: Where containers were asked for.
        error: Why a packet could not be decoded; of the container ``-``.
    """

    satellite: str
    container: str
    unix_minus_tai_s: float
    arrival: tuple[int, ...]
    generated_tai_s: tuple[float, ...]
    received_tai_s: tuple[float, ...] | None = None
    apid: tuple[int, ...] | None = None
    sequence: tuple[int, ...] | None = None
    service: tuple[int, ...] | None = None
    subtype: tuple[int, ...] | None = None
    error: tuple[str | None, ...] | None = None
    parameters: Mapping[str, ParameterColumn]


class Samples(_Message):
    """Every sample up to the cursor that no message before had; in a replay up to its clock."""

    type: Literal["samples"] = "samples"
    id: str
    cursor: int | None = None
    replay: ReplayPlace | None = None
    blocks: tuple[Block, ...]


class ArrowHead(_Message):
    """What stands before the Arrow streams of a binary message: ``Samples`` without its blocks."""

    type: Literal["samples"] = "samples"
    id: str
    cursor: int | None = None
    replay: ReplayPlace | None = None


class NewestSample(_Message):
    """The newest value; ``replaced`` samples have come since the one that was told before."""

    satellite: str
    parameter: str
    value: Value
    unit: str
    limit_state: str
    at: str
    generated_tai_s: float
    replaced: int


class NewestValues(_Message):
    """Newest values of parameters that have changed since the message before; the first has all."""

    type: Literal["newest"] = "newest"
    id: str
    replay: ReplayPlace | None = None
    samples: tuple[NewestSample, ...]


class AlarmSteps(_Message):
    """Steps of alarms, in the order of writing."""

    type: Literal["alarms"] = "alarms"
    id: str
    cursor: int
    steps: tuple[AlarmEntryAnswer, ...]


class AnomalySteps(_Message):
    """Steps of alerts of anomalies, in the order of writing."""

    type: Literal["anomalies"] = "anomalies"
    id: str
    cursor: int
    steps: tuple[AlertEntryAnswer, ...]


class ReplayTold(_Message):
    """A replay has begun, paused, gone on, been moved or ended."""

    type: Literal["replay"] = "replay"
    id: str
    replay: ReplayPlace


class Pong(_Message):
    """I am."""

    type: Literal["pong"] = "pong"


class StreamProblem(_Message):
    """What was asked cannot be done, or a subscription has ended; ``id`` where it is about one."""

    type: Literal["problem"] = "problem"
    id: str | None = None
    problem: Problem


Outgoing = Annotated[
    Hello
    | Subscribed
    | Unsubscribed
    | Samples
    | NewestValues
    | AlarmSteps
    | AnomalySteps
    | ReplayTold
    | Pong
    | StreamProblem,
    Field(discriminator="type"),
]
