"""All-against-all screening: every pair of a constellation that comes closer than a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.orbit.constellation import Constellation
from native import _core

__all__ = ["Screening", "screen"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_STEP_S: Final = 60.0  # measured: 20 s to 60 s give the same approaches, and longer steps are faster


@dataclass(frozen=True)
class Screening:
    """Close approaches in order of time, arrays of shape (n,), and the objects that could not be screened throughout.

    ``first`` and ``second`` are places in the constellation, ``first`` the smaller. ``at_edge`` marks an approach at an
    end of the span beyond which the pair comes closer still, or is already moving apart. ``unscreened`` holds objects
    for which SGP4 has no state, ``unscreened_from_tai_s`` the first epoch without one and ``unscreened_codes`` the
    reasons (:class:`core.orbit.propagation.Sgp4Code`): nothing is known of their approaches from then on.
    """

    first: IntArray
    second: IntArray
    tca_tai_s: FloatArray
    miss_m: FloatArray
    relative_speed_m_s: FloatArray
    at_edge: NDArray[np.bool_]
    unscreened: IntArray
    unscreened_from_tai_s: FloatArray
    unscreened_codes: IntArray

    def __len__(self) -> int:
        return int(self.first.size)

    @property
    def pairs(self) -> set[tuple[int, int]]:
        """The pairs that have an approach."""
        return set(zip(self.first.tolist(), self.second.tolist(), strict=True))


def screen(
    constellation: Constellation,
    start_tai_s: float,
    duration_s: float,
    threshold_m: float = 5_000.0,
    *,
    step_s: float = _STEP_S,
) -> Screening:
    """Every local minimum of distance at or below a threshold between any two objects, on SGP4.

    Complete by a motion bound rather than by a fine step: between two states ``step_s`` apart an object cannot leave its
    tangent further than gravity at the lowest radius within reach allows. Pairs that fly together have an approach at
    every minimum of their distance, and at the ends of the span where they are within the threshold there.

    Args:
        duration_s: Above 0, at most 31 days.
        threshold_m: Above 0, at most 1,000 km.
        step_s: 1 to 120; changes the time that it takes, not the result.
    Raises:
        InputError: A number outside its range.
    Source: agrees with brute force over all pairs (test_screening_finds_what_brute_force_finds).
    """
    try:
        approaches, unscreened = constellation.screen_rows(start_tai_s, duration_s, threshold_m, step_s)
    except _core.NativeError as error:
        raise InputError("screening", str(error)) from error
    return Screening(
        first=approaches[:, 0].astype(np.int64),
        second=approaches[:, 1].astype(np.int64),
        tca_tai_s=start_tai_s + approaches[:, 2],
        miss_m=approaches[:, 3],
        relative_speed_m_s=approaches[:, 4],
        at_edge=approaches[:, 5] == 1.0,
        unscreened=unscreened[:, 0].astype(np.int64),
        unscreened_from_tai_s=start_tai_s + unscreened[:, 1],
        unscreened_codes=unscreened[:, 2].astype(np.int64),
    )
