"""How fast the coupled resources fly a day, and how far the usual tolerance is from a tight one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from core.mission import reference_mission
from core.mission.model import Bus
from core.orbit import Sgp4Orbit
from core.plan.resource_flight import ResourceStart, ResourceTimeline, fly_resources
from core.plan.resource_members import ResourceFactors
from core.plan.resource_start import settled_start
from core.plan.resource_surroundings import ResourceSurroundings, nadir_surroundings
from core.power import consumers_on
from core.time import tai_s_from_utc
from evals.bench.model import BenchResult, Goal

__all__ = ["run"]

_STEP_S: Final = 30.0
_DAY_S: Final = 86_400.0
_MEMBERS: Final = 100
_DAY_GOAL_MS: Final = 15.0
_MEMBERS_GOAL_MS: Final = 1e4 * _MEMBERS / 1_000  # ten seconds for a thousand members
_ERROR_GOAL_K: Final = 0.05


def run() -> list[BenchResult]:
    """One day of one spacecraft, and of a hundred Monte Carlo members, on one core; no peer joins these models."""
    bus, timeline, around, start = _day()
    flight = fly_resources(bus, timeline, around, start)
    tight = fly_resources(bus, timeline, around, start, tolerance_k=1e-4, tolerance_soc=1e-7)
    error_k = float(np.abs(flight.temp_k - tight.temp_k).max())
    factors, starts = _spread(_MEMBERS), start.repeated(_MEMBERS)
    one_ms = _milliseconds(lambda: fly_resources(bus, timeline, around, start), 15)
    many_ms = _milliseconds(lambda: fly_resources(bus, timeline, around, starts, factors, every=20), 3)
    soc = float(np.abs(flight.soc - tight.soc).max())
    note = (
        f"24 h in {_STEP_S:.0f} s intervals, 12 nodes, 3 heaters, imaging and downlink on every revolution. The error is "
        f"the largest difference of any temperature from a solution with a thousandth of the tolerance; that of the "
        f"charge is {soc:.1e}. "
    )
    return [
        _row("twin_thermal", one_ms, _DAY_GOAL_MS, error_k, note + f"{_DAY_S / one_ms * 1e3:,.0f} x real time."),
        _row(
            "twin_members",
            many_ms,
            _MEMBERS_GOAL_MS,
            error_k,
            note + f"{_MEMBERS} members, {_MEMBERS * _DAY_S / many_ms * 1e3:,.0f} x real time together.",
        ),
    ]


def _row(name: str, ours_ms: float, goal_ms: float, error_k: float, note: str) -> BenchResult:
    return BenchResult.compare(
        name,
        ours=ours_ms,
        peer=goal_ms,
        peer_name="required (no peer)",
        unit="ms",
        goal=1.0,
        goal_kind=Goal.AT_MOST,
        error=error_k,
        error_unit="K",
        error_goal=_ERROR_GOAL_K,
        note=note,
    )


def _day() -> tuple[Bus, ResourceTimeline, ResourceSurroundings, ResourceStart]:
    mission = reference_mission()
    craft = mission.craft("LSAT-1")
    bus, orbit = mission.bus_of(craft.id), Sgp4Orbit.from_elements(craft.elements)
    begin_s = tai_s_from_utc(craft.elements.epoch_utc) + 7_200.0
    t_s = begin_s + np.arange(0.0, _DAY_S + 1.0, _STEP_S)
    middles = 0.5 * (t_s[1:] + t_s[:-1])
    states = orbit.propagate(middles)
    phase_s = (t_s[:-1] - begin_s) % 5_700.0
    imaging, sending = phase_s < 300.0, (phase_s > 1_200.0) & (phase_s < 1_700.0)
    timeline = ResourceTimeline(
        t_s,
        consumers_on(bus.loads, ["nominal"] * len(middles), {"imaging": imaging, "x_band": sending}),
        np.where(imaging, bus.imager.data_rate_bit_s / 8.0, 0.0),
        np.where(sending, bus.antenna.x_band_downlink_bit_s / 8.0, 0.0),
        np.zeros(len(middles)),
    )
    start = settled_start(bus, orbit, begin_s, "nominal", soc=0.92, propellant_kg=17.4, stored_bytes=0.0)
    return bus, timeline, nadir_surroundings(middles, states.r_gcrf_m, states.v_gcrf_m_s), start


def _spread(members: int) -> ResourceFactors:
    """Members whose parameters scatter by 5 percent."""
    factors = ResourceFactors.nominal(members)
    rng = np.random.default_rng(1)
    for values in vars(factors).values():
        values *= 1.0 + 0.05 * rng.standard_normal(members).clip(-3.0, 3.0)
    return factors


def _milliseconds(work: Callable[[], object], repeats: int) -> float:
    work()
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return 1e3 * statistics.median(taken)
