"""Mean elements found from an ephemeris: SGP4's own gives its elements back, another's is followed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from core.errors import InputError
from core.frames import dcm_gcrf_from_teme, rotate
from core.mission.model import MeanElements
from core.orbit import Ephemeris, Sgp4Orbit
from core.orbit.tle_fit import TleFitError, fit_mean_elements
from core.time import parse_utc, tai_s_from_utc

EPOCH = parse_utc("2026-11-20T06:00:00Z")


def elements(motion: float, eccentricity: float, inclination_deg: float, bstar: float = 1e-4) -> MeanElements:
    return MeanElements(
        epoch_utc=EPOCH,
        mean_motion_rev_day=motion,
        eccentricity=eccentricity,
        inclination_deg=inclination_deg,
        raan_deg=200.0,
        argument_of_perigee_deg=80.0,
        mean_anomaly_deg=300.0,
        bstar_per_earth_radius=bstar,
    )


@pytest.mark.parametrize(
    ("motion", "eccentricity", "inclination_deg"),
    [(15.2, 0.0011, 97.4), (15.5, 1e-6, 51.6), (14.2, 0.02, 0.05), (2.006, 0.7, 63.4), (1.0027, 0.0002, 0.1)],
)
def test_sgp4s_own_ephemeris_gives_its_elements_back(
    motion: float, eccentricity: float, inclination_deg: float
) -> None:
    true = elements(motion, eccentricity, inclination_deg)
    orbit = Sgp4Orbit.from_elements(true)
    ephemeris = orbit.propagate(tai_s_from_utc(EPOCH) + np.linspace(-43_200.0, 86_400.0, 200))
    found = fit_mean_elements(ephemeris, EPOCH)
    # SGP4 is not smooth where the eccentricity nearly vanishes; elsewhere the fit is exact to decimetres.
    assert found.rms_m < (0.2 if eccentricity > 1e-3 else 1.0)
    assert found.elements.mean_motion_rev_day == pytest.approx(motion, abs=1e-7)
    assert found.elements.eccentricity == pytest.approx(eccentricity, abs=2e-6)
    assert found.elements.inclination_deg == pytest.approx(inclination_deg, abs=1e-5)
    if motion > 10.0:
        assert found.bstar_fitted and found.elements.bstar_per_earth_radius == pytest.approx(1e-4, rel=0.02)


def test_the_epoch_may_lie_elsewhere_than_the_elements() -> None:
    orbit = Sgp4Orbit.from_elements(elements(15.2, 0.0011, 97.4))
    t = tai_s_from_utc(EPOCH) + np.linspace(0.0, 86_400.0, 150)
    later = parse_utc("2026-11-20T20:00:00Z")
    found = fit_mean_elements(orbit.propagate(t), later)
    assert found.elements.epoch_utc == later
    # SGP4 rebuilt at another epoch is not exactly the same theory.
    assert found.rms_m < 5.0


def test_a_flight_under_the_oblate_earth_is_followed_to_a_kilometre() -> None:
    """Numerical motion under J2 and J3: SGP4 leaves out little of it."""
    mu, radius, j2, j3 = 3.986008e14, 6378.135e3, 1.082616e-3, -2.53881e-6

    def rate(_t: float, y: np.ndarray) -> np.ndarray:
        r = y[:3]
        d = float(np.linalg.norm(r))
        z = r[2] / d
        a = -mu * r / d**3
        a += -1.5 * j2 * mu * radius**2 / d**5 * np.array([r[0], r[1], r[2]]) * (1 - 5 * z**2)
        a += -1.5 * j2 * mu * radius**2 / d**5 * np.array([0.0, 0.0, 2.0 * r[2]])
        k = 0.5 * j3 * mu * radius**3 / d**5
        a += k * np.array(
            [5 * (7 * z**3 - 3 * z) * r[0] / d, 5 * (7 * z**3 - 3 * z) * r[1] / d, 3 * (1 - 10 * z**2 + 35 * z**4 / 3)]
        )
        return np.concatenate([y[3:], a])

    start = Sgp4Orbit.from_elements(elements(15.2, 0.0011, 97.4, 0.0))
    t0 = tai_s_from_utc(EPOCH)
    r, v = start.propagate_teme(np.array([t0]))
    t = np.linspace(0.0, 86_400.0, 120)
    states = solve_ivp(
        rate, (0.0, t[-1]), np.concatenate([r[0], v[0]]), t_eval=t, method="DOP853", rtol=1e-10, atol=1e-4
    )
    turn = dcm_gcrf_from_teme(t0 + t)
    ephemeris = Ephemeris(t0 + t, rotate(turn, states.y[:3].T.copy()), rotate(turn, states.y[3:].T.copy()))
    found = fit_mean_elements(ephemeris, EPOCH, bstar_per_earth_radius=0.0)
    assert not found.bstar_fitted and found.elements.bstar_per_earth_radius == 0.0
    assert found.rms_m < 1_000.0 and found.greatest_m < 2_000.0


def test_what_is_no_orbit_is_refused() -> None:
    t = tai_s_from_utc(EPOCH) + np.array([0.0, 60.0, 120.0])
    r = np.array([[7e6, 0, 0], [7e6, 9e5, 0], [6.9e6, 1.8e6, 0]])
    with pytest.raises(InputError, match="at least 3"):
        fit_mean_elements(Ephemeris(t[:2], r[:2], r[:2]), EPOCH)
    with pytest.raises(TleFitError, match="bound"):
        fit_mean_elements(Ephemeris(t, r, np.tile([0.0, 15e3, 0.0], (3, 1))), EPOCH)
    with pytest.raises(TleFitError, match="retrograde"):
        speed = math.sqrt(3.986e14 / 7e6)
        fit_mean_elements(Ephemeris(t, r, np.tile([0.0, -speed, 0.0], (3, 1))), EPOCH)
