"""Attitude from directions beside SciPy's solution of Wahba's problem; the filter's errors beside its covariance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from core.attitude.determination import AmbiguousAttitude, AttitudeFilter, davenport, quest, triad
from core.attitude.quaternion import conjugate, from_rotation_vector, into_body, matrix_of, multiply, rotation_angle_rad
from core.errors import InputError
from core.mission import reference_mission

turns = st.tuples(*[st.floats(-3.0, 3.0)] * 3).map(np.array)


def _noisy(q: np.ndarray, count: int, sigma_rad: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    gcrf = generator.normal(size=(count, 3))
    gcrf /= np.linalg.norm(gcrf, axis=1)[:, np.newaxis]
    body = into_body(q, gcrf) + generator.normal(scale=sigma_rad, size=(count, 3))
    body /= np.linalg.norm(body, axis=1)[:, np.newaxis]
    return body, gcrf, generator.uniform(0.1, 3.0, count)


@settings(max_examples=40, deadline=None)
@given(turns, st.integers(2, 8), st.sampled_from([0.0, 1e-4, 0.05]), st.integers(0, 99))
def test_davenport_and_quest_meet_scipys_solution(phi: np.ndarray, count: int, sigma_rad: float, seed: int) -> None:
    body, gcrf, weights = _noisy(from_rotation_vector(phi), count, sigma_rad, seed)
    reference = Rotation.align_vectors(body, gcrf, weights=weights)[0].as_matrix()
    for solved in (davenport(body, gcrf, weights), quest(body, gcrf, weights)):
        assert float(Rotation.from_matrix(matrix_of(solved) @ reference.T).magnitude()) < 1e-7


def test_half_turns_where_quest_alone_is_singular_are_solved() -> None:
    for axis in np.eye(3):
        q = np.array([0.0, *axis])
        body, gcrf, weights = _noisy(q, 4, 0.0, 3)
        assert float(rotation_angle_rad(multiply(quest(body, gcrf, weights), conjugate(q)))) < 1e-7


@settings(max_examples=20, deadline=None)
@given(turns, st.integers(0, 99))
def test_triad_meets_the_first_direction_and_the_plane_of_both(phi: np.ndarray, seed: int) -> None:
    body, gcrf, _ = _noisy(from_rotation_vector(phi), 2, 0.01, seed)
    q = triad(body[0], body[1], gcrf[0], gcrf[1])
    np.testing.assert_allclose(into_body(q, gcrf[0]), body[0], atol=1e-9)
    across = np.cross(body[0], body[1])
    assert abs(float(into_body(q, gcrf[1]) @ across)) < 1e-9


def test_directions_along_one_line_are_refused() -> None:
    line = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    with pytest.raises(AmbiguousAttitude, match="leave the turn about one line open"):
        davenport(line, line)
    with pytest.raises(AmbiguousAttitude, match="leave the turn about one line open"):
        quest(line, line)
    with pytest.raises(AmbiguousAttitude, match="sine"):
        triad(line[0], line[1], line[0], line[1])
    with pytest.raises(InputError, match="weights"):
        davenport(np.eye(3), np.eye(3), np.array([1.0, -1.0, 1.0]))
    with pytest.raises(InputError, match="shape"):
        quest(np.eye(3), np.eye(3)[:2])


def _filtered(seed: int, duration_s: float) -> tuple[AttitudeFilter, np.ndarray, np.ndarray]:
    """A turning spacecraft with gyro and one star tracker; the filter, the true attitude and the true bias."""
    generator = np.random.default_rng(seed)
    design = reference_mission().bus_of("LSAT-1").attitude
    assert design is not None and design.gyro is not None
    gyro, tracker = design.gyro, design.star_trackers[0]
    noise, roll = (np.radians(x / 3600.0) for x in (tracker.noise_arcsec, tracker.roll_noise_arcsec))
    boresight, step_s = np.array(tracker.boresight), 1.0
    walk, drift = (
        np.radians(gyro.angle_random_walk_deg_sqrt_h) / 60.0,
        np.radians(gyro.rate_random_walk_deg_h_sqrt_h) / 216e3,
    )
    bias = generator.normal(scale=np.radians(gyro.bias_deg_h) / 3600.0, size=3)
    q = np.array([1.0, 0.0, 0.0, 0.0])
    estimate = AttitudeFilter(gyro, multiply(from_rotation_vector(generator.normal(scale=0.01, size=3)), q), 0.01)
    omega = np.array([0.0, -1.1e-3, 2e-4])
    for _ in range(int(duration_s / step_s)):
        q = multiply(from_rotation_vector(omega * step_s), q)
        bias = bias + generator.normal(scale=drift * math.sqrt(step_s), size=3)
        estimate.propagate(omega + bias + generator.normal(scale=walk / math.sqrt(step_s), size=3), step_s)
        across = generator.normal(scale=noise, size=3)
        across += boresight * (roll * generator.normal() - across @ boresight)
        estimate.update(multiply(from_rotation_vector(across), q), boresight, noise, roll)
    return estimate, q, bias


def test_the_filters_errors_are_as_large_as_its_covariance_says() -> None:
    """Normalised estimation error squared of attitude and bias over 24 runs: chi-square with 144 degrees of freedom,
    99.9 % between 95 and 203."""
    total = 0.0
    for seed in range(24):
        estimate, q, bias = _filtered(seed, 200.0)
        error = np.concatenate([estimate.error_rad(q), bias - estimate.bias_rad_s])
        total += float(error @ np.linalg.solve(estimate.covariance, error))
    assert 95.0 < total < 203.0


def test_directions_alone_bring_the_filter_to_the_attitude() -> None:
    """Sun and magnetic field, as after the loss of the star trackers."""
    generator = np.random.default_rng(8)
    design = reference_mission().bus_of("LSAT-1").attitude
    assert design is not None and design.gyro is not None
    q = from_rotation_vector(np.array([0.4, -0.2, 0.1]))
    estimate = AttitudeFilter(design.gyro, multiply(from_rotation_vector(np.array([0.1, 0.1, -0.1])), q), 0.2)
    for k in range(400):
        estimate.propagate(np.zeros(3), 1.0)
        for known in (np.array([1.0, 0.0, 0.0]), np.array([0.0, math.sin(k / 50.0), math.cos(k / 50.0)])):
            measured = into_body(q, known) + generator.normal(scale=0.01, size=3)
            estimate.update_direction(measured / np.linalg.norm(measured), known, 0.01)
    error = estimate.error_rad(q)
    assert np.linalg.norm(error) < 4e-3
    assert (
        float(error @ np.linalg.solve(estimate.covariance[:3, :3], error)) < 16.3
    )  # 99.9 % of three degrees of freedom
