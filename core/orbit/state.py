"""An orbit at one instant, as an operator asks for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.frames import dcm_itrf_from_gcrf, geodetic_from_itrf, rotate
from core.frames.geodetic import WGS84_RADIUS_M
from core.orbit.eclipse import illumination
from core.orbit.propagation import Orbit, Sgp4Orbit

__all__ = ["OrbitState", "state_at"]

FloatArray = NDArray[np.float64]
_SAMPLES_PER_REVOLUTION = 360


@dataclass(frozen=True)
class OrbitState:
    """State and osculating elements in GCRF; altitudes above the equatorial radius over the surrounding revolution.

    ``mean_altitude_m``, ``perigee_altitude_m`` and ``apogee_altitude_m`` are the mean, least and greatest distance
    from the Earth's centre over one revolution about the epoch, less 6378.137 km: unlike osculating values they do
    not swing by kilometres with the oblateness. ``height_m`` is above the ellipsoid, at the epoch.
    """

    epoch_tai_s: float
    r_gcrf_m: FloatArray
    v_gcrf_m_s: FloatArray
    semi_major_axis_m: float
    eccentricity: float
    inclination_rad: float
    raan_rad: float
    argument_of_perigee_rad: float
    true_anomaly_rad: float
    mean_altitude_m: float
    perigee_altitude_m: float
    apogee_altitude_m: float
    latitude_rad: float
    longitude_rad: float
    height_m: float
    in_eclipse: bool
    period_s: float
    descending_node_local_time_h: float  # mean solar hours, 0 to 24


@dataclass(frozen=True)
class Keplerian:
    """Osculating elements; an undefined angle (circular or equatorial orbit) is measured from the axis before it."""

    semi_major_axis_m: float
    eccentricity: float
    inclination_rad: float
    raan_rad: float
    argument_of_perigee_rad: float
    true_anomaly_rad: float


def keplerian_from_cartesian(r_m: FloatArray, v_m_s: FloatArray) -> Keplerian:
    """Osculating elements of a bound orbit about the Earth (Vallado, algorithm 9, with two-argument arctangents)."""
    r, h = float(np.linalg.norm(r_m)), np.cross(r_m, v_m_s)
    e_vector = np.cross(v_m_s, h) / EARTH_MU_M3_S2 - r_m / r
    e, h_norm = float(np.linalg.norm(e_vector)), float(np.linalg.norm(h))
    inclination = math.atan2(math.hypot(h[0], h[1]), h[2])
    node = np.array([-h[1], h[0], 0.0]) if math.hypot(h[0], h[1]) > 1e-12 * h_norm else np.array([1.0, 0.0, 0.0])
    node = node / np.linalg.norm(node)
    across = np.cross(h / h_norm, node)

    def angle(vector: FloatArray) -> float:
        return math.atan2(float(vector @ across), float(vector @ node)) % (2.0 * math.pi)

    perigee = angle(e_vector) if e > 1e-12 else 0.0
    return Keplerian(
        semi_major_axis_m=1.0 / (2.0 / r - float(v_m_s @ v_m_s) / EARTH_MU_M3_S2),
        eccentricity=e,
        inclination_rad=inclination,
        raan_rad=math.atan2(node[1], node[0]) % (2.0 * math.pi),
        argument_of_perigee_rad=perigee,
        true_anomaly_rad=(angle(r_m) - perigee) % (2.0 * math.pi),
    )


def state_at(flown: Orbit, t_tai_s: float) -> OrbitState:
    """The orbit at TAI seconds since J2000; the revolution about the epoch is that of the elements that hold there.

    Raises:
        PropagationError: SGP4 fails there or within half a revolution.
    """
    orbit = flown.leg_at(t_tai_s)
    revolution_s = np.linspace(-0.5, 0.5, _SAMPLES_PER_REVOLUTION, endpoint=False) * orbit.period_s
    r_teme_m, _ = orbit.propagate_teme(t_tai_s + revolution_s)
    altitude_m = np.linalg.norm(r_teme_m, axis=1) - WGS84_RADIUS_M

    ephemeris = flown.propagate(np.array([t_tai_s]))
    r_gcrf_m, v_gcrf_m_s = ephemeris.r_gcrf_m[0], ephemeris.v_gcrf_m_s[0]
    kepler = keplerian_from_cartesian(r_gcrf_m, v_gcrf_m_s)
    ground = geodetic_from_itrf(rotate(dcm_itrf_from_gcrf(ephemeris.t_tai_s), ephemeris.r_gcrf_m))
    return OrbitState(
        epoch_tai_s=t_tai_s,
        r_gcrf_m=r_gcrf_m,
        v_gcrf_m_s=v_gcrf_m_s,
        semi_major_axis_m=kepler.semi_major_axis_m,
        eccentricity=kepler.eccentricity,
        inclination_rad=kepler.inclination_rad,
        raan_rad=kepler.raan_rad,
        argument_of_perigee_rad=kepler.argument_of_perigee_rad,
        true_anomaly_rad=kepler.true_anomaly_rad,
        mean_altitude_m=float(altitude_m.mean()),
        perigee_altitude_m=float(altitude_m.min()),
        apogee_altitude_m=float(altitude_m.max()),
        latitude_rad=float(ground.latitude_rad[0]),
        longitude_rad=float(ground.longitude_rad[0]),
        height_m=float(ground.height_m[0]),
        in_eclipse=bool(illumination(ephemeris.r_gcrf_m, ephemeris.t_tai_s)[0] < 1.0),
        period_s=orbit.period_s,
        descending_node_local_time_h=_descending_node_local_time_h(orbit, t_tai_s),
    )


def _descending_node_local_time_h(orbit: Sgp4Orbit, t_tai_s: float) -> float:
    r_teme_m, v_teme_m_s = orbit.propagate_teme(np.array([t_tai_s]))
    raan_deg = math.degrees(keplerian_from_cartesian(r_teme_m[0], v_teme_m_s[0]).raan_rad)
    # Mean longitude of the Sun, mean equinox of date (Meeus, Astronomical Algorithms, chapter 25).
    mean_sun_deg = 280.46646 + 0.98564736 * t_tai_s / 86_400.0
    return ((raan_deg - mean_sun_deg) / 15.0) % 24.0
