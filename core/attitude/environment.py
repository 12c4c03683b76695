"""What surrounds a spacecraft along its orbit, as far as its attitude depends on it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.attitude.geomagnetic import magnetic_field_gcrf_t
from core.errors import InputError
from core.frames import moon_position_gcrf_m, sun_position_gcrf_m
from native import _core

__all__ = ["AttitudeEnvironment", "EnvironmentTorques", "attitude_environment"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class AttitudeEnvironment:
    """Columns on a grid of n times; vectors in GCRF, shape (n, 3). Between samples the orbit is interpolated by cubic
    Hermite polynomials and the rest linearly: steps of up to 60 s keep a low orbit within a metre.

    ``illumination`` is the share of the Sun's disc seen; Sun and Moon are seen from the Earth's centre.
    ``applied_torque_n_m`` is in body axes.
    """

    t_tai_s: FloatArray
    r_gcrf_m: FloatArray
    v_gcrf_m_s: FloatArray
    sun_gcrf_m: FloatArray
    moon_gcrf_m: FloatArray
    field_gcrf_t: FloatArray
    density_kg_m3: FloatArray
    illumination: FloatArray
    applied_torque_n_m: FloatArray
    native: _core.SurroundingsTable = field(repr=False, compare=False)

    @property
    def seconds(self) -> FloatArray:
        """Seconds since the first sample, the time that the native side computes in."""
        seconds: FloatArray = self.t_tai_s - self.t_tai_s[0]
        return seconds


@dataclass(frozen=True)
class EnvironmentTorques:
    """Torques about the centre of mass, N m, body axes, shape (n, 3)."""

    gravity_gradient_n_m: FloatArray
    aerodynamic_n_m: FloatArray
    solar_n_m: FloatArray
    magnetic_n_m: FloatArray

    @property
    def total_n_m(self) -> FloatArray:
        """Their sum."""
        return self.gravity_gradient_n_m + self.aerodynamic_n_m + self.solar_n_m + self.magnetic_n_m


def attitude_environment(
    t_tai_s: FloatArray,
    r_gcrf_m: FloatArray,
    v_gcrf_m_s: FloatArray,
    density_kg_m3: FloatArray,
    illumination: FloatArray,
    applied_torque_n_m: FloatArray | None = None,
) -> AttitudeEnvironment:
    """Sun, Moon and magnetic field along an orbit, with the density and the light that the caller gives.

    Args:
        t_tai_s: TAI seconds since J2000, shape (n,), increasing, two or more.
        r_gcrf_m: Positions (n, 3).
        v_gcrf_m_s: Velocities (n, 3).
        density_kg_m3: Of the air (n,).
        illumination: Share of the Sun's disc seen (n,).
        applied_torque_n_m: On the body from what is not modelled here, such as a burn's misalignment, body axes (n, 3).
    Raises:
        InputError: Shapes differ, times do not increase, or a value is not finite.
        EphemerisSpanError, GeomagneticSpanError: An instant outside the ephemeris or IGRF-14.
    """
    if np.ndim(t_tai_s) != 1 or len(t_tai_s) < 2 or not np.isfinite(t_tai_s).all():
        raise InputError("t_tai_s", "two or more finite instants are needed")
    if np.shape(r_gcrf_m) != (len(t_tai_s), 3) or not np.isfinite(r_gcrf_m).all():
        raise InputError("r_gcrf_m", f"finite positions of shape ({len(t_tai_s)}, 3) are needed")
    sun, moon = sun_position_gcrf_m(t_tai_s), moon_position_gcrf_m(t_tai_s)
    magnetic = magnetic_field_gcrf_t(t_tai_s, r_gcrf_m)
    seconds = t_tai_s - t_tai_s[0]
    applied = np.zeros((len(t_tai_s), 3)) if applied_torque_n_m is None else applied_torque_n_m
    try:
        native = _core.SurroundingsTable(
            seconds, r_gcrf_m, v_gcrf_m_s, sun, moon, magnetic, density_kg_m3, illumination, applied
        )
    except _core.NativeError as error:
        raise InputError("environment", str(error)) from error
    return AttitudeEnvironment(
        t_tai_s, r_gcrf_m, v_gcrf_m_s, sun, moon, magnetic, density_kg_m3, illumination, applied, native
    )
