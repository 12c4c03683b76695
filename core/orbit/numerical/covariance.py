"""How uncertainty grows along an orbit: covariance through the state transition matrix, with process noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.frames import dcm_rtn_from_gcrf
from core.orbit.numerical.cartesian import CartesianState
from core.orbit.numerical.forces import EnvironmentData, ForceModel, SpacecraftProperties
from core.orbit.numerical.integration import Integration
from core.orbit.numerical.propagate import Propagation, propagate

__all__ = ["CovarianceHistory", "covariance_in_rtn", "propagate_covariance"]

FloatArray = NDArray[np.float64]
_NOISE_GRID_S: Final = 60.0  # over which white acceleration noise keeps its direction: 4 degrees of a low orbit


@dataclass(frozen=True)
class CovarianceHistory:
    """The flight and its covariance (n, 6, 6) in GCRF, m and m/s."""

    propagation: Propagation
    covariance_gcrf: FloatArray

    @property
    def covariance_rtn(self) -> FloatArray:
        """The same in RTN axes at each epoch, shape (n, 6, 6)."""
        return covariance_in_rtn(self.covariance_gcrf, self.propagation.r_gcrf_m, self.propagation.v_gcrf_m_s)


def propagate_covariance(
    state: CartesianState,
    covariance_gcrf: FloatArray,
    epochs_tai_s: FloatArray,
    craft: SpacecraftProperties,
    forces: ForceModel | None = None,
    *,
    drag_coefficient_sigma: float = 0.0,
    radiation_coefficient_sigma: float = 0.0,
    acceleration_noise_rtn_m2_s3: tuple[float, float, float] | None = None,
    integration: Integration | None = None,
    data: EnvironmentData | None = None,
) -> CovarianceHistory:
    """Linear covariance at epochs, shape (n,), that ascend from the state.

    Args:
        covariance_gcrf: Of position and velocity at the start, shape (6, 6), m and m/s.
        drag_coefficient_sigma: Standard deviation of the drag coefficient; constant over the flight.
        radiation_coefficient_sigma: The same of the radiation coefficient.
        acceleration_noise_rtn_m2_s3: Power density of white noise along radial, transverse, normal.
    Raises:
        InputError: The covariance is not symmetric or has a negative eigenvalue. Others as :func:`propagate`.
    Source: Montenbruck and Gill, Satellite Orbits, section 7.1; process noise as in Tapley, Schutz and Born,
        Statistical Orbit Determination, section 4.9. Agrees with Monte Carlo (test_covariance).
    """
    start = _checked(covariance_gcrf)
    epochs = np.atleast_1d(np.asarray(epochs_tai_s, dtype=np.float64))
    noise = acceleration_noise_rtn_m2_s3
    grid = epochs if noise is None else _grid(state.t_tai_s, epochs)
    flight = propagate(state, grid, craft, forces, integration=integration, sensitivities=True, data=data)
    assert flight.transition is not None
    assert flight.by_drag_coefficient is not None and flight.by_radiation_coefficient is not None
    at = np.searchsorted(grid, epochs)
    transition = flight.transition[at]
    covariance = transition @ start @ np.swapaxes(transition, 1, 2)
    for sensitivity, sigma in (
        (flight.by_drag_coefficient, drag_coefficient_sigma),
        (flight.by_radiation_coefficient, radiation_coefficient_sigma),
    ):
        covariance = covariance + sigma**2 * np.einsum("ni,nj->nij", sensitivity[at], sensitivity[at])
    if noise is not None:
        covariance = covariance + _noise(state, flight, np.asarray(noise))[at]
    return CovarianceHistory(_picked(flight, at), covariance)


def covariance_in_rtn(covariance_gcrf: FloatArray, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> FloatArray:
    """Covariances (n, 6, 6) turned from GCRF into RTN axes that do not turn with the orbit (as in a CCSDS CDM)."""
    dcm = dcm_rtn_from_gcrf(r_gcrf_m, v_gcrf_m_s)
    turn = np.zeros((len(dcm), 6, 6))
    turn[:, :3, :3] = turn[:, 3:, 3:] = dcm
    turned: FloatArray = turn @ covariance_gcrf @ np.swapaxes(turn, 1, 2)
    return turned


def _checked(covariance: FloatArray) -> FloatArray:
    p = np.asarray(covariance, dtype=np.float64)
    if p.shape != (6, 6) or not np.isfinite(p).all() or not np.allclose(p, p.T, rtol=1e-9, atol=0.0):
        raise InputError("covariance", "must be a finite symmetric matrix of shape (6, 6)")
    scale = np.sqrt(np.maximum(np.diag(p), 0.0))
    scale[scale == 0.0] = 1.0
    smallest = float(np.linalg.eigvalsh(p / np.outer(scale, scale))[0])
    if smallest < -1e-9:
        raise InputError("covariance", f"its correlation matrix has a negative eigenvalue {smallest:.3g}")
    return p


def _grid(start_tai_s: float, epochs: FloatArray) -> FloatArray:
    """The epochs with instants between them that are at most a noise step apart."""
    if (np.diff(np.concatenate([[start_tai_s], epochs])) < 0.0).any():
        raise InputError("epochs_tai_s", "process noise needs epochs that ascend from the state")
    between = np.arange(start_tai_s + _NOISE_GRID_S, float(epochs[-1]), _NOISE_GRID_S)
    return np.unique(np.concatenate([between, epochs]))


def _noise(state: CartesianState, flight: Propagation, density_m2_s3: FloatArray) -> FloatArray:
    """Covariance from white acceleration noise at each epoch of a flight."""
    assert flight.transition is not None
    dcm = dcm_rtn_from_gcrf(flight.r_gcrf_m, flight.v_gcrf_m_s)
    power = np.einsum("nij,i,nik->njk", dcm, density_m2_s3, dcm)
    dt_s = np.diff(np.concatenate([[state.t_tai_s], flight.t_tai_s]))
    out = np.zeros((len(dt_s), 6, 6))
    before, transition_before = np.zeros((6, 6)), np.eye(6)
    for k, dt in enumerate(dt_s):
        step = flight.transition[k] @ np.linalg.inv(transition_before)
        added = np.block([[power[k] * dt**3 / 3.0, power[k] * dt**2 / 2.0], [power[k] * dt**2 / 2.0, power[k] * dt]])
        before = step @ before @ step.T + added
        out[k], transition_before = before, flight.transition[k]
    return out


def _picked(flight: Propagation, at: NDArray[np.intp]) -> Propagation:
    """The flight at some of its epochs."""
    assert flight.transition is not None
    assert flight.by_drag_coefficient is not None and flight.by_radiation_coefficient is not None
    return Propagation(
        t_tai_s=flight.t_tai_s[at],
        r_gcrf_m=flight.r_gcrf_m[at],
        v_gcrf_m_s=flight.v_gcrf_m_s[at],
        mass_kg=flight.mass_kg[at],
        end=flight.end,
        end_mass_kg=flight.end_mass_kg,
        stopped=flight.stopped,
        sightings=flight.sightings,
        models=flight.models,
        transition=flight.transition[at],
        by_drag_coefficient=flight.by_drag_coefficient[at],
        by_radiation_coefficient=flight.by_radiation_coefficient[at],
    )
