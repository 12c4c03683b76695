"""A state of motion at one instant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CartesianState"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class CartesianState:
    """Position and velocity in GCRF, m and m/s, shape (3,), at TAI seconds since J2000."""

    t_tai_s: float
    r_gcrf_m: FloatArray
    v_gcrf_m_s: FloatArray
