"""Whether a covariance is as wide as the errors that it stands for.

A covariance that is honest makes the squared Mahalanobis distance of the errors chi-square distributed. A prediction's
residuals share one error of the orbit, so they are judged together, with the covariance of them all: judged one by one
they would seem to be many tests where there is one.

Source: Tapley, Schutz and Born, Statistical Orbit Determination (2004), section 4.16; NASA CARA's practice of comparing
predicted covariances with later, better orbits, and of scaling them (NASA/SP-20205011318, appendix on covariance realism).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.orbit.determination.batch import OrbitFit
from core.orbit.determination.linearised import Guess, Unknowns, linearised
from core.orbit.determination.observations import Observations
from core.orbit.numerical import EnvironmentData, Integration

__all__ = ["CovarianceRealism", "Verdict", "chi_square_above", "covariance_realism", "prediction_realism"]

FloatArray = NDArray[np.float64]

_LARGEST_LOG_SCALE: Final = math.log(1e8)  # of the variance: a standard deviation off by 1e4 is no question of scale
_ROUNDS: Final = 60


class Verdict(StrEnum):
    """What the chi-square test says."""

    REALISTIC = "realistic"  # the errors are as large as the covariance lets expect
    TOO_SMALL = "too_small"  # the covariance promises more than it keeps
    TOO_LARGE = "too_large"  # the covariance is wider than the errors need


@dataclass(frozen=True)
class CovarianceRealism:
    """The test of one or more errors against their covariance.

    ``mahalanobis_squared`` is chi-square distributed with ``degrees_of_freedom`` where the covariance is honest;
    ``p_value`` is the probability of a value at least as far out, counted on both sides. ``sigma_scale`` is the factor by
    which all predicted standard deviations would have to grow for the errors to be most likely (below 1: shrink), with the
    noise of the measurements left as it is. ``told_apart`` is how many independent directions of the predicted error rise
    above the noise: without one there is no scale, and with one it is rough.
    """

    mahalanobis_squared: float
    degrees_of_freedom: int
    p_value: float
    verdict: Verdict
    sigma_scale: float | None
    told_apart: int


def covariance_realism(
    errors: FloatArray,
    covariances: FloatArray,
    noise: FloatArray | None = None,
    *,
    significance: float = 0.01,
) -> CovarianceRealism:
    """Whether errors are what their covariances say.

    Args:
        errors: Independent errors, (m, k), or one, (k,).
        covariances: What was predicted, (m, k, k) or (k, k).
        noise: Covariance of what the errors were measured with, of the same shape: it counts, but is not in question.
        significance: How improbable a realistic covariance must be before it is called something else.
    Raises:
        InputError: Shapes differ, a covariance with its noise is not positive definite, or the significance is not
            between 0 and 1.
    """
    errors, covariances = np.atleast_2d(errors), np.asarray(covariances, dtype=np.float64)
    covariances = covariances[np.newaxis] if covariances.ndim == 2 else covariances
    known = np.zeros_like(covariances) if noise is None else np.broadcast_to(noise, covariances.shape)
    if covariances.shape != (*errors.shape, errors.shape[1]):
        raise InputError("covariances", f"shape {covariances.shape} does not fit errors of shape {errors.shape}")
    if not 0.0 < significance < 1.0:
        raise InputError("significance", f"{significance} is not between 0 and 1")
    parts = [_apart(e, p, r) for e, p, r in zip(errors, covariances, known, strict=True)]
    squares, predicted, measured = (np.concatenate(column) for column in zip(*parts, strict=True))
    size, degrees = float(np.sum(squares)), len(squares)
    above = chi_square_above(size, degrees)
    p_value = min(1.0, 2.0 * min(above, 1.0 - above))
    verdict = Verdict.REALISTIC
    if p_value < significance:
        verdict = Verdict.TOO_SMALL if above < 0.5 else Verdict.TOO_LARGE
    told_apart = int(np.sum(predicted > measured))
    return CovarianceRealism(
        mahalanobis_squared=size,
        degrees_of_freedom=degrees,
        p_value=p_value,
        verdict=verdict,
        sigma_scale=math.sqrt(_likeliest_scale(squares, predicted, measured)) if told_apart else None,
        told_apart=told_apart,
    )


def prediction_realism(
    fit: OrbitFit,
    later: Sequence[Observations],
    *,
    scaled_by_residuals: bool = True,
    significance: float = 0.01,
    integration: Integration | None = None,
    data: EnvironmentData | None = None,
) -> CovarianceRealism:
    """Whether an orbit predicts observations that it was not fitted to as well as its covariance says.

    Args:
        fit: The orbit; its forces, coefficients and biases are flown on.
        later: Observations outside the fit, judged together.
        scaled_by_residuals: Whether the covariance is first widened by the fit's weighted RMS, as is usual, where that is
            above 1; the noise of the later observations grows with it.
        significance: As for :func:`covariance_realism`.
        integration: The integrator.
        data: Earth orientation and space weather.
    Raises:
        InputError: No observation, or one that has a bias which the fit did not find.
        Others as :func:`core.orbit.numerical.propagate`.
    """
    if not later:
        raise InputError("later", "there is no observation")
    unknowns = Unknowns.of(fit.estimate, ())
    about = linearised(Guess(fit.state, fit.craft, fit.forces), later, unknowns, integration, data)
    errors, rows, variances = [], [], []
    for one, residual, design in zip(later, about.residuals, about.design, strict=True):
        wide = np.zeros((*residual.shape, len(fit.parameters)))
        wide[..., : design.shape[2]] = design
        errors.append((residual - _bias(fit, one, wide)).ravel())
        rows.append(wide.reshape(-1, wide.shape[2]))
        variances.append(one.sigma.ravel() ** 2)
    scale = max(fit.weighted_rms, 1.0) ** 2 if scaled_by_residuals else 1.0
    design_all = np.concatenate(rows)
    predicted = scale * design_all @ fit.covariance @ design_all.T
    noise = scale * np.diag(np.concatenate(variances))
    return covariance_realism(np.concatenate(errors), predicted, noise, significance=significance)


def _bias(fit: OrbitFit, one: Observations, design: FloatArray) -> FloatArray:
    """The bias of a set as the fit found it, (k,); its columns of the design matrix are filled in."""
    count = one.observed.shape[1]
    if not one.estimates_bias:
        return np.zeros(count)
    names = [f"bias {one.name}" + (f" {k + 1}" if count > 1 else "") for k in range(count)]
    missing = [name for name in names if name not in fit.parameters]
    if missing:
        raise InputError("later", f"the fit has found no {missing[0]}")
    places = [fit.parameters.index(name) for name in names]
    design[..., places] = np.eye(count)
    found: FloatArray = fit.values[places]
    return found


def _apart(error: FloatArray, predicted: FloatArray, noise: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Independent parts of an error: squares over their variance, and the shares of the variance that are predicted and noise."""
    try:
        root = np.linalg.cholesky(predicted + noise)
    except np.linalg.LinAlgError as fault:
        raise InputError("covariances", "a covariance with its noise is not positive definite") from fault
    half = np.linalg.solve(root, predicted)
    shares, axes = np.linalg.eigh(np.linalg.solve(root, half.T))
    squares: FloatArray = (axes.T @ np.linalg.solve(root, error)) ** 2
    shares = np.clip(shares, 0.0, 1.0)
    return squares, shares, 1.0 - shares


