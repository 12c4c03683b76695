"""Two larger changes that keep what a plan is for: another satellite takes an image, and burns are split in two.

Shorter burns leave less torque to the wheels at a time, and stay below the longest burn that is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from core.attitude import half_turn_s
from core.errors import PhysicsError
from core.mission.model import Mission
from core.plan.activity import (
    Activity,
    BurnActivity,
    ImagingActivity,
    ResourceName,
    ResourceUse,
    UplinkActivity,
    Window,
)
from core.plan.booking import Bookings
from core.plan.commanding import IMAGE_ATTITUDE_LEAD_S
from core.plan.draft import uplink_activity
from core.plan.edit import replace_activities
from core.plan.inputs import input_hashes
from core.plan.model import InitialResources, MissionPlan
from core.plan.orbit import planned_orbit
from core.plan.reschedule import at_later_access
from core.plan.uplink import LOAD_TIME_S, next_command_contact
from core.propulsion import plan_burn
from core.time import add_s, tai_s_from_utc, utc_from_tai_s

__all__ = ["InitialReader", "by_another_satellite", "split_burns"]

InitialReader = Callable[[str, datetime], InitialResources]

_PARTS: Final = 2


def by_another_satellite(
    plan: MissionPlan, image: ImagingActivity, mission: Mission, now_utc: datetime, initial_of: InitialReader
) -> tuple[str, MissionPlan]:
    """The image by the satellite that can take it first, and that satellite's id.

    Its commands go up over its own next contact; the satellite that had the image keeps whatever else it does.

    Raises:
        PhysicsError: Something is anchored to the image, or no other satellite can take it within a week.
    """
    if any(one.anchor and one.anchor.activity_id == image.activity_id for one in plan.activities):
        raise PhysicsError(f"another activity depends on when {image.activity_id} is", code="anchored")
    rest = tuple(one for one in plan.activities if one.activity_id != image.activity_id)
    still = {one.satellite for one in rest if not isinstance(one, UplinkActivity)}
    kept = tuple(one for one in rest if one.satellite in still or one.satellite != image.satellite)
    ways = [way for craft in mission.spacecraft for way in _taken_by(craft.id, image, kept, mission, now_utc)]
    if not ways:
        raise PhysicsError(f"no other satellite can take {image.activity_id} within a week", code="GEO-002")
    taken = min(ways, key=lambda way: way[0].window.end)
    satellite = taken[0].satellite
    known = {one.satellite: one for one in plan.initial}
    concerned = list(dict.fromkeys(one.satellite for one in (*kept, *taken)))
    made = replace_activities(plan, (*kept, *taken), now_utc)
    return satellite, made.model_copy(
        update={
            "initial": tuple(known.get(name) or initial_of(name, plan.horizon.start) for name in concerned),
            "input_hashes": {**plan.input_hashes, **input_hashes(mission, concerned)},
        }
    )


def _taken_by(
    satellite: str, image: ImagingActivity, kept: Sequence[Activity], mission: Mission, now_utc: datetime
) -> Iterator[tuple[Activity, ...]]:
    """The image by a satellite, with the contact that loads its commands where the plan has none; nothing where it cannot."""
    if satellite == image.satellite:
        return
    bus = mission.bus_of(satellite)
    try:
        loads = _loads(satellite, kept, mission, now_utc)
        executable = min(
            one.window.start
            for one in (*kept, *loads)
            if isinstance(one, UplinkActivity) and one.satellite == satellite
        )
        ready = add_s(executable, LOAD_TIME_S + IMAGE_ATTITUDE_LEAD_S + half_turn_s(bus))
        recorded = bus.imager.data_rate_bit_s / 8.0 * image.window.duration_s
        own = image.model_copy(
            update={
                "activity_id": _renamed(image.activity_id, image.satellite, satellite, kept),
                "satellite": satellite,
                "max_off_nadir_deg": min(image.max_off_nadir_deg, bus.imager.maximum_off_nadir_deg),
                "resources": (ResourceUse(resource=ResourceName.DATA_STORE_BYTES, delta=recorded),),
                "anchor": None,
            }
        )
        yield (at_later_access(own, ready, mission, kept), *loads)
    except PhysicsError:
        return  # no contact or no access: others may have them


def _loads(satellite: str, kept: Sequence[Activity], mission: Mission, now_utc: datetime) -> tuple[UplinkActivity, ...]:
    if any(isinstance(one, UplinkActivity) and one.satellite == satellite for one in kept):
        return ()
    contact = next_command_contact(mission, satellite, now_utc, Bookings.of(kept))
    reason = "the first free pass that leaves time for review"
    return (uplink_activity(satellite, contact, reason, f"uplink-{satellite.lower()}"),)


def _renamed(activity_id: str, before: str, after: str, kept: Sequence[Activity]) -> str:
    """The id with the other satellite's name where it had the first one's; a number where that is taken."""
    stem = re.sub(rf"\b{re.escape(before.lower())}\b", after.lower(), activity_id)
    taken = {one.activity_id for one in kept}
    return next(name for name in (stem, *(f"{stem[:60]}-{k}" for k in range(2, 1000))) if name not in taken)


def split_burns(plan: MissionPlan, satellite: str, mission: Mission, now_utc: datetime) -> MissionPlan:
    """Each burn of a satellite as two of half the delta-v, a revolution apart; what follows waits as long.

    Raises:
        PhysicsError: The propellant on board does not suffice.
    """
    bus = mission.bus_of(satellite)
    left_kg = next(one.propellant_kg for one in plan.initial if one.satellite == satellite)
    burns = [one for one in plan.activities if isinstance(one, BurnActivity) and one.satellite == satellite]
    placed: list[BurnActivity] = []
    later_s = 0.0
    for one in sorted(burns, key=lambda burn: burn.window.start):
        middle_s = 0.5 * (tai_s_from_utc(one.window.start) + tai_s_from_utc(one.window.end))
        for part in range(_PARTS):
            burn = plan_burn(bus, left_kg, one.delta_v_m_s / _PARTS)
            centre_s = middle_s + later_s
            window = Window(
                start=utc_from_tai_s(centre_s - 0.5 * burn.duration_s),
                end=utc_from_tai_s(centre_s + 0.5 * burn.duration_s),
            )
            use = ResourceUse(resource=ResourceName.PROPELLANT_KG, delta=-burn.propellant_kg)
            placed.append(
                one.model_copy(
                    update={
                        "activity_id": f"{one.activity_id[:62]}-{'ab'[part]}",
                        "window": window,
                        "delta_v_m_s": one.delta_v_m_s / _PARTS,
                        "propellant_kg": burn.propellant_kg,
                        "resources": (use,),
                        "anchor": None,
                    }
                )
            )
            left_kg -= burn.propellant_kg
            if part < _PARTS - 1:
                after_s = tai_s_from_utc(window.end) + 1.0
                later_s += planned_orbit(mission, satellite, placed).leg_at(after_s).period_s
    others = [one for one in plan.activities if one not in burns]
    return replace_activities(plan, (*others, *placed), now_utc)
