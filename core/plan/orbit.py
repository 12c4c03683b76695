"""Where a satellite flies when it carries out the burns of some activities."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from core.mission.model import MeanElements, Mission
from core.orbit import Boost, FlownOrbit, Sgp4Orbit, fly_boosts
from core.plan.activity import Activity, BurnActivity
from core.time import tai_s_from_utc

__all__ = ["planned_orbit"]


def planned_orbit(
    mission: Mission, satellite: str, activities: Iterable[Activity], propellant_kg: float | None = None
) -> FlownOrbit:
    """The orbit of a satellite with the burns among some activities, whoever else they are for.

    Args:
        mission: The mission; its elements hold until the first burn that they do not contain.
        satellite: Whose orbit.
        activities: Whose burns to fly.
        propellant_kg: On board before the first burn; the mission file's where None.
    Raises:
        InputError: Two burns overlap.
        PropagationError: SGP4 fails before a burn.
    """
    craft, bus = mission.craft(satellite), mission.bus_of(satellite)
    left_kg = craft.initial.propellant_kg if propellant_kg is None else propellant_kg
    boosts = []
    for one in sorted(_burns(satellite, activities), key=lambda burn: burn.window.start):
        if craft.burns_flown_until is not None and one.window.end <= craft.burns_flown_until:
            continue  # propellant_kg is what the present state has left, too
        boosts.append(
            Boost(
                start_tai_s=tai_s_from_utc(one.window.start),
                end_tai_s=tai_s_from_utc(one.window.end),
                delta_v_m_s=one.delta_v_m_s,
                mass_kg=bus.dry_mass_kg + left_kg,
                specific_impulse_s=bus.propulsion.specific_impulse_s,
            )
        )
        left_kg = max(left_kg - one.propellant_kg, 0.0)
    return _flown(craft.elements, tuple(boosts))


def _burns(satellite: str, activities: Iterable[Activity]) -> list[BurnActivity]:
    return [one for one in activities if isinstance(one, BurnActivity) and one.satellite == satellite]


@lru_cache(maxsize=256)
def _flown(elements: MeanElements, boosts: tuple[Boost, ...]) -> FlownOrbit:
    orbit = Sgp4Orbit.from_elements(elements)
    return fly_boosts(orbit, boosts) if boosts else FlownOrbit.undisturbed(orbit)
