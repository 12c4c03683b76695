"""Flies a plan in the digital twin and returns what every resource does.

Exact at activity edges: the horizon is cut where anything begins or ends, and each piece is stepped with one drive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.attitude import wheel_capacity_n_m_s
from core.mission.flight_rules import ProfileQuantity, profile_minimum
from core.mission.model import Bus, Mission, Mode
from core.orbit import FlownOrbit
from core.plan.activity import Activity, DownlinkActivity, ModeActivity, PointingMode, ResourceName, UplinkActivity
from core.plan.model import InitialResources, MissionPlan, Objective, ResourceProfile
from core.plan.orbit import planned_orbit
from core.plan.twin import Drive, Environment, Twin, TwinState
from core.thermal import BATTERY_NODE
from core.time import tai_s_from_utc, utc_from_tai_s
from core.units import MEGABYTE

__all__ = ["SatelliteRun", "Simulation", "objectives", "profiles", "simulate"]

FloatArray = NDArray[np.float64]

_MINIMUM_STEP_S: Final = 30.0
_SAMPLES: Final = 720


@dataclass(frozen=True)
class SatelliteRun:
    """What one satellite's resources do over the horizon; arrays of shape (n,), the first sample at the start."""

    satellite: str
    t_tai_s: FloatArray
    soc: FloatArray
    load_power_w: FloatArray
    array_power_w: FloatArray
    data_stored_bytes: FloatArray
    data_wanted_bytes: FloatArray
    propellant_kg: FloatArray
    wheel_momentum_n_m_s: FloatArray
    battery_temp_k: FloatArray
    illumination: FloatArray
    around: Environment
    orbit: FlownOrbit


@dataclass(frozen=True)
class Simulation:
    """A flown plan."""

    horizon_start_tai_s: float
    runs: dict[str, SatelliteRun]


def simulate(plan: MissionPlan, mission: Mission) -> Simulation:
    """Fly every satellite of a plan over the horizon.

    Raises:
        PhysicsError: The orbit cannot be propagated over the horizon.
    """
    start, end = tai_s_from_utc(plan.horizon.start), tai_s_from_utc(plan.horizon.end)
    runs = {
        initial.satellite: _fly(
            initial, [one for one in plan.activities if one.satellite == initial.satellite], mission, start, end
        )
        for initial in plan.initial
    }
    return Simulation(start, runs)


def profiles(simulation: Simulation, mission: Mission) -> tuple[ResourceProfile, ...]:
    """The simulated quantities with their limits, for review."""
    return tuple(
        profile
        for run in simulation.runs.values()
        for profile in _run_profiles(run, mission.bus_of(run.satellite), mission, simulation.horizon_start_tai_s)
    )


def objectives(plan: MissionPlan, simulation: Simulation) -> tuple[Objective, ...]:
    """What the plan achieves: data brought down, burns flown, and the lowest charge."""
    found: list[Objective] = []
    for satellite, run in simulation.runs.items():
        mine = [one for one in plan.activities if one.satellite == satellite]
        wanted = sum(one.volume_bytes for one in mine if isinstance(one, DownlinkActivity))
        if wanted:
            brought = _downlinked_bytes(run, mine)
            gap = max(0.0, (wanted - brought) / MEGABYTE)
            found.append(
                Objective(
                    name=f"{satellite} data downlinked",
                    value=brought / MEGABYTE,
                    unit="MB",
                    bound=wanted / MEGABYTE,
                    gap=gap,
                )
            )
        found.append(Objective(name=f"{satellite} lowest state of charge", value=float(run.soc.min()), unit="1"))
    return tuple(found)


def _downlinked_bytes(run: SatelliteRun, activities: Iterable[Activity]) -> float:
    """Bytes that really left the store in downlink windows, a shortfall of stored data subtracted."""
    total = 0.0
    for one in activities:
        if isinstance(one, DownlinkActivity):
            start, end = tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)
            before = float(np.interp(start, run.t_tai_s, run.data_stored_bytes))
            after = float(np.interp(end, run.t_tai_s, run.data_stored_bytes))
            total += max(0.0, before - after)
    return total


