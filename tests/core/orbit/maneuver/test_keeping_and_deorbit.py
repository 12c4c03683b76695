"""Spirals, station keeping and deorbit against published figures and against integration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from core.orbit.maneuver import (
    decay_rate_m_s,
    deorbit_burn,
    drag_make_up,
    edelbaum_spiral,
    geostationary_east_west,
    geostationary_north_south,
    ground_track_keeping,
)
from core.orbit.two_body import propagate_kepler

MU = EARTH_MU_M3_S2
EARTH_M = 6_378_137.0
DAY_S = 86_400.0


def test_kechichian_spiral_to_geostationary_orbit() -> None:
    """JGCD 20 (1997) 988: 7,000 km and 28.5 degrees to 42,166 km at 3.5e-7 km/s2: 5.78378 km/s, 191.26259 days."""
    found = edelbaum_spiral(7000e3, 42_166e3, math.radians(28.5), 3.5e-4)
    assert found.delta_v_m_s == pytest.approx(5783.78, abs=0.05)
    assert found.duration_s / DAY_S == pytest.approx(191.26259, abs=1e-3)
    end = found.history(np.array([0.0, found.duration_s]))
    assert end.radius_m == pytest.approx([7000e3, 42_166e3], rel=1e-12)
    assert end.inclination_change_rad == pytest.approx([0.0, math.radians(28.5)], abs=1e-12)


def test_a_spiral_in_plane_is_what_constant_tangential_thrust_flies() -> None:
    found = edelbaum_spiral(7000e3, 7600e3, 0.0, 2e-4)
    assert found.delta_v_m_s == pytest.approx(math.sqrt(MU / 7000e3) - math.sqrt(MU / 7600e3), rel=1e-12)

    def rate(_t: float, y: np.ndarray) -> np.ndarray:
        r, v = y[:3], y[3:]
        return np.concatenate([v, -MU * r / np.linalg.norm(r) ** 3 + 2e-4 * v / np.linalg.norm(v)])

    start = np.array([7000e3, 0, 0, 0, math.sqrt(MU / 7000e3), 0])
    end = solve_ivp(rate, (0.0, found.duration_s), start, method="DOP853", rtol=1e-10, atol=1e-3).y[:, -1]
    axis_m = 1.0 / (2.0 / np.linalg.norm(end[:3]) - end[3:] @ end[3:] / MU)
    assert axis_m == pytest.approx(7600e3, rel=1e-4)
    assert found.propellant_kg(100.0, 1500.0) == pytest.approx(100 * (1 - math.exp(-found.delta_v_m_s / 14_709.975)))


def test_decay_is_what_drag_does_to_an_orbit_in_a_revolution() -> None:
    radius_m, density, ballistic = 6_778e3, 5e-12, 0.022

    def rate(_t: float, y: np.ndarray) -> np.ndarray:
        r, v = y[:3], y[3:]
        return np.concatenate([v, -MU * r / np.linalg.norm(r) ** 3 - 0.5 * density * ballistic * np.linalg.norm(v) * v])

    start = np.array([radius_m, 0, 0, 0, math.sqrt(MU / radius_m), 0])
    period_s = 2 * math.pi * math.sqrt(radius_m**3 / MU)
    end = solve_ivp(rate, (0.0, period_s), start, method="DOP853", rtol=1e-13, atol=1e-7).y[:, -1]
    axis_m = 1.0 / (2.0 / np.linalg.norm(end[:3]) - end[3:] @ end[3:] / MU)
    expected = decay_rate_m_s(radius_m, density, ballistic)
    assert (axis_m - radius_m) / period_s == pytest.approx(expected, rel=1e-3)


def test_drag_make_up_spends_what_drag_takes() -> None:
    """The delta-v of a year equals drag's own deceleration over it."""
    radius_m, density, ballistic = 6_878e3, 4e-13, 0.02
    cycle = drag_make_up(radius_m, 2_000.0, decay_rate_m_s(radius_m, density, ballistic))
    drag = 0.5 * density * ballistic * MU / radius_m
    assert cycle.delta_v_m_s / cycle.interval_s == pytest.approx(drag, rel=1e-9)
    assert cycle.delta_v_m_s_year == pytest.approx(drag * 365.25 * DAY_S, rel=1e-9)


