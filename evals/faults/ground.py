"""Faults of the ground segment: contacts, bookings, volumes, bands, link margin."""

from __future__ import annotations

from random import Random
from typing import Final

from core.mission.model import Mission
from core.plan.activity import DownlinkActivity, PointingActivity, UplinkActivity, Window
from core.plan.uplink import first_command_at
from core.time import add_s
from evals.faults.model import Fault, Original, Planted
from evals.faults.spoiling import activities, changed, first, in_mission, plan_with, span, swapped

__all__ = ["GROUND"]


def _until_first_command(one: Original) -> Window:
    commands_at = first_command_at(one.plan.activities)
    assert commands_at is not None
    return Window(start=one.site.now_utc, end=commands_at)


def _no_uplink(one: Original, _random: Random) -> Planted:
    kept = (item for item in one.plan.activities if not isinstance(item, UplinkActivity))
    return activities(one, *kept).at(_until_first_command(one))


def _uplink_too_late(one: Original, random: Random) -> Planted:
    up, down = first(one, UplinkActivity), first(one, DownlinkActivity)
    start = add_s(down.window.start, random.uniform(-50.0, 600.0))
    late = changed(up, window=span(start, up.window.duration_s))
    return swapped(one, (up, late)).at(_until_first_command(one))


def _other_satellite_at(one: Original, down: DownlinkActivity, window: Window) -> Planted:
    other = "LSAT-4" if down.satellite != "LSAT-4" else "LSAT-3"
    contact = down.contact.model_copy(update={"window": window})
    clash = changed(down, activity_id="downlink-clash", satellite=other, window=window, contact=contact, anchor=None)
    start = one.plan.initial[0].model_copy(update={"satellite": other})
    initial = (*(item for item in one.plan.initial if item.satellite != other), start)
    planted = activities(one, *one.plan.activities, clash)
    return Planted(planted.plan.model_copy(update={"initial": initial}), one.site)


def _booked_twice(one: Original, _random: Random) -> Planted:
    down = first(one, DownlinkActivity)
    return _other_satellite_at(one, down, down.contact.window).at(down.contact.window)


def _no_time_to_set_up(one: Original, random: Random) -> Planted:
    down = first(one, DownlinkActivity)
    after = span(add_s(down.contact.window.end, random.uniform(1.0, 100.0)), 300.0)
    return _other_satellite_at(one, down, after).at(after)


def _too_many_commands(one: Original, random: Random) -> Planted:
    """More commands than the contact carries at the uplink's rate."""
    up, point = first(one, UplinkActivity), first(one, PointingActivity)
    short = changed(up, window=span(up.window.start, 61.0))
    count = round(61.0 * 64_000.0 / 4096.0) + random.randrange(5, 50)
    commands = point.commands * count
    flooded = point.model_copy(update={"commands": commands})
    return swapped(one, (up, short), (point, flooded)).at(short.window)


def _without_x_band(mission: Mission) -> Mission:
    stations = tuple(station.model_copy(update={"bands": ("S",)}) for station in mission.stations)
    return mission.model_copy(update={"stations": stations})


def _no_band(one: Original, _random: Random) -> Planted:
    down = first(one, DownlinkActivity)
    return in_mission(one, plan_with(one), _without_x_band(one.site.mission)).at(down.window)


def _weak_transmitter(one: Original, random: Random) -> Planted:
    down = first(one, DownlinkActivity)
    mission = one.site.mission
    buses = {
        name: bus.model_copy(
            update={"antenna": bus.antenna.model_copy(update={"x_band_eirp_dbw": -random.uniform(0.0, 6.0)})}
        )
        for name, bus in mission.buses.items()
    }
    return in_mission(one, plan_with(one), mission.model_copy(update={"buses": buses})).at(down.window)


def _deaf_station(one: Original, _random: Random) -> Planted:
    down = first(one, DownlinkActivity)
    mission = one.site.mission
    stations = tuple(station.model_copy(update={"x_band_g_over_t_db_k": 15.0}) for station in mission.stations)
    return in_mission(one, plan_with(one), mission.model_copy(update={"stations": stations})).at(down.window)


def _hasty_uplink(one: Original, random: Random) -> Planted:
    up = first(one, UplinkActivity)
    short = changed(up, window=span(up.window.start, random.uniform(5.0, 55.0)))
    return swapped(one, (up, short)).at(short.window)


GROUND: Final = (
    Fault("GND-001", "no command contact", "downlink", _no_uplink),
    Fault("GND-001", "a command contact too late", "downlink", _uplink_too_late),
    Fault("GND-002", "a station booked twice", "downlink", _booked_twice),
    Fault("GND-002", "no time to set up between two satellites", "downlink", _no_time_to_set_up),
    Fault("GND-003", "more commands than the contact carries", "downlink", _too_many_commands),
    Fault("GND-004", "a downlink to a station without X-band", "downlink", _no_band),
    Fault("GND-005", "a weak transmitter", "downlink", _weak_transmitter),
    Fault("GND-005", "a station with a small antenna", "downlink", _deaf_station),
    Fault("GND-006", "a command contact of seconds", "downlink", _hasty_uplink),
)
