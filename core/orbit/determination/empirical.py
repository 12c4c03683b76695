"""Accelerations of unknown cause that a fit estimates, and how the orbit depends on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.frames import dcm_rtn_from_gcrf
from core.orbit.numerical import CartesianState, EmpiricalAcceleration, ForceModel, Propagation

__all__ = ["EmpiricalTerm", "empirical_epochs", "empirical_partials", "with_empirical"]

FloatArray = NDArray[np.float64]

_PER_REVOLUTION: Final = 120  # the trapezium rule then gives the derivatives to 2e-4, enough for corrections to settle


class EmpiricalTerm(Enum):
    """A number of :class:`core.orbit.numerical.EmpiricalAcceleration`: which part, and which of R, T and N."""

    RADIAL_CONSTANT = ("constant_rtn_m_s2", 0)
    TRANSVERSE_CONSTANT = ("constant_rtn_m_s2", 1)
    NORMAL_CONSTANT = ("constant_rtn_m_s2", 2)
    RADIAL_COSINE = ("cosine_rtn_m_s2", 0)
    TRANSVERSE_COSINE = ("cosine_rtn_m_s2", 1)
    NORMAL_COSINE = ("cosine_rtn_m_s2", 2)
    RADIAL_SINE = ("sine_rtn_m_s2", 0)
    TRANSVERSE_SINE = ("sine_rtn_m_s2", 1)
    NORMAL_SINE = ("sine_rtn_m_s2", 2)

    @property
    def label(self) -> str:
        """As parameters of a fit are named."""
        return f"empirical {self.name.lower().replace('_', ' ')}"

    def of(self, forces: ForceModel) -> float:
        """Its value in a force model, m/s2."""
        part, axis = self.value
        return float(getattr(forces.empirical or EmpiricalAcceleration(), part)[axis])


def with_empirical(forces: ForceModel, term: EmpiricalTerm, value_m_s2: float) -> ForceModel:
    """The force model with another value of one term."""
    part, axis = term.value
    acceleration = forces.empirical or EmpiricalAcceleration()
    numbers = list(getattr(acceleration, part))
    numbers[axis] = value_m_s2
    return replace(forces, empirical=replace(acceleration, **{part: tuple(numbers)}))


def empirical_epochs(state: CartesianState, epochs_tai_s: FloatArray) -> FloatArray:
    """Instants between and beside the epochs that the derivatives are integrated over, ascending, the start among them."""
    energy = float(state.v_gcrf_m_s @ state.v_gcrf_m_s) / 2.0 - EARTH_MU_M3_S2 / float(np.linalg.norm(state.r_gcrf_m))
    axis_m = max(-EARTH_MU_M3_S2 / (2.0 * energy), 6.4e6) if energy < 0.0 else 6.4e6
    step_s = 2.0 * math.pi * math.sqrt(axis_m**3 / EARTH_MU_M3_S2) / _PER_REVOLUTION
    first = math.floor((min(float(epochs_tai_s.min()), state.t_tai_s) - state.t_tai_s) / step_s)
    last = math.ceil((max(float(epochs_tai_s.max()), state.t_tai_s) - state.t_tai_s) / step_s)
    grid: FloatArray = np.unique(np.concatenate([epochs_tai_s, state.t_tai_s + step_s * np.arange(first, last + 1)]))
    return grid


def empirical_partials(leg: Propagation, terms: Sequence[EmpiricalTerm]) -> FloatArray:
    """Derivatives of the states of a leg, (n, 6), by each of k terms, (n, 6, k).

    The leg runs from its start, where the state transition is the identity, one way, over :func:`empirical_epochs`: the
    transition carries what an acceleration does at each instant on to the end (variation of constants).
    """
    assert leg.transition is not None
    at_start = np.linalg.solve(leg.transition, _pushes(leg, terms))  # (n, 6, k)
    step_s = np.diff(leg.t_tai_s)[:, np.newaxis, np.newaxis]
    sums = np.concatenate(
        [np.zeros_like(at_start[:1]), np.cumsum(0.5 * step_s * (at_start[1:] + at_start[:-1]), axis=0)]
    )
    carried: FloatArray = leg.transition @ sums
    return carried


def _pushes(leg: Propagation, terms: Sequence[EmpiricalTerm]) -> FloatArray:
    """What each term of 1 m/s2 adds to the rate of the state, (n, 6, k)."""
    axes = dcm_rtn_from_gcrf(leg.r_gcrf_m, leg.v_gcrf_m_s)
    cosine, sine = _argument_of_latitude(leg.r_gcrf_m, axes[:, 2])
    shapes = {"constant_rtn_m_s2": np.ones_like(cosine), "cosine_rtn_m_s2": cosine, "sine_rtn_m_s2": sine}
    pushes = np.zeros((len(cosine), 6, len(terms)))
    for column, term in enumerate(terms):
        part, axis = term.value
        pushes[:, 3:, column] = shapes[part][:, np.newaxis] * axes[:, axis]
    return pushes


def _argument_of_latitude(r_gcrf_m: FloatArray, normal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cosine and sine, (n,) each."""
    node = np.stack([-normal[:, 1], normal[:, 0], np.zeros(len(normal))], axis=1)
    x = np.einsum("ni,ni->n", r_gcrf_m, node)
    y = np.einsum("ni,ni->n", r_gcrf_m, np.cross(normal, node))
    length = np.hypot(x, y)
    return x / length, y / length
