"""Batch least squares: the orbit, coefficients and biases that observations fit best.

Gauss-Newton on the observations' own uncertainties, solved by QR of the scaled design matrix (square-root form), with
outliers edited by their size in standard deviations.

Source: Tapley, Schutz and Born, Statistical Orbit Determination (2004), chapters 4 and 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, PhysicsError
from core.orbit.determination.empirical import with_empirical
from core.orbit.determination.linearised import Estimate, Guess, Linearised, Unknowns, linearised
from core.orbit.determination.observations import Observations
from core.orbit.numerical import (
    CartesianState,
    EnvironmentData,
    ForceModel,
    Integration,
    ModelsUsed,
    SpacecraftProperties,
)

__all__ = ["Estimate", "FitError", "OrbitFit", "OutlierRule", "Residuals", "fit_orbit"]

FloatArray = NDArray[np.float64]

_CONVERGED: Final = 1e-2  # of a standard deviation: a correction that no observation could show
_SMALLEST_SHARE: Final = 0.2  # of a coefficient that one correction leaves: a far guess can ask for less than nothing


class FitError(PhysicsError):
    """Observations do not determine the orbit, or the fit does not converge; ``facts`` say what was reached."""

    default_code = "no-fit"


@dataclass(frozen=True)
class OutlierRule:
    """Observations whose residual is over ``multiplier`` of the fit's RMS are left out, from an iteration on."""

    multiplier: float = 5.0
    from_iteration: int = 3


@dataclass(frozen=True)
class Residuals:
    """What is left of one set of observations: residuals (n, k) after the bias, and which components were used."""

    name: str
    unit: str
    t_tai_s: FloatArray
    values: FloatArray
    used: NDArray[np.bool_]
    bias: FloatArray | None

    @property
    def rms(self) -> float:
        """Root mean square of what was used; not a number where nothing was."""
        kept = self.values[self.used]
        return float(np.sqrt(np.mean(kept**2))) if kept.size else float("nan")


@dataclass(frozen=True)
class OrbitFit:
    """The fit at the epoch of the first guess.

    ``covariance`` is of ``parameters`` in their order, from the observations' uncertainties as given;
    ``weighted_rms`` says how far residuals are from them: near 1 where they are honest.
    """

    state: CartesianState
    craft: SpacecraftProperties
    parameters: tuple[str, ...]
    values: FloatArray
    covariance: FloatArray
    residuals: tuple[Residuals, ...]
    weighted_rms: float
    iterations: int
    models: ModelsUsed
    estimate: Estimate

    @property
    def forces(self) -> ForceModel:
        """The force model of the fit, with the empirical acceleration that was found."""
        return self.models.forces

    @property
    def state_covariance(self) -> FloatArray:
        """Covariance of position and velocity, GCRF, (6, 6), m and m/s."""
        return self.covariance[:6, :6]


def fit_orbit(
    guess: CartesianState,
    observations: Sequence[Observations],
    craft: SpacecraftProperties,
    forces: ForceModel | None = None,
    *,
    estimate: Estimate | None = None,
    outliers: OutlierRule | None = None,
    maximum_iterations: int = 25,
    integration: Integration | None = None,
    data: EnvironmentData | None = None,
) -> OrbitFit:
    """The orbit at the epoch of the guess that fits observations before and after it best.

    Args:
        guess: A state near enough for the observations to be linear about it: some 10 km for a day of ranges.
        observations: Sets of observations, each in any order of time.
        craft: Mass, areas and coefficients; estimated coefficients start here.
        forces: The force model.
        estimate: What is found beside the state.
        outliers: When an observation is left out; None leaves out none.
        maximum_iterations: Corrections before the fit is given up.
        integration: The integrator.
        data: Earth orientation and space weather.
    Raises:
        FitError: The observations do not determine all parameters, or the corrections do not settle.
        InputError: No observation, or not as many as parameters.
        Others as :func:`core.orbit.numerical.propagate`.
    """
    estimate = estimate or Estimate()
    unknowns = Unknowns.of(estimate, observations)
    total = sum(one.observed.size for one in observations)
    if total < len(unknowns.names):
        raise InputError("observations", f"{total} numbers do not determine {len(unknowns.names)} parameters")
    start = now = Guess(guess, craft, forces or ForceModel())
    biases = np.zeros(len(unknowns.names))
    used = [np.ones(one.observed.shape, dtype=bool) for one in observations]
    for iteration in range(1, maximum_iterations + 1):
        about = linearised(now, observations, unknowns, integration, data)
        left = [r - _bias(biases, unknowns, k, r) for k, r in enumerate(about.residuals)]
        if outliers is not None and iteration >= outliers.from_iteration:
            used = _edited(left, observations, outliers)
        rows, values = _weighted(about, left, used, observations)
        known, held = _known_before(estimate, unknowns, start, now)
        correction, covariance = _solved(np.concatenate([rows, known]), np.concatenate([values, held]), unknowns)
        now = _corrected(now, correction, unknowns)
        biases[6:] += correction[6:]
        size = float(np.sqrt(np.mean(correction**2 / np.diag(covariance))))
        if size < _CONVERGED and (outliers is None or iteration > outliers.from_iteration):
            break
    else:
        tiny = [name for name in unknowns.coefficients if getattr(now.craft, name) < 1e-3 * getattr(craft, name)]
        hint = f"; it asks for a negative {tiny[0]}: do not estimate it from so little" if tiny else ""
        raise FitError(
            f"the fit does not settle in {maximum_iterations} iterations: the last correction is {size:.3g} standard "
            f"deviations{hint}",
            correction_sigma=size,
        )
    final = linearised(now, observations, unknowns, integration, data)
    left = [r - _bias(biases, unknowns, k, r) for k, r in enumerate(final.residuals)]
    return _fit(now, unknowns, biases, covariance, left, used, observations, iteration, final.models, estimate)


