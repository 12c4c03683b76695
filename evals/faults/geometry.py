"""Faults of geometry and attitude: out of sight, out of reach, in the dark, no time to turn."""

from __future__ import annotations

from random import Random
from typing import Final

from core.attitude import attitude_design
from core.orbit import find_target_access
from core.plan.activity import DownlinkActivity, ImagingActivity, PointingActivity, PointingMode, UplinkActivity, Window
from core.plan.orbit import planned_orbit
from core.time import add_s, duration_s, tai_s_from_utc, utc_from_tai_s
from core.units import to_deg, to_rad
from evals.faults.model import Fault, Original, Planted
from evals.faults.spoiling import activities, changed, first, in_mission, later, plan_with, span, swapped

__all__ = ["GEOMETRY"]

_REVOLUTION_S: Final = 5700.0


def _contact_moved(one: Original, seconds: float, kind: type[DownlinkActivity] | type[UplinkActivity]) -> Planted:
    """An activity together with its claimed contact at another time: the claim agrees with itself, not with the sky."""
    item = first(one, kind)
    contact = item.contact.model_copy(update={"window": later(item.contact.window, seconds)})
    out = changed(item, window=later(item.window, seconds), contact=contact)
    return activities(one, *(out if other is item else other for other in one.plan.activities)).at(out.window)


def _out_of_sight(one: Original, random: Random) -> Planted:
    return _contact_moved(one, random.uniform(0.3, 0.6) * _REVOLUTION_S, DownlinkActivity)


def _half_out_of_sight(one: Original, random: Random) -> Planted:
    down = first(one, DownlinkActivity)
    rest_s = duration_s(down.window.end, down.contact.window.end)
    return _contact_moved(one, rest_s + random.uniform(0.3, 0.7) * down.window.duration_s, DownlinkActivity)


def _another_stations_sky(one: Original, _random: Random) -> Planted:
    down = first(one, DownlinkActivity)
    elsewhere = down.contact.model_copy(update={"station": "hartebeesthoek"})
    return swapped(one, (down, changed(down, contact=elsewhere))).at(down.window)


def _uplink_out_of_sight(one: Original, random: Random) -> Planted:
    return _contact_moved(one, -random.uniform(300.0, 500.0), UplinkActivity)


def _image_elsewhere(one: Original, random: Random) -> Planted:
    image = first(one, ImagingActivity)
    longitude_deg = (image.longitude_deg + random.uniform(40.0, 300.0) + 180.0) % 360.0 - 180.0
    return swapped(one, (image, changed(image, longitude_deg=longitude_deg))).at(image.window)


def _image_too_oblique(one: Original, random: Random) -> Planted:
    """The same image with a limit tighter than what the pass gives over its whole window."""
    image = first(one, ImagingActivity)
    limit_deg = max(image.predicted_off_nadir_deg * random.uniform(0.5, 0.9), 0.5)
    return swapped(one, (image, changed(image, max_off_nadir_deg=limit_deg))).at(image.window)


def _image_late(one: Original, random: Random) -> Planted:
    image = first(one, ImagingActivity)
    late = changed(image, window=later(image.window, random.uniform(120.0, 300.0)))
    return swapped(one, (image, late)).at(late.window)


def _image_at_night(one: Original, _random: Random) -> Planted:
    """The target at a real access of the night side."""
    image = first(one, ImagingActivity)
    orbit = planned_orbit(one.site.mission, image.satellite, one.plan.activities)
    begin = tai_s_from_utc(one.plan.horizon.start) + 3600.0
    place = next(target for target in one.site.mission.targets if target.name == image.target)
    limit_rad = to_rad(image.max_off_nadir_deg)
    night = next(
        access
        for access in find_target_access(
            orbit,
            to_rad(image.latitude_deg),
            to_rad(image.longitude_deg),
            place.height_m,
            begin,
            begin + 20 * 86_400.0,
            limit_rad,
        )
        if access.sun_elevation_rad < 0.0 and access.end_tai_s - access.start_tai_s > image.window.duration_s + 2.0
    )
    start = utc_from_tai_s(0.5 * (night.start_tai_s + night.end_tai_s) - 0.5 * image.window.duration_s)
    dark = changed(
        image,
        window=span(start, image.window.duration_s),
        predicted_off_nadir_deg=round(to_deg(night.min_off_nadir_rad), 2),
    )
    kept = (dark if item is image else item for item in one.plan.activities)
    return activities(one, *kept).at(dark.window)


def _sun_pointing_in_shadow(one: Original, _random: Random) -> Planted:
    """A whole revolution towards the Sun, a third of it in shadow."""
    point = first(one, PointingActivity)
    long = changed(point, pointing=PointingMode.SUN, window=span(point.window.start, _REVOLUTION_S))
    return activities(one, *(long if item is point else item for item in one.plan.activities)).at(long.window)


