"""Rotation with reaction wheels, and MRP feedback on it: beside Basilisk, both against an integration to 1e-12.

The spacecraft is the reference mission's with a spherical inertia, so that gains that are the inertia times bandwidth
are the scalar gains of Basilisk's ``mrpFeedback``; friction and unloading are off.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.attitude import (
    AttitudeState,
    ControlLaw,
    FlightMode,
    PointingLaw,
    PointingSegment,
    attitude_environment,
    fly_attitude,
    rotate_body,
    wheel_axes,
)
from core.attitude.craft import attitude_craft
from core.attitude.quaternion import conjugate, multiply, rotation_angle_rad
from core.mission import reference_mission
from core.mission.design.attitude import AttitudeDesign
from core.mission.model import Bus
from core.orbit import Sgp4Orbit, illumination
from evals.bench.model import BenchResult, Goal, PeerMissing
from evals.bench.timing import alternate
from evals.bench.twin.basilisk import basilisk, require_basilisk

__all__ = ["run"]

FloatArray = NDArray[np.float64]

_INERTIA_KG_M2: Final = 24.0
_ROTOR_KG_M2: Final = 0.00637
_OMEGA_RAD_S: Final = np.array([0.01, -0.02, 0.015])
_WHEELS_N_M_S: Final = np.array([0.5, -0.3, 0.2, 0.4])
_SPAN_S: Final = 600.0
_HOLD_S: Final = 10.0
_STEP_S: Final = 0.1
_CONTROL_S: Final = 0.5
_LOOP_S: Final = 3600.0
# 0.2 rad about an oblique axis: within what the rate limit of our feedback leaves linear.
_ERROR_TURN: Final = np.array([np.cos(0.1), *(np.sin(0.1) * np.array([2.0, -1.0, 2.0]) / 3.0)])
_ERROR_GOAL_RAD: Final = 1.0e-8
_TORQUE_GOAL_N_M: Final = 1.0e-9


def run() -> list[BenchResult]:
    """Two rows: ten minutes of rotation under changing wheel torques, and an hour of closed-loop regulation."""
    bus, peer = _bus(), _Basilisk()
    return [_rotation(bus, peer), _closed_loop(bus, peer)]


def _bus() -> Bus:
    bus = reference_mission().bus_of("LSAT-1")
    frictionless = {"viscous_friction_n_m_s": 0.0, "coulomb_friction_n_m": 0.0, "rotor_inertia_kg_m2": _ROTOR_KG_M2}
    return bus.model_copy(
        update={
            "inertia_kg_m2": (_INERTIA_KG_M2,) * 3,
            "wheels": bus.wheels.model_copy(update=frictionless),
            "attitude": AttitudeDesign(),
        }
    )


def _motors(wheels: int) -> FloatArray:
    """Motor torques that change every ten seconds, shape (pieces, wheels)."""
    pieces = np.arange(int(_SPAN_S / _HOLD_S))[:, np.newaxis]
    return np.asarray(0.02 * np.sin(0.7 * pieces + np.arange(wheels)), dtype=np.float64)


def _rotation(bus: Bus, peer: _Basilisk) -> BenchResult:
    axes, motors = wheel_axes(bus.wheels), _motors(bus.wheels.count)
    start = AttitudeState(np.array([1.0, 0.0, 0.0, 0.0]), _OMEGA_RAD_S, _WHEELS_N_M_S)
    edges = np.arange(0.0, _SPAN_S + 0.5 * _HOLD_S, _HOLD_S)
    held = np.vstack([motors, motors[-1:]])

    def ours() -> FloatArray:
        final: FloatArray = rotate_body(bus, start, edges, motor_n_m=held, step_s=_STEP_S).q_body_gcrf[-1]
        return final

    def theirs() -> FloatArray:
        return peer.rotate(axes, motors)

    took = alternate(ours, theirs, repeats=5)
    reference = _reference(axes, motors)
    apart = [float(rotation_angle_rad(multiply(one, conjugate(reference)))) for one in (ours(), theirs())]
    return BenchResult.compare(
        "attitude_rotation",
        ours=took.ours_s,
        peer=took.peer_s,
        peer_name="Basilisk",
        unit="s",
        goal=0.1,
        goal_kind=Goal.AT_MOST,
        error=apart[0],
        peer_error=apart[1],
        error_unit="rad",
        error_goal=_ERROR_GOAL_RAD,
        note="600 s, four wheels, Runge-Kutta 4 in steps of 0.1 s; error: final attitude from DOP853 at 1e-12",
    )


def _reference(axes: FloatArray, motors: FloatArray) -> FloatArray:
    """Final attitude by SciPy: the equations of Schaub and Junkins, section 4.5, written out once more."""
    try:
        integrate: Any = importlib.import_module("scipy.integrate")
    except ImportError as error:
        raise PeerMissing("scipy") from error
    hub = _INERTIA_KG_M2 * np.eye(3) - _ROTOR_KG_M2 * axes.T @ axes
    inverse = np.linalg.inv(hub)
    state = np.concatenate([[1.0, 0.0, 0.0, 0.0], _OMEGA_RAD_S, _WHEELS_N_M_S])
    for motor in motors:

        def rates(_t: float, y: FloatArray, motor: FloatArray = motor) -> FloatArray:
            w, v, omega, wheels = y[0], y[1:4], y[4:7], y[7:]
            turning = 0.5 * np.array([-v @ omega, *(w * omega - np.cross(omega, v))])
            gyroscopic = np.cross(omega, hub @ omega + axes.T @ wheels)
            return np.concatenate([turning, inverse @ (-gyroscopic - axes.T @ motor), motor])

        state = integrate.solve_ivp(rates, (0.0, _HOLD_S), state, method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    return np.asarray(state[:4] / np.linalg.norm(state[:4]), dtype=np.float64)


def _closed_loop(bus: Bus, peer: _Basilisk) -> BenchResult:
    orbit = Sgp4Orbit.from_elements(reference_mission().craft("LSAT-1").elements)
    t_tai_s = orbit.epoch_tai_s + np.arange(0.0, _LOOP_S + 1.0, 30.0)
    states = orbit.propagate(t_tai_s)
    environment = attitude_environment(
        t_tai_s, states.r_gcrf_m, states.v_gcrf_m_s, np.zeros(len(t_tai_s)), illumination(states.r_gcrf_m, t_tai_s)
    )
    goal = PointingSegment(float(t_tai_s[0]), PointingLaw.INERTIAL, q_body_gcrf=np.array([1.0, 0.0, 0.0, 0.0]))
    start = AttitudeState(_ERROR_TURN, np.zeros(3), _WHEELS_N_M_S)

    def ours() -> object:
        return fly_attitude(bus, start, [goal], environment, FlightMode.FULL, law=ControlLaw.MRP)

    axes = wheel_axes(bus.wheels)
    took = alternate(ours, lambda: peer.regulate(axes, _gains(bus)), repeats=3)
    return BenchResult.compare(
        "attitude_control",
        ours=took.ours_s,
        peer=took.peer_s,
        peer_name="Basilisk",
        unit="s",
        goal=0.1,
        goal_kind=Goal.AT_MOST,
        error=_torque_difference(bus, peer.regulate(axes, _gains(bus))),
        error_unit="N m",
        error_goal=_TORQUE_GOAL_N_M,
        note="an hour, control every 0.5 s; ours also has slew, integral, unloading, environment torques and blinding; "
        "error: our MRP feedback from that of mrpFeedback at the states that Basilisk flew through",
    )


def _gains(bus: Bus) -> tuple[float, float]:
    """Scalar stiffness (of the MRPs) and damping that our bandwidth and damping amount to."""
    control = AttitudeDesign().control
    bandwidth_rad_s = 2.0 * np.pi * control.bandwidth_hz
    return 4.0 * bandwidth_rad_s**2 * _INERTIA_KG_M2, 2.0 * control.damping * bandwidth_rad_s * _INERTIA_KG_M2


@dataclass(frozen=True)
class _Regulation:
    """States and commanded torques of Basilisk's control, a row each."""

    sigma: FloatArray
    omega_rad_s: FloatArray
    wheel_rate_rad_s: FloatArray
    torque_n_m: FloatArray


