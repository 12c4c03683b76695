"""A burn of crooked thrusters turns a free body: beside Basilisk's thrusters, both against an integration to 1e-12.

The spacecraft is the reference mission's with its thrusters as measured after a rough assembly; nothing controls it.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.attitude import AttitudeState, rotate_body
from core.attitude.quaternion import conjugate, multiply, rotation_angle_rad
from core.mission import reference_mission
from core.mission.design.propulsion import BurnControl, Thruster
from core.mission.model import Bus
from core.propulsion import burn_balance
from evals.bench.model import BenchResult, Goal, PeerMissing
from evals.bench.timing import alternate
from evals.bench.twin.basilisk import basilisk, require_basilisk

__all__ = ["run"]

FloatArray = NDArray[np.float64]

_INERTIA_KG_M2: Final = (21.0, 24.0, 29.0)
_OMEGA_RAD_S: Final = np.array([0.0, -0.0011, 0.0])
_THRUST_N: Final = 0.9
_SPAN_S: Final = 120.0
_STEP_S: Final = 0.1
_FACTORS: Final = (1.01, 0.99, 1.0, 1.005)
_TILTS: Final = ((0.002, -0.003), (-0.004, 0.001), (0.003, 0.002), (0.0, -0.002))
_ERROR_GOAL_RAD: Final = 1.0e-8


def run() -> list[BenchResult]:
    """One row: two minutes of all thrusters open."""
    bus, peer = _bus(), _Basilisk()
    thrusters = bus.propulsion.thrusters
    torque_n_m = burn_balance(bus.propulsion).torque_n_m(_THRUST_N)
    start = AttitudeState(np.array([1.0, 0.0, 0.0, 0.0]), _OMEGA_RAD_S, np.zeros(bus.wheels.count))
    edges = np.array([0.0, _SPAN_S])

    def ours() -> FloatArray:
        rotation = rotate_body(bus, start, edges, np.tile(torque_n_m, (2, 1)), step_s=_STEP_S)
        final: FloatArray = rotation.q_body_gcrf[-1]
        return final

    took = alternate(ours, lambda: peer.burn(thrusters), repeats=5)
    reference = _reference(thrusters)
    apart = [float(rotation_angle_rad(multiply(one, conjugate(reference)))) for one in (ours(), peer.burn(thrusters))]
    return [
        BenchResult.compare(
            "thruster_torque",
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
            note=f"{_SPAN_S:.0f} s of four crooked thrusters, {float(np.linalg.norm(torque_n_m)):.3g} N m, Runge-Kutta 4 in steps "
            f"of {_STEP_S} s; error: final attitude from DOP853 at 1e-12. Ours steps a constant torque, Basilisk its thrusters",
        )
    ]


def _bus() -> Bus:
    bus = reference_mission().bus_of("LSAT-1")
    crooked = tuple(
        Thruster(
            id=one.id,
            position_m=one.position_m,
            direction=one.direction,
            measured_direction=(one.direction[0], one.direction[1] + aside, one.direction[2] + up),
            thrust_factor=factor,
        )
        for one, factor, (up, aside) in zip(bus.propulsion.thrusters, _FACTORS, _TILTS, strict=True)
    )
    propulsion = bus.propulsion.model_copy(update={"thrusters": crooked, "burn_control": BurnControl.WHEELS})
    still = {"viscous_friction_n_m_s": 0.0, "coulomb_friction_n_m": 0.0, "rotor_inertia_kg_m2": 1e-9}
    return bus.model_copy(
        update={
            "propulsion": propulsion,
            "inertia_kg_m2": _INERTIA_KG_M2,
            "wheels": bus.wheels.model_copy(update=still),
            "attitude": None,
        }
    )


def _forces(thrusters: tuple[Thruster, ...]) -> list[tuple[FloatArray, FloatArray, float]]:
    """Place, direction and thrust of each, as a peer takes them."""
    return [
        (np.array(one.position_m), np.array(one.measured_direction), _THRUST_N * one.thrust_factor) for one in thrusters
    ]


def _reference(thrusters: tuple[Thruster, ...]) -> FloatArray:
    """Final attitude by SciPy: Euler's equations, with the torque summed once more."""
    try:
        integrate: Any = importlib.import_module("scipy.integrate")
    except ImportError as error:
        raise PeerMissing("scipy") from error
    inertia = np.array(_INERTIA_KG_M2)
    torque_n_m = sum((np.cross(place, thrust * towards) for place, towards, thrust in _forces(thrusters)), np.zeros(3))

    def rates(_t: float, y: FloatArray) -> FloatArray:
        w, v, omega = y[0], y[1:4], y[4:]
        turning = 0.5 * np.array([-v @ omega, *(w * omega - np.cross(omega, v))])
        return np.concatenate([turning, (torque_n_m - np.cross(omega, inertia * omega)) / inertia])

    begun = np.concatenate([[1.0, 0.0, 0.0, 0.0], _OMEGA_RAD_S])
    y = integrate.solve_ivp(rates, (0.0, _SPAN_S), begun, method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    return np.asarray(y[:4] / np.linalg.norm(y[:4]), dtype=np.float64)


class _Basilisk:
    """The peer's spacecraft with its thruster effector, all valves open."""

    def __init__(self) -> None:
        require_basilisk()

    def burn(self, thrusters: tuple[Thruster, ...]) -> FloatArray:
        """The attitude at the end."""
        macros, base = basilisk("utilities.macros"), basilisk("utilities.SimulationBaseClass")
        messaging = basilisk("architecture.messaging")
        simulation = base.SimBaseClass()
        simulation.CreateNewProcess("process").addTask(simulation.CreateNewTask("task", macros.sec2nano(_STEP_S)))
        craft = basilisk("simulation.spacecraft").Spacecraft()
        craft.hub.mHub = 168.0
        craft.hub.IHubPntBc_B = np.diag(_INERTIA_KG_M2).tolist()
        craft.hub.sigma_BNInit = np.zeros((3, 1)).tolist()
        craft.hub.omega_BN_BInit = _OMEGA_RAD_S.reshape(3, 1).tolist()
        factory = basilisk("utilities.simIncludeThruster").thrusterFactory()
        for place, towards, thrust_n in _forces(thrusters):
            factory.create("Blank_Thruster", place.tolist(), towards.tolist(), MaxThrust=float(thrust_n))
        effector = basilisk("simulation.thrusterDynamicEffector").ThrusterDynamicEffector()
        factory.addToSpacecraft("thrusters", effector, craft)
        command = messaging.THRArrayOnTimeCmdMsgPayload()
        command.OnTimeRequest = [2.0 * _SPAN_S] * len(thrusters)
        message = messaging.THRArrayOnTimeCmdMsg().write(command)
        effector.cmdsInMsg.subscribeTo(message)
        simulation.AddModelToTask("task", effector)
        simulation.AddModelToTask("task", craft)
        simulation.InitializeSimulation()
        simulation.ConfigureStopTime(macros.sec2nano(_SPAN_S))
        simulation.ExecuteSimulation()
        sigma = np.array(craft.scStateOutMsg.read().sigma_BN)
        size = float(sigma @ sigma)
        return np.array([1.0 - size, *(2.0 * sigma)]) / (1.0 + size)
