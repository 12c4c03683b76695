"""What every part of a mission file is made of: the frozen base model and the bounded numbers and names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

__all__ = ["Direction", "Fraction", "Identifier", "MissionModel", "Name", "NotNegative", "Number", "Positive", "Vector"]

_HASH: Final = "_kept_hash"

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=80)]

Vector = tuple[Number, Number, Number]


def _unit(vector: tuple[float, float, float]) -> tuple[float, float, float]:
    length = math.hypot(*vector)
    if not length > 0.0:
        raise ValueError("a direction needs a length above 0")
    if abs(length - 1.0) < 1e-12:  # so that reading back what was written changes no bit
        return vector
    x, y, z = vector
    return x / length, y / length, z / length


Direction = Annotated[Vector, AfterValidator(_unit)]  # made a unit vector


class MissionModel(BaseModel):
    """Base of every part of a mission file: frozen, and an unknown field is an error.

    Its hash is kept: models made from a design are cached by it, thousands of times a second.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    def __hash__(self) -> int:
        kept: int | None = self.__dict__.get(_HASH)
        if kept is None:
            kept = hash((type(self), *(getattr(self, name) for name in type(self).model_fields)))
            self.__dict__[_HASH] = kept
        return kept

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some values replaced; its hash is its own."""
        made = super().model_copy(update=update, deep=deep)
        made.__dict__.pop(_HASH, None)
        return made
