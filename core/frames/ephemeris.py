"""Where the Sun and the Moon are, from JPL DE440 as the package ships it (1972 to 2100)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import PhysicsError
from core.time import TT_MINUS_TAI_S
from native import _core

__all__ = [
    "EphemerisSpanError",
    "moon_position_gcrf_m",
    "sun_moon_ephemeris",
    "sun_position_gcrf_m",
    "tdb_s_from_tai_s",
]

FloatArray = NDArray[np.float64]

_JULIAN_YEAR_S: Final = 365.25 * 86_400.0


class EphemerisSpanError(PhysicsError):
    """An instant lies outside the ephemeris; ``facts`` hold ``t_tdb_s``, ``start_tdb_s`` and ``end_tdb_s``."""

    default_code = "ephemeris-span"


@cache
def sun_moon_ephemeris() -> _core.SunMoonEphemeris:
    """The ephemeris that ships with the package, read once; native models take it as an argument.

    Source: JPL DE440 (Park et al. 2021, AJ 161:105), fitted by ``evals.data.sun_moon``: the Moon to 1 m, the Sun to
    300 m of DE440.
    """
    with files("core.frames").joinpath("sun_moon.npz").open("rb") as file, np.load(file) as data:
        moon_m, sun_m = (
            np.concatenate([data[f"{body}_head"], data[f"{body}_tail"]], axis=2, dtype=np.float64)
            * data[f"{body}_quantum_m"]
            for body in ("moon", "sun")
        )
        return _core.SunMoonEphemeris(
            float(data["start_tdb_s"]),
            float(data["end_tdb_s"]),
            float(data["moon_share"]),
            float(data["moon_step_s"]),
            moon_m,
            float(data["sun_step_s"]),
            sun_m,
        )


def tdb_s_from_tai_s(t_tai_s: FloatArray) -> FloatArray:
    """TDB seconds since J2000 of TAI seconds since J2000, shape (n,).

    Source: USNO Circular 179, eq. 2.6; agrees with ERFA's dtdb to 1e-5 s (test_tdb_is_erfas).
    """
    t_tt_s = np.atleast_1d(np.asarray(t_tai_s, dtype=np.float64)) + TT_MINUS_TAI_S
    return t_tt_s + _core.tdb_minus_tt_s(t_tt_s)


def sun_position_gcrf_m(t_tai_s: FloatArray) -> FloatArray:
    """Apparent position of the Sun in GCRF, m, shape (n, 3), at TAI seconds since J2000 (n,).

    Light time and aberration are in; agrees with ERFA's epv00 and ab to 0.03 arcsec (test_sun_and_moon).

    Raises:
        EphemerisSpanError: An instant before 1972 or after 2099.
    """
    t_tdb_s = _covered(t_tai_s)
    return sun_moon_ephemeris().apparent_sun_gcrf_m(t_tdb_s)


def moon_position_gcrf_m(t_tai_s: FloatArray) -> FloatArray:
    """Geometric position of the Moon in GCRF, m, shape (n, 3), at TAI seconds since J2000 (n,).

    Agrees with DE440 to 5 m (test_sun_and_moon). Raises as :func:`sun_position_gcrf_m`.
    """
    t_tdb_s = _covered(t_tai_s)
    return sun_moon_ephemeris().moon_gcrf_m(t_tdb_s)


def _covered(t_tai_s: FloatArray) -> FloatArray:
    t_tdb_s = tdb_s_from_tai_s(t_tai_s)
    ephemeris = sun_moon_ephemeris()
    inside = (t_tdb_s >= ephemeris.start_tdb_s) & (t_tdb_s < ephemeris.end_tdb_s)
    if not inside.all():
        worst = float(t_tdb_s[np.argmin(inside)])
        raise EphemerisSpanError(
            f"the Sun and the Moon in the year {2000.0 + worst / _JULIAN_YEAR_S:.1f} are outside the ephemeris, "
            "which covers 1972 to 2099",
            t_tdb_s=worst,
            start_tdb_s=ephemeris.start_tdb_s,
            end_tdb_s=ephemeris.end_tdb_s,
        )
    return t_tdb_s
