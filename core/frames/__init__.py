"""Frames: GCRF, ITRF, TEME and those between, local orbital frames, geodetic and topocentric coordinates, Sun, Moon."""

from core.frames.earth_orientation import (
    EarthOrientation,
    EarthOrientationData,
    Ut1Source,
    earth_orientation,
    load_earth_orientation,
    shipped_earth_orientation,
    ut1_minus_tai_s,
)
from core.frames.ephemeris import (
    EphemerisSpanError,
    moon_position_gcrf_m,
    sun_moon_ephemeris,
    sun_position_gcrf_m,
    tdb_s_from_tai_s,
)
from core.frames.geodetic import Geodetic, geodetic_from_itrf, itrf_from_geodetic
from core.frames.local_orbital import dcm_lvlh_from_gcrf, dcm_rtn_from_gcrf, dcm_tnw_from_gcrf
from core.frames.rotations import (
    dcm_cirs_from_gcrf,
    dcm_eme2000_from_gcrf,
    dcm_gcrf_from_teme,
    dcm_itrf_from_gcrf,
    dcm_itrf_from_teme,
    dcm_mod_from_gcrf,
    dcm_pef_from_gcrf,
    dcm_pef_from_teme,
    dcm_tod_from_gcrf,
    gcrf_from_eme2000,
    gcrf_from_itrf,
    itrf_from_gcrf,
    rotate,
)
from core.frames.topocentric import LookAngles, azimuth_elevation, enu_from_itrf, sez_from_itrf

__all__ = [
    "EarthOrientation",
    "EarthOrientationData",
    "EphemerisSpanError",
    "Geodetic",
    "LookAngles",
    "Ut1Source",
    "azimuth_elevation",
    "dcm_cirs_from_gcrf",
    "dcm_eme2000_from_gcrf",
    "dcm_gcrf_from_teme",
    "dcm_itrf_from_gcrf",
    "dcm_itrf_from_teme",
    "dcm_lvlh_from_gcrf",
    "dcm_mod_from_gcrf",
    "dcm_pef_from_gcrf",
    "dcm_pef_from_teme",
    "dcm_rtn_from_gcrf",
    "dcm_tnw_from_gcrf",
    "dcm_tod_from_gcrf",
    "earth_orientation",
    "enu_from_itrf",
    "gcrf_from_eme2000",
    "gcrf_from_itrf",
    "geodetic_from_itrf",
    "itrf_from_gcrf",
    "itrf_from_geodetic",
    "load_earth_orientation",
    "moon_position_gcrf_m",
    "rotate",
    "sez_from_itrf",
    "shipped_earth_orientation",
    "sun_moon_ephemeris",
    "sun_position_gcrf_m",
    "tdb_s_from_tai_s",
    "ut1_minus_tai_s",
]
