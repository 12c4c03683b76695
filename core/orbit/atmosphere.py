"""Density and temperature of the air: NRLMSISE-00 for propagation, simpler models to compare with and to be fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.orbit.space_weather import (
    SolarActivity,
    SpaceWeather,
    SpaceWeatherSource,
    shipped_space_weather,
    tai_minus_utc_s,
)
from native import _core

__all__ = [
    "SPECIES",
    "Air",
    "exponential_density_kg_m3",
    "harris_priester_density_kg_m3",
    "nrlmsise00",
    "nrlmsise00_under",
    "standard_atmosphere_1976",
]

FloatArray = NDArray[np.float64]

SPECIES: Final = ("He", "O", "N2", "O2", "Ar", "H", "N", "anomalous O")


@dataclass(frozen=True)
class Air:
    """Air at n places: density with anomalous oxygen, the density that drag feels; number densities (n, 8) by SPECIES.

    ``weather`` is the least certain source of the space weather used; None where the caller gave the conditions.
    """

    density_kg_m3: FloatArray
    temperature_k: FloatArray
    exospheric_temperature_k: FloatArray
    number_density_m3: FloatArray
    weather: SpaceWeatherSource | None


def nrlmsise00(
    t_tai_s: FloatArray,
    latitude_rad: FloatArray,
    longitude_rad: FloatArray,
    height_m: FloatArray,
    weather: SpaceWeather | None = None,
) -> Air:
    """The air by NRLMSISE-00 at instants and geodetic places, all of shape (n,).

    Args:
        t_tai_s: TAI seconds since J2000.
        height_m: Above the ellipsoid, -1 km to 3,000 km.
        weather: Space weather; the shipped table unless given. 3-hour Ap values are used.
    Raises:
        InputError: Shapes differ, a height is outside the model, or the model has no answer (below 123 km over the poles
            after days of extreme storm its temperature crosses zero).
    Source: Picone, Hedin, Drob and Aikin, J. Geophys. Res. 107 (2002) 1468; agrees with the 17 cases published with the
        model to the digits printed (test_nrlmsise00_gives_the_published_cases).
    """
    t_tai_s = np.ascontiguousarray(t_tai_s, dtype=np.float64)
    if not t_tai_s.size:
        raise InputError("t_tai_s", "at least one instant is needed")
    table = weather or shipped_space_weather()
    try:
        rows = _core.nrlmsise00_in_time(
            table.native, t_tai_s - tai_minus_utc_s(t_tai_s), latitude_rad, longitude_rad, height_m
        )
    except _core.NativeError as error:
        raise InputError("nrlmsise00", str(error)) from error
    return _air(rows, table.worst_source(t_tai_s))


def nrlmsise00_under(
    activity: SolarActivity,
    day_of_year: int,
    ut_s: FloatArray,
    latitude_rad: FloatArray,
    longitude_rad: FloatArray,
    height_m: FloatArray,
    local_solar_time_h: FloatArray | None = None,
) -> Air:
    """The air by NRLMSISE-00 under conditions that the caller gives; arrays of shape (n,).

    Args:
        activity: Flux and Ap. An ``ap`` of shape (1,) is the day's mean alone; (7,) is the 3-hour history.
        day_of_year: 1 to 366, UTC.
        ut_s: Seconds of the UTC day.
        local_solar_time_h: Apparent local solar time; from Universal Time and longitude unless given.
    Raises:
        InputError: Shapes differ, a value is outside the model, or the model has no answer.
    """
    local_h = ut_s / 3600.0 + np.degrees(longitude_rad) / 15.0 if local_solar_time_h is None else local_solar_time_h
    try:
        rows = _core.nrlmsise00(
            day_of_year,
            activity.f107,
            activity.f107a,
            activity.ap,
            ut_s,
            latitude_rad,
            longitude_rad,
            height_m,
            local_h,
        )
    except _core.NativeError as error:
        raise InputError("nrlmsise00", str(error)) from error
    return _air(rows, None)


def exponential_density_kg_m3(height_m: FloatArray) -> FloatArray:
    """Density by exponential layers, shape (n,), at heights above the ellipsoid (n,).

    Source: Vallado, Fundamentals of Astrodynamics and Applications, 4th edition, table 8-4.
    """
    try:
        return _core.exponential_density(height_m)
    except _core.NativeError as error:
        raise InputError("height_m", str(error)) from error


def harris_priester_density_kg_m3(
    height_m: FloatArray, r_m: FloatArray, r_sun_m: FloatArray, exponent: float = 4.0
) -> FloatArray:
    """Density by Harris-Priester for mean solar activity, shape (n,); zero above 1,000 km.

    Args:
        height_m: Above the ellipsoid, (n,).
        r_m: Positions, (n, 3), in the frame of ``r_sun_m``: GCRF or true of date.
        r_sun_m: The Sun's, (n, 3).
        exponent: Of the bulge's cosine: 2 for low inclinations, 6 for polar orbits.
    Source: Montenbruck and Gill, Satellite Orbits, section 3.5.2, table 3.8.
    """
    try:
        return _core.harris_priester_density(height_m, r_m, r_sun_m, exponent)
    except _core.NativeError as error:
        raise InputError("height_m", str(error)) from error


def standard_atmosphere_1976(height_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Density, kg/m3, and molecular-scale temperature, K, of the US Standard Atmosphere 1976, each (n,), to 86 km.

    Source: NOAA-S/T 76-1562, section 1.2.
    """
    try:
        rows = _core.standard_atmosphere_1976(height_m)
    except _core.NativeError as error:
        raise InputError("height_m", str(error)) from error
    return rows[:, 0], rows[:, 1]


def _air(rows: FloatArray, weather: SpaceWeatherSource | None) -> Air:
    return Air(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3:], weather)