def _no_time_to_turn(one: Original, random: Random) -> Planted:
    down, point = first(one, DownlinkActivity), first(one, PointingActivity)
    gap_s = random.uniform(1.0, 20.0)
    start = add_s(down.window.end, gap_s)
    rushed = changed(point, pointing=PointingMode.SUN, window=span(start, point.window.duration_s), anchor=None)
    return swapped(one, (point, rushed)).at(span(down.window.end, gap_s))


def _no_time_to_turn_to_the_ground(one: Original, random: Random) -> Planted:
    down, point = first(one, DownlinkActivity), first(one, PointingActivity)
    gap_s = random.uniform(1.0, 20.0)
    end = add_s(down.window.start, -gap_s)
    rushed = changed(
        point, pointing=PointingMode.SUN, window=Window(start=add_s(end, -600.0), end=end), anchor=None, latest_end=None
    )
    return swapped(one, (point, rushed)).at(span(end, gap_s))


def _turn_interrupted(one: Original, random: Random) -> Planted:
    """A pointing that ends seconds before a downlink: the spacecraft is still on its way back to nadir."""
    down, point = first(one, DownlinkActivity), first(one, PointingActivity)
    end = add_s(down.window.start, -random.uniform(1.0, 10.0))
    rushed = changed(
        point, pointing=PointingMode.SUN, window=Window(start=add_s(end, -900.0), end=end), anchor=None, latest_end=None
    )
    return swapped(one, (point, rushed)).at(down.window)


def _with_attitude(one: Original, **updates: object) -> Planted:
    mission = one.site.mission
    buses = {}
    for name, bus in mission.buses.items():
        design = attitude_design(bus)
        buses[name] = bus.model_copy(update={"attitude": design.model_copy(update=updates)})
    return in_mission(one, plan_with(one), mission.model_copy(update={"buses": buses}))


def _trackers_at_the_earth(one: Original, _random: Random) -> Planted:
    """Both star trackers mounted looking down."""
    design = attitude_design(next(iter(one.site.mission.buses.values())))
    down = tuple(tracker.model_copy(update={"boresight": (0.0, 0.0, 1.0)}) for tracker in design.star_trackers)
    return _with_attitude(one, star_trackers=down).at(first(one, DownlinkActivity).window)


def _sun_in_a_cone(one: Original, _random: Random) -> Planted:
    """A keep-out cone about the axis that points at the Sun."""
    design = attitude_design(next(iter(one.site.mission.buses.values())))
    cones = tuple(cone.model_copy(update={"boresight": (0.0, 0.0, -1.0)}) for cone in design.keep_outs)
    return _with_attitude(one, keep_outs=cones).at(one.plan.horizon)


def _weak_motors(one: Original, _random: Random) -> Planted:
    mission = one.site.mission
    buses = {
        name: bus.model_copy(update={"wheels": bus.wheels.model_copy(update={"maximum_torque_n_m": 1e-5})})
        for name, bus in mission.buses.items()
    }
    return in_mission(one, plan_with(one), mission.model_copy(update={"buses": buses})).at(one.plan.horizon)


GEOMETRY: Final = (
    Fault("GEO-001", "a downlink out of sight", "downlink", _out_of_sight),
    Fault("GEO-001", "a downlink half out of sight", "downlink", _half_out_of_sight),
    Fault("GEO-001", "a downlink in another station's sky", "downlink", _another_stations_sky),
    Fault("GEO-001", "an uplink out of sight", "downlink", _uplink_out_of_sight),
    Fault("GEO-002", "an image of another place", "image", _image_elsewhere),
    Fault("GEO-002", "an image too far off nadir", "image", _image_too_oblique),
    Fault("GEO-002", "an image after the target has gone by", "image", _image_late),
    Fault("GEO-003", "an image at night", "image", _image_at_night),
    Fault("GEO-004", "sun pointing through the shadow", "downlink", _sun_pointing_in_shadow, "info"),
    Fault("GEO-005", "the Sun in a forbidden cone", "downlink", _sun_in_a_cone),
    Fault("ATT-004", "motors too weak to follow", "downlink", _weak_motors),
    Fault("ATT-005", "star trackers that see the Earth", "downlink", _trackers_at_the_earth),
    Fault("ATT-006", "a downlink before the spacecraft is back", "downlink", _turn_interrupted),
    Fault("ATT-001", "no time to turn to the Sun", "downlink", _no_time_to_turn),
    Fault("ATT-001", "no time to turn to the ground", "downlink", _no_time_to_turn_to_the_ground),
)
