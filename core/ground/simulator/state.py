"""What a simulated spacecraft remembers: all of it is stored, so that a crash changes nothing that was told."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from core.attitude import PointingLaw
from core.link.cfdp import DestinationState, SourceState
from core.mission.model import MeanElements, Mission, Mode
from core.plan.activity import PointingMode

__all__ = [
    "AssociationMemory",
    "AttitudeMemory",
    "FaultLabel",
    "FilesMemory",
    "GnssFix",
    "KeyMemory",
    "OnboardState",
    "OngoingActivity",
    "OngoingKind",
    "ScheduledCommand",
    "SecurityMemory",
    "initial_state",
]


class OngoingKind(StrEnum):
    """What takes time on board."""

    SLEW = "slew"
    POINTING = "pointing"
    DOWNLINK = "downlink"
    IMAGE = "image"
    BURN = "burn"


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=False)


class OngoingActivity(_State):
    """Something begun; the request that began it is reported on at its end."""

    kind: OngoingKind
    ends_tai_s: float
    apid: int
    sequence_count: int
    acknowledge: int
    reports: bool = True
    volume_bytes: int = 0
    done_bytes: float = 0.0
    station: str = ""
    begun_tai_s: float = 0.0
    delta_v_m_s: float = 0.0  # of a burn, as commanded: its sign says along the velocity or against it
    begun_mass_kg: float = 0.0
    done_impulse_n_s: float = 0.0
    reported_step: int = 0


class ScheduledCommand(_State):
    """A telecommand that waits for its time."""

    release_tai_s: float
    packet_hex: str


class AttitudeMemory(_State):
    """Where the attitude flight in progress began, and what has been aimed at since: the attitude follows from it."""

    t_tai_s: float
    q_body_gcrf: tuple[float, float, float, float]
    omega_body_gcrf_rad_s: tuple[float, float, float]
    wheel_n_m_s: tuple[float, ...]
    law: PointingLaw
    place_itrf_m: tuple[float, float, float] | None = None
    direction_rtn: tuple[float, float, float] | None = None
    held_q_body_gcrf: tuple[float, float, float, float] | None = None
    torque_n_m: tuple[float, float, float] | None = None  # that a burn leaves to the wheels


class GnssFix(_State):
    """The last fix of the receiver: position and velocity in ITRF."""

    t_tai_s: float
    r_itrf_m: tuple[float, float, float]
    v_itrf_m_s: tuple[float, float, float]
    valid: bool = True


class KeyMemory(_State):
    """A key of the security unit."""

    key_hex: str
    state: int


class AssociationMemory(_State):
    """A security association."""

    state: str
    key_id: int | None = None
    sequence_number: int = 0
    last_transition: int | None = None


class SecurityMemory(_State):
    """The security unit, once a procedure has changed it; until then it is as the mission delivered it."""

    keys: dict[int, KeyMemory]
    associations: dict[int, AssociationMemory]
    iv: int = 0
    log: list[tuple[int, int]] = Field(default_factory=list)
    alarm: bool = False


class FaultLabel(_State):
    """That an injected fault begins or ends; ``number`` counts a satellite's labels from 0."""

    number: int
    t_tai_s: float
    satellite: str
    id: str
    fault: str
    begins: bool
    details: dict[str, float | str] = Field(default_factory=dict)


class FilesMemory(_State):
    """Transactions of file delivery by id, and what the store of files still has to do."""

    next_number: int = 1
    receiving: dict[str, DestinationState] = Field(default_factory=dict)
    heard_tai_s: dict[str, float] = Field(default_factory=dict)  # when something of an upload came last
    sending: dict[str, SourceState] = Field(default_factory=dict)
    deleted: list[str] = Field(default_factory=list)  # by a telecommand; they leave the folder after this is stored
    packet_count: int = 0
    list_count: int = 0


class OnboardState(_State):
    """Everything durable of one spacecraft but its packet store."""

    t_tai_s: float
    soc: float
    data_stored_bytes: float
    propellant_kg: float
    mode: Mode
    pointing: PointingMode = PointingMode.NADIR
    wheel_momentum_n_m_s: float = 0.0
    battery_temp_k: float = 288.15
    array_power_w: float = 0.0
    load_power_w: float = 0.0
    in_eclipse: bool = False
    ongoing: list[OngoingActivity] = Field(default_factory=list)
    schedule: list[ScheduledCommand] = Field(default_factory=list)
    farm_expected: int = 0
    farm_lockout: bool = False
    farm_wait: bool = False
    farm_retransmit: bool = False
    farm_b_counter: int = 0
    last_sequence_number: int = 0
    security: SecurityMemory | None = None
    frame_count: int = 0
    packet_count: int = 0
    message_counts: dict[str, int] = Field(default_factory=dict)
    downlinked_bytes: float = 0.0
    accepted_count: int = 0
    rejected_count: int = 0
    low_charge: bool = False
    next_housekeeping_tai_s: float = 0.0
    # Below: what the coupled models add. A state stored before them lacks it, and settles when it is loaded.
    temp_k: tuple[float, ...] | None = None
    heaters_on: int = 0
    shed: int = 0
    attitude: AttitudeMemory | None = None
    target_deg: tuple[float, float] = (0.0, 0.0)  # latitude and longitude of target pointing
    braking: bool = False  # velocity pointing turns the thrust axis against the velocity
    elements: MeanElements | None = None  # of the orbit after its burns; the mission file's until the first
    bus_voltage_v: float = 0.0
    battery_current_a: float = 0.0
    tank_pressure_pa: float = 0.0
    heater_duty: tuple[float, ...] = ()
    brown_out: bool = False
    trackers_lost_tai_s: float | None = None
    fix: GnssFix | None = None
    next_report_tai_s: dict[str, float] = Field(default_factory=dict)  # of the diagnostic structures
    report_periods_s: dict[str, float] = Field(default_factory=dict)  # of structures, where commanded
    reports_disabled: list[int] = Field(default_factory=list)
    events_disabled: list[int] = Field(default_factory=list)
    parameters: dict[str, float] = Field(default_factory=dict)  # of the on-board software, where changed
    next_monitoring_tai_s: float = 0.0
    violations: dict[str, int] = Field(default_factory=dict)
    alarms: list[str] = Field(default_factory=list)
    reported_shed: int = 0
    files: FilesMemory = Field(default_factory=FilesMemory)
    # Injected faults.
    first_events_tai_s: dict[str, float] = Field(default_factory=dict)
    faults_begun_tai_s: dict[str, float] = Field(default_factory=dict)
    faults_ended: list[str] = Field(default_factory=list)
    stuck_values: dict[str, float] = Field(default_factory=dict)
    fault_labels: list[FaultLabel] = Field(default_factory=list)  # not yet in the log
    fault_label_count: int = 0


def initial_state(mission: Mission, satellite: str, t_tai_s: float) -> OnboardState:
    """A spacecraft at its first moment, with the resources of the mission file."""
    initial = mission.craft(satellite).initial
    return OnboardState(
        t_tai_s=t_tai_s,
        soc=initial.soc,
        data_stored_bytes=initial.data_stored_bytes,
        propellant_kg=initial.propellant_kg,
        mode=initial.mode,
        next_housekeeping_tai_s=t_tai_s + 1.0,
    )
