"""The design of the attitude control: what turns the spacecraft."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.mission.parts import MissionModel, Positive

__all__ = ["Wheels"]


class Wheels(MissionModel):
    """Reaction wheels, all alike."""

    count: Annotated[int, Field(ge=3, le=8)]
    momentum_capacity_n_m_s: Positive
    maximum_torque_n_m: Positive
    cant_deg: Annotated[float, Field(ge=0, le=90)]  # elevation of the wheel axes above the pyramid"s base
