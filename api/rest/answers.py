"""The JSON forms that routes answer with, where no model of the core has that form already."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.service.alternatives import SearchState
from api.service.intents import IntentView
from core.authority import ApprovalRequest
from core.command.model import CommandState, Route
from core.events import AuditReport
from core.mdb import AlarmLevel, CommandClass, VerificationStage
from core.mission.flight_rules import FlightRule
from core.mission.model import MeanElements, OrbitDoubt
from core.mission.orbit_updates import OrbitUpdate
from core.plan.model import Alternative, MissionPlan

__all__ = [
    "ApprovalAnswer",
    "ClockAnswer",
    "CommandAnswer",
    "CommandDetail",
    "ContactPass",
    "ConversationAnswer",
    "ConversationSummary",
    "LatestTelemetry",
    "MissionAnswer",
    "OrbitEntry",
    "OrbitsAnswer",
    "PositionsAnswer",
    "ReleaseAnswer",
    "RequestAnswer",
    "StalenessAnswer",
    "TelemetrySamples",
    "VerificationAnswer",
]


class Answer(BaseModel):
    """Base of answers: frozen, and a field that is not documented is a defect."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SpacecraftEntry(Answer):
    """A spacecraft of the mission."""

    id: str
    aliases: tuple[str, ...]
    norad_id: int | None
    bus: str


class StationEntry(Answer):
    """A ground station of the mission."""

    id: str
    name: str
    latitude_deg: float
    longitude_deg: float
    minimum_elevation_deg: float
    bands: tuple[Literal["S", "X"], ...]


class TargetEntry(Answer):
    """A named place on the ground."""

    name: str
    latitude_deg: float
    longitude_deg: float


class MissionAnswer(Answer):
    """The mission that is flown, and the model that reads what operators write."""

    name: str
    revision: int
    description: str
    model: str
    spacecraft: tuple[SpacecraftEntry, ...]
    stations: tuple[StationEntry, ...]
    targets: tuple[TargetEntry, ...]
    flight_rules: tuple[FlightRule, ...]


class ClockAnswer(Answer):
    """Mission time, and how fast it runs."""

    now: str
    rate: float
    simulated: bool
    maximum_rate: float


class Position(Answer):
    """Where a spacecraft is; ``station`` is the one in contact."""

    satellite: str
    latitude_deg: float
    longitude_deg: float
    height_km: float
    in_eclipse: bool
    station: str | None


class PositionsAnswer(Answer):
    """Where every spacecraft is."""

    at: str
    positions: tuple[Position, ...]


class OrbitEntry(Answer):
    """The mean elements that a satellite is planned with; ``update`` says what they were determined from.

    Without an update they are the mission file's. With a ``doubt`` they may not hold, and every plan of the satellite has a
    finding that says so. ``checked_until`` is the newest fix that agreed with them, where the log has one.
    """

    satellite: str
    elements: MeanElements
    update: OrbitUpdate | None
    doubt: OrbitDoubt | None
    checked_until: AwareDatetime | None


class OrbitsAnswer(Answer):
    """The orbit of every spacecraft as plans and passes are computed with it."""

    orbits: tuple[OrbitEntry, ...]


class ContactPass(Answer):
    """A pass over a station."""

    satellite: str
    station: str
    aos: str
    los: str
    max_elevation_deg: float


class ConversationSummary(Answer):
    """A conversation in one line."""

    conversation_id: str
    title: str
    author: str
    updated_at: str
    status: str
    plan_id: str | None


class ConversationAnswer(Answer):
    """A conversation as it stands; messages are in OpenAI chat form, calls are tool results."""

    conversation_id: str
    status: str
    intents: tuple[IntentView, ...]
    messages: tuple[dict[str, Any], ...]
    calls: tuple[dict[str, Any], ...]
    plan_id: str | None
    revision: int | None
    interrupt: dict[str, Any] | None
    last_sequence: int


class CommandAnswer(Answer):
    """A command; in JSON its class is called ``class``."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    command_id: str
    plan_id: str
    activity_id: str
    satellite: str
    command: str
    arguments: dict[str, Any]
    command_class: Annotated[CommandClass, Field(alias="class")]
    state: CommandState
    execute_at: str
    station: str | None
    updated_at: str
    detail: str


class HistoryEntry(Answer):
    """One thing that happened to a command."""

    state: str
    at: str
    detail: dict[str, Any]


class FrameEntry(Answer):
    """A protected TC transfer frame that carries a command; the sequence number is the anti-replay one of SDLS."""

    frame_number: int
    sequence_number: int
    state: str
    octets: int


class UplinkFacts(Answer):
    """How a command goes up: ``request_count`` is the packet sequence count that reports name, of the insertion too.

    ``proved`` and ``unproved`` are stages of verification beside what the state says.
    """

    route: Route | None
    released_at: AwareDatetime | None
    request_count: int | None
    carrier_count: int | None
    attempts: int
    proved: tuple[VerificationStage, ...]
    unproved: tuple[VerificationStage, ...]
    application_data_hex: str
    frames: tuple[FrameEntry, ...]


class CommandDetail(CommandAnswer):
    """A command with everything that happened to it."""

    history: tuple[HistoryEntry, ...]
    uplink: UplinkFacts


class ParameterValue(Answer):
    """The newest value of a parameter."""

    name: str
    value: int | float | str | None
    unit: str
    limit_state: AlarmLevel
    at: str


class LatestTelemetry(Answer):
    """The newest values of a satellite."""

    satellite: str
    as_of: str | None
    parameters: tuple[ParameterValue, ...]


class TelemetrySamples(Answer):
    """A parameter's values over an interval."""

    satellite: str
    parameter: str
    unit: str
    t: tuple[str, ...]
    values: tuple[int | float | str | None, ...]


class AlternativesAnswer(Answer):
    """Other ways to the end of a plan; ``state`` says how the search for them went, ``reason`` why it failed."""

    state: SearchState
    reason: str
    alternatives: tuple[Alternative, ...]


class StalenessAnswer(Answer):
    """Whether findings still hold; ``changed`` names what they rest on that has changed."""

    stale: bool
    changed: tuple[str, ...]


class ApprovalAnswer(Answer):
    """What an approval led to."""

    plan: MissionPlan
    approvals_needed: int
    released: bool


class ReleaseAnswer(Answer):
    """A released plan and its commands."""

    plan: MissionPlan
    commands: tuple[CommandAnswer, ...]


class RequestAnswer(ApprovalRequest):
    """An approval request as the asking person sees it; ``missing`` are the roles that still have to approve."""

    missing: tuple[str, ...]
    may_approve: bool
    why_not: str


class VerificationAnswer(AuditReport):
    """Whether the log holds, and where not."""
