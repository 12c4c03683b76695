"""Frames that fly with a satellite: RTN (also called RSW or QSW), TNW and LVLH."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["dcm_lvlh_from_gcrf", "dcm_rtn_from_gcrf", "dcm_tnw_from_gcrf"]

FloatArray = NDArray[np.float64]


def dcm_rtn_from_gcrf(r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> FloatArray:
    """Axes radial, transverse (in the plane, forward) and normal (angular momentum), shape (n, 3, 3).

    Args:
        r_gcrf_m: Positions, shape (n, 3).
        v_gcrf_m_s: Velocities, shape (n, 3), nowhere along the position.
    Source: SANA registry of orbit-relative frames, RTN_ROTATING; Vallado, Fundamentals of Astrodynamics, 4th ed.,
    section 3.3.
    """
    radial, normal = _unit(r_gcrf_m), _unit(np.cross(r_gcrf_m, v_gcrf_m_s))
    return np.stack([radial, np.cross(normal, radial), normal], axis=1)


def dcm_tnw_from_gcrf(r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> FloatArray:
    """Axes along the velocity, in the plane away from it, and along the angular momentum (TNW), shape (n, 3, 3)."""
    tangential, momentum = _unit(v_gcrf_m_s), _unit(np.cross(r_gcrf_m, v_gcrf_m_s))
    return np.stack([tangential, np.cross(momentum, tangential), momentum], axis=1)


def dcm_lvlh_from_gcrf(r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> FloatArray:
    """Axes forward, against the angular momentum, and nadir (local vertical, local horizontal), shape (n, 3, 3).

    Source: SANA registry of orbit-relative frames, LVLH_ROTATING: z towards the Earth's centre, y against the angular
    momentum.
    """
    rtn = dcm_rtn_from_gcrf(r_gcrf_m, v_gcrf_m_s)
    return np.stack([rtn[:, 1], -rtn[:, 2], -rtn[:, 0]], axis=1)


def _unit(vectors: FloatArray) -> FloatArray:
    unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1)[:, np.newaxis]
    return unit
