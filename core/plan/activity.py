"""What a spacecraft is to do: activities, their commands and where every argument came from."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from core.mission.model import Mode
from core.time import duration_s

__all__ = [
    "Activity",
    "ActivityBase",
    "ActivityStatus",
    "Anchor",
    "ArgumentOrigin",
    "BurnActivity",
    "CommandSpec",
    "ContactRef",
    "DownlinkActivity",
    "ImagingActivity",
    "ModeActivity",
    "Origin",
    "PlanPart",
    "PointingActivity",
    "PointingMode",
    "Proposer",
    "Provenance",
    "RejectedAlternative",
    "ResourceName",
    "ResourceUse",
    "ToolCallRef",
    "UplinkActivity",
    "Window",
]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class PlanPart(BaseModel):
    """Base of every part of a plan: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(PlanPart):
    """A time interval, UTC."""

    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _forward(self) -> Window:
        if self.end <= self.start:
            raise ValueError(f"end {self.end.isoformat()} must be after start {self.start.isoformat()}")
        return self

    @property
    def duration_s(self) -> float:
        """Length in SI seconds."""
        return duration_s(self.start, self.end)

    def overlaps(self, other: Window) -> bool:
        """Whether the two share more than an edge."""
        return self.start < other.end and other.start < self.end

    def contains(self, instant: datetime) -> bool:
        """Whether an instant lies inside, edges included."""
        return self.start <= instant <= self.end


class Proposer(StrEnum):
    """Who put an activity into a plan."""

    OPERATOR = "operator"
    MODEL = "model"
    SOLVER = "solver"
    RULE = "rule"


class Origin(StrEnum):
    """Where the value of an argument came from; the last three are untrusted."""

    OPERATOR = "operator"
    DEFAULT = "default"
    COMPUTED = "computed"
    TELEMETRY = "telemetry"
    DOCUMENT = "document"
    MODEL = "model"


class ArgumentOrigin(PlanPart):
    """The origin of one argument: the words, call or passage that it was taken from."""

    origin: Origin
    source: str = ""


class ToolCallRef(PlanPart):
    """A tool call that a value rests on."""

    call_id: str
    tool: str


class RejectedAlternative(PlanPart):
    """Something that was considered and not chosen."""

    description: str
    code: str
    reason: str


class Provenance(PlanPart):
    """Why an activity is in the plan and what every argument rests on."""

    proposed_by: Proposer
    reason: str
    tool_calls: tuple[ToolCallRef, ...] = ()
    documents: tuple[str, ...] = ()
    arguments: dict[str, ArgumentOrigin] = Field(default_factory=dict)
    rejected: tuple[RejectedAlternative, ...] = ()


class Anchor(PlanPart):
    """Placement relative to another activity's edge."""

    activity_id: str
    edge: Literal["start", "end"]
    offset_s: Finite = 0.0


class ResourceName(StrEnum):
    """What activities use; the unit is part of the name."""

    SOC = "soc"
    BUS_POWER_W = "bus_power_w"
    DATA_STORE_BYTES = "data_store_bytes"
    PROPELLANT_KG = "propellant_kg"
    WHEEL_MOMENTUM_N_M_S = "wheel_momentum_n_m_s"
    TEMPERATURE_K = "temperature_k"


class ResourceUse(PlanPart):
    """A claim on a resource: a change over the activity, or a load while it lasts."""

    resource: ResourceName
    delta: Finite | None = None
    load: Finite | None = None


class ContactRef(PlanPart):
    """The pass over a ground station that an activity needs."""

    station: str
    window: Window
    max_elevation_deg: Annotated[float, Field(ge=0, le=90)]


class PointingMode(StrEnum):
    """Where the spacecraft points."""

    SUN = "sun"
    NADIR = "nadir"
    INERTIAL = "inertial"
    TARGET = "target"
    VELOCITY = "velocity"


class ActivityStatus(StrEnum):
    """How far an activity has come."""

    PLANNED = "planned"
    RELEASED = "released"
    EXECUTING = "executing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CommandSpec(PlanPart):
    """A telecommand of the mission database that an activity needs, executed at a time on board."""

    command: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,39}$")]
    arguments: dict[str, Any]
    execute_at: AwareDatetime


class ActivityBase(PlanPart):
    """What every activity has."""

    activity_id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    satellite: str
    window: Window
    earliest_start: AwareDatetime | None = None
    latest_start: AwareDatetime | None = None
    latest_end: AwareDatetime | None = None
    anchor: Anchor | None = None
    pointing: PointingMode
    contact: ContactRef | None = None
    resources: tuple[ResourceUse, ...] = ()
    commands: tuple[CommandSpec, ...] = ()
    status: ActivityStatus = ActivityStatus.PLANNED
    provenance: Provenance


class UplinkActivity(ActivityBase):
    """An S-band contact that loads the plan's commands on board."""

    type: Literal["uplink"] = "uplink"
    pointing: PointingMode = PointingMode.NADIR
    contact: ContactRef


class DownlinkActivity(ActivityBase):
    """An X-band payload data downlink over one pass."""

    type: Literal["downlink"] = "downlink"
    pointing: PointingMode = PointingMode.NADIR
    contact: ContactRef
    volume_bytes: Annotated[int, Field(gt=0)]


class ImagingActivity(ActivityBase):
    """An image of a ground target."""

    type: Literal["imaging"] = "imaging"
    pointing: PointingMode = PointingMode.TARGET
    target: str
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]
    max_off_nadir_deg: Annotated[float, Field(gt=0, le=60)]
    predicted_off_nadir_deg: Annotated[float, Field(ge=0, le=90)]
    sun_elevation_deg: Annotated[float, Field(ge=-90, le=90)]


class PointingActivity(ActivityBase):
    """Hold an attitude for a while."""

    type: Literal["pointing"] = "pointing"


class ModeActivity(ActivityBase):
    """Change the operating mode; the window covers the transition."""

    type: Literal["mode"] = "mode"
    pointing: PointingMode = PointingMode.NADIR
    mode: Mode


class BurnActivity(ActivityBase):
    """A thruster burn along the velocity (positive) or against it."""

    type: Literal["burn"] = "burn"
    pointing: PointingMode = PointingMode.VELOCITY
    delta_v_m_s: Finite
    propellant_kg: Positive
    purpose: Literal["orbit_raise", "orbit_lower", "collision_avoidance", "station_keeping"]
    target_altitude_km: Positive | None = None


Activity = Annotated[
    UplinkActivity | DownlinkActivity | ImagingActivity | PointingActivity | ModeActivity | BurnActivity,
    Field(discriminator="type"),
]