def _torque_difference(bus: Bus, flown: _Regulation) -> float:
    craft, axes, still = attitude_craft(bus, ControlLaw.MRP), wheel_axes(bus.wheels), np.zeros(3)
    worst = 0.0
    for sigma, omega, rate, torque in zip(
        flown.sigma, flown.omega_rad_s, flown.wheel_rate_rad_s, flown.torque_n_m, strict=True
    ):
        size = float(sigma @ sigma)
        q = np.array([1.0 - size, *(2.0 * sigma)]) / (1.0 + size)
        wheels = _ROTOR_KG_M2 * (rate + axes @ omega)  # the peer's rates are relative to the body
        wanted, _ = craft.control(q, omega, wheels, np.array([1.0, 0.0, 0.0, 0.0]), still, still)
        worst = max(worst, float(np.abs(wanted - torque).max()))
    return worst


class _Basilisk:
    """The peer's spacecraft with wheels: under torques given beforehand, and under its MRP feedback."""

    def __init__(self) -> None:
        require_basilisk()

    def _spacecraft(self, axes: FloatArray, step_s: float, q: FloatArray, omega: FloatArray, wheels: FloatArray) -> Any:
        """Simulation, spacecraft and wheels with that start."""
        macros, base = basilisk("utilities.macros"), basilisk("utilities.SimulationBaseClass")
        include_rw, messaging = basilisk("utilities.simIncludeRW"), basilisk("architecture.messaging")
        simulation = base.SimBaseClass()
        simulation.CreateNewProcess("process").addTask(simulation.CreateNewTask("task", macros.sec2nano(step_s)))
        craft = basilisk("simulation.spacecraft").Spacecraft()
        craft.hub.mHub = 168.0
        craft.hub.IHubPntBc_B = (_INERTIA_KG_M2 * np.eye(3)).tolist()
        craft.hub.sigma_BNInit = (q[1:] / (1.0 + q[0])).reshape(3, 1).tolist()
        craft.hub.omega_BN_BInit = omega.reshape(3, 1).tolist()
        factory = include_rw.rwFactory()
        relative = wheels / _ROTOR_KG_M2 - axes @ omega
        for axis, rate in zip(axes, relative, strict=True):
            factory.create(
                "custom",
                axis.tolist(),
                Omega=float(rate / macros.RPM),
                Omega_max=6000.0,
                RWModel=messaging.BalancedWheels,
                Js=_ROTOR_KG_M2,
                u_max=0.1,
                useMaxTorque=True,
            )
        effector = basilisk("simulation.reactionWheelStateEffector").ReactionWheelStateEffector()
        factory.addToSpacecraft("wheels", effector, craft)
        return simulation, craft, effector, factory, macros, messaging

    def rotate(self, axes: FloatArray, motors: FloatArray) -> FloatArray:
        """Final attitude under torques held for ten seconds each."""
        start = np.array([1.0, 0.0, 0.0, 0.0])
        simulation, craft, effector, _, macros, messaging = self._spacecraft(
            axes, _STEP_S, start, _OMEGA_RAD_S, _WHEELS_N_M_S
        )
        simulation.AddModelToTask("task", effector)
        simulation.AddModelToTask("task", craft)
        payload = messaging.ArrayMotorTorqueMsgPayload()
        message = messaging.ArrayMotorTorqueMsg()
        effector.rwMotorCmdInMsg.subscribeTo(message)
        simulation.InitializeSimulation()
        for piece, motor in enumerate(motors):
            payload.motorTorque = motor.tolist()
            message.write(payload, macros.sec2nano(piece * _HOLD_S))
            simulation.ConfigureStopTime(macros.sec2nano((piece + 1) * _HOLD_S))
            simulation.ExecuteSimulation()
        sigma = np.array(craft.scStateOutMsg.read().sigma_BN)
        size = float(sigma @ sigma)
        return np.array([1.0 - size, *(2.0 * sigma)]) / (1.0 + size)

    def regulate(self, axes: FloatArray, gains: tuple[float, float]) -> _Regulation:
        """An hour of MRP feedback to an inertial attitude."""
        simulation, craft, effector, factory, macros, messaging = self._spacecraft(
            axes, _CONTROL_S, _ERROR_TURN, np.zeros(3), _WHEELS_N_M_S
        )
        navigation = basilisk("simulation.simpleNav").SimpleNav()
        navigation.scStateInMsg.subscribeTo(craft.scStateOutMsg)
        fixed = basilisk("fswAlgorithms.inertial3D").inertial3D()
        fixed.sigma_R0N = [0.0, 0.0, 0.0]
        error = basilisk("fswAlgorithms.attTrackingError").attTrackingError()
        error.attNavInMsg.subscribeTo(navigation.attOutMsg)
        error.attRefInMsg.subscribeTo(fixed.attRefOutMsg)
        vehicle = messaging.VehicleConfigMsg().write(
            messaging.VehicleConfigMsgPayload(ISCPntB_B=(_INERTIA_KG_M2 * np.eye(3)).flatten().tolist())
        )
        wheel_config = factory.getConfigMessage()
        feedback = basilisk("fswAlgorithms.mrpFeedback").mrpFeedback()
        feedback.K, feedback.P, feedback.Ki, feedback.integralLimit = gains[0], gains[1], -1.0, 0.0
        feedback.controlLawType = 1  # the gyroscopic torque of the body's own rate, as ours
        feedback.guidInMsg.subscribeTo(error.attGuidOutMsg)
        feedback.vehConfigInMsg.subscribeTo(vehicle)
        feedback.rwParamsInMsg.subscribeTo(wheel_config)
        feedback.rwSpeedsInMsg.subscribeTo(effector.rwSpeedOutMsg)
        share = basilisk("fswAlgorithms.rwMotorTorque").rwMotorTorque()
        share.controlAxes_B = np.eye(3).flatten().tolist()
        share.vehControlInMsg.subscribeTo(feedback.cmdTorqueOutMsg)
        share.rwParamsInMsg.subscribeTo(wheel_config)
        effector.rwMotorCmdInMsg.subscribeTo(share.rwMotorTorqueOutMsg)
        recorders = [
            message.recorder() for message in (error.attGuidOutMsg, effector.rwSpeedOutMsg, feedback.cmdTorqueOutMsg)
        ]
        for model in (effector, craft, navigation, fixed, error, feedback, share, *recorders):
            simulation.AddModelToTask("task", model)
        simulation.InitializeSimulation()
        simulation.ConfigureStopTime(macros.sec2nano(_LOOP_S))
        simulation.ExecuteSimulation()
        guided, speeds, commanded = recorders
        return _Regulation(
            np.array(guided.sigma_BR),
            np.array(guided.omega_BR_B),
            np.array(speeds.wheelSpeeds)[:, : len(axes)],
            np.array(commanded.torqueRequestBody),
        )
