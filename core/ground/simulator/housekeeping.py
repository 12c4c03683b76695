"""The values that a simulated spacecraft reports of itself (service 3): housekeeping and three diagnostic structures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

import numpy as np

from core.attitude import wheel_axes
from core.frames import geodetic_from_itrf
from core.ground.simulator.state import OnboardState, OngoingKind
from core.mission.design.thermal import CELSIUS_K
from core.mission.model import Bus
from core.plan.stepping import AttitudeNow
from core.units import to_deg

__all__ = ["STRUCTURES", "Structure", "Values", "report_values"]

Values = dict[str, int | float | str | bytes | bool]

_FULL_SPEED_RAD_S: Final = 628.3  # 6,000 rpm: a design without a rotor inertia reaches its capacity there
_ARCSECOND_DEG: Final = 1.0 / 3600.0
_TRACKED_ERROR_DEG: Final = 10.0 * _ARCSECOND_DEG  # what star trackers and their filter leave


class Structure(IntEnum):
    """Report structures: housekeeping (3, 25), and diagnostics (3, 26)."""

    HOUSEKEEPING = 1
    POWER_AND_HEAT = 2
    ATTITUDE = 3
    ORBIT = 4


STRUCTURES: Final[Mapping[Structure, str]] = {
    Structure.HOUSEKEEPING: "Housekeeping",
    Structure.POWER_AND_HEAT: "PowerAndHeatDiagnostics",
    Structure.ATTITUDE: "AttitudeDiagnostics",
    Structure.ORBIT: "OrbitDiagnostics",
}


def report_values(structure: Structure, state: OnboardState, bus: Bus, attitude: AttitudeNow) -> Values:
    """Engineering values of a structure, by the names of the mission database."""
    return {"structure_id": int(structure), **_VALUES[structure](state, bus, attitude)}


def _housekeeping(state: OnboardState, bus: Bus, attitude: AttitudeNow) -> Values:
    values: Values = {
        "soc": state.soc,
        "bus_voltage_v": state.bus_voltage_v,
        "battery_current_a": state.battery_current_a,
        "array_power_w": state.array_power_w,
        "load_power_w": state.load_power_w,
        "data_stored_bytes": int(state.data_stored_bytes),
        "propellant_kg": state.propellant_kg,
        "tank_pressure_pa": int(state.tank_pressure_pa),
        "battery_temp_c": state.battery_temp_k - CELSIUS_K,
        "wheel_momentum_n_m_s": float(np.linalg.norm(attitude.wheel_n_m_s @ wheel_axes(bus.wheels))),
        "mode": str(state.mode),
        "pointing": str(state.pointing),
        "attitude_error_deg": _error_deg(state, bus, attitude),
        "in_eclipse": state.in_eclipse,
        "downlink_active": any(one.kind is OngoingKind.DOWNLINK for one in state.ongoing),
        "downlinked_bytes": int(state.downlinked_bytes),
        "uplink_accepted_count": state.accepted_count % (1 << 16),
        "uplink_rejected_count": state.rejected_count % (1 << 16),
        "downlink_frame_count": state.frame_count % (1 << 32),
        "schedule_count": len(state.schedule),
    }
    values |= {f"wheel_{n}_speed_rad_s": speed for n, speed in enumerate(_wheel_speeds_rad_s(bus, attitude), 1)}
    return values | _ground(state)


def _power_and_heat(state: OnboardState, bus: Bus, _: AttitudeNow) -> Values:
    temp_k = state.temp_k or ()
    values: Values = {
        f"temp_{node}_c": kelvin - CELSIUS_K for node, kelvin in zip(bus.thermal.node_ids, temp_k, strict=False)
    }
    for place, heater in enumerate(bus.thermal.heaters):
        values[f"{heater.id}_on"] = bool(state.heaters_on >> place & 1)
        values[f"{heater.id}_duty"] = state.heater_duty[place] if state.heater_duty else 0.0
    values["shed_steps"] = state.shed & 0xFF
    values["brown_out"] = state.brown_out
    return values


def _attitude(_: OnboardState, bus: Bus, attitude: AttitudeNow) -> Values:
    rate_deg_s = np.degrees(attitude.omega_body_gcrf_rad_s)
    values: Values = dict(zip(("q_w", "q_x", "q_y", "q_z"), attitude.q_body_gcrf.tolist(), strict=True))
    values |= {f"rate_{axis}_deg_s": float(rate) for axis, rate in zip("xyz", rate_deg_s, strict=True)}
    for number, (momentum, torque) in enumerate(
        zip(attitude.wheel_n_m_s, attitude.wheel_torque_n_m, strict=True), start=1
    ):
        values[f"wheel_{number}_momentum_n_m_s"] = float(momentum)
        values[f"wheel_{number}_torque_n_m"] = float(torque)
    for number, blinded in enumerate(attitude.trackers_blinded, start=1):
        values[f"tracker_{number}_valid"] = not bool(blinded)
    return values


def _orbit(state: OnboardState, _: Bus, __: AttitudeNow) -> Values:
    fix = state.fix
    if fix is None:
        return {}
    values: Values = {"gnss_valid": fix.valid, "gnss_fix_age_s": state.t_tai_s - fix.t_tai_s}
    for axis, metres, speed in zip("xyz", fix.r_itrf_m, fix.v_itrf_m_s, strict=True):
        values[f"gnss_{axis}_itrf_m"] = metres
        values[f"gnss_v{axis}_itrf_m_s"] = speed
    return values


_VALUES: Final[Mapping[Structure, Callable[[OnboardState, Bus, AttitudeNow], Values]]] = {
    Structure.HOUSEKEEPING: _housekeeping,
    Structure.POWER_AND_HEAT: _power_and_heat,
    Structure.ATTITUDE: _attitude,
    Structure.ORBIT: _orbit,
}


def _ground(state: OnboardState) -> Values:
    """Where the last fix is over the ground."""
    fix = state.fix
    place = geodetic_from_itrf(np.array([fix.r_itrf_m if fix else (7e6, 0.0, 0.0)]))
    return {
        "latitude_deg": to_deg(float(place.latitude_rad[0])),
        "longitude_deg": math.remainder(to_deg(float(place.longitude_rad[0])), 360.0),
        "altitude_m": int(place.height_m[0]),
    }


def _error_deg(state: OnboardState, bus: Bus, attitude: AttitudeNow) -> float:
    """Pointing error with what is not known of the attitude: without star trackers the gyro's bias adds up."""
    unknown_deg = _TRACKED_ERROR_DEG
    if state.trackers_lost_tai_s is not None and bus.attitude is not None and bus.attitude.gyro is not None:
        unknown_deg += bus.attitude.gyro.bias_deg_h * (state.t_tai_s - state.trackers_lost_tai_s) / 3600.0
    return to_deg(attitude.error_rad) + unknown_deg


def _wheel_speeds_rad_s(bus: Bus, attitude: AttitudeNow) -> list[float]:
    """Speeds relative to the body: momenta are relative to GCRF."""
    wheels = bus.wheels
    rotor_kg_m2 = wheels.rotor_inertia_kg_m2 or wheels.momentum_capacity_n_m_s / _FULL_SPEED_RAD_S
    along_rad_s = wheel_axes(wheels) @ attitude.omega_body_gcrf_rad_s
    speeds: list[float] = (attitude.wheel_n_m_s / rotor_kg_m2 - along_rad_s).tolist()
    return speeds
