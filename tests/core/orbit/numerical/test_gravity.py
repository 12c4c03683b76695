"""Spherical harmonics beside a plain recursion, another program, and what every potential must obey."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import InputError
from core.orbit.numerical import GravityField, gravity_model
from native import _core

FloatArray = NDArray[np.float64]
AUTHORITIES = Path(__file__).resolve().parents[3] / "authorities" / "numerical_propagation"


def plain_sum(mu: float, radius: float, degree: int, rows: FloatArray, r: FloatArray) -> FloatArray:
    """Cunningham's recursion with unnormalised coefficients (Montenbruck and Gill, Satellite Orbits, section 3.2.4)."""
    c, s = np.zeros((degree + 1, degree + 1)), np.zeros((degree + 1, degree + 1))
    for n, m, cosine, sine in rows:
        n, m = int(n), int(m)
        if n <= degree:
            norm = math.sqrt((2 - (m == 0)) * (2 * n + 1) * math.factorial(n - m) / math.factorial(n + m))
            c[n, m], s[n, m] = cosine * norm, sine * norm
    c[0, 0] = 1.0
    x, y, z = r * radius / (r @ r)
    rho = radius * radius / (r @ r)
    v, w = np.zeros((degree + 2, degree + 2)), np.zeros((degree + 2, degree + 2))
    v[0, 0] = radius / math.sqrt(r @ r)
    for m in range(degree + 2):
        if m:
            v[m, m] = (2 * m - 1) * (x * v[m - 1, m - 1] - y * w[m - 1, m - 1])
            w[m, m] = (2 * m - 1) * (x * w[m - 1, m - 1] + y * v[m - 1, m - 1])
        for n in range(m + 1, degree + 2):
            back_v, back_w = (v[n - 2, m], w[n - 2, m]) if n - 2 >= m else (0.0, 0.0)
            v[n, m] = ((2 * n - 1) * z * v[n - 1, m] - (n + m - 1) * rho * back_v) / (n - m)
            w[n, m] = ((2 * n - 1) * z * w[n - 1, m] - (n + m - 1) * rho * back_w) / (n - m)
    a = np.zeros(3)
    for n in range(degree + 1):
        a += [-c[n, 0] * v[n + 1, 1], -c[n, 0] * w[n + 1, 1], -(n + 1) * c[n, 0] * v[n + 1, 0]]
        for m in range(1, n + 1):
            f = (n - m + 2) * (n - m + 1)
            cc, ss = c[n, m], s[n, m]
            up, down = (v[n + 1, m + 1], w[n + 1, m + 1]), (v[n + 1, m - 1], w[n + 1, m - 1])
            a[0] += 0.5 * (-cc * up[0] - ss * up[1] + f * (cc * down[0] + ss * down[1]))
            a[1] += 0.5 * (-cc * up[1] + ss * up[0] + f * (-cc * down[1] + ss * down[0]))
            a[2] += (n - m + 1) * (-cc * v[n + 1, m] - ss * w[n + 1, m])
    return a * mu / radius**2


def read_icgem(path: Path) -> FloatArray:
    lines = [line.replace("d", "e").split()[1:5] for line in path.read_text().splitlines() if line.startswith("gfc")]
    return np.array(lines, dtype=np.float64)


@pytest.mark.parametrize("degree", [2, 8, 9, 36, 70])
def test_acceleration_is_that_of_a_plain_sum(reference_data: Path, degree: int) -> None:
    """1e-13 m/s2: the rounding of sums of up to 2,500 terms."""
    rows = read_icgem(reference_data / "flight" / "brahe" / "gravity_models" / "EGM2008_120.gfc")
    model = gravity_model(GravityField.EGM2008, degree, degree)
    for r in np.array([[3.1e6, -4.2e6, 4.3e6], [-6.9e6, 1.0e5, -2.0e5], [1.0e5, 2.0e5, -6.7e6], [3.0e7, 2.0e7, 1.0e7]]):
        expected = plain_sum(3.986004415e14, 6378136.3, degree, rows, r)
        assert np.abs(model.acceleration_m_s2(r[np.newaxis])[0] - expected).max() < 1e-13


