"""Typed face of the C++ module. Arrays are float64; instants are TAI seconds since J2000."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

class NativeError(ValueError):
    """Bad input; 1 shape, 2 value, 3 interval, 4 SGP4 failure during a search, 20 outside an ephemeris or table."""

    code: int

class Sgp4Batch:
    """SGP4 for many satellites.

    ``elements`` has shape (satellites, 8): epoch (UTC days since 1949-12-31), Kozai mean motion (rad/min),
    eccentricity, inclination, right ascension of the node, argument of perigee, mean anomaly (rad), BSTAR.
    """

    def __init__(self, elements: FloatArray) -> None: ...
    def __len__(self) -> int: ...
    def propagate(self, minutes: FloatArray) -> tuple[FloatArray, FloatArray, NDArray[np.uint8]]:
        """TEME positions (m) and velocities (m/s) of shape (satellites, epochs, 3), and SGP4 codes, 0 for success."""
    def propagate_grid(
        self,
        offsets_min: FloatArray,
        minutes: FloatArray,
        r_teme_m: FloatArray,
        v_teme_m_s: FloatArray,
        codes: NDArray[np.uint8],
        lanes: str = ...,
        threads: int = ...,
    ) -> None:
        """Writes into the last three arrays the states at minutes (epochs,) plus each satellite's offset (satellites,).

        ``lanes``: automatic, scalar (the reference), portable, avx2 or avx512.
        """
    def find_all_passes(
        self,
        offsets_min: FloatArray,
        geodetic: FloatArray,
        min_elevations_rad: FloatArray,
        start_tai_s: float,
        end_tai_s: float,
        earth: EarthOrientationTable,
        threads: int = ...,
    ) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows: satellite, site, then those of :func:`find_passes`; and the satellites for which SGP4 fails."""
    def screen(
        self, offsets_min: FloatArray, duration_s: float, threshold_m: float, step_s: float
    ) -> tuple[FloatArray, FloatArray]:
        """Rows of close approaches (first, second, s since start, miss m, relative speed m/s, 1 at an end of the span),
        in order of time, and rows of objects without a state (object, first s since start without, SGP4 code)."""
    def nodedot_rad_min(self) -> FloatArray:
        """Secular rate of each node from zonal gravity."""

class EarthOrientationTable:
    """Daily Earth orientation from 0 h UTC of a Modified Julian Date; ``days`` has shape (days, 6).

    Columns: UT1 minus TAI (s), pole x and y (rad), celestial pole offsets dX and dY (rad), excess length of day (s).
    """

    def __init__(self, first_mjd_utc: float, days: FloatArray) -> None: ...
    @property
    def first_tai_s(self) -> float: ...
    @property
    def last_tai_s(self) -> float: ...
    def at(self, t_tai_s: FloatArray) -> FloatArray:
        """Interpolated rows of the same six columns; the table's ends are held outside it."""

def has_lanes(lanes: str) -> bool:
    """Whether this processor can run these lanes of :meth:`Sgp4Batch.propagate_grid`."""

def dcm_cirs_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_tod_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_pef_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_itrf_from_gcrf(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_gcrf_from_teme(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_pef_from_teme(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_itrf_from_teme(t_tai_s: FloatArray, earth: EarthOrientationTable) -> FloatArray: ...
def dcm_mod_from_gcrf(t_tt_s: FloatArray) -> FloatArray: ...
def dcm_eme2000_from_gcrf() -> FloatArray: ...
def celestial_pole_06a(t_tt_s: FloatArray) -> FloatArray:
    """Rows: X, Y, s and the equation of the origins, rad, IAU 2006/2000A."""

def illumination(r_gcrf_m: FloatArray, t_tai_s: FloatArray, sky: SunMoonEphemeris) -> FloatArray: ...
def find_passes(
    elements: FloatArray,
    epoch_tai_s: float,
    geodetic: FloatArray,
    start_tai_s: float,
    end_tai_s: float,
    min_elevation_rad: float,
    earth: EarthOrientationTable,
) -> FloatArray:
    """Rows: AOS, LOS, culmination, highest elevation, azimuth at AOS and LOS, least range, cut at start, cut at end."""

def find_eclipses(
    elements: FloatArray,
    epoch_tai_s: float,
    start_tai_s: float,
    end_tai_s: float,
    earth: EarthOrientationTable,
    sky: SunMoonEphemeris,
) -> FloatArray:
    """Rows: penumbra start and end, umbra start and end (NaN where there is none)."""

def find_target_access(
    elements: FloatArray,
    epoch_tai_s: float,
    geodetic: FloatArray,
    start_tai_s: float,
    end_tai_s: float,
    max_off_nadir_rad: float,
    min_sun_elevation_rad: float,
    earth: EarthOrientationTable,
    sky: SunMoonEphemeris,
) -> FloatArray:
    """Rows: start, end, time of the least off-nadir angle, that angle, elevation of the Sun then."""

class SunMoonEphemeris:
    """Geocentric Sun and Moon in GCRF from Chebyshev spans; ``moon_m`` and ``sun_m`` have shape (spans, 3, terms).

    ``sun_m`` is relative to the barycentre of Earth and Moon. Outside start to end: NativeError 20.
    """

    def __init__(
        self,
        start_tdb_s: float,
        end_tdb_s: float,
        moon_share: float,
        moon_step_s: float,
        moon_m: FloatArray,
        sun_step_s: float,
        sun_m: FloatArray,
    ) -> None: ...
    @property
    def start_tdb_s(self) -> float: ...
    @property
    def end_tdb_s(self) -> float: ...
    def sun_gcrf_m(self, t_tdb_s: FloatArray) -> FloatArray: ...
    def apparent_sun_gcrf_m(self, t_tdb_s: FloatArray) -> FloatArray: ...
    def moon_gcrf_m(self, t_tdb_s: FloatArray) -> FloatArray: ...

def tdb_minus_tt_s(t_tt_s: FloatArray) -> FloatArray: ...
