"""Two-body motion: states a time later, for many orbits at once and any conic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from native import _core

__all__ = ["propagate_kepler"]

FloatArray = NDArray[np.float64]


def propagate_kepler(
    r_m: FloatArray, v_m_s: FloatArray, t_s: FloatArray | float, mu_m3_s2: float = EARTH_MU_M3_S2
) -> tuple[FloatArray, FloatArray]:
    """Positions and velocities after a time, in the inertial frame of the input.

    Args:
        r_m: Positions, (n, 3) or (3,).
        v_m_s: Velocities, the same shape.
        t_s: Time to move on by, (n,) or one for all; negative goes back. With one state and many times the state is
            repeated.
    Returns:
        Positions and velocities, (n, 3), or (3,) for one state and one time.
    Raises:
        InputError: Shapes differ, or a state is not finite or lies at the centre.
    Source: universal variables, Vallado, Fundamentals of Astrodynamics and Applications, algorithm 8; Laguerre's
        iteration after Conway, Celest. Mech. 39 (1986) 199.
    """
    single = np.ndim(r_m) == 1 and np.ndim(t_s) == 0
    times = np.atleast_1d(np.asarray(t_s, dtype=np.float64))
    r, v = np.atleast_2d(r_m), np.atleast_2d(v_m_s)
    n = max(len(times), len(r))
    if len(r) == 1:
        r, v = np.repeat(r, n, axis=0), np.repeat(v, n, axis=0)
    times = np.repeat(times, n) if len(times) == 1 else times
    try:
        r_end, v_end = _core.kepler(r, v, times, mu_m3_s2)
    except _core.NativeError as error:
        raise InputError("state", str(error)) from error
    return (r_end[0], v_end[0]) if single else (r_end, v_end)
