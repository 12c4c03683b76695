"""What the parts of a spacecraft were qualified for: the use that nine in ten of them bear, and how that scatters."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from core.mission.parts import Fraction, Identifier, MissionModel, Positive

__all__ = ["ArrayWear", "BatteryWear", "Component", "UseWear", "Wear"]

_Shape = Annotated[float, Field(ge=1.0, le=10.0)]  # of a Weibull law: 1 is chance alone, 3 and more is wear


class Component(StrEnum):
    """Parts that wear out."""

    BATTERY = "battery"
    SOLAR_ARRAY = "solar_array"
    REACTION_WHEEL_1 = "reaction_wheel_1"
    REACTION_WHEEL_2 = "reaction_wheel_2"
    REACTION_WHEEL_3 = "reaction_wheel_3"
    REACTION_WHEEL_4 = "reaction_wheel_4"
    THRUSTER = "thruster"
    TRANSMITTER = "transmitter"


class UseWear(MissionModel):
    """A part that wears with its use, which telemetry tells.

    Args:
        parameters: Telemetry that tells the use; one for each unit of the part, in their order.
        bears: The use that nine in ten of such parts bear: revolutions of a wheel, kg through the thrusters together, hours that a
            transmitter is on.
        shape: Of the Weibull law of the use at failure.
    """

    parameters: tuple[Identifier, ...] = Field(min_length=1, max_length=16)
    bears: Positive
    shape: _Shape


class BatteryWear(MissionModel):
    """A battery that wears with the cycles of its charge, deep ones more.

    Args:
        parameter: Telemetry of the state of charge, 0 to 1.
        depths, cycles: Cycles of each depth until the end of life that nine in ten batteries bear.
        shape: Of the Weibull law of the wear at the end of life.
    """

    parameter: Identifier
    depths: tuple[Fraction, ...] = Field(min_length=2, max_length=64)
    cycles: tuple[Positive, ...]
    shape: _Shape

    @model_validator(mode="after")
    def _deeper_is_fewer(self) -> BatteryWear:
        if len(self.cycles) != len(self.depths):
            raise ValueError(f"cycles has {len(self.cycles)} values for {len(self.depths)} of depths")
        if self.depths[0] <= 0.0 or any(deeper <= one for one, deeper in pairwise(self.depths)):
            raise ValueError(f"depths {list(self.depths)} must rise from above 0")
        if any(fewer >= one for one, fewer in pairwise(self.cycles)):
            raise ValueError(f"cycles {list(self.cycles)} must fall as depths rise")
        return self


class ArrayWear(MissionModel):
    """A solar array that gives less each year, by the degradation of its design.

    Args:
        parameter: Telemetry of its power, W.
        end_of_life_share: Of the power at begin of life, below which it counts as worn out.
        scatter: Standard deviation of the degradation of such arrays, as a share of the design's.
    """

    parameter: Identifier
    end_of_life_share: Annotated[float, Field(gt=0, lt=1)]
    scatter: Annotated[float, Field(gt=0, le=2)]


class Wear(MissionModel):
    """The parts whose life is predicted; the life of one that is left out is not."""

    battery: BatteryWear | None = None
    solar_array: ArrayWear | None = None
    reaction_wheels: UseWear | None = None
    thrusters: UseWear | None = None
    transmitter: UseWear | None = None
