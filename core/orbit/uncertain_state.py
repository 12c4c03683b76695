"""A conjunction message's states as normal distributions in inertial axes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.mission.cdm import Cdm, CdmObject
from core.orbit.conjunction import EncounterError, rtn_axes_gcrf

__all__ = ["half_revolution_s", "uncertain_state"]

FloatArray = NDArray[np.float64]


def half_revolution_s(cdm: Cdm) -> float:
    """Half a revolution of the object that takes less time for one.

    Raises:
        EncounterError: A state is not that of a bound orbit.
    """
    shortest_s = math.inf
    for one in cdm.objects:
        per_m = 2.0 / float(np.linalg.norm(one.r_gcrf_m)) - float(one.v_gcrf_m_s @ one.v_gcrf_m_s) / EARTH_MU_M3_S2
        if not per_m > 0.0:
            raise EncounterError(f"{one.name}: the state is not that of a bound orbit")
        shortest_s = min(shortest_s, math.pi / math.sqrt(EARTH_MU_M3_S2 * per_m**3))
    return shortest_s


def uncertain_state(one: CdmObject) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Position, velocity and their covariance (6, 6) in GCRF."""
    if one.state_covariance_rtn is None:
        raise EncounterError(f"{one.name}: the message gives no covariance of the velocity")
    turn = np.kron(np.eye(2), rtn_axes_gcrf(one.r_gcrf_m, one.v_gcrf_m_s))
    covariance = turn.T @ _without_negative(one.state_covariance_rtn) @ turn
    return one.r_gcrf_m, one.v_gcrf_m_s, covariance


def _without_negative(covariance: FloatArray) -> FloatArray:
    """The covariance with eigenvalues below zero, which the rounding of a message leaves, set to zero."""
    variances = np.diag(covariance)
    if not (variances > 0.0).all():
        raise EncounterError("a variance of position or velocity is not above 0")
    scale = np.sqrt(variances)
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    cleaned: FloatArray = (vectors * np.maximum(values, 0.0)) @ vectors.T * np.outer(scale, scale)
    return cleaned
