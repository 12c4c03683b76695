"""The design of the electrical power: array, battery, loads."""

from __future__ import annotations

from typing import Literal

from core.mission.parts import Fraction, MissionModel, NotNegative, Positive

__all__ = ["Battery", "PowerLoads", "SolarArray"]


class SolarArray(MissionModel):
    """A flat array, steered about one axis or fixed."""

    area_m2: Positive
    efficiency: Fraction
    articulated_axes: Literal[0, 1, 2]
    degradation_per_year: Fraction = 0.0


class Battery(MissionModel):
    """A Li-ion battery."""

    voltage_v: Positive
    capacity_a_h: Positive
    minimum_soc: Fraction
    charge_efficiency: Fraction = 0.97
    discharge_efficiency: Fraction = 0.97

    @property
    def capacity_j(self) -> float:
        """Stored energy when full."""
        return self.voltage_v * self.capacity_a_h * 3600.0


class PowerLoads(MissionModel):
    """Electrical loads by consumer."""

    bus_w: NotNegative
    imager_w: NotNegative
    x_band_w: NotNegative
    s_band_w: NotNegative
    heaters_w: NotNegative
    safe_mode_w: NotNegative
