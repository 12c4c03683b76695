"""The design of the propulsion."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.mission.parts import MissionModel, NotNegative, Positive

__all__ = ["Propulsion"]


class Propulsion(MissionModel):
    """A monopropellant blowdown system."""

    propellant_mass_kg: Positive
    thruster_count: Annotated[int, Field(ge=1, le=64)]
    thrust_n: Positive  # of one thruster, at begin-of-life pressure
    specific_impulse_s: Positive
    pressure_begin_pa: Positive
    pressure_end_pa: Positive
    reserve_kg: NotNegative  # kept for collision avoidance and disposal
    maximum_burn_s: Positive