def _bias(biases: FloatArray, unknowns: Unknowns, index: int, like: FloatArray) -> FloatArray:
    return np.broadcast_to(biases[unknowns.bias_of[index]] if index in unknowns.bias_of else 0.0, like.shape)


def _edited(left: list[FloatArray], observations: Sequence[Observations], rule: OutlierRule) -> list[NDArray[np.bool_]]:
    """What stays: within so many of the median's standard deviations, which outliers cannot move."""
    sized = [np.abs(r) / one.sigma for r, one in zip(left, observations, strict=True)]
    spread = 1.4826 * float(np.median(np.concatenate([one.ravel() for one in sized])))  # of a normal distribution
    limit = rule.multiplier * max(spread, 1e-12)
    return [one <= limit for one in sized]


def _weighted(
    about: Linearised,
    left: list[FloatArray],
    used: list[NDArray[np.bool_]],
    observations: Sequence[Observations],
) -> tuple[FloatArray, FloatArray]:
    """Rows and right-hand side of the observations that are used, in standard deviations."""
    rows, values = [], []
    for design, residual, kept, one in zip(about.design, left, used, observations, strict=True):
        sigma = one.sigma[kept]
        rows.append(design[kept] / sigma[:, np.newaxis])
        values.append(residual[kept] / sigma)
    return np.concatenate(rows), np.concatenate(values)


def _known_before(estimate: Estimate, unknowns: Unknowns, start: Guess, now: Guess) -> tuple[FloatArray, FloatArray]:
    """Rows and right-hand side of what is known before the fit, in standard deviations."""
    count = len(unknowns.names)
    rows, values = [np.zeros((0, count))], [np.zeros(0)]
    if estimate.apriori_covariance is not None:
        root = np.linalg.inv(np.linalg.cholesky(estimate.apriori_covariance))
        rows.append(np.hstack([root, np.zeros((6, count - 6))]))
        before, state = start.state, now.state
        moved = [before.r_gcrf_m - state.r_gcrf_m, before.v_gcrf_m_s - state.v_gcrf_m_s]
        values.append(root @ np.concatenate(moved))
    held = [
        (place, getattr(start.craft, name) - getattr(now.craft, name), estimate.coefficient_sigma)
        for name, place in unknowns.coefficients.items()
    ] + [
        (place, term.of(start.forces) - term.of(now.forces), estimate.empirical_sigma_m_s2)
        for term, place in unknowns.empirical.items()
    ]
    for place, off, sigma in held:
        if sigma is not None:
            row = np.zeros((1, count))
            row[0, place] = 1.0 / sigma
            rows.append(row)
            values.append(np.array([off / sigma]))
    return np.concatenate(rows), np.concatenate(values)


def _solved(rows: FloatArray, values: FloatArray, unknowns: Unknowns) -> tuple[FloatArray, FloatArray]:
    """The correction and its covariance."""
    scale = np.linalg.norm(rows, axis=0)
    if (scale == 0.0).any():
        name = unknowns.names[int(np.argmin(scale))]
        raise FitError(f"no observation says anything of {name}", parameter=name)
    q, r = np.linalg.qr(rows / scale)
    condition = float(np.linalg.cond(r))
    if not condition < 1e12:
        raise FitError(
            f"the observations do not determine {', '.join(unknowns.names)}: condition number {condition:.1e}",
            condition=condition,
        )
    inverse = np.linalg.inv(r)
    covariance = inverse @ inverse.T / np.outer(scale, scale)
    return inverse @ (q.T @ values) / scale, covariance


def _corrected(now: Guess, correction: FloatArray, unknowns: Unknowns) -> Guess:
    state, craft, forces = now.state, now.craft, now.forces
    moved = CartesianState(state.t_tai_s, state.r_gcrf_m + correction[:3], state.v_gcrf_m_s + correction[3:6])
    for name, place in unknowns.coefficients.items():
        value = getattr(craft, name)
        craft = replace(craft, **{name: max(value + float(correction[place]), _SMALLEST_SHARE * value)})
    for term, place in unknowns.empirical.items():
        forces = with_empirical(forces, term, term.of(forces) + float(correction[place]))
    return Guess(moved, craft, forces)


def _fit(
    now: Guess,
    unknowns: Unknowns,
    biases: FloatArray,
    covariance: FloatArray,
    left: list[FloatArray],
    used: list[NDArray[np.bool_]],
    observations: Sequence[Observations],
    iterations: int,
    models: ModelsUsed,
    estimate: Estimate,
) -> OrbitFit:
    values = np.concatenate([now.state.r_gcrf_m, now.state.v_gcrf_m_s, biases[6:]])
    for name, place in unknowns.coefficients.items():
        values[place] = getattr(now.craft, name)
    for term, place in unknowns.empirical.items():
        values[place] = term.of(now.forces)
    residuals = tuple(
        Residuals(
            one.name,
            one.unit,
            one.t_tai_s,
            values_left,
            kept,
            biases[unknowns.bias_of[index]] if index in unknowns.bias_of else None,
        )
        for index, (one, values_left, kept) in enumerate(zip(observations, left, used, strict=True))
    )
    sized = np.concatenate([r[kept] / o.sigma[kept] for r, kept, o in zip(left, used, observations, strict=True)])
    degrees = max(sized.size - len(unknowns.names), 1)
    return OrbitFit(
        state=now.state,
        craft=now.craft,
        parameters=unknowns.names,
        values=values,
        covariance=covariance,
        residuals=residuals,
        weighted_rms=float(np.sqrt(np.sum(sized**2) / degrees)),
        iterations=iterations,
        models=models,
        estimate=estimate,
    )
