"""Sequential orbit determination: the extended and the unscented Kalman filter, forward in time.

Between observations the covariance grows by white acceleration noise in radial, transverse and normal directions; an
observation whose innovation is too large for its own uncertainty is left out.

Source: Tapley, Schutz and Born, Statistical Orbit Determination (2004), sections 4.7 and 4.9; Julier and Uhlmann,
Proceedings of the IEEE 92 (2004), 401 (unscented transform); Joseph's form of the update keeps the covariance positive.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.orbit.determination.batch import FitError
from core.orbit.determination.observations import Observations
from core.orbit.numerical import (
    CartesianState,
    CaseEnd,
    EnvironmentData,
    ForceModel,
    Integration,
    SpacecraftProperties,
    propagate_covariance,
    propagate_many,
)

__all__ = ["FilterKind", "FilterStep", "FilteredOrbit", "filter_orbit"]

FloatArray = NDArray[np.float64]

_ALPHA: Final = 0.1  # spread of the sigma points; small, as orbits curve
_BETA: Final = 2.0  # best for normal distributions (Julier and Uhlmann)
_SHORTEST_S: Final = 1e-3  # observations closer than this are of one instant


class FilterKind(Enum):
    """How uncertainty is carried on: by derivatives, or by sigma points."""

    EXTENDED = "extended"
    UNSCENTED = "unscented"


@dataclass(frozen=True)
class FilterStep:
    """One observation: its innovation (k,), how large that is in standard deviations, and whether it was used."""

    name: str
    t_tai_s: float
    innovation: FloatArray
    normalised: float
    used: bool


@dataclass(frozen=True)
class FilteredOrbit:
    """The state and its covariance (6, 6), GCRF, m and m/s, after the last observation, and every step on the way."""

    state: CartesianState
    covariance: FloatArray
    steps: tuple[FilterStep, ...]

    @property
    def used_share(self) -> float:
        """Share of the observations that were used."""
        return sum(one.used for one in self.steps) / len(self.steps)


@dataclass(frozen=True)
class _Flight:
    """What both filters fly with."""

    craft: SpacecraftProperties
    forces: ForceModel | None
    noise_rtn_m2_s3: tuple[float, float, float]
    integration: Integration | None
    data: EnvironmentData | None


def filter_orbit(
    state: CartesianState,
    covariance_gcrf: FloatArray,
    observations: Sequence[Observations],
    craft: SpacecraftProperties,
    forces: ForceModel | None = None,
    *,
    kind: FilterKind = FilterKind.EXTENDED,
    acceleration_noise_rtn_m2_s3: tuple[float, float, float] = (0.0, 0.0, 0.0),
    gate_sigma: float = 5.0,
    integration: Integration | None = None,
    data: EnvironmentData | None = None,
) -> FilteredOrbit:
    """The orbit after all observations, taken one after another in the order of time.

    Args:
        state: The state before the first observation.
        covariance_gcrf: Its covariance, (6, 6), m and m/s.
        observations: Sets of observations; biases are not estimated here.
        craft: Mass, areas and coefficients.
        forces: The force model.
        kind: Which filter.
        acceleration_noise_rtn_m2_s3: Power density of what the force model leaves out, along R, T and N.
        gate_sigma: An innovation beyond this many of its standard deviations is left out.
        integration: The integrator.
        data: Earth orientation and space weather.
    Raises:
        InputError: No observation, one before the state, or one that asks for a bias.
        FitError: Every observation was left out: the filter has lost the orbit. Others as for propagation.
    """
    flight = _Flight(craft, forces, acceleration_noise_rtn_m2_s3, integration, data)
    advance = {FilterKind.EXTENDED: _advance_extended, FilterKind.UNSCENTED: _advance_unscented}[kind]
    update = {FilterKind.EXTENDED: _update_extended, FilterKind.UNSCENTED: _update_unscented}[kind]
    now_s, mean = state.t_tai_s, np.concatenate([state.r_gcrf_m, state.v_gcrf_m_s])
    covariance = np.array(covariance_gcrf, dtype=np.float64)
    steps = []
    for t_tai_s, one, row in _in_order(observations, state.t_tai_s):
        if t_tai_s - now_s > _SHORTEST_S:
            mean, covariance = advance(now_s, t_tai_s, mean, covariance, flight)
            now_s = t_tai_s
        mean, covariance, step = update(mean, covariance, one, row, gate_sigma)
        steps.append(step)
    if not any(step.used for step in steps):
        raise FitError(f"all {len(steps)} innovations are beyond {gate_sigma:g} standard deviations: the orbit is lost")
    return FilteredOrbit(CartesianState(now_s, mean[:3], mean[3:]), covariance, tuple(steps))


def _in_order(observations: Sequence[Observations], start_tai_s: float) -> Iterator[tuple[float, Observations, int]]:
    if any(one.estimates_bias for one in observations):
        raise InputError("observations", "a filter estimates no bias: fit the orbit in a batch, or correct the data")
    rows = [(float(t), index, row) for index, one in enumerate(observations) for row, t in enumerate(one.t_tai_s)]
    if not rows:
        raise InputError("observations", "there is none")
    for t_tai_s, index, row in sorted(rows):
        if t_tai_s < start_tai_s:
            raise InputError(
                "observations", f"one of {observations[index].name} is {start_tai_s - t_tai_s:.1f} s before the state"
            )
        yield t_tai_s, observations[index], row


def _advance_extended(
    now_s: float, until_s: float, mean: FloatArray, covariance: FloatArray, flight: _Flight
) -> tuple[FloatArray, FloatArray]:
    history = propagate_covariance(
        CartesianState(now_s, mean[:3], mean[3:]),
        covariance,
        np.array([until_s]),
        flight.craft,
        flight.forces,
        acceleration_noise_rtn_m2_s3=flight.noise_rtn_m2_s3,
        integration=flight.integration,
        data=flight.data,
    )
    end = history.propagation.end
    grown = history.covariance_gcrf[-1]
    return np.concatenate([end.r_gcrf_m, end.v_gcrf_m_s]), 0.5 * (grown + grown.T)


def _advance_unscented(
    now_s: float, until_s: float, mean: FloatArray, covariance: FloatArray, flight: _Flight
) -> tuple[FloatArray, FloatArray]:
    points, of_mean, of_covariance = _sigma_points(mean, covariance)
    flown = propagate_many(
        now_s,
        points,
        np.array([until_s]),
        flight.craft,
        flight.forces,
        integration=flight.integration or Integration.verner98(),
        data=flight.data,
    )
    if any(end is not CaseEnd.COMPLETE for end in flown.ends):
        raise FitError("a sigma point re-enters or cannot be flown: the uncertainty is too large for this filter")
    ends = np.concatenate([flown.r_gcrf_m[:, 0], flown.v_gcrf_m_s[:, 0]], axis=1)
    moved = of_mean @ ends
    off = ends - moved
    grown = (of_covariance[:, np.newaxis] * off).T @ off
    if any(flight.noise_rtn_m2_s3):
        _, noise = _advance_extended(now_s, until_s, mean, np.zeros((6, 6)), flight)
        grown = grown + noise
    return moved, grown


def _update_extended(
    mean: FloatArray, covariance: FloatArray, one: Observations, row: int, gate_sigma: float
) -> tuple[FloatArray, FloatArray, FilterStep]:
    predicted = _predict(one, row, mean[np.newaxis, :])
    h, noise = predicted.by_state, _noise(one, row)
    spread = h @ covariance @ h.T + noise
    step = _step(one, row, predicted.residual, spread, gate_sigma)
    if not step.used:
        return mean, covariance, step
    gain = np.linalg.solve(spread, h @ covariance).T
    keep = np.eye(6) - gain @ h
    updated = keep @ covariance @ keep.T + gain @ noise @ gain.T
    return mean + gain @ step.innovation, 0.5 * (updated + updated.T), step


def _update_unscented(
    mean: FloatArray, covariance: FloatArray, one: Observations, row: int, gate_sigma: float
) -> tuple[FloatArray, FloatArray, FilterStep]:
    points, of_mean, of_covariance = _sigma_points(mean, covariance)
    # Residuals of the points, not their values, so that angles wrap about what was observed.
    residuals = np.array([_predict(one, row, point[np.newaxis, :]).residual for point in points])
    innovation = of_mean @ residuals
    off, moved = residuals - innovation, points - mean
    spread = (of_covariance[:, np.newaxis] * off).T @ off + _noise(one, row)
    step = _step(one, row, innovation, spread, gate_sigma)
    if not step.used:
        return mean, covariance, step
    cross = -((of_covariance[:, np.newaxis] * moved).T @ off)
    gain = np.linalg.solve(spread, cross.T).T
    updated = covariance - gain @ spread @ gain.T
    return mean + gain @ innovation, 0.5 * (updated + updated.T), step


@dataclass(frozen=True)
class _Row:
    """One observation predicted from one state: residual (k,) and derivatives (k, 6)."""

    residual: FloatArray
    by_state: FloatArray


def _predict(one: Observations, row: int, states: FloatArray) -> _Row:
    picked = one.only(row)
    predicted = picked.predict(states[:, :3], states[:, 3:])
    return _Row(picked.residual(predicted.values)[0], predicted.by_state[0])


def _noise(one: Observations, row: int) -> FloatArray:
    return np.diag(one.sigma[row] ** 2)


def _step(one: Observations, row: int, innovation: FloatArray, spread: FloatArray, gate_sigma: float) -> FilterStep:
    size = math.sqrt(float(innovation @ np.linalg.solve(spread, innovation)) / len(innovation))
    return FilterStep(one.name, float(one.t_tai_s[row]), innovation, size, size <= gate_sigma)


def _sigma_points(mean: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Scaled sigma points (13, 6) with their weights for the mean and the covariance."""
    count = len(mean)
    spread = _ALPHA**2 * count
    root = np.linalg.cholesky(0.5 * (covariance + covariance.T)).T * math.sqrt(spread)
    points = np.concatenate([mean[np.newaxis, :], mean + root, mean - root])
    of_mean = np.full(2 * count + 1, 0.5 / spread)
    of_mean[0] = 1.0 - count / spread
    of_covariance = of_mean.copy()
    of_covariance[0] += 1.0 - _ALPHA**2 + _BETA
    return points, of_mean, of_covariance
