"""Environment torques against their formulas, plate by plate in Python, and in sizes that textbooks give."""

from __future__ import annotations

import numpy as np
import pytest

from core.attitude import AttitudeEnvironment, environment_torques, inertia_kg_m2
from core.attitude.quaternion import from_rotation_vector, into_body, matrix_of
from core.mission.model import Bus

MU_M3_S2 = 3.986004418e14


def _attitudes(count: int) -> np.ndarray:
    generator = np.random.default_rng(4)
    return np.array([from_rotation_vector(generator.uniform(-2.0, 2.0, 3)) for _ in range(count)])


def test_torques_are_those_of_the_plates_one_by_one(bus: Bus, half_day: AttitudeEnvironment) -> None:
    """The readable reference: Wertz 1978, section 17.2, with one loop for each plate."""
    q = _attitudes(len(half_day.t_tai_s))
    torques = environment_torques(bus, half_day, q)
    design = bus.attitude
    assert design is not None
    inertia, centre = inertia_kg_m2(bus), np.array(design.centre_of_mass_m)
    for k in range(0, len(q), 97):
        turn = matrix_of(q[k])
        r, v = half_day.r_gcrf_m[k], half_day.v_gcrf_m_s[k]
        up = turn @ r / np.linalg.norm(r)
        gradient = 3.0 * MU_M3_S2 / np.linalg.norm(r) ** 3 * np.cross(up, inertia @ up)
        wind = turn @ (v - np.cross([0.0, 0.0, 7.292115e-5], r))
        sunward = turn @ (half_day.sun_gcrf_m[k] - r)
        distance, sun = np.linalg.norm(sunward), sunward / np.linalg.norm(sunward)
        axis = np.array(bus.solar_array.axis_body)
        array = sun - (sun @ axis) * axis
        array /= np.linalg.norm(array)
        air, light = np.zeros(3), np.zeros(3)
        pressure = 1361.0 / 299_792_458.0 * (149_597_870_700.0 / distance) ** 2 * half_day.illumination[k]
        for plate in design.plates:
            normal = array if plate.tracks_sun else np.array(plate.normal)
            arm, speed = np.array(plate.centre_m) - centre, np.linalg.norm(wind)
            ahead = normal @ wind / speed
            facing = abs(ahead) if plate.tracks_sun else max(0.0, ahead)
            push = -0.5 * half_day.density_kg_m3[k] * speed * bus.drag_coefficient * plate.area_m2 * facing
            air += np.cross(arm, push * wind)
            cosine = max(0.0, float(normal @ sun))
            reflected = 2.0 * (plate.specular * cosine + plate.diffuse / 3.0) * normal
            light += np.cross(arm, -pressure * plate.area_m2 * cosine * ((1.0 - plate.specular) * sun + reflected))
        magnetic = np.cross(design.residual_dipole_a_m2, turn @ half_day.field_gcrf_t[k])
        for ours, expected in (
            (torques.gravity_gradient_n_m, gradient),
            (torques.aerodynamic_n_m, air),
            (torques.solar_n_m, light),
            (torques.magnetic_n_m, magnetic),
        ):
            np.testing.assert_allclose(ours[k], expected, rtol=1e-9, atol=1e-16)


def test_the_gradient_vanishes_where_a_principal_axis_is_vertical(bus: Bus, half_day: AttitudeEnvironment) -> None:
    plain = bus.model_copy(update={"attitude": None})
    up = half_day.r_gcrf_m / np.linalg.norm(half_day.r_gcrf_m, axis=1)[:, np.newaxis]
    axis = np.cross([0.0, 0.0, 1.0], up)
    angle = np.arctan2(np.linalg.norm(axis, axis=1), up[:, 2])
    unit = axis / np.linalg.norm(axis, axis=1)[:, np.newaxis]
    q = np.array([from_rotation_vector(a * n) for a, n in zip(angle, unit, strict=True)])
    np.testing.assert_allclose(into_body(q, up), np.tile([0.0, 0.0, 1.0], (len(up), 1)), atol=1e-12)
    torques = environment_torques(plain, half_day, q)
    assert np.abs(torques.gravity_gradient_n_m).max() < 1e-18
    assert np.abs(torques.aerodynamic_n_m).max() == 0.0  # without surfaces nothing pushes


def test_the_torques_of_a_150_kg_satellite_at_500_km_have_their_usual_size(
    bus: Bus, half_day: AttitudeEnvironment
) -> None:
    """Each between 1e-7 and 1e-4 N m (Wertz and Larson, Space Mission Analysis and Design, table 11-9A)."""
    torques = environment_torques(bus, half_day, _attitudes(len(half_day.t_tai_s)))
    for one in (torques.gravity_gradient_n_m, torques.aerodynamic_n_m, torques.solar_n_m, torques.magnetic_n_m):
        assert 1e-7 < float(np.median(np.linalg.norm(one[half_day.illumination == 1.0], axis=1))) < 1e-4
    total = torques.gravity_gradient_n_m + torques.aerodynamic_n_m + torques.solar_n_m + torques.magnetic_n_m
    assert torques.total_n_m == pytest.approx(total)
