"""Satellites of a case that begin as Cartesian states: flown under J2 alone, as the cases define it, on a grid of instants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np

from core.constants import EARTH_MU_M3_S2
from core.frames import dcm_itrf_from_gcrf, rotate
from core.orbit.numerical import ForceModel, Integration, SpacecraftProperties, propagate_many
from core.time import tai_s_from_utc
from evals.planning.track import FloatArray, Tracks

__all__ = ["circular_states", "flown_tracks", "flown_tracks_at", "grid_tai_s"]

_J2_ALONE: Final = replace(ForceModel.conservative(degree=2), order=0)
_STEP_S: Final = 60.0  # of the integrator: a decimetre in four days of low orbit
_POINT: Final = SpacecraftProperties(mass_kg=100.0)


def grid_tai_s(start: datetime, end: datetime, step_s: float) -> FloatArray:
    """Instants from a start to an end, both included, TAI seconds since J2000."""
    steps = round((end - start).total_seconds() / step_s)
    return np.asarray(tai_s_from_utc(start) + step_s * np.arange(steps + 1), dtype=np.float64)


def flown_tracks(states_gcrf: FloatArray, start: datetime, end: datetime, step_s: float) -> Tracks:
    """Tracks of states (m and m/s, shape (m, 6), at the start) from a start to an end, both included."""
    return flown_tracks_at(states_gcrf, start, grid_tai_s(start, end, step_s))


def flown_tracks_at(states_gcrf: FloatArray, epoch: datetime, t_tai_s: FloatArray) -> Tracks:
    """Tracks of states of an epoch at ascending instants."""
    dcm = dcm_itrf_from_gcrf(t_tai_s)
    flown = propagate_many(
        tai_s_from_utc(epoch), states_gcrf, t_tai_s, _POINT, _J2_ALONE, integration=Integration.fixed_step(_STEP_S)
    )
    return Tracks(t_tai_s, flown.r_gcrf_m, np.array([rotate(dcm, one) for one in flown.r_gcrf_m]), dcm)


def circular_states(
    radius_m: Sequence[float] | FloatArray, inclination_rad: FloatArray, raan_rad: FloatArray, argument_rad: FloatArray
) -> FloatArray:
    """Osculating circular states in GCRF axes, shape (m, 6); the argument of latitude is from the ascending node."""
    radius_m, inclination_rad, raan_rad, argument_rad = np.broadcast_arrays(
        np.asarray(radius_m, dtype=np.float64), inclination_rad, raan_rad, argument_rad
    )
    node = np.stack([np.cos(raan_rad), np.sin(raan_rad), np.zeros_like(raan_rad)], axis=-1)
    across = np.stack(
        [
            -np.sin(raan_rad) * np.cos(inclination_rad),
            np.cos(raan_rad) * np.cos(inclination_rad),
            np.sin(inclination_rad),
        ],
        axis=-1,
    )
    c, s = np.cos(argument_rad)[..., None], np.sin(argument_rad)[..., None]
    speed_m_s = np.sqrt(EARTH_MU_M3_S2 / radius_m)[..., None]
    return np.concatenate([radius_m[..., None] * (c * node + s * across), speed_m_s * (c * across - s * node)], axis=-1)
