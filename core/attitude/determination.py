"""Attitude from measured directions: TRIAD, Davenport's q-method and QUEST; and the filter with gyro bias.

Wahba's problem: the attitude A that makes ``sum w |b - A r|^2`` least, with b measured in body axes and r known in GCRF.
Source: Markley and Crassidis, Fundamentals of Spacecraft Attitude Determination and Control (2014), chapters 5 and 6.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.attitude.quaternion import conjugate, multiply, quaternion_of
from core.errors import InputError, PhysicsError
from core.mission.design.attitude_sensors import Gyro
from core.units import to_rad
from native import _core

__all__ = ["AmbiguousAttitude", "AttitudeFilter", "davenport", "quest", "triad"]

FloatArray = NDArray[np.float64]

_LEAST_SINE: Final = 1.0e-6  # between directions, and between the two largest eigenvalues as a share of the weights
_NEWTON_STEPS: Final = 20
# Half turns of the reference axes (x, y, z components flipped), and the quaternions that undo them.
_HALF_TURNS: Final = (
    (np.array([1.0, 1.0, 1.0]), np.array([1.0, 0.0, 0.0, 0.0])),
    (np.array([1.0, -1.0, -1.0]), np.array([0.0, 1.0, 0.0, 0.0])),
    (np.array([-1.0, 1.0, -1.0]), np.array([0.0, 0.0, 1.0, 0.0])),
    (np.array([-1.0, -1.0, 1.0]), np.array([0.0, 0.0, 0.0, 1.0])),
)


class AmbiguousAttitude(PhysicsError):
    """The directions lie along one line: the turn about it is not determined."""

    default_code = "ambiguous-attitude"


def triad(
    first_body: FloatArray, second_body: FloatArray, first_gcrf: FloatArray, second_gcrf: FloatArray
) -> FloatArray:
    """Attitude (4,) from two directions (3,): the first is met exactly, the second as nearly as it can be.

    Raises:
        AmbiguousAttitude: The two directions are the same line.
    Source: Black (1964); Markley and Crassidis, section 5.1.
    """
    return quaternion_of(_triad_axes(first_body, second_body).T @ _triad_axes(first_gcrf, second_gcrf))


def davenport(body: FloatArray, gcrf: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Attitude (4,) of least weighted error from n directions (n, 3), by the eigenvector of Davenport's matrix.

    Raises:
        InputError: Shapes differ, a direction of length 0, or a weight that is negative.
        AmbiguousAttitude: All directions lie along one line.
    Source: Davenport (1968); Markley and Crassidis, section 5.3.1; agrees with SciPy's ``Rotation.align_vectors`` to
        1e-9 rad (test_davenport_and_quest_meet_scipys_solution).
    """
    matrix, total = _davenport_matrix(body, gcrf, weights)
    values, vectors = np.linalg.eigh(matrix)
    if values[-1] - values[-2] < _LEAST_SINE * total:
        raise AmbiguousAttitude(
            f"the {len(body)} directions leave the turn about one line open: eigenvalues differ by "
            f"{(values[-1] - values[-2]) / total:.1e} of the weights, at least {_LEAST_SINE:g} is needed"
        )
    q = vectors[:, -1]
    return np.asarray(q if q[0] >= 0.0 else -q, dtype=np.float64)


