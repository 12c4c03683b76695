"""Sequential orbit determination: the extended and the unscented Kalman filter, forward in time.

Between observations the covariance grows by white acceleration noise in radial, transverse and normal directions; an
observation whose innovation is too large for its own uncertainty is left out. Constant biases of observations are states
beside the orbit, with their correlations.

Source: Tapley, Schutz and Born, Statistical Orbit Determination (2004), sections 4.7 and 4.9; Julier and Uhlmann,
Proceedings of the IEEE 92 (2004), 401 (unscented transform); Joseph's form of the update keeps the covariance positive.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    """The state and its covariance (6, 6), GCRF, m and m/s, after the last observation, and every step on the way.

    ``biases`` are those of the sets that asked for one, (k,) each in the set's unit; ``full_covariance`` is of the state
    and then the biases in their order.
    """

    state: CartesianState
    covariance: FloatArray
    steps: tuple[FilterStep, ...]
    full_covariance: FloatArray
    biases: Mapping[str, FloatArray] = field(default_factory=dict)
    bias_sigmas: Mapping[str, FloatArray] = field(default_factory=dict)

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
    bias_sigma: Mapping[str, float] | None = None,
    gate_sigma: float = 5.0,
    integration: Integration | None = None,
    data: EnvironmentData | None = None,
) -> FilteredOrbit:
    """The orbit after all observations, taken one after another in the order of time.

    Args:
        state: The state before the first observation.
        covariance_gcrf: Its covariance, (6, 6), m and m/s.
        observations: Sets of observations.
        craft: Mass, areas and coefficients.
        forces: The force model.
        kind: Which filter.
        acceleration_noise_rtn_m2_s3: Power density of what the force model leaves out, along R, T and N.
        bias_sigma: How large the biases may be: one standard deviation, in the set's unit, by the name of each set whose
            ``estimates_bias`` is set. They start at zero.
        gate_sigma: An innovation beyond this many of its standard deviations is left out.
        integration: The integrator.
        data: Earth orientation and space weather.
    Raises:
        InputError: No observation, one before the state, or a bias without ``bias_sigma``.
        FitError: Every observation was left out: the filter has lost the orbit. Others as for propagation.
    """
    flight = _Flight(craft, forces, acceleration_noise_rtn_m2_s3, integration, data)
    advance = {FilterKind.EXTENDED: _advance_extended, FilterKind.UNSCENTED: _advance_unscented}[kind]
    update = {FilterKind.EXTENDED: _update_extended, FilterKind.UNSCENTED: _update_unscented}[kind]
    places, variances = _bias_places(observations, bias_sigma or {})
    now_s = state.t_tai_s
    mean = np.concatenate([state.r_gcrf_m, state.v_gcrf_m_s, np.zeros(len(variances))])
    covariance = np.diag(np.concatenate([np.zeros(6), variances]))
    covariance[:6, :6] = covariance_gcrf
    steps = []
    for t_tai_s, index, row in _in_order(observations, state.t_tai_s):
        if t_tai_s - now_s > _SHORTEST_S:
            mean, covariance = advance(now_s, t_tai_s, mean, covariance, flight)
            now_s = t_tai_s
        one = _Seen(observations[index], row, places.get(index))
        mean, covariance, step = update(mean, covariance, one, gate_sigma)
        steps.append(step)
    if not any(step.used for step in steps):
        raise FitError(f"all {len(steps)} innovations are beyond {gate_sigma:g} standard deviations: the orbit is lost")
    sigmas = np.sqrt(np.diag(covariance))
    return FilteredOrbit(
        state=CartesianState(now_s, mean[:3], mean[3:6]),
        covariance=covariance[:6, :6],
        steps=tuple(steps),
        full_covariance=covariance,
        biases={observations[index].name: mean[place] for index, place in places.items()},
        bias_sigmas={observations[index].name: sigmas[place] for index, place in places.items()},
    )


def _bias_places(
    observations: Sequence[Observations], bias_sigma: Mapping[str, float]
) -> tuple[dict[int, slice], FloatArray]:
    """Where the biases of each set stand behind the six of the orbit, and their variances."""
    places: dict[int, slice] = {}
    variances: list[float] = []
    for index, one in enumerate(observations):
        if one.estimates_bias:
            sigma = bias_sigma.get(one.name)
            if sigma is None or not sigma > 0.0:
                raise InputError(
                    "bias_sigma", f"{one.name} estimates a bias: say how large it may be, in {one.unit}, above 0"
                )
            count = one.observed.shape[1]
            places[index] = slice(6 + len(variances), 6 + len(variances) + count)
            variances += [sigma**2] * count
    return places, np.array(variances)


def _in_order(observations: Sequence[Observations], start_tai_s: float) -> Iterator[tuple[float, int, int]]:
    """Epoch, set and row of every observation."""
    rows = [(float(t), index, row) for index, one in enumerate(observations) for row, t in enumerate(one.t_tai_s)]
    if not rows:
        raise InputError("observations", "there is none")
    for t_tai_s, index, row in sorted(rows):
        if t_tai_s < start_tai_s:
            raise InputError(
                "observations", f"one of {observations[index].name} is {start_tai_s - t_tai_s:.1f} s before the state"
            )
        yield t_tai_s, index, row


def _advance_extended(
    now_s: float, until_s: float, mean: FloatArray, covariance: FloatArray, flight: _Flight
) -> tuple[FloatArray, FloatArray]:
    history = propagate_covariance(
        CartesianState(now_s, mean[:3], mean[3:6]),
        covariance[:6, :6],
        np.array([until_s]),
        flight.craft,
        flight.forces,
        acceleration_noise_rtn_m2_s3=flight.noise_rtn_m2_s3,
        integration=flight.integration,
        data=flight.data,
    )
    end, transition = history.propagation.end, history.propagation.transition
    assert transition is not None
    grown, across = covariance.copy(), transition[-1] @ covariance[:6, 6:]
    grown[:6, :6] = history.covariance_gcrf[-1]
    grown[:6, 6:], grown[6:, :6] = across, across.T
    return np.concatenate([end.r_gcrf_m, end.v_gcrf_m_s, mean[6:]]), 0.5 * (grown + grown.T)


def _advance_unscented(
    now_s: float, until_s: float, mean: FloatArray, covariance: FloatArray, flight: _Flight
) -> tuple[FloatArray, FloatArray]:
    points, of_mean, of_covariance = _sigma_points(mean, covariance)
    flown = propagate_many(
        now_s,
        points[:, :6],
        np.array([until_s]),
        flight.craft,
        flight.forces,
        integration=flight.integration or Integration.verner98(),
        data=flight.data,
    )
    if any(end is not CaseEnd.COMPLETE for end in flown.ends):
        raise FitError("a sigma point re-enters or cannot be flown: the uncertainty is too large for this filter")
    ends = np.concatenate([flown.r_gcrf_m[:, 0], flown.v_gcrf_m_s[:, 0], points[:, 6:]], axis=1)
    moved = of_mean @ ends
    off = ends - moved
    grown = (of_covariance[:, np.newaxis] * off).T @ off
    if any(flight.noise_rtn_m2_s3):
        _, noise = _advance_extended(now_s, until_s, mean, np.zeros_like(covariance), flight)
        grown = grown + noise
    return moved, grown


def _update_extended(
    mean: FloatArray, covariance: FloatArray, one: _Seen, gate_sigma: float
) -> tuple[FloatArray, FloatArray, FilterStep]:
    predicted = one.predict(mean)
    h, noise = predicted.by_state, one.noise
    spread = h @ covariance @ h.T + noise
    step = _step(one, predicted.residual, spread, gate_sigma)
    if not step.used:
        return mean, covariance, step
    gain = np.linalg.solve(spread, h @ covariance).T
    keep = np.eye(len(mean)) - gain @ h
    updated = keep @ covariance @ keep.T + gain @ noise @ gain.T
    return mean + gain @ step.innovation, 0.5 * (updated + updated.T), step


def _update_unscented(
    mean: FloatArray, covariance: FloatArray, one: _Seen, gate_sigma: float
) -> tuple[FloatArray, FloatArray, FilterStep]:
    points, of_mean, of_covariance = _sigma_points(mean, covariance)
    # Residuals of the points, not their values, so that angles wrap about what was observed.
    residuals = np.array([one.predict(point).residual for point in points])
    innovation = of_mean @ residuals
    off, moved = residuals - innovation, points - mean
    spread = (of_covariance[:, np.newaxis] * off).T @ off + one.noise
    step = _step(one, innovation, spread, gate_sigma)
    if not step.used:
        return mean, covariance, step
    cross = -((of_covariance[:, np.newaxis] * moved).T @ off)
    gain = np.linalg.solve(spread, cross.T).T
    updated = covariance - gain @ spread @ gain.T
    return mean + gain @ innovation, 0.5 * (updated + updated.T), step


@dataclass(frozen=True)
class _Row:
    """One observation predicted from one state: residual (k,) and derivatives (k, n) by orbit and biases."""

    residual: FloatArray
    by_state: FloatArray


@dataclass(frozen=True)
class _Seen:
    """One observation of a set, and where the set's bias stands in the state."""

    of: Observations
    row: int
    bias: slice | None

    @property
    def noise(self) -> FloatArray:
        """Covariance of the observation, (k, k)."""
        return np.diag(self.of.sigma[self.row] ** 2)

    def predict(self, state: FloatArray) -> _Row:
        """From orbit and biases, (n,)."""
        picked = self.of.only(self.row)
        predicted = picked.predict(state[np.newaxis, :3], state[np.newaxis, 3:6])
        residual, orbit = picked.residual(predicted.values)[0], predicted.by_state[0]
        by_state = np.concatenate([orbit, np.zeros((len(orbit), len(state) - 6))], axis=1)
        if self.bias is not None:
            residual = residual - state[self.bias]
            by_state[:, self.bias] = np.eye(len(orbit))
        return _Row(residual, by_state)


def _step(one: _Seen, innovation: FloatArray, spread: FloatArray, gate_sigma: float) -> FilterStep:
    size = math.sqrt(float(innovation @ np.linalg.solve(spread, innovation)) / len(innovation))
    return FilterStep(one.of.name, float(one.of.t_tai_s[one.row]), innovation, size, size <= gate_sigma)


def _sigma_points(mean: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Scaled sigma points (2 n + 1, n) with their weights for the mean and the covariance."""
    count = len(mean)
    spread = _ALPHA**2 * count
    root = np.linalg.cholesky(0.5 * (covariance + covariance.T)).T * math.sqrt(spread)
    points = np.concatenate([mean[np.newaxis, :], mean + root, mean - root])
    of_mean = np.full(2 * count + 1, 0.5 / spread)
    of_mean[0] = 1.0 - count / spread
    of_covariance = of_mean.copy()
    of_covariance[0] += 1.0 - _ALPHA**2 + _BETA
    return points, of_mean, of_covariance
