"""Faults of resources: charge, data, downlink, propellant, stale states."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Final

from core.mission.model import Mission, Mode
from core.plan.activity import BurnActivity, DownlinkActivity, ImagingActivity, ModeActivity, Window
from core.time import add_s
from evals.faults.model import Fault, Original, Planted
from evals.faults.spoiling import (
    activities,
    changed,
    every_initial,
    first,
    in_mission,
    plan_with,
    span,
    swapped,
    whole,
)

__all__ = ["RESOURCES"]


def _low_charge(one: Original, random: Random) -> Planted:
    planted = every_initial(one, lambda _: {"soc": random.uniform(0.4, 0.58)})
    return planted.at(one.plan.horizon)


def _imager_left_on(one: Original, _random: Random) -> Planted:
    """Payload mode through the whole plan with little charge: the imager draws more than the array gives."""
    satellite = one.plan.activities[0].satellite
    template = first(one, DownlinkActivity)
    start = add_s(one.plan.horizon.start, 30.0)
    payload = changed(
        ModeActivity(
            activity_id="imager-on",
            satellite=satellite,
            window=span(start, 60.0),
            mode=Mode.PAYLOAD,
            provenance=template.provenance,
        )
    )
    planted = activities(one, *one.plan.activities, payload)
    initial = tuple(item.model_copy(update={"soc": 0.66}) for item in planted.plan.initial)
    return Planted(planted.plan.model_copy(update={"initial": initial}), one.site, planted.plan.horizon)


def _store_overflows(one: Original, _random: Random) -> Planted:
    image = first(one, ImagingActivity)
    full = every_initial(one, lambda _: {"data_stored_bytes": 64_000_000_000 - 50_000_000})
    return full.at(span(image.window.start, 86_400.0))


def _nothing_stored(one: Original, _random: Random) -> Planted:
    return every_initial(one, lambda _: {"data_stored_bytes": 0}).at(first(one, DownlinkActivity).window)


def _downlinked_twice(one: Original, _random: Random) -> Planted:
    """The second of two downlinks in one pass finds the store emptied by the first."""
    down = first(one, DownlinkActivity)
    again = changed(
        down,
        activity_id="downlink-again",
        window=span(add_s(down.window.end, 1.0), 0.5 * down.window.duration_s),
        volume_bytes=down.volume_bytes // 2,
        anchor=None,
    )
    planted = activities(one, *one.plan.activities, again)
    initial = tuple(item.model_copy(update={"data_stored_bytes": down.volume_bytes}) for item in planted.plan.initial)
    return Planted(planted.plan.model_copy(update={"initial": initial}), one.site, again.window)


def _beyond_the_link(one: Original, random: Random) -> Planted:
    down = first(one, DownlinkActivity)
    more = changed(down, volume_bytes=round(down.volume_bytes * random.uniform(1.1, 6.0)))
    return swapped(one, (down, more)).at(down.window)


def _claims_all_propellant(one: Original, _random: Random) -> Planted:
    burn = first(one, BurnActivity)
    return swapped(one, (burn, changed(burn, propellant_kg=15.0))).at(one.plan.horizon)


def _hardly_any_propellant(one: Original, random: Random) -> Planted:
    return every_initial(one, lambda _: {"propellant_kg": 3.0 + random.uniform(0.001, 0.05)}).at(one.plan.horizon)


def _imager_overheats(one: Original, _random: Random) -> Planted:
    """Payload mode for hours: the imager dissipates more than its radiator carries away."""
    planted = _imager_left_on(one, _random)
    initial = tuple(item.model_copy(update={"soc": 0.95}) for item in planted.plan.initial)
    horizon = Window(start=one.plan.horizon.start, end=add_s(one.plan.horizon.start, 40_000.0))
    longer = planted.plan.model_copy(update={"initial": initial, "horizon": horizon})
    return Planted(longer, one.site, horizon)


def _dissipating_design(one: Original, node: str, limits: tuple[float, float]) -> Planted:
    """A bus whose part has limits that the orbit's own temperatures leave."""
    mission = one.site.mission
    buses = {}
    for name, bus in mission.buses.items():
        nodes = tuple(
            item.model_copy(update={"operating_degc": limits}) if item.id == node else item
            for item in bus.thermal.nodes
        )
        buses[name] = bus.model_copy(update={"thermal": bus.thermal.model_copy(update={"nodes": nodes})})
    return in_mission(one, plan_with(one), mission.model_copy(update={"buses": buses})).at(one.plan.horizon)


