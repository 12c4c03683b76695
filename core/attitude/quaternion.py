"""Attitude quaternions: the one place that says their order and sense.

A quaternion is scalar first, ``(w, x, y, z)``. ``q_body_gcrf`` turns GCRF components into body components,
``v_body = matrix_of(q_body_gcrf) @ v_gcrf``, and products compose as matrices do:
``q_c_a = multiply(q_c_b, q_b_a)``. Rates ``omega_body_gcrf_rad_s`` are of the body relative to GCRF, in body axes.
Source: Markley and Crassidis, Fundamentals of Spacecraft Attitude Determination and Control (2014), section 2.7.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "conjugate",
    "from_rotation_vector",
    "into_body",
    "matrix_of",
    "multiply",
    "out_of_body",
    "quaternion_of",
    "rotation_angle_rad",
]

FloatArray = NDArray[np.float64]


def multiply(q_c_b: FloatArray, q_b_a: FloatArray) -> FloatArray:
    """The rotation from a to b, then from b to c; shapes (..., 4), broadcast."""
    w1, v1, w2, v2 = q_c_b[..., :1], q_c_b[..., 1:], q_b_a[..., :1], q_b_a[..., 1:]
    scalar = w1 * w2 - np.sum(v1 * v2, axis=-1, keepdims=True)
    return np.concatenate([scalar, w1 * v2 + w2 * v1 - np.cross(v1, v2)], axis=-1)


def conjugate(q: FloatArray) -> FloatArray:
    """The opposite rotation, shape (..., 4)."""
    return np.asarray(q * np.array([1.0, -1.0, -1.0, -1.0]), dtype=np.float64)


def matrix_of(q_body_gcrf: FloatArray) -> FloatArray:
    """Rotation matrices (..., 3, 3) of quaternions (..., 4)."""
    return np.stack([into_body(q_body_gcrf, np.eye(3)[k]) for k in range(3)], axis=-1)


def quaternion_of(dcm_body_gcrf: FloatArray) -> FloatArray:
    """The quaternion (4,) of a rotation matrix (3, 3), scalar part not negative (Shepperd 1978)."""
    m = dcm_body_gcrf
    trace = float(np.trace(m))
    rows = np.array(
        [
            [1.0 + trace, m[1, 2] - m[2, 1], m[2, 0] - m[0, 2], m[0, 1] - m[1, 0]],
            [m[1, 2] - m[2, 1], 1.0 + 2.0 * m[0, 0] - trace, m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]],
            [m[2, 0] - m[0, 2], m[0, 1] + m[1, 0], 1.0 + 2.0 * m[1, 1] - trace, m[1, 2] + m[2, 1]],
            [m[0, 1] - m[1, 0], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], 1.0 + 2.0 * m[2, 2] - trace],
        ]
    )
    row = rows[int(np.argmax(np.diag(rows)))]
    return np.asarray(np.copysign(1.0, row[0]) * row / np.linalg.norm(row), dtype=np.float64)


def from_rotation_vector(phi_rad: FloatArray) -> FloatArray:
    """The quaternion (4,) of a turn of the axes by ``|phi|`` about ``phi`` (3,)."""
    angle = float(np.linalg.norm(phi_rad))
    return np.array([np.cos(0.5 * angle), *(0.5 * np.sinc(0.5 * angle / np.pi) * phi_rad)])


def into_body(q_body_gcrf: FloatArray, vector_gcrf: FloatArray) -> FloatArray:
    """Body components (..., 3) of a vector given in GCRF."""
    w, v = q_body_gcrf[..., :1], q_body_gcrf[..., 1:]
    twice = 2.0 * np.cross(vector_gcrf, v)
    return np.asarray(vector_gcrf + w * twice + np.cross(twice, v), dtype=np.float64)


def out_of_body(q_body_gcrf: FloatArray, vector_body: FloatArray) -> FloatArray:
    """GCRF components (..., 3) of a vector given in body axes."""
    return into_body(conjugate(q_body_gcrf), vector_body)


def rotation_angle_rad(q: FloatArray) -> FloatArray:
    """Angle of the shorter rotation, 0 to pi, shape (...)."""
    return np.asarray(2.0 * np.arctan2(np.linalg.norm(q[..., 1:], axis=-1), np.abs(q[..., 0])), dtype=np.float64)