def quest(body: FloatArray, gcrf: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """The same by QUEST: the largest eigenvalue from its quartic, and half turns of the axes where QUEST is singular.

    Raises as :func:`davenport`. Source: Shuster and Oh, J. Guidance and Control 4 (1981) 70.
    """
    best, best_norm = np.zeros(4), -1.0
    for flip, undo in _HALF_TURNS:
        matrix, total = _davenport_matrix(body, gcrf * flip, weights)
        candidate = _quest_vector(matrix, total)
        length = float(np.linalg.norm(candidate))
        if length > best_norm:
            best, best_norm = multiply(candidate / length if length > 0.0 else candidate, undo), length
    if best_norm < _LEAST_SINE * total**3:
        raise AmbiguousAttitude(f"the {len(body)} directions leave the turn about one line open")
    return best if best[0] >= 0.0 else -best


class AttitudeFilter:
    """Attitude and gyro bias, updated with star trackers and directions: a multiplicative extended Kalman filter.

    Args:
        gyro: Noise of the gyro.
        q_body_gcrf: First guess (4,).
        attitude_rad: Its standard deviation about each axis.
        bias_rad_s: Standard deviation of the gyro bias; the gyro's own unless given.
    Source: Markley and Crassidis, section 6.2; the code that sensed flights run.
    """

    def __init__(
        self, gyro: Gyro, q_body_gcrf: FloatArray, attitude_rad: float, bias_rad_s: float | None = None
    ) -> None:
        walk = to_rad(gyro.angle_random_walk_deg_sqrt_h) / 60.0
        drift = to_rad(gyro.rate_random_walk_deg_h_sqrt_h) / 3600.0 / 60.0
        bias = to_rad(gyro.bias_deg_h) / 3600.0 if bias_rad_s is None else bias_rad_s
        self._native = _core.AttitudeFilter(np.array([walk, drift]), q_body_gcrf, attitude_rad, bias)

    def propagate(self, measured_rad_s: FloatArray, step_s: float) -> None:
        """One gyro reading (3,), the mean rate of a step."""
        self._native.propagate(measured_rad_s, step_s)

    def update(self, measured_q: FloatArray, boresight: FloatArray, noise_rad: float, roll_noise_rad: float) -> None:
        """An attitude (4,) from a star tracker: its noise across and about its boresight (3,)."""
        self._native.update(measured_q, boresight, roll_noise_rad, noise_rad)

    def update_direction(self, measured_body: FloatArray, known_gcrf: FloatArray, noise_rad: float) -> None:
        """A unit direction measured in body axes, and where it is in GCRF, each (3,)."""
        self._native.update_direction(measured_body, known_gcrf, noise_rad)

    @property
    def q_body_gcrf(self) -> FloatArray:
        """The estimate (4,)."""
        return self._native.q_body_gcrf

    @property
    def bias_rad_s(self) -> FloatArray:
        """Estimated gyro bias (3,)."""
        return self._native.bias_rad_s

    @property
    def covariance(self) -> FloatArray:
        """Of the attitude error in body axes, rad, and the bias, rad/s: (6, 6)."""
        return self._native.covariance

    def error_rad(self, q_true: FloatArray) -> FloatArray:
        """Rotation vector (3,) from the estimate to an attitude, body axes; small angles."""
        error = multiply(q_true, conjugate(self.q_body_gcrf))
        return np.asarray(2.0 * math.copysign(1.0, error[0]) * error[1:], dtype=np.float64)


def _triad_axes(first: FloatArray, second: FloatArray) -> FloatArray:
    """Rows: the first direction, the normal of both, and what completes them."""
    across = np.cross(first, second)
    sine = np.linalg.norm(across) / (np.linalg.norm(first) * np.linalg.norm(second))
    if not sine > _LEAST_SINE:
        raise AmbiguousAttitude(
            f"the two directions have an angle with sine {sine:.1e}; more than {_LEAST_SINE:g} is needed"
        )
    one, two = first / np.linalg.norm(first), across / np.linalg.norm(across)
    return np.stack([one, two, np.cross(one, two)])


def _davenport_matrix(body: FloatArray, gcrf: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, float]:
    if np.ndim(body) != 2 or np.shape(body) != np.shape(gcrf) or np.shape(body)[1] != 3:
        raise InputError("directions", f"body {np.shape(body)} and gcrf {np.shape(gcrf)} must both have shape (n, 3)")
    weight = np.ones(len(body)) if weights is None else np.asarray(weights, dtype=np.float64)
    lengths = np.linalg.norm(body, axis=1) * np.linalg.norm(gcrf, axis=1)
    if weight.shape != (len(body),) or (weight < 0.0).any() or not (lengths > 0.0).all() or not weight.sum() > 0.0:
        raise InputError("directions", "weights must be one for each direction and not negative, directions not zero")
    profile = np.einsum("n,ni,nj->ij", weight / lengths, body, gcrf)
    z = np.array([profile[1, 2] - profile[2, 1], profile[2, 0] - profile[0, 2], profile[0, 1] - profile[1, 0]])
    trace = float(np.trace(profile))
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[0, 1:], matrix[1:, 0] = trace, z, z
    matrix[1:, 1:] = profile + profile.T - trace * np.eye(3)
    return matrix, float(weight.sum())


def _quest_vector(matrix: FloatArray, total: float) -> FloatArray:
    """Quaternion of any length; symbols as in Shuster and Oh, eq. 63 to 71."""
    sigma, z = float(matrix[0, 0]), matrix[0, 1:]
    s = matrix[1:, 1:] + sigma * np.eye(3)
    delta = float(np.linalg.det(s))
    kappa = 0.5 * (float(np.trace(s)) ** 2 - float(np.trace(s @ s)))
    a, b = sigma**2 - kappa, sigma**2 + float(z @ z)
    c, d = delta + float(z @ s @ z), float(z @ s @ s @ z)
    largest = total
    for _ in range(_NEWTON_STEPS):
        value = largest**4 - (a + b) * largest**2 - c * largest + (a * b + c * sigma - d)
        slope = 4.0 * largest**3 - 2.0 * (a + b) * largest - c
        if slope == 0.0 or abs(value / slope) < 1.0e-15 * total:
            break
        largest -= value / slope
    alpha, beta = largest**2 - sigma**2 + kappa, largest - sigma
    x = (alpha * np.eye(3) + beta * s + s @ s) @ z
    return np.array([(largest + sigma) * alpha - delta, *x])