def _battery_too_warm(one: Original, random: Random) -> Planted:
    return _dissipating_design(one, "battery", (0.0, random.uniform(4.0, 8.0)))


def _tank_too_cold(one: Original, random: Random) -> Planted:
    return _dissipating_design(one, "tank", (random.uniform(18.0, 25.0), 45.0))


def _sheds_loads(one: Original, random: Random) -> Planted:
    return every_initial(one, lambda _: {"soc": random.uniform(0.25, 0.38)}).at(one.plan.horizon)


def _with_power(one: Original, **updates: object) -> Mission:
    mission = one.site.mission
    buses = {
        name: bus.model_copy(update={"battery": bus.battery.model_copy(update=updates)})
        for name, bus in mission.buses.items()
    }
    return mission.model_copy(update={"buses": buses})


def _weak_battery(one: Original, _random: Random) -> Planted:
    """A battery that may give hardly any current: in the shadow the bus goes short."""
    return in_mission(one, plan_with(one), _with_power(one, maximum_discharge_a=2.0)).at(one.plan.horizon)


def _hasty_burn(one: Original, _random: Random) -> Planted:
    burn = first(one, BurnActivity)
    short = changed(burn, window=span(burn.window.start, 0.01))
    return swapped(one, (burn, short)).at(short.window)


def _momentum_piles_up(one: Original, _random: Random) -> Planted:
    """Wheels too small to hold what an orbit's disturbances bring, and torquers too weak to take it away."""
    mission = one.site.mission
    buses = {
        name: bus.model_copy(
            update={
                "wheels": bus.wheels.model_copy(update={"momentum_capacity_n_m_s": 0.012}),
                "magnetorquer_a_m2": 0.01,
            }
        )
        for name, bus in mission.buses.items()
    }
    return in_mission(one, plan_with(one), mission.model_copy(update={"buses": buses})).at(one.plan.horizon)


def _old_state(one: Original, random: Random) -> Planted:
    return every_initial(one, lambda item: {"as_of": item.as_of - timedelta(hours=random.uniform(24.5, 80.0))})


def _burn_and_image_window(one: Original) -> tuple[BurnActivity, ...]:
    return tuple(item for item in one.plan.activities if isinstance(item, BurnActivity))


def _charge_falls_while_burning(one: Original, _random: Random) -> Planted:
    burns = _burn_and_image_window(one)
    return every_initial(one, lambda _: {"soc": 0.45}).at(
        whole(*burns).model_copy(update={"start": one.plan.horizon.start})
    )


RESOURCES: Final = (
    Fault("RES-001", "a nearly empty battery", "downlink", _low_charge),
    Fault("RES-001", "the imager left on", "fleet", _imager_left_on),
    Fault("RES-001", "a nearly empty battery before burns", "raise", _charge_falls_while_burning),
    Fault("RES-002", "an image into a full store", "image", _store_overflows),
    Fault("RES-003", "nothing stored to downlink", "downlink", _nothing_stored),
    Fault("RES-003", "the same data downlinked twice", "downlink", _downlinked_twice),
    Fault("RES-004", "more data than the link carries", "downlink", _beyond_the_link),
    Fault("RES-005", "a burn that claims the reserve", "raise", _claims_all_propellant),
    Fault("RES-005", "hardly more propellant than the reserve", "raise", _hardly_any_propellant),
    Fault("RES-006", "wheels too small for the plan", "downlink", _momentum_piles_up),
    Fault("RES-007", "the imager on for hours", "fleet", _imager_overheats),
    Fault("RES-007", "a battery too warm for its limits", "downlink", _battery_too_warm),
    Fault("RES-007", "a tank too cold for its limits", "downlink", _tank_too_cold),
    Fault("RES-009", "charge at which loads are shed", "downlink", _sheds_loads),
    Fault("RES-010", "a battery that gives too little current", "downlink", _weak_battery),
    Fault("RES-011", "a burn of ten milliseconds", "raise", _hasty_burn),
    Fault("ATT-002", "a wheel beyond its capacity", "downlink", _momentum_piles_up),
    Fault("RES-008", "a state from days before", "downlink", _old_state, "unknown"),
)