def _likeliest_scale(squares: FloatArray, predicted: FloatArray, noise: FloatArray) -> float:
    """The factor on the predicted variances that makes the errors most likely, by ever finer grids of its logarithm."""

    def surprise(log_scales: FloatArray) -> FloatArray:
        variances = np.maximum(np.exp(log_scales)[:, np.newaxis] * predicted + noise, 1e-300)
        found: FloatArray = np.sum(np.log(variances) + squares / variances, axis=1)
        return found

    centre, width = 0.0, _LARGEST_LOG_SCALE
    for _ in range(_ROUNDS):
        tried = centre + width * np.linspace(-1.0, 1.0, 21)
        centre = float(tried[int(np.argmin(surprise(tried)))])
        width *= 0.5
    return math.exp(centre)


def chi_square_above(value: float, degrees: int) -> float:
    """Probability that a chi-square distributed number exceeds a value.

    Source: DLMF 8.7.1 (series) and 8.9.2 (continued fraction) of the incomplete gamma function.
    """
    a, x = 0.5 * degrees, 0.5 * value
    if x <= 0.0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1.0:
        term = total = 1.0 / a
        k = a
        while abs(term) > 1e-17 * total:
            k += 1.0
            term *= x / k
            total += term
        return max(0.0, 1.0 - front * total)
    # Modified Lentz.
    tiny, b = 1e-300, x + 1.0 - a
    c, d = 1.0 / tiny, 1.0 / b
    fraction, i, change = d, 0, 0.0
    while abs(change - 1.0) > 1e-15:
        i += 1
        an = -i * (i - a)
        b += 2.0
        d = an * d + b
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = b + an / c
        c = c if abs(c) > tiny else tiny
        change = c * d
        fraction *= change
    return front * fraction
