"""How likely a plan breaks a limit when neither the spacecraft nor its start is exactly as assumed.

Members differ in array, battery, loads, surface properties, conductances, thrust and impulse, and in the start state by its
own uncertainties; all of them fly the same timeline in one native call. The orbit and the attitude are the nominal ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mission.model import Bus, Mission
from core.plan.activity import BurnActivity, ResourceName
from core.plan.fly import resource_timeline
from core.plan.model import InitialResources, MissionPlan
from core.plan.resource_flight import ResourceFlight, ResourceStart, fly_resources
from core.plan.resource_members import ResourceFactors, ResourceSpread
from core.plan.simulate import SatelliteRun, Simulation
from core.time import tai_s_from_utc

__all__ = ["LimitRisk", "limit_risks"]

FloatArray = NDArray[np.float64]

_MOST_MEMBERS: Final = 20_000
_CONFIDENT: Final = 1.96  # standard deviations of a two-sided 95 % interval
# Where telemetry does not say how well it is known: coulomb counting, and bookkeeping of propellant.
_SOC_SIGMA: Final = 0.01
_PROPELLANT_SIGMA_KG: Final = 0.1


@dataclass(frozen=True)
class LimitRisk:
    """The share of members that break a limit, with the 95 % interval of that share (Wilson), and their spread.

    ``worst_5_percent`` is the value that one member in twenty reaches or passes on the side of the limit.
    """

    satellite: str
    quantity: str
    unit: str
    limit: float
    nominal: float
    worst_5_percent: float
    probability: float
    at_least: float
    at_most: float


def limit_risks(
    plan: MissionPlan,
    mission: Mission,
    simulation: Simulation,
    members: int = 500,
    seed: int = 1,
    spread: ResourceSpread | None = None,
) -> tuple[LimitRisk, ...]:
    """The probability that each limit of each satellite is broken, the likeliest first.

    Args:
        plan: The plan.
        mission: Its mission.
        simulation: How the plan flies nominally.
        members: How many spacecraft to fly, 2 to 20,000.
        seed: Of their differences.
        spread: Standard deviations of their parameters; usual ones where None.
    Raises:
        InputError: The number of members is out of range.
        PhysicsError: A member cannot be flown.
    """
    if not 2 <= members <= _MOST_MEMBERS:
        raise InputError("members", f"{members} is not between 2 and {_MOST_MEMBERS}")
    found: list[LimitRisk] = []
    for place, initial in enumerate(plan.initial):
        run, bus = simulation.runs[initial.satellite], mission.bus_of(initial.satellite)
        rng = np.random.default_rng([seed, place])
        flight = fly_resources(
            bus,
            resource_timeline(run.flight.timeline, bus),
            run.flight.surroundings,
            _starts(run.flight.start, initial, bus, members, rng),
            ResourceFactors.drawn(members, seed + place, spread),
        )
        found += _limits(run, flight, bus)
        found += _burns(plan, run, flight, bus)
    return tuple(sorted(found, key=lambda one: (-one.probability, one.satellite, one.quantity)))


def _starts(
    start: ResourceStart, initial: InitialResources, bus: Bus, members: int, rng: np.random.Generator
) -> ResourceStart:
    """The start state with its uncertainties; what is known without one keeps the usual ones."""
    soc_sigma = initial.sigma.get(ResourceName.SOC, _SOC_SIGMA)
    propellant_sigma = initial.sigma.get(ResourceName.PROPELLANT_KG, _PROPELLANT_SIGMA_KG)
    many = start.repeated(members)
    soc = many.soc + soc_sigma * rng.standard_normal(members)
    propellant = many.propellant_kg + propellant_sigma * rng.standard_normal(members)
    return replace(
        many,
        soc=np.clip(soc, 0.0, 1.0),
        propellant_kg=np.clip(propellant, 0.0, bus.propulsion.propellant_mass_kg),
    )


def _limits(run: SatelliteRun, flight: ResourceFlight, bus: Bus) -> Iterator[LimitRisk]:
    extremes, name = flight.extremes, run.satellite
    nominal = run.flight.resources.extremes
    yield _risk(name, "state of charge", "1", bus.battery.minimum_soc, extremes.soc_min, nominal.soc_min, low=True)
    yield _risk(
        name,
        "data stored",
        "B",
        float(bus.data_store_bytes),
        extremes.stored_bytes_max,
        nominal.stored_bytes_max,
        low=False,
    )
    reserve_kg = bus.propulsion.reserve_kg
    left_kg, nominal_kg = flight.propellant_kg[:, -1], run.flight.resources.propellant_kg[:, -1]
    yield _risk(name, "propellant", "kg", reserve_kg, left_kg, nominal_kg, low=True)
    for k, node in enumerate(bus.thermal.nodes):
        coldest_k, hottest_k = node.operating_k
        cold, hot = extremes.temp_min_k[:, k], extremes.temp_max_k[:, k]
        yield _risk(name, f"least temperature of {node.id}", "K", coldest_k, cold, nominal.temp_min_k[:, k], low=True)
        yield _risk(
            name, f"greatest temperature of {node.id}", "K", hottest_k, hot, nominal.temp_max_k[:, k], low=False
        )


def _burns(plan: MissionPlan, run: SatelliteRun, flight: ResourceFlight, bus: Bus) -> Iterator[LimitRisk]:
    """The delta-v that members give: how likely it is 5 % or more from the planned one."""
    for one in plan.activities:
        if not isinstance(one, BurnActivity) or one.satellite != run.satellite:
            continue
        edges = np.searchsorted(run.t_tai_s, [tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)])
        planned_m_s = abs(one.delta_v_m_s)

        def missed(flown: ResourceFlight, edges: NDArray[np.int64] = edges, planned: float = planned_m_s) -> FloatArray:
            impulse = flown.impulse_n_s[:, edges[1]] - flown.impulse_n_s[:, edges[0]]
            mass_kg = bus.dry_mass_kg + flown.propellant_kg[:, edges].mean(axis=1)
            return np.asarray(np.abs(impulse / mass_kg / planned - 1.0), dtype=np.float64)

        nominal = missed(run.flight.resources)
        yield _risk(run.satellite, f"delta-v error of {one.activity_id}", "1", 0.05, missed(flight), nominal, low=False)


def _risk(
    satellite: str, quantity: str, unit: str, limit: float, values: FloatArray, nominal: FloatArray, *, low: bool
) -> LimitRisk:
    broken = int((values < limit).sum() if low else (values > limit).sum())
    at_least, at_most = _wilson(broken, len(values))
    return LimitRisk(
        satellite=satellite,
        quantity=quantity,
        unit=unit,
        limit=limit,
        nominal=float(nominal[0]),
        worst_5_percent=float(np.quantile(values, 0.05 if low else 0.95)),
        probability=broken / len(values),
        at_least=at_least,
        at_most=at_most,
    )


def _wilson(count: int, of: int) -> tuple[float, float]:
    """95 % interval of a share. Source: Wilson, J. Am. Stat. Assoc. 22 (1927) 209."""
    share, z2 = count / of, _CONFIDENT**2
    middle = (share + z2 / (2.0 * of)) / (1.0 + z2 / of)
    half = _CONFIDENT * math.sqrt(share * (1.0 - share) / of + z2 / (4.0 * of * of)) / (1.0 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)
