"""Lambert's problem: the orbits that lead from one position to another in a given time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from native import _core

__all__ = ["Branch", "LambertCode", "LambertTransfers", "lambert", "most_revolutions"]

FloatArray = NDArray[np.float64]


class Branch(StrEnum):
    """Which of the two transfers that make the same number of whole revolutions, one or more."""

    LOW_ENERGY = "low_energy"
    HIGH_ENERGY = "high_energy"


class LambertCode(IntEnum):
    """What became of a problem."""

    FOUND = 0
    TOO_SHORT = 1  # the time does not allow so many revolutions
    PLANE_UNDEFINED = 2  # both positions and the centre lie on one line: any plane would do
    NOT_CONVERGED = 3
    BAD_INPUT = 4  # not finite, a position at the centre, or a time not above zero


@dataclass(frozen=True)
class LambertTransfers:
    """Velocities (n, 3) at both ends, m/s, NaN where there is no transfer; codes (n,) of :class:`LambertCode`."""

    v1_m_s: FloatArray
    v2_m_s: FloatArray
    codes: NDArray[np.uint8]

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which problems have a transfer, (n,)."""
        found: NDArray[np.bool_] = self.codes == LambertCode.FOUND
        return found


def lambert(
    r1_m: FloatArray,
    r2_m: FloatArray,
    time_of_flight_s: FloatArray,
    *,
    revolutions: int = 0,
    branch: Branch = Branch.LOW_ENERGY,
    retrograde: bool = False,
    mu_m3_s2: float = EARTH_MU_M3_S2,
) -> LambertTransfers:
    """Transfers between n pairs of positions.

    Args:
        r1_m: Start, (n, 3), in any inertial frame.
        r2_m: End, (n, 3).
        time_of_flight_s: (n,).
        revolutions: Whole revolutions on the way.
        branch: With one revolution or more there are two transfers; this chooses.
        retrograde: Against the sense of positive z: with a negative z component of angular momentum.
    Raises:
        InputError: Shapes differ, or revolutions is negative.
    Source: Izzo, Celest. Mech. Dyn. Astron. 121 (2015) 1. Flown by two-body motion a transfer of a quarter revolution
        or more arrives within 1e-9 of the distance (test_a_transfer_that_is_flown_arrives).
    """
    try:
        v1, v2, codes = _core.lambert(
            np.atleast_2d(r1_m),
            np.atleast_2d(r2_m),
            np.atleast_1d(time_of_flight_s),
            revolutions,
            branch is Branch.HIGH_ENERGY,
            retrograde,
            mu_m3_s2,
        )
    except _core.NativeError as error:
        raise InputError("lambert", str(error)) from error
    return LambertTransfers(v1, v2, codes)


def most_revolutions(
    r1_m: FloatArray,
    r2_m: FloatArray,
    time_of_flight_s: FloatArray,
    *,
    retrograde: bool = False,
    mu_m3_s2: float = EARTH_MU_M3_S2,
) -> NDArray[np.int32]:
    """The greatest number of whole revolutions that each time allows, (n,); -1 where the problem itself is bad."""
    try:
        return _core.lambert_most_revolutions(
            np.atleast_2d(r1_m), np.atleast_2d(r2_m), np.atleast_1d(time_of_flight_s), retrograde, mu_m3_s2
        )
    except _core.NativeError as error:
        raise InputError("lambert", str(error)) from error