def test_the_ground_track_stays_in_its_corridor() -> None:
    """Step through a cycle: the drift that the period's change makes, orbit by orbit, fills the corridor."""
    radius_m, half_m, decay = 7_178e3, 1_000.0, -2e-5
    cycle = ground_track_keeping(radius_m, half_m, decay, 1.991e-7)
    above_m = -decay * cycle.interval_s / 2.0
    t = np.linspace(0.0, cycle.interval_s, 4001)
    axis_m = radius_m + above_m + decay * t
    relative_rate = (7.292115e-5 - 1.991e-7) * EARTH_M
    drift = relative_rate * (1.0 - (axis_m / radius_m) ** 1.5)
    east_m = np.concatenate([[0.0], np.cumsum(0.5 * (drift[1:] + drift[:-1]) * np.diff(t))])
    assert east_m.min() == pytest.approx(-2.0 * half_m, rel=1e-3)
    assert east_m[-1] == pytest.approx(0.0, abs=2.0)
    assert cycle.delta_v_m_s == pytest.approx(math.sqrt(MU / radius_m) * above_m / radius_m, rel=1e-9)


def test_geostationary_budgets_are_the_published_ones() -> None:
    """Soop's handbook: at most 0.0018 deg/day2 and about 2 m/s a year east-west; 41 to 51 m/s north-south."""
    worst = max((geostationary_east_west(math.radians(lon), 1e-3) for lon in range(0, 360, 5)), key=_year)
    assert 1.6 < worst.delta_v_m_s_year < 2.1
    acceleration = 16.0 * 1e-3 / worst.interval_s**2
    assert math.degrees(acceleration) * DAY_S**2 == pytest.approx(0.0017, abs=1e-4)
    for rate, speed in ((0.75, 40.2), (0.95, 51.0)):
        cycle = geostationary_north_south(math.radians(0.05), math.radians(rate) / (365.25 * DAY_S))
        assert cycle.delta_v_m_s_year == pytest.approx(speed, abs=0.2)
    with pytest.raises(InputError, match="equilibrium"):
        geostationary_east_west(0.5 * math.atan2(-0.903_873, 1.574_615), 1e-3)


def _year(cycle: object) -> float:
    return float(getattr(cycle, "delta_v_m_s_year"))  # noqa: B009


def test_a_deorbit_that_is_flown_meets_the_entry_interface() -> None:
    found = deorbit_burn(480e3, 520e3, 40e3)
    apogee_m, axis_m = EARTH_M + 520e3, EARTH_M + 500e3
    speed = math.sqrt(MU * (2.0 / apogee_m - 1.0 / axis_m)) - found.delta_v_m_s
    r, v = propagate_kepler(np.array([apogee_m, 0, 0]), np.array([0, speed, 0]), found.coast_s)
    assert np.linalg.norm(r) - EARTH_M == pytest.approx(120e3, abs=1.0)
    assert np.linalg.norm(v) == pytest.approx(found.entry_speed_m_s, abs=1e-3)
    angle = math.asin(float(r @ v) / float(np.linalg.norm(r) * np.linalg.norm(v)))
    assert angle == pytest.approx(found.entry_flight_path_angle_rad, abs=1e-6) and angle < 0.0
    high = deorbit_burn(700e3, 700e3, 300e3)
    assert high.entry_speed_m_s is None and high.delta_v_m_s > 0.0


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match="does not sink"):
        drag_make_up(6.8e6, 100.0, 0.0)
    with pytest.raises(InputError, match="perigee"):
        deorbit_burn(500e3, 500e3, 600e3)
    with pytest.raises(InputError, match="turn_rad"):
        edelbaum_spiral(7e6, 8e6, 2.5, 1e-4)
    with pytest.raises(InputError, match="half_width"):
        geostationary_north_south(-1.0)
