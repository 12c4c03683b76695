"""Attitude: pointing directions, slews between them, and wheel momentum."""

from core.attitude.momentum import (
    disturbance_torque_n_m,
    magnetorquer_torque_n_m,
    wheel_capacity_n_m_s,
    wheel_saturation_n_m_s,
)
from core.attitude.slew import boresight_gcrf, half_turn_s, slew_angle_rad, slew_duration_s

__all__ = [
    "boresight_gcrf",
    "disturbance_torque_n_m",
    "half_turn_s",
    "magnetorquer_torque_n_m",
    "slew_angle_rad",
    "slew_duration_s",
    "wheel_capacity_n_m_s",
    "wheel_saturation_n_m_s",
]
