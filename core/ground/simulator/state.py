"""What a simulated spacecraft remembers: all of it is stored, so that a crash changes nothing that was told."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from core.mission.model import Mission, Mode
from core.plan.activity import PointingMode

__all__ = ["OnboardState", "OngoingActivity", "OngoingKind", "ScheduledCommand", "initial_state"]


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


class ScheduledCommand(_State):
    """A telecommand that waits for its time."""

    release_tai_s: float
    packet_hex: str


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
    frame_count: int = 0
    packet_count: int = 0
    message_counts: dict[str, int] = Field(default_factory=dict)
    downlinked_bytes: float = 0.0
    accepted_count: int = 0
    rejected_count: int = 0
    low_charge: bool = False
    next_housekeeping_tai_s: float = 0.0


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
