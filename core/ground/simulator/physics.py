"""Flies a simulated spacecraft's physics: the stepped models between its durable state and what it does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from core.attitude import AttitudeState, PointingLaw
from core.constants import STANDARD_GRAVITY_M_S2
from core.frames import itrf_from_gcrf, itrf_from_geodetic
from core.ground.simulator.state import AttitudeMemory, GnssFix, OnboardState, OngoingActivity, OngoingKind
from core.mission.model import Bus, Mission, Mode
from core.orbit import Boost, Sgp4Orbit, fly_boosts
from core.orbit.flown import LostOrbit
from core.plan.activity import PointingMode
from core.plan.resource_flight import BROWN_OUT, ResourceStart
from core.plan.stepping import (
    Aim,
    AttitudeAnchor,
    AttitudeNow,
    CraftState,
    Departures,
    Duty,
    Step,
    Stepper,
    settled_craft,
)
from core.propulsion import burn_balance, burn_torque_n_m
from core.units import to_rad

__all__ = ["Flown", "Physics"]

_LAWS: Final = {
    PointingMode.SUN: PointingLaw.SUN,
    PointingMode.NADIR: PointingLaw.NADIR,
    PointingMode.INERTIAL: PointingLaw.INERTIAL,
    PointingMode.TARGET: PointingLaw.TARGET,
    PointingMode.VELOCITY: PointingLaw.THRUST,
}
_LIT: Final = 0.5


@dataclass(frozen=True)
class Flown:
    """What an interval brought about."""

    sent_bytes: float
    impulse_n_s: float


class Physics:
    """The flight of one spacecraft.

    Args:
        mission: Design and orbit.
        satellite: Which spacecraft of it.
        state: Where it left off; kept up to date from here on.
    """

    def __init__(self, mission: Mission, satellite: str, state: OnboardState) -> None:
        self.state = state
        self.design = mission.bus_of(satellite)
        self.orbit = Sgp4Orbit.from_elements(state.elements or mission.craft(satellite).elements)
        self._stepper = Stepper(self.design, self.orbit)
        self._craft = self._loaded() or self._settled()
        self._remembered: AttitudeAnchor | None = None
        self._remember()

    @property
    def bus(self) -> Bus:
        """The design as it is flown: with the thermostats as they are set."""
        return self._stepper.bus

    def fly(self, until_tai_s: float, visible: tuple[str, ...]) -> Flown:
        """Advance the state to an instant while it goes on doing what it does."""
        duty, sent_bytes, impulse_n_s = self._duty(visible), 0.0, 0.0
        while self._craft.t_tai_s < until_tai_s:
            step = self._stepper.advance(self._craft, duty, until_tai_s)
            self._craft = step.state
            sent_bytes += float(step.flight.sent_bytes[0, -1])
            impulse_n_s += float(step.flight.impulse_n_s[0, -1])
            self._take(step)
        self._remember()
        return Flown(sent_bytes, impulse_n_s)

    def attitude(self) -> AttitudeNow:
        """The attitude now."""
        return self._stepper.attitude(self._craft)

    def slew_s(self) -> float:
        """How long turning to the present pointing takes, settling included."""
        return self._stepper.slew_s(self._craft, self._aim())

    def thrust_error_rad(self, delta_v_m_s: float) -> float:
        """Angle between the thrust axis and where a burn must push."""
        design = self.design.attitude
        axis = design.axes.thrust_axis if design is not None else (1.0, 0.0, 0.0)
        return self._stepper.off_rad(self._craft, _thrust(delta_v_m_s < 0.0), axis)

    def configure(self, departures: Departures, bus: Bus) -> None:
        """Fly on with other departures from the design, or other thermostats."""
        if departures == self._stepper.departures and bus == self._stepper.bus:
            return
        self._craft = self._stepper.anchored(self._craft)
        self._stepper = Stepper(bus, self.orbit, departures)
        self._remember()

    def burnt(self, burn: OngoingActivity) -> LostOrbit | None:
        """Fly on the orbit that a burn has led to: its impulse along the velocity, or against it.

        Where that leaves no orbit to fly on, the old one stays and what was lost is returned.
        """
        impulse_n_s, end_tai_s = burn.done_impulse_n_s, self.state.t_tai_s
        if impulse_n_s <= 0.0 or end_tai_s <= burn.begun_tai_s:
            return None
        left_kg = self.design.dry_mass_kg + self.state.propellant_kg
        used_kg = burn.begun_mass_kg - left_kg
        exhaust_m_s = impulse_n_s / used_kg
        gained_m_s = exhaust_m_s * float(np.log(burn.begun_mass_kg / left_kg))
        boost = Boost(
            burn.begun_tai_s,
            end_tai_s,
            float(np.copysign(gained_m_s, burn.delta_v_m_s)),
            burn.begun_mass_kg,
            exhaust_m_s / STANDARD_GRAVITY_M_S2,
        )
        flown = fly_boosts(self.orbit, [boost])
        if flown.lost is not None:
            return flown.lost
        self._craft = self._stepper.anchored(self._craft)
        self.orbit = flown.legs[-1].orbit
        self.state.elements = self.orbit.elements
        self._stepper = Stepper(self._stepper.bus, self.orbit, self._stepper.departures)
        self._remember()
        return None

    def navigate(self) -> None:
        """Take a fix of the GNSS receiver, with its noise; the same instant gives the same fix."""
        t = np.array([self.state.t_tai_s])
        states = self.orbit.propagate(t)
        r_itrf_m, v_itrf_m_s = itrf_from_gcrf(t, states.r_gcrf_m, states.v_gcrf_m_s)
        receiver = self.design.attitude.gnss if self.design.attitude else None
        if receiver is not None:
            chance = np.random.default_rng(int(self.state.t_tai_s * 1e3) & 0xFFFFFFFFFFFF)
            r_itrf_m = r_itrf_m + receiver.position_noise_m * chance.standard_normal((1, 3))
            v_itrf_m_s = v_itrf_m_s + receiver.velocity_noise_m_s * chance.standard_normal((1, 3))
        x, y, z = r_itrf_m[0].tolist()
        vx, vy, vz = v_itrf_m_s[0].tolist()
        self.state.fix = GnssFix(t_tai_s=self.state.t_tai_s, r_itrf_m=(x, y, z), v_itrf_m_s=(vx, vy, vz))

    # What it does

    def _duty(self, visible: tuple[str, ...]) -> Duty:
        state = self.state
        kinds = {one.kind for one in state.ongoing}
        sending = any(one.kind is OngoingKind.DOWNLINK and one.station in visible for one in state.ongoing)
        burning = OngoingKind.BURN in kinds
        return Duty(
            mode=state.mode,
            aim=self._aim(),
            imaging=OngoingKind.IMAGE in kinds,
            sent_byte_s=self.design.antenna.x_band_downlink_bit_s / 8.0 if sending else 0.0,
            s_band=bool(visible),
            thrusters_open=burn_balance(self.design.propulsion).open if burning else 0.0,
        )

    def _aim(self) -> Aim:
        state = self.state
        burns = [one for one in state.ongoing if one.kind is OngoingKind.BURN]
        if burns:
            return replace(_thrust(burns[0].delta_v_m_s < 0.0), torque_n_m=self._burn_torque_n_m(burns[0]))
        law = _LAWS[state.pointing]
        if law is PointingLaw.THRUST:
            return _thrust(state.braking)
        if law is PointingLaw.TARGET:
            latitude_deg, longitude_deg = state.target_deg
            x, y, z = itrf_from_geodetic(to_rad(latitude_deg), to_rad(longitude_deg), 0.0).tolist()
            return Aim(law, place_itrf_m=(x, y, z))
        return Aim(law)

    def _burn_torque_n_m(self, burn: OngoingActivity) -> tuple[float, float, float] | None:
        """What a burn leaves to the wheels, at the pressure with which it began."""
        if not burn_balance(self.design.propulsion).turns:
            return None
        left_kg = max(burn.begun_mass_kg - self.design.dry_mass_kg, 0.0)
        x, y, z = burn_torque_n_m(self.design.propulsion, left_kg).tolist()
        return x, y, z

    # Between the durable state and the stepped one

    def _loaded(self) -> CraftState | None:
        state, memory = self.state, self.state.attitude
        if state.temp_k is None or memory is None or len(state.temp_k) != len(self.design.thermal.nodes):
            return None
        resources = ResourceStart(
            np.array([state.soc]),
            np.array([state.temp_k]),
            np.array([state.propellant_kg]),
            np.array([state.data_stored_bytes]),
            np.array([state.heaters_on], dtype=np.uint32),
            np.array([state.shed], dtype=np.uint32),
        )
        began = AttitudeState(
            np.array(memory.q_body_gcrf), np.array(memory.omega_body_gcrf_rad_s), np.array(memory.wheel_n_m_s)
        )
        aim = Aim(memory.law, memory.place_itrf_m, memory.direction_rtn, memory.held_q_body_gcrf, memory.torque_n_m)
        return CraftState(state.t_tai_s, resources, AttitudeAnchor(memory.t_tai_s, began, aim))

    def _settled(self) -> CraftState:
        state = self.state
        first = PointingLaw.SUN if state.mode is Mode.SAFE else PointingLaw.NADIR
        return settled_craft(
            self.design,
            self.orbit,
            state.t_tai_s,
            state.mode,
            Aim(first),
            soc=state.soc,
            propellant_kg=state.propellant_kg,
            stored_bytes=state.data_stored_bytes,
        )

    def _take(self, step: Step) -> None:
        state, flight = self.state, step.flight
        state.array_power_w = float(flight.array_power_w[0, -1])
        state.load_power_w = float(flight.load_power_w[0, -1])
        state.bus_voltage_v = float(flight.bus_voltage_v[0, -1])
        state.battery_current_a = float(flight.battery_current_a[0, -1])
        state.heater_duty = tuple(flight.heater_duty[0, -1].tolist())
        state.tank_pressure_pa = float(flight.tank_pressure_pa[0, -1])
        state.brown_out = bool(int(flight.shed[0, -1]) & BROWN_OUT)
        state.in_eclipse = step.illumination < _LIT

    def _remember(self) -> None:
        state, craft = self.state, self._craft
        resources, anchor = craft.resources, craft.anchor
        state.t_tai_s = craft.t_tai_s
        state.soc = float(resources.soc[0])
        state.temp_k = tuple(resources.temp_k[0].tolist())
        state.battery_temp_k = state.temp_k[self.design.thermal.index(self.design.battery.node)]
        state.propellant_kg = float(resources.propellant_kg[0])
        state.data_stored_bytes = float(resources.stored_bytes[0])
        state.heaters_on = int(resources.heaters_on[0])
        state.shed = int(resources.shed[0])
        if anchor is self._remembered:
            return
        self._remembered = anchor
        q, omega = anchor.state.q_body_gcrf.tolist(), anchor.state.omega_body_gcrf_rad_s.tolist()
        state.attitude = AttitudeMemory(
            t_tai_s=anchor.t_tai_s,
            q_body_gcrf=(q[0], q[1], q[2], q[3]),
            omega_body_gcrf_rad_s=(omega[0], omega[1], omega[2]),
            wheel_n_m_s=tuple(anchor.state.wheel_n_m_s.tolist()),
            law=anchor.aim.law,
            place_itrf_m=anchor.aim.place_itrf_m,
            direction_rtn=anchor.aim.direction_rtn,
            held_q_body_gcrf=anchor.aim.q_body_gcrf,
            torque_n_m=anchor.aim.torque_n_m,
        )


def _thrust(braking: bool) -> Aim:
    return Aim(PointingLaw.THRUST, direction_rtn=(0.0, -1.0 if braking else 1.0, 0.0))
