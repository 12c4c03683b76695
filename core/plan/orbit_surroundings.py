"""What a spacecraft's attitude meets along its orbit: air, light, Sun, Moon and magnetic field."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.attitude import AttitudeEnvironment, attitude_environment
from core.frames import dcm_itrf_from_gcrf, geodetic_from_itrf, rotate
from core.orbit import Ephemeris, illumination
from core.orbit.atmosphere import nrlmsise00

__all__ = ["orbit_surroundings"]

FloatArray = NDArray[np.float64]


def orbit_surroundings(ephemeris: Ephemeris, applied_torque_n_m: FloatArray | None = None) -> AttitudeEnvironment:
    """The surroundings at the states of an ephemeris, two or more, in order of time.

    Args:
        ephemeris: n states.
        applied_torque_n_m: What a burn leaves to the wheels, body axes (n, 3); none where None.
    Raises:
        InputError: A state is outside the atmosphere's model, or times do not increase.
        EphemerisSpanError, GeomagneticSpanError: An instant outside the ephemeris or IGRF-14.
    """
    t_tai_s, r_gcrf_m = ephemeris.t_tai_s, ephemeris.r_gcrf_m
    ground = geodetic_from_itrf(rotate(dcm_itrf_from_gcrf(t_tai_s), r_gcrf_m))
    air = nrlmsise00(t_tai_s, ground.latitude_rad, ground.longitude_rad, ground.height_m)
    lit = illumination(r_gcrf_m, t_tai_s)
    return attitude_environment(t_tai_s, r_gcrf_m, ephemeris.v_gcrf_m_s, air.density_kg_m3, lit, applied_torque_n_m)
