"""Faults of structure: names, ids, anchors, initial states."""

from __future__ import annotations

from random import Random
from typing import Final

from core.plan.activity import Activity, Anchor, DownlinkActivity, PointingActivity, UplinkActivity
from evals.faults.model import Fault, Original, Planted
from evals.faults.spoiling import activities, changed, every_initial, first, plan_with, swapped

__all__ = ["STRUCTURE"]


def _anchored(one: Original, kind: type[Activity], target: str) -> tuple[Activity, Activity]:
    item = first(one, kind)
    return item, changed(item, anchor=Anchor(activity_id=target, edge="end"))


def _twice(one: Original, _random: Random) -> Planted:
    return activities(one, *one.plan.activities, first(one, PointingActivity))


def _anchor_to_nothing(one: Original, _random: Random) -> Planted:
    return swapped(one, _anchored(one, PointingActivity, "gone"))


def _unknown_satellite(one: Original, _random: Random) -> Planted:
    item = first(one, PointingActivity)
    return swapped(one, (item, changed(item, satellite="LSAT-9")))


def _unknown_station(one: Original, _random: Random) -> Planted:
    item = first(one, DownlinkActivity)
    return swapped(
        one, (item, item.model_copy(update={"contact": item.contact.model_copy(update={"station": "atlantis"})}))
    )


def _initial_of_a_stranger(one: Original, _random: Random) -> Planted:
    stranger = one.plan.initial[0].model_copy(update={"satellite": "LSAT-0"})
    return plan_with(one, initial=(*one.plan.initial, stranger))


def _circle_of_two(one: Original, _random: Random) -> Planted:
    down, point = first(one, DownlinkActivity), first(one, PointingActivity)
    return swapped(
        one,
        _anchored(one, DownlinkActivity, point.activity_id),
        _anchored(one, PointingActivity, down.activity_id),
    )


def _anchor_to_itself(one: Original, _random: Random) -> Planted:
    return swapped(one, _anchored(one, PointingActivity, first(one, PointingActivity).activity_id))


def _circle_of_three(one: Original, _random: Random) -> Planted:
    up, down, point = (first(one, kind) for kind in (UplinkActivity, DownlinkActivity, PointingActivity))
    return swapped(
        one,
        _anchored(one, UplinkActivity, down.activity_id),
        _anchored(one, DownlinkActivity, point.activity_id),
        _anchored(one, PointingActivity, up.activity_id),
    )


def _no_initial(one: Original, _random: Random) -> Planted:
    return plan_with(one, initial=())


def _nothing(one: Original, _random: Random) -> Planted:
    return plan_with(one, activities=())


def _two_initials(one: Original, _random: Random) -> Planted:
    return plan_with(one, initial=(*one.plan.initial, one.plan.initial[0].model_copy(update={"soc": 0.7})))


def _too_much_propellant(one: Original, random: Random) -> Planted:
    return every_initial(one, lambda _: {"propellant_kg": 18.0 + random.uniform(0.5, 9.0)})


def _too_much_data(one: Original, random: Random) -> Planted:
    return every_initial(one, lambda _: {"data_stored_bytes": 64_000_000_000 + random.randrange(1, 10**9)})


def _no_such_mode(one: Original, _random: Random) -> Planted:
    return every_initial(one, lambda _: {"mode": "cruise"})


def _impossible_temperature(one: Original, random: Random) -> Planted:
    return every_initial(one, lambda _: {"temperatures_k": {"battery": random.uniform(500.0, 900.0)}})


def _temperature_of_a_stranger(one: Original, _random: Random) -> Planted:
    return every_initial(one, lambda _: {"temperatures_k": {"flux_capacitor": 290.0}})


STRUCTURE: Final = (
    Fault("STR-001", "an id used twice", "downlink", _twice),
    Fault("STR-002", "an anchor to nothing", "downlink", _anchor_to_nothing),
    Fault("STR-003", "an unknown satellite", "downlink", _unknown_satellite),
    Fault("STR-003", "an unknown station", "downlink", _unknown_station),
    Fault("STR-003", "an initial state of a stranger", "downlink", _initial_of_a_stranger),
    Fault("STR-004", "a circle of two anchors", "downlink", _circle_of_two),
    Fault("STR-004", "an anchor to itself", "downlink", _anchor_to_itself),
    Fault("STR-004", "a circle of three anchors", "downlink", _circle_of_three),
    Fault("STR-005", "no initial state", "downlink", _no_initial),
    Fault("STR-006", "nothing to do", "downlink", _nothing),
    Fault("STR-007", "two initial states", "downlink", _two_initials),
    Fault("STR-008", "more propellant than the tank holds", "downlink", _too_much_propellant),
    Fault("STR-008", "more data than the store holds", "downlink", _too_much_data),
    Fault("STR-008", "a mode that does not exist", "downlink", _no_such_mode),
    Fault("STR-008", "a temperature that cannot be", "downlink", _impossible_temperature),
    Fault("STR-008", "a temperature of a node that does not exist", "downlink", _temperature_of_a_stranger),
)