@pytest.mark.parametrize(("field", "file"), [("egm2008", "EGM2008_120"), ("jgm3", "JGM3")])
def test_shipped_coefficients_are_those_of_the_published_file(reference_data: Path, field: str, file: str) -> None:
    rows = read_icgem(reference_data / "flight" / "brahe" / "gravity_models" / f"{file}.gfc")
    degree = GravityField(field).max_degree
    own = _core.GravityModel(3.986004415e14, 6378136.3, degree, degree, rows[rows[:, 0] > 0])
    r = np.array([[2.1e6, 5.2e6, 3.9e6]])
    np.testing.assert_array_equal(
        own.acceleration_m_s2(r), gravity_model(GravityField(field), degree, degree).acceleration_m_s2(r)
    )


def test_acceleration_is_satkits() -> None:
    with (AUTHORITIES / "gravity.csv").open() as file:
        for name, degree, *numbers in csv.reader(line for line in file if not line.startswith("#")):
            r, a = np.array(numbers[:3], dtype=np.float64), np.array(numbers[3:], dtype=np.float64)
            model = gravity_model(GravityField(name), int(degree), int(degree))
            assert np.abs(model.acceleration_m_s2(r[np.newaxis])[0] - a).max() < 1e-12


def test_the_poles_are_places_like_any_other() -> None:
    """At the pole itself and one metre beside it the acceleration differs by the gradient times a metre."""
    model = gravity_model(GravityField.EGM2008, 120, 120)
    for z in (6.8e6, -6.8e6):
        at, beside = np.array([[0.0, 0.0, z]]), np.array([[1.0, 0.0, z]])
        moved = model.acceleration_m_s2(beside) - model.acceleration_m_s2(at)
        np.testing.assert_allclose(moved, model.gradient_s2(at)[:, :, 0], atol=1e-11)


@settings(max_examples=20, deadline=None)
@given(
    st.floats(-1.5, 1.5),
    st.floats(-3.1, 3.1),
    st.floats(6.5e6, 5.0e7),
    st.sampled_from([(2, 0), (20, 20), (50, 13), (120, 120)]),
)
def test_the_gradient_has_no_trace_and_is_the_derivative(
    latitude: float, longitude: float, radius: float, size: tuple[int, int]
) -> None:
    """Laplace's equation, and central differences over 20 m (1e-15 of the gradient's size are their rounding)."""
    model = gravity_model(GravityField.EGM2008, *size)
    r = radius * np.array(
        [math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)]
    )
    gradient = model.gradient_s2(r[np.newaxis])[0]
    scale = np.abs(gradient).max()
    assert abs(np.trace(gradient)) < 1e-13 * scale
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = 10.0
        ahead, behind = model.acceleration_m_s2(np.array([r + step, r - step]))
        np.testing.assert_allclose((ahead - behind) / 20.0, gradient[:, axis], atol=2e-9 * scale)
        up, down = model.potential_m2_s2(np.array([r + step, r - step]))
        assert (up - down) / 20.0 == pytest.approx(model.acceleration_m_s2(r[np.newaxis])[0, axis], abs=1e-8)


def test_an_order_cuts_the_sum() -> None:
    """A zonal field pulls toward its axis the same at every longitude."""
    model = gravity_model(GravityField.EGM2008, 30, 0)
    c, s = math.cos(2.0), math.sin(2.0)
    a, b = model.acceleration_m_s2(np.array([[5.0e6, 0.0, 4.8e6], [5.0e6 * c, 5.0e6 * s, 4.8e6]]))
    np.testing.assert_allclose([a[0], a[2]], [b[0] * c + b[1] * s, b[2]], rtol=1e-14)


@pytest.mark.parametrize(("degree", "order"), [(121, 0), (4, 5), (-1, 0)])
def test_a_degree_that_the_field_has_not_is_refused(degree: int, order: int) -> None:
    with pytest.raises(InputError, match="120"):
        gravity_model(GravityField.EGM2008, degree, order)
