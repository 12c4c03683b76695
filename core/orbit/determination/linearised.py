"""What a fit estimates, and observations made linear about a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.orbit.determination.empirical import EmpiricalTerm, empirical_epochs, empirical_partials
from core.orbit.determination.observations import Observations
from core.orbit.numerical import (
    CartesianState,
    EnvironmentData,
    ForceModel,
    Integration,
    ModelsUsed,
    Propagation,
    SpacecraftProperties,
    propagate,
)

__all__ = ["Estimate", "Guess", "Linearised", "Unknowns", "linearised"]

FloatArray = NDArray[np.float64]

_COEFFICIENT_COLUMNS: Final = {"drag_coefficient": 6, "radiation_coefficient": 7}  # of the variational equations


@dataclass(frozen=True)
class Estimate:
    """What is found beside the state, and how well it is known before the fit.

    ``coefficient_sigma`` holds weakly observed coefficients near where they start; ``apriori_covariance`` of the state,
    (6, 6), m and m/s, does the same for the guess. ``empirical`` terms start at the force model's, held near it by
    ``empirical_sigma_m_s2``: a day of observations seldom tells a constant from the once-per-revolution terms beside it.
    """

    drag_coefficient: bool = False
    radiation_coefficient: bool = False
    coefficient_sigma: float | None = None
    apriori_covariance: FloatArray | None = None
    empirical: tuple[EmpiricalTerm, ...] = ()
    empirical_sigma_m_s2: float | None = None


@dataclass(frozen=True)
class Unknowns:
    """The parameters of a fit and where they stand: state, coefficients, empirical terms, then the biases of each set."""

    names: tuple[str, ...]
    coefficients: dict[str, int]
    empirical: dict[EmpiricalTerm, int]
    bias_of: dict[int, slice]

    @classmethod
    def of(cls, estimate: Estimate, observations: Sequence[Observations]) -> Unknowns:
        names = ["x", "y", "z", "vx", "vy", "vz"]
        places: dict[str, int] = {}
        for name, wanted in (
            ("drag_coefficient", estimate.drag_coefficient),
            ("radiation_coefficient", estimate.radiation_coefficient),
        ):
            if wanted:
                places[name] = len(names)
                names.append(name)
        empirical = {term: len(names) + k for k, term in enumerate(dict.fromkeys(estimate.empirical))}
        names += [term.label for term in empirical]
        biases: dict[int, slice] = {}
        for index, one in enumerate(observations):
            if one.estimates_bias:
                count = one.observed.shape[1]
                biases[index] = slice(len(names), len(names) + count)
                names += [f"bias {one.name}" + (f" {k + 1}" if count > 1 else "") for k in range(count)]
        return cls(tuple(names), places, empirical, biases)


@dataclass(frozen=True)
class Guess:
    """Where the fit stands, biases aside."""

    state: CartesianState
    craft: SpacecraftProperties
    forces: ForceModel


@dataclass(frozen=True)
class Linearised:
    """Residuals and the design matrix of every set about one guess."""

    residuals: list[FloatArray]
    design: list[FloatArray]
    models: ModelsUsed


def linearised(
    now: Guess,
    observations: Sequence[Observations],
    unknowns: Unknowns,
    integration: Integration | None,
    data: EnvironmentData | None,
) -> Linearised:
    """Residuals (before biases) and the design matrix about a guess."""
    legs = _legs(now, observations, bool(unknowns.empirical), integration, data)
    terms = tuple(unknowns.empirical)
    t_tai_s = np.concatenate([one.t_tai_s for one in legs])
    order = np.argsort(t_tai_s)
    r_m, v_m_s, by_start = (np.concatenate(p)[order] for p in zip(*(_columns(leg, terms) for leg in legs), strict=True))
    residuals, design = [], []
    for index, one in enumerate(observations):
        at = np.searchsorted(t_tai_s[order], one.t_tai_s)
        predicted = one.predict(r_m[at], v_m_s[at])
        rows = np.zeros((*one.observed.shape, len(unknowns.names)))
        by_parameters = np.einsum("nkj,njp->nkp", predicted.by_state, by_start[at])
        rows[..., :6] = by_parameters[..., :6]
        for name, place in unknowns.coefficients.items():
            rows[..., place] = by_parameters[..., _COEFFICIENT_COLUMNS[name]]
        if terms:
            rows[..., list(unknowns.empirical.values())] = by_parameters[..., 8:]
        if index in unknowns.bias_of:
            rows[..., unknowns.bias_of[index]] = np.eye(one.observed.shape[1])
        residuals.append(one.residual(predicted.values))
        design.append(rows)
    return Linearised(residuals, design, legs[0].models)


def _legs(
    now: Guess,
    observations: Sequence[Observations],
    empirical: bool,
    integration: Integration | None,
    data: EnvironmentData | None,
) -> list[Propagation]:
    """Flights forwards and backwards from the guess over the epochs of all observations."""
    start_s, epochs = now.state.t_tai_s, np.unique(np.concatenate([one.t_tai_s for one in observations]))
    ahead, behind = epochs >= start_s, epochs < start_s
    if empirical:
        needs_behind = bool(behind.any())
        epochs = empirical_epochs(now.state, epochs)
        ahead, behind = epochs >= start_s, (epochs <= start_s) & needs_behind
    return [
        propagate(now.state, leg, now.craft, now.forces, integration=integration, sensitivities=True, data=data)
        for leg in (epochs[ahead], epochs[behind][::-1])
        if leg.size
    ]


def _columns(leg: Propagation, terms: tuple[EmpiricalTerm, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Positions, velocities, and derivatives (n, 6, 8 + k) by the start, the two coefficients and k empirical terms."""
    assert leg.transition is not None
    assert leg.by_drag_coefficient is not None and leg.by_radiation_coefficient is not None
    by_start = np.concatenate(
        [leg.transition, leg.by_drag_coefficient[..., np.newaxis], leg.by_radiation_coefficient[..., np.newaxis]],
        axis=2,
    )
    if terms:
        by_start = np.concatenate([by_start, empirical_partials(leg, terms)], axis=2)
    return leg.r_gcrf_m, leg.v_gcrf_m_s, by_start
