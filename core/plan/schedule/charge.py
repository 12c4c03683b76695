"""What a satellite's array brings beyond its idle load along a horizon, on the safe side, for the scheduler's battery."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.frames import sun_position_gcrf_m
from core.mission.model import Bus
from core.orbit import Orbit, illumination
from core.power import array_power_w, incidence_cosine

__all__ = ["idle_charge_j", "usable_battery_j"]

FloatArray = NDArray[np.float64]

_HOT_ARRAY_K: Final = 60.0  # above the temperature of its data sheet, in full sun
_FULL_SOC: Final = 0.95  # charging tapers off before the cells are full


def idle_charge_j(bus: Bus, orbit: Orbit, times_tai_s: FloatArray) -> FloatArray:
    """Energy into the battery up to each time if nothing were planned and it never were full, J, shape (n,).

    The spacecraft points at nadir; the array is hot, converters take their share, and every heater is on. The twin judges
    a plan more exactly: the scheduler must not count on more than it will find.

    Args:
        bus: The design.
        orbit: Where it flies.
        times_tai_s: TAI seconds since J2000, shape (n,), increasing.
    """
    middles = 0.5 * (times_tai_s[:-1] + times_tai_s[1:])
    states, sun_gcrf_m = orbit.propagate(middles), sun_position_gcrf_m(middles)
    array, converters = bus.solar_array, bus.converters
    cosine = incidence_cosine(
        states.r_gcrf_m, states.v_gcrf_m_s, sun_gcrf_m, array.articulated_axes, sun_pointing=False
    )
    distance_m = np.linalg.norm(sun_gcrf_m - states.r_gcrf_m, axis=1)
    made_w = array_power_w(array, cosine, illumination(states.r_gcrf_m, middles), distance_m, array.age_years)
    hot = 1.0 + array.temperature_coefficient_per_k * _HOT_ARRAY_K
    given_w = made_w * hot * array.tracking_efficiency * converters.array_efficiency
    idle_w = (bus.loads.bus_w + bus.loads.heaters_w) / converters.distribution_efficiency + converters.quiescent_w
    net_w = given_w - idle_w
    battery = bus.battery
    stored_w = np.where(net_w > 0.0, net_w * battery.charge_efficiency, net_w / battery.discharge_efficiency)
    return np.concatenate([[0.0], np.cumsum(stored_w * np.diff(times_tai_s))])


def usable_battery_j(bus: Bus) -> float:
    """What a charged battery holds in flight."""
    return _FULL_SOC * (1.0 - bus.battery.capacity_fade) * bus.battery.capacity_j