def _fly(
    initial: InitialResources, activities: list[Activity], mission: Mission, start: float, end: float
) -> SatelliteRun:
    bus = mission.bus_of(initial.satellite)
    orbit = planned_orbit(mission, initial.satellite, activities, initial.propellant_kg)
    twin = Twin(bus, orbit)
    edges = _edges(activities, bus, start, end)
    middles = 0.5 * (edges[:-1] + edges[1:])
    around = twin.environment(middles)
    drives = [_drive(activities, bus, Mode(initial.mode), float(t)) for t in middles]
    state = TwinState(
        t_tai_s=start,
        soc=initial.soc,
        data_stored_bytes=float(initial.data_stored_bytes),
        propellant_kg=initial.propellant_kg,
        mode=Mode(initial.mode),
        pointing=PointingMode.NADIR,
    )
    count = len(edges)
    rows = np.empty((count, 8))
    wanted_bytes = state.data_stored_bytes
    rows[0] = (
        state.soc,
        0.0,
        0.0,
        state.data_stored_bytes,
        wanted_bytes,
        state.propellant_kg,
        0.0,
        state.battery_temp_k,
    )
    for index, drive in enumerate(drives):
        duration_s = float(edges[index + 1] - edges[index])
        step = twin.advance(state, drive, around, index, float(edges[index + 1]))
        recorded = bus.imager.data_rate_bit_s / 8.0 * duration_s if drive.imaging else 0.0
        wanted_bytes += recorded - drive.downlink_bit_s / 8.0 * duration_s
        state = step.state
        rows[index + 1] = (
            state.soc,
            step.load_power_w,
            step.array_power_w,
            state.data_stored_bytes,
            wanted_bytes,
            state.propellant_kg,
            state.wheel_momentum_n_m_s,
            state.battery_temp_k,
        )
    rows[0, 1:3] = rows[1, 1:3]
    lit = np.concatenate((around.illumination[:1], around.illumination))
    soc, load_w, array_w, stored, wanted, propellant, momentum, temperature = rows.T.copy()
    return SatelliteRun(
        satellite=initial.satellite,
        t_tai_s=edges,
        soc=soc,
        load_power_w=load_w,
        array_power_w=array_w,
        data_stored_bytes=stored,
        data_wanted_bytes=wanted,
        propellant_kg=propellant,
        wheel_momentum_n_m_s=momentum,
        battery_temp_k=temperature,
        illumination=lit,
        around=around,
        orbit=orbit,
    )


def _edges(activities: list[Activity], bus: Bus, start: float, end: float) -> FloatArray:
    """Sample times: a regular grid and every instant at which something begins or ends."""
    step_s = max(_MINIMUM_STEP_S, (end - start) / _SAMPLES)
    times = [*np.arange(start, end, step_s), end]
    for one in activities:
        times += [tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)]
        if isinstance(one, DownlinkActivity):
            times.append(_downlink_end_tai_s(one, bus))
    kept = np.unique(np.clip(np.asarray(times, dtype=np.float64), start, end))
    return np.asarray(kept[np.concatenate(([True], np.diff(kept) > 1e-6))], dtype=np.float64)


def _downlink_end_tai_s(one: DownlinkActivity, bus: Bus) -> float:
    transmitting_s = one.volume_bytes * 8.0 / bus.antenna.x_band_downlink_bit_s
    return min(tai_s_from_utc(one.window.start) + transmitting_s, tai_s_from_utc(one.window.end))


def _drive(activities: list[Activity], bus: Bus, initial_mode: Mode, t_tai_s: float) -> Drive:
    instant = utc_from_tai_s(t_tai_s)
    changes = [one for one in activities if isinstance(one, ModeActivity) and one.window.start <= instant]
    mode = max(changes, key=lambda one: one.window.start).mode if changes else initial_mode
    active = [one for one in activities if one.window.contains(instant)]
    turned = [one for one in active if not isinstance(one, UplinkActivity | ModeActivity)]
    resting = PointingMode.SUN if mode is Mode.SAFE else PointingMode.NADIR
    transmitting = any(isinstance(one, DownlinkActivity) and t_tai_s < _downlink_end_tai_s(one, bus) for one in active)
    return Drive(
        mode=mode,
        pointing=turned[-1].pointing if turned else resting,
        imaging=any(one.type == "imaging" for one in active),
        downlink_bit_s=bus.antenna.x_band_downlink_bit_s if transmitting else 0.0,
        s_band=any(isinstance(one, UplinkActivity) for one in active),
        burning=any(one.type == "burn" for one in active),
    )


def _run_profiles(run: SatelliteRun, bus: Bus, mission: Mission, start_tai_s: float) -> Iterable[ResourceProfile]:
    soc_limit = profile_minimum(mission.flight_rules, ProfileQuantity.SOC, bus.battery.minimum_soc)
    t_s = tuple(np.round(run.t_tai_s - start_tai_s, 3).tolist())
    rows = (
        (ResourceName.SOC, "1", run.soc, soc_limit, 1.0),
        (ResourceName.BUS_POWER_W, "W", run.load_power_w, None, None),
        (ResourceName.DATA_STORE_BYTES, "B", run.data_stored_bytes, 0.0, float(bus.data_store_bytes)),
        (
            ResourceName.PROPELLANT_KG,
            "kg",
            run.propellant_kg,
            bus.propulsion.reserve_kg,
            bus.propulsion.propellant_mass_kg,
        ),
        (ResourceName.WHEEL_MOMENTUM_N_M_S, "N m s", run.wheel_momentum_n_m_s, None, wheel_capacity_n_m_s(bus)),
        (ResourceName.TEMPERATURE_K, "K", run.battery_temp_k, BATTERY_NODE.minimum_k, BATTERY_NODE.maximum_k),
    )
    for resource, unit, values, minimum, maximum in rows:
        yield ResourceProfile(
            satellite=run.satellite,
            resource=resource,
            unit=unit,
            t_s=t_s,
            values=tuple(np.round(values, 6).tolist()),
            minimum=minimum,
            maximum=maximum,
        )
