"""Mean elements for SGP4 that follow a given ephemeris, by differential correction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, PhysicsError
from core.frames import dcm_gcrf_from_teme, rotate
from core.mission.model import MeanElements
from core.orbit.propagation import Ephemeris
from core.orbit.state import keplerian_from_cartesian
from core.time import tai_s_from_utc, utc_from_tai_s
from native import _core

__all__ = ["TleFit", "TleFitError", "fit_mean_elements", "mean_elements_through"]

FloatArray = NDArray[np.float64]

_SGP4_EPOCH_UTC: Final = datetime(1949, 12, 31, tzinfo=UTC)  # AIAA 2006-6753: days from 1949-12-31
_ROUNDS: Final = 40
_SETTLED: Final = 1e-3  # relative change of the sum of squares in a round
_EXACT_M: Final = 0.01  # far below what SGP4 can say of any orbit
_LEAST_STATES: Final = 3
_VELOCITY_WEIGHT_S: Final = 900.0  # about the time in which a low orbit turns by a radian
# Steps of the finite differences: mean motion (rad/min), eccentricity, inclination and node, longitude, BSTAR.
_NUDGES: Final = np.array([1e-9, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6])


class TleFitError(PhysicsError):
    """No mean elements near the ephemeris can be found."""

    default_code = "tle-fit"


@dataclass(frozen=True)
class TleFit:
    """Mean elements, and how far SGP4 then stays from the ephemeris, m.

    ``bstar_fitted`` is False where the arc is too short to tell drag, or the caller kept it fixed.
    """

    elements: MeanElements
    rms_m: float
    greatest_m: float
    rounds: int
    bstar_fitted: bool


def fit_mean_elements(
    ephemeris: Ephemeris, epoch_utc: datetime, *, bstar_per_earth_radius: float | None = None
) -> TleFit:
    """Mean elements at an epoch whose SGP4 positions are nearest to an ephemeris in the sense of least squares.

    The elements are varied in a form without singularities (mean motion, eccentricity vector, inclination vector, mean
    longitude), so circular and equatorial orbits need no care.

    Args:
        ephemeris: States in GCRF, at least three, near the epoch; a day or two tells drag.
        epoch_utc: Of the elements; best within the ephemeris.
        bstar_per_earth_radius: Drag term to keep; it is fitted unless given.
    Raises:
        InputError: Too few states.
        TleFitError: The orbit is not bound, retrograde equatorial, or the correction does not converge.
    Source: Vallado and Crawford, SGP4 Orbit Determination, AIAA 2008-6770.
    """
    if len(ephemeris.t_tai_s) < _LEAST_STATES:
        raise InputError("ephemeris", f"{len(ephemeris.t_tai_s)} states; at least {_LEAST_STATES} are needed")
    problem = _Problem(ephemeris, epoch_utc)
    fit_bstar = bstar_per_earth_radius is None
    parameters = problem.start(0.0 if bstar_per_earth_radius is None else bstar_per_earth_radius)
    free = 7 if fit_bstar else 6
    # The osculating start is kilometres off: six elements first, drag once they fit.
    parameters, rounds = problem.correct(parameters, 6)
    if fit_bstar:
        parameters, more = problem.correct(parameters, free)
        rounds += more
    apart_m = np.linalg.norm(problem.residuals(parameters[np.newaxis])[0].reshape(-1, 3), axis=1)
    return TleFit(
        elements=problem.elements(parameters),
        rms_m=float(np.sqrt(np.mean(apart_m**2))),
        greatest_m=float(apart_m.max()),
        rounds=rounds,
        bstar_fitted=fit_bstar,
    )


def mean_elements_through(state: Ephemeris, bstar_per_earth_radius: float) -> MeanElements:
    """Mean elements, at the epoch of one state, for which SGP4 gives this very position and velocity.

    Args:
        state: One state in GCRF.
        bstar_per_earth_radius: Drag term to keep: one state does not tell it.
    Raises:
        InputError: Not one state.
        TleFitError: The orbit is not bound, retrograde equatorial, or SGP4 has no such state.
    """
    if len(state.t_tai_s) != 1:
        raise InputError("state", f"{len(state.t_tai_s)} states; one is needed")
    problem = _Problem(state, utc_from_tai_s(float(state.t_tai_s[0])), velocity_weight_s=_VELOCITY_WEIGHT_S)
    parameters, _ = problem.correct(problem.start(bstar_per_earth_radius), 6)
    apart_m = float(np.linalg.norm(problem.residuals(parameters[np.newaxis])[0]))
    if apart_m > _EXACT_M:
        raise TleFitError(f"SGP4 comes no nearer than {apart_m:.2f} m to the state", apart_m=apart_m)
    return problem.elements(parameters)


class _Problem:
    """The ephemeris in TEME, and SGP4 of parameters (n, 7) beside it.

    With a ``velocity_weight_s`` velocities count too, each m/s as so many metres.
    """

    def __init__(self, ephemeris: Ephemeris, epoch_utc: datetime, velocity_weight_s: float | None = None) -> None:
        self._velocity_weight_s = velocity_weight_s
        self._epoch_utc = epoch_utc.astimezone(UTC)
        self._epoch_days = (self._epoch_utc - _SGP4_EPOCH_UTC).total_seconds() / 86_400.0
        t = np.asarray(ephemeris.t_tai_s, dtype=np.float64)
        self._minutes = (t - tai_s_from_utc(self._epoch_utc)) / 60.0
        turn = dcm_gcrf_from_teme(t).transpose(0, 2, 1)
        self._r_m = rotate(turn, ephemeris.r_gcrf_m)
        self._v_m_s = rotate(turn, ephemeris.v_gcrf_m_s)

    def start(self, bstar: float) -> FloatArray:
        """Osculating elements of the state nearest to the epoch, moved to it."""
        k = int(np.argmin(np.abs(self._minutes)))
        kepler = keplerian_from_cartesian(self._r_m[k], self._v_m_s[k])
        if not (kepler.semi_major_axis_m > 0.0 and kepler.eccentricity < 1.0):
            raise TleFitError("the ephemeris is not that of a bound orbit")
        if kepler.inclination_rad > math.radians(179.5):
            raise TleFitError("a retrograde equatorial orbit has no inclination vector")
        e, half = kepler.eccentricity, 0.5 * kepler.true_anomaly_rad
        eccentric = 2.0 * math.atan2(math.sqrt(1.0 - e) * math.sin(half), math.sqrt(1.0 + e) * math.cos(half))
        motion = 60.0 * math.sqrt(3.986008e14 / kepler.semi_major_axis_m**3)  # WGS 72, as SGP4
        perigee = kepler.argument_of_perigee_rad + kepler.raan_rad
        tilt = math.tan(0.5 * kepler.inclination_rad)
        longitude = perigee + eccentric - e * math.sin(eccentric) - motion * float(self._minutes[k])
        return np.array(
            [
                motion,
                e * math.cos(perigee),
                e * math.sin(perigee),
                tilt * math.cos(kepler.raan_rad),
                tilt * math.sin(kepler.raan_rad),
                longitude,
                bstar,
            ]
        )

    def residuals(self, parameters: FloatArray) -> FloatArray:
        """Differences, m, (n, 3 or 6 times the states), SGP4 less ephemeris; infinite where SGP4 gives none."""
        motion, ex, ey, p, q, longitude, bstar = parameters.T
        raan, perigee = np.arctan2(q, p), np.arctan2(ey, ex)
        inclination = 2.0 * np.arctan(np.hypot(p, q))
        rows = np.stack(
            [
                np.full(len(parameters), self._epoch_days),
                motion,
                np.hypot(ex, ey),
                inclination,
                raan,
                perigee - raan,
                longitude - perigee,
                bstar,
            ],
            axis=-1,
        )
        r_m, v_m_s, codes = _core.Sgp4Batch(rows).propagate(np.repeat(self._minutes[np.newaxis], len(rows), axis=0))
        apart = r_m - self._r_m
        if self._velocity_weight_s is not None:
            apart = np.concatenate([apart, self._velocity_weight_s * (v_m_s - self._v_m_s)], axis=-1)
        apart = np.where((codes == 0)[..., np.newaxis], apart, np.inf)
        flat: FloatArray = apart.reshape(len(rows), -1)
        return flat

    def correct(self, parameters: FloatArray, free: int) -> tuple[FloatArray, int]:
        """Levenberg's method on the first parameters; how many rounds it took."""
        miss = self.residuals(parameters[np.newaxis])[0]
        if not np.isfinite(miss).all():
            raise TleFitError("SGP4 cannot fly the osculating elements over the ephemeris")
        damping, cost = 1e-6, float(miss @ miss)
        for rounds in range(1, _ROUNDS + 1):
            nudges = np.diag(_NUDGES)[:free]
            sides = self.residuals(parameters + np.concatenate([nudges, -nudges]))
            slopes = ((sides[:free] - sides[free:]) / (2.0 * _NUDGES[:free, np.newaxis])).T
            if not np.isfinite(slopes).all():
                raise TleFitError("SGP4 fails beside the elements that fit best")
            sizes = np.maximum(np.linalg.norm(slopes, axis=0), 1e-300)
            before = cost
            for _ in range(12):
                system = np.concatenate([slopes / sizes, math.sqrt(damping) * np.eye(free)])
                step = np.linalg.lstsq(system, np.concatenate([-miss, np.zeros(free)]), rcond=None)[0] / sizes
                tried = parameters + np.pad(step, (0, 7 - free))
                new = self.residuals(tried[np.newaxis])[0] if tried[0] > 0.0 else np.full_like(miss, np.inf)
                if np.isfinite(new).all() and float(new @ new) <= cost:
                    parameters, miss, cost = tried, new, float(new @ new)
                    damping = max(damping * 0.1, 1e-12)
                    break
                damping *= 10.0
            if before - cost <= _SETTLED * before or cost <= _EXACT_M**2 * len(self._minutes):
                return parameters, rounds
        raise TleFitError(f"the correction did not settle in {_ROUNDS} rounds", rounds=_ROUNDS)

    def elements(self, parameters: FloatArray) -> MeanElements:
        """The parameters as mean elements."""
        motion, ex, ey, p, q, longitude, bstar = (float(one) for one in parameters)
        raan, perigee = math.atan2(q, p), math.atan2(ey, ex)

        def degrees(angle_rad: float) -> float:
            turned = math.degrees(angle_rad) % 360.0
            return turned if turned < 360.0 else 0.0

        return MeanElements(
            epoch_utc=self._epoch_utc,
            mean_motion_rev_day=motion * 1440.0 / (2.0 * math.pi),
            eccentricity=math.hypot(ex, ey),
            inclination_deg=math.degrees(2.0 * math.atan(math.hypot(p, q))),
            raan_deg=degrees(raan),
            argument_of_perigee_deg=degrees(perigee - raan),
            mean_anomaly_deg=degrees(longitude - perigee),
            bstar_per_earth_radius=bstar,
        )
