"""What every part of a mission file is made of: the frozen base model and the bounded numbers and names."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

__all__ = ["Fraction", "Identifier", "MissionModel", "Name", "NotNegative", "Positive", "UnitVector", "Vector"]

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Vector = tuple[Finite, Finite, Finite]


def _unit_length(vector: Vector) -> Vector:
    length = math.hypot(*vector)
    if abs(length - 1.0) > 1.0e-4:
        raise ValueError(f"{vector} has length {length:.6g}; a direction has length 1 within 1e-4")
    x, y, z = vector
    return x / length, y / length, z / length


UnitVector = Annotated[Vector, AfterValidator(_unit_length)]  # made exactly unit
Name = Annotated[str, Field(min_length=1, max_length=80)]


class MissionModel(BaseModel):
    """Base of every part of a mission file: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
