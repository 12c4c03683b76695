"""Draws faults of every kind, with sizes from barely to plainly visible; only such that telemetry can show at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydantic import TypeAdapter

from core.ground.simulator.faults import Fault, FaultKind
from core.time import utc_from_tai_s

__all__ = ["FAULT_KINDS", "SENSOR_SCALES", "SensorScale", "draw_fault"]


@dataclass(frozen=True)
class SensorScale:
    """How large faults of a sensor are drawn, in its own unit.

    Args:
        noise: Least and greatest sigma of a noisy one.
        drift_per_hour: The same of a drifting one; the sign is drawn.
        moves: Whether it moves within an orbit, so that telemetry can show that it is stuck.
    """

    noise: tuple[float, float]
    drift_per_hour: tuple[float, float]
    moves: bool = True


_TEMPERATURE: Final = SensorScale((0.5, 4.0), (0.5, 4.0))
SENSOR_SCALES: Final[Mapping[str, SensorScale]] = {
    "soc": SensorScale((0.01, 0.05), (0.01, 0.06)),
    "bus_voltage_v": SensorScale((0.15, 1.0), (0.15, 1.0)),
    "battery_current_a": SensorScale((0.5, 4.0), (0.5, 4.0)),
    "array_power_w": SensorScale((15.0, 120.0), (15.0, 120.0)),
    "load_power_w": SensorScale((8.0, 60.0), (8.0, 60.0)),
    "propellant_kg": SensorScale((0.05, 0.5), (0.05, 0.5), moves=False),
    "tank_pressure_pa": SensorScale((1.0e4, 1.0e5), (1.0e4, 1.0e5), moves=False),
    "battery_temp_c": _TEMPERATURE,
    **{
        f"temp_{one}_c": _TEMPERATURE
        for one in ("panel_px", "panel_mx", "panel_py", "panel_my", "panel_pz", "panel_mz", "obc", "wheels", "imager")
    },
    "temp_battery_c": _TEMPERATURE,
    "temp_solar_array_c": SensorScale((3.0, 25.0), (3.0, 20.0)),
    "temp_tank_c": SensorScale((0.5, 4.0), (0.5, 4.0), moves=False),  # it follows the heater over hours
    **{f"wheel_{n}_speed_rad_s": SensorScale((3.0, 30.0), (3.0, 30.0)) for n in range(1, 5)},
    **{f"wheel_{n}_momentum_n_m_s": SensorScale((0.02, 0.2), (0.02, 0.2), moves=False) for n in range(1, 5)},
    **{f"wheel_{n}_torque_n_m": SensorScale((0.001, 0.008), (0.0005, 0.004), moves=False) for n in range(1, 5)},
    **{f"rate_{axis}_deg_s": SensorScale((0.01, 0.1), (0.01, 0.1), moves=False) for axis in "xyz"},
    "attitude_error_deg": SensorScale((0.05, 0.5), (0.05, 0.5), moves=False),
}
_MOVING: Final = tuple(name for name, one in SENSOR_SCALES.items() if one.moves)
_HEATERS: Final = ("battery_heater", "tank_heater", "imager_heater")
_USED_HEATERS: Final = ("tank_heater",)  # the others are never needed in ordinary work: that one is dead shows nowhere
FAULT_KINDS: Final = tuple(one for one in FaultKind if one is not FaultKind.CLEAR)


def draw_fault(
    kind: FaultKind, satellite: str, begin_tai_s: float, duration_s: float, chance: np.random.Generator
) -> Fault:
    """A fault of a kind, with the rest by chance."""
    made: Fault = TypeAdapter(Fault).validate_python(
        {
            "id": f"{kind}-{int(begin_tai_s)}",
            "satellite": satellite,
            "at": utc_from_tai_s(begin_tai_s),
            "duration_s": duration_s,
            "fault": kind,
            **_DETAILS[kind](chance),
        }
    )
    return made


def _between(low: float, high: float, chance: np.random.Generator) -> float:
    """Evenly by order of magnitude."""
    return float(np.exp(chance.uniform(np.log(low), np.log(high))))


def _share(low: float, high: float) -> Callable[[np.random.Generator], dict[str, Any]]:
    return lambda chance: {"lost_share": _between(low, high, chance)}


def _noisy(chance: np.random.Generator) -> dict[str, Any]:
    name = str(chance.choice(list(SENSOR_SCALES)))
    return {"parameter": name, "sigma": _between(*SENSOR_SCALES[name].noise, chance)}


def _drifting(chance: np.random.Generator) -> dict[str, Any]:
    name = str(chance.choice(list(SENSOR_SCALES)))
    sign = float(chance.choice([-1.0, 1.0]))
    return {"parameter": name, "per_hour": sign * _between(*SENSOR_SCALES[name].drift_per_hour, chance)}


_DETAILS: Final[Mapping[FaultKind, Callable[[np.random.Generator], dict[str, Any]]]] = {
    FaultKind.HEATER_STUCK_OFF: lambda chance: {"heater": str(chance.choice(_USED_HEATERS))},
    FaultKind.HEATER_STUCK_ON: lambda chance: {"heater": str(chance.choice(_HEATERS))},
    FaultKind.CELL_SHORT: _share(0.1, 0.7),
    FaultKind.ARRAY_STRING_LOSS: _share(0.1, 0.8),
    FaultKind.WHEEL_FRICTION: lambda chance: {"factor": _between(1.5, 15.0, chance)},
    FaultKind.STAR_TRACKER_BLIND: lambda chance: {"tracker": str(chance.choice(["tracker_py", "tracker_my"]))},
    FaultKind.THRUSTER_LEAK: lambda chance: {"duty": _between(0.002, 0.05, chance)},
    FaultKind.GNSS_OUTAGE: lambda _: {},
    FaultKind.SENSOR_STUCK: lambda chance: {"parameter": str(chance.choice(_MOVING))},
    FaultKind.SENSOR_NOISY: _noisy,
    FaultKind.SENSOR_DRIFTING: _drifting,
}
