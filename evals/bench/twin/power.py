"""A day of a battery's energy, beside Basilisk's ``simpleBattery`` and ``simplePowerSink``.

Basilisk books energy alone: no voltage, resistance or temperature. Ours is given a battery without losses, so that both
do the same sum, whose closed form is the reference; ours flies its twelve nodes, data and tank beside it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mission import reference_mission
from core.mission.model import Bus
from core.plan.resource_flight import ResourceStart, ResourceTimeline, fly_resources
from core.plan.resource_surroundings import ResourceSurroundings
from evals.bench.model import BenchResult, Goal
from evals.bench.timing import alternate
from evals.bench.twin.basilisk import basilisk, require_basilisk

__all__ = ["run"]

FloatArray = NDArray[np.float64]

_STEP_S: Final = 30.0
_PERIOD_S: Final = 5_700.0
_DAY_S: Final = 86_400.0
_VOLTAGE_V: Final = 29.6
_CAPACITY_J: Final = _VOLTAGE_V * 30.0 * 3600.0
_START_SOC: Final = 0.5
_NS_PER_S: Final = 1_000_000_000


def run() -> list[BenchResult]:
    """Milliseconds for the day, and the worst error of the stored energy against the closed form.

    Raises:
        PeerMissing: Basilisk is not installed.
    """
    require_basilisk()
    bus, timeline, around = _day()
    t_s, net_w = timeline.t_s, _net_power_w(bus, timeline, around)
    exact_j = _START_SOC * _CAPACITY_J + np.concatenate([[0.0], np.cumsum(net_w * np.diff(t_s))])
    start = ResourceStart.of(_START_SOC, np.full(len(bus.thermal.nodes), 290.0), 17.0, 0.0)
    ours_j = _CAPACITY_J * fly_resources(bus, timeline, around, start).soc[0]
    peer_j = _peer(t_s, net_w)
    medians = alternate(lambda: fly_resources(bus, timeline, around, start), lambda: _peer(t_s, net_w))
    return [
        BenchResult.compare(
            "twin_battery",
            ours=1e3 * medians.ours_s,
            peer=1e3 * medians.peer_s,
            peer_name="Basilisk simpleBattery",
            unit="ms",
            goal=1.0,
            goal_kind=Goal.AT_MOST,
            error=float(np.abs(ours_j - exact_j).max() / _CAPACITY_J),
            peer_error=float(np.abs(peer_j - exact_j).max() / _CAPACITY_J),
            error_unit="of capacity",
            error_goal=1e-5,
            note=(
                f"24 h in steps of {_STEP_S:.0f} s, sunlit two thirds of each revolution, imaging ten minutes in it. A "
                "battery without losses, since Basilisk's has none; the reference is the sum of power times time. Ours "
                "flies temperatures, data and propellant beside it; Basilisk runs a battery and a sink whose power "
                "changes at the edges."
            ),
        )
    ]


def _day() -> tuple[Bus, ResourceTimeline, ResourceSurroundings]:
    bus = _lossless(reference_mission().bus_of("LSAT-1"))
    t_s = np.arange(0.0, _DAY_S + 1.0, _STEP_S)
    count = len(t_s) - 1
    phase_s = t_s[:-1] % _PERIOD_S
    imaging = phase_s < 600.0
    on = np.array(
        [
            ["nominal" in one.modes or (one.activity == "imaging" and flag) for one in bus.loads.consumers]
            for flag in imaging
        ]
    )
    zero, one = np.zeros(count), np.ones(count)
    timeline = ResourceTimeline(
        t_s, on, zero, zero, zero, heaters_enabled=np.zeros((count, len(bus.thermal.heaters)), dtype=np.bool_)
    )
    around = ResourceSurroundings(
        sun_body=np.tile([0.0, 0.0, -1.0], (count, 1)),
        sunlight_w_m2=328.0 * one,  # so dim that the day ends about where it began
        illumination=np.where(phase_s < 2.0 / 3.0 * _PERIOD_S, 1.0, 0.0),
        earth_body=np.tile([0.0, 0.0, 1.0], (count, 1)),
        earth_distance_m=6.9e6 * one,
        albedo=0.3 * one,
        infrared_w_m2=239.0 * one,
    )
    return bus, timeline, around


def _lossless(bus: Bus) -> Bus:
    """The reference bus with a battery that stores what it is given, no converter losses, no shedding."""
    cells = bus.battery.cells.model_copy(
        update={
            "soc": (0.0, 1.0),
            "open_circuit_v": (_VOLTAGE_V / 8 - 1e-9, _VOLTAGE_V / 8 + 1e-9),
            "resistance_temp_degc": (20.0,),
            "resistance_soc": (0.5,),
            "resistance_ohm": ((1e-9,),),
        }
    )
    battery = bus.battery.model_copy(
        update={"cells": cells, "coulombic_efficiency": 1.0, "maximum_charge_a": 1e3, "maximum_discharge_a": 1e3}
    )
    return bus.model_copy(
        update={
            "battery": battery,
            "converters": bus.converters.model_copy(
                update={"array_efficiency": 1.0, "distribution_efficiency": 1.0, "quiescent_w": 0.0}
            ),
            "loads": bus.loads.model_copy(update={"shedding": ()}),
            "solar_array": bus.solar_array.model_copy(update={"temperature_coefficient_per_k": 0.0}),
        }
    )


def _net_power_w(bus: Bus, timeline: ResourceTimeline, around: ResourceSurroundings) -> FloatArray:
    array = bus.solar_array
    made_w = array.area_m2 * array.efficiency * array.tracking_efficiency * around.sunlight_w_m2 * around.illumination
    used_w = timeline.consumers_on @ np.array([one.power_w for one in bus.loads.consumers])
    return np.asarray(made_w - used_w, dtype=np.float64)


def _peer(t_s: FloatArray, net_w: FloatArray) -> FloatArray:
    """Stored energy at the instants, J, by Basilisk's modules run from edge to edge."""
    simulation = basilisk("utilities.SimulationBaseClass").SimBaseClass()
    simulation.CreateNewProcess("process").addTask(simulation.CreateNewTask("task", int(_STEP_S * _NS_PER_S)))
    sink = basilisk("simulation.simplePowerSink").SimplePowerSink()
    sink.nodePowerOut = float(net_w[0])
    battery = basilisk("simulation.simpleBattery").SimpleBattery()
    battery.storageCapacity = _CAPACITY_J
    battery.storedCharge_Init = _START_SOC * _CAPACITY_J
    battery.addPowerNodeToModel(sink.nodePowerOutMsg)
    for model in (sink, battery):
        simulation.AddModelToTask("task", model)
    log = battery.batPowerOutMsg.recorder()
    simulation.AddModelToTask("task", log)
    simulation.InitializeSimulation()
    for edge in (*(np.flatnonzero(np.diff(net_w)) + 1), len(net_w)):
        # The power of the interval that ends at an instant is applied at that instant.
        simulation.ConfigureStopTime(round(float(t_s[edge]) * _NS_PER_S))
        simulation.ExecuteSimulation()
        if edge < len(net_w):
            sink.nodePowerOut = float(net_w[edge])
    return np.asarray(log.storageLevel, dtype=np.float64)
