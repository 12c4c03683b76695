"""Reflected sunlight against an integral over the ground, and the map's place on the Earth."""

from __future__ import annotations

import numpy as np
import pytest

from core.thermal import albedo_share, reflectance_map

EARTH_RADIUS_M = 6.371e6


def _integral(r_m: np.ndarray, sun: np.ndarray, table: np.ndarray) -> float:
    """Flux on a plate that faces the Earth, over sunlight times view factor: Lambert's law over a fine grid."""
    latitude = np.radians(np.arange(-89.9, 90.0, 0.2))
    longitude = np.radians(np.arange(-179.9, 180.0, 0.2))
    reflectance = np.repeat(np.repeat(table, 50, axis=0), 50, axis=1)
    lat, lon = np.meshgrid(latitude, longitude, indexing="ij")
    up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    area_m2 = EARTH_RADIUS_M**2 * np.cos(lat) * np.radians(0.2) ** 2
    to_plate = r_m - EARTH_RADIUS_M * up
    distance_m = np.linalg.norm(to_plate, axis=-1)
    leaving = np.maximum(0.0, np.einsum("ijk,ijk->ij", to_plate, up) / distance_m)
    arriving = np.maximum(0.0, to_plate @ r_m / distance_m / np.linalg.norm(r_m))
    flux = (reflectance * np.maximum(0.0, up @ sun) * leaving * arriving / (np.pi * distance_m**2) * area_m2).sum()
    return float(flux * float(r_m @ r_m) / EARTH_RADIUS_M**2)


@pytest.mark.parametrize("sun_angle_deg", [0.0, 40.0, 75.0, 95.0])
def test_a_grey_earth_agrees_with_the_integral_over_the_ground(sun_angle_deg: float) -> None:
    r_m = np.array([[0.3, -0.5, 0.6]])
    r_m *= 7.0e6 / np.linalg.norm(r_m)
    up = r_m[0] / 7.0e6
    aside = np.cross(up, [0.0, 0.0, 1.0])
    aside /= np.linalg.norm(aside)
    angle = np.radians(sun_angle_deg)
    sun = np.cos(angle) * up + np.sin(angle) * aside
    ours = albedo_share(r_m, sun[None], np.full((18, 36), 0.3))[0]
    # 0.003 of 0.3: 200 points stand for the visible cap.
    assert ours == pytest.approx(_integral(r_m[0], sun, np.full((18, 36), 0.3)), abs=0.003)


@pytest.mark.parametrize(("latitude_deg", "longitude_deg"), [(62.0, -171.0), (25.0, 12.0), (-8.0, 178.0), (-89.0, 0.0)])
def test_the_map_agrees_with_the_integral_over_the_ground(latitude_deg: float, longitude_deg: float) -> None:
    lat, lon = np.radians([latitude_deg, longitude_deg])
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    sun = up + 0.8 * np.cross(up, [0.6, 0.0, 0.8])
    sun /= np.linalg.norm(sun)
    ours = albedo_share(7.0e6 * up[None], sun[None])[0]
    # 0.01 of 0.2 to 0.6: 200 points stand for the visible cap, and cells of the map end between them.
    assert ours == pytest.approx(_integral(7.0e6 * up, sun, reflectance_map()), abs=0.01)


def test_the_map_is_bright_at_the_poles_and_dark_over_the_pacific() -> None:
    table = reflectance_map()
    assert table.shape == (18, 36)

    def over(latitude_deg: float, longitude_deg: float) -> float:
        lat, lon = np.radians([latitude_deg, longitude_deg])
        up = np.array([[np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]])
        return float(albedo_share(6.471e6 * up, up)[0])

    assert over(-80.0, 20.0) > 0.55  # Antarctica
    assert over(-15.0, -130.0) < 0.2  # the eastern Pacific
    assert over(25.0, 10.0) > over(25.0, -45.0)  # the Sahara and the Atlantic beside it
    weights = np.cos(np.radians(np.arange(-85.0, 90.0, 10.0)))
    mean = float((table.mean(axis=1) * weights).sum() / weights.sum())
    assert mean == pytest.approx(0.31, abs=0.02)  # about 0.29 weighted by sunlight: Loeb et al. 2009


def test_nothing_comes_back_from_the_night_side() -> None:
    assert albedo_share(np.array([[7.0e6, 0.0, 0.0]]), np.array([[-1.0, 0.0, 0.0]]))[0] == 0.0
