"""Electrical load by mode and by what is switched on."""

from __future__ import annotations

from core.mission.model import Mode, PowerLoads

__all__ = ["load_power_w"]


def load_power_w(
    loads: PowerLoads, mode: Mode, *, imaging: bool, x_band: bool, s_band: bool, heater_duty: float
) -> float:
    """Total load on the bus, W.

    Safe mode runs on its own reduced load; payload mode keeps the imager powered; transmitters count while they
    transmit; heaters follow their duty, 0 to 1.
    """
    total_w = loads.safe_mode_w if mode is Mode.SAFE else loads.bus_w
    if mode is Mode.PAYLOAD or imaging:
        total_w += loads.imager_w
    if x_band:
        total_w += loads.x_band_w
    if s_band:
        total_w += loads.s_band_w
    return total_w + loads.heaters_w * heater_duty
