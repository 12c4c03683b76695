"""The state transition matrix beside finite differences, covariance beside Monte Carlo, many flights beside single ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import InputError
from core.orbit.numerical import (
    Atmosphere,
    Burn,
    CartesianState,
    CaseEnd,
    ForceModel,
    Impulse,
    Integration,
    SpacecraftProperties,
    covariance_in_rtn,
    propagate,
    propagate_covariance,
    propagate_many,
)

FloatArray = NDArray[np.float64]
TIGHT = Integration.verner98(1e-9)


def end_of(
    state: CartesianState, craft: SpacecraftProperties, forces: ForceModel, after_s: float, **more: object
) -> FloatArray:
    flown = propagate(
        state,
        np.array([state.t_tai_s + after_s]),
        craft,
        forces,
        integration=TIGHT,
        **more,  # type: ignore[arg-type]
    )
    return np.concatenate([flown.r_gcrf_m[0], flown.v_gcrf_m_s[0]])


def moved(state: CartesianState, column: int, by: float) -> CartesianState:
    r, v = state.r_gcrf_m.copy(), state.v_gcrf_m_s.copy()
    (r if column < 3 else v)[column % 3] += by
    return CartesianState(state.t_tai_s, r, v)


@pytest.mark.parametrize("case", ["field", "all", "maneuvers"])
def test_the_transition_matrix_is_the_derivative_of_the_flight(
    low_orbit: CartesianState, craft: SpacecraftProperties, case: str
) -> None:
    """Central differences over three hours; 2e-6 of the largest elements, which rounding of the ends leaves.

    The edge of the shadow moves with the orbit, which the variational equations leave out: hence no light but in "all",
    where the tolerance is that of its share.
    """
    forces = {
        "field": ForceModel(degree=12, order=12, radiation=False, atmosphere=Atmosphere.NONE),
        "all": ForceModel(degree=12, order=12),
        "maneuvers": ForceModel.conservative(6),
    }[case]
    t = low_orbit.t_tai_s
    maneuvers = ()
    if case == "maneuvers":
        maneuvers = (
            Burn(t + 600.0, t + 1_200.0, 5.0, 220.0, (0.1, 1.0, -0.3)),
            Impulse(t + 3_000.0, (0.5, 2.0, 1.0)),
        )
    after_s = 10_800.0
    flown = propagate(
        low_orbit, np.array([t + after_s]), craft, forces, integration=TIGHT, sensitivities=True, maneuvers=maneuvers
    )
    assert flown.transition is not None
    for column in range(6):
        step = 10.0 if column < 3 else 0.01
        ends = [
            end_of(moved(low_orbit, column, sign * step), craft, forces, after_s, maneuvers=maneuvers)
            for sign in (1, -1)
        ]
        difference = (ends[0] - ends[1]) / (2.0 * step)
        for rows in (slice(0, 3), slice(3, 6)):
            scale = np.abs(flown.transition[0, rows, column]).max()
            tolerance = 2e-4 if case == "all" else 2e-6
            np.testing.assert_allclose(flown.transition[0, rows, column], difference[rows], atol=tolerance * scale)


def test_sensitivity_to_the_coefficients_is_the_derivative(
    low_orbit: CartesianState, craft: SpacecraftProperties
) -> None:
    after_s = 21_600.0
    flown = propagate(
        low_orbit, np.array([low_orbit.t_tai_s + after_s]), craft, ForceModel(), integration=TIGHT, sensitivities=True
    )
    assert flown.by_drag_coefficient is not None and flown.by_radiation_coefficient is not None
    for found, name in (
        (flown.by_drag_coefficient, "drag_coefficient"),
        (flown.by_radiation_coefficient, "radiation_coefficient"),
    ):
        value = getattr(craft, name)
        ends = [end_of(low_orbit, replace(craft, **{name: value + d}), ForceModel(), after_s) for d in (0.05, -0.05)]
        difference = (ends[0] - ends[1]) / 0.1
        np.testing.assert_allclose(found[0, :3], difference[:3], atol=1e-3 * np.abs(difference[:3]).max())


def test_the_transition_of_a_conservative_field_keeps_volume(
    low_orbit: CartesianState, craft: SpacecraftProperties
) -> None:
    """Liouville: the determinant is 1; and the map is symplectic."""
    flown = propagate(
        low_orbit,
        np.array([low_orbit.t_tai_s + 43_200.0]),
        craft,
        ForceModel.conservative(20),
        integration=TIGHT,
        sensitivities=True,
    )
    assert flown.transition is not None
    phi = flown.transition[0]
    j = np.block([[np.zeros((3, 3)), np.eye(3)], [-np.eye(3), np.zeros((3, 3))]])
    scale = np.abs(phi).max() ** 2
    assert np.abs(phi.T @ j @ phi - j).max() < 1e-9 * scale
    assert np.linalg.det(phi) == pytest.approx(1.0, abs=1e-5)


def test_covariance_is_that_of_many_flights(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    """400 flights over four hours: standard deviations within 4 sigma of their own scatter (5 / sqrt(2 * 400) is 14 %)."""
    rng = np.random.default_rng(3)
    start = np.diag([25.0, 100.0, 25.0, 1e-4, 1e-4, 1e-4])
    epochs = np.array([low_orbit.t_tai_s + 14_400.0])
    linear = propagate_covariance(low_orbit, start, epochs, craft, drag_coefficient_sigma=0.2)
    nominal = np.concatenate([low_orbit.r_gcrf_m, low_orbit.v_gcrf_m_s])
    cases = nominal + rng.multivariate_normal(np.zeros(6), start, size=400)
    many = propagate_many(
        low_orbit.t_tai_s, cases, epochs, craft, drag_coefficient=rng.normal(2.2, 0.2, 400), threads=2
    )
    assert set(many.ends) == {CaseEnd.COMPLETE}
    states = np.concatenate([many.r_gcrf_m[:, 0], many.v_gcrf_m_s[:, 0]], axis=1)
    sampled = covariance_in_rtn(
        np.cov(states.T)[np.newaxis], linear.propagation.r_gcrf_m, linear.propagation.v_gcrf_m_s
    )
    ratio = np.sqrt(np.diag(sampled[0]) / np.diag(linear.covariance_rtn[0]))
    assert np.abs(ratio - 1.0).max() < 0.15


def test_noise_grows_as_white_acceleration_does(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    """Over 100 s the orbit hardly turns: q t^3 / 3 and q t along each axis, to 2 %; and the noise only adds."""
    q = (1e-9, 4e-9, 9e-9)
    epochs = low_orbit.t_tai_s + np.array([100.0])
    history = propagate_covariance(
        low_orbit, np.zeros((6, 6)), epochs, craft, ForceModel.conservative(2), acceleration_noise_rtn_m2_s3=q
    )
    np.testing.assert_allclose(np.diag(history.covariance_rtn[0])[:3], np.array(q) * 100.0**3 / 3.0, rtol=0.04)
    np.testing.assert_allclose(np.diag(history.covariance_rtn[0])[3:], np.array(q) * 100.0, rtol=0.04)


def test_a_matrix_that_is_no_covariance_is_refused(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    epochs = np.array([low_orbit.t_tai_s + 60.0])
    for wrong in (np.diag([1.0, 1.0, 1.0, 1.0, 1.0, -1.0]), np.eye(5), np.triu(np.ones((6, 6)))):
        with pytest.raises(InputError, match="covariance"):
            propagate_covariance(low_orbit, wrong, epochs, craft)


def test_many_flights_are_the_single_ones_on_any_number_of_threads(
    low_orbit: CartesianState, craft: SpacecraftProperties
) -> None:
    nominal = np.concatenate([low_orbit.r_gcrf_m, low_orbit.v_gcrf_m_s])
    cases = nominal + np.random.default_rng(5).normal(size=(5, 6)) * [10.0, 10.0, 10.0, 0.01, 0.01, 0.01]
    epochs = low_orbit.t_tai_s + np.array([600.0, 7_200.0])
    mass = np.linspace(50.0, 150.0, 5)
    one, two = (propagate_many(low_orbit.t_tai_s, cases, epochs, craft, mass_kg=mass, threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one.r_gcrf_m, two.r_gcrf_m)
    for k, case in enumerate(cases):
        state = CartesianState(low_orbit.t_tai_s, case[:3], case[3:])
        single = propagate(state, epochs, replace(craft, mass_kg=float(mass[k])), integration=one.integration)
        np.testing.assert_array_equal(single.r_gcrf_m, one.r_gcrf_m[k])


def test_a_flight_that_reenters_does_not_end_the_others(low_orbit: CartesianState, craft: SpacecraftProperties) -> None:
    good = np.concatenate([low_orbit.r_gcrf_m, low_orbit.v_gcrf_m_s])
    falling = np.concatenate([low_orbit.r_gcrf_m, 0.9 * low_orbit.v_gcrf_m_s])
    nowhere = np.concatenate([np.zeros(3), low_orbit.v_gcrf_m_s])
    many = propagate_many(
        low_orbit.t_tai_s, np.array([good, falling, nowhere]), np.array([low_orbit.t_tai_s + 5_400.0]), craft
    )
    assert many.ends == (CaseEnd.COMPLETE, CaseEnd.REENTERED, CaseEnd.FAILED)
    assert np.isfinite(many.r_gcrf_m[0]).all()
    assert np.isnan(many.r_gcrf_m[1:]).all()
