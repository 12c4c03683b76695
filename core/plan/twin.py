"""The digital twin of one spacecraft: resources advanced along what it does.

The plan simulation and the spacecraft simulator both step this model, so that a plan is checked with the physics that
later flies it. Orbit, eclipse and array geometry are evaluated for a whole interval at once; the coupled states
(charge, data, propellant, momentum, temperature) are then integrated step by step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core import power, propulsion, thermal
from core.attitude import disturbance_torque_n_m, magnetorquer_torque_n_m, wheel_saturation_n_m_s
from core.constants import STANDARD_GRAVITY_M_S2
from core.mission.model import Bus, Mode
from core.orbit import Ephemeris, Orbit, illumination, sun_position_gcrf_m
from core.plan.activity import PointingMode

__all__ = ["MAXIMUM_STEP_S", "Drive", "Environment", "Twin", "TwinState", "TwinStep"]

FloatArray = NDArray[np.float64]

MAXIMUM_STEP_S: Final = 60.0
_EARTH_FACING: Final = {PointingMode.NADIR, PointingMode.TARGET, PointingMode.VELOCITY}


@dataclass(frozen=True)
class TwinState:
    """Resources of a spacecraft at an instant."""

    t_tai_s: float
    soc: float
    data_stored_bytes: float
    propellant_kg: float
    mode: Mode
    pointing: PointingMode
    wheel_momentum_n_m_s: float = 0.0
    battery_temp_k: float = 288.15


@dataclass(frozen=True)
class Drive:
    """What the spacecraft is doing over an interval."""

    mode: Mode
    pointing: PointingMode
    imaging: bool = False
    downlink_bit_s: float = 0.0
    s_band: bool = False
    burning: bool = False


@dataclass(frozen=True)
class TwinStep:
    """The state at the end of an interval and the flows during it."""

    state: TwinState
    array_power_w: float
    load_power_w: float
    illumination: float


@dataclass(frozen=True)
class Environment:
    """Everything about an interval that does not depend on resources, at its sample times, shape (n,)."""

    t_tai_s: FloatArray
    illumination: FloatArray
    sun_pointing_power_w: FloatArray
    earth_facing_power_w: FloatArray
    radius_m: FloatArray
    ephemeris: Ephemeris


class Twin:
    """Resources of one spacecraft along its orbit.

    Args:
        bus: The spacecraft's design.
        orbit: Where it flies.
    """

    def __init__(self, bus: Bus, orbit: Orbit) -> None:
        self.bus = bus
        self.orbit = orbit

    def environment(self, t_tai_s: FloatArray) -> Environment:
        """Orbit, light and array power at sample times, TAI seconds since J2000, shape (n,), increasing."""
        ephemeris = self.orbit.propagate(t_tai_s)
        r_gcrf_m, v_gcrf_m_s = ephemeris.r_gcrf_m, ephemeris.v_gcrf_m_s
        sun_gcrf_m = sun_position_gcrf_m(t_tai_s)
        lit = illumination(r_gcrf_m, t_tai_s)
        distance_m = np.linalg.norm(sun_gcrf_m - r_gcrf_m, axis=1)
        array = self.bus.solar_array

        def generated_w(sun_pointing: bool) -> FloatArray:
            cosine = power.incidence_cosine(
                r_gcrf_m, v_gcrf_m_s, sun_gcrf_m, array.articulated_axes, sun_pointing=sun_pointing
            )
            return power.array_power_w(array, cosine, lit, distance_m)

        radius_m = np.asarray(np.linalg.norm(r_gcrf_m, axis=1), dtype=np.float64)
        return Environment(t_tai_s, lit, generated_w(True), generated_w(False), radius_m, ephemeris)

    def step(self, state: TwinState, drive: Drive, until_tai_s: float) -> TwinStep:
        """Advance to a later instant while the spacecraft keeps doing one thing."""
        count = max(1, int(np.ceil((until_tai_s - state.t_tai_s) / MAXIMUM_STEP_S)))
        edges = np.linspace(state.t_tai_s, until_tai_s, count + 1)
        around = self.environment(0.5 * (edges[:-1] + edges[1:]))
        step = TwinStep(state, 0.0, 0.0, float(around.illumination[0]))
        for index in range(count):
            step = self.advance(step.state, drive, around, index, float(edges[index + 1]))
        return step

    def advance(self, state: TwinState, drive: Drive, around: Environment, index: int, until_tai_s: float) -> TwinStep:
        """One integration step in the conditions of sample ``index``."""
        duration_s = until_tai_s - state.t_tai_s
        sun_pointing = drive.pointing is PointingMode.SUN
        array_w = float((around.sun_pointing_power_w if sun_pointing else around.earth_facing_power_w)[index])
        lit = float(around.illumination[index])
        duty = thermal.heater_duty(thermal.BATTERY_NODE, state.battery_temp_k)
        load_w = power.load_power_w(
            self.bus.loads,
            drive.mode,
            imaging=drive.imaging,
            x_band=drive.downlink_bit_s > 0,
            s_band=drive.s_band,
            heater_duty=duty,
        )
        advanced = replace(
            state,
            t_tai_s=until_tai_s,
            soc=power.charge(self.bus.battery, state.soc, array_w - load_w, duration_s),
            data_stored_bytes=self._data(state.data_stored_bytes, drive, duration_s),
            propellant_kg=self._propellant(state.propellant_kg, drive, duration_s),
            mode=drive.mode,
            pointing=drive.pointing,
            wheel_momentum_n_m_s=self._momentum(
                state.wheel_momentum_n_m_s, drive, float(around.radius_m[index]), duration_s
            ),
            battery_temp_k=thermal.warm(
                thermal.BATTERY_NODE,
                state.battery_temp_k,
                illumination=lit,
                load_w=load_w,
                heater_w=self.bus.loads.heaters_w * duty,
                duration_s=duration_s,
            ),
        )
        return TwinStep(advanced, array_w, load_w, lit)

    def _data(self, stored_bytes: float, drive: Drive, duration_s: float) -> float:
        recorded = self.bus.imager.data_rate_bit_s / 8.0 * duration_s if drive.imaging else 0.0
        return max(0.0, stored_bytes + recorded - drive.downlink_bit_s / 8.0 * duration_s)

    def _propellant(self, propellant_kg: float, drive: Drive, duration_s: float) -> float:
        if not drive.burning:
            return propellant_kg
        exhaust_m_s = self.bus.propulsion.specific_impulse_s * STANDARD_GRAVITY_M_S2
        return max(
            0.0, propellant_kg - propulsion.thrust_n(self.bus.propulsion, propellant_kg) / exhaust_m_s * duration_s
        )

    def _momentum(self, momentum_n_m_s: float, drive: Drive, radius_m: float, duration_s: float) -> float:
        disturbing = disturbance_torque_n_m(self.bus, radius_m, earth_facing=drive.pointing in _EARTH_FACING)
        unloading = magnetorquer_torque_n_m(self.bus, radius_m)
        return min(wheel_saturation_n_m_s(self.bus), max(0.0, momentum_n_m_s + (disturbing - unloading) * duration_s))
