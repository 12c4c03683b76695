"""The quaternion convention beside SciPy's rotations."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from core.attitude.quaternion import (
    conjugate,
    from_rotation_vector,
    into_body,
    matrix_of,
    multiply,
    out_of_body,
    quaternion_of,
    rotation_angle_rad,
)

turns = st.tuples(*[st.floats(-1.8, 1.8)] * 3).map(np.array)


@settings(max_examples=40, deadline=None)
@given(turns, turns)
def test_products_and_matrices_compose_as_scipys(a: np.ndarray, b: np.ndarray) -> None:
    """SciPy turns vectors where we turn axes: its matrix is the transpose of ours."""
    first, second = from_rotation_vector(a), from_rotation_vector(b)
    one, two = Rotation.from_rotvec(a).as_matrix().T, Rotation.from_rotvec(b).as_matrix().T
    np.testing.assert_allclose(matrix_of(first), one, atol=1e-12)
    np.testing.assert_allclose(matrix_of(multiply(second, first)), two @ one, atol=1e-12)
    np.testing.assert_allclose(abs(quaternion_of(one) @ first), 1.0, atol=1e-12)
    np.testing.assert_allclose(rotation_angle_rad(first), Rotation.from_rotvec(a).magnitude(), atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(turns, turns)
def test_into_body_and_back_is_nothing(a: np.ndarray, vector: np.ndarray) -> None:
    q = from_rotation_vector(a)
    np.testing.assert_allclose(out_of_body(q, into_body(q, vector)), vector, atol=1e-12)
    np.testing.assert_allclose(multiply(q, conjugate(q)), [1.0, 0.0, 0.0, 0.0], atol=1e-12)
