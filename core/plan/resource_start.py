"""A consistent state to start a resource flight from, when only a few of its values are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError
from core.mission.model import Bus
from core.orbit import Sgp4Orbit
from core.plan.resource_flight import ResourceFlight, ResourceStart, ResourceTimeline, fly_resources
from core.plan.resource_surroundings import nadir_surroundings
from core.power import consumers_on

__all__ = ["settled_start"]

_REVOLUTIONS: Final = 16  # slow nodes (a tank: ten hours) have then forgotten the guess
_STEP_S: Final = 60.0
_GUESS_K: Final = 288.15


def settled_start(
    bus: Bus,
    orbit: Sgp4Orbit,
    t_tai_s: float,
    mode: str,
    *,
    soc: float,
    propellant_kg: float,
    stored_bytes: float,
    temperatures_k: Mapping[str, float] | None = None,
) -> ResourceStart:
    """State at an instant after the spacecraft has long been pointing at nadir in one mode.

    The revolution before the instant is flown again and again until temperatures repeat; charge, propellant, data and
    the temperatures that telemetry knows are then set to what is known.

    Args:
        bus: The design.
        orbit: Where it flies.
        t_tai_s: The instant, TAI seconds since J2000.
        mode: Mode that it was in.
        soc: State of charge, 0 to 1.
        propellant_kg: Propellant in the tank.
        stored_bytes: Data in the store.
        temperatures_k: Known temperatures by node; the others are as they settle.
    Raises:
        InputError: A value is impossible; names it.
        PhysicsError: The orbit cannot be propagated over the revolution before.
    """
    known = dict(temperatures_k or {})
    for node, one_k in known.items():
        if node not in bus.thermal.node_ids:
            raise InputError(f"temperatures_k.{node}", f"is not a thermal node: {list(bus.thermal.node_ids)}")
        if not 100.0 < one_k < 450.0:
            raise InputError(f"temperatures_k.{node}", f"{one_k} K is not in the range 100 K to 450 K")
    flight = _settle(bus, orbit, t_tai_s, mode, soc, propellant_kg)
    temp_k = flight.end.temp_k.copy()
    for node, one_k in known.items():
        temp_k[:, bus.thermal.index(node)] = one_k
    return ResourceStart(
        soc=np.array([soc]),
        temp_k=temp_k,
        propellant_kg=np.array([propellant_kg]),
        stored_bytes=np.array([float(stored_bytes)]),
        heaters_on=flight.end.heaters_on,
        shed=flight.end.shed,
    )


def _settle(bus: Bus, orbit: Sgp4Orbit, t_tai_s: float, mode: str, soc: float, propellant_kg: float) -> ResourceFlight:
    period_s = _period_s(orbit, t_tai_s)
    count = round(period_s / _STEP_S)
    t_s = t_tai_s - period_s + np.linspace(0.0, period_s, count + 1)
    middles = 0.5 * (t_s[:-1] + t_s[1:])
    ephemeris = orbit.propagate(middles)
    around = nadir_surroundings(middles, ephemeris.r_gcrf_m, ephemeris.v_gcrf_m_s)
    still = np.zeros(count)
    timeline = ResourceTimeline(t_s, consumers_on(bus.loads, [mode] * count, {}), still, still, still)
    start = ResourceStart.of(soc, np.full(len(bus.thermal.nodes), _GUESS_K), propellant_kg, 0.0)
    flight = fly_resources(bus, timeline, around, start, every=count)
    for _ in range(_REVOLUTIONS - 1):
        again = ResourceStart(
            start.soc, flight.end.temp_k, start.propellant_kg, start.stored_bytes, flight.end.heaters_on, start.shed
        )
        flight = fly_resources(bus, timeline, around, again, every=count)
    return flight


def _period_s(orbit: Sgp4Orbit, t_tai_s: float) -> float:
    """Revolution from the energy at the instant: good to a few seconds, which settling does not notice."""
    state = orbit.propagate(np.array([t_tai_s]))
    radius_m, speed_m_s = (float(np.linalg.norm(one[0])) for one in (state.r_gcrf_m, state.v_gcrf_m_s))
    semi_major_axis_m = 1.0 / (2.0 / radius_m - speed_m_s**2 / EARTH_MU_M3_S2)
    return float(2.0 * np.pi * np.sqrt(semi_major_axis_m**3 / EARTH_MU_M3_S2))
