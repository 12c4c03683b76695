"""Geodetic and topocentric coordinates against ERFA and by round trip."""

from __future__ import annotations

import math

import erfa
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.frames import azimuth_elevation, geodetic_from_itrf, itrf_from_geodetic, sez_from_itrf

LATITUDE = st.floats(-math.pi / 2, math.pi / 2)
LONGITUDE = st.floats(-math.pi, math.pi)
HEIGHT = st.floats(-10e3, 400e6)


@given(LATITUDE, LONGITUDE, HEIGHT)
def test_geodetic_agrees_with_erfa_and_returns(latitude: float, longitude: float, height: float) -> None:
    r_itrf_m = itrf_from_geodetic(latitude, longitude, height)
    assert np.abs(r_itrf_m - erfa.gd2gc(1, longitude, latitude, height)).max() < 1e-6
    back = geodetic_from_itrf(r_itrf_m[np.newaxis, :])
    again = itrf_from_geodetic(back.latitude_rad, back.longitude_rad, back.height_m)[0]
    assert np.abs(again - r_itrf_m).max() < 1e-6
    assert abs(float(back.height_m[0]) - height) < 1e-6
    assert abs(float(back.latitude_rad[0]) - latitude) < 1e-11


@given(LATITUDE, LONGITUDE, st.floats(0, 2 * math.pi - 1e-6), st.floats(-1.5, 1.5), st.floats(1e3, 5e7))
def test_look_angles_give_back_the_direction_they_were_made_of(
    latitude: float, longitude: float, azimuth: float, elevation: float, distance: float
) -> None:
    horizontal = distance * math.cos(elevation)
    sez = np.array([[-horizontal * math.cos(azimuth), horizontal * math.sin(azimuth), distance * math.sin(elevation)]])
    seen = azimuth_elevation(sez)
    assert abs(math.remainder(float(seen.azimuth_rad[0]) - azimuth, 2 * math.pi)) < 1e-9
    assert abs(float(seen.elevation_rad[0]) - elevation) < 1e-9
    assert abs(float(seen.range_m[0]) - distance) < 1e-6 * distance


def test_straight_up_and_due_north_are_where_they_should_be() -> None:
    up = itrf_from_geodetic(0.7, 0.2, 500e3)[np.newaxis, :]
    assert abs(float(azimuth_elevation(sez_from_itrf(up, 0.7, 0.2, 0.0)).elevation_rad[0]) - math.pi / 2) < 1e-6
    north = itrf_from_geodetic(0.71, 0.2, 0.0)[np.newaxis, :]
    azimuth = float(azimuth_elevation(sez_from_itrf(north, 0.7, 0.2, 0.0)).azimuth_rad[0])
    assert abs(math.remainder(azimuth, 2 * math.pi)) < 1e-9
