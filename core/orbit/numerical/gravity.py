"""The Earth's gravity field in spherical harmonics, from the fields that ship with the package."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from native import _core

__all__ = ["GravityField", "TideSystem", "gravity_model"]

FloatArray = NDArray[np.float64]


class TideSystem(StrEnum):
    """Whether a field's C20 holds the permanent tide that the Sun and the Moon raise."""

    TIDE_FREE = "tide-free"
    ZERO_TIDE = "zero-tide"


class GravityField(StrEnum):
    """A published field."""

    EGM2008 = "egm2008"
    JGM3 = "jgm3"

    @property
    def tide_system(self) -> TideSystem:
        """What its C20 holds."""
        return _TIDE_SYSTEM[self]

    @property
    def max_degree(self) -> int:
        """The highest degree and order that ships."""
        return _harmonics(self).degree

    @property
    def mu_m3_s2(self) -> float:
        """The gravitational parameter that the field was solved with."""
        return _harmonics(self).mu_m3_s2


_TIDE_SYSTEM: Final = {  # core/orbit/numerical/SOURCE.md
    GravityField.EGM2008: TideSystem.TIDE_FREE,
    GravityField.JGM3: TideSystem.ZERO_TIDE,
}


@dataclass(frozen=True)
class _Harmonics:
    mu_m3_s2: float
    radius_m: float
    degree: int
    rows: FloatArray  # degree, order, C, S


@cache
def _harmonics(field: GravityField) -> _Harmonics:
    with (
        files("core.orbit.numerical").joinpath(f"{field.value}.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as data,
    ):
        degree = int(data["degree"])
        n, m = np.tril_indices(degree + 1)
        rows = np.column_stack([n, m, data["c"], data["s"]])
        return _Harmonics(float(data["mu_m3_s2"]), float(data["radius_m"]), degree, rows)


@lru_cache(maxsize=16)
def gravity_model(field: GravityField, degree: int, order: int) -> _core.GravityModel:
    """The native model of a field up to a degree and order; positions and accelerations are in ITRF.

    Raises:
        InputError: Not 0 <= order <= degree <= the field's highest.
    Source: Pines 1973, AIAA J. 11, 1508; agrees with a plain sum of Legendre functions to 1e-13 m/s2
    (test_acceleration_is_that_of_a_plain_sum).
    """
    harmonics = _harmonics(field)
    if not 0 <= order <= degree <= harmonics.degree:
        raise InputError(
            "gravity",
            f"degree {degree} and order {order} are not 0 <= order <= degree <= {harmonics.degree} of {field}",
        )
    return _core.GravityModel(harmonics.mu_m3_s2, harmonics.radius_m, degree, order, harmonics.rows)
