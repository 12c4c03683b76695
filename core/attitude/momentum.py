"""Wheel momentum: what disturbs the attitude, what unloads the wheels, what they can hold."""

from __future__ import annotations

import math
from typing import Final

from core.constants import EARTH_MU_M3_S2
from core.mission.model import Bus
from core.units import to_rad

__all__ = [
    "disturbance_torque_n_m",
    "magnetorquer_torque_n_m",
    "wheel_capacity_n_m_s",
    "wheel_saturation_n_m_s",
]

EARTH_DIPOLE_T_M3: Final = 7.75e15  # centred dipole of IGRF-14 at 2025: B0 R^3 with B0 = 29.98 uT
_SOLAR_PRESSURE_N_M2: Final = 4.54e-6  # 1361 W/m2 over the speed of light
_ARM_M: Final = 0.1  # offset between centre of pressure and centre of mass, assumed


def disturbance_torque_n_m(bus: Bus, radius_m: float, *, earth_facing: bool) -> float:
    """Secular disturbance torque, N m.

    Gravity gradient at the worst angle when the spacecraft does not face Earth, at one degree of error when it does;
    solar pressure on the drag area. Source: Wertz (ed.), Spacecraft Attitude Determination and Control, section 17.2.
    """
    angle_rad = to_rad(1.0) if earth_facing else math.pi / 4.0
    spread_kg_m2 = max(bus.inertia_kg_m2) - min(bus.inertia_kg_m2)
    gradient_n_m = 1.5 * EARTH_MU_M3_S2 / radius_m**3 * spread_kg_m2 * math.sin(2.0 * angle_rad)
    return gradient_n_m + _SOLAR_PRESSURE_N_M2 * bus.drag_area_m2 * 1.5 * _ARM_M


def magnetorquer_torque_n_m(bus: Bus, radius_m: float) -> float:
    """Torque that unloads the wheels, N m, averaged over an orbit.

    A dipole can only torque across the field: half of the product of moment and equatorial field is counted on.
    """
    return 0.5 * bus.magnetorquer_a_m2 * EARTH_DIPOLE_T_M3 / radius_m**3


def wheel_capacity_n_m_s(bus: Bus) -> float:
    """Momentum that a pyramid of wheels holds along its weakest axis, N m s.

    Along a base axis at least half of the wheels' projections ``h cos(cant)`` add; along the pyramid's axis all of
    ``h sin(cant)``; the smaller sum counts.
    """
    wheels = bus.wheels
    cant_rad = to_rad(wheels.cant_deg)
    base = wheels.count / 2.0 * wheels.momentum_capacity_n_m_s * math.cos(cant_rad)
    axis = wheels.count * wheels.momentum_capacity_n_m_s * math.sin(cant_rad)
    return min(base, axis)


def wheel_saturation_n_m_s(bus: Bus) -> float:
    """Momentum that a pyramid of wheels holds along its strongest axis, N m s: beyond it no direction takes more.

    Along the diagonal between two wheels all projections on the base add as ``n h cos(cant) / sqrt(2)``.
    """
    wheels = bus.wheels
    cant_rad = to_rad(wheels.cant_deg)
    return wheels.count * wheels.momentum_capacity_n_m_s * max(math.sin(cant_rad), math.cos(cant_rad) / math.sqrt(2.0))
