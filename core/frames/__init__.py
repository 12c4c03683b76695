"""Frames: GCRF, ITRF, TEME, geodetic coordinates on WGS 84, and topocentric look angles."""

from core.frames.earth_orientation import EarthOrientation, Ut1Source, earth_orientation, ut1_minus_tai_s
from core.frames.ephemeris import (
    EphemerisSpanError,
    moon_position_gcrf_m,
    sun_moon_ephemeris,
    sun_position_gcrf_m,
    tdb_s_from_tai_s,
)
from core.frames.geodetic import Geodetic, geodetic_from_itrf, itrf_from_geodetic
from core.frames.rotations import (
    dcm_gcrf_from_teme,
    dcm_itrf_from_gcrf,
    dcm_itrf_from_teme,
    gcrf_from_eme2000,
    gcrf_from_itrf,
    itrf_from_gcrf,
    rotate,
)
from core.frames.topocentric import LookAngles, azimuth_elevation, sez_from_itrf

__all__ = [
    "EarthOrientation",
    "EphemerisSpanError",
    "Geodetic",
    "LookAngles",
    "Ut1Source",
    "azimuth_elevation",
    "dcm_gcrf_from_teme",
    "dcm_itrf_from_gcrf",
    "dcm_itrf_from_teme",
    "earth_orientation",
    "gcrf_from_eme2000",
    "gcrf_from_itrf",
    "geodetic_from_itrf",
    "itrf_from_gcrf",
    "itrf_from_geodetic",
    "moon_position_gcrf_m",
    "rotate",
    "sez_from_itrf",
    "sun_moon_ephemeris",
    "sun_position_gcrf_m",
    "tdb_s_from_tai_s",
    "ut1_minus_tai_s",
]
